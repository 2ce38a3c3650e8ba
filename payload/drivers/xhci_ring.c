/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/xhci_ring.h"
#include "payload/drivers/xhci_regs.h"
#include <stddef.h>
#include <string.h>

static uint32_t cycle_bit(bool cycle)
{
    return cycle ? XHCI_TRB_CYCLE : 0;
}

/* The cycle bit hands the TRB over, so the rest must be in memory before it (4.9.2). */
static void give(struct xhci_trb *t, uint64_t param, uint32_t status, uint32_t control)
{
    t->param = param;
    t->status = status;
    atomic_store_explicit(&t->control, control, memory_order_release);
}

void xhci_ring_init(struct xhci_ring *r, struct xhci_trb *trbs, unsigned n)
{
    memset(trbs, 0, n * sizeof(*trbs));
    *r = (struct xhci_ring){.trbs = trbs, .n = n, .cycle = true};
}

unsigned xhci_ring_room(const struct xhci_ring *r)
{
    unsigned usable = r->n - 1; /* without the link TRB */

    return (r->done + usable - r->next - 1) % usable;
}

/*
 * The link TRB belongs to the lap that it ends: the controller follows the link only if the link has that lap's cycle
 * bit (4.9.2).
 */
static void wrap(struct xhci_ring *r)
{
    give(&r->trbs[r->n - 1], (uintptr_t)r->trbs, 0,
         XHCI_TRB_TYPE(XHCI_LINK) | XHCI_TRB_TC | cycle_bit(r->cycle));
    r->cycle = !r->cycle;
    r->next = 0;
    r->wraps++;
}

unsigned xhci_ring_push(struct xhci_ring *r, uint64_t param, uint32_t status, uint32_t control,
                        struct xhci_request *owner)
{
    unsigned i = r->next;

    r->owners[i] = owner;
    give(&r->trbs[i], param, status, (control & ~XHCI_TRB_CYCLE) | cycle_bit(r->cycle));
    if (++r->next == r->n - 1)
        wrap(r);
    return i;
}

int xhci_ring_index(const struct xhci_ring *r, uint64_t addr)
{
    uint64_t offset = addr - (uintptr_t)r->trbs;

    if (offset % sizeof(*r->trbs) ||
        offset / sizeof(*r->trbs) + 1 >= r->n) /* n is 0 for a ring that was not set up */
        return -1;
    return (int)(offset / sizeof(*r->trbs));
}

bool xhci_ring_complete(struct xhci_ring *r, unsigned i)
{
    unsigned usable = r->n - 1, out = (r->next + usable - r->done) % usable;
    unsigned stop = (i + 1) % usable;

    if ((i + usable - r->done) % usable >= out)
        return false;
    for (unsigned k = r->done; k != stop; k = (k + 1) % usable)
        r->owners[k] = NULL;
    r->done = stop;
    return true;
}

void xhci_ring_forget(struct xhci_ring *r, const struct xhci_request *owner)
{
    for (unsigned i = 0; i < r->n; i++)
        if (r->owners[i] == owner)
            r->owners[i] = NULL;
}

uint64_t xhci_ring_restart(struct xhci_ring *r)
{
    memset(r->owners, 0, sizeof(r->owners));
    r->done = r->next;
    return (uintptr_t)&r->trbs[r->next] | cycle_bit(r->cycle);
}

/* ---- events ---- */

void xhci_events_init(struct xhci_events *e, struct xhci_erst *erst, struct xhci_trb *trbs, unsigned n,
                      unsigned size)
{
    memset(trbs, 0, (size_t)n * size * sizeof(*trbs));
    for (unsigned s = 0; s < n; s++)
        erst[s] = (struct xhci_erst){.base = (uintptr_t)&trbs[s * size], .size = size};
    *e = (struct xhci_events){.erst = erst, .n = n, .cycle = true};
}

static struct xhci_trb *at(const struct xhci_events *e)
{
    return (struct xhci_trb *)(uintptr_t)e->erst[e->segment].base + e->i;
}

/* Acquire: the event's other words, and the data that the event announces, are read after its cycle bit. */
bool xhci_events_peek(const struct xhci_events *e, struct xhci_trb *event)
{
    const struct xhci_trb *t = at(e);
    uint32_t control = atomic_load_explicit(&t->control, memory_order_acquire);

    if ((control & XHCI_TRB_CYCLE) != cycle_bit(e->cycle))
        return false;
    *event = (struct xhci_trb){.param = t->param, .status = t->status, .control = control};
    return true;
}

/*
 * Event rings have no link TRBs: the table has the end of each segment, and the cycle bit flips after the last segment
 * (4.9.4).
 */
void xhci_events_next(struct xhci_events *e)
{
    if (++e->i < e->erst[e->segment].size)
        return;
    e->i = 0;
    if (++e->segment < e->n)
        return;
    e->segment = 0;
    e->cycle = !e->cycle;
    e->wraps++;
}

uint64_t xhci_events_dequeue(const struct xhci_events *e)
{
    return (uintptr_t)at(e) | e->segment;
}

unsigned xhci_events_waiting(struct xhci_events e)
{
    unsigned n = 0, max = e.n * e.erst[0].size;
    struct xhci_trb event;

    while (n < max && xhci_events_peek(&e, &event)) {
        xhci_events_next(&e);
        n++;
    }
    return n;
}
