/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio's MMIO transport (VIRTIO 1.2, 4.2), for a device with one queue. The device holds its line up until the driver
 * acknowledges. Both register layouts: version 1 ("legacy", 4.2.4) and version 2.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_MMIO_H
#define PAYLOAD_DRIVERS_VIRTIO_MMIO_H

#include "payload/drivers/virtq.h"
#include "platform/machine.h"

struct virtio_mmio {
    uintptr_t regs;
};

/* The machine's first device with this ID (section 5), or NULL. */
const struct machine_device *virtio_mmio_find(struct virtio_mmio *v, uint32_t id);

/*
 * Reset the device and give it queue 0, in `m`, with VIRTQ_SIZE entries or the device's own maximum. Returns NULL, or
 * the reason why the device cannot be used.
 */
const char *virtio_mmio_start(const struct virtio_mmio *v, struct virtq *q, struct virtq_memory *m);

/* Notify the device that the queue has a new entry. */
void virtio_mmio_notify(const struct virtio_mmio *v);

/*
 * Read and acknowledge the reasons of the interrupt. A later used buffer brings the line up again. Returns 0 if the
 * device does not interrupt.
 */
uint32_t virtio_mmio_ack(const struct virtio_mmio *v);

#endif
