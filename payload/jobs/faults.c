/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=faults: each step of taking a hart offline and online fails once, under load. The library's states fail by
 * may_enter(), the firmware's by other functions in the place of its calls. Afterwards the hart is online, or offline and
 * clean; nothing is lost or leaks.
 */
#include "payload/report/audit.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"
#include "payload/load/tally.h"

static const struct {
    enum aia_hart_state state;
    const char *name;
} states[] = {
    {AIA_HART_CLOSED, "closed"}, {AIA_HART_EVACUATED, "evacuated"}, {AIA_HART_FORCED, "forced"},
    {AIA_HART_QUIET, "quiet"},   {AIA_HART_SWEPT, "swept"},         {AIA_HART_OFFLINE, "offline"},
};
#define N_STATES (sizeof(states) / sizeof(states[0]))

static struct tally managed;
static unsigned victim;

/* A resource of the victim, such as a device's queue: closed before the hart goes offline, open while it is online. */
static bool closed;
static const char *close_error; /* why the resource cannot be closed; NULL: it can */

static const char *before_offline(unsigned hart)
{
    closed |= hart == victim;
    return hart == victim ? close_error : NULL;
}

static const char *after_online(unsigned hart)
{
    closed &= hart != victim;
    return NULL;
}

static struct cycle_books before;
static _Atomic int veto; /* the state that may not be entered; -1: all may */

static int may_enter(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    return hart == victim && atomic_load(&veto) == (int)next ? AIA_EAGAIN : AIA_OK;
}

/* Move every interrupt that can be on `hart` there. An interrupt wired to the APLIC of other harts cannot. */
static void all_to(unsigned hart)
{
    for (unsigned i = 0; i < load_n_devices; i++)
        if (irq_goes(load_devices[i].irq, hart))
            must_move(load_devices[i].irq, hart);
}

static void to_victim(void)
{
    all_to(victim);
}

static void home(void)
{
    all_to(hart_index());
}

/* Stop all raisers, and check: nothing leaked, the files agree with the books, and the victim takes interrupts if online. */
static void whole(const char *what)
{
    bool good = raisers_stop_all();

    if (hart_is_online(victim)) {
        check(!closed, "%s: the hart's resource is open again", what);
        good &= tally_edge(&managed) && managed.irq->vec.hart == victim;
        home();
        good &= cycle_same(&before);
    }
    good &= audit_all() == 0 && load_balanced() && tally_balanced(&managed) && cycle_late() == 0;
    check(good, "%s: nothing lost, late or leaked", what);
    check(raisers_start_all() && (!hart_is_online(victim) || raisers_stop(victim)), "%s: the load continues",
          what);
}

static void offline_fails(unsigned i, struct hotplug_error (*offline)(unsigned hart))
{
    to_victim();
    atomic_store(&veto, (int)states[i].state);
    struct hotplug_error e = offline(victim);
    atomic_store(&veto, -1);
    check(e.step && hart_is_online(victim), "%s%s may not be entered: %s: %s",
          offline == hotplug_offline ? "" : "interrupts off: ", states[i].name, e.step ? e.step : "no error",
          e.step ? e.why : "");
    whole(states[i].name);
}

/* A job that keeps the hart busy until let_go is set. */
static _Atomic int let_go;

static void busy_job(void *arg)
{
    (void)arg;
    while (!atomic_load(&let_go))
        hart_pause();
}

/* aia_hart_offline_begin() has succeeded when the hart turns out to be busy. The offline is cancelled, and interrupts may come
 * again. */
static void busy(void)
{
    to_victim();
    atomic_store(&let_go, 0);
    check(!hart_run(victim, busy_job, NULL), "hart %u is busy", victim);
    struct hotplug_error e = hotplug_offline(victim);
    check(e.step && hart_is_online(victim), "busy: %s: %s", e.step ? e.step : "no error",
          e.step ? e.why : "");
    struct aia_hartset online = aia_online(&aia);
    check(aia_hartset_has(&online, victim) && aia_ipi_send(&aia, victim, IRQ_IPI_WAKE) == AIA_OK,
          "busy: the hart takes IPIs");
    to_victim();
    atomic_store(&let_go, 1);
    check(!hart_join(victim, time_from_ms(1000)), "hart %u is idle", victim);
    whole("busy");
}

static void does_not_close(void)
{
    to_victim();
    close_error = "it does not drain";
    struct hotplug_error e = hotplug_offline(victim);
    close_error = NULL;
    check(e.step && hart_is_online(victim), "the hart's resource cannot be closed: %s: %s",
          e.step ? e.step : "no error", e.step ? e.why : "");
    whole("not closed");
}

