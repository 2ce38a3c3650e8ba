/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vector that an interrupt has left, from the end of the move to its return to the allocator (design.md, section 5):
 *
 *   retire_block()    the vector's slot says RETIRING, and its hart's lazy timer is started
 *   retire_caught()   an edge that arrives there is forwarded to where the interrupt is now
 *   retire_reclaim()  on the vector's hart: the drain is proven, a pending edge is forwarded, and the vector is freed
 *
 * A drain has two halves. The first pushes every earlier message out of the device: a read-back (message_drain()), or time,
 * for a device that no read drains. The second waits until these messages have arrived in the file: a sync (drain_file()).
 */
#include "lib/retire.h"
#include "lib/flow.h"
#include "lib/report.h"

#include "imsic/file.h"
#include "imsic/vector.h"

/* ---- retiring ---- */

/* Let one vector of irq retire. True: it is the first on its hart, so the hart's timer is perhaps off. */
static bool retire_one(struct aia *a, struct aia_irq *irq, struct imsic_vector v, struct aia_trace_ring *ring)
{
    struct imsic_file *f = &a->imsic.files[v.hart];
    bool first;

    trace_to(ring, AIA_EVENT_RETIRE, irq, v, 0); /* before its hart can reclaim it */
    atomic_fetch_add_explicit(&irq->n_retiring, 1, memory_order_relaxed);
    first = atomic_fetch_add_explicit(&f->n_retiring, 1, memory_order_acq_rel) == 0;
    atomic_store_explicit(&f->slots[v.id], imsic_slot(IMSIC_RETIRING, irq->number), memory_order_release);
    atomic_fetch_or_explicit(&f->retiring[v.id / AIA_WORD_BITS], (aia_word)1 << v.id % AIA_WORD_BITS,
                             memory_order_release);
    return first;
}

/* Raise the file's drained_at to `when`, if `when` is later. The moment 0 is before every other moment. */
static void raise_drained_at(struct aia *a, unsigned hart, aia_word when)
{
    _Atomic aia_word *at = &a->imsic.files[hart].drained_at;
    aia_word was = atomic_load_explicit(at, memory_order_relaxed);

    while (when && (!was || (was != when && moment_first(was, when) == was)) &&
           !atomic_compare_exchange_weak_explicit(at, &was, when, memory_order_relaxed, memory_order_relaxed))
        ;
}

void retire_start_timer(struct aia *a)
{
    aia_port_timer(later(aia_port_time(), a->config.lazy_period));
}

void retire_block(struct aia *a, struct aia_irq *irq, struct imsic_vector v)
{
    struct aia_trace_ring *ring = trace_ring(a);
    bool first = false;

    raise_drained_at(a, v.hart, atomic_load_explicit(&irq->drained_at, memory_order_relaxed));
    irq->retired_at = aia_port_time();
    for (unsigned i = 0; i < 1u << irq->order; i++)
        first |= retire_one(a, &irq[i], vector_after(v, i), ring);
    aia_hartset_add(&irq->retiring_on, v.hart);
    if (irq->policy.reclaim == AIA_RECLAIM_EAGER ||
        atomic_load_explicit(&irq->n_retiring, memory_order_relaxed) > a->config.max_retiring / 2)
        aia_ipi_send(a, v.hart, AIA_IPI_RECLAIM);
    else if (first && v.hart == aia_port_hart())
        retire_start_timer(a);
    else if (first) /* if other vectors retire there already, the first of them has started the timer */
        aia_ipi_send(a, v.hart, AIA_IPI_RETIRE);
}

/* ---- edges that are caught ---- */

bool retire_forward(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);
    struct imsic_vector now = irq->vec;

    if (now.id) {
        count(&irq->count.forwarded);
        trace_irq(a, AIA_EVENT_FORWARD, irq, now, 0);
        imsic_send(&a->imsic, now);
    }
    irq_unlock(irq->first, was);
    return now.id != 0;
}

