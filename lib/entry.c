/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the embedder's trap handler calls: claim an identity, find its owner, run the owner's handler. Nearly every edge
 * belongs to an interrupt that is idle, and goes the short way: take_edge(). Where edges are traced, take_traced_edge() does
 * the same and writes events. All other edges are handed to take_other_edge().
 */
#include "lib/entry.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/ipi.h"
#include "lib/retire.h"
#include "lib/storm.h"

#include "imsic/claim.h"

/* Take an edge whose interrupt is not idle or has left the vector, or an edge without an owner, or an IPI. */
static __attribute__((noinline)) void take_other_edge(struct aia_hart *h, unsigned id)
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
        retire_reclaim_on_edge(a, irq);
        break;
    case IMSIC_RETIRING:
        count_own(&h->forwarded);
        h->caught++;
        retire_caught(a, irq, vector(here, id));
        break;
    default:
        if (id == a->imsic.ipi_id)
            ipi_taken(a, here);
        else
            storm_unowned(a, here, id);
    }
}

/*
 * End the run of irq's handler, which returned `result`. irq is not freed before this returns, because only this hart can
 * reclaim the vector of the edge.
 */
static inline void after_handler(struct aia_hart *h, struct aia_irq *irq, enum aia_result result)
{
    count_own(&h->handled);
    if (result == AIA_NONE || atomic_load_explicit(&irq->storm.count, memory_order_relaxed))
        flow_judge(h->aia, irq, result);
    if (flow_end(irq) & AIA_FLOW_PENDING)
        flow_again(h->aia, irq);
    if (irq->policy.reclaim != AIA_RECLAIM_LAZY)
        retire_reclaim_on_edge(h->aia, irq);
}

/* Take the edge that was claimed: `top` is stopei's value. */
static inline __attribute__((always_inline)) void take_edge(struct aia_hart *h, const _Atomic uint32_t *slots,
                                                            struct aia_irq *irqs, unsigned long top)
{
    /* Relaxed: the reads of the owner's descriptor come after the acquire of its flow word. */
    uint32_t slot = atomic_load_explicit(imsic_claimed(slots, top), memory_order_relaxed);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = &irqs[owner];

    if (imsic_slot_state(slot) == IMSIC_OWNED) {
        uint32_t was = flow_begin(irq);
        if (!was) {
            count_own(&h->runs[owner]);
            after_handler(h, irq, irq->handler(irq->context, irq));
            return;
        }
        flow_not_begun(irq, was);
    }
    take_other_edge(h, imsic_claimed_id(top));
}

/* take_edge(), which also writes its events to this hart's ring. */
static inline __attribute__((always_inline)) void take_traced_edge(struct aia_hart *h,
                                                                   const _Atomic uint32_t *slots,
                                                                   struct aia_irq *irqs, unsigned long top,
                                                                   unsigned here, struct aia_trace_ring *ring)
{
    uint32_t slot = atomic_load_explicit(imsic_claimed(slots, top), memory_order_relaxed);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = &irqs[owner];
    struct imsic_vector v = vector(here, imsic_claimed_id(top));

    aia_trace_put(ring, AIA_EVENT_CLAIM, owner, v, imsic_slot_state(slot));
    if (imsic_slot_state(slot) == IMSIC_OWNED) {
        uint32_t was = flow_begin(irq);
        if (!was) {
            count_own(&h->runs[owner]);
            aia_trace_put(ring, AIA_EVENT_BEGIN, owner, v, 0);
            enum aia_result result = irq->handler(irq->context, irq);
            aia_trace_put(ring, AIA_EVENT_END, irq->number, v, result);
            after_handler(h, irq, result);
            return;
        }
        flow_not_begun(irq, was);
    }
    take_other_edge(h, imsic_claimed_id(top));
}

/* The number of edges that this hart has taken. */
static uint32_t count_taken(const struct aia_hart *h)
{
    return h->caught + (uint32_t)(atomic_load_explicit(&h->handled, memory_order_relaxed) +
                                  atomic_load_explicit(&h->unowned, memory_order_relaxed) +
                                  atomic_load_explicit(&h->ipis_taken, memory_order_relaxed));
}

