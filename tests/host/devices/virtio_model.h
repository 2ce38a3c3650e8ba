/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on PCI as software sees it (VIRTIO 1.2): the common configuration, its steps in their order,
 * queues of three descriptors a request. It works while somebody waits, in any order, and fails the test where a
 * real one would do harm. Each sector read begins with its number.
 */
#ifndef VIRTIO_MODEL_H
#define VIRTIO_MODEL_H

#include "function.h"

#define VM_QUEUES  8u
#define VM_SECTORS UINT64_C(0x100000000)

struct vm_queue {
    uint16_t size, vector, seen, used;
    uint64_t descriptors, available, used_ring;
    bool enabled;
    uint16_t held[64]; /* heads */
    unsigned n_held;
};

struct vm {
    /* The test's. */
    uint32_t offered[2];
    bool refuses;      /* FEATURES_OK does not stay */
    bool never_resets; /* the status does not become 0 */
    bool no_vector;    /* it has no room for one (4.1.5.1.2.1) */
    unsigned queue_size, num_queues, blk_queues, notify_off;
    unsigned device_size; /* of the block device's configuration */
    uint32_t blk_size;    /* it reads no less */
    bool insists;         /* on all that it offers in word 1 */
    uint64_t sectors;
    unsigned resizes; /* so many times its size changes between two reads of it */
    unsigned needs_reset;
    uint8_t status;   /* of reads */
    unsigned missing; /* bytes that it did not write */
    bool holds;       /* it completes nothing */

    /* For the test to look at. */
    uint32_t accepted[2];
    uint8_t device_status;
    unsigned resets, deepest;

    uint32_t feature_select[2];
    uint16_t select;
    uint8_t generation;
    struct vm_queue queues[VM_QUEUES];
};
extern struct vm vm;

void vm_reset(void);

/* It says that it has used a chain, whatever it may be, and sends. */
void vm_use(unsigned queue, uint32_t head, uint32_t length);

#endif
