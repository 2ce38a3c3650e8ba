/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that are there and never fire: more on one hart than on the next, so that the lowest free identities
 * differ, as they do on a machine that is in use. One that does fire has been hit by another's edge (wedge.h).
 */
#ifndef PAYLOAD_LOAD_NEIGHBOURS_H
#define PAYLOAD_LOAD_NEIGHBOURS_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

#define NEIGHBOURS_MAX 48

extern struct neighbour {
    struct aia_irq *irq;
    unsigned home; /* the hart it belongs to */
    char name[12];
} neighbours[NEIGHBOURS_MAX];
extern unsigned n_neighbours;

/* On the harts that are online. Says what is wrong. */
bool neighbours_init(void);

/* This hart is back: so are they. Returns how many could not. */
unsigned neighbours_go_home(unsigned hart);

/* AIA_OK, or what aia_irq_free() says. */
int neighbours_free(void);

#endif
