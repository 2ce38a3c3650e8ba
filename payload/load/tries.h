/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves by one try in interrupt context (aia_irq_try_affinity()), on whatever hart. */
#ifndef PAYLOAD_LOAD_TRIES_H
#define PAYLOAD_LOAD_TRIES_H

#include "payload/kernel/irq.h"
#include "payload/kernel/random.h"

/*
 * Move irq to `hart`. One move in four is tried in an interrupt of a random hart, and is made in thread context if that hart
 * refuses. The other moves are made in thread context. Errors as aia_irq_set_affinity().
 */
int tries_move(struct random *r, struct aia_irq *irq, unsigned hart);

/* Print how many moves were made and refused in interrupt context. */
void tries_print(void);

#endif
