/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves of an interrupt as a naive driver makes them: allocate the new vector, write address and data, free the old vector
 * immediately. The device is not held back, nothing is drained, nothing retires. Each edge that such a move loses is found,
 * and a line names the state of the device's message when the edge was sent.
 */
#ifndef PAYLOAD_LOAD_NAIVE_H
#define PAYLOAD_LOAD_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/load/load.h"

/* Begin to record where edges land. */
void naive_init(void);

/* Move the device's interrupt. Context: thread, one hart only. Returns AIA_OK or AIA_ENOVEC. */
int naive_move(struct load_device *d, unsigned to);

/* The same for any interrupt. `note` is called before the message changes. With `keep` the old vector is not freed. */
int naive_move_irq(struct aia_irq *irq, unsigned to, bool keep,
                   void (*note)(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to));

/* Print the numbers of lost edges by cause. Returns the number of edges that ran another device's handler. */
uint64_t naive_print(void);

#endif
