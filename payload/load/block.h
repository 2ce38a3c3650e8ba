/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load on disks, with books: every hart reads from every disk at random, with as many requests in parallel as the disk
 * takes, and compares the data with what scripts/image wrote. A request is overdue when its hart has worked on the disk
 * for BLOCK_LOST_MS and the request has not ended; its slot then stays BUSY, and the reason is looked for.
 */
#ifndef PAYLOAD_LOAD_BLOCK_H
#define PAYLOAD_LOAD_BLOCK_H

#include "payload/drivers/disk.h"
#include "payload/load/histogram.h"
#include "payload/load/kinds.h"

#define BLOCK_MAX     6u  /* disks */
#define BLOCK_HARTS   16u /* harts that read; further harts do not */
#define BLOCK_LOST_MS 2000
#define BLOCK_LOOK_MS 20 /* the longest time from a completion in memory to its interrupt */

enum block_state {
    BLOCK_FREE,
    BLOCK_BUSY, /* the device has the request */
    BLOCK_DONE, /* ended; its hart has not yet checked the result */
};

/* A slot for a request. Only its hart uses the slot, except while it is BUSY. */
struct block_slot {
    struct disk_request r;
    struct block_share *share;
    _Atomic int state;
    bool reported;                 /* counted as lost */
    uint64_t since;                /* block_share.active at the submission */
    uint64_t submitted, completed; /* times */
};

/* The work of one hart on one disk. */
struct block_share {
    struct block_slot slots[DISK_DEPTH];
    uint64_t submitted, completed; /* requests */
    uint64_t bytes;
    uint64_t mismatches;      /* sectors */
    uint64_t failed;          /* requests that ended with an error */
    uint64_t abandoned;       /* of these, the requests whose disk was given up */
    uint64_t lost;            /* overdue requests whose completion lies in memory */
    _Atomic uint64_t twice;   /* requests that were completed twice */
    uint64_t active, seen;    /* time that the hart has spent here: see tick() */
    struct histogram latency; /* ns */
};

struct block_device {
    struct disk *disk;
    const struct load_kind *kind;
    uint64_t tag;
    _Atomic int suspect;   /* why the disk should be given up, or 0 */
    bool unplugged;        /* unplugged on purpose */
    _Atomic int explained; /* a line about a lost interrupt was printed, and nothing has completed since */
    struct block_share shares[BLOCK_HARTS];
};

extern struct block_device block_devices[BLOCK_MAX];
extern unsigned block_n_devices;

/* Find the disks of this kind: load_kind.find (block_devices.c). */
bool block_find(const struct load_kind *kind, unsigned *n_found);

/*
 * Do one turn of this hart on the disk: check requests that ended, submit new ones, and look into overdue ones. False: there
 * was nothing to do. Context: thread, on any of the first BLOCK_HARTS harts.
 */
bool block_step(struct block_device *d, struct random *r);

/*
 * After the last step: check the requests of all harts that ended, and look into overdue ones. Returns how many have not ended.
 * Context: thread, no hart in block_step().
 */
unsigned block_outstanding(struct block_device *d);

/*
 * True if each queue of the disk still answers. Prints a line for a queue that does not.
 * Context: no request is under way, and all harts are online.
 */
bool block_queues_work(struct block_device *d);

/* The number of scripts/image's sectors, of DISK_SECTOR bytes, in one sector of the disk. */
static inline unsigned block_patterns(const struct disk *d)
{
    return d->sector_size / DISK_SECTOR;
}

static inline bool block_busy(struct block_slot *s)
{
    return atomic_load_explicit(&s->state, memory_order_acquire) == BLOCK_BUSY;
}

#endif
