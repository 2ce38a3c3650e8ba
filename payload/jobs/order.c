/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=order: edges that are pending together are handled in order of identity, lowest first, each once. Without interrupt
 * files they are handled in order of source number, because all sources have the same priority.
 */
#include "payload/kernel/random.h"
#include "payload/kernel/args.h"
#include "payload/kernel/hart.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "csr.h"

#define N 20

const struct arg job_order_args[] = {
    ARG_SEED,
    ARGS_END,
};

static struct source {
    struct soft soft;
    struct aia_irq *irq;
} sources[N];

static unsigned ran[N * 2], n_ran;

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    (void)context;
    if (n_ran < N * 2)
        ran[n_ran] = irq->vec.id;
    n_ran++;
    return AIA_HANDLED;
}

static void shuffle(unsigned *order, struct random *r)
{
    for (unsigned i = 0; i < N; i++)
        order[i] = i;
    for (unsigned i = N - 1; i > 0; i--) {
        unsigned j = random_below(r, i + 1), t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
}

int job_order(void)
{
    struct random r = {args_u64("seed", 1)};
    unsigned order[N], rounds = 100, good = 0;

    irq_need_ids(N);

    for (unsigned i = 0; i < N; i++) {
        soft_init(&sources[i].soft, AIA_MSI_STORE);
        struct aia_request q = {.name = "soft",
                                .handler = handler,
                                .context = &sources[i],
                                .msi = &sources[i].soft.msi,
                                .affinity = aia_hartset_one(hart_index())};
        int error = aia_irq_request(&aia, &q, &sources[i].irq);
        if (!check(!error, "request %u: %s", i, aia_strerror(error)))
            return verdict();
    }
    for (unsigned round = 0; round < rounds; round++) {
        shuffle(order, &r);
        n_ran = 0;
        unsigned long was = csr_irq_save();
        for (unsigned i = 0; i < N; i++)
            soft_raise(&sources[order[i]].soft);
        csr_irq_restore(was);
        bool ordered = n_ran == N;
        for (unsigned i = 1; i < N && ordered; i++)
            ordered = ran[i] > ran[i - 1];
        good += ordered;
    }
    check(good == rounds, "%u of %u rounds of %u edges handled in order of identity", good, rounds, N);
    for (unsigned i = 0; i < N; i++)
        good -= !aia_irq_free(&aia, sources[i].irq);
    check(good == rounds - N, "all freed again");
    return verdict();
}
