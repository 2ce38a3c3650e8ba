/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MMIO accesses of harts: interrupt files and APLICs are there. Apart from the rest, so that a test of something
 * else (test_pci.c) may bring its own.
 */
#include "aplic_model.h"
#include "mmio.h"

static void check(uintptr_t a, unsigned size)
{
    if (a < m.hart[0].mmio || a >= m.hart[0].mmio + 0x1000u * m.n_harts || a % 4 || size != 4)
        m_die("hart %u: access fault: %u bytes at %#lx", m.here, size, (unsigned long)a);
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    m_event(M_MMIO, (void *)a, 0, 0);
    struct am *d = am_at(a);
    if (d && size == 4 && a % 4 == 0)
        return am_read(d, (unsigned)(a - d->base));
    check(a, size);
    return 0;
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_MMIO, (void *)a, 1, v);
    struct am *d = am_at(a);
    if (d && size == 4 && a % 4 == 0) {
        am_write(d, (unsigned)(a - d->base), (uint32_t)v);
        return;
    }
    check(a, size);
    if (h->mem_dirty)
        m_die("hart %u: seteipnum written behind a memory write without a fence rw, o", m.here);
    if (a % 0x1000 != 0)
        return; /* seteipnum_be may be, and the rest is, ignored */
    m_queue_add(&h->stores, a, (uint32_t)v);
    if (m.store_lag == 0)
        m_fabric_flush(h);
}
