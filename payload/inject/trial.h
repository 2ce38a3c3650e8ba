/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One move of one interrupt I, with edges raised exactly before chosen accesses of it: the sweep's unit. Needs a
 * build with HOOKS=1 and a deterministic run. The accesses are those of all harts, from the call that moves to
 * the reclaim of the last vector, in the order in which they are made.
 *
 * Everything else in the two files belongs to a bystander J: what is sent to the wrong vector runs J's handler.
 */
#ifndef PAYLOAD_INJECT_TRIAL_H
#define PAYLOAD_INJECT_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/inject/edge.h"

enum trial_kind {
    TRIAL_ADDR, /* the edu device, message as lib/message.c has it */
    TRIAL_COMMON,
    TRIAL_TORN,
    TRIAL_MASKED, /* the soft device */
    TRIAL_STORE,
    TRIAL_STORE_LOW, /* the soft device, its message in memory */
    TRIAL_WHOLE,     /* the same, all sixteen bytes: needs Zacas */
    TRIAL_N_KINDS,
};

enum trial_old {
    TRIAL_OLD_ON,   /* another hart moves; the old one is idle, interrupts on */
    TRIAL_OLD_OFF,  /* another hart moves; the old one holds its interrupts off until the move is done */
    TRIAL_OLD_SELF, /* the old hart moves */
    TRIAL_N_OLDS,
};

struct trial {
    enum trial_old old;
    bool busy;          /* the new hart spins, interrupts on; else it is idle */
    bool together;      /* at each edge the other harts run for a while before the access is made */
    bool neighbour;     /* the second edge is one of J, to J's vector on the old hart */
    unsigned at[EDGES]; /* raise before access at[i], 1 is the first; 0: no such edge */
};

struct trial_result {
    unsigned accesses;
    unsigned edges, lost;
    unsigned stray;   /* runs of J that nothing allows, and identities that nobody owns */
    unsigned phantom; /* runs of I beyond its edges, their copies and what was sent again */
    unsigned forwarded, copies;
    bool early;                    /* the old vectors were reclaimed before the lazy timer came */
    uint64_t landed[EDGE_N_WHERE]; /* edges whose message named that hart */
    uint64_t delay[EDGE_N_WHERE];  /* longest of them, instructions */
    uint64_t ns[EDGE_N_WHERE];     /* the same in time */
    const char *access[EDGES];     /* the access before which the edge was raised */
    const char *wrong;             /* what else is: a phrase, or NULL */
};

const char *trial_kind_name(enum trial_kind kind);

/* Once: find the devices. False: there are none, or too few harts, and a line says which. */
bool trial_init(void);
bool trial_has(enum trial_kind kind);

/* Request I and J; free them, and see that all vectors are as before. False: they are not, which is printed. */
bool trial_begin(enum trial_kind kind, struct aia_policy policy);
bool trial_end(void);

struct trial_result trial_run(const struct trial *t);

#endif
