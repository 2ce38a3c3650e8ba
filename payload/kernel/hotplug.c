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

static _Atomic int changing; /* a hart goes offline or comes online */

static const char *(*watch_offline)(unsigned hart);
static const char *(*watch_online)(unsigned hart);

void hotplug_watch(const char *(*offline)(unsigned hart), const char *(*online)(unsigned hart))
{
    watch_offline = offline;
    watch_online = online;
}

static const char *notify(const char *(*watcher)(unsigned hart), unsigned hart)
{
    return watcher ? watcher(hart) : NULL;
}

static void lock_changes(void)
{
    struct hart_wait w =
        hart_wait_begin(time_from_ms(10 * HANG_END_MS)); /* one change may wait for several harts */

    while (atomic_exchange(&changing, 1))
        hang_wait_more(&w);
}

static void unlock_changes(void)
{
    atomic_store(&changing, 0);
}

static struct hotplug_error failed(const char *step, const char *why)
{
    return (struct hotplug_error){.step = step, .why = why};
}

static const struct hotplug_error ok;

/*
 * Finish the offline on the leaving hart, with interrupts off. `was` is the interrupt state to restore. Returns only on
 * an error, with the hart online again. If the hart cannot come online either, it can only try to stop again.
 */
static struct hotplug_error offline_here(unsigned long was)
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
                                 AIA_DISPLACED_STAY); /* restarts what was shut down for the offline */
    return e;
}

static struct hotplug_error offline_result; /* the result of offline_job(); protected by `changing` */

static void offline_job(void *arg)
{
    (void)arg;
    offline_result = offline_here(hart_irq_save());
}

/* ---- a hart that has its interrupts off during offline_begin ---- */

enum held { HELD_NOT, HELD_WAITS, HELD_GOES, HELD_STAYS };
static _Atomic int held[MACHINE_MAX_HARTS];

static bool held_becomes(unsigned hart, enum held from, enum held to)
{
    int expected = (int)from;

    return atomic_compare_exchange_strong(&held[hart], &expected, (int)to);
}

static void held_job(void *arg)
{
    unsigned long was = hart_irq_save();
    unsigned here = hart_index();
    struct hart_wait w = hart_wait_begin(time_from_ms(STOP_MS));

    (void)arg;
    if (held_becomes(here, HELD_NOT, HELD_WAITS))
        offline_result = failed("with interrupts off", hart_strerror(HART_ETIMEOUT));
    while (atomic_load(&held[here]) == HELD_WAITS)
        if (!hart_wait_more(&w))
            (void)held_becomes(here, HELD_WAITS, HELD_STAYS);
    if (atomic_load(&held[here]) == HELD_GOES)
        offline_result = offline_here(was);
    else
        hart_irq_restore(was);
}

/* Wait until the hart is in held_job(). If the hart is not there in time, its job finds HELD_STAYS and returns. */
static int wait_held(unsigned hart)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(STOP_MS));

    while (atomic_load(&held[hart]) == HELD_NOT)
        if (!hart_wait_more(&w) && held_becomes(hart, HELD_NOT, HELD_STAYS))
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

/* Wait until the hart has stopped or has come online again without a start. */
static int wait_stopped(unsigned hart, uint64_t ticks)
{
    uint64_t end = time_after(ticks);
    int error;

    do
        error = hart_wait_stopped(hart, time_from_ms(10));
    while (error == HART_ETIMEOUT && !hart_is_online(hart) && time_now() < end);
    return error;
}

/* After aia_hart_offline_begin(), while the hart itself finishes the offline: wait for the hart's stop. */
static struct hotplug_error confirm(unsigned hart)
{
    uint64_t ticks = time_from_ms(STOP_MS);
    int error;

    if (hart_join(hart, ticks) == HART_OK) /* the stop failed, and the hart is online */
        return offline_result;
    error = wait_stopped(hart, ticks);
    if (!error)
        return ok;
    if (hart_is_online(hart) && hart_join(hart, ticks) == HART_OK)
        return offline_result;
    /*
     * The hart is between the sweep and the firmware's stop. No message names the hart any more. Try to start the hart
     * again.
     */
    if (start_again(hart))
        return failed("waiting for STOPPED, and the hart stays offline", hart_strerror(error));
    return failed("waiting for STOPPED", hart_strerror(error));
}

/* After aia_hart_offline_begin(): have the hart sweep its file and stop. */
static struct hotplug_error stop_other(unsigned hart)
{
    int error = hart_run(hart, offline_job, NULL);

    if (!error)
        return confirm(hart);
    aia_hart_offline_cancel(&aia, hart);
    (void)aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY);
    return failed("the stop job", hart_strerror(error));
}

/* The hart stays online: restart the managed interrupts that were shut down for it, then call the watcher. */
static void stay(unsigned hart)
{
    (void)aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY);
    (void)notify(watch_online, hart);
}

/* First half of an offline: move everything away from the hart. After an error the caller must call stay(). */
static struct hotplug_error try_begin(unsigned hart)
{
    const char *why = notify(watch_offline, hart);

    if (why)
        return failed("shutting down what follows the hart", why);
    int error = aia_hart_offline_begin(&aia, hart);
    return error ? failed("moving its interrupts away", aia_strerror(error)) : ok;
}

static struct hotplug_error begin_or_stay(unsigned hart)
{
    struct hotplug_error e = try_begin(hart);

    if (e.step)
        stay(hart);
    return e;
}

struct hotplug_error hotplug_offline(unsigned hart)
{
    lock_changes();
    struct hotplug_error e = begin_or_stay(hart);

    if (!e.step) {
        e = stop_other(hart);
        if (e.step)
            stay(hart);
    }
    unlock_changes();
    return e;
}

/* Take a hart offline that is in held_job(). */
static struct hotplug_error offline_held(unsigned hart)
{
    struct hotplug_error e = try_begin(hart);

    if (held_becomes(hart, HELD_WAITS, e.step ? HELD_STAYS : HELD_GOES) && !e.step) {
        e = confirm(hart);
    } else {
        /* stay() needs the hart's proofs of drains, so the hart must have its interrupts on. */
        (void)hart_join(hart, time_from_ms(STOP_MS));
        if (!e.step) { /* the move took longer than held_job() waits */
            aia_hart_offline_cancel(&aia, hart);
            e = offline_result;
        }
    }
    if (e.step)
        stay(hart);
    return e;
}

struct hotplug_error hotplug_offline_irqs_off(unsigned hart)
{
    lock_changes();
    atomic_store(&held[hart], HELD_NOT);
    int error = hart_run(hart, held_job, NULL);

    if (!error)
        error = wait_held(hart);
    struct hotplug_error e = error ? failed("the stop job", hart_strerror(error)) : offline_held(hart);
    unlock_changes();
    return e;
}

struct hotplug_error hotplug_offline_self(void)
{
    lock_changes();
    struct hotplug_error e = begin_or_stay(hart_index());

    unlock_changes(); /* No other change can begin at this hart: it is leaving, and then offline. */
    if (e.step)
        return e;
    e = offline_here(hart_irq_save());
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

    lock_changes();
    struct hotplug_error e = ok;
    int error = hart_start(hart, time_from_ms(HART_START_MS));

    if (error)
        e = failed("hart_start", hart_strerror(error));
    else if ((error = aia_hart_online_finish(&aia, hart, AIA_DISPLACED_STAY)))
        e = failed("bringing its interrupts back", aia_strerror(error));
    else if ((why = notify(watch_online, hart)))
        e = failed("restarting what follows the hart", why);
    unlock_changes();
    return e;
}