void retire_caught(struct aia *a, struct aia_irq *irq, struct imsic_vector v)
{
    if (irq->policy.caught == AIA_FORWARD && retire_forward(a, irq))
        return;
    flow_edge(a, irq, v.hart, v.id); /* as the policy says, or because irq has no vector */
}

void retire_reclaim_on_edge(struct aia *a, struct aia_irq *irq)
{
    struct aia_hartset set;

    if (irq->policy.reclaim != AIA_RECLAIM_FIRST_EDGE ||
        !atomic_load_explicit(&irq->n_retiring, memory_order_relaxed))
        return;
    unsigned long was = irq_lock(irq->first);
    set = irq->first->retiring_on;
    irq->first->retiring_on = (struct aia_hartset){{0}};
    irq_unlock(irq->first, was);
    retire_ask(a, &set);
}

/* ---- reclaiming ---- */

void retire_ask(struct aia *a, const struct aia_hartset *set)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        if (aia_hartset_has(set, h) &&
            atomic_load_explicit(&a->imsic.files[h].n_retiring, memory_order_relaxed))
            aia_ipi_send(a, h, AIA_IPI_RECLAIM);
}

void aia_timer(struct aia *a)
{
    retire_reclaim(a, aia_port_hart());
}

/* The retiring identities of word `w`: identities 64 * w .. 64 * w + 63. */
static uint64_t retiring_of(const struct imsic_file *f, unsigned w)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 64 / AIA_WORD_BITS; i++)
        bits |=
            (uint64_t)atomic_load_explicit(&f->retiring[w * (64 / AIA_WORD_BITS) + i], memory_order_acquire)
            << i * 32;
    return bits;
}

uint64_t retire_drain_left(struct aia *a, unsigned hart)
{
    const struct imsic_file *f = &a->imsic.files[hart];
    uint64_t longest = 0;

    for (unsigned w = 0; w < imsic_file_words(f); w++)
        for (uint64_t bits = retiring_of(f, w); bits; bits &= bits - 1) {
            uint32_t slot = slot_read(f, w * 64 + lowest_bit(bits));
            if (imsic_slot_state(slot) != IMSIC_RETIRING) /* the hart has reclaimed the vector just now */
                continue;
            const struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot)];
            uint64_t left = moment_left(retire_drained_at(f, irq), aia_port_time());
            longest = left > longest ? left : longest;
        }
    return longest;
}

static void report_no_sync(struct aia *a, unsigned here)
{
    a->imsic.files[here].failed_at = aia_port_time();
    report_event(a, AIA_REPORT_SYNC_TIMEOUT, vector(here, a->imsic.sync_id), NULL);
}

/*
 * The second half of a drain. Wait until every message that the unit of barrier `b` sent to file `f` before has arrived. If `b`
 * is NULL, wait for every earlier write to `f` instead. *failed is the error of an earlier call for the same file. After a
 * time-out of the file, later calls return *failed without another wait.
 */
static inline int drain_file(struct aia *a, struct imsic_file *f, struct aia_barrier *b, int *failed)
{
    bool known = *failed && f->sync_owed;
    int error = known ? *failed : b ? imsic_sync_after(&a->imsic, f, b) : imsic_sync(&a->imsic, f);

    if (error && !known)
        report_no_sync(a, (unsigned)(f - a->imsic.files));
    if (error)
        *failed = error;
    return error;
}

/*
 * Find the retiring identities of word `w` whose drain's first half is proven, by a read-back or by time. The barriers of these
 * identities send their messages only now, after all the vectors began to retire, and the arrival of each message is waited
 * for. An identity whose barrier failed is left out. Returns one bit for each identity. *failed: a barrier's error.
 */
