/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving an interrupt from old = (A, a) to new = (B, b), as design section 5:
 *
 *   1. allocate b on B        move: from here a message naming (B, b) runs the handler
 *   2. update the message     message.c: new edges go to B
 *   3. drain barrier          message.c: earlier edges have left the device
 *   4. a retires              retire, forward: an edge caught there is sent on at once
 *   5. reclaim                reclaim, on A: earlier edges have arrived and were seen; a is free
 *
 * The caller's move ends with 4, so another may follow at once: forward looks up where the interrupt is
 * now, not where this move took it. Every write that can make a vector pending is made under the
 * interrupt's lock or by a device, so when a vector retires all of them have been made, and reclaim has
 * only to wait for their arrival.
 */
#include "internal.h"

#include "mmio.h"

/* The message names u->to, and has been drained: the interrupt is there now. */
static void arrive(struct aia *a, struct aia_irq *irq, const struct update *u)
{
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = vector_after(u->to, i);
    count(&irq->moves);
    retire_block(a, irq, u->from);
    if (u->middle.id)
        retire_block(a, irq, u->middle);
}

int move(struct aia *a, struct aia_irq *irq, unsigned to)
{
    struct update u;
    int error = message_plan(a, irq, to, &u);

    if (error)
        return error;
    trace_to(u.ring, AIA_EVENT_MOVE, irq, u.from, aia_trace_vector(u.to));
    error = message_write(a, irq, &u);
    if (!error) {
        trace_to(u.ring, AIA_EVENT_MOVED, irq, u.to, 0);
        arrive(a, irq, &u);
        return AIA_OK;
    }
    message_undo(a, irq, &u);
    trace_to(u.ring, AIA_EVENT_MOVED, irq, u.from, (uint64_t)-error);
    retire_block(a, irq, u.to);
    if (u.middle.id)
        retire_block(a, irq, u.middle);
    return error;
}

int move_slow(struct aia *a, struct aia_irq *irq, unsigned to, unsigned long was)
{
    struct update u;
    struct aia_message want, have;
    int error = message_plan(a, irq, to, &u);

    if (error)
        return error;
    trace_irq(a, AIA_EVENT_MOVE, irq, u.from, aia_trace_vector(u.to));
    want = imsic_message(&a->imsic, u.to);
    fence_rw_o(); /* the slot names its owner before a message can name it */
    irq->msi->ops->store(irq->msi, &want);
    irq_unlock(irq, was); /* both vectors are its own: an edge finds its handler on either */
    error = sync_or_die(a, irq, u.to);
    (void)irq_lock(irq);
    if (error) {
        trace_irq(a, AIA_EVENT_MOVED, irq, u.from, (uint64_t)-error);
        return error;
    }
    trace_irq(a, AIA_EVENT_MESSAGE, irq, u.to, u.kind);
    drain(a, irq, &have);
    count(&a->updates[u.kind]);
    trace_irq(a, AIA_EVENT_MOVED, irq, u.to, 0);
    arrive(a, irq, &u);
    return AIA_OK;
}

/* One vector of irq's. True if it is the first to retire on its hart, where then nobody knows yet. */
static bool retire(struct aia *a, struct aia_irq *irq, struct imsic_vector v, struct aia_trace_ring *ring)
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

/* Time alone can prove the drain of what now retires on `hart`. */
static void not_before(struct aia *a, unsigned hart, aia_word when)
{
    _Atomic aia_word *at = &a->imsic.files[hart].drained_at;
    aia_word was = atomic_load_explicit(at, memory_order_relaxed);

    while (when && (!was || (was != when && moment_first(was, when) == was)) &&
           !atomic_compare_exchange_weak_explicit(at, &was, when, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* Neither later than the interrupt's latest move needs, nor than the latest to retire on this hart does. */
static aia_word drained_at(const struct imsic_file *f, const struct aia_irq *irq)
{
    aia_word here = atomic_load_explicit(&f->drained_at, memory_order_relaxed);
    aia_word own = atomic_load_explicit(&irq->first->drained_at, memory_order_acquire);

    return moment_first(own, here);
}

void retire_block(struct aia *a, struct aia_irq *irq, struct imsic_vector v)
{
    struct aia_trace_ring *ring = trace_ring(a);
    bool first = false;

    if (is_direct(a)) /* what is pending is in the controller, and goes to where the line is now */
        return;
    not_before(a, v.hart, atomic_load_explicit(&irq->drained_at, memory_order_relaxed));
    irq->retired_at = aia_port_time();
    for (unsigned i = 0; i < 1u << irq->order; i++)
        first |= retire(a, &irq[i], vector_after(v, i), ring);
    aia_hartset_add(&irq->retiring_on, v.hart);
    if (irq->policy.reclaim == AIA_RECLAIM_EAGER ||
        atomic_load_explicit(&irq->n_retiring, memory_order_relaxed) > a->config.max_retiring / 2)
        aia_ipi_send(a, v.hart, AIA_IPI_RECLAIM);
    else if (first && v.hart == aia_port_hart())
        reclaim_later(a);
    else if (first) /* else its timer is on, or about to be */
        aia_ipi_send(a, v.hart, AIA_IPI_RETIRE);
}

void first_edge(struct aia *a, struct aia_irq *irq)
{
    struct aia_hartset set;

    if (irq->policy.reclaim != AIA_RECLAIM_FIRST_EDGE ||
        !atomic_load_explicit(&irq->n_retiring, memory_order_relaxed))
        return;
    unsigned long was = irq_lock(irq->first);
    set = irq->first->retiring_on;
    irq->first->retiring_on = (struct aia_hartset){{0}};
    irq_unlock(irq->first, was);
    reclaim_ask(a, &set);
}

bool send_on(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);
    struct imsic_vector now = irq->vec;

    if (now.id) {
        count(&irq->forwarded);
        trace_irq(a, AIA_EVENT_FORWARD, irq, now, 0);
        imsic_send(&a->imsic, now);
    }
    irq_unlock(irq->first, was);
    return now.id != 0;
}

void forward(struct aia *a, struct aia_irq *irq, struct imsic_vector v)
{
    if (irq->policy.caught == AIA_FORWARD && send_on(a, irq))
        return;
    flow_edge(a, irq, v.hart, v.id); /* as it was asked, or because it is being freed and is nowhere else */
}

void reclaim_later(struct aia *a)
{
    aia_port_timer(later(aia_port_time(), a->config.lazy_period));
}

/* Free `id` of this hart, whose drain is proven; if an edge was waiting there, send it on first. */
static void reclaim_one(struct aia *a, unsigned here, unsigned id, bool pending)
{
    struct imsic_file *f = &a->imsic.files[here];
    struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot_read(f, id))];
    struct imsic_vector v = {.hart = (uint16_t)here, .id = (uint16_t)id};

    trace(a, here, AIA_EVENT_RECLAIM, irq->number, v, pending); /* before somebody else can have it */
    if (pending) {
        imsic_file_clear_pending(id);
        count_own(&a->config.harts[here].forwarded);
        forward(a, irq, v);
    }
    if (f->quarantined[id / 64] >> id % 64 & 1) { /* its next owner has done nothing wrong */
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

/* Who retires of identities 64 * w .. 64 * w + 63. */
static uint64_t retiring(const struct imsic_file *f, unsigned w)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < 64 / AIA_WORD_BITS; i++)
        bits |=
            (uint64_t)atomic_load_explicit(&f->retiring[w * (64 / AIA_WORD_BITS) + i], memory_order_acquire)
            << i * 32;
    return bits;
}

