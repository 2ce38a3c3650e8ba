/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a claimed identity to a handler. An edge finds its handler idle and runs it, or running (then the
 * hart that runs it runs it once more), or disabled (then the edge is kept). One word decides, so
 * a handler never runs on two harts at once (P4) and no edge falls between two of these cases (P1).
 */
#include "internal.h"

/* Several harts may count at once; the few that one of them miscounts do not matter. */
bool flow_storming(const struct aia *a, struct aia_storm *s)
{
    aia_word now = (aia_word)aia_port_time();

    if ((aia_word)(now - atomic_load_explicit(&s->since, memory_order_relaxed)) > a->config.storm_window) {
        atomic_store_explicit(&s->since, now, memory_order_relaxed);
        atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    }
    if (atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed) < a->config.storm_limit)
        return false;
    atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    return true;
}

/*
 * Disable an identity in eie. Its pending bit goes on to latch edges, so nothing is lost: flow_reopen, a
 * reclaim or a sweep finds it.
 */
static void shut(struct aia *a, unsigned here, unsigned id)
{
    imsic_file_clear_enabled(id);
    a->imsic.files[here].quarantined[id / 64] |= 1ull << id % 64;
}

static void mask(struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);

    irq->msi->ops->mask(irq->msi);
    irq_unlock(irq->first, was);
}

/* Shut it off here, and disable it. */
static void storms(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    if (is_direct(a)) /* first: who enables it again undoes both */
        mask(irq);
    else if (id)
        shut(a, here, id);
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED | AIA_FLOW_STORMED, memory_order_acq_rel);
    trace(a, here, AIA_EVENT_STORM, irq->number, vector(here, id), 0);
    aia_port_report(&(struct aia_report){
        .what = AIA_REPORT_STORM_IRQ,
        .vec = {.hart = (uint16_t)here, .id = (uint16_t)id},
        .irq = irq,
    });
}

/* An edge of `irq` that did no good: unhandled, or kept while disabled. */
static void unwelcome(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    if (flow_storming(a, &irq->storm))
        storms(a, irq, here, id);
}

static bool stormed(const struct aia *a, uint32_t irq)
{
    return atomic_load_explicit(&a->config.irqs[irq].flow, memory_order_relaxed) & AIA_FLOW_STORMED;
}

void flow_full(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, unsigned n)
{
    if (!irq || stormed(a, irq->number))
        return;
    /* A number that no other streak has, on whatever hart, but one of long ago. */
    uint16_t streak = (uint16_t)(a->config.harts[here].streak * a->config.n_harts + here + 1);
    if (atomic_load_explicit(&irq->streak, memory_order_relaxed) != streak)
        atomic_store_explicit(&irq->streak_runs, 0, memory_order_relaxed);
    atomic_store_explicit(&irq->streak, streak, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&irq->streak_runs, n, memory_order_relaxed) + n <= a->config.storm_limit)
        return;
    atomic_store_explicit(&irq->streak_runs, 0, memory_order_relaxed);
    storms(a, irq, here, id);
}

void flow_unowned(struct aia *a, unsigned here, unsigned id)
{
    struct aia_hart *h = &a->config.harts[here];
    struct imsic_vector v = {.hart = (uint16_t)here, .id = (uint16_t)id};

    trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, v, 0);
    count_own(&h->unowned);
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_UNOWNED, .vec = v});
    if (!flow_storming(a, &h->storm))
        return;
    if (!imsic_quarantine(&a->imsic, v))
        return; /* its new owner has done nothing wrong */
    shut(a, here, id);
    trace(a, here, AIA_EVENT_STORM, AIA_TRACE_NO_IRQ, v, 0);
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_STORM_UNOWNED, .vec = v});
}

