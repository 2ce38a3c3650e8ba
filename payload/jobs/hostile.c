/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=hostile: while devices work, interrupts move and a hart goes offline and online, a rogue device writes arbitrary
 * messages to the harts' interrupt files at full rate: identities that are free, owned, retiring, internal, or do not
 * exist. A hart plays this device, together with the DMA engines of the edu devices. The attack may cost time, and
 * identities that are quarantined until their hart has been offline. No edge of another device may be lost, and the reports
 * must name the storms.
 */
#include "imsic/file.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/report/stats.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"
#include "mmio.h"
#include <string.h>

#define MIN_HARTS    4 /* the boot hart, a hart that goes offline and online, a hart that raises, the attacker */
#define BURST        64
#define CHANGE_US    20000
#define LONGEST_MS   20000 /* on a host so busy that harts hardly run */
#define SETEIPNUM_BE 4u
#define BEYOND       64u /* so many identities after the last are attacked too */

static struct {
    struct random random;
    _Atomic int quit;
    _Atomic uint64_t forged, by_dma;
    struct random control;
    uint64_t moves, refused, failed, offlines;
    unsigned victim; /* the hart that goes offline and online */
    bool down;
} job;

/* ---- the attacker ---- */

/* The vector of a random interrupt, which may have moved meanwhile. */
static struct imsic_vector owned(struct random *r)
{
    struct aia_irq *list[IRQ_MAX];
    unsigned n = kinds_irqs(list, IRQ_MAX);

    return list[random_below(r, n)]->vec;
}

static struct imsic_vector target(struct random *r)
{
    struct imsic_vector v = {.hart = (uint16_t)random_below(r, hart_count())};

    switch (random_below(r, 8)) {
    case 0:
    case 1:
        v.id = aia.config.ipi_id;
        break;
    case 2:
        v.id = aia.config.sync_id;
        break;
    case 3:
    case 4:
        v = owned(r);
        break;
    default:
        v.id = (uint16_t)random_below(r, machine.aia.imsic.num_ids + BEYOND);
    }
    return v;
}

static void forge(struct random *r)
{
    struct imsic_vector v = target(r);
    uintptr_t file = aia.imsic.files[v.hart].mmio;

    if (random_below(r, 8))
        mmio_write32(file, v.id);
    else
        mmio_write32(file + SETEIPNUM_BE, __builtin_bswap32(v.id));
    job.forged++;
}

/* Forge messages by real writes of a PCI function. A transfer takes edu 100 ms: ten messages a second from each device. */
static void forge_by_dma(struct random *r)
{
    for (unsigned i = 0; i < load_n_devices; i++) {
        struct imsic_vector v = target(r);
        if (load_devices[i].soft || !edu_dma_idle(&load_devices[i].edu))
            continue;
        job.by_dma += edu_dma_write(&load_devices[i].edu, machine.aia.harts[v.hart].imsic_addr, v.id);
    }
}

static void attack(void *arg)
{
    (void)arg;
    while (!atomic_load_explicit(&job.quit, memory_order_relaxed)) {
        for (unsigned i = 0; i < BURST; i++)
            forge(&job.random);
        forge_by_dma(&job.random);
    }
}

/* ---- meanwhile ---- */

/* Count the result of an operation. AIA_ENOVEC is allowed: the attack may use up a hart's identities. */
static void count_result(const char *name, const char *what, int error)
{
    if (error == AIA_ENOVEC) {
        job.refused++;
    } else if (error) {
        print("%s: %s: %s\n", name, what, aia_strerror(error));
        job.failed++;
    } else {
        job.moves++;
    }
}

static void move_one(void)
{
    struct aia_irq *list[IRQ_MAX];
    unsigned n = kinds_irqs(list, IRQ_MAX), to = random_below(&job.control, hart_count());
    struct aia_irq *irq = list[random_below(&job.control, n)];
    struct aia_hartset set = aia_hartset_one(to);

    if (hart_is_online(to))
        count_result(irq->name, "move", aia_irq_set_affinity(&aia, irq, &set));
}

static void change_the_victim(void)
{
    struct hotplug_error e;

    if (job.down) {
        e = hotplug_online(job.victim);
        job.down = e.step != NULL;
    } else {
        e = hotplug_offline(job.victim);
        job.down = e.step == NULL;
        job.offlines += job.down;
    }
    if (!e.step)
        return;
    if (!strcmp(e.why, aia_strerror(AIA_ENOVEC))) {
        job.refused++;
        return;
    }
    print("hart %u: %s: %s\n", job.victim, e.step, e.why);
    job.failed++;
}

/* True if the attack was large enough; also by DMA, if there is a device with DMA. */
static bool attacked(uint64_t seconds)
{
    bool dma = false;

    for (unsigned i = 0; i < load_n_devices; i++)
        dma |= !load_devices[i].soft;
    return job.forged > 1000 * seconds && (job.by_dma || !dma);
}

/* True if the attack was large enough, and each other event of the test has happened. */
static bool enough(uint64_t seconds)
{
    return attacked(seconds) && job.moves && job.offlines && irq_reports(AIA_REPORT_STORM_UNOWNED) &&
           irq_reports(AIA_REPORT_STORM_IPI);
}

