/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtio block device on PCI as software sees it (VIRTIO 1.2): the common configuration with its steps in order, and
 * queues with three descriptors for each request. It works while software waits, in any order, and fails the test where a
 * real device would do harm. Each sector that is read begins with its number.
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
    uint16_t held[64]; /* heads of chains that were taken and not used */
    unsigned n_held;
};

struct vm {
    /* Set by the test. */
    uint32_t offered[2];
    bool refuses;      /* FEATURES_OK does not stay */
    bool never_resets; /* the status does not become 0 */
    bool no_vector;    /* the device has no room for a vector (4.1.5.1.2.1) */
    unsigned queue_size, num_queues, blk_queues, notify_off;
    unsigned device_size; /* of the block device's configuration */
    uint32_t blk_size;    /* smallest unit of a read */
    bool insists;         /* the driver must accept every feature that is offered in word 1 */
    uint64_t sectors;
    unsigned resizes; /* so many times the capacity changes between the reads of its halves */
    unsigned needs_reset;
    uint8_t status;   /* of reads */
    unsigned missing; /* bytes that a read does not write */
    bool holds;       /* it completes no request */

    /* Read by the test. */
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

/* Report any chain as used, and send a message. */
void vm_use(unsigned queue, uint32_t head, uint32_t length);

#endif
