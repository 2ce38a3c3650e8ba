/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue (VIRTIO 1.2, 2.7) of requests. Each request has a fixed row of descriptors of its own. A queue is
 * for one sort of request; its size bounds the number of requests. No registers, no locks: the caller holds the queue's
 * lock.
 */
#ifndef PAYLOAD_DRIVERS_VIRTQ_H
#define PAYLOAD_DRIVERS_VIRTQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VIRTQ_SIZE     128u /* the largest size; a power of two, and at least the descriptors of all requests */
#define VIRTQ_REQUESTS 32u /* the most requests in the queue */

/* The sorts of requests. The value is the number of descriptors. */
enum virtq_sort {
    VIRTQ_BUFFER = 1, /* a buffer that the device fills */
    VIRTQ_BLOCK = 3,  /* a block request: header, data, status */
};

struct virtq_descriptor { /* 2.7.5 */
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
#define VIRTQ_NEXT  1u
#define VIRTQ_WRITE 2u /* the device writes */

struct virtq_header { /* 5.2.6 */
    uint32_t type, reserved;
    uint64_t sector;
};

struct virtq_available { /* 2.7.6 */
    uint16_t flags;
    _Atomic uint16_t index;
    uint16_t ring[VIRTQ_SIZE];
};

/*
 * The memory shared with the device. The layout also fits the legacy interface (2.7.2): there the available ring
 * follows the queue's last descriptor, so in a queue smaller than VIRTQ_SIZE the ring lies among these descriptors.
 */
#define VIRTQ_ALIGN 4096u
struct virtq_memory {
    _Alignas(VIRTQ_ALIGN) struct virtq_descriptor descriptors[VIRTQ_SIZE];
    struct virtq_available available;
    _Alignas(VIRTQ_ALIGN) struct {
        uint16_t flags;
        _Atomic uint16_t index;
        struct {
            uint32_t id, length;
        } ring[VIRTQ_SIZE];
    } used;
    _Alignas(16) struct virtq_header headers[VIRTQ_REQUESTS];
    uint8_t status[VIRTQ_REQUESTS];
};

struct virtq {
    struct virtq_memory *m;
    struct virtq_available *ring; /* the available ring in m */
    uint16_t size;
    enum virtq_sort sort;
    unsigned requests;  /* the most requests */
    uint16_t available; /* indices run freely, modulo 65536 */
    uint16_t used;
    uint32_t busy;                   /* the requests in use, one bit each */
    uint32_t wanted[VIRTQ_REQUESTS]; /* the bytes that the device has to write */
    void *owner[VIRTQ_REQUESTS];
};

struct virtq_result {
    void *owner;     /* NULL: there was no such request */
    uint8_t status;  /* 0: good; always 0 for a buffer */
    uint32_t length; /* the bytes written, with the status */
    bool whole;      /* all requested bytes were written */
};

/* Returns false if `size` is no power of two, too large, or too small for one request. */
bool virtq_init(struct virtq *q, struct virtq_memory *m, unsigned size, enum virtq_sort sort);

/*
 * Put a read of `bytes` bytes at `sector` in the queue. Returns false if the queue is full. Otherwise the caller must
 * notify the device.
 */
bool virtq_put(struct virtq *q, uint64_t sector, void *buffer, uint32_t bytes, void *owner);

/* Put a buffer that the device fills in the queue. Returns as virtq_put(). */
bool virtq_put_buffer(struct virtq *q, void *buffer, uint32_t bytes, void *owner);

/* Take the next used request. Returns false if there is none. */
bool virtq_take(struct virtq *q, struct virtq_result *result);

/* The number of requests that are used and not taken. Changes nothing. */
unsigned virtq_unseen(const struct virtq *q);

/* Forget a request in flight and return its owner; NULL if there is none. */
void *virtq_orphan(struct virtq *q);

#endif
