/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors that an interrupt has left: an edge that arrives there is forwarded, until the drain is proven (retire.c). */
#ifndef AIA_LIB_RETIRE_H
#define AIA_LIB_RETIRE_H

#include "lib/base.h"

/*
 * Let the block of vectors that begins at `v` retire. After irq->drained_at the device has no message to these vectors under
 * way. Lock held.
 */
void retire_block(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* Forward an edge of irq that was caught at the retiring vector `v`, or handle the edge here. Own, off, lock not held. */
void retire_caught(struct aia *a, struct aia_irq *irq, struct imsic_vector v);

/* Forward an edge to irq's present vector. False: irq has none. Any, lock not held. */
bool retire_forward(struct aia *a, struct aia_irq *irq);

/*
 * Free those retiring vectors of this hart whose drain is proven. Own, off, no lock held.
 * AIA_OK, or AIA_ETIMEOUT, because:
 *   this hart's file does not answer      nothing is freed
 *   a barrier's message does not arrive   the vectors whose drain it proves are not freed
 */
int retire_reclaim(struct aia *a, unsigned here);

/* Start the lazy timer of this hart, where vectors retire. Own, off. */
void retire_start_timer(struct aia *a);

/* Ask each hart of `set` that has retiring vectors to reclaim them now. Any. */
void retire_ask(struct aia *a, const struct aia_hartset *set);

/*
 * Reclaim on the running hart, if `set` has that hart, and ask the other harts of `set` to reclaim. Thread, no lock held.
 */
void retire_hasten(struct aia *a, const struct aia_hartset *set);

/* If irq's policy is AIA_RECLAIM_FIRST_EDGE, ask for the reclaim of irq's old vectors after an edge. Own, off, no lock held. */
void retire_reclaim_on_edge(struct aia *a, struct aia_irq *irq);

/* The ticks until time has drained every device whose vectors retire on `hart`. 0: time need not prove any drain. Any. */
uint64_t retire_drain_left(struct aia *a, unsigned hart);

/*
 * The moment after which irq's device has no message to an old vector in this file under way. Each of two moments is late enough:
 * irq's drained_at, which a later drain of the device may have moved, and the file's drained_at, which is the latest of all
 * vectors that retire there. So the earlier one counts. 0: a read-back has drained the device.
 */
static inline aia_word retire_drained_at(const struct imsic_file *f, const struct aia_irq *irq)
{
    aia_word here = atomic_load_explicit(&f->drained_at, memory_order_relaxed);
    aia_word own = atomic_load_explicit(&irq->first->drained_at, memory_order_acquire);

    return moment_first(own, here);
}

#endif