/*
 * Called in a full trap. True if, since the last full trap, a trap has ended because nothing was left. The short way does not
 * record such an end, to save an instruction. But such a trap has taken an edge. So more edges than those of this full trap
 * have been counted since the last full trap.
 */
static bool has_rested(struct aia_hart *h)
{
    uint32_t now = count_taken(h);
    bool rested = now - h->full_at > STORM_FULL_TRAP;

    h->full_at = now;
    return rested;
}

/*
 * End a trap that has taken as many edges as one trap may take. If one identity fills trap after trap, its interrupt storms:
 * storm_full_trap(). True: more is pending.
 */
static __attribute__((noinline)) bool end_full_trap(struct aia_hart *h, unsigned id, unsigned n)
{
    struct aia *a = h->aia;

    if (!imsic_claimable())
        return false;
    h->streak = (uint16_t)(h->streak + has_rested(h));
    unsigned here = aia_port_hart();
    uint32_t slot = slot_read(&a->imsic.files[here], id), owner = imsic_slot_owner(slot);
    bool owned = imsic_slot_state(slot) == IMSIC_OWNED && owner < a->config.n_irqs;

    storm_full_trap(a, owned ? &a->config.irqs[owner] : NULL, here, id, n);
    return true;
}

/*
 * Take `top`, which is claimed already. Then claim and take more, as many as one trap may take. True: more is pending. This is
 * a function of its own, so that the common trap of one edge saves few registers.
 */
static __attribute__((noinline)) bool take_others(unsigned long top, struct aia_hart *h)
{
    struct aia *a = h->aia;
    unsigned here = aia_port_hart();
    unsigned long suspect = top;
    unsigned n = 0, left = STORM_FULL_TRAP - 1;

    do {
        n += top == suspect;
        take_edge(h, a->imsic.files[here].slots, a->config.irqs, top);
        if (!--left)
            return end_full_trap(h, imsic_claimed_id(suspect), n);
    } while ((top = imsic_claim()) != 0);
    return false;
}

/* take_others() where edges are traced. */
static __attribute__((noinline)) bool take_traced_others(unsigned long top, struct aia_hart *h, unsigned here,
                                                         struct aia_trace_ring *ring)
{
    struct aia *a = h->aia;
    unsigned long suspect = top;
    unsigned n = 0, left = STORM_FULL_TRAP - 1;

    do {
        n += top == suspect;
        take_traced_edge(h, a->imsic.files[here].slots, a->config.irqs, top, here, ring);
        if (!--left)
            return end_full_trap(h, imsic_claimed_id(suspect), n);
    } while ((top = imsic_claim()) != 0);
    return false;
}

bool entry_traced(struct aia_hart *h)
{
    struct aia *a = h->aia;
    unsigned here = (uint16_t)aia_port_hart(); /* as imsic_vector.hart, so that it is converted only once */
    struct aia_trace_ring *rings = aia_tracing(a);
    unsigned long top = imsic_claim();

    if (!top)
        return false;
    if (!rings) /* tracing was turned off just now */
        return take_others(top, h);
    struct aia_trace_ring *ring = &rings[(int)here]; /* (int): RV64 holds it sign-extended already */
    take_traced_edge(h, a->imsic.files[here].slots, a->config.irqs, top, here, ring);
    return (top = imsic_claim()) != 0 && take_traced_others(top, h, here, ring);
}

bool aia_interrupt(struct aia *a)
{
    /* Both are read before aia_port_hart(). To keep `a` over that call costs one instruction more. */
    struct aia_hart *harts = a->config.harts;
    struct aia_irq *irqs = a->config.irqs;
    struct aia_hart *h = &harts[(int)aia_port_hart()]; /* (int): RV64 holds it sign-extended already */
    const _Atomic uint32_t *slots = __atomic_load_n(&h->slots, __ATOMIC_RELAXED);
    unsigned long top;

    if (!slots)
        return h->aia->delivery->interrupt(h);
    if ((top = imsic_claim()) == 0)
        return false;
    take_edge(h, slots, irqs, top);
    if ((top = imsic_claim()) != 0)
        return take_others(top, h);
    return false;
}
