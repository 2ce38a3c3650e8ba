/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtq.h"
#include <stddef.h>
#include <string.h>

#define NO_STATUS 0xffu /* none that a device gives: 5.2.6 */

static void chain(struct virtq *q, unsigned i)
{
    struct virtq_descriptor *d = &q->m->descriptors[i * VIRTQ_CHAIN];

    d[0] = (struct virtq_descriptor){
        .address = (uintptr_t)&q->m->headers[i],
        .length = sizeof(struct virtq_header),
        .flags = VIRTQ_NEXT,
        .next = (uint16_t)(i * VIRTQ_CHAIN + 1),
    };
    d[1] =
        (struct virtq_descriptor){.flags = VIRTQ_NEXT | VIRTQ_WRITE, .next = (uint16_t)(i * VIRTQ_CHAIN + 2)};
    d[2] =
        (struct virtq_descriptor){.address = (uintptr_t)&q->m->status[i], .length = 1, .flags = VIRTQ_WRITE};
}

bool virtq_init(struct virtq *q, struct virtq_memory *m, unsigned size)
{
    if (size > VIRTQ_SIZE || (size & (size - 1)) || size < VIRTQ_REQUESTS * VIRTQ_CHAIN)
        return false;
    memset(m, 0, sizeof(*m));
    *q = (struct virtq){.m = m, .size = (uint16_t)size};
    for (unsigned i = 0; i < VIRTQ_REQUESTS; i++)
        chain(q, i);
    return true;
}

/* Release: the device must not see the index before what it leads to (2.7.13.3). */
bool virtq_put(struct virtq *q, uint64_t sector, void *buffer, uint32_t bytes, void *owner)
{
    if (q->busy == UINT32_MAX)
        return false;
    unsigned i = (unsigned)__builtin_ctz(~q->busy);
    struct virtq_descriptor *data = &q->m->descriptors[i * VIRTQ_CHAIN + 1];

    q->busy |= 1u << i;
    q->owner[i] = owner;
    q->bytes[i] = bytes;
    q->m->headers[i] = (struct virtq_header){.sector = sector};
    q->m->status[i] = NO_STATUS;
    data->address = (uintptr_t)buffer;
    data->length = bytes;
    q->m->available.ring[q->available & (q->size - 1u)] = (uint16_t)(i * VIRTQ_CHAIN);
    q->available++;
    atomic_store_explicit(&q->m->available.index, q->available, memory_order_release);
    return true;
}

unsigned virtq_unseen(const struct virtq *q)
{
    return (uint16_t)(atomic_load_explicit(&q->m->used.index, memory_order_acquire) - q->used);
}

/* Acquired by the index: the element, the status and the data are read after it. */
bool virtq_take(struct virtq *q, struct virtq_result *result)
{
    if (!virtq_unseen(q))
        return false;
    uint32_t id = q->m->used.ring[q->used & (q->size - 1u)].id;
    uint32_t length = q->m->used.ring[q->used & (q->size - 1u)].length, i = id / VIRTQ_CHAIN;

    q->used++;
    *result = (struct virtq_result){0};
    if (id % VIRTQ_CHAIN || i >= VIRTQ_REQUESTS || !(q->busy >> i & 1))
        return true;
    q->busy &= ~(1u << i);
    result->owner = q->owner[i];
    result->status = q->m->status[i];
    result->whole = length == q->bytes[i] + 1; /* the status byte is written too (2.7.8.2) */
    return true;
}

void *virtq_orphan(struct virtq *q)
{
    if (!q->busy)
        return NULL;
    unsigned i = (unsigned)__builtin_ctz(q->busy);

    q->busy &= ~(1u << i);
    return q->owner[i];
}
