/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes under way to interrupt files: store buffers, posted queues, inbound queues. */
#include <string.h>

#include "model.h"

void m_queue_add(struct m_queue *q, uint64_t addr, uint32_t data)
{
    if (q->n == M_QUEUE)
        m_die("a queue of the fabric is full");
    q->w[q->n++] = (struct m_write){addr, data, m.step};
}

static struct m_write take(struct m_queue *q)
{
    struct m_write w = q->w[0];

    memmove(q->w, q->w + 1, --q->n * sizeof(q->w[0]));
    return w;
}

static bool due(const struct m_queue *q, uint32_t lag)
{
    return q->n && lag != M_NEVER && m.step - q->w[0].since >= lag;
}

static void land_due(struct m_file *f)
{
    while (!f->frozen && due(&f->inbound, m.inbound_lag))
        m_file_set(f, take(&f->inbound).data);
}

/* Let the oldest write of the inbound queue into eip, if there is one. */
static bool land(struct m_file *f)
{
    if (!f->inbound.n || f->frozen)
        return false;
    m_file_set(f, take(&f->inbound).data);
    return true;
}

static void enter(struct m_file *f, uint32_t data)
{
    m_queue_add(&f->inbound, 0, data);
    land_due(f);
}

void m_fabric_post(uint64_t addr, uint32_t data)
{
    if (m.through && m.through(addr, data))
        return;
    for (unsigned h = 0; h < m.n_harts; h++)
        if (m.hart[h].msi_addr == addr) {
            enter(&m.hart[h].file, data);
            return;
        }
    m_die("rogue DMA write of %#x to %#llx", data, (unsigned long long)addr);
}

static void store_out(struct m_hart *h)
{
    struct m_write w = take(&h->stores);

    enter(&m.hart[(w.addr - m.hart[0].mmio) / 0x1000].file, w.data);
}

void m_fabric_flush(struct m_hart *h)
{
    while (h->stores.n)
        store_out(h);
}

void m_fabric_step(void)
{
    for (unsigned i = 0; i < m.n_harts; i++)
        while (due(&m.hart[i].stores, m.store_lag))
            store_out(&m.hart[i]);
    for (unsigned i = 0; i < m.n_devs; i++)
        if (due(&m.devs[i]->posted, m.post_lag))
            m_push(m.devs[i]);
    for (unsigned i = 0; i < m.n_chips; i++)
        if (m.chips[i]->step)
            m.chips[i]->step(m.chips[i]);
    for (unsigned i = 0; i < m.n_harts; i++)
        land_due(&m.hart[i].file);
}

void m_fabric_poll(struct m_hart *h)
{
    if (h->stores.n)
        store_out(h);
    for (unsigned i = 0; i < m.n_chips; i++)
        if (m.chips[i]->poll)
            m.chips[i]->poll(m.chips[i], (unsigned)(h - m.hart));
    land(&h->file);
}

void m_fabric_wait(void)
{
    for (unsigned i = 0; i < m.n_harts; i++)
        m_fabric_poll(&m.hart[i]);
}

bool m_fabric_settle(void)
{
    bool moved = false;

    for (unsigned i = 0; i < m.n_chips; i++)
        if (m.chips[i]->settle)
            moved |= m.chips[i]->settle(m.chips[i]);
    for (unsigned i = 0; i < m.n_devs; i++) {
        moved |= m.devs[i]->posted.n != 0;
        m_push(m.devs[i]);
    }
    moved |= m.settle && m.settle();
    for (unsigned i = 0; i < m.n_harts; i++) {
        moved |= m.hart[i].stores.n != 0;
        m_fabric_flush(&m.hart[i]);
    }
    for (unsigned i = 0; i < m.n_harts; i++)
        while (land(&m.hart[i].file))
            moved = true;
    return moved;
}
