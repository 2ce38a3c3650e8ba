/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting and stopping an interrupt's message (irq.c). */
#ifndef AIA_LIB_IRQ_H
#define AIA_LIB_IRQ_H

#include "lib/base.h"

/*
 * Give irq a vector and start its message, unless irq has a vector or was stopped for good. Thread.
 * AIA_OK, or:
 *   AIA_ENOHART, AIA_ENOVEC  nothing changed
 *   AIA_EAGAIN               nothing changed: a managed interrupt's reserved vector is retiring
 *   any other                an error of the read-back: irq has a vector, or is dead
 */
int irq_start(struct aia *a, struct aia_irq *irq);

/* The last hart of a managed interrupt leaves: park its message if that can be, else stop it. Lock held. */
void irq_shut_down(struct aia *a, struct aia_irq *irq);

/* The same through a slow bus, if irq is behind one. Thread, no lock held. */
void irq_shut_down_slow(struct aia *a, struct aia_irq *irq);

/*
 * Send the change of irq's message over its slow bus, and wait for the answer. If the device does not answer, reset it: the
 * interrupt is dead, its vector and `other`, if any, retire, and that is reported. Bus lock held, lock not held.
 * AIA_OK or AIA_ESILENT.
 */
int irq_sync_or_mark_dead(struct aia *a, struct aia_irq *irq, struct imsic_vector other);

#endif
