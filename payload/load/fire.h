/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts that raise edges of all kinds of devices, and move interrupts to any hart, online or not, until they are told
 * to stop. The devices are real edu devices (load.h) and devices made of software (tally.h).
 */
#ifndef PAYLOAD_LOAD_FIRE_H
#define PAYLOAD_LOAD_FIRE_H

#include <stdbool.h>

#include "payload/load/load.h"
#include "payload/load/tally.h"

#define FIRE_MAX 12

/* The tallies under load, besides the edu devices that load_init() has found. The job fills this in before fire_init(). */
extern struct fire {
    struct tally tallies[FIRE_MAX];
    unsigned n_tallies;
    unsigned moves_in_8;                     /* of eight steps, the number of moves */
    _Atomic uint64_t moves, refused, failed; /* refused: moves to a hart that was offline */
} fire;

void fire_init(uint64_t seed);

/* As in raisers.h. Managed interrupts are raised, not moved. */
bool fire_start(unsigned hart);
bool fire_stop(unsigned hart);
bool fire_start_all(void);
bool fire_stop_all(void);

/* One step of the running hart: a raise or a move. */
void fire_step(struct random *r);

/*
 * True if one edge of each started device arrives, and no interrupt is on an offline hart. Other harts may raise and move
 * meanwhile.
 */
bool fire_all_arrive(void);

/* The sum of all books. */
struct fire_total {
    uint64_t edges, lost;
};
struct fire_total fire_total(void);
bool fire_balanced(void);

#endif