uint64_t drain_left(struct aia *a, unsigned hart)
{
    const struct imsic_file *f = &a->imsic.files[hart];
    uint64_t longest = 0;

    for (unsigned w = 0; w < imsic_file_words(f); w++)
        for (uint64_t bits = retiring(f, w); bits; bits &= bits - 1) {
            uint32_t slot = slot_read(f, w * 64 + lowest_bit(bits));
            if (imsic_slot_state(slot) != IMSIC_RETIRING) /* its hart has reclaimed it just now */
                continue;
            uint64_t left =
                moment_left(drained_at(f, &a->config.irqs[imsic_slot_owner(slot)]), aia_port_time());
            longest = left > longest ? left : longest;
        }
    return longest;
}

static void report_no_sync(struct aia *a, unsigned here)
{
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_SYNC_TIMEOUT,
                                         .vec = {.hart = (uint16_t)here, .id = a->imsic.sync_id}});
}

/* imsic_sync_behind(), but of a file that is not known already to take nothing in: that is waited for once. */
static int sync_behind(struct aia *a, struct imsic_file *f, struct aia_barrier *b, int *barred)
{
    bool known = *barred && f->sync_owed;
    int error = known ? *barred : imsic_sync_behind(&a->imsic, f, b);

    if (error && !known)
        report_no_sync(a, (unsigned)(f - a->imsic.files));
    if (error)
        *barred = error;
    return error;
}

/*
 * Of those who retire in word `w`, the ones whose device has been drained: by a read-back or by time, and by a barrier if
 * they are behind one, sent now, when all of them retire. *barred: the error of a barrier that gives no proof.
 */
static uint64_t drained(struct aia *a, struct imsic_file *f, unsigned w, int *barred)
{
    uint64_t all = retiring(f, w), out = all;
    struct aia_barrier *last = NULL;
    int error = AIA_OK;

    for (uint64_t bits = all; bits; bits &= bits - 1) {
        unsigned bit = lowest_bit(bits);
        const struct aia_irq *irq = &a->config.irqs[imsic_slot_owner(slot_read(f, w * 64 + bit))];
        struct aia_barrier *b = irq->msi->barrier;
        aia_word at = drained_at(f, irq);
        if (at && moment_left(at, aia_port_time()))
            out &= ~(1ull << bit);
        if (!b)
            continue;
        if (b != last)
            error = sync_behind(a, f, b, barred);
        last = b;
        if (error)
            out &= ~(1ull << bit);
    }
    return out;
}

int reclaim(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    uint64_t old[IMSIC_WORDS];
    uint32_t n = 0;
    int barred = AIA_OK;

    if (is_direct(a) || !atomic_load_explicit(&f->n_retiring, memory_order_acquire))
        return AIA_OK;
    /* First who has been drained, then sync: it proves nothing of what leaves a device after it. */
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        old[w] = drained(a, f, w, &barred);
    bool known = barred && f->sync_owed;
    int error = known ? barred : imsic_sync(&a->imsic, f);
    if (error) {
        if (!known)
            report_no_sync(a, here);
        reclaim_later(a);
        return error;
    }
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        uint64_t pending = old[w] ? imsic_file_pending(w) : 0;
        for (uint64_t bits = old[w]; bits; bits &= bits - 1, n++) {
            unsigned bit = lowest_bit(bits);
            reclaim_one(a, here, w * 64 + bit, pending >> bit & 1);
        }
    }
    if (atomic_fetch_sub_explicit(&f->n_retiring, n, memory_order_acq_rel) != n)
        reclaim_later(a);
    return barred;
}

void aia_timer(struct aia *a)
{
    reclaim(a, aia_port_hart());
}

void reclaim_ask(struct aia *a, const struct aia_hartset *set)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        if (aia_hartset_has(set, h) &&
            atomic_load_explicit(&a->imsic.files[h].n_retiring, memory_order_relaxed))
            aia_ipi_send(a, h, AIA_IPI_RECLAIM);
}
