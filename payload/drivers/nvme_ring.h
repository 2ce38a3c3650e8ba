/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pair of NVMe queues as rings in memory (NVM Express Base 2.0, 3.3.1): commands in, completions out. No registers,
 * no locks: the caller holds the queue's lock.
 */
#ifndef PAYLOAD_DRIVERS_NVME_RING_H
#define PAYLOAD_DRIVERS_NVME_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A ring is full with one entry free (3.3.1.2.1), so 32 commands need 33 entries. */
#define NVME_COMMANDS 32u
#define NVME_ENTRIES  (NVME_COMMANDS + 1u)

struct nvme_command {
    uint32_t dw[16]; /* 3.3.3.1; nvme_ring_put() fills in the identifier in dw[0] */
};

struct nvme_completion {
    uint32_t dw[3];
    _Atomic uint32_t status; /* bits 15:0 command, 16 phase, 31:17 status field (3.3.3.2) */
};

_Static_assert(sizeof(struct nvme_command) == 64 && sizeof(struct nvme_completion) == 16,
               "as the device has them");

struct nvme_ring {
    struct nvme_command *sq;
    struct nvme_completion *cq;
    uint16_t id; /* the queue's identifier, which completions name */
    uint16_t tail, cq_head;
    uint16_t sq_head; /* the last value that the device reported */
    uint32_t phase;   /* the phase of new entries, which flips with each turn of the ring */
    uint32_t busy;    /* command identifiers in use */
    void *owner[NVME_COMMANDS];
};

/* The content of a completion. */
struct nvme_result {
    void *owner;     /* the command's owner; NULL: no such command */
    uint32_t value;  /* dw[0] */
    uint16_t status; /* the status field without the phase: 0 is success */
};

#define NVME_STATUS_CODE(status) ((status)&0x7ffu) /* type and code, without hints for retries */
#define NVME_LBA_OUT_OF_RANGE    0x80u             /* generic, 4.1.4 of the NVM command set */

/* Make both rings empty, of NVME_ENTRIES entries each. The completion entries are cleared, so that none looks new. */
void nvme_ring_init(struct nvme_ring *r, uint16_t id, struct nvme_command *sq, struct nvme_completion *cq);

/*
 * Put a command in the ring. Returns false if the ring is full. Otherwise the caller must write r->tail to the
 * doorbell. `owner` is not NULL.
 */
bool nvme_ring_put(struct nvme_ring *r, const struct nvme_command *c, void *owner);

/*
 * Take the next completion. Returns false if there is none. Otherwise the caller must write r->cq_head to the doorbell.
 */
bool nvme_ring_take(struct nvme_ring *r, struct nvme_result *result);

/* The number of new completions that were not taken. Changes nothing. */
unsigned nvme_ring_unseen(const struct nvme_ring *r);

/* Forget a command in flight and return its owner; NULL if there is none. */
void *nvme_ring_orphan(struct nvme_ring *r);

#endif
