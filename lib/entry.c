/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the trap handler calls: claim, see whose it is, hand over. An edge of an interrupt that is idle is nearly all that
 * ever comes, and goes straight through; the rest is out of its way.
 */
#include "internal.h"

#include "imsic/claim.h"

/* An edge of one that is not idle, or not at its vector any more, or nobody's. */
static __attribute__((noinline)) void deliver(struct aia_hart *h, unsigned id)
{
    struct aia *a = h->aia;
    unsigned here = aia_port_hart();
    uint32_t slot = slot_read(&a->imsic.files[here], id);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    switch (imsic_slot_state(slot)) {
    case IMSIC_OWNED:
        count_own(&h->handled);
        flow_edge(a, irq, here, id);
        first_edge(a, irq);
        break;
    case IMSIC_RETIRING:
        count_own(&h->forwarded);
        forward(a, irq, (struct imsic_vector){.hart = (uint16_t)here, .id = (uint16_t)id});
        break;
    default:
        if (id == a->imsic.ipi_id)
            ipi_taken(a, here);
        else
            flow_unowned(a, here, id);
    }
}

/* The handler first; irq stays: only this hart, later, can reclaim this vector. */
static inline __attribute__((always_inline)) void run(struct aia_hart *h, struct aia_irq *irq)
{
    enum aia_result result = irq->handler(irq->context, irq);

    count_own(&h->handled);
    if (result == AIA_NONE || atomic_load_explicit(&irq->storm.count, memory_order_relaxed))
        flow_judge(h->aia, irq, result);
    if (flow_end(irq) & AIA_FLOW_PENDING)
        flow_again(h->aia, irq);
    if (irq->policy.reclaim != AIA_RECLAIM_LAZY)
        first_edge(h->aia, irq);
}

/* `top` is what was claimed, as stopei has it. */
static inline __attribute__((always_inline)) void one(struct aia_hart *h, const _Atomic uint32_t *slots,
                                                      struct aia_irq *irqs, unsigned long top)
{
    /* Relaxed: what the owner's descriptor holds is acquired with its flow word. */
    uint32_t slot = atomic_load_explicit(imsic_claimed(slots, top), memory_order_relaxed);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = &irqs[owner];

    if (imsic_slot_state(slot) == IMSIC_OWNED) {
        uint32_t was = flow_begin(irq);
        if (!was) {
            count_own(&h->runs[owner]);
            run(h, irq);
            return;
        }
        flow_not_begun(irq, was);
    }
    deliver(h, imsic_claimed_id(top));
}

/* Apart, or the compiler would get ready for many where there is mostly one. */
static __attribute__((noinline)) void others(struct aia_hart *h, unsigned long top)
{
    do
        one(h, h->slots, h->aia->config.irqs, top);
    while ((top = imsic_claim()) != 0);
}

void aia_interrupt(struct aia *a)
{
    struct aia_hart *harts =
        a->config.harts; /* both before the call, or `a` would have to be kept over it as well */
    struct aia_irq *irqs = a->config.irqs;
    struct aia_hart *h = &harts[(int)aia_port_hart()];
    const _Atomic uint32_t *slots = h->slots;
    unsigned long top;

    if (!slots) {
        direct_interrupt(h->aia, aia_port_hart());
        return;
    }
    if ((top = imsic_claim()) == 0)
        return;
    one(h, slots, irqs, top);
    if ((top = imsic_claim()) != 0)
        others(h, top);
}
