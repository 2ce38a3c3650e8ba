/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtq.h"
#include <stddef.h>
#include <string.h>

#define NO_STATUS 0xffu /* a value that no device writes: 5.2.6 */

static void chain(struct virtq *q, unsigned i)
{
    struct virtq_descriptor *d = &q->m->descriptors[i * VIRTQ_BLOCK];

    d[0] = (struct virtq_descriptor){
        .address = (uintptr_t)&q->m->headers[i],
        .length = sizeof(struct virtq_header),
        .flags = VIRTQ_NEXT,
        .next = (uint16_t)(i * VIRTQ_BLOCK + 1),
    };
    d[1] =
        (struct virtq_descriptor){.flags = VIRTQ_NEXT | VIRTQ_WRITE, .next = (uint16_t)(i * VIRTQ_BLOCK + 2)};
    d[2] =
        (struct virtq_descriptor){.address = (uintptr_t)&q->m->status[i], .length = 1, .flags = VIRTQ_WRITE};
}

bool virtq_init(struct virtq *q, struct virtq_memory *m, unsigned size, enum virtq_sort sort)
{
    unsigned n = size / sort < VIRTQ_REQUESTS ? size / sort : VIRTQ_REQUESTS;

    if (size > VIRTQ_SIZE || (size & (size - 1)) || !n)
        return false;
    memset(m, 0, sizeof(*m));
    *q = (struct virtq){.m = m, .size = (uint16_t)size, .sort = sort, .requests = n};
    q->ring = (struct virtq_available *)((uintptr_t)m + size * sizeof(struct virtq_descriptor));
    for (unsigned i = 0; i < n && sort == VIRTQ_BLOCK; i++)
        chain(q, i);
    return true;
}

static bool is_full(const struct virtq *q)
{
    return q->busy == UINT32_MAX >> (32 - q->requests);
}

_Static_assert(offsetof(struct virtq_memory, available) == sizeof(struct virtq_descriptor) * VIRTQ_SIZE &&
                   offsetof(struct virtq_memory, used) == VIRTQ_ALIGN,
               "not the legacy layout");

static unsigned take_free(struct virtq *q, uint32_t wanted, void *owner)
{
    unsigned i = (unsigned)__builtin_ctz(~q->busy);

    q->busy |= 1u << i;
    q->owner[i] = owner;
    q->wanted[i] = wanted;
    return i;
}

/* Release: the device must not see the index before the entries that the index covers (2.7.13.3). */
static void offer(struct virtq *q, unsigned i)
{
    q->ring->ring[q->available & (q->size - 1u)] = (uint16_t)(i * q->sort);
    q->available++;
    atomic_store_explicit(&q->ring->index, q->available, memory_order_release);
}

/* The device writes the status byte, too (2.7.8.2). */
bool virtq_put(struct virtq *q, uint64_t sector, void *buffer, uint32_t bytes, void *owner)
{
    if (is_full(q))
        return false;
    unsigned i = take_free(q, bytes + 1, owner);
    struct virtq_descriptor *data = &q->m->descriptors[i * VIRTQ_BLOCK + 1];

    q->m->headers[i] = (struct virtq_header){.sector = sector};
    q->m->status[i] = NO_STATUS;
    data->address = (uintptr_t)buffer;
    data->length = bytes;
    offer(q, i);
    return true;
}

bool virtq_put_buffer(struct virtq *q, void *buffer, uint32_t bytes, void *owner)
{
    if (is_full(q))
        return false;
    unsigned i = take_free(q, bytes, owner);

    q->m->status[i] = 0;
    q->m->descriptors[i] =
        (struct virtq_descriptor){.address = (uintptr_t)buffer, .length = bytes, .flags = VIRTQ_WRITE};
    offer(q, i);
    return true;
}

unsigned virtq_unseen(const struct virtq *q)
{
    return (uint16_t)(atomic_load_explicit(&q->m->used.index, memory_order_acquire) - q->used);
}

/* Acquire: the element, the status and the data are read after the index. */
bool virtq_take(struct virtq *q, struct virtq_result *result)
{
    if (!virtq_unseen(q))
        return false;
    uint32_t id = q->m->used.ring[q->used & (q->size - 1u)].id;
    uint32_t length = q->m->used.ring[q->used & (q->size - 1u)].length, i = id / q->sort;

    q->used++;
    *result = (struct virtq_result){0};
    if (id % q->sort || i >= q->requests || !(q->busy >> i & 1))
        return true;
    q->busy &= ~(1u << i);
    result->owner = q->owner[i];
    result->status = q->m->status[i];
    result->length = length;
    result->whole = length == q->wanted[i];
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
