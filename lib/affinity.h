/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hart an interrupt is on, for hotplug (affinity.c). */
#ifndef AIA_LIB_AFFINITY_H
#define AIA_LIB_AFFINITY_H

#include "lib/base.h"

/*
 * Move irq off `hart`, if irq is there, to a hart of its affinity. If no hart of the affinity is online, irq is shut down if it is
 * managed, and else moves to any online hart. Thread. Errors as aia_irq_set_affinity().
 */
int affinity_move_off(struct aia *a, struct aia_irq *irq, unsigned hart);

/* The same on `hart` itself, without a wait. Own, off. Errors as affinity_move_off(); AIA_ECONTEXT: irq's bus is slow. */
int affinity_force_off(struct aia *a, struct aia_irq *irq, unsigned hart);

/* Move irq back into its affinity, if irq was displaced. Thread. Errors as aia_irq_set_affinity(). */
int affinity_return(struct aia *a, struct aia_irq *irq);

#endif
