/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting and stopping an interrupt's message (irq.c). */
#ifndef AIA_LIB_IRQ_H
#define AIA_LIB_IRQ_H

#include "lib/base.h"

/*
 * Give irq a vector and start its message, unless irq has a vector or was stopped for good. Thread.
 * AIA_OK, or:
 *   AIA_ENOHART  nothing changed: no hart of irq's affinity is online
 *   AIA_ENOVEC   nothing changed: no vector is free on these harts
 *   AIA_EAGAIN   nothing changed: a managed interrupt's reserved vector is retiring
 *   any other    an error of the read-back: irq has a vector, or is dead
 */
int irq_start(struct aia *a, struct aia_irq *irq);

/*
 * Shut a managed interrupt down, when the last online hart of its affinity leaves. Park the message if its msi has park(), else
 * stop the message. Lock held.
 */
void irq_shut_down(struct aia *a, struct aia_irq *irq);

/* The same, also if irq's bus is slow. Thread, no lock held. */
void irq_shut_down_slow(struct aia *a, struct aia_irq *irq);

/*
 * Send the change of irq's message over its bus, if that is slow, and wait for the answer. If the device does not answer, make
 * the interrupt dead: reset the device, and report that the interrupt is dead. The interrupt's vector and `other`, if any,
 * retire then. Bus lock held, lock not held.
 * AIA_OK; AIA_ESILENT: the interrupt is dead.
 */
int irq_sync_or_mark_dead(struct aia *a, struct aia_irq *irq, struct imsic_vector other);

#endif
