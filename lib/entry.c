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
        h->caught++;
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
static inline __attribute__((always_inline)) void run(struct aia_hart *h, struct aia_irq *irq,
                                                      struct aia_trace_ring *ring, struct imsic_vector v)
{
    trace_to(ring, AIA_EVENT_BEGIN, irq, v, 0);
    enum aia_result result = irq->handler(irq->context, irq);
    trace_to(ring, AIA_EVENT_END, irq, v, result);

    count_own(&h->handled);
    if (result == AIA_NONE || atomic_load_explicit(&irq->storm.count, memory_order_relaxed))
        flow_judge(h->aia, irq, result);
    if (flow_end(irq) & AIA_FLOW_PENDING)
        flow_again(h->aia, irq);
    if (irq->policy.reclaim != AIA_RECLAIM_LAZY)
        first_edge(h->aia, irq);
}

/*
 * `top` is what was claimed, as stopei has it. `ring` is a constant NULL where nothing is traced: the common way has no
 * instruction to spare for asking; `here` is then of no account.
 */
static inline __attribute__((always_inline)) void one(struct aia_hart *h, const _Atomic uint32_t *slots,
                                                      struct aia_irq *irqs, unsigned long top, unsigned here,
                                                      struct aia_trace_ring *ring)
{
    /* Relaxed: what the owner's descriptor holds is acquired with its flow word. */
    uint32_t slot = atomic_load_explicit(imsic_claimed(slots, top), memory_order_relaxed);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = &irqs[owner];
    struct imsic_vector v = {0};

    if (ring) {
        v = vector(here, imsic_claimed_id(top));
        aia_trace_put(ring, AIA_EVENT_CLAIM, owner, v, imsic_slot_state(slot));
    }
    if (imsic_slot_state(slot) == IMSIC_OWNED) {
        uint32_t was = flow_begin(irq);
        if (!was) {
            count_own(&h->runs[owner]);
            run(h, irq, ring, v);
            return;
        }
        flow_not_begun(irq, was);
    }
    deliver(h, imsic_claimed_id(top));
}

static uint32_t taken(const struct aia_hart *h)
{
    return h->caught + (uint32_t)(atomic_load_explicit(&h->handled, memory_order_relaxed) +
                                  atomic_load_explicit(&h->unowned, memory_order_relaxed) +
                                  atomic_load_explicit(&h->ipis_taken, memory_order_relaxed));
}

/*
 * A trap is full. Has one ended with nothing pending since the last full one? Then it has taken something, and more edges are
 * counted than those of this trap. The common way has no instruction to spare for a note of its end.
 */
static bool has_rested(struct aia_hart *h)
{
    uint32_t now = taken(h);
    bool rested = now - h->full_at > FLOW_BURST;

    h->full_at = now;
    return rested;
}

/*
 * The trap has taken as many as it may. If more is pending it ends all the same, and if one identity fills trap after trap,
 * that one is to blame.
 */
static __attribute__((noinline)) bool full(struct aia_hart *h, unsigned id, unsigned n)
{
    struct aia *a = h->aia;

    if (!imsic_claimable())
        return false;
    h->streak = (uint16_t)(h->streak + has_rested(h));
    unsigned here = aia_port_hart();
    uint32_t slot = slot_read(&a->imsic.files[here], id), owner = imsic_slot_owner(slot);
    bool owned = imsic_slot_state(slot) == IMSIC_OWNED && owner < a->config.n_irqs;

    flow_full(a, owned ? &a->config.irqs[owner] : NULL, here, id, n);
    return true;
}

/*
 * Deliver `top`, which was claimed after another, and claim and deliver more, as much as one trap may take. True: more is
 * pending. A function apart, or the compiler would get ready for many where there is mostly one.
 */
static __attribute__((noinline)) bool others(unsigned long top, struct aia_hart *h,
                                             struct aia_trace_ring *ring)
{
    struct aia *a = h->aia;
    unsigned here = aia_port_hart();
    unsigned long suspect = top;
    unsigned n = 0, left = FLOW_BURST - 1;

    do {
        n += top == suspect;
        one(h, a->imsic.files[here].slots, a->config.irqs, top, here, ring);
        if (!--left)
            return full(h, imsic_claimed_id(suspect), n);
    } while ((top = imsic_claim()) != 0);
    return false;
}

/* Where controllers deliver, and where edges are traced. */
static __attribute__((noinline)) bool the_long_way(struct aia_hart *h)
{
    struct aia *a = h->aia;
    unsigned here = (uint16_t)aia_port_hart(); /* as a vector has it: narrowed once, and not for each event */
    unsigned long top;

    if (is_direct(a))
        return direct_interrupt(a, here);
    struct aia_trace_ring *rings = aia_tracing(a), *ring = rings ? &rings[(int)here] : NULL;
    if ((top = imsic_claim()) == 0)
        return false;
    one(h, a->imsic.files[here].slots, a->config.irqs, top, here, ring);
    return (top = imsic_claim()) != 0 && others(top, h, ring);
}

bool aia_interrupt(struct aia *a)
{
    struct aia_hart *harts =
        a->config.harts; /* both before the call, or `a` would have to be kept over it as well */
    struct aia_irq *irqs = a->config.irqs;
    struct aia_hart *h = &harts[(int)aia_port_hart()];
    const _Atomic uint32_t *slots = __atomic_load_n(&h->slots, __ATOMIC_RELAXED);
    unsigned long top;

    if (!slots)
        return the_long_way(h);
    if ((top = imsic_claim()) == 0)
        return false;
    one(h, slots, irqs, top, 0, NULL);
    if ((top = imsic_claim()) != 0)
        return others(top, h, NULL);
    return false;
}
