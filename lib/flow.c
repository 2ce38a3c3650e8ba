/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an edge to a run of the handler. One word, aia_irq.flow, decides what becomes of an edge. So a handler never runs on two
 * harts at the same time (P4), and no edge is lost between two states (P1). The bits are R (RUNNING), P (PENDING: an edge is
 * noted) and D (DISABLED). Each cell of this table is one atomic step, to the word that the cell names:
 *
 *   the word   an edge comes        the run ends     disable   enable
 *   --------   ------------------   --------------   -------   ----------------
 *   0          R, run the handler                    D         0
 *   R          RP                   0                RD        R
 *   RP         RP                   R, run again     RPD       R, send an edge
 *   P          R, run the handler                    PD        0, send an edge
 *   D          PD                                    D         0
 *   PD         PD                                    PD        0, send an edge
 *   RD         RPD                  D                RD        R
 *   RPD        RPD                  PD               RPD       R, send an edge
 *
 * P alone means, except between flow_end() and flow_again(), that an edge waits for the restart of an interrupt that is shut
 * down; flow_resume() sends the edge. Where the interrupt has no vector, "send an edge" sets P again. The trap entry takes
 * smaller steps through the same states: flow_begin() may set R for a moment on a word that is not 0, and flow_not_begun()
 * clears R again; flow_end() goes from RP to P, and flow_again() from P to R. After MAX_RUNS runs one after the other, R and RP
 * become 0, and the hart sends the noted edge: pass_on().
 *
 * STORMED is set only together with D. It means that enable has to end the quarantine too (storm.c). DEAD is set only together
 * with D. It means that enable changes nothing (irq.c).
 */
#include "lib/flow.h"
#include "lib/delivery.h"
#include "lib/storm.h"

static enum aia_result run_handler(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    count_own(&a->config.harts[here].runs[irq->number]);
    trace(a, here, AIA_EVENT_BEGIN, irq->number, vector(here, id), 0);
    enum aia_result result = irq->handler(irq->context, irq);
    trace(a, here, AIA_EVENT_END, irq->number, vector(here, id), result);
    return result;
}

/* Count what the handler returned, `result`, for the storm rule. */
static void judge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, enum aia_result result)
{
    if (result == AIA_HANDLED) {
        if (atomic_load_explicit(&irq->storm.count, memory_order_relaxed))
            atomic_store_explicit(&irq->storm.count, 0, memory_order_relaxed); /* a welcome edge */
        return;
    }
    count(&irq->count.unhandled);
    storm_unwelcome(a, irq, here, id);
}

/* The lock is taken, because half of the old vector with half of the new one would name another interrupt's vector. */
__attribute__((noinline)) unsigned flow_id_here(struct aia_irq *irq, unsigned here)
{
    unsigned long was = irq_lock(irq->first);
    struct imsic_vector v = irq->vec;

    irq_unlock(irq->first, was);
    return v.hart == here ? v.id : 0;
}

void flow_judge(struct aia *a, struct aia_irq *irq, enum aia_result result)
{
    unsigned here = aia_port_hart();

    judge(a, irq, here, flow_id_here(irq, here), result);
}

void flow_again(struct aia *a, struct aia_irq *irq)
{
    unsigned here = aia_port_hart();

    /*
     * If irq was disabled meanwhile, the edge stays kept. Otherwise the edge is handled as a new edge: flow_edge() notes it if
     * another hart has begun a run.
     */
    if (atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED)
        return;
    count(&irq->count.rerun);
    flow_edge(a, irq, here, flow_id_here(irq, here));
}

/* Send an edge to irq's vector, in place of the edge that PENDING stood for. Lock held. */
static __attribute__((noinline)) void resend(struct aia *a, struct aia_irq *irq)
{
    count(&irq->count.resent);
    trace_irq(a, AIA_EVENT_RESEND, irq, irq->vec, 0);
    a->delivery->resend(a, irq);
}

/*
 * End the run, and send the noted edge, if any, to where the interrupt is now. Called if other harts note edges faster than
 * this hart handles them. Returns false if nothing was done, because:
 *   irq is disabled    the caller ends the run, and the edge stays noted: a send would unmask a line that storms
 *   irq has no vector  it is stopped or shut down; the caller runs the handler again if an edge is noted
 */
