/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy device over virtio's MMIO transport (Virtual I/O Device Specification, 4.2 and 5.4): it fills buffers with
 * random numbers as fast as it is given them, and holds its line up until each is acknowledged. Both layouts of its
 * registers, that of version 1 ("legacy", 4.2.4) and of version 2.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_H
#define PAYLOAD_DRIVERS_VIRTIO_H

#include <stdatomic.h>

#include "payload/wires.h"

struct virtio_rng {
    uintptr_t regs;
    struct aplic_source *wire;
    struct aia_irq *irq;
    _Atomic int go;          /* a buffer that comes back is given again */
    _Atomic uint64_t filled; /* buffers that came back */
    _Atomic uint64_t bytes;  /* in them */
    uint16_t seen;           /* of used.idx: the handler's */
};

/* Find the first one there is and take its interrupt. False, and said, if there is none or it does not work. */
bool virtio_rng_init(struct virtio_rng *v);

/* Give it a buffer, and again whenever it comes back, until virtio_rng_stop(). */
void virtio_rng_start(struct virtio_rng *v);
void virtio_rng_stop(struct virtio_rng *v);

#endif
