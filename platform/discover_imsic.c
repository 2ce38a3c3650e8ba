/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor-level IMSIC: which hart's interrupt file is where. The node is that of the Linux binding
 * riscv,imsics.yaml; the geometry it must agree with is that of IMSIC.adoc, "Arrangement of the memory
 * regions of multiple interrupt files". A wrong address here is an MSI into another hart's file, or into
 * nothing, and no test further up could tell why. So nothing is taken on trust that can be compared.
 */
#include "discover.h"

#define PAGE_BITS 12 /* one 4 KiB page for an interrupt file */

static uint64_t field(uint32_t bits, uint32_t shift)
{
    return ((UINT64_C(1) << bits) - 1) << shift;
}

static uint32_t bits_for(uint32_t n)
{
    uint32_t bits = 0;

    while ((UINT64_C(1) << bits) < n)
        bits++;
    return bits;
}

static int read_ids(struct discovery *d, int node, struct machine_imsic *im)
{
    /* IMSIC.adoc, "Interrupt files and interrupt identities": one less than a multiple of 64, 63 to 2047. */
    if (disc_need_u32_in(d, node, "riscv,num-ids", 63, 2047, &im->num_ids))
        return -1;
    if (im->num_ids % 64 != 63)
        return disc_fail(d, node, "riscv,num-ids", "%u is not one less than a multiple of 64", im->num_ids);
    im->ipi_id = 1;
    return disc_u32_in(d, node, "riscv,ipi-id", 1, im->num_ids, &im->ipi_id) < 0 ? -1 : 0;
}

/* The limits are the binding's; a group's number must lie above all of a file's address within it. */
static int read_bits(struct discovery *d, int node, struct machine_imsic *im, uint32_t parents)
{
    im->group_shift = 24; /* the binding's default */
    im->hart_bits = bits_for(parents);
    if (disc_u32_in(d, node, "riscv,guest-index-bits", 0, 7, &im->guest_bits) < 0 ||
        disc_u32_in(d, node, "riscv,hart-index-bits", 0, 15, &im->hart_bits) < 0 ||
        disc_u32_in(d, node, "riscv,group-index-bits", 0, 7, &im->group_bits) < 0 ||
        disc_u32_in(d, node, "riscv,group-index-shift", 0, 55, &im->group_shift) < 0)
        return -1;
    if (parents > 1u << (im->hart_bits + im->group_bits))
        return disc_fail(d, node, "riscv,hart-index-bits", "%u bits cannot number %u parents", im->hart_bits,
                         parents);
    uint32_t low = PAGE_BITS + im->guest_bits + im->hart_bits;
    if (im->group_bits && im->group_shift < low)
        return disc_fail(d, node, "riscv,group-index-shift", "%u is below the %u bits within a group",
                         im->group_shift, low);
    return 0;
}

/* Whole harts' regions, each at a multiple of its size, none over another or over memory. */
static int check_ranges(struct discovery *d, int node, const struct machine_imsic *im)
{
    uint64_t stride = UINT64_C(1) << (PAGE_BITS + im->guest_bits);

    for (unsigned i = 0; i < im->n_regs; i++) {
        const struct machine_region *r = &im->regs[i];

        if (r->base % stride)
            return disc_fail(d, node, "reg", "range %u at %#llx is not a multiple of %#llx", i,
                             (unsigned long long)r->base, (unsigned long long)stride);
        if (r->size % stride)
            return disc_fail(d, node, "reg", "range %u of %#llx bytes does not hold whole files of %#llx", i,
                             (unsigned long long)r->size, (unsigned long long)stride);
        for (unsigned j = 0; j < i; j++)
            if (disc_overlap(r, &im->regs[j]))
                return disc_fail(d, node, "reg", "ranges %u and %u overlap", j, i);
        for (unsigned j = 0; j < d->m->n_memory; j++)
            if (disc_overlap(r, &d->m->memory[j]))
                return disc_fail(d, node, "reg", "range %u at %#llx overlaps memory", i,
                                 (unsigned long long)r->base);
    }
    return 0;
}

