/* SPDX-License-Identifier: BSD-2-Clause */
/* The entropy device (VIRTIO 1.2, 5.4) over MMIO. The device fills each buffer that it gets with random numbers. */
#ifndef PAYLOAD_DRIVERS_VIRTIO_RNG_H
#define PAYLOAD_DRIVERS_VIRTIO_RNG_H

#include <stdatomic.h>

#include "payload/drivers/virtio_mmio.h"
#include "payload/drivers/wire.h"

struct virtio_rng {
    struct virtio_mmio device;
    struct virtq queue; /* used by virtio_rng_start(), then by the handler alone */
    struct wire line;
    _Atomic int go;          /* the handler gives a filled buffer to the device again */
    _Atomic uint64_t filled; /* filled buffers */
    _Atomic uint64_t bytes;  /* bytes in the filled buffers */
};

/*
 * Find the first entropy device and request its interrupt. Returns false, after printing the reason, if there is none
 * or it does not work.
 */
bool virtio_rng_init(struct virtio_rng *v);

/* Give the device one buffer, which it fills once. */
void virtio_rng_ask(struct virtio_rng *v);

/* Give the device a buffer, and again each time it is filled, until virtio_rng_stop(). */
void virtio_rng_start(struct virtio_rng *v);
void virtio_rng_stop(struct virtio_rng *v);

#endif
