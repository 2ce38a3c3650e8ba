/* SPDX-License-Identifier: BSD-2-Clause */
/* Which hart an interrupt is on, for hotplug (affinity.c). */
#ifndef AIA_LIB_AFFINITY_H
#define AIA_LIB_AFFINITY_H

#include "lib/base.h"

/*
 * Move irq off `hart`, if it is there: within its affinity if a hart of that is online, otherwise anywhere. A managed
 * interrupt is shut down instead of the latter. Thread. Errors as aia_irq_set_affinity().
 */
int affinity_move_off(struct aia *a, struct aia_irq *irq, unsigned hart);

/* The same on `hart` itself, where nothing may wait. Own, off. AIA_ECONTEXT: irq is behind a slow bus. */
int affinity_force_off(struct aia *a, struct aia_irq *irq, unsigned hart);

/* Move irq back into its affinity, if it was displaced. Thread. Errors as aia_irq_set_affinity(). */
int affinity_return(struct aia *a, struct aia_irq *irq);

#endif
