/* SPDX-License-Identifier: BSD-2-Clause */
/* Managed interrupts (managed.c). */
#ifndef AIA_LIB_MANAGED_H
#define AIA_LIB_MANAGED_H

#include "lib/base.h"

/*
 * Make irq managed, with a vector reserved on each hart of its affinity, and let irq wait for the first of these harts. Any.
 * AIA_OK; AIA_ENOVEC: a hart has no vector free.
 */
int managed_reserve(struct aia *a, struct aia_irq *irq);

/* irq has got a vector, so irq does not wait for a hart any more. Locked. */
void managed_started(struct aia *a, struct aia_irq *irq);

/* True if an interrupt waits for a hart of its affinity. Call this after the change of a hart's state. Any. */
bool managed_any_waits(struct aia *a);

/* `hart`, which irq's affinity has, has come online: start irq, if irq waits. Any, no lock held. */
void managed_start(struct aia *a, struct aia_irq *irq, unsigned hart);

/* Free the reserved vectors. Any. */
void managed_release(struct aia *a, struct aia_irq *irq);

/* The reserved identities of irq, by hart. */
static inline uint16_t *managed_ids(const struct aia *a, const struct aia_irq *irq)
{
    return &a->config.reserved[irq->number * a->config.n_harts];
}

/* Find the first online hart of `set` that irq can be delivered to. Any. AIA_OK; AIA_ENOHART: there is none. */
int managed_choose(const struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                   unsigned *hart);

/* Make the vector that is reserved for irq on `hart` an owned vector. Any. AIA_OK; AIA_EAGAIN: that vector is retiring. */
int managed_activate(struct aia *a, struct aia_irq *irq, unsigned hart, struct imsic_vector *v);

/* Start irq again, if irq was shut down. Thread. Errors as irq_start(). */
int managed_restart(struct aia *a, struct aia_irq *irq);

#endif
