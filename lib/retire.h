/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors that an interrupt has left: what still arrives there is forwarded until their drain is proven (retire.c). */
#ifndef AIA_LIB_RETIRE_H
#define AIA_LIB_RETIRE_H

#include "lib/base.h"

/* Let the block of vectors from `v` up retire. irq->drained_at bounds what the device may still have under way. Lock held. */
void retire_block(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* An edge of irq was caught at `v`, which retires: forward the edge, or handle it here. Own, off, lock not held. */
void retire_caught(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* Forward an edge to irq's present vector. False: irq has none. Any, lock not held. */
bool retire_forward(struct aia *a, struct aia_irq *irq);

/*
 * Free those retiring vectors of this hart whose drain is proven. Own, off, no lock held.
 * AIA_OK; AIA_ETIMEOUT: this hart's file does not answer, and nothing is freed; or a barrier does not, and the vectors behind
 * that barrier are not freed.
 */
int retire_reclaim(struct aia *a, unsigned here);

/* Vectors began to retire on this hart: start the timer that reclaims them. Own, off. */
void retire_start_timer(struct aia *a);

/* Ask each hart of `set` that has retiring vectors to reclaim them now. Any. */
void retire_ask(struct aia *a, const struct aia_hartset *set);

/* Reclaim on the running hart, if `set` has that hart, and ask the others. Thread, or the only hart online; no lock held. */
void retire_hasten(struct aia *a, const struct aia_hartset *set);

/* An edge arrived at irq's vector. With AIA_RECLAIM_FIRST_EDGE, ask for the reclaim of the old ones. Own, off, no lock held. */
void retire_reclaim_on_edge(struct aia *a, struct aia_irq *irq);

/* The ticks until time has drained every device whose vectors retire on `hart`. Any. */
uint64_t retire_drain_left(struct aia *a, unsigned hart);

/*
 * The earlier of the interrupt's bound and this file's bound. After this moment no message that irq's device sent to an old
 * vector of this file is under way.
 */
static inline aia_word retire_drained_at(const struct imsic_file *f, const struct aia_irq *irq)
{
    aia_word here = atomic_load_explicit(&f->drained_at, memory_order_relaxed);
    aia_word own = atomic_load_explicit(&irq->first->drained_at, memory_order_acquire);

    return moment_first(own, here);
}

#endif
