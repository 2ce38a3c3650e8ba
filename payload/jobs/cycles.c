/* SPDX-License-Identifier: BSD-2-Clause */
/* test=cycles: one hart goes offline and online a thousand times, with interrupts on it each time. Nothing leaks. */
#include "payload/kernel/args.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/tally.h"

const struct arg job_cycles_args[] = {
    ARG_WORK("rounds", "how often (1000)", ARG_MAX_ROUNDS),
    ARGS_END,
};

#define N 8
static struct tally
    tallies[N]; /* the last is managed; the last but one is slow, unless devices have wires only */

static bool set_up(unsigned hart)
{
    bool good = true, messages = !wires_wanted();

    for (unsigned i = 0; i < N; i++) {
        struct aia_request r = {.name = "cycled", .affinity = aia_hartset_one(hart), .managed = i == N - 1};
        good &= !(i == N - 2 && messages ? tally_slow(&tallies[i], 5, true, r)
                                         : tally_soft(&tallies[i], i % 3, r));
    }
    return check(good, "%u interrupts on hart %u, one managed%s", N, hart, messages ? ", one slow" : "");
}

/* Take the hart offline with edges under way, bring it online, and check that its interrupts are on it again. */
static bool cycle(unsigned hart)
{
    bool good = true;

    for (unsigned i = 0; i < N; i++)
        tally_send(&tallies[i]);
    good &= cycle_down(hart);
    for (unsigned i = 0; i < N - 1; i++)
        good &= tally_edge(&tallies[i]) && tallies[i].irq->vec.hart != hart;
    good &= cycle_up(hart) && !aia_hart_online_finish(&aia, hart, AIA_DISPLACED_RETURN);
    for (unsigned i = 0; i < N; i++)
        good &= tallies[i].irq->vec.hart == hart && tally_edge(&tallies[i]);
    return good;
}

int job_cycles(void)
{
    unsigned rounds = (unsigned)args_u64("rounds", 1000), good = 0, hart = hart_from(hart_index() + 1);

    if (!has_harts(2))
        return EXIT_MACHINE;
    irq_need_ids(N);
    if (!set_up(hart))
        return verdict();
    struct cycle_books before = cycle_books();
    uint64_t start = time_now();
    while (good < rounds && cycle(hart))
        good++;
    uint64_t ms = time_to_us(time_now() - start) / 1000;
    check(good == rounds, "%u of %u cycles of hart %u, %lu a second", good, rounds, hart,
          good * 1000ul / (ms ? ms : 1));
    check(cycle_same(&before), "vectors, reservations, timers and calls are as before");
    bool balanced = true;
    for (unsigned i = 0; i < N; i++)
        balanced &= tally_balanced(&tallies[i]);
    check(balanced, "the books balance");
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    return verdict();
}
