/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue (VIRTIO 1.2, 2.7) of requests: each has descriptors of its own, for ever, in a row. A queue is for one
 * sort of request, and takes as many at once as the size allows. No registers, no locks: who calls holds the queue's.
 */
#ifndef PAYLOAD_DRIVERS_VIRTQ_H
#define PAYLOAD_DRIVERS_VIRTQ_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define VIRTQ_SIZE     128u /* at most; a power of two, and not less than the descriptors of all requests */
#define VIRTQ_REQUESTS 32u  /* at once, at most */

/* By the number of descriptors. */
enum virtq_sort {
    VIRTQ_BUFFER = 1, /* to be filled */
    VIRTQ_BLOCK = 3,  /* a block request: what is asked, where to, and how it went */
};

struct virtq_descriptor { /* 2.7.5 */
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
#define VIRTQ_NEXT  1u
#define VIRTQ_WRITE 2u /* by the device */

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
 * What device and driver share; laid out as the legacy interface wants it (2.7.2), too: there the available ring follows the
 * last descriptor of the queue, so where the queue is smaller than VIRTQ_SIZE, it is among the descriptors here.
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
    struct virtq_available *ring; /* in it */
    uint16_t size;
    enum virtq_sort sort;
    unsigned requests;  /* at once */
    uint16_t available; /* indices run freely, modulo 65536 */
    uint16_t used;
    uint32_t busy;                   /* requests in use */
    uint32_t wanted[VIRTQ_REQUESTS]; /* bytes that the device is to write */
    void *owner[VIRTQ_REQUESTS];
};

struct virtq_result {
    void *owner;     /* NULL: it was never asked for that */
    uint8_t status;  /* 0: good; of a buffer always */
    uint32_t length; /* bytes that were written, the status too */
    bool whole;      /* all were */
};

/* False: `size` is no power of two, too large, or too small for one request. */
bool virtq_init(struct virtq *q, struct virtq_memory *m, unsigned size, enum virtq_sort sort);

/* Read `bytes` at `sector`. False: full. Else the device is to be told. */
bool virtq_put(struct virtq *q, uint64_t sector, void *buffer, uint32_t bytes, void *owner);

/* Fill `buffer`. The same. */
bool virtq_put_buffer(struct virtq *q, void *buffer, uint32_t bytes, void *owner);

/* The next that is used, if there is one. */
bool virtq_take(struct virtq *q, struct virtq_result *result);

/* Used and not taken. Changes nothing. */
unsigned virtq_unseen(const struct virtq *q);

/* The owner of some request in flight, which is forgotten; NULL: there is none. */
void *virtq_orphan(struct virtq *q);

#endif
