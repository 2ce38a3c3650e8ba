/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Soft devices with their own books. Each edge gets a number before it is sent, and a handler run has seen all numbers that
 * were given out before the run began. So an edge that no run handled is noticed.
 */
#ifndef PAYLOAD_LOAD_TALLY_H
#define PAYLOAD_LOAD_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>

#include "payload/kernel/random.h"
#include "payload/load/slow.h"
#include "payload/load/soft.h"

enum tally_device { TALLY_SOFT, TALLY_SLOW };

struct tally {
    enum tally_device device;
    struct soft soft;
    struct aia_msi_ops ops; /* the soft device's operations, with a start and a stop that set `started` */
    const struct aia_msi_ops *real; /* the soft device's own operations */
    _Atomic int lock, started;      /* of the soft device; an edge is sent under the lock */
    struct slow slow;
    struct random random;
    unsigned post_us; /* the longest random delay of a soft device's message, in microseconds; 0: none */
    struct aia_irq *irq;
    char name[16];
    _Atomic int taken;     /* one hart raises at a time */
    _Atomic uint64_t sent; /* the latest number given to an edge, before the edge is sent */
    _Atomic uint64_t seen; /* the latest number that a handler run saw */
    _Atomic uint64_t runs;
    _Atomic uint64_t last;   /* the number of the latest edge that the started device sent */
    uint64_t edges;          /* the number of edges that the started device sent */
    _Atomic uint64_t inside; /* handler runs under way: never two */
    _Atomic uint64_t wrong;  /* runs that overlapped another run */
    uint64_t lost, delayed;  /* delayed: edges that were seen after LATE_MS */
    uint64_t unknown;        /* edges that were not seen, and that a hart that hangs may have */
};

/* Request an interrupt of a soft device of that kind; of a slow device. The rest of the request is in `r`. */
int tally_soft(struct tally *t, enum aia_msi_kind kind, struct aia_request r);
int tally_slow(struct tally *t, uint64_t delay_us, bool plays_itself, struct aia_request r);

/* True if the device is started. A device that is not started sends no edge. */
bool tally_started(const struct tally *t);

/*
 * tally_send: send an edge. False: the device is not started, and nothing was sent.
 * tally_edge: send an edge and wait until it is handled. False: it was not handled, which is printed and counted; or the
 *   device is not started.
 */
bool tally_send(struct tally *t);
bool tally_edge(struct tally *t);

/* Play the device: deliver messages whose time has come, answer commands. Context: any hart, as often as possible. */
void tally_poll(struct tally *t);

/* Send an edge and wait, if the device is started and no other hart raises on it. False: nothing was done. */
bool tally_step(struct tally *t);

/* True if every edge that was sent was seen, and no two handler runs overlapped. Prints a line if not. */
bool tally_balanced(const struct tally *t);

#endif
