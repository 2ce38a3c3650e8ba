/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=hotplug: every hart, also the boot hart, goes offline and comes back under load, with an audit after each offline. A
 * hart that goes offline with edges pending in its file forwards them.
 */
#include "payload/kernel/args.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"
#include "csr.h"

const struct arg job_hotplug_args[] = {
    ARG_WORK("rounds", "how often each hart goes offline (10)", ARG_MAX_ROUNDS),
    ARG_SEED,
    ARGS_END,
};

/* Stop all raisers, then compare every file with the books. */
static bool quiet_audit(void)
{
    bool good = raisers_stop_all() && audit_all() == 0;

    return raisers_start_all() && good;
}

static bool cycle(unsigned hart)
{
    bool good = raisers_stop(hart);
    struct hotplug_error e = hotplug_offline(hart);

    if (hotplug_not_here(hart, e))
        machine_exit(untested("the firmware's hart_stop is not here"));
    if (e.step)
        return check(false, "hart %u offline: %s: %s", hart, e.step, e.why);
    good &= quiet_audit();
    e = hotplug_online(hart);
    if (e.step)
        return check(false, "hart %u online: %s: %s", hart, e.step, e.why);
    return good & raisers_start(hart);
}

static void cycle_others(unsigned rounds)
{
    for (unsigned h = 0; h < hart_count(); h++) {
        unsigned good = 0;
        if (h == hart_index() || !hart_is_online(h))
            continue;
        for (unsigned i = 0; i < rounds; i++)
            good += cycle(h);
        check(good == rounds, "hart %u: %u of %u times offline and online, audit clean each time", h, good,
              rounds);
    }
}

/* ---- edges pending in a leaving hart's file ---- */

static _Atomic int step;

static bool reached(int n)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(1000));

    while (atomic_load(&step) < n)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

/* Runs on the leaving hart: interrupts are off from before the edges come until the sweep finds them. */
static void finish_late(void *arg)
{
    unsigned long was = csr_irq_save();

    (void)arg;
    atomic_store(&step, 1);
    (void)reached(2);
    int error = aia_hart_offline_finish(&aia);
    if (!error)
        (void)hart_stop_self();
    print("hart %u: %s\n", hart_index(), aia_strerror(error));
    csr_irq_restore(was);
}

static void sweep(unsigned hart)
{
    struct load_device *d = &load_devices[0];
    struct aia_hart *s = &aia.config.harts[hart];
    uint64_t handled = d->handled, swept = s->swept;

    must_move(d->irq, hart);
    atomic_store(&step, 0);
    check(!hart_run(hart, finish_late, NULL) && reached(1), "hart %u holds its interrupts off", hart);
    d->edges++;
    load_raise_bit(d, 1);
    int error = aia_hart_offline_begin(&aia, hart);
    check(!error, "its interrupts move to other harts: %s", aia_strerror(error));
    if (irq_by_message())
        check(d->handled == handled, "the edge is pending in its file");
    else
        check(wait_for(&d->handled, handled + 1), "the edge moved with its line, and is handled");
    atomic_store(&step, 2);
    check(!hart_wait_stopped(hart, time_from_ms(1000)), "hart %u has stopped", hart);
    check(wait_for(&d->handled, handled + 1) && s->swept == swept + irq_by_message(),
          irq_by_message() ? "its sweep forwarded the edge" : "its sweep found nothing");
    struct hotplug_error e = hotplug_online(hart);
    check(!e.step && s->late == 0, "it is online again, and no edge is late");
}

/* ---- the boot hart: another hart takes over ---- */

static unsigned rounds_, boot;

static void second_half(void *arg)
{
    unsigned good = 0;

    (void)arg;
    for (unsigned i = 0; i < rounds_; i++)
        good += cycle(boot);
    check(good == rounds_, "boot hart %u: %u of %u times offline and online, audit clean each time", boot,
          good, rounds_);
    check(raisers_stop_all(), "all harts stop raising");
    check(load_balanced(), "the books balance");
    load_print();
    machine_exit(verdict());
}

int job_hotplug(void)
{
    rounds_ = (unsigned)args_u64("rounds", 10);
    boot = hart_index();
    unsigned other = hart_from(boot + 1);
    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!load_init(LOAD_MAX))
        return EXIT_MACHINE;
    irq_need_ids(load_n_devices);
    sweep(irq_nth_hart(load_devices[0].irq, boot) == boot ? irq_nth_hart(load_devices[0].irq, boot + 1)
                                                          : irq_nth_hart(load_devices[0].irq, boot));
    raisers_init(args_u64("seed", 1), load_step);
    check(raisers_start_all(), "all other harts raise");
    cycle_others(rounds_);
    check(raisers_stop(other), "hart %u takes over", other);
    check(!hart_run(other, second_half, NULL), "the boot hart becomes an ordinary hart");
    hart_loop();
}
