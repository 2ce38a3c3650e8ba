/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/loop.h"
#include "payload/kernel/args.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/irq.h"
#include "payload/report/stats.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "payload/load/hangs.h"
#include "payload/report/check.h"
#include "payload/load/kinds.h"
#include "payload/load/raisers.h"
#include "payload/load/load.h"
#include "payload/load/tries.h"
#include "payload/pci/slot.h"
#include <string.h>

#define MOVES_PER_TURN 8
#define PULL_MS        60000 /* time to press the slot's button: on a busy host a test may not run for long */
#define PAUSE_US       250   /* between two changes of harts, so that all harts are online part of the time */

static struct {
    uint64_t seed;
    struct random control;
    unsigned turn; /* the hart that goes offline and online now */
    bool down;     /* this hart is offline now */
    bool no_stop;  /* the firmware cannot stop harts */
    uint64_t moves, offlines, onlines;
    unsigned failures;  /* failed operations: moves and hotplug */
    unsigned refused;   /* operations that failed because of the unplugged device */
    const char *victim; /* the device that is to stop answering, or NULL */
    bool unplugged;
    uint64_t asked, rest; /* when `pull` was printed; how long the run goes on after the pull */
    int (*move)(struct aia_irq *irq, unsigned hart);
} job;

static void report(const char *what, unsigned h, struct hotplug_error e)
{
    print("hart %u: %s failed at %s: %s\n", h, what, e.step, e.why);
    job.failures++;
    hang_look();
}

/* Make one change: take the next hart offline, or bring the offline hart online. */
static void change_a_hart(void)
{
    struct hotplug_error e;

    if (job.down) {
        e = hotplug_online(job.turn);
        if (e.step && job.unplugged && hart_is_online(job.turn))
            job.refused++; /* the hart is online, without its queue at the unplugged device */
        else if (e.step)
            report("online", job.turn, e);
        if (hart_is_online(job.turn)) {
            job.onlines++;
            job.failures += !raisers_start(job.turn);
        }
        job.down = false;
        return;
    }
    do
        job.turn = (job.turn + 1) % hart_count();
    while (job.turn == hart_index() || !hart_is_online(job.turn));
    if (!raisers_stop(job.turn)) {
        job.failures++;
        return;
    }
    e = hotplug_offline(job.turn);
    if (e.step) {
        if (hotplug_not_here(job.turn, e)) {
            print("\nnot here: the firmware's hart_stop: %s; no hart goes offline\n",
                  sbi_strerror(SBI_ERR_NOT_SUPPORTED));
            job.no_stop = true;
        } else if (job.unplugged)
            job.refused++; /* the unplugged device's interrupts and queues keep the hart until the device is given up */
        else
            report("offline", job.turn, e);
        job.failures += !raisers_start(job.turn);
    } else {
        job.offlines++;
        job.down = true;
    }
}

/* True if `irq` belongs to the device: its name is the device's name, or NAME.number. */
static bool is_of(const struct aia_irq *irq, const char *device)
{
    size_t n = strlen(device);

    return !strncmp(irq->name, device, n) && (!irq->name[n] || irq->name[n] == '.');
}

/* Move some interrupts, each to a random hart that is online. */
static void move_some(void)
{
    struct aia_irq *list[IRQ_MAX];
    unsigned n = kinds_irqs(list, IRQ_MAX);

    for (unsigned i = 0; i < MOVES_PER_TURN && n; i++) {
        struct aia_irq *irq = list[random_below(&job.control, n)];
        unsigned to = random_below(&job.control, hart_count());
        if (!hart_is_online(to) || to == irq->vec.hart || !irq_goes(irq, to))
            continue;
        struct imsic_vector from = irq->vec;
        int error = job.move ? job.move(irq, to) : tries_move(&job.control, irq, to);
        wedge_moved(irq, from, irq->vec);
        if (error && job.unplugged && is_of(irq, job.victim)) {
            job.refused++; /* allowed until the device is given up */
        } else if (error) {
            print("%s: move to hart %u: %s\n", irq->name, to, aia_strerror(error));
            job.failures++;
            if (error == AIA_ETIMEOUT)
                hang_look();
        } else {
            job.moves++;
        }
    }
}

static void progress(uint64_t start)
{
    uint64_t completions, lost;

    kinds_count(&completions, &lost);
    uint64_t ds = time_to_us(time_now() - start) / 100000;
    print("\r%3lu.%lu s  completions %lu  moves %lu  offlines %lu  lost %lu ", ds / 10, ds % 10, completions,
          job.moves, job.offlines, lost);
}

/*
 * Halfway, make one device stop answering. With `pull`, wait first until the button of its slot is pressed, for PULL_MS at
 * most. Returns the time at which the run ends: the second half begins when the device stops answering.
 */
static uint64_t unplug(uint64_t half, uint64_t end)
{
    uint64_t now = time_now();

    if (!job.victim || job.unplugged || now < half)
        return end;
    if (args_get("pull") && !job.asked) {
        print("\npull %s\n", job.victim);
        job.asked = now;
        job.rest = end - half;
    }
    if (args_get("pull") && !kinds_pressed())
        return job.asked + time_from_ms(PULL_MS);
    job.unplugged = true;
    print("\n%s: unplugged\n", job.victim);
    job.failures += !kinds_unplug(job.victim);
    return job.asked ? now + job.rest : end;
}