void flow_reopen(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = f->quarantined[w]; bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            uint32_t slot = slot_read(f, id);
            enum imsic_state state = imsic_slot_state(slot);

            /* A free one was kept for an interrupt that is no more. */
            if (state != IMSIC_FREE && state != IMSIC_OWNED && state != IMSIC_RETIRING)
                continue;
            if (state != IMSIC_FREE && stormed(a, imsic_slot_owner(slot)))
                continue;
            f->quarantined[w] &= ~(1ull << id % 64);
            imsic_file_set_enabled(id);
        }
    }
}

static enum aia_result run_handler(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    count_own(&a->config.harts[here].runs[irq->number]);
    trace(a, here, AIA_EVENT_BEGIN, irq->number, vector(here, id), 0);
    enum aia_result result = irq->handler(irq->context, irq);
    trace(a, here, AIA_EVENT_END, irq->number, vector(here, id), result);
    return result;
}

/* What the handler made of it. */
static void judge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, enum aia_result result)
{
    if (result == AIA_HANDLED) {
        if (atomic_load_explicit(&irq->storm.count, memory_order_relaxed))
            atomic_store_explicit(&irq->storm.count, 0, memory_order_relaxed); /* it does some good */
        return;
    }
    count(&irq->unhandled);
    unwelcome(a, irq, here, id);
}

/*
 * Where the interrupt has its vector on this hart, or 0: it may have left while its handler ran, and there is nothing to
 * shut off then. Lock not held: half of one vector with half of another would be somebody else's.
 */
static unsigned own_id(struct aia_irq *irq, unsigned here)
{
    unsigned long was = irq_lock(irq->first);
    struct imsic_vector v = irq->vec;

    irq_unlock(irq->first, was);
    return v.hart == here ? v.id : 0;
}

void flow_judge(struct aia *a, struct aia_irq *irq, enum aia_result result)
{
    unsigned here = aia_port_hart();

    judge(a, irq, here, own_id(irq, here), result);
}

void flow_again(struct aia *a, struct aia_irq *irq)
{
    unsigned here = aia_port_hart();

    /* Disabled meanwhile, it stays kept. Else it is as if it had come now: who comes first on any hart takes it. */
    if (atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED)
        return;
    count(&irq->rerun);
    flow_edge(a, irq, here, own_id(irq, here));
}

/* To where the interrupt is now. It is somewhere; lock held. */
static void send_again(struct aia *a, struct aia_irq *irq)
{
    if (is_direct(a)) /* masked while it was kept, if it is a level */
        irq->msi->ops->unmask(irq->msi);
    count(&irq->resent);
    trace_irq(a, AIA_EVENT_RESEND, irq, irq->vec, 0);
    if (irq->msi->ops->retrigger)
        irq->msi->ops->retrigger(irq->msi);
    else
        imsic_send(&a->imsic, irq->vec);
}

/*
 * Edges that other harts note keep this one running the handler. Let go, and send the latest to where the interrupt is now.
 * False: run() goes on as always. The interrupt is disabled, and what was noted is kept; sending it would unmask a line that
 * storms. Or it is nowhere, being stopped, and its last edges run where they are.
 */
static bool pass_on(struct aia *a, struct aia_irq *irq)
{
    const uint32_t off = AIA_FLOW_RUNNING | AIA_FLOW_PENDING;
    unsigned long was = irq_lock(irq->first);
    bool enabled = !(atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED);
    bool somewhere = irq->vec.id && enabled;

    if (somewhere && atomic_fetch_and_explicit(&irq->flow, ~off, memory_order_acq_rel) & AIA_FLOW_PENDING)
        send_again(a, irq);
    irq_unlock(irq->first, was);
    return somewhere;
}

/*
 * The flow word says RUNNING and this hart put it there. Run the handler, and again for as long as edges have come
 * meanwhile: as flow_end() and flow_again(), without letting go between the two.
 */
