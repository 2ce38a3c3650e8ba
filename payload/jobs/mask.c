/* SPDX-License-Identifier: BSD-2-Clause */
/* test=mask: an interrupt that is disabled keeps its edges, on whichever hart it is enabled again. */
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/load.h"

/* Raise `n` edges of device 0 while its interrupt is disabled, move the interrupt to `to`, enable it. */
static void keep_and_resend(unsigned n, unsigned to)
{
    struct load_device *d = &load_devices[0];
    uint64_t kept = d->irq->count.kept, handled = d->handled, coalesced = d->coalesced,
             runs = d->handled + d->empty;

    aia_irq_disable(&aia, d->irq);
    for (unsigned i = 0; i < n; i++)
        load_raise_bit(d, 1u << i);
    d->edges += n;
    check(wait_for(&d->irq->count.kept, kept + 1), "an edge is kept");
    hart_sleep_until(time_after(time_from_ms(2)));
    check(d->handled + d->empty == runs, "%u edges while disabled: the handler does not run", n);
    must_move(d->irq, to);
    aia_irq_enable(&aia, d->irq);
    check(wait_for(&d->handled, handled + 1), "after enable, on hart %u, the handler runs", to);
    hart_sleep_until(time_after(time_from_ms(2)));
    check(d->handled == handled + 1 && d->coalesced == coalesced + n - 1, "it runs once, for all %u edges",
          n);
    check(aia_irq_runs(&aia, d->irq, to) > 0, "it ran on hart %u", to);
}

int job_mask(void)
{
    if (!load_init(1))
        return EXIT_MACHINE;
    struct aia_irq *irq = load_devices[0].irq;
    for (unsigned round = 0; round < 20; round++) {
        unsigned from = irq_nth_hart(irq, round), to = irq_nth_hart(irq, round / 2);
        must_move(irq, from);
        keep_and_resend(1 + round % LOAD_BURST, to);
    }
    uint64_t resent = irq->count.resent;
    aia_irq_disable(&aia, irq);
    aia_irq_enable(&aia, irq);
    check(irq->count.resent == resent, "without a kept edge nothing is resent");
    check(resent == 20, "one edge was resent each time: %lu", resent);
    check(load_balanced(), "the books balance");
    return verdict();
}