/* Make a hart hang that has all interrupts, so that the edges that the hart keeps are told apart from lost edges. */
static void hang(uint64_t when)
{
    struct aia_irq *list[IRQ_MAX];
    struct aia_hartset set = aia_hartset_one(hangs_victim());

    if (!hangs_wanted(when))
        return;
    unsigned n = kinds_irqs(list, IRQ_MAX);
    for (unsigned i = 0; i < n; i++)
        (void)aia_irq_set_affinity(&aia, list[i], &set);
    hangs_turn(when);
}

static void control(uint64_t ms)
{
    uint64_t start = time_now(), half = start + time_from_ms(ms) / 2, end = start + time_from_ms(ms);
    uint64_t next_change = start, next_progress = start;
    bool hotplug = hart_online_count() > 1 && !args_get("nohotplug") && !job.move;
    bool moves = hart_online_count() > 1 && !args_get("nomove");

    while ((time_now() < end || hangs_awaited(end)) && hang_first() == HANG_NONE) {
        pulse_step(PULSE_WORKS);
        if (moves)
            move_some();
        if (hotplug && !job.no_stop && time_now() >= next_change) {
            change_a_hart();
            next_change = time_now() + time_from_us(PAUSE_US);
        }
        if (hart_online_count() == 1)
            (void)kinds_step(&job.control); /* no other hart is online */
        if (time_now() >= next_progress) {
            progress(start);
            next_progress += time_from_ms(500);
        }
        irq_print_reports();
        kinds_service();
        iommu_print_faults();
        end = unplug(half, end);
        hang(half);
    }
    progress(start);
    print("\n");
    if (job.down && hang_first() == HANG_NONE)
        change_a_hart();
}

static void print_totals(uint64_t ms)
{
    print("\nmoves %lu (%lu/s): ", job.moves, job.moves * 1000 / ms);
    stats_print_updates();
    if (!job.move)
        tries_print();
    print("offlines %lu, onlines %lu, interrupts displaced from their affinity %lu, failed operations %u\n",
          job.offlines, job.onlines, aia.displaced, job.failures);
    if (job.unplugged)
        print("operations refused because of the unplugged device: %u\n", job.refused);
}

static bool any_unowned_or_late(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned + aia.config.harts[h].late;
    if (n)
        print("%lu edges were unowned or late\n", n);
    return n != 0;
}

static long firmware_without_stop(void)
{
    return SBI_ERR_NOT_SUPPORTED;
}

/* True if any interrupt can move. A wire cannot where each hart has its own domain. */
static bool can_move(void)
{
    struct aia_irq *list[IRQ_MAX];
    unsigned n = kinds_irqs(list, IRQ_MAX);

    for (unsigned i = 0; i < n; i++)
        for (unsigned h = 0; h < hart_count(); h++)
            if (hart_is_online(h) && h != list[i]->vec.hart && irq_goes(list[i], h))
                return true;
    return false;
}

/* Note the work that was asked for and not done. */
static void note_work(void)
{
    uint64_t completions, lost;

    kinds_count(&completions, &lost);
    worked(completions, "no edge was raised");
    hangs_note();
    worked(job.moves || (!job.move && (args_get("nomove") || !can_move())), "no interrupt was moved");
    worked(job.offlines || job.move || job.no_stop || args_get("nohotplug") || hart_online_count() == 1,
           "no hart went offline");
}

/* With ids=: check that one hart alone has identities for all interrupts. */
static void check_ids(void)
{
    struct aia_irq *list[IRQ_MAX];
    unsigned n = kinds_irqs(list, IRQ_MAX), ids = 0;

    for (unsigned i = 0; i < n; i++)
        ids += 1u << list[i]->order;
    irq_need_ids(ids);
}

/* Check that the device of unplug= or pull= exists and can stop answering. */
static void check_victim(void)
{
    const char *arg = args_get("pull") ? "pull" : "unplug";
    struct pci_device *pd = job.victim ? kinds_device(job.victim) : NULL;

    if (job.victim && !pd)
        args_refuse(arg, "no such device, or it cannot stop answering");
    if (job.victim && args_get("pull") && !pci_slot_of(pd))
        args_refuse(arg, "the device is in no slot");
    if (args_get("pull") && args_get("unplug"))
        args_refuse(arg, "unplug= is given too");
}

bool loop_run(int (*move)(struct aia_irq *irq, unsigned hart))
{
    uint64_t ms = args_u64("ms", args_u64("seconds", 5) * 1000);

    job.seed = args_u64("seed", time_now());
    job.control.state = job.seed;
    job.move = move;
    job.victim = args_get("pull") ? args_get("pull") : args_get("unplug");
    check_victim();
    check_ids();
    raisers_init(job.seed, kinds_step);
    print("%u devices, %u harts, %lu %s, seed=%lu\n", kinds_n_devices, hart_online_count(),
          ms % 1000 ? ms : ms / 1000, ms % 1000 ? "ms" : "s", job.seed);

    hangs_init();
    if (args_get("nostop"))
        hart_stop_call = firmware_without_stop;
    job.failures += !raisers_start_all();
    control(ms);
    if (hang_first() != HANG_NONE) {
        print("hart %u hangs: the load ends early\n", hang_first());
        hangs_raise();
        job.failures++;
    }
    job.failures += !raisers_stop_all();
    job.failures += !kinds_settle();
    if (job.asked && !job.unplugged) {
        print("the button of the slot of %s was not pressed\n", job.victim);
        job.failures++;
    }
    irq_print_reports();

    kinds_print();
    print("\n");
    stats_print_harts();
    print_totals(ms);
    iommu_print();
    note_work();
    bool good = kinds_balanced();
    good &= job.move || load_placed();
    good &= !any_unowned_or_late();
    good &= iommu_check();
    good &= audit_all() == 0;
    return good && !job.failures;
}
