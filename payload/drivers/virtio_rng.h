/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy device (VIRTIO 1.2, 5.4) over MMIO: it fills buffers with random numbers as fast as it is given them.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_RNG_H
#define PAYLOAD_DRIVERS_VIRTIO_RNG_H

#include <stdatomic.h>

#include "payload/drivers/virtio_mmio.h"
#include "payload/drivers/wire.h"

struct virtio_rng {
    struct virtio_mmio device;
    struct virtq queue; /* the handler's; at first virtio_rng_start()'s */
    struct wire line;
    _Atomic int go;          /* a buffer that comes back is given again */
    _Atomic uint64_t filled; /* buffers that came back */
    _Atomic uint64_t bytes;  /* in them */
};

/* Find the first one there is and take its interrupt. False: there is none; or it does not work, and that was said. */
bool virtio_rng_init(struct virtio_rng *v);

/* Give it one buffer, which it fills once. */
void virtio_rng_ask(struct virtio_rng *v);

/* Give it a buffer, and again whenever it comes back, until virtio_rng_stop(). */
void virtio_rng_start(struct virtio_rng *v);
void virtio_rng_stop(struct virtio_rng *v);

#endif
