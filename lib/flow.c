/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a claimed identity to a handler. An edge finds its handler idle and runs it, or running (then the
 * hart that runs it runs it once more), or disabled (then the edge is kept). One word decides, so
 * a handler never runs on two harts at once (P4) and no edge falls between two of these cases (P1).
 */
#include "internal.h"

/* Is `n` edges in this window more than the embedder wants to see? `since` and `n` are the window's books. */
static bool storming(const struct aia *a, uint64_t *since, uint32_t *n)
{
    uint64_t now = aia_port_time();

    if (now - *since > a->config.storm_window) {
        *since = now;
        *n = 0;
    }
    if (++*n <= a->config.storm_limit)
        return false;
    *n = 0;
    return true;
}

/*
 * Disable an identity in eie. Its pending bit goes on to latch edges, so nothing is lost: flow_reopen, a
 * reclaim or a sweep finds it.
 */
static void shut(struct aia *a, unsigned here, unsigned id)
{
    imsic_file_clear_enabled(id);
    a->imsic.files[here].shut[id / 64] |= 1ull << id % 64;
}

/* An edge of `irq` that did no good: unhandled, or kept while disabled. */
static void unwelcome(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    if (!storming(a, &irq->storm_since, &irq->storm_count))
        return;
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED | AIA_FLOW_STORMED, memory_order_acq_rel);
    shut(a, here, id);
    aia_port_report(&(struct aia_report){
        .what = AIA_REPORT_STORM_IRQ,
        .vec = {.hart = (uint16_t)here, .id = (uint16_t)id},
        .irq = irq,
    });
}

void flow_unowned(struct aia *a, unsigned here, unsigned id)
{
    struct aia_hart *h = &a->config.harts[here];
    struct imsic_vector v = {.hart = (uint16_t)here, .id = (uint16_t)id};

    count_own(&h->spurious);
    if (!storming(a, &h->storm_since, &h->storm_count))
        return;
    shut(a, here, id);
    imsic_set_shut(&a->imsic, v);
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_STORM_UNOWNED, .vec = v});
}

void flow_reopen(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = f->shut[w]; bits; bits &= bits - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(bits);
            uint32_t slot = slot_read(f, id);
            const struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot)];

            if (imsic_slot_state(slot) != IMSIC_OWNED ||
                atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_STORMED)
                continue;
            f->shut[w] &= ~(1ull << id % 64);
            imsic_file_set_enabled(id);
        }
    }
}

static void run_handler(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    count_own(&a->config.runs[irq_number(a, irq) * a->config.n_harts + here]);
    if (irq->handler(irq->context, irq) == AIA_HANDLED)
        return;
    count(&irq->none);
    unwelcome(a, irq, here, id);
}

/*
 * The flow word says RUNNING and this hart put it there. Run the handler, and again for as long as edges
 * have come meanwhile. Releasing RUNNING and looking for PENDING is one step, or an edge noted between the
 * two would wait for the next one.
 */
static void run(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    uint32_t flow, next;

    for (;;) {
        run_handler(a, irq, here, id);
        flow = atomic_load_explicit(&irq->flow, memory_order_relaxed);
        do {
            bool again = (flow & AIA_FLOW_PENDING) && !(flow & AIA_FLOW_DISABLED);
            next = flow & ~(again ? AIA_FLOW_PENDING : AIA_FLOW_RUNNING);
        } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, next, memory_order_acq_rel,
                                                        memory_order_relaxed));
        if (!(next & AIA_FLOW_RUNNING))
            return;
        count(&irq->rerun);
    }
}

void flow_edge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    uint32_t flow = 0, next;

    do { /* idle is the common case, and the first guess */
        bool busy = flow & (AIA_FLOW_RUNNING | AIA_FLOW_DISABLED);
        next = busy ? flow | AIA_FLOW_PENDING : (flow & ~AIA_FLOW_PENDING) | AIA_FLOW_RUNNING;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (!(flow & (AIA_FLOW_RUNNING | AIA_FLOW_DISABLED))) {
        run(a, irq, here, id);
    } else if (flow & AIA_FLOW_DISABLED) {
        count(&irq->kept);
        unwelcome(a, irq, here, id);
    }
}

void aia_irq_disable(struct aia *a, struct aia_irq *irq)
{
    (void)a;
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED, memory_order_acq_rel);
}

void aia_irq_enable(struct aia *a, struct aia_irq *irq)
{
    uint32_t was =
        atomic_fetch_and_explicit(&irq->flow, ~(AIA_FLOW_DISABLED | AIA_FLOW_STORMED), memory_order_acq_rel);

    if (!(was & (AIA_FLOW_PENDING | AIA_FLOW_STORMED)))
        return;

    /* The lock keeps vec ours until the copy is sent: after that, its drain covers the copy too. */
    unsigned long saved = irq_lock(irq);
    struct imsic_vector v = irq->vec;
    if (v.id && (was & AIA_FLOW_PENDING)) {
        count(&irq->resent);
        if (irq->msi->ops->retrigger)
            irq->msi->ops->retrigger(irq->msi);
        else
            imsic_send(&a->imsic, v);
    }
    irq_unlock(irq, saved);
    if (v.id && (was & AIA_FLOW_STORMED))
        aia_ipi_send(a, v.hart, AIA_IPI_REOPEN);
}

int aia_irq_synchronize(struct aia *a, struct aia_irq *irq)
{
    uint64_t end = aia_port_time() + a->config.wait_limit;

    while (atomic_load_explicit(&irq->flow, memory_order_acquire) & AIA_FLOW_RUNNING) {
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

uint64_t aia_irq_runs(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    return atomic_load_explicit(&a->config.runs[irq_number(a, irq) * a->config.n_harts + hart],
                                memory_order_relaxed);
}
