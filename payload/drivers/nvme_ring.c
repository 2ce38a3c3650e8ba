/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/nvme_ring.h"
#include <stddef.h>

#define PHASE 0x10000u

void nvme_ring_init(struct nvme_ring *r, uint16_t id, struct nvme_command *sq, struct nvme_completion *cq)
{
    *r = (struct nvme_ring){.id = id, .sq = sq, .cq = cq, .phase = PHASE};
    for (unsigned i = 0; i < NVME_ENTRIES; i++)
        atomic_store_explicit(&cq[i].status, 0, memory_order_relaxed);
}

static uint16_t after(uint16_t at)
{
    return (uint16_t)(at + 1u == NVME_ENTRIES ? 0 : at + 1u);
}

/*
 * A queue has two bounds: command identifiers, and entries of the ring. The device frees an entry when it has fetched
 * the entry, and reports that in the next completion (dw 2). If its reports are true, the identifiers run out first.
 */
bool nvme_ring_put(struct nvme_ring *r, const struct nvme_command *c, void *owner)
{
    if (r->busy == UINT32_MAX || after(r->tail) == r->sq_head)
        return false;
    unsigned id = (unsigned)__builtin_ctz(~r->busy);

    r->busy |= 1u << id;
    r->owner[id] = owner;
    r->sq[r->tail] = *c;
    r->sq[r->tail].dw[0] |= (uint32_t)id << 16;
    r->tail = after(r->tail);
    return true;
}

/* Acquire: the entry's other words and the command's data are read after the phase bit that hands the entry over. */
static bool is_new(const struct nvme_ring *r, uint16_t at, uint32_t phase, uint32_t *status)
{
    *status = atomic_load_explicit(&r->cq[at].status, memory_order_acquire);
    return (*status & PHASE) == phase;
}

bool nvme_ring_take(struct nvme_ring *r, struct nvme_result *result)
{
    const struct nvme_completion *e = &r->cq[r->cq_head];
    uint32_t status;

    if (!is_new(r, r->cq_head, r->phase, &status))
        return false;
    unsigned id = status & 0xffffu;
    uint32_t sq = e->dw[2];
    bool known = id < NVME_COMMANDS && (r->busy >> id & 1) && sq >> 16 == r->id;

    *result = (struct nvme_result){.value = e->dw[0], .status = (uint16_t)(status >> 17)};
    if (known) {
        result->owner = r->owner[id];
        r->busy &= ~(1u << id);
    }
    if (known && (sq & 0xffffu) < NVME_ENTRIES)
        r->sq_head = (uint16_t)sq;
    r->cq_head = after(r->cq_head);
    if (r->cq_head == 0)
        r->phase ^= PHASE;
    return true;
}

unsigned nvme_ring_unseen(const struct nvme_ring *r)
{
    uint32_t phase = r->phase, status;
    uint16_t at = r->cq_head;
    unsigned n = 0;

    while (n < NVME_ENTRIES && is_new(r, at, phase, &status)) {
        n++;
        at = after(at);
        if (at == 0)
            phase ^= PHASE;
    }
    return n;
}

void *nvme_ring_orphan(struct nvme_ring *r)
{
    if (!r->busy)
        return NULL;
    unsigned id = (unsigned)__builtin_ctz(r->busy);

    r->busy &= ~(1u << id);
    return r->owner[id];
}
