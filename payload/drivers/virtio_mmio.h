/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio's MMIO transport (VIRTIO 1.2, 4.2), for a device with one queue: it holds its line up until it is acknowledged.
 * Both layouts of its registers, that of version 1 ("legacy", 4.2.4) and of version 2.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_MMIO_H
#define PAYLOAD_DRIVERS_VIRTIO_MMIO_H

#include "payload/drivers/virtq.h"
#include "platform/machine.h"

struct virtio_mmio {
    uintptr_t regs;
};

/* The machine's first device with this ID (section 5). NULL: there is none. */
const struct machine_device *virtio_mmio_find(struct virtio_mmio *v, uint32_t id);

/*
 * Reset it and hand it queue 0, in `m`, of VIRTQ_SIZE or as large as it has it. NULL; or why it cannot be used.
 */
const char *virtio_mmio_start(const struct virtio_mmio *v, struct virtq *q, struct virtq_memory *m);

/* Something has been put on the queue. */
void virtio_mmio_notify(const struct virtio_mmio *v);

/* Why it interrupts, acknowledged: what is used from now on brings its line up anew. 0: it does not. */
uint32_t virtio_mmio_ack(const struct virtio_mmio *v);

#endif
