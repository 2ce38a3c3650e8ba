/* SPDX-License-Identifier: BSD-2-Clause */
/* iommu_model.h says what is modelled. Comments name sections of the IOMMU specification. */
#include <string.h>

#include "iommu_model.h"

struct iommu_model i_unit;
char i_memory[I_PAGES * 4096u] __attribute__((aligned(16384)));

#define U (&i_unit)

uint64_t i_phys(const void *p)
{
    return (uintptr_t)p + I_OFFSET;
}

uint64_t *i_at(uint64_t phys)
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

bool i_fault(uint32_t id, unsigned cause, uint64_t addr)
{
    uint32_t mask = (2u << (U->fqb & 31)) - 1;

    U->n_faults++;
    if (!(U->fqcsr & 1u << 16) || (U->fqcsr & 0x300))
        return false;
    if (U->unwritable) {
        U->unwritable--;
        U->fqcsr |= 0x100; /* fqmf */
    } else if (((U->fqt + 1) & mask) == U->fqh) {
        U->fqcsr |= 0x200; /* fqof */
    } else {
        uint64_t *r = i_at((U->fqb >> 10 << 12) + 32ull * U->fqt);
        if (!r)
            m_die("the fault queue is not in memory");
        memcpy(r, (uint64_t[]){cause | 3ull << 34 | (uint64_t)id << 40, 0, addr, 0}, 32);
        U->fqt = (U->fqt + 1) & mask;
    }
    signal();
    return false;
}

/* ---- commands: "Command-Queue (CQ)" ---- */

#define BITS(hi, lo) ((~0ull >> (63 - (hi))) & ~0ull << (lo))

/* "A command is determined to be illegal if it uses a reserved encoding or if a reserved bit is set to 1." */
static bool legal(const uint64_t *c)
{
    switch (c[0] & 0x3ff) {
    case 1 | 128: /* IOTINVAL.GVMA: as IOTINVAL.VMA, without PSCV */
        if (c[0] >> 32 & 1)
            return false;
        /* fall through */
    case 1: /* IOTINVAL.VMA; NL and S are not supported */
        return !(c[0] & (BITS(11, 11) | BITS(43, 34) | BITS(63, 60))) &&
               !(c[1] & (BITS(9, 0) | BITS(63, 62)));
    case 2: /* IOFENCE.C; WSI is illegal, because the unit signals by MSI */
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
        i_forget(U->ptes, c);
        i_forget(U->pages, c);
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
    uint64_t *c = i_at((U->cqb >> 10 << 12) + 16ull * n);

    if (!c)
        m_die("the command queue is not in memory");
    return c;
}

/* Advance the head past the next fence, or to the command that stops it. */
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
        if (U->timing_out) {
            U->timing_out--;
            U->cqcsr |= 0x200;
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
            i_let_out();
        if (c[0] & 1024) {
            uint32_t *word = (uint32_t *)i_at(c[1] << 2 & ~7ull);
            if (!word)
                m_die("a fence writes to an address that is not memory");
            word[c[1] & 1] = (uint32_t)(c[0] >> 32);
        }
    }
}

/* ---- registers ---- */

/* An access of the unit, or of its memory: the unit may make a step. */
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
    case 80 << 4 | 4:
        return U->pqcsr;
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
        if ((U->ddtp & 15) || ((U->cqcsr | U->fqcsr | U->pqcsr) & 1u << 16))
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
            m_die("hart %u: the tail is written after a memory write without a fence rw, o between", m.here);
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
    case 80 << 4 | 4: /* the page request queue, which the library does not use */
        U->pqcsr = ((uint32_t)v & 3) | ((uint32_t)v & 1) << 16;
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
    memset(i_memory, 0xa5, sizeof(i_memory)); /* the embedder need not clear the memory */
    U->caps = I_CAPS;
    U->max_mode = 4;
    i_prompt = false;
    U->fctl = 2;
    m.mmio = mmio;
    m.through = i_through;
    m.settle = i_settle;
}
