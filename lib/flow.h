/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an edge to a run of the handler (flow.c). What the trap entry needs of it is inline.
 */
#ifndef AIA_LIB_FLOW_H
#define AIA_LIB_FLOW_H

#include "lib/base.h"

/*
 * Let edges that come to `hart` go the short way (entry.c), if its delivery has one. Any.
 */
static inline void flow_short_way(struct aia *a, unsigned hart)
{
    __atomic_store_n(&a->config.harts[hart].slots, a->config.files ? a->config.files[hart].slots : NULL,
                     __ATOMIC_RELEASE);
}

/*
 * From idle to running, in one step. Own, off.
 * Returns what the flow word was. 0: the run has begun. Any other value: no run has begun. Call flow_not_begun() then, and
 * after it flow_edge().
 */
static inline uint32_t flow_begin(struct aia_irq *irq)
{
    return atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_RUNNING, memory_order_acquire);
}

/*
 * If no handler was running, RUNNING is ours: clear it. A hart that saw RUNNING meanwhile has noted its edge as PENDING;
 * the flow_edge() that follows picks that up.
 */
static inline void flow_not_begun(struct aia_irq *irq, uint32_t was)
{
    if (!(was & AIA_FLOW_RUNNING))
        atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_acq_rel);
}

/*
 * From running to idle. PENDING is read in the same step: in two steps, an edge noted between them would wait until another
 * edge comes.
 * Returns what the flow word was. With PENDING set, call flow_again().
 */
static inline uint32_t flow_end(struct aia_irq *irq)
{
    return atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_release);
}

/* The handler returned `result`, and the storm rule must hear of it. Before flow_end(). Own, off. */
void flow_judge(struct aia *a, struct aia_irq *irq, enum aia_result result);

/*
 * The identity of irq's vector on this hart. 0: irq has left this hart while its handler ran, and there is nothing to shut
 * off here. Any, no lock held.
 */
unsigned flow_id_here(struct aia_irq *irq, unsigned here);

/* An edge came while the handler ran. After flow_end(). Own, off. */
void flow_again(struct aia *a, struct aia_irq *irq);

/* An edge of irq has arrived at identity `id` of this hart: run the handler, or note the edge. Own, off. */
void flow_edge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);

/* After a restart: send the edge, if any, that came while irq was shut down. Any. */
void flow_resume(struct aia *a, struct aia_irq *irq);

#endif
