/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts whose devices never send. Their number differs from hart to hart, so that the lowest free identities differ,
 * as on a machine in use. A handler run of such an interrupt is caused by the edge of another interrupt (wedge.h).
 */
#ifndef PAYLOAD_LOAD_NEIGHBOURS_H
#define PAYLOAD_LOAD_NEIGHBOURS_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

#define NEIGHBOURS_MAX 48

extern struct neighbour {
    struct aia_irq *irq;
    unsigned home; /* the hart where the interrupt is placed */
    char name[12];
} neighbours[NEIGHBOURS_MAX];
extern unsigned n_neighbours;

/* Request the neighbours of all online harts. False: a request failed, and a line says so. */
bool neighbours_init(void);

/* Move the neighbours of `hart`, which is online again, back to the hart. Returns the number that could not move. */
unsigned neighbours_go_home(unsigned hart);

/* Free all neighbours. Returns AIA_OK, or the error of aia_irq_free(). */
int neighbours_free(void);

#endif