static void online_fails(void)
{
    check(cycle_down(victim), "hart %u offline", victim);
    atomic_store(&veto, AIA_HART_ONLINE);
    struct hotplug_error e = hotplug_online(victim);
    atomic_store(&veto, -1);
    check(e.step && hart_state(victim) == HART_STOPPED, "online may not be entered: %s: %s",
          e.step ? e.step : "no error", e.step ? e.why : "");
    whole("online");
    check(cycle_up(victim), "the next hart_start succeeds");
    whole("online again");
}

/* ---- the firmware ---- */

static long stop_refused(void)
{
    return SBI_ERR_FAILED;
}

/* The firmware keeps the hart: hart_stop neither stops the hart nor returns for a while. Then it returns an error, or stops. */
static long stuck(void)
{
    while (!atomic_load(&let_go))
        hart_pause();
    return SBI_ERR_FAILED;
}

static long stuck_then_stops(void)
{
    (void)stuck();
    return sbi_hart_stop();
}

static long start_refused(uint64_t hartid, uintptr_t address, uintptr_t opaque)
{
    (void)hartid;
    (void)address;
    (void)opaque;
    return SBI_ERR_FAILED;
}

static void refused(void)
{
    to_victim();
    hart_stop_call = stop_refused;
    struct hotplug_error e = hotplug_offline(victim);
    hart_stop_call = sbi_hart_stop;
    check(e.step && hart_is_online(victim), "hart_stop refused: %s: %s", e.step ? e.step : "no error",
          e.step ? e.why : "");
    whole("hart_stop refused");
}

static void never_stops(long (*how)(void), const char *name, bool comes_back)
{
    to_victim();
    atomic_store(&let_go, 0);
    hart_stop_call = how;
    struct hotplug_error e = hotplug_offline(victim);
    check(e.step && !hart_is_online(victim), "%s: %s: %s", name, e.step ? e.step : "no error",
          e.step ? e.why : "");
    whole(name);
    hart_stop_call = sbi_hart_stop;
    atomic_store(&let_go, 1);
    if (comes_back) {
        struct hart_wait w = hart_wait_begin(time_from_ms(1000));
        while (!hart_is_online(victim) && hart_wait_more(&w))
            ;
        while (!tally_started(&managed) &&
               hart_wait_more(&w)) /* the hart itself starts its managed interrupts again */
            ;
        check(hart_is_online(victim), "%s: the hart is online again by itself", name);
    } else {
        check(!hart_wait_stopped(victim, time_from_ms(1000)), "%s: the hart has stopped in the end", name);
        check(cycle_up(victim), "%s: the hart is online again", name);
    }
    whole(name);
}

static void not_started(void)
{
    check(cycle_down(victim), "hart %u offline", victim);
    hart_start_call = start_refused;
    struct hotplug_error e = hotplug_online(victim);
    hart_start_call = sbi_hart_start;
    check(e.step && hart_state(victim) == HART_STOPPED, "hart_start refused: %s: %s",
          e.step ? e.step : "no error", e.step ? e.why : "");
    whole("hart_start refused");
    check(cycle_up(victim), "the next hart_start succeeds");
    whole("online again");
}

int job_faults(void)
{
    victim = hart_from(hart_index() + 1);
    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!load_init(LOAD_MAX))
        return EXIT_MACHINE;
    irq_need_ids(load_n_devices + 1);
    struct aia_request r = {.name = "managed", .affinity = aia_hartset_one(victim), .managed = true};
    if (!check(!tally_soft(&managed, AIA_MSI_PLAIN, r), "a managed interrupt of hart %u", victim))
        return verdict();
    atomic_store(&veto, -1);
    aia.config.may_enter = may_enter;
    hotplug_watch(before_offline, after_online);
    home();
    before = cycle_books();
    raisers_init(1, load_step);
    check(raisers_start_all() && raisers_stop(victim), "all other harts raise");
    for (unsigned i = 0; i < N_STATES; i++)
        offline_fails(i, hotplug_offline);
    for (unsigned i = 0; i < N_STATES; i++)
        offline_fails(i, hotplug_offline_irqs_off);
    busy();
    does_not_close();
    online_fails();
    refused();
    never_stops(stuck, "STOPPED not reached", true);
    never_stops(stuck_then_stops, "STOPPED reached late", false);
    not_started();
    check(cycle_down(victim) && cycle_up(victim) && cycle_down_irqs_off(victim) && cycle_up(victim),
          "without a fault the hart goes offline and online");
    check(raisers_stop_all(), "all harts stop raising");
    check(load_balanced(), "the books balance");
    return verdict();
}
