/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=cost: instructions that an offline takes, of ours. Run with ICOUNT=1, where instret counts the instructions of
 * all harts together: one difference around aia_hart_offline_begin() and one around aia_hart_offline_finish() hold what both harts do in
 * them. No SBI call is made in either (Sstc); those of the firmware are between and after them.
 */
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/bench/bench.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/tally.h"
#include "csr.h"

#define N     10
#define LIMIT 20000

static struct tally tallies[N];
static uint64_t died_in;

static uint64_t instret(void)
{
    return csr_read(instret);
}

static void die(void *arg)
{
    unsigned long was = csr_irq_save();
    uint64_t start = instret();
    int error = aia_hart_offline_finish(&aia);

    died_in = instret() - start;
    *(int *)arg = error;
    if (!error)
        (void)hart_stop_self();
    csr_irq_restore(was);
}

/* One offline by hand; returns its instructions, 0: it failed. */
static uint64_t offline(unsigned hart, bool pending)
{
    static int error;

    if (pending)
        for (unsigned i = 0; i < N; i++)
            tally_send(&tallies[i]);
    uint64_t start = instret();
    error = aia_hart_offline_begin(&aia, hart);
    uint64_t left_in = instret() - start;
    if (error || hart_run(hart, die, &error) || hart_wait_stopped(hart, time_from_ms(1000)) || error)
        return 0;
    print("leave %lu, die %lu instructions\n", left_in, died_in);
    return left_in + died_in;
}

static void measure(const char *what, unsigned hart, bool pending)
{
    for (unsigned i = 0; i < N; i++)
        must_move(tallies[i].irq, hart);
    (void)cycle_books(); /* all has drained */
    uint64_t n = offline(hart, pending);
    check(n && n <= LIMIT, "%s: %lu instructions on both harts together, %u at most", what, n, LIMIT);
    check(cycle_up(hart), "it is back");
}

int job_cost(void)
{
    unsigned hart = hart_from(hart_index() + 1);
    bool good = true;

    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!bench_counts())
        return untested("it takes exact counts: make run ICOUNT=1");
    irq_need_ids(N);
    for (unsigned i = 0; i < N; i++) {
        struct aia_request r = {.name = "soft", .affinity = aia_hartset_first(hart_count())};
        good &= !tally_soft(&tallies[i], AIA_MSI_PLAIN, r);
    }
    if (!check(good, "%u interrupts", N))
        return verdict();
    measure("quiet", hart, false);
    measure("quiet, again", hart, false);
    measure("edges just sent", hart, true);
    for (unsigned i = 0; i < N; i++)
        good &= tally_edge(&tallies[i]);
    check(good, "all arrive");
    return verdict();
}
