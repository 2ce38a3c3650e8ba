/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xHCI rings (4.9): TRBs in memory, each with a cycle bit that says whose it is. Here is only arithmetic on
 * memory: no register is touched. Nothing here locks.
 */
#ifndef PAYLOAD_DRIVERS_XHCI_RING_H
#define PAYLOAD_DRIVERS_XHCI_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct xhci_trb {
    uint64_t param;
    uint32_t status;
    _Atomic uint32_t control; /* has the cycle bit: written last, read first */
};

_Static_assert(sizeof(struct xhci_trb) == 16, "6.4");

/* ---- rings that software fills: commands, transfers ---- */

#define XHCI_RING_MAX 64

struct xhci_request;

/*
 * One segment, closed by a Link TRB to its own start. `next` and `owners` are the producer's; `done` moves as
 * completions come, and one TRB stays free so that a full ring differs from an empty one.
 */
struct xhci_ring {
    struct xhci_trb *trbs;
    unsigned n; /* TRBs, the link included */
    unsigned next;
    unsigned done;
    bool cycle;
    uint64_t wraps;
    struct xhci_request *owners[XHCI_RING_MAX];
};

/* `trbs`: n of them, 16-byte aligned, within 64 KiB; 3 <= n <= XHCI_RING_MAX. They are cleared. */
void xhci_ring_init(struct xhci_ring *r, struct xhci_trb *trbs, unsigned n);

/* How many more TRBs fit. */
unsigned xhci_ring_room(const struct xhci_ring *r);

/*
 * Put one TRB, whose cycle bit is set here, on the ring; the controller may take it from this moment. There must
 * be room. `owner` is whom its events are for. Returns its index.
 */
unsigned xhci_ring_push(struct xhci_ring *r, uint64_t param, uint32_t status, uint32_t control,
                        struct xhci_request *owner);

/* The TRB that an event names: its index, or -1 if the address is none of this ring's. */
int xhci_ring_index(const struct xhci_ring *r, uint64_t addr);

/* All up to and including TRB `i` is done: forget whose it was. False, and nothing changed: `i` was not given out. */
bool xhci_ring_complete(struct xhci_ring *r, unsigned i);

/* Forget `owner` wherever it is: events for it that still come are nobody's. */
void xhci_ring_forget(struct xhci_ring *r, const struct xhci_request *owner);

/* Where the controller is to go on after Set TR Dequeue: the next free TRB, with its cycle. All is done. */
uint64_t xhci_ring_restart(struct xhci_ring *r);

/* ---- event rings: the controller fills ---- */

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

/* `n` segments of `size` TRBs each, one after the other in `trbs`, which is cleared, and `erst` made from them. */
void xhci_events_init(struct xhci_events *e, struct xhci_erst *erst, struct xhci_trb *trbs, unsigned n,
                      unsigned size);

/* The next event, if the controller has written it; it stays. */
bool xhci_events_peek(const struct xhci_events *e, struct xhci_trb *event);

/* Step over it. */
void xhci_events_next(struct xhci_events *e);

/* The dequeue pointer register's value: address and segment (5.5.2.3.3), without EHB. */
uint64_t xhci_events_dequeue(const struct xhci_events *e);

/* How many events wait, up to all the ring can hold. Works on a copy: for a look from outside. */
unsigned xhci_events_waiting(struct xhci_events e);

#endif
