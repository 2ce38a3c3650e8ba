/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xHCI rings (4.9): TRBs in memory. The cycle bit of a TRB says whether software or the controller owns the TRB. The
 * code here only reads and writes memory: it touches no register and takes no lock.
 */
#ifndef PAYLOAD_DRIVERS_XHCI_RING_H
#define PAYLOAD_DRIVERS_XHCI_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct xhci_trb {
    uint64_t param;
    uint32_t status;
    _Atomic uint32_t control; /* contains the cycle bit: written last, read first */
};

_Static_assert(sizeof(struct xhci_trb) == 16, "6.4");

/* ---- rings that software fills: commands, transfers ---- */

#define XHCI_RING_MAX 64

struct xhci_request;

/*
 * One segment, closed by a Link TRB to its own start. `next` and `owners` belong to the producer; `done` moves as
 * completions come. One TRB stays free, so that a full ring differs from an empty one.
 */
struct xhci_ring {
    struct xhci_trb *trbs;
    unsigned n; /* TRBs, with the link */
    unsigned next;
    unsigned done;
    bool cycle;
    uint64_t wraps;
    struct xhci_request *owners[XHCI_RING_MAX];
};

/* Set a ring up. `trbs` has n TRBs, 16-byte aligned, within 64 KiB; 3 <= n <= XHCI_RING_MAX. They are cleared. */
void xhci_ring_init(struct xhci_ring *r, struct xhci_trb *trbs, unsigned n);

/* The number of TRBs that still fit. */
unsigned xhci_ring_room(const struct xhci_ring *r);

/*
 * Put one TRB on the ring. The cycle bit is set here; the controller may use the TRB from that moment. There must be
 * room. `owner` is the request of the TRB's events. Returns the TRB's index.
 */
unsigned xhci_ring_push(struct xhci_ring *r, uint64_t param, uint32_t status, uint32_t control,
                        struct xhci_request *owner);

/* The index of the TRB that an event names; -1: the address is not in this ring. */
int xhci_ring_index(const struct xhci_ring *r, uint64_t addr);

/* Mark all TRBs up to `i` done and forget their owners. Returns false, with nothing changed, if `i` is not in use. */
bool xhci_ring_complete(struct xhci_ring *r, unsigned i);

/* Forget all TRBs of `owner`. Later events for them have no owner. */
void xhci_ring_forget(struct xhci_ring *r, const struct xhci_request *owner);

/* The argument of Set TR Dequeue: the next free TRB, with its cycle bit. All TRBs are marked done. */
uint64_t xhci_ring_restart(struct xhci_ring *r);

/* ---- rings that the controller fills: events ---- */

#define XHCI_EVENT_SEGMENTS 4

/* An event ring segment table entry (6.5). */
struct xhci_erst {
    uint64_t base;
    uint32_t size, reserved;
};

struct xhci_events {
    struct xhci_erst *erst;
    unsigned n; /* segments */
    unsigned segment, i;
    bool cycle;
    uint64_t wraps;
};

/*
 * Set an event ring up: `n` segments of `size` TRBs each, one after the other in `trbs`, which is cleared. `erst` is
 * made from them.
 */
void xhci_events_init(struct xhci_events *e, struct xhci_erst *erst, struct xhci_trb *trbs, unsigned n,
                      unsigned size);

/* Read the next event without taking it. Returns false if the controller has not written it yet. */
bool xhci_events_peek(const struct xhci_events *e, struct xhci_trb *event);

/* Take the next event. */
void xhci_events_next(struct xhci_events *e);

/* The dequeue pointer register's value: address and segment (5.5.2.3.3), without EHB. */
uint64_t xhci_events_dequeue(const struct xhci_events *e);

/*
 * The number of events that wait, at most the size of the ring. Works on a copy, so that a caller outside of the
 * handler may use it.
 */
unsigned xhci_events_waiting(struct xhci_events e);

#endif
