/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/hotplug.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/time.h"
#include "csr.h"

#define STOP_MS  5000
#define START_MS 5000

static _Atomic int changing; /* some hart is coming or going */

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

/* On the leaving hart. Returns only on an error, with the hart online again. */
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
        (void)aia_hart_online(&aia);
    }
    csr_irq_restore(was);
    return e;
}

static struct hotplug_error died; /* die_job()'s result; under `changing` */

static void die_job(void *arg)
{
    (void)arg;
    died = die();
}

/* After aia_hart_leave(): the rest, on the hart itself, and its confirmation. */
static struct hotplug_error stop_other(unsigned hart)
{
    uint64_t ticks = time_from_ms(STOP_MS);
    int error = hart_run(hart, die_job, NULL);

    if (error) {
        aia_hart_stay(&aia, hart);
        return failed("the stop job", hart_strerror(error));
    }
    if (hart_join(hart, ticks) == HART_OK) /* it came back from die() */
        return died;
    error = hart_wait_stopped(hart, ticks);
    return error ? failed("waiting for STOPPED", hart_strerror(error)) : ok;
}

struct hotplug_error hotplug_offline(unsigned hart)
{
    struct hotplug_error e = ok;

    begin();
    int error = aia_hart_leave(&aia, hart);
    if (error)
        e = failed("moving its interrupts away", aia_strerror(error));
    else
        e = stop_other(hart);
    end();
    return e;
}

struct hotplug_error hotplug_offline_self(void)
{
    struct hotplug_error e;

    begin();
    int error = aia_hart_leave(&aia, hart_index());
    if (error) {
        e = failed("moving its interrupts away", aia_strerror(error));
        end();
    } else {
        end(); /* no other change is made to this hart: it is leaving, and then not there */
        e = die();
    }
    return e;
}

struct hotplug_error hotplug_online(unsigned hart)
{
    begin();
    struct hotplug_error e = ok;
    int error = hart_start(hart, time_from_ms(START_MS));

    if (error)
        e = failed("hart_start", hart_strerror(error));
    else if ((error = aia_hart_return(&aia, hart, AIA_STAY_AWAY)))
        e = failed("bringing its interrupts back", aia_strerror(error));
    end();
    return e;
}
