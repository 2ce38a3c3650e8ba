/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model's fabric (m_fabric.c) without its delays: a write moves only by an action of the search, by a fence or by a
 * read-back. When a hart reads its own eip, nothing arrives by that; an action before the read can let a write arrive.
 */
#include "explore.h"
#include "unit.h"

void m_queue_add(struct m_queue *q, uint64_t addr, uint32_t data)
{
    if (q->n == M_QUEUE)
        m_die("a queue of the fabric is full");
    q->w[q->n++] = (struct m_write){.addr = addr, .data = data};
}

static struct m_write take(struct m_queue *q)
{
    struct m_write w = q->w[0];

    memmove(q->w, q->w + 1, --q->n * sizeof(q->w[0]));
    return w;
}

unsigned x_hart_of(uint64_t msi_addr)
{
    unsigned h = 0;

    while (h < m.n_harts && m.hart[h].msi_addr != msi_addr)
        h++;
    return h < m.n_harts ? h : X_HARTS;
}

static void enter(unsigned hart, uint32_t id)
{
    struct m_file *f = &m.hart[hart].file;

    if (id < 1 || id > f->n_ids)
        m_die("P1: a write of identity %u, which hart %u's file does not have", id, hart);
    if (x_exploring)
        m_queue_add(&f->inbound, 0, id);
    else
        m_file_set(f, id);
}

void m_fabric_post(uint64_t addr, uint32_t data)
{
    unsigned h = x_hart_of(addr);

    if (x_unit_takes(addr, data))
        return;
    if (h == X_HARTS)
        m_die("P2: rogue DMA write of %#x to %#llx", data, (unsigned long long)addr);
    enter(h, data);
}

void m_fabric_flush(struct m_hart *h)
{
    while (h->stores.n) {
        struct m_write w = take(&h->stores);
        enter((unsigned)((w.addr - m.hart[0].mmio) / 0x1000), w.data);
    }
}

void m_fabric_step(void)
{
    m.step = 0; /* not part of a state */
}

void m_fabric_poll(struct m_hart *h)
{
    if (!x_exploring)
        m_fabric_flush(h);
}

/* ---- actions ---- */

bool x_can_store_out(unsigned hart)
{
    return m.hart[hart].stores.n != 0;
}

void x_store_out(unsigned hart)
{
    struct m_write w = take(&m.hart[hart].stores);
    unsigned to = (unsigned)((w.addr - m.hart[0].mmio) / 0x1000);

    x_tell("fabric: hart %u's write of (hart %u, identity %u) leaves its store buffer", hart, to, w.data);
    enter(to, w.data);
}

bool x_can_land(unsigned hart)
{
    return m.hart[hart].file.inbound.n != 0;
}

void x_land(unsigned hart)
{
    struct m_write w = take(&m.hart[hart].file.inbound);

    x_tell("fabric: identity %u arrives in eip of hart %u", w.data, hart);
    m_file_set(&m.hart[hart].file, w.data);
}

void x_post(unsigned dev)
{
    struct m_write w = take(&x.devs[dev].dev.posted);

    x_tell("fabric: the MSI (hart %u, identity %u) of device %c reaches hart %u's file", x_hart_of(w.addr),
           w.data, 'I' + (char)dev, x_hart_of(w.addr));
    m_fabric_post(w.addr, w.data);
}
