/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request that takes too long is looked into before it is called lost: did the device send its interrupt, where
 * did that land, and why there? The answer is one line for a person.
 *
 * What it knows, besides what device and interrupt files say now: each move that it is told of, and each edge that
 * arrived where nobody owned the identity.
 */
#ifndef PAYLOAD_LOAD_WEDGE_H
#define PAYLOAD_LOAD_WEDGE_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

/* What a device says of one of its interrupts, by looking only. */
struct wedge_state {
    char holds[48];    /* what waits to be taken: "event ring has 3 events" */
    bool waits;        /* there is something */
    bool sent;         /* the interrupt for it was sent, as far as the device can tell */
    uint64_t progress; /* moves with everything taken */
    uint64_t ran_at;   /* when the handler last ran, ticks; 0: never */
};

struct wedge_source {
    const char *name;
    const struct aia_irq *irq;
    int (*state)(void *context, struct wedge_state *s); /* 0, or an error that `strerror` names */
    const char *(*strerror)(int error);
    void *context;
};

enum wedge_finding {
    WEDGE_SLOW,   /* things move, or somebody else looks: no line */
    WEDGE_DEVICE, /* the device has nothing to tell yet: no line */
    WEDGE_UNSENT, /* it has, and sent no interrupt */
    WEDGE_LOST,   /* it sent one, and no hart has it or will have it */
    WEDGE_GONE,   /* it does not answer */
    WEDGE_HANGS,  /* a hart does not answer, and may have it: lost or not is unknown */
};

/* Begin to note edges that nobody owns. Takes irq_watch_unowned(). */
void wedge_init(void);

/* Identity `id` of this hart fired, and nobody owns it: for who has taken irq_watch_unowned() since. */
void wedge_unowned(unsigned id);

/* `irq` is about to be moved, or was just, and with it the rest of its block. Thread context, one hart. */
void wedge_moved(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to);

/* Hart `hart` has gone offline, and its sweep found an edge that nobody owned. */
void wedge_swept(unsigned hart);

/* The handler of `ran` was run by an edge that was not its own. Its handler says so. */
void wedge_stray(const struct aia_irq *ran);

/*
 * Find out. Thread context, interrupts on; every online hart is called, so that what is pending anywhere has been
 * taken by the end. Prints the line for the last four findings.
 */
enum wedge_finding wedge_look(const struct wedge_source *s);

#endif
