/* SPDX-License-Identifier: BSD-2-Clause */
/* One move of one interrupt to another hart (move.c). */
#ifndef AIA_LIB_MOVE_H
#define AIA_LIB_MOVE_H

#include "lib/base.h"

/*
 * Move irq to hart `to`. On an error irq stays at its vector, and a vector that was allocated retires. Lock held, any hart.
 * AIA_OK, or:
 *   AIA_ECONTEXT  the move must be made on the hart where irq is now
 *   another       as aia_irq_set_affinity()
 */
int move_irq(struct aia *a, struct aia_irq *irq, unsigned to);

/*
 * The same through a slow bus. Bus lock and lock held. The lock is released while the command is under way. `was` is the value
 * that the caller's irq_lock() returned.
 * Errors as move_irq(); AIA_ESILENT: the device did not answer, and irq is dead.
 */
int move_irq_slow(struct aia *a, struct aia_irq *irq, unsigned to, unsigned long was);

#endif
