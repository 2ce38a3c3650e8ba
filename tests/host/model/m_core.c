/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine as a whole: reset, accesses and their rules, failure. model.h says what is modelled. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "mmio.h"

struct m m;

static void print_and_abort(const char *why)
{
    fprintf(stderr, "model: %s\n", why);
    abort();
}

void (*m_failed)(const char *why) = print_and_abort;

/* A memory access of the library: the fences order these accesses. */
static void atomic_access(const volatile void *p, bool write)
{
    const char *at = (const char *)(uintptr_t)p;

    if (!m.n_harts)
        return;
    m_event(M_ATOMIC, p, write, 0);
    struct m_hart *h = &m.hart[m.here];
    if (h->claim_unfenced)
        m_die("hart %u: memory accessed after a claim without a fence between", m.here);
    if (!write)
        return;
    if (h->read_back_unfenced)
        m_die("hart %u: memory written after the read-back of a drain without a fence between", m.here);
    h->mem_dirty = true;
    if (at >= (const char *)m.slots && at < (const char *)m.slots_end)
        h->slots_dirty = true;
}

void m_reset(unsigned n_harts, const uint16_t *n_ids)
{
    uint64_t junk = 0x9e3779b97f4a7c15ull;

    memset(&m, 0, sizeof(m));
    m.relax_ticks = 10;
    m.n_harts = n_harts;
    for (unsigned h = 0; h < n_harts; h++) {
        struct m_hart *hart = &m.hart[h];
        hart->file.n_ids = n_ids[h];
        hart->mmio = 0x10000000u + 0x1000u * h;
        hart->msi_addr = 0x28000000u + 0x4000u * h;
        for (unsigned w = 0; w <= n_ids[h] / 64u; w++) {
            hart->file.eip[w] = (junk *= 0x5851f42d4c957f2dull) & (w ? ~0ull : ~1ull);
            hart->file.eie[w] = (junk *= 0x5851f42d4c957f2dull) & (w ? ~0ull : ~1ull);
        }
        hart->file.eidelivery = 1;
        hart->file.eithreshold = 5;
    }
    m_sched_reset();
    model_atomic_hook = atomic_access;
}

void m_event(enum m_access kind, const volatile void *where, unsigned what, uint64_t value)
{
    struct m_event e = {kind, m.here, (uintptr_t)where, what, value};

    if (m.hart[m.here].stopped)
        m_die("hart %u runs while it is stopped", m.here);
    m.step++;
    m_fabric_step();
    if (m.hook && !m.in_hook) {
        m.in_hook = true;
        m.hook(&e, m.hook_arg);
        m.in_hook = false;
    }
    m_take();
}

/* Apply a fence. The kind names its predecessor and successor sets. */
void model_fence(int kind)
{
    struct m_hart *h = &m.hart[m.here];

    m_event(M_FENCE, NULL, (unsigned)kind, 0);
    if (kind == MODEL_FENCE_RW_O || kind == MODEL_FENCE_ALL)
        h->mem_dirty = h->slots_dirty = false;
    if (kind != MODEL_FENCE_RW_O) {
        h->read_back_unfenced = false;
        m_fabric_flush(h);
    }
    if (kind == MODEL_FENCE_IO_RWIO || kind == MODEL_FENCE_ALL)
        h->claim_unfenced = false;
}

/* The clock of the trace. A test that defines its own clock overrides it. */
__attribute__((weak)) uint64_t model_time(void)
{
    return m.now;
}
