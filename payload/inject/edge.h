/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The edges of one move. The access hook raises each edge exactly before an access of the move; the handlers here answer
 * the edge and measure its delay. This needs a build with HOOKS=1 and a deterministic run.
 */
#ifndef PAYLOAD_INJECT_EDGE_H
#define PAYLOAD_INJECT_EDGE_H

#include <stdbool.h>

#include <aia/aia.h>

#define EDGES 2 /* most edges of a move */

/* Where an edge's message went: to the old hart, to the new hart, or nowhere, because the masked device keeps the edge. */
enum edge_where { EDGE_ON_OLD, EDGE_ON_NEW, EDGE_KEPT, EDGE_N_WHERE };

/* A moment by both clocks: instructions, which may be counted for each hart separately, and time. */
struct moment {
    unsigned long instret, ns;
};

extern struct edge {
    _Atomic int raised, answered; /* a handler run began after it was raised */
    bool of_bystander;
    unsigned hart; /* the hart that the edge's message named */
    enum edge_where where;
    bool ready;          /* this hart may take the edge */
    struct moment could; /* since when this hart may take the edge */
    struct moment delay; /* from `could` to the handler run */
    const char *access;  /* the access before which the edge was raised */
} edges[EDGES];

/* Handler runs of all moves so far. */
extern _Atomic uint64_t edge_runs, edge_bystander_runs;

/* A move, and the moments at which its device is raised. */
struct edges_plan {
    unsigned old, new;  /* harts */
    bool busy;          /* the new hart spins with interrupts on; else it is idle */
    bool hold;          /* the old hart holds its interrupts off until the move is done */
    bool torn;          /* the move itself holds the old hart's interrupts off until its end */
    bool together;      /* at each edge the other harts run for a while before the access is made */
    bool bystander;     /* the second edge belongs to the bystander */
    unsigned at[EDGES]; /* raise edge i before access at[i]; 1 is the first access; 0: there is no edge i */

    /* Read the message that the device would send now. True: the device is masked and would keep the edge. */
    bool (*look)(struct aia_message *m);
    void (*raise)(void);
    void (*raise_bystander)(void);
};

enum aia_result edges_handler(void *context, struct aia_irq *irq);
enum aia_result edges_bystander_handler(void *context, struct aia_irq *irq);

/* Measure the cost of the hook. Call this once, before the first move. */
void edges_calibrate(void);

/*
 * Start the parts of the other harts. From here on the hook counts accesses; the caller now moves the interrupt. The plan
 * must stay valid until edges_end(). False: another hart does not start its part.
 */
bool edges_begin(const struct edges_plan *plan);
/* The call that moves has returned. */
void edges_moved(void);
/* Wait until each edge is answered or lost. */
void edges_wait(void);
/* End the parts of the other harts. False: a hart does not end its part. */
bool edges_others_end(void);
/* End the move. Returns the number of accesses. */
unsigned edges_end(void);

#endif
