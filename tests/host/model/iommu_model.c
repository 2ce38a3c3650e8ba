/* SPDX-License-Identifier: BSD-2-Clause */
/* What is modelled: see iommu_model.h. Sections in comments are the IOMMU specification's. */
#include <string.h>

#include "iommu_model.h"

struct iommu_model i_unit;
char i_memory[I_PAGES * 4096u] __attribute__((aligned(16384)));

#define U (&i_unit)

uint64_t i_phys(const void *p)
{
    return (uintptr_t)p + I_OFFSET;
}

static uint64_t *at(uint64_t phys)
{
    uintptr_t a = (uintptr_t)(phys - I_OFFSET);

    if (a < (uintptr_t)i_memory || a + 8 > (uintptr_t)i_memory + sizeof(i_memory))
        return NULL;
    return (uint64_t *)a;
}

/* ---- faults: "Fault/Event-Queue (FQ)" ---- */

static void signal(void)
{
    if (!(U->fqcsr & 2) || (U->ipsr & 2))
        return;
    U->ipsr |= 2;
    if (U->msi_control & 1)
        U->msi_kept = true;
    else
        m_fabric_post(U->msi_addr, U->msi_data);
}

static bool fault(uint32_t id, unsigned cause, uint64_t addr)
{
    uint32_t mask = (2u << (U->fqb & 31)) - 1;

    U->n_faults++;
    if (!(U->fqcsr & 1u << 16) || (U->fqcsr & 0x300))
        return false;
    if (((U->fqt + 1) & mask) == U->fqh) {
        U->fqcsr |= 0x200; /* fqof */
    } else {
        uint64_t *r = at((U->fqb >> 10 << 12) + 32ull * U->fqt);
        if (!r)
            m_die("the fault queue is not in memory");
        memcpy(r, (uint64_t[]){cause | 3ull << 34 | (uint64_t)id << 40, 0, addr, 0}, 32);
        U->fqt = (U->fqt + 1) & mask;
    }
    signal();
    return false;
}

/* ---- translation: "Process to translate an IOVA" ---- */

/* "Process to locate the Device-context". Its cause if there is none. */
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
        const uint64_t *e = at(table + (id >> (6 + 9 * (level - 1)) & 511) * 8);
        if (!e)
            return 257;
        if (!(*e & 1))
            return 258;
        if (*e & 0x3fe)
            return 259;
        table = *e >> 10 << 12;
    }
    const uint64_t *w = at(table + (id & 63) * 64);
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

static void let_out(void)
{
    struct iommu_model was = *U;

    U->taken.n = 0;
    memset(U->updates, 0, sizeof(U->updates));
    for (unsigned i = 0; i < was.taken.n; i++) {
        if (was.updates[i].file)
            *was.updates[i].file = was.updates[i].value;
        const uint64_t *memory = at(was.taken.w[i].addr);
        if (!memory) /* else it is a notice for nobody */
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
        const uint64_t *p = at((dc[4] << 12) + 16 * extract(page, dc[5]));
        if (!p)
            return quiet ? false : fault(id, 261, addr);
        memcpy(w, p, sizeof(w));
        if (!(w[0] & 1))
            return quiet ? false : fault(id, 262, addr);
        *slot = (struct i_pte){true, gscid, page, {w[0], w[1]}};
    }
    if ((w[0] & 7) == 7 && !(w[0] & 0xffc00000000003f8ull)) {
        m_queue_add(&U->taken, (w[0] >> 10 << 12) + addr % 4096, data);
        return true;
    }
    if ((w[0] & 7) != 3 || !(U->caps & 1ull << 23) || w[0] & 0xffc0000000000078ull ||
        w[1] & 0xefc0000000000000ull)
        return quiet ? false : fault(id, 263, addr);
    uint64_t *file = at((w[0] >> 7 << 9) + data / 64 * 16);
    if (addr % 4096 || data > 2047)
        return true; /* accepted, and discarded */
    if (!file)
        return quiet ? false : fault(id, 264, addr);
    U->updates[U->taken.n].file = file;
    U->updates[U->taken.n].value = *file | 1ull << data % 64;
    m_queue_add(&U->taken, (w[1] >> 10 & 0xfffffffffffull) << 12,
                (uint32_t)((w[1] & 0x3ff) | (w[1] >> 60 & 1) << 10));
    return true;
}

