/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/hotplug.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include <string.h>

#define STOP_MS 5000

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
    struct hart_wait w =
        hart_wait_begin(time_from_ms(10 * HANG_END_MS)); /* a change may wait for several harts */

    while (atomic_exchange(&changing, 1))
        hang_wait_more(&w);
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
 * On the leaving hart, interrupts off: `was` is how they were. Returns only on an error, with the hart online again; if
 * that is refused too, there is nothing for it to do here but to stop.
 */
static struct hotplug_error die(unsigned long was)
{
    struct hotplug_error e;
    int error = aia_hart_offline_finish(&aia);

    if (error) {
        e = failed("the last sweep", aia_strerror(error));
    } else {
        error = hart_stop_self();
        e = failed("hart_stop", hart_strerror(error));
        while (aia_hart_online_begin(&aia) < 0)
            (void)hart_stop_self();
    }
    hart_irq_restore(was);
    (void)aia_hart_online_finish(&aia, hart_index(),
                                 AIA_DISPLACED_STAY); /* what was shut down for its leaving */
    return e;
}

static struct hotplug_error died; /* die_job()'s result; under `changing` */

static void die_job(void *arg)
{
    (void)arg;
    died = die(hart_irq_save());
}

/* ---- a hart that has its interrupts off while it is left ---- */

enum deaf { DEAF_NOT, DEAF_WAITS, DEAF_DIES, DEAF_STAYS };
static _Atomic int deaf[MACHINE_MAX_HARTS];

static bool deaf_becomes(unsigned hart, enum deaf from, enum deaf to)
{
    int expected = (int)from;

    return atomic_compare_exchange_strong(&deaf[hart], &expected, (int)to);
}

static void deaf_job(void *arg)
{
    unsigned long was = hart_irq_save();
    unsigned here = hart_index();
    struct hart_wait w = hart_wait_begin(time_from_ms(STOP_MS));

    (void)arg;
    if (deaf_becomes(here, DEAF_NOT, DEAF_WAITS))
        died = failed("with interrupts off", hart_strerror(HART_ETIMEOUT));
    while (atomic_load(&deaf[here]) == DEAF_WAITS)
        if (!hart_wait_more(&w))
            (void)deaf_becomes(here, DEAF_WAITS, DEAF_STAYS);
    if (atomic_load(&deaf[here]) == DEAF_DIES)
        died = die(was);
    else
        hart_irq_restore(was);
}

/* If it is not in time, it finds that nobody waits for it any more. */
static int wait_deaf(unsigned hart)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(STOP_MS));

    while (atomic_load(&deaf[hart]) == DEAF_NOT)
        if (!hart_wait_more(&w) && deaf_becomes(hart, DEAF_NOT, DEAF_STAYS))
            return HART_ETIMEOUT;
    return HART_OK;
}

static int start_again(unsigned hart)
{
    int error = hart_start(hart, time_from_ms(HART_START_MS));

    if (!error)
        (void)aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY);
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

/* After aia_hart_offline_begin(), with the rest under way on the hart itself: its confirmation. */
static struct hotplug_error confirm(unsigned hart)
{
    uint64_t ticks = time_from_ms(STOP_MS);
    int error;

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

/* After aia_hart_offline_begin(): the rest. */
static struct hotplug_error stop_other(unsigned hart)
{
    int error = hart_run(hart, die_job, NULL);

    if (!error)
        return confirm(hart);
    aia_hart_offline_cancel(&aia, hart);
    (void)aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY);
    return failed("the stop job", hart_strerror(error));
}

/* It did not go: the managed interrupts that were shut down for it start again, and then what follows it. */
static void stay(unsigned hart)
{
    (void)aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY);
    (void)tell(watch_back, hart);
}

/* First half: nothing needs the hart any more. On an error it is to stay. */
static struct hotplug_error try_leave(unsigned hart)
{
    const char *why = tell(watch_leaves, hart);

    if (why)
        return failed("shutting down what follows it", why);
    int error = aia_hart_offline_begin(&aia, hart);
    return error ? failed("moving its interrupts away", aia_strerror(error)) : ok;
}

static struct hotplug_error leave(unsigned hart)
{
    struct hotplug_error e = try_leave(hart);

    if (e.step)
        stay(hart);
    return e;
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

/* The hart is in deaf_job(). */
static struct hotplug_error leave_deaf(unsigned hart)
{
    struct hotplug_error e = try_leave(hart);

    if (deaf_becomes(hart, DEAF_WAITS, e.step ? DEAF_STAYS : DEAF_DIES) && !e.step) {
        e = confirm(hart);
    } else {
        (void)hart_join(hart, time_from_ms(STOP_MS)); /* only then can it prove drains for stay() */
        if (!e.step) {                                /* that took longer than it waits */
            aia_hart_offline_cancel(&aia, hart);
            e = died;
        }
    }
    if (e.step)
        stay(hart);
    return e;
}

struct hotplug_error hotplug_offline_deaf(unsigned hart)
{
    begin();
    atomic_store(&deaf[hart], DEAF_NOT);
    int error = hart_run(hart, deaf_job, NULL);

    if (!error)
        error = wait_deaf(hart);
    struct hotplug_error e = error ? failed("the stop job", hart_strerror(error)) : leave_deaf(hart);
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
    e = die(hart_irq_save());
    stay(hart_index());
    return e;
}

bool hotplug_not_here(unsigned hart, struct hotplug_error e)
{
    return e.step && !strcmp(e.step, "hart_stop") && hart_firmware_error(hart) == SBI_ERR_NOT_SUPPORTED;
}

struct hotplug_error hotplug_online(unsigned hart)
{
    const char *why;

    begin();
    struct hotplug_error e = ok;
    int error = hart_start(hart, time_from_ms(HART_START_MS));

    if (error)
        e = failed("hart_start", hart_strerror(error));
    else if ((error = aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY)))
        e = failed("bringing its interrupts back", aia_strerror(error));
    else if ((why = tell(watch_back, hart)))
        e = failed("restarting what follows it", why);
    end();
    return e;
}
