/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=cost: the instructions of the library that an offline takes. Run with ICOUNT=1, where instret counts the
 * instructions of all harts together: the difference over aia_hart_offline_begin() and the difference over
 * aia_hart_offline_finish() each include both harts. Neither makes an SBI call (with Sstc); the firmware runs between and
 * after the two.
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
static uint64_t finish_cost;

static uint64_t instret(void)
{
    return csr_read(instret);
}

static void finish(void *arg)
{
    unsigned long was = csr_irq_save();
    uint64_t start = instret();
    int error = aia_hart_offline_finish(&aia);

    finish_cost = instret() - start;
    *(int *)arg = error;
    if (!error)
        (void)hart_stop_self();
    csr_irq_restore(was);
}

/* Take `hart` offline step by step. Returns the number of instructions; 0: it failed. */
static uint64_t offline(unsigned hart, bool pending)
{
    static int error;

    if (pending)
        for (unsigned i = 0; i < N; i++)
            tally_send(&tallies[i]);
    uint64_t start = instret();
    error = aia_hart_offline_begin(&aia, hart);
    uint64_t begin_cost = instret() - start;
    if (error || hart_run(hart, finish, &error) || hart_wait_stopped(hart, time_from_ms(1000)) || error)
        return 0;
    print("offline: begin %lu, finish %lu instructions\n", begin_cost, finish_cost);
    return begin_cost + finish_cost;
}

static void measure(const char *what, unsigned hart, bool pending)
{
    for (unsigned i = 0; i < N; i++)
        must_move(tallies[i].irq, hart);
    (void)cycle_books(); /* makes every hart reclaim what has drained */
    uint64_t n = offline(hart, pending);
    check(n && n <= LIMIT, "%s: %lu instructions on both harts together, limit %u", what, n, LIMIT);
    check(cycle_up(hart), "hart %u is online again", hart);
}

int job_cost(void)
{
    unsigned hart = hart_from(hart_index() + 1);
    bool good = true;

    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!bench_counts())
        return untested("this job needs exact counts: make run ICOUNT=1");
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
    check(good, "an edge of each interrupt arrives");
    return verdict();
}
