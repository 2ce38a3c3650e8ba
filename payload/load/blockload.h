/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Load on disks, with books: every hart reads from every disk at random, as many requests at once as the disk
 * takes, and compares what it read with what scripts/image put there. A request is missed when it has not
 * ended while its hart was at it for BLOCK_LOST_MS; then it is left hanging, and looked into.
 */
#ifndef PAYLOAD_LOAD_BLOCKLOAD_H
#define PAYLOAD_LOAD_BLOCKLOAD_H

#include "payload/drivers/disk.h"
#include "payload/load/histogram.h"
#include "payload/load/kinds.h"

#define BLOCK_MAX     6u  /* disks */
#define BLOCK_HARTS   16u /* that read; others leave it */
#define BLOCK_LOST_MS 2000
#define BLOCK_LOOK_MS 20 /* from a completion in memory to its interrupt, at most */

extern const struct load_kind load_kind_nvme, load_kind_ahci, load_kind_virtio;

enum block_state {
    BLOCK_FREE,
    BLOCK_BUSY, /* the device's */
    BLOCK_DONE, /* ended, and not looked at by its hart */
};

/* A place for a request. Its hart's, but for the time it is BUSY. */
struct block_slot {
    struct disk_request r;
    struct block_share *share;
    _Atomic int state;
    bool missed;
    uint64_t since;                /* block_share.active when it was submitted */
    uint64_t submitted, completed; /* times */
};

/* What one hart does with one disk. */
struct block_share {
    struct block_slot slots[DISK_DEPTH];
    uint64_t submitted, completed; /* requests */
    uint64_t bytes;
    uint64_t mismatches; /* sectors */
    uint64_t failed;     /* ended with an error */
    uint64_t abandoned;  /* of these, because their disk was given up */
    uint64_t lost;       /* missed, and their completion lies in memory */
    _Atomic uint64_t twice;
    uint64_t active, seen;    /* time that its hart has spent here: see tick() */
    struct histogram latency; /* ns */
};

struct block_device {
    struct disk *disk;
    const struct load_kind *kind;
    uint64_t tag;
    _Atomic int suspect;   /* why it should be given up, or 0 */
    bool unplugged;        /* on purpose */
    _Atomic int explained; /* a lost interrupt, in a line, and nothing has completed since */
    struct block_share shares[BLOCK_HARTS];
};

extern struct block_device block_devices[BLOCK_MAX];
extern unsigned block_n_devices;

/* For blockload.c: find the disks of this kind. */
bool block_find(const struct load_kind *kind, unsigned *n_found);

/* With nothing under way and all harts online: does each of its queues still answer? Says which does not. */
bool block_queues_work(struct block_device *d);

/* Each sector holds as many of scripts/image's, which are of DISK_SECTOR bytes. */
static inline unsigned block_patterns(const struct disk *d)
{
    return d->sector_size / DISK_SECTOR;
}

static inline bool block_busy(struct block_slot *s)
{
    return atomic_load_explicit(&s->state, memory_order_acquire) == BLOCK_BUSY;
}

#endif
