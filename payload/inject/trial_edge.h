/* SPDX-License-Identifier: BSD-2-Clause */
/* Of trial.c and trial_edge.c: the edges of the trial under way. */
#ifndef PAYLOAD_INJECT_TRIAL_EDGE_H
#define PAYLOAD_INJECT_TRIAL_EDGE_H

#include "payload/inject/trial.h"

/* By both clocks: instructions, which may be each hart's own, and time. */
struct moment {
    unsigned long instret, ns;
};

extern struct edge {
    _Atomic int raised, answered; /* a handler run began after it was raised */
    bool of_neighbour;
    unsigned hart; /* that its message named */
    enum trial_where where;
    bool ready;          /* that hart may take interrupts */
    struct moment could; /* since when */
    struct moment delay; /* from then to the run */
    const char *access;
} edges[TRIAL_EDGES];

/* Of trials so far, less whoever asks remembers. */
extern _Atomic uint64_t edge_runs, edge_neighbour_runs;

/* From here on the running hart moves the interrupt, and the hook counts; the call has returned; the trial is over. */
void edges_begin(const struct trial *t);
void edges_moved(void);
unsigned edges_end(void); /* the accesses made */

/* The running hart, which must be the old one, holds its interrupts off. */
void edges_hold(bool held);

bool edges_all_answered(void);

/* A busy hart: spin for a while, which no delay counts, or until *stop. */
void edges_lap(const _Atomic int *stop);

#endif
