/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts that raise edges of all kinds of devices, and move interrupts to any hart, online or not, until they are told
 * to leave off: real edu devices (load.h) and those made of software (tally.h).
 */
#ifndef PAYLOAD_LOAD_FIRE_H
#define PAYLOAD_LOAD_FIRE_H

#include <stdbool.h>

#include "payload/load/load.h"
#include "payload/load/tally.h"

#define FIRE_MAX 12

/* What burns: filled in by the job, before fire_init(), with the edu devices that load_init() has found. */
extern struct fire {
    struct tally tallies[FIRE_MAX];
    unsigned n_tallies;
    unsigned moves_in_8;                     /* of eight steps, how many are moves */
    _Atomic uint64_t moves, refused, failed; /* refused: the hart was offline */
} fire;

void fire_init(uint64_t seed);

/* As raisers.h has them. Managed interrupts are raised, not moved. */
bool fire_start(unsigned hart);
bool fire_stop(unsigned hart);
bool fire_start_all(void);
bool fire_stop_all(void);

/* One step of the running hart: a raise or a move. */
void fire_step(struct random *r);

/* One edge of each device that is started must arrive; none may be on an offline hart. Quiet or not. */
bool fire_all_arrive(void);

/* Of all books together. */
struct fire_total {
    uint64_t edges, lost;
};
struct fire_total fire_total(void);
bool fire_balanced(void);

#endif