/* Move and take the victim offline and online until the time is up and all has happened. Returns the milliseconds taken. */
static uint64_t control(uint64_t seconds)
{
    uint64_t start = time_now(), next = start;
    uint64_t end = start + time_from_ms(seconds * 1000), latest = end + time_from_ms(LONGEST_MS);

    while (time_now() < end || (!enough(seconds) && time_now() < latest)) {
        move_one();
        kinds_service();
        if (time_now() < next)
            continue;
        change_the_victim();
        next = time_after(time_from_us(CHANGE_US));
    }
    if (job.down)
        change_the_victim();
    return time_to_us(time_now() - start) / 1000;
}

/* ---- afterwards ---- */

static unsigned forged_syncs;

static void is_forged(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    (void)arg;
    (void)owner;
    forged_syncs += finding == AIA_PENDING_UNOWNED && v.id == aia.config.sync_id;
}

/*
 * Forge a message to the sync identity of this hart: the audit must report it, and a sync of the library must clear it. The
 * attack's own forged messages may have been cleared by the library's syncs already.
 */
static void clear_sync(void *arg)
{
    int *error = arg;

    imsic_send(&aia.imsic, (struct imsic_vector){(uint16_t)hart_index(), aia.config.sync_id});
    (void)aia_audit(&aia, is_forged, NULL);
    *error = imsic_sync(&aia.imsic, &aia.imsic.files[hart_index()]);
}

/* Wait for the devices' DMA: a write may land a tenth of a second after the attack. */
static bool dma_ends(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(2000));

    for (unsigned i = 0; i < load_n_devices; i++)
        while (!load_devices[i].soft && !edu_dma_idle(&load_devices[i].edu))
            if (!hart_wait_more(&w))
                return false;
    return true;
}

static void check_recovered(void)
{
    uint64_t lost = 0, edges = 0;
    int error = AIA_OK;

    for (unsigned h = 0; h < hart_count(); h++) {
        check(!aia_call(&aia, h, clear_sync, &error) && !error, "hart %u: a sync succeeds: %s", h,
              aia_strerror(error));
        if (h == hart_index())
            continue;
        struct hotplug_error e = hotplug_offline(h);
        if (!e.step)
            e = hotplug_online(h);
        check(!e.step, "hart %u: offline and online%s%s", h, e.step ? ": " : "", e.step ? e.why : "");
    }
    for (unsigned i = 0; i < load_n_devices; i++) {
        must_move(load_devices[i].irq, (hart_index() + 1 + i) % hart_count());
        check(load_raise(&load_devices[i]), "%s: after a move, an edge is handled", load_devices[i].name);
    }
    kinds_count(&edges, &lost);
    check(edges > load_n_devices && !lost, "%lu completions, %lu lost", edges, lost);
    check(kinds_balanced(), "every edge was handled or coalesced");
}

static void check_named(void)
{
    check(irq_reports(AIA_REPORT_STORM_UNOWNED) > 0, "unowned identities quarantined and reported: %u",
          irq_reports(AIA_REPORT_STORM_UNOWNED));
    check(irq_reports(AIA_REPORT_STORM_IPI) > 0, "storms of the IPIs' identity reported: %u",
          irq_reports(AIA_REPORT_STORM_IPI));
    check(irq_reports(AIA_REPORT_STORM_IRQ) + irq_reports(AIA_REPORT_LEVEL_UP) +
                  irq_reports(AIA_REPORT_DEAD) + irq_reports(AIA_REPORT_SYNC_TIMEOUT) ==
              0,
          "no interrupt was disabled, no file stuck");
}

const struct arg job_hostile_args[] = {
    ARG_WORK("seconds", "how long (2)", ARG_MAX_SECONDS),
    ARG_SEED,
    ARG_TEXT("devices", "kinds of devices, separated by commas, or all (edu)"),
    ARGS_END,
};

int job_hostile(void)
{
    uint64_t seconds = args_u64("seconds", 2), seed = args_u64("seed", time_now());
    unsigned attacker = (hart_index() + hart_count() - 1) % hart_count();
    const char *devices = args_get("devices");

    if (!has_harts(hart_count() > MIN_HARTS ? hart_count() : MIN_HARTS))
        return EXIT_MACHINE;
    if (!(devices ? kinds_init(devices) : kinds_init_default()))
        return EXIT_MACHINE;
    irq_need_ids(load_n_devices + 4); /* 4 more, which the attack can quarantine */
    print("seed=%lu\n", seed);
    /* Long, because on a loaded host the attacker is slow. */
    aia.config.storm_window = time_from_ms(2000);
    job.random.state = seed;
    job.control.state = ~seed;
    job.victim = (hart_index() + 1) % hart_count();
    raisers_init(seed, kinds_step);
    bool good = true;
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && h != job.victim && h != attacker)
            good &= raisers_start(h);
    good &= !hart_run(attacker, attack, NULL);
    uint64_t ms = control(seconds);
    atomic_store(&job.quit, 1);
    good &= !hart_join(attacker, time_from_ms(5000));
    good &= raisers_stop_all() && kinds_settle() && dma_ends();
    check(good, "all raisers and the attacker have stopped");
    kinds_print();
    print("\n");
    stats_print_harts();
    print("\nforged %lu (%lu/s), by DMA %lu; moves %lu, offlines %lu, refused without a free identity %lu\n",
          job.forged, job.forged * 1000 / ms, job.by_dma, job.moves, job.offlines, job.refused);
    check(job.moves && job.offlines && !job.failed, "%lu operations failed for another reason", job.failed);
    check(attacked(seconds), "the attack was large enough");
    check_named();
    check_recovered();
    check(forged_syncs == hart_count(), "the audit has found forged syncs on %u harts", forged_syncs);
    return verdict();
}