/* The i-th parent has the i-th file, counted through the ranges in their order. 0: the ranges end before. */
static uint64_t file_address(const struct machine_imsic *im, uint64_t i)
{
    uint32_t shift = PAGE_BITS + im->guest_bits;

    for (size_t r = 0; r < im->n_regs; r++) {
        uint64_t files = im->regs[r].size >> shift;

        if (i < files)
            return im->regs[r].base + (i << shift);
        i -= files;
    }
    return 0;
}

static int check_address(struct discovery *d, int node, const struct disc_cpu *cpu, uint64_t addr)
{
    const struct machine_imsic *im = &d->m->imsic;
    uint32_t shift = PAGE_BITS + im->guest_bits;
    uint64_t numbers = field(im->hart_bits, shift) | field(im->group_bits, im->group_shift);
    uint64_t base = im->regs[0].base & ~numbers;

    if (!addr)
        return disc_fail(d, node, "reg", "ends before the file of hart %llu",
                         (unsigned long long)cpu->hartid);
    if ((addr & ~numbers) != base)
        return disc_fail(d, node, "reg",
                         "file of hart %llu at %#llx is not %#llx + group<<%u (%u bits) + hart<<%u (%u bits)",
                         (unsigned long long)cpu->hartid, (unsigned long long)addr, (unsigned long long)base,
                         im->group_shift, im->group_bits, shift, im->hart_bits);
    return 0;
}

static int one_parent(struct discovery *d, int node, uint32_t i, const fdt32_t *pair)
{
    struct machine_imsic *im = &d->m->imsic;
    uint32_t phandle = fdt32_ld(pair), irq = fdt32_ld(pair + 1);
    struct disc_cpu *cpu = disc_cpu_by_intc(d, phandle);
    uint64_t addr = file_address(im, i);

    if (irq != DISC_IRQ_S_EXT)
        return disc_fail(d, node, "interrupts-extended", "parent %u has interrupt %u, not 9", i, irq);
    if (!cpu)
        return disc_fail(d, node, "interrupts-extended", "parent %u: phandle %#llx is no hart's", i,
                         (unsigned long long)phandle);
    if (cpu->has_file)
        return disc_fail(d, node, "interrupts-extended", "parent %u: hart %llu has a file already", i,
                         (unsigned long long)cpu->hartid);
    cpu->has_file = true;
    if (check_address(d, node, cpu, addr))
        return -1;
    if (cpu->hart < 0)
        return 0; /* disabled: its place counts, its file is nobody's */
    struct machine_hart *h = &d->m->harts[cpu->hart];
    if (!h->ssaia)
        return disc_fail(d, cpu->node, disc_isa_prop(d, cpu->node),
                         "no ssaia, but the hart has an interrupt file");
    h->imsic_addr = addr;
    h->guests = (1u << im->guest_bits) - 1;
    return 0;
}

static int read_imsic(struct discovery *d, int node, const fdt32_t *pairs, uint32_t n)
{
    struct machine_imsic *im = &d->m->imsic;

    im->present = true;
    d->imsic_phandle = fdt_get_phandle(d->fdt, node);
    if (n > d->n_cpus)
        return disc_fail(d, node, "interrupts-extended", "%u parents, but %u harts", n, (unsigned)d->n_cpus);
    if (read_ids(d, node, im) || read_bits(d, node, im, n) ||
        disc_regs(d, node, im->regs, MACHINE_MAX_RANGES, &im->n_regs) || check_ranges(d, node, im))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (one_parent(d, node, i, pairs + 2 * i))
            return -1;
    return 0;
}

int disc_imsic(struct discovery *d)
{
    for (int node = -1; (node = disc_next_compatible(d, node, "riscv,imsics")) >= 0;) {
        const fdt32_t *pairs;
        uint32_t n;

        if (disc_parents(d, node, &pairs, &n))
            return -1;
        /* One node for each privilege level (the binding); the machine's is none of our business. */
        if (disc_has_parent_irq(pairs, n, DISC_IRQ_M_EXT) && !disc_has_parent_irq(pairs, n, DISC_IRQ_S_EXT))
            continue;
        if (d->m->imsic.present)
            return disc_fail(d, node, "compatible", "a second IMSIC of supervisor level");
        if (read_imsic(d, node, pairs, n))
            return -1;
    }
    return 0;
}
