/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A request that takes too long is looked into before it is called lost: whether the device sent its interrupt, where the
 * edge landed, and why there. The answer is one line for a person.
 *
 * The look uses the present state of the device and of the interrupt files, each move that was reported by wedge_moved(), and
 * each edge that arrived on an unowned identity.
 */
#ifndef PAYLOAD_LOAD_WEDGE_H
#define PAYLOAD_LOAD_WEDGE_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

/* A device's state about one of its interrupts, read without side effects. */
struct wedge_state {
    char holds[48];    /* what waits for the handler, as text: "event ring has 3 events" */
    bool waits;        /* something waits for the handler */
    bool sent;         /* the device has sent the interrupt, as far as the device reports */
    uint64_t progress; /* changes with everything that the handler takes */
    uint64_t ran_at;   /* when the handler last ran, in ticks; 0: never */
};

struct wedge_source {
    const char *name;
    const struct aia_irq *irq;
    int (*state)(void *context, struct wedge_state *s); /* 0, or an error that `strerror` names */
    const char *(*strerror)(int error);
    void *context;
};

enum wedge_finding {
    WEDGE_SLOW,   /* the handler makes progress, or another hart looks: no line */
    WEDGE_DEVICE, /* nothing waits for the handler yet: no line */
    WEDGE_UNSENT, /* something waits, and the device has sent no interrupt */
    WEDGE_LOST,   /* the device has sent an interrupt, and no hart has it or will get it */
    WEDGE_GONE,   /* the device does not answer */
    WEDGE_HANGS,  /* a hart does not answer, and may have the edge: lost or not is unknown */
};

/* Begin to record unowned edges, by irq_watch_unowned(). */
void wedge_init(void);

/* Record an edge on the unowned identity `id` of this hart. For a job that has called irq_watch_unowned() itself. */
void wedge_unowned(unsigned id);

/* Record that `irq` and the rest of its block have moved or are about to move. Context: thread, one hart. */
void wedge_moved(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to);

/* Record that the sweep of `hart`, which has gone offline, found an unowned edge. */
void wedge_swept(unsigned hart);

/* Record that an edge of another interrupt ran the handler of `ran`. The handler of `ran` calls this. */
void wedge_ran_other(const struct aia_irq *ran);

/*
 * Look for the edge. Calls every online hart, so that each has taken its pending interrupts by the end. Prints the line for
 * the last four findings. Context: thread, interrupts on.
 */
enum wedge_finding wedge_look(const struct wedge_source *s);

#endif
