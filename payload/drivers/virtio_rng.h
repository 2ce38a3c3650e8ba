/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy device (VIRTIO 1.2, 5.4) over MMIO: it fills buffers with random numbers as fast as it is given them.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_RNG_H
#define PAYLOAD_DRIVERS_VIRTIO_RNG_H

#include <stdatomic.h>

#include "payload/drivers/virtio_mmio.h"
#include "payload/wires.h"

struct virtio_rng {
    struct virtio_mmio device;
    struct virtq queue; /* the handler's; at first virtio_rng_start()'s */
    struct aplic_source *wire;
    struct aia_irq *irq;
    _Atomic int go;          /* a buffer that comes back is given again */
    _Atomic uint64_t filled; /* buffers that came back */
    _Atomic uint64_t bytes;  /* in them */
};

/* Find the first one there is and take its interrupt. False, and said, if there is none or it does not work. */
bool virtio_rng_init(struct virtio_rng *v);

/* Give it a buffer, and again whenever it comes back, until virtio_rng_stop(). */
void virtio_rng_start(struct virtio_rng *v);
void virtio_rng_stop(struct virtio_rng *v);

#endif
