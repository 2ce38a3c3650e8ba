/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pair of NVMe queues as rings in memory (NVM Express Base 2.0, 3.3.1): what may be put in, what has come out.
 * No registers, no locks: who calls holds the queue's.
 */
#ifndef PAYLOAD_DRIVERS_NVME_RING_H
#define PAYLOAD_DRIVERS_NVME_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A ring is full with one entry free (3.3.1.2.1), so for 32 commands it takes 33. */
#define NVME_COMMANDS 32u
#define NVME_ENTRIES  (NVME_COMMANDS + 1u)

struct nvme_command {
    uint32_t dw[16]; /* 3.3.3.1; the identifier in dw[0] is nvme_ring_put()'s to fill in */
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
    uint16_t id; /* of the queue: completions name it */
    uint16_t tail, cq_head;
    uint16_t sq_head; /* as the device last told */
    uint32_t phase;   /* of entries that are new: it flips with each turn of the ring */
    uint32_t busy;    /* command identifiers in use */
    void *owner[NVME_COMMANDS];
};

/* What a completion says. */
struct nvme_result {
    void *owner;     /* of the command; NULL: there was none such */
    uint32_t value;  /* dw[0] */
    uint16_t status; /* the status field without the phase: 0 is success */
};

#define NVME_STATUS_CODE(status) ((status)&0x7ffu) /* type and code, without hints for retries */
#define NVME_LBA_OUT_OF_RANGE    0x80u             /* generic, 4.1.4 of the NVM command set */

/* Empty, both of `entries` NVME_ENTRIES. The completion entries are cleared, so that none looks new. */
void nvme_ring_init(struct nvme_ring *r, uint16_t id, struct nvme_command *sq, struct nvme_completion *cq);

/* False: full. Else the doorbell is due, with r->tail. `owner` is not NULL. */
bool nvme_ring_put(struct nvme_ring *r, const struct nvme_command *c, void *owner);

/* The next completion, if there is a new one. Then the doorbell is due, with r->cq_head. */
bool nvme_ring_take(struct nvme_ring *r, struct nvme_result *result);

/* New completions that nobody has taken. Changes nothing. */
unsigned nvme_ring_unseen(const struct nvme_ring *r);

/* The owner of some command in flight, which is forgotten; NULL: there is none. */
void *nvme_ring_orphan(struct nvme_ring *r);

#endif
