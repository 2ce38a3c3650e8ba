/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=movers: a hart goes offline and online a thousand times while all other harts (six with smp=8) raise edges and move
 * interrupts to and from the hart. No interrupt is stranded there. (Linux 7.2 strands 3 in 111 such offlines.)
 */
#include "payload/kernel/args.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/load/fire.h"
#include "payload/load/hangs.h"
#include "payload/jobs.h"

const struct arg job_movers_args[] = {
    ARG_WORK("rounds", "how often the hart goes offline (1000)", ARG_MAX_ROUNDS),
    ARG_SEED,
    HANGS_ARG,
    ARGS_END,
};

#define AUDIT_EVERY 20

static bool quiet_audit(void)
{
    bool good = fire_stop_all() && audit_all() == 0;

    return fire_start_all() && good;
}

static bool cycle(unsigned hart, unsigned n)
{
    bool good = fire_stop(hart) && cycle_down(hart) && fire_all_arrive();

    if (n % AUDIT_EVERY == 0)
        good &= quiet_audit();
    good &= cycle_up(hart);
    return good & fire_start(hart);
}

static bool set_up(void)
{
    bool good = load_init_edu(LOAD_MAX);

    fire.n_tallies = 6;
    fire.moves_in_8 = 5;
    for (unsigned i = 0; i < fire.n_tallies; i++) {
        struct aia_request r = {.name = "soft", .affinity = aia_hartset_first(hart_count())};
        good &= !tally_soft(&fire.tallies[i], i % 3, r);
    }
    return check(good, "%u interrupts", fire.n_tallies + load_n_devices);
}

int job_movers(void)
{
    unsigned rounds = (unsigned)args_u64("rounds", 1000), good = 0, hart = hart_from(hart_index() + 1);
    uint64_t displaced = 0;

    if (!has_harts(3))
        return EXIT_MACHINE;
    hangs_init();
    if (!set_up())
        return verdict();
    irq_need_ids(fire.n_tallies + load_n_devices);
    fire_init(args_u64("seed", 1));
    check(fire_start_all(), "%u harts move and raise", hart_online_count() - 1);
    uint64_t start = time_now();
    for (unsigned i = 0; i < rounds; i++) {
        hangs_turn(start + time_from_ms(500));
        uint64_t before = aia.displaced;
        good += cycle(hart, i);
        displaced += aia.displaced - before;
        irq_print_reports();
    }
    check(fire_stop_all(), "all harts stop raising");
    print(
        "%lu moves, %lu refused because the hart was offline, %lu edges, %lu interrupts displaced, %lu ms\n",
        fire.moves, fire.refused, fire_total().edges, displaced, time_to_us(time_now() - start) / 1000);
    check(good == rounds, "%u of %u times the hart went offline and online, and no interrupt was stranded",
          good, rounds);
    check(fire.failed == 0, "%lu moves failed", fire.failed);
    worked(fire.moves, "no interrupt was moved");
    hangs_note();
    check(fire_balanced() && fire_total().lost == 0, "the books balance");
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    return verdict();
}
