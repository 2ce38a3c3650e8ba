/* SPDX-License-Identifier: BSD-2-Clause */
/* The device side of the model: contexts, MSI page tables, second stages. Comments name sections of the IOMMU specification. */
#include <string.h>

#include "iommu_model.h"

#define U (&i_unit)

bool i_prompt;

/* "Process to locate the Device-context". Returns the cause of the fault if there is no context. */
static unsigned locate(uint32_t id, const uint64_t **dc)
{
    unsigned levels = (unsigned)(U->ddtp & 15) - 1;
    uint64_t table = U->ddtp >> 10 << 12;

    for (unsigned i = 0; i < I_KEPT; i++)
        if (U->contexts[i].valid && U->contexts[i].id == id) {
            *dc = U->contexts[i].w;
            return 0;
        }
    if (id >> (6 + 9 * (levels - 1)))
        return 260;
    for (unsigned level = levels - 1; level; level--) {
        const uint64_t *e = i_at(table + (id >> (6 + 9 * (level - 1)) & 511) * 8);
        if (!e)
            return 257;
        if (!(*e & 1))
            return 258;
        if (*e & 0x3fe)
            return 259;
        table = *e >> 10 << 12;
    }
    const uint64_t *w = i_at(table + (id & 63) * 64);
    if (!w)
        return 257;
    if (!(w[0] & 1))
        return 258;
    bool bare = w[1] >> 60 == 0;
    if ((w[0] & ~0x11ull) || w[2] || w[3] || w[7] || (!bare && (w[1] >> 60 != 8 || w[1] & 3)) ||
        (w[4] >> 60 > 1) || (bare && w[4] >> 60))
        return 259;
    unsigned slot = id % I_KEPT;
    U->contexts[slot].valid = true;
    U->contexts[slot].id = id;
    memcpy(U->contexts[slot].w, w, 64);
    *dc = U->contexts[slot].w;
    return 0;
}

static uint64_t extract(uint64_t x, uint64_t mask)
{
    uint64_t out = 0;
    unsigned n = 0;

    for (unsigned i = 0; i < 52; i++)
        if (mask >> i & 1)
            out |= (x >> i & 1) << n++;
    return out;
}

void i_let_out(void)
{
    struct iommu_model was = *U;

    U->taken.n = 0;
    memset(U->updates, 0, sizeof(U->updates));
    for (unsigned i = 0; i < was.taken.n; i++) {
        if (was.updates[i].file)
            *was.updates[i].file = was.updates[i].value;
        const uint64_t *memory = i_at(was.taken.w[i].addr);
        if (!memory) /* a write to memory is a notice that no hart gets */
            m_fabric_post(was.taken.w[i].addr, was.taken.w[i].data);
    }
}

/* "Process to translate addresses of MSIs", and AIA, IOMMU.adoc, "MSI PTE, MRIF mode". */
static bool message(uint32_t id, const uint64_t *dc, uint64_t addr, uint32_t data, bool quiet)
{
    uint16_t gscid = (uint16_t)(dc[1] >> 44);
    uint64_t page = addr >> 12, w[2];
    struct i_pte *slot = &U->ptes[page % I_KEPT];

    if (slot->valid && slot->page == page && slot->gscid == gscid) {
        memcpy(w, slot->w, sizeof(w));
    } else {
        const uint64_t *p = i_at((dc[4] << 12) + 16 * extract(page, dc[5]));
        if (!p)
            return quiet ? false : i_fault(id, 261, addr);
        memcpy(w, p, sizeof(w));
        if (!(w[0] & 1))
            return quiet ? false : i_fault(id, 262, addr);
        *slot = (struct i_pte){true, gscid, page, {w[0], w[1]}};
    }
    if ((w[0] & 7) == 7 && !(w[0] & 0xffc00000000003f8ull)) {
        m_queue_add(&U->taken, (w[0] >> 10 << 12) + addr % 4096, data);
        return true;
    }
    if ((w[0] & 7) != 3 || !(U->caps & 1ull << 23) || w[0] & 0xffc0000000000078ull ||
        w[1] & 0xefc0000000000000ull)
        return quiet ? false : i_fault(id, 263, addr);
    uint64_t *file = i_at((w[0] >> 7 << 9) + data / 64 * 16);
    if (addr % 4096 || data > 2047)
        return true; /* accepted, and discarded */
    if (!file)
        return quiet ? false : i_fault(id, 264, addr);
    U->updates[U->taken.n].file = file;
    U->updates[U->taken.n].value = *file | 1ull << data % 64;
    m_queue_add(&U->taken, (w[1] >> 10 & 0xfffffffffffull) << 12,
                (uint32_t)((w[1] & 0x3ff) | (w[1] >> 60 & 1) << 10));
    return true;
}

