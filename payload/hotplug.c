/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/hotplug.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/time.h"
#include "csr.h"

#define STOP_MS  5000
#define START_MS 5000

static _Atomic int changing; /* some hart is coming or going */

static const char *(*watch_leaves)(unsigned hart);
static const char *(*watch_back)(unsigned hart);

void hotplug_watch(const char *(*leaves)(unsigned hart), const char *(*back)(unsigned hart))
{
    watch_leaves = leaves;
    watch_back = back;
}

static const char *tell(const char *(*whom)(unsigned hart), unsigned hart)
{
    return whom ? whom(hart) : NULL;
}

static void begin(void)
{
    struct hart_wait w = hart_wait_begin(TIME_NEVER);

    while (atomic_exchange(&changing, 1))
        (void)hart_wait_more(&w);
}

static void end(void)
{
    atomic_store(&changing, 0);
}

static struct hotplug_error failed(const char *step, const char *why)
{
    return (struct hotplug_error){.step = step, .why = why};
}

static const struct hotplug_error ok;

/*
 * On the leaving hart. Returns only on an error, with the hart online again; if that is refused too, there is
 * nothing for it to do here but to stop.
 */
static struct hotplug_error die(void)
{
    unsigned long was = csr_irq_save();
    struct hotplug_error e;
    int error = aia_hart_dying(&aia);

    if (error) {
        e = failed("the last sweep", aia_strerror(error));
    } else {
        error = hart_stop_self();
        e = failed("hart_stop", hart_strerror(error));
        while (aia_hart_online(&aia) < 0)
            (void)hart_stop_self();
    }
    csr_irq_restore(was);
    (void)aia_hart_return(&aia, hart_index(), AIA_STAY_AWAY); /* what was shut down for its leaving */
    return e;
}

static struct hotplug_error died; /* die_job()'s result; under `changing` */

static void die_job(void *arg)
{
    (void)arg;
    died = die();
}

static int start_again(unsigned hart)
{
    int error = hart_start(hart, time_from_ms(START_MS));

    if (!error)
        (void)aia_hart_return(&aia, hart, AIA_STAY_AWAY);
    return hart_is_online(hart) ? HART_OK : error;
}

/* Until it has stopped, or has come back by itself. */
static int wait_stopped(unsigned hart, uint64_t ticks)
{
    uint64_t end = time_after(ticks);
    int error;

    do
        error = hart_wait_stopped(hart, time_from_ms(10));
    while (error == HART_ETIMEOUT && !hart_is_online(hart) && time_now() < end);
    return error;
}

/* After aia_hart_leave(): the rest, on the hart itself, and its confirmation. */
static struct hotplug_error stop_other(unsigned hart)
{
    uint64_t ticks = time_from_ms(STOP_MS);
    int error = hart_run(hart, die_job, NULL);

    if (error) {
        aia_hart_stay(&aia, hart);
        (void)aia_hart_return(&aia, hart, AIA_STAY_AWAY);
        return failed("the stop job", hart_strerror(error));
    }
    if (hart_join(hart, ticks) == HART_OK) /* it came back from die() */
        return died;
    error = wait_stopped(hart, ticks);
    if (!error)
        return ok;
    if (hart_is_online(hart) && hart_join(hart, ticks) == HART_OK)
        return died;
    /* Between our sweep and the firmware's stop. Nothing names it any more; if it can be had back, it comes back. */
    if (start_again(hart))
        return failed("waiting for STOPPED, and the hart stays offline", hart_strerror(error));
    return failed("waiting for STOPPED", hart_strerror(error));
}

/* It did not go: the managed interrupts that were shut down for it start again, and then what follows it. */
static void stay(unsigned hart)
{
    (void)aia_hart_return(&aia, hart, AIA_STAY_AWAY);
    (void)tell(watch_back, hart);
}

/* First half: nothing needs the hart any more. On an error it stays, and all is as before. */
static struct hotplug_error leave(unsigned hart)
{
    const char *why = tell(watch_leaves, hart);
    int error = why ? AIA_OK : aia_hart_leave(&aia, hart);

    if (!why && !error)
        return ok;
    stay(hart);
    return why ? failed("shutting down what follows it", why)
               : failed("moving its interrupts away", aia_strerror(error));
}

struct hotplug_error hotplug_offline(unsigned hart)
{
    begin();
    struct hotplug_error e = leave(hart);

    if (!e.step) {
        e = stop_other(hart);
        if (e.step)
            stay(hart);
    }
    end();
    return e;
}

struct hotplug_error hotplug_offline_self(void)
{
    begin();
    struct hotplug_error e = leave(hart_index());

    end(); /* no other change is made to this hart: it is leaving, and then not there */
    if (e.step)
        return e;
    e = die();
    stay(hart_index());
    return e;
}

struct hotplug_error hotplug_online(unsigned hart)
{
    const char *why;

    begin();
    struct hotplug_error e = ok;
    int error = hart_start(hart, time_from_ms(START_MS));

    if (error)
        e = failed("hart_start", hart_strerror(error));
    else if ((error = aia_hart_return(&aia, hart, AIA_STAY_AWAY)))
        e = failed("bringing its interrupts back", aia_strerror(error));
    else if ((why = tell(watch_back, hart)))
        e = failed("restarting what follows it", why);
    end();
    return e;
}
