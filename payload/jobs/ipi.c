/* SPDX-License-Identifier: BSD-2-Clause */
/* test=ipi: every hart sends IPIs to every other hart and makes calls there, all in parallel. */
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"

/* The number of rounds. From 8 harts up, the number of pairs times the number of rounds is about constant. */
#define ROUNDS 200
static uint64_t rounds(void)
{
    unsigned n = hart_online_count();

    return n <= 8 ? ROUNDS : ROUNDS * 64 / (n * n) + 1;
}

/* mail[to][from] is written before the IPI; got[to][from] is the value that the IPI's handler found there. */
static _Atomic uint64_t mail[MACHINE_MAX_HARTS][MACHINE_MAX_HARTS], got[MACHINE_MAX_HARTS][MACHINE_MAX_HARTS];
static _Atomic uint64_t done, wrong, called[MACHINE_MAX_HARTS];

static void mail_arrived(unsigned n)
{
    unsigned here = hart_index();

    for (unsigned from = n - IRQ_IPI_TEST; from < hart_count(); from += IRQ_IPI_TESTS)
        atomic_store(&got[here][from], atomic_load(&mail[here][from]));
}

static void on_call(void *arg)
{
    atomic_fetch_add(&called[hart_index()], 1);
    if (*(unsigned *)arg != hart_index())
        atomic_fetch_add(&wrong, 1);
}

static void all_others(void *arg)
{
    unsigned here = hart_index();

    (void)arg;
    uint64_t n_rounds = rounds();

    for (uint64_t round = 1; round <= n_rounds; round++) {
        for (unsigned to = 0; to < hart_count(); to++) {
            if (to == here || !hart_is_online(to))
                continue;
            atomic_store_explicit(&mail[to][here], round, memory_order_relaxed);
            int error = aia_ipi_send(&aia, to, IRQ_IPI_TEST + here % IRQ_IPI_TESTS);
            if (error || !wait_for(&got[to][here], round))
                atomic_fetch_add(&wrong, 1);
            if (aia_call(&aia, to, on_call, &to))
                atomic_fetch_add(&wrong, 1);
        }
    }
    atomic_fetch_add(&done, 1);
}

int job_ipi(void)
{
    unsigned n = hart_online_count();
    uint64_t start = time_now(), calls = 0;

    if (!has_harts(2))
        return EXIT_MACHINE;
    irq_test_ipi(mail_arrived);
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            check(hart_run(h, all_others, NULL) == HART_OK, "hart %u starts", h);
    all_others(NULL);
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && hart_is_online(h))
            check(hart_join(h, time_from_ms(20000)) == HART_OK, "hart %u is done", h);
    for (unsigned h = 0; h < hart_count(); h++)
        calls += called[h];
    check(done == n, "%lu of %u harts are done", done, n);
    check(wrong == 0, "%lu IPIs or calls failed", wrong);
    check(calls == n * (n - 1) * rounds(), "%lu calls ran on the right hart", calls);
    print("%lu us\n", time_to_us(time_now() - start));
    return verdict();
}
