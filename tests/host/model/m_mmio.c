/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MMIO accesses of harts: to interrupt files, to other chips of the test (m.chips), and to memory that a device reads
 * (m.memory). A file of its own, so that a test of something else (test_pci.c) can replace it.
 */
#include <string.h>

#include "model.h"
#include "mmio.h"

static void check(uintptr_t a, unsigned size)
{
    if (a < m.hart[0].mmio || a >= m.hart[0].mmio + 0x1000u * m.n_harts || a % 4 || size != 4)
        m_die("hart %u: access fault: %u bytes at %#lx", m.here, size, (unsigned long)a);
}

static bool in_memory(uintptr_t a, unsigned size)
{
    return m.memory && a >= m.memory && a + size <= m.memory + m.memory_size && a % size == 0;
}

static struct m_chip *chip_at(uintptr_t a)
{
    for (unsigned i = 0; i < m.n_chips; i++)
        if (a >= m.chips[i]->base && a < m.chips[i]->base + m.chips[i]->size)
            return m.chips[i];
    return NULL;
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    uint64_t v = 0;

    m_event(M_MMIO, (void *)a, 0, 0);
    if (m.mmio && m.mmio(a, &v, size, false))
        return v;
    if (in_memory(a, size)) {
        memcpy(&v, (void *)a, size);
        return v;
    }
    struct m_chip *c = chip_at(a);
    if (c)
        return c->read(c, (unsigned)(a - c->base), size);
    check(a, size);
    return 0;
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_MMIO, (void *)a, size, v);
    if (m.mmio && m.mmio(a, &v, size, true))
        return;
    if (in_memory(a, size)) {
        memcpy((void *)a, &v, size);
        return;
    }
    struct m_chip *c = chip_at(a);
    if (c) {
        c->write(c, (unsigned)(a - c->base), v, size);
        return;
    }
    check(a, size);
    if (h->mem_dirty)
        m_die("hart %u: seteipnum written after a memory write without a fence rw, o between", m.here);
    if (a % 0x1000 != 0)
        return; /* seteipnum_be may be ignored, and every other offset is */
    m_queue_add(&h->stores, a, (uint32_t)v);
    if (m.store_lag == 0)
        m_fabric_flush(h);
}

bool model_mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    m_event(M_MMIO, (void *)a, 16, desired[0]);
    if (!in_memory(a, 16))
        m_die("hart %u: amocas.q at %#lx, which is not memory", m.here, (unsigned long)a);
    bool same = !memcmp((void *)a, expected, 16);
    if (same)
        memcpy((void *)a, desired, 16);
    else
        memcpy(expected, (void *)a, 16);
    return same;
}
