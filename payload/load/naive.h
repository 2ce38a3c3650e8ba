/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library protects from: moving an interrupt as a naive driver would. New vector, address, data, and the old
 * vector is free at once: nobody holds the device back, nothing is drained, nothing retires. The edges that this costs
 * are found, and told with what the device's message was when they were sent.
 */
#ifndef PAYLOAD_LOAD_NAIVE_H
#define PAYLOAD_LOAD_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/load/load.h"

/* From now on, watch where edges land. */
void naive_init(void);

/* AIA_OK or AIA_ENOVEC. Thread context, one hart only. */
int naive_move(struct load_device *d, unsigned to);

/* The same of any interrupt; `note` is told before the message changes. With `keep` the old vector stays its own. */
int naive_move_irq(struct aia_irq *irq, unsigned to, bool keep,
                   void (*note)(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to));

/* What became of them; how many ran a handler that was not theirs. */
uint64_t naive_print(void);

#endif