static uint64_t prove_drained(struct aia *a, struct imsic_file *f, unsigned w, int *failed)
{
    uint64_t all = retiring_of(f, w), out = all;
    struct aia_barrier *last = NULL;
    int error = AIA_OK;

    for (uint64_t bits = all; bits; bits &= bits - 1) {
        unsigned bit = lowest_bit(bits);
        const struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot_read(f, w * 64 + bit))];
        struct aia_barrier *b = irq->msi->barrier;
        aia_word at = retire_drained_at(f, irq);
        if (at && moment_left(at, aia_port_time()))
            out &= ~(1ull << bit);
        if (!b)
            continue;
        if (b != last)
            error = drain_file(a, f, b, failed);
        last = b;
        if (error)
            out &= ~(1ull << bit);
    }
    return out;
}

/* Free identity `id` of this hart: its drain is proven. A pending edge goes to retire_caught() first. */
static void reclaim_one(struct aia *a, unsigned here, unsigned id, bool pending)
{
    struct imsic_file *f = &a->imsic.files[here];
    struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot_read(f, id))];
    struct imsic_vector v = vector(here, id);

    trace(a, here, AIA_EVENT_RECLAIM, irq->number, v, pending); /* before the vector can have another owner */
    if (pending) {
        imsic_file_clear_pending(id);
        count_own(&a->config.harts[here].forwarded);
        retire_caught(a, irq, v);
    }
    if (f->quarantined[id / 64] >> id % 64 & 1) { /* the next owner of the identity did not storm */
        f->quarantined[id / 64] &= ~(1ull << id % 64);
        imsic_file_set_enabled(id);
    }
    atomic_fetch_and_explicit(&f->retiring[id / AIA_WORD_BITS], ~((aia_word)1 << id % AIA_WORD_BITS),
                              memory_order_relaxed);
    if (irq->managed)
        imsic_deactivate(&a->imsic, v);
    else
        imsic_free(&a->imsic, v);
    count_own(&a->config.harts[here].reclaimed);
    atomic_fetch_sub_explicit(&irq->n_retiring, 1, memory_order_release);
}

/*
 * Reclaim the vectors of this hart whose drain is proven. If `left` has all bits set, a vector in which an edge is pending stays
 * as it is. If `left` is 0, that vector is reclaimed too, and its edge is forwarded.
 */
static int reclaim(struct aia *a, unsigned here, uint64_t left)
{
    uint64_t old[IMSIC_WORDS];
    uint32_t n = 0;
    int failed = AIA_OK;

    if (!a->imsic.n_files)
        return AIA_OK;
    struct imsic_file *f = &a->imsic.files[here];
    if (!atomic_load_explicit(&f->n_retiring, memory_order_acquire))
        return AIA_OK;
    /* Test the devices' drains before the sync: the sync covers only messages that left a device earlier. */
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        old[w] = prove_drained(a, f, w, &failed);
    int barrier_error = failed;
    if (drain_file(a, f, NULL, &failed)) {
        retire_start_timer(a);
        return failed;
    }
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        if (!old[w])
            continue;
        uint64_t pending = imsic_file_pending(w);
        for (uint64_t bits = old[w] & ~(pending & left); bits; bits &= bits - 1, n++) {
            unsigned bit = lowest_bit(bits);
            reclaim_one(a, here, w * 64 + bit, pending >> bit & 1);
        }
    }
    if (atomic_fetch_sub_explicit(&f->n_retiring, n, memory_order_acq_rel) != n)
        retire_start_timer(a);
    return barrier_error;
}

int retire_reclaim(struct aia *a, unsigned here)
{
    return reclaim(a, here, 0);
}

/*
 * By the IPI of retire_ask() a hart reclaims its vectors. The running hart does not take that IPI while its interrupts are off, so
 * the running hart reclaims here. No handler may run here, so an edge that is pending waits until the hart takes its interrupt.
 */
void retire_hasten(struct aia *a, const struct aia_hartset *set)
{
    unsigned long was = aia_port_irq_save();
    unsigned here = aia_port_hart();

    if (aia_hartset_has(set, here))
        (void)reclaim(a, here, ~0ull);
    aia_port_irq_restore(was);
    retire_ask(a, set);
}