static void run(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    uint32_t flow, next;

    for (unsigned n = 1;; n++) {
        judge(a, irq, here, id, run_handler(a, irq, here, id));
        if (n >= FLOW_BURST && pass_on(a, irq))
            return;
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
        return;
    }
    trace(a, here, AIA_EVENT_NOTED, irq->number, vector(here, id), flow);
    if (flow & AIA_FLOW_DISABLED) {
        count(&irq->kept);
        unwelcome(a, irq, here, id);
    }
}

void aia_line_done(struct aia_irq *irq)
{
    unsigned long saved = irq_lock(irq->first);

    if (irq->vec.id)
        irq->msi->ops->unmask(irq->msi);
    irq_unlock(irq->first, saved);
}

void aia_irq_disable(struct aia *a, struct aia_irq *irq)
{
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED, memory_order_acq_rel);
    trace_irq(a, AIA_EVENT_DISABLE, irq, vector(0, 0), 0);
}

/*
 * Send a kept edge again, to where the interrupt is now. Under the lock that is ours until the copy is sent: after
 * that, its drain covers the copy too. An interrupt that is shut down keeps the edge for its restart.
 */
static void resend(struct aia *a, struct aia_irq *irq)
{
    unsigned long saved = irq_lock(irq->first);

    if (irq->vec.id)
        send_again(a, irq);
    else
        atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_PENDING, memory_order_acq_rel);
    irq_unlock(irq->first, saved);
}

/*
 * After a storm an edge may wait, or yet come, where the interrupt is, where it was when it stormed, and where a slow bus is
 * taking it: on any hart. So each hart is asked to look at what it has shut off. A hart that takes no IPIs is offline and has
 * nothing shut off, or is leaving, and looks by itself if it stays after all (hotplug.c, unhush()).
 */
static void reopen(struct aia *a, struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        aia_ipi_send(a, h, AIA_IPI_REOPEN);
    if (!is_direct(a))
        return;
    unsigned long saved = irq_lock(irq->first);
    if (irq->vec.id) /* what came meanwhile waits in the controller */
        irq->msi->ops->unmask(irq->msi);
    irq_unlock(irq->first, saved);
}

void aia_irq_enable(struct aia *a, struct aia_irq *irq)
{
    /* PENDING goes with them: it is sent again, and a run that has not ended yet must not count it too. */
    const uint32_t off = AIA_FLOW_DISABLED | AIA_FLOW_STORMED | AIA_FLOW_PENDING;
    uint32_t was = atomic_load_explicit(&irq->flow, memory_order_relaxed);

    do {
        if (was & AIA_FLOW_DEAD) /* it stays disabled: in one step, for it may die just now */
            return;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &was, was & ~off, memory_order_acq_rel,
                                                    memory_order_relaxed));

    trace_irq(a, AIA_EVENT_ENABLE, irq, vector(0, 0), 0);
    if (was & AIA_FLOW_PENDING)
        resend(a, irq);
    if (was & AIA_FLOW_STORMED)
        reopen(a, irq);
}

void flow_resume(struct aia *a, struct aia_irq *irq)
{
    uint32_t flow = atomic_load_explicit(&irq->flow, memory_order_relaxed);

    do { /* disabled: enable sends it; running: that run has it */
        if ((flow & (AIA_FLOW_PENDING | AIA_FLOW_DISABLED | AIA_FLOW_RUNNING)) != AIA_FLOW_PENDING)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, flow & ~AIA_FLOW_PENDING,
                                                    memory_order_acq_rel, memory_order_relaxed));
    resend(a, irq);
}

int aia_irq_synchronize(struct aia *a, struct aia_irq *irq)
{
    uint64_t end = wait_end(a);

    while (atomic_load_explicit(&irq->flow, memory_order_acquire) & AIA_FLOW_RUNNING) {
        if (aia_port_time() > end)
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

uint64_t aia_irq_runs(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    if (hart >= a->config.n_harts)
        return 0;
    return atomic_load_explicit(&a->config.harts[hart].runs[irq->number], memory_order_relaxed);
}
