/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A trial: one move of one interrupt, with edges raised exactly before chosen accesses of the move. This needs a build with
 * HOOKS=1 and a deterministic run. The accesses are those of all harts, from the call that moves to the reclaim of the last
 * vector, in the order in which they are made.
 *
 * All other identities of the two files belong to a second interrupt, the bystander: an edge that is sent to a wrong vector
 * runs the bystander's handler.
 */
#ifndef PAYLOAD_INJECT_TRIAL_H
#define PAYLOAD_INJECT_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/inject/edge.h"

enum trial_kind {
    TRIAL_ADDR, /* these three: the edu device, with the updates of lib/message.c */
    TRIAL_COMMON,
    TRIAL_TORN,
    TRIAL_MASKED, /* these two: a soft device */
    TRIAL_STORE,
    TRIAL_STORE_LOW, /* a soft device with its message in memory */
    TRIAL_WHOLE,     /* the same, with stores of sixteen bytes: needs Zacas */
    TRIAL_N_KINDS,
};

enum trial_old {
    TRIAL_OLD_ON,   /* another hart moves; the old hart is idle, interrupts on */
    TRIAL_OLD_OFF,  /* another hart moves; the old hart holds its interrupts off until the move is done */
    TRIAL_OLD_SELF, /* the old hart moves */
    TRIAL_N_OLDS,
};

struct trial {
    enum trial_old old;
    bool busy;          /* the new hart spins with interrupts on; else it is idle */
    bool together;      /* at each edge the other harts run for a while before the access is made */
    bool bystander;     /* the second edge belongs to the bystander, on its vector on the old hart */
    unsigned at[EDGES]; /* raise edge i before access at[i]; 1 is the first access; 0: there is no edge i */
};

struct trial_result {
    unsigned accesses;
    unsigned edges, lost;
    unsigned foreign; /* runs of the bystander that are not allowed; unowned or late edges */
    unsigned extra;   /* runs of the interrupt beyond its edges, the copies and the resent edges */
    unsigned forwarded, copies;
    bool early;                    /* the old vectors were reclaimed before the lazy timer fired */
    uint64_t landed[EDGE_N_WHERE]; /* edges by where their message went */
    uint64_t delay[EDGE_N_WHERE];  /* the longest delay of these, in instructions */
    uint64_t ns[EDGE_N_WHERE];     /* the same in time */
    const char *access[EDGES];     /* the access before which each edge was raised */
    const char *wrong;             /* another failure, as a phrase; or NULL */
};

const char *trial_kind_name(enum trial_kind kind);

/* Find the devices. Call this once. False: a device or a hart is missing, and a line names it. */
bool trial_init(void);
/* True if this machine has moves of this kind. */
bool trial_has(enum trial_kind kind);

/*
 * trial_begin: request the interrupt and the bystander.
 * trial_end: free both, and check that all vectors are as before.
 * False: this failed, and a line says why.
 */
bool trial_begin(enum trial_kind kind, struct aia_policy policy);
bool trial_end(void);

struct trial_result trial_run(const struct trial *t);

#endif
