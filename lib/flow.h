/* SPDX-License-Identifier: BSD-2-Clause */
/* From an edge to a run of the handler (flow.c). The functions that the trap entry needs are inline. */
#ifndef AIA_LIB_FLOW_H
#define AIA_LIB_FLOW_H

#include "lib/base.h"

/* Let edges that come to `hart` go the short way (entry.c), if the harts have interrupt files. Any. */
static inline void flow_short_way(struct aia *a, unsigned hart)
{
    __atomic_store_n(&a->config.harts[hart].slots, a->config.files ? a->config.files[hart].slots : NULL,
                     __ATOMIC_RELEASE);
}

/*
 * From idle to running, in one step. Own, off.
 * Returns the flow word before the step. 0: the run has begun. Any other value: no run has begun. Call flow_not_begun() then,
 * and flow_edge() afterwards.
 */
static inline uint32_t flow_begin(struct aia_irq *irq)
{
    return atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_RUNNING, memory_order_acquire);
}

/*
 * If no handler was running, this hart has set RUNNING: clear it. A hart that saw RUNNING meanwhile has noted its edge as
 * PENDING. The flow_edge() that follows handles that edge, too. Own, off.
 */
static inline void flow_not_begun(struct aia_irq *irq, uint32_t was)
{
    if (!(was & AIA_FLOW_RUNNING))
        atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_acq_rel);
}

/*
 * From running to idle. PENDING is read in the same step: with two steps, an edge that is noted between them would wait until
 * another edge comes. Own, off.
 * Returns the flow word before the step. If PENDING is set there, call flow_again().
 */
static inline uint32_t flow_end(struct aia_irq *irq)
{
    return atomic_fetch_and_explicit(&irq->flow, ~AIA_FLOW_RUNNING, memory_order_release);
}

/* Count what the handler returned, `result`, for the storm rule. Call this before flow_end(). Own, off. */
void flow_judge(struct aia *a, struct aia_irq *irq, enum aia_result result);

/*
 * The identity of irq's vector on this hart. 0: irq has left this hart while its handler ran, so there is nothing to quarantine
 * here. Any, no lock held.
 */
unsigned flow_id_here(struct aia_irq *irq, unsigned here);

/* Handle an edge that came while the handler ran, unless irq is disabled. Call this after flow_end(). Own, off. */
void flow_again(struct aia *a, struct aia_irq *irq);

/* Handle an edge of irq at identity `id` of this hart: run the handler, or note the edge. Own, off. */
void flow_edge(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);

/* Send the edge, if any, that came while irq was shut down. Call this after a restart. Any. */
void flow_resume(struct aia *a, struct aia_irq *irq);

#endif
