/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices made of software with books of their own: an edge is numbered when it is sent, and a handler run that
 * begins after it has seen all numbers until then. So an edge that nobody handled shows.
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
    struct aia_msi_ops ops;         /* the soft one's, but for start and stop, which note what they do */
    const struct aia_msi_ops *real; /* all of them */
    _Atomic int lock, started;      /* of the soft one; an edge is sent or not under the lock */
    struct slow slow;
    struct random random;
    unsigned post_us; /* a soft one's messages take from 1 to so many microseconds to leave, drawn; 0: none */
    struct aia_irq *irq;
    char name[16];
    _Atomic int taken;                 /* one hart raises at a time */
    _Atomic uint64_t sent, seen, runs; /* sent: numbers given to edges, before they are sent */
    _Atomic uint64_t last;             /* the latest that was sent, for its device was started */
    uint64_t edges;                    /* how many were */
    _Atomic uint64_t inside;           /* handlers running: never two */
    _Atomic uint64_t wrong;
    uint64_t lost, delayed; /* delayed: seen, after LATE_MS */
    uint64_t unknown;       /* not seen, but a hart that may have it hangs */
};

/* Request an interrupt of a soft device of that kind, or of a slow one. The rest of the request is in `r`. */
int tally_soft(struct tally *t, enum aia_msi_kind kind, struct aia_request r);
int tally_slow(struct tally *t, uint64_t delay_us, bool plays_itself, struct aia_request r);

/* Is its device started? An edge of a device that is shut down is none. */
bool tally_started(const struct tally *t);

/*
 * Send an edge: false if the device is not started, and nothing was sent. Send one and wait until it was handled:
 * false, said and counted if it was not.
 */
bool tally_send(struct tally *t);
bool tally_edge(struct tally *t);

/* The device's turn: messages whose time has come leave, commands are answered. Any hart, as often as it can. */
void tally_poll(struct tally *t);

/* Raise and wait, if nobody else raises on it and it is started. False: nothing was done. */
bool tally_step(struct tally *t);

/* All that was sent was seen, nothing ran twice at once. Says what is not. */
bool tally_balanced(const struct tally *t);

#endif
