/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/mmu.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "csr.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Page table entries (privileged architecture, "Sv39"). A and D are set in advance: hardware may fault if they are
 * clear, and must not write them at random moments of a deterministic run.
 */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_G = 32, PTE_A = 64, PTE_D = 128 };
#define PTE_LEAF (PTE_V | PTE_G | PTE_A | PTE_D)
#define PTE_RWX  (PTE_R | PTE_W | PTE_X)

#define PAGE      4096ul
#define ENTRIES   512u
#define SATP_SV39 (8ul << 60)
/* Sv39 addresses are sign-extended from bit 38: identity holds for the lower half. */
#define REACH (1ul << 38)

/* payload.ld: the image's parts, page-aligned, and memory for the page tables. */
extern char __image_start[], __rodata_start[], __rodata_end[], __image_end[], hart_stacks[];
extern uint64_t __page_tables[], __page_tables_end[];

static uint64_t *next_table = __page_tables;
static unsigned long satp;

static uint64_t *new_table(void)
{
    uint64_t *t = next_table;

    require(t + ENTRIES <= __page_tables_end, "payload.ld leaves too little room for page tables");
    next_table += ENTRIES;
    return t;
}

static uint64_t leaf(uint64_t address, unsigned access)
{
    return access ? address >> 12 << 10 | PTE_LEAF | access : 0;
}

/* Replace a large leaf, or an invalid entry, by a table with the same mapping in 512 parts. Returns the table. */
static uint64_t *split(uint64_t *pte, uint64_t address, unsigned shift)
{
    if ((*pte & PTE_V) && !(*pte & PTE_RWX))
        return (uint64_t *)(*pte >> 10 << 12);

    uint64_t *t = new_table();
    for (unsigned i = 0; i < ENTRIES; i++)
        t[i] = *pte ? leaf(address + ((uint64_t)i << shift), *pte & PTE_RWX) : 0;
    *pte = (uint64_t)t >> 12 << 10 | PTE_V;
    return t;
}

/* Set the access of [from, to), in 4 KiB pages. */
static void protect(uint64_t *root, uintptr_t from, uintptr_t to, unsigned access)
{
    for (uintptr_t a = from; a < to; a += PAGE) {
        uint64_t *giga = split(&root[a >> 30], a >> 30 << 30, 21);
        uint64_t *mega = split(&giga[a >> 21 & 511], a >> 21 << 21, 12);
        mega[a >> 12 & 511] = leaf(a, access);
    }
}

static bool beyond(const struct aia_fdt_region *r)
{
    return r->base >= REACH || r->size > REACH - r->base;
}

static bool host_beyond(const struct machine_pci *host)
{
    for (size_t i = 0; i < host->n_windows; i++)
        if (beyond(&(struct aia_fdt_region){host->windows[i].cpu, host->windows[i].size}))
            return true;
    return beyond(&host->ecam);
}

/*
 * True if Sv39 reaches all addresses that the payload may access. The windows of PCI count, because a BAR may be placed
 * anywhere in them.
 */
static bool within_reach(void)
{
    if (__image_end > (char *)REACH || machine.uart.base >= REACH)
        return false;
    for (size_t i = 0; i < machine.n_memory; i++)
        if (beyond(&machine.memory[i]))
            return false;
    for (size_t i = 0; i < machine.aia.imsic.n_regs; i++)
        if (beyond(&machine.aia.imsic.regs[i]))
            return false;
    for (size_t i = 0; i < machine.aia.n_aplics; i++)
        if (beyond(&machine.aia.aplics[i].reg))
            return false;
    for (size_t i = 0; i < machine.n_hosts; i++)
        if (host_beyond(&machine.hosts[i]))
            return false;
    return true;
}

void mmu_init(void)
{
    if (!within_reach())
        return;
    uint64_t *root = new_table();
    memset(root, 0, PAGE);
    for (uint64_t i = 0; i < REACH >> 30; i++)
        root[i] = leaf(i << 30, PTE_R | PTE_W);
    protect(root, 0, PAGE, 0);
    protect(root, (uintptr_t)__image_start, (uintptr_t)__rodata_start, PTE_R | PTE_X);
    protect(root, (uintptr_t)__rodata_start, (uintptr_t)__rodata_end, PTE_R);
    for (unsigned i = 0; i < MACHINE_MAX_HARTS; i++) {
        uintptr_t guard = (uintptr_t)hart_stacks + i * (uintptr_t)STACK_AREA + STACK_EMERGENCY;
        protect(root, guard, guard + STACK_GUARD, 0);
    }
    satp = SATP_SV39 | (uintptr_t)root >> 12;
}

/*
 * A write of an unimplemented mode has no effect (privileged architecture, "satp"): the hart then stays untranslated.
 */
void mmu_hart_init(void)
{
    csr_sfence_vma();
    csr_write(satp, satp);
    csr_sfence_vma();
}

bool mmu_on(void)
{
    return csr_read(satp) != 0;
}