static bool walk(uint64_t root, uint64_t addr, uint64_t *to)
{
    const uint64_t *e = at(root + (addr >> 30) * 8);
    unsigned shift = 30;

    if (addr >> 41)
        return false;
    for (; e && (*e & 15) == 1 && shift > 12; shift -= 9)
        e = at((*e >> 10 << 12) + (addr >> (shift - 9) & 511) * 8);
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

/* "IOTINVAL.GVMA": of all, of one address space, of one page of it. */
static void forget(struct i_pte *kept, const uint64_t *c)
{
    for (unsigned i = 0; i < I_KEPT; i++) {
        bool all = !(c[0] >> 33 & 1), space = kept[i].gscid == (uint16_t)(c[0] >> 44);
        if (all || (space && (!(c[0] & 1024) || kept[i].page == c[1] >> 10)))
            kept[i].valid = false;
    }
}

bool i_write(uint32_t id, uint64_t addr, uint32_t data)
{
    const uint64_t *dc = NULL;
    unsigned cause = 0;

    if ((U->ddtp & 15) == 0)
        return fault(id, 256, addr);
    if ((U->ddtp & 15) != 1)
        cause = locate(id, &dc);
    if (cause)
        return fault(id, cause, addr);
    bool quiet = dc && (dc[0] & 16);
    if (dc && dc[4] >> 60 && ((addr >> 12) & ~dc[5]) == (dc[6] & ~dc[5]))
        return message(id, dc, addr, data, quiet);
    uint64_t to = addr;
    if (dc && dc[1] >> 60 && !second_stage(dc[1], addr, &to))
        return quiet ? (U->n_faults++, false) : fault(id, 23, addr);
    U->n_passed++;
    U->last_passed = to;
    for (unsigned h = 0; h < m.n_harts; h++)
        if (m.hart[h].msi_addr == to)
            m_queue_add(&U->taken, to, data);
    return true;
}

/* A device's own MSI, on its way to an address: is that in a window of one that the test named? */
static bool through(uint64_t addr, uint32_t data)
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

static bool settle(void)
{
    bool moved = U->taken.n != 0;

    let_out();
    return moved;
}

/* ---- commands: "Command-Queue (CQ)" ---- */

#define BITS(hi, lo) ((~0ull >> (63 - (hi))) & ~0ull << (lo))

/* "A command is determined to be illegal if it uses a reserved encoding or if a reserved bit is set to 1." */
static bool legal(const uint64_t *c)
{
    switch (c[0] & 0x3ff) {
    case 1 | 128: /* IOTINVAL.GVMA: as VMA, without PSCV */
        if (c[0] >> 32 & 1)
            return false;
        /* fall through */
    case 1: /* IOTINVAL.VMA; neither NL nor S are supported */
        return !(c[0] & (BITS(11, 11) | BITS(43, 34) | BITS(63, 60))) &&
               !(c[1] & (BITS(9, 0) | BITS(63, 62)));
    case 2: /* IOFENCE.C; no WSI, as wires are off */
        return !(c[0] & (BITS(11, 11) | BITS(31, 14))) && !(c[1] & BITS(63, 62));
    case 3: /* IODIR.INVAL_DDT */
        return !(c[0] & (BITS(32, 10) | BITS(39, 34))) && !c[1];
    default:
        return false;
    }
}

static void execute(const uint64_t *c)
{
    switch (c[0] & 0x3ff) {
    case 1 | 128:
        U->n_gvma++;
        forget(U->ptes, c);
        forget(U->pages, c);
        break;
    case 3:
        U->n_ddt++;
        for (unsigned i = 0; i < I_KEPT; i++)
            if (!(c[0] >> 33 & 1) || U->contexts[i].id == (uint32_t)(c[0] >> 40))
                U->contexts[i].valid = false;
        break;
    default:
        break;
    }
}

static uint64_t *command(uint32_t n)
{
    uint64_t *c = at((U->cqb >> 10 << 12) + 16ull * n);

    if (!c)
        m_die("the command queue is not in memory");
    return c;
}

/* The head goes on to behind the next fence, or to what stops it. */
static void work(void)
{
    uint32_t mask = (2u << (U->cqb & 31)) - 1;

    while (U->cqh != U->cqt && !(U->cqcsr & 0x700)) {
        const uint64_t *c = command(U->cqh);
        if (U->unreadable) {
            U->unreadable--;
            U->cqcsr |= 0x100;
            return;
        }
        if (U->refuse || !legal(c)) {
            if (!U->refuse && !U->seen_illegal_ok)
                m_die("an illegal command: %#llx %#llx", (unsigned long long)c[0], (unsigned long long)c[1]);
            U->refuse -= U->refuse != 0;
            U->cqcsr |= 0x400;
            return;
        }
        execute(c);
        U->cqh = (U->cqh + 1) & mask;
        if ((c[0] & 0x3ff) != 2)
            continue;
        U->n_fence++;
        if (c[0] >> 13 & 1)
            let_out();
        if (c[0] & 1024) {
            uint32_t *word = (uint32_t *)at(c[1] << 2 & ~7ull);
            if (!word)
                m_die("a fence writes to what is not memory");
            word[c[1] & 1] = (uint32_t)(c[0] >> 32);
        }
    }
}

/* ---- registers ---- */

/* An access of the unit, or of its memory: time for it to go on. */
static void tick(void)
{
    if (U->hung || !(U->cqcsr & 1u << 16) || U->cqh == U->cqt)
        return;
    if (U->wait)
        U->wait--;
    else
        work();
}

static uint64_t read_register(unsigned reg, unsigned size)
{
    switch (reg << 4 | size) {
    case 0 << 4 | 8:
        return U->caps;
    case 8 << 4 | 4:
        return U->fctl;
    case 16 << 4 | 8:
        return U->ddtp;
    case 16 << 4 | 4:
        return (uint32_t)U->ddtp;
    case 32 << 4 | 4:
        return U->cqh;
    case 48 << 4 | 4:
        return U->fqh;
    case 52 << 4 | 4:
        return U->fqt;
    case 72 << 4 | 4:
        return U->cqcsr;
    case 76 << 4 | 4:
        return U->fqcsr;
    case 84 << 4 | 4:
        return U->ipsr;
    case 768 << 4 | 4:
        return (uint32_t)U->msi_addr;
    case 772 << 4 | 4:
        return U->msi_addr >> 32;
    case 776 << 4 | 4:
        return U->msi_data;
    case 780 << 4 | 4:
        return U->msi_control;
    default:
        m_die("IOMMU register %u read with %u bytes", reg, size);
    }
}

static void enable(uint32_t *csr, uint32_t v, uint32_t *pointer)
{
    bool was = *csr & 1;

    *csr &= ~(v & 0x700);
    if (U->hung) {
        *csr = (*csr & ~3u) | (v & 3);
        return;
    }
    if (!was && (v & 1)) {
        *pointer = 0;
        *csr = 0;
    }
    *csr = (*csr & 0x700) | (v & 3) | (v & 1) << 16;
}

static void write_queue(unsigned reg, uint64_t v)
{
    uint32_t csr = reg == 24 ? U->cqcsr : U->fqcsr;

    if (csr & 3u << 16)
        m_die("the base of a queue is changed while it is on");
    *(reg == 24 ? &U->cqb : &U->fqb) = v;
}

static void write_ddtp(uint64_t v)
{
    unsigned mode = (unsigned)(v & 15);

    if ((U->ddtp & 15) > 1 && mode > 1)
        m_die("ddtp goes from one directory to another");
    if (!U->hung && mode <= U->max_mode)
        U->ddtp = v;
}

static void write_register(unsigned reg, uint64_t v, unsigned size)
{
    switch (reg << 4 | size) {
    case 8 << 4 | 4:
        if ((U->ddtp & 15) || (U->cqcsr & 1u << 16) || (U->fqcsr & 1u << 16))
            m_die("fctl is changed while the unit is in use");
        U->fctl = (uint32_t)v;
        break;
    case 16 << 4 | 8:
        write_ddtp(v);
        break;
    case 24 << 4 | 8:
    case 40 << 4 | 8:
        write_queue(reg, v);
        break;
    case 36 << 4 | 4:
        if ((U->cqcsr & 1u << 16) && m.hart[m.here].mem_dirty)
            m_die("hart %u: the tail is written behind a memory write without a fence rw, o", m.here);
        U->cqt = (uint32_t)v;
        U->wait = U->latency;
        break;
    case 48 << 4 | 4:
        U->fqh = (uint32_t)v;
        break;
    case 72 << 4 | 4:
        enable(&U->cqcsr, (uint32_t)v, &U->cqh);
        break;
    case 76 << 4 | 4:
        enable(&U->fqcsr, (uint32_t)v, &U->fqt);
        break;
    case 84 << 4 | 4:
        U->ipsr &= ~(uint32_t)v;
        if (U->fqcsr & 0x300)
            signal(); /* "If the conditions to set that bit are still present" */
        break;
    case 760 << 4 | 8:
        U->icvec = v;
        break;
    case 768 << 4 | 4:
        U->msi_addr = (U->msi_addr & ~0xffffffffull) | (uint32_t)v;
        break;
    case 772 << 4 | 4:
        U->msi_addr = (uint32_t)U->msi_addr | v << 32;
        break;
    case 776 << 4 | 4:
        U->msi_data = (uint32_t)v;
        break;
    case 780 << 4 | 4:
        U->msi_control = (uint32_t)v & 1;
        if (!U->msi_control && U->msi_kept)
            m_fabric_post(U->msi_addr, U->msi_data);
        U->msi_kept &= U->msi_control;
        break;
    default:
        m_die("IOMMU register %u written with %u bytes", reg, size);
    }
}

static bool mmio(uintptr_t a, uint64_t *v, unsigned size, bool write)
{
    uintptr_t base = (uintptr_t)i_memory;
    bool memory = a >= base && a + size <= base + sizeof(i_memory);

    if ((!memory && (a < I_MMIO || a >= I_MMIO + 4096)) || a % size)
        return false;
    tick();
    if (memory && write) {
        memcpy((void *)a, v, size);
        m.hart[m.here].mem_dirty = true;
    } else if (memory) {
        *v = 0;
        memcpy(v, (void *)a, size);
    } else if (write) {
        write_register((unsigned)(a - I_MMIO), *v, size);
    } else {
        *v = read_register((unsigned)(a - I_MMIO), size);
    }
    return true;
}

void i_reset(void)
{
    memset(U, 0, sizeof(*U));
    memset(i_memory, 0xa5, sizeof(i_memory)); /* the embedder need not clear it */
    U->caps = I_CAPS;
    U->max_mode = 4;
    U->fctl = 2;
    m.mmio = mmio;
    m.through = through;
    m.settle = settle;
}