static bool walk(uint64_t root, uint64_t addr, uint64_t *to)
{
    const uint64_t *e = i_at(root + (addr >> 30) * 8);
    unsigned shift = 30;

    if (addr >> 41)
        return false;
    for (; e && (*e & 15) == 1 && shift > 12; shift -= 9)
        e = i_at((*e >> 10 << 12) + (addr >> (shift - 9) & 511) * 8);
    if (!e || (*e & 0x17) != 0x17 || (*e >> 10 << 12) & ((1ull << shift) - 1))
        return false;
    *to = (*e >> 10 << 12) | (addr & ((1ull << shift) - 1));
    return true;
}

static bool second_stage(uint64_t iohgatp, uint64_t addr, uint64_t *to)
{
    uint16_t gscid = (uint16_t)(iohgatp >> 44);
    struct i_pte *kept = &U->pages[addr >> 12 & (I_KEPT - 1)];

    if (!kept->valid || kept->gscid != gscid || kept->page != addr >> 12) {
        uint64_t page;
        if (!walk((iohgatp & 0xfffffffffffull) << 12, addr & ~0xfffull, &page))
            return false;
        *kept = (struct i_pte){true, gscid, addr >> 12, {page, 0}};
    }
    *to = kept->w[0] | (addr & 0xfff);
    return true;
}

/* "IOTINVAL.GVMA": drop everything, one address space, or one page of one address space. */
void i_forget(struct i_pte *kept, const uint64_t *c)
{
    for (unsigned i = 0; i < I_KEPT; i++) {
        bool all = !(c[0] >> 33 & 1), space = kept[i].gscid == (uint16_t)(c[0] >> 44);
        if (all || (space && (!(c[0] & 1024) || kept[i].page == c[1] >> 10)))
            kept[i].valid = false;
    }
}

static bool take_in(uint32_t id, uint64_t addr, uint32_t data)
{
    const uint64_t *dc = NULL;
    unsigned cause = 0;

    if ((U->ddtp & 15) == 0)
        return i_fault(id, 256, addr);
    if ((U->ddtp & 15) != 1)
        cause = locate(id, &dc);
    if (cause)
        return i_fault(id, cause, addr);
    bool quiet = dc && (dc[0] & 16);
    if (dc && dc[4] >> 60 && ((addr >> 12) & ~dc[5]) == (dc[6] & ~dc[5]))
        return message(id, dc, addr, data, quiet);
    uint64_t to = addr;
    if (dc && dc[1] >> 60 && !second_stage(dc[1], addr, &to))
        return quiet ? (U->n_faults++, false) : i_fault(id, 23, addr);
    U->n_passed++;
    U->last_passed = to;
    for (unsigned h = 0; h < m.n_harts; h++)
        if (m.hart[h].msi_addr == to)
            m_queue_add(&U->taken, to, data);
    return true;
}

bool i_write(uint32_t id, uint64_t addr, uint32_t data)
{
    bool passed = take_in(id, addr, data);

    if (i_prompt)
        i_let_out();
    return passed;
}

/* A device sends its own MSI to an address. Returns whether the address is in a window that the test named. */
bool i_through(uint64_t addr, uint32_t data)
{
    for (unsigned i = 0; i < U->n_ids; i++) {
        uint64_t window = U->windows[i];
        if (addr >= window && addr < window + 0x100000) {
            (void)i_write(U->ids[i], addr, data);
            return true;
        }
    }
    return false;
}

void i_behind(uint32_t id, uint64_t window)
{
    U->ids[U->n_ids] = id;
    U->windows[U->n_ids++] = window;
}

bool i_settle(void)
{
    bool moved = U->taken.n != 0;

    i_let_out();
    return moved;
}