static bool pass_on(struct aia *a, struct aia_irq *irq)
{
    const uint32_t off = AIA_FLOW_RUNNING | AIA_FLOW_PENDING;
    unsigned long was = irq_lock(irq->first);
    bool enabled = !(atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED);
    bool sends = irq->vec.id && enabled;

    if (sends && atomic_fetch_and_explicit(&irq->flow, ~off, memory_order_acq_rel) & AIA_FLOW_PENDING)
        resend(a, irq);
    irq_unlock(irq->first, was);
    return sends;
}

/* After so many runs one after the other, a hart sends the noted edge instead of handling it: pass_on(). */
#define MAX_RUNS 16u

/*
 * Run the handler, and run it again for as long as edges are noted, or until pass_on(). This hart has set RUNNING, which stays
 * set between the runs.
 */
static void run_until_idle(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    uint32_t flow, next;

    for (unsigned n = 1;; n++) {
        judge(a, irq, here, id, run_handler(a, irq, here, id));
        if (n >= MAX_RUNS && pass_on(a, irq))
            return;
        flow = atomic_load_explicit(&irq->flow, memory_order_relaxed);
        do {
            bool again = (flow & AIA_FLOW_PENDING) && !(flow & AIA_FLOW_DISABLED);
            next = flow & ~(again ? AIA_FLOW_PENDING : AIA_FLOW_RUNNING);
        } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, next, memory_order_acq_rel,
                                                        memory_order_relaxed));
        if (!(next & AIA_FLOW_RUNNING))
            return;
        count(&irq->count.rerun);
    }
}

void flow_edge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    uint32_t flow = 0, next;

    do { /* the first guess is idle */
        bool busy = flow & (AIA_FLOW_RUNNING | AIA_FLOW_DISABLED);
        next = busy ? flow | AIA_FLOW_PENDING : (flow & ~AIA_FLOW_PENDING) | AIA_FLOW_RUNNING;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, next, memory_order_acq_rel,
                                                    memory_order_relaxed));
    if (!(flow & (AIA_FLOW_RUNNING | AIA_FLOW_DISABLED))) {
        run_until_idle(a, irq, here, id);
        return;
    }
    trace(a, here, AIA_EVENT_NOTED, irq->number, vector(here, id), flow);
    if (flow & AIA_FLOW_DISABLED) {
        count(&irq->count.kept);
        storm_unwelcome(a, irq, here, id);
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
 * Send a kept edge to where the interrupt is now. The lock is held until the message is sent, so a later drain of the vector
 * covers this message too. An interrupt that is shut down keeps the edge for its restart.
 */
static void send_kept(struct aia *a, struct aia_irq *irq)
{
    unsigned long saved = irq_lock(irq->first);

    if (irq->vec.id)
        resend(a, irq);
    else
        atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_PENDING, memory_order_acq_rel);
    irq_unlock(irq->first, saved);
}

void aia_irq_enable(struct aia *a, struct aia_irq *irq)
{
    /* PENDING is cleared in the same step: its edge is sent, and a run that has not ended yet must not handle the edge too. */
    const uint32_t off = AIA_FLOW_DISABLED | AIA_FLOW_STORMED | AIA_FLOW_PENDING;
    uint32_t was = atomic_load_explicit(&irq->flow, memory_order_relaxed);

    do {
        if (was &
            AIA_FLOW_DEAD) /* a dead interrupt stays disabled. Tested in the loop: another hart may set DEAD now */
            return;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &was, was & ~off, memory_order_acq_rel,
                                                    memory_order_relaxed));

    trace_irq(a, AIA_EVENT_ENABLE, irq, vector(0, 0), 0);
    if (was & AIA_FLOW_PENDING)
        send_kept(a, irq);
    if (was & AIA_FLOW_STORMED)
        storm_end(a, irq);
}

void flow_resume(struct aia *a, struct aia_irq *irq)
{
    uint32_t flow = atomic_load_explicit(&irq->flow, memory_order_relaxed);

    do { /* if disabled, enable sends the edge; if running, the end of the run handles the edge */
        if ((flow & (AIA_FLOW_PENDING | AIA_FLOW_DISABLED | AIA_FLOW_RUNNING)) != AIA_FLOW_PENDING)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&irq->flow, &flow, flow & ~AIA_FLOW_PENDING,
                                                    memory_order_acq_rel, memory_order_relaxed));
    send_kept(a, irq);
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
