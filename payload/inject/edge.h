/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Edges of one move, each raised by the access hook exactly before an access of the move, answered by the handlers here, and
 * timed. Needs a build with HOOKS=1 and a deterministic run.
 */
#ifndef PAYLOAD_INJECT_EDGE_H
#define PAYLOAD_INJECT_EDGE_H

#include <stdbool.h>

#include <aia/aia.h>

#define EDGES 2 /* of a move, at most */

/* The hart that an edge's message named, or that the device keeps the edge: it is masked. */
enum edge_where { EDGE_ON_OLD, EDGE_ON_NEW, EDGE_KEPT, EDGE_N_WHERE };

/* By both clocks: instructions, which may be each hart's own, and time. */
struct moment {
    unsigned long instret, ns;
};

extern struct edge {
    _Atomic int raised, answered; /* a handler run began after it was raised */
    bool of_neighbour;
    unsigned hart; /* that its message named */
    enum edge_where where;
    bool ready;          /* that hart may take interrupts */
    struct moment could; /* since when */
    struct moment delay; /* from then to the run */
    const char *access;
} edges[EDGES];

/* Handler runs of all moves so far. */
extern _Atomic uint64_t edge_runs, edge_neighbour_runs;

/* What is moved, and when its device is raised. */
struct edges_plan {
    unsigned old, new;  /* harts */
    bool busy;          /* the new hart spins, interrupts on; else it is idle */
    bool hold;          /* the old hart holds its interrupts off until the move is done */
    bool torn;          /* the move holds the old hart's interrupts off until its end */
    bool together;      /* at each edge the other harts run for a while before the access is made */
    bool neighbour;     /* the second edge is the neighbour's */
    unsigned at[EDGES]; /* raise before access at[i], 1 is the first; 0: no such edge */

    /* What the device would send now. True: nothing, it is masked and keeps it. */
    bool (*look)(struct aia_message *m);
    void (*raise)(void);
    void (*raise_neighbour)(void);
};

enum aia_result edges_handler(void *context, struct aia_irq *irq);
enum aia_result edges_neighbour_handler(void *context, struct aia_irq *irq);

/* Once, before the first move: what the hook costs. */
void edges_calibrate(void);

/*
 * The other harts take their parts, and from here on the running hart moves the interrupt, and the hook counts. The plan stays
 * until edges_end(). False: another hart does not take its part.
 */
bool edges_begin(const struct edges_plan *plan);
/* The call that moves has returned. */
void edges_moved(void);
/* Until each edge is answered, or can be taken for lost. */
void edges_wait(void);
/* The other harts leave their parts. False: one does not. */
bool edges_others_end(void);
/* All is over: the accesses made. */
unsigned edges_end(void);

/* Do all harts count instructions by one clock, so that a delay in instructions means something? */
bool edges_one_clock(void);

#endif
