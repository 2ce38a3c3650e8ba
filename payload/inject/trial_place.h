/* SPDX-License-Identifier: BSD-2-Clause */
/* Of trial.c and trial_place.c: where the interrupt is before its move, and what is free for it there. */
#ifndef PAYLOAD_INJECT_TRIAL_PLACE_H
#define PAYLOAD_INJECT_TRIAL_PLACE_H

#include "payload/inject/trial.h"

extern struct place {
    enum trial_kind kind;
    struct aia_irq *irq, *neighbour;
    unsigned old, new; /* harts */
    unsigned torn;     /* identity of J on the old hart that a torn message would name */
} place;

enum aia_result trial_handler(void *context, struct aia_irq *irq);
enum aia_result trial_neighbour_handler(void *context, struct aia_irq *irq);

/* Once, before the first trial: what the hook costs. */
void trial_calibrate(void);

/* Put I on the old hart, the mover's own or another, and leave free what its kind of move needs, and no more. */
bool place_prepare(bool old_is_mover);
enum aia_update place_update(void);

/* What the device would send now. True: nothing, it is masked and keeps it. */
bool place_look(struct aia_message *m);
void place_raise(void);
void place_raise_neighbour(void);

#endif
