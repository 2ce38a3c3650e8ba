/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor-level IMSIC: the place of each hart's interrupt file. The node is that of the Linux binding
 * riscv,imsics.yaml. Its geometry must agree with IMSIC.adoc, "Arrangement of the memory regions of multiple interrupt
 * files". With a wrong address an MSI would go to another hart's file, or be lost, and no later test could find the
 * reason. So this code compares every fact that can be compared.
 */
#include <string.h>

#include "fdt/tree.h"

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

static int read_ids(struct aia_fdt_tree *tree, int node, struct aia_fdt_imsic *im)
{
    /* IMSIC.adoc, "Interrupt files and interrupt identities": one less than a multiple of 64, 63 to 2047. */
    if (tree_need_u32_in(tree, node, "riscv,num-ids", 63, 2047, &im->num_ids))
        return -1;
    if (im->num_ids % 64 != 63)
        return tree_fail(tree, node, "riscv,num-ids", "%u is not one less than a multiple of 64",
                         im->num_ids);
    im->ipi_id = 1;
    return tree_u32_in(tree, node, "riscv,ipi-id", 1, im->num_ids, &im->ipi_id) < 0 ? -1 : 0;
}

/* The limits are the binding's. A group's number must lie above all address bits inside the group. */
static int read_bits(struct aia_fdt_tree *tree, int node, struct aia_fdt_imsic *im, uint32_t parents)
{
    im->group_shift = 24; /* the binding's default */
    im->hart_bits = bits_for(parents);
    if (tree_u32_in(tree, node, "riscv,guest-index-bits", 0, 7, &im->guest_bits) < 0 ||
        tree_u32_in(tree, node, "riscv,hart-index-bits", 0, 15, &im->hart_bits) < 0 ||
        tree_u32_in(tree, node, "riscv,group-index-bits", 0, 7, &im->group_bits) < 0 ||
        tree_u32_in(tree, node, "riscv,group-index-shift", 0, 55, &im->group_shift) < 0)
        return -1;
    if (parents > 1u << (im->hart_bits + im->group_bits))
        return tree_fail(tree, node, "riscv,hart-index-bits", "%u bits cannot number %u parents",
                         im->hart_bits, parents);
    uint32_t low = PAGE_BITS + im->guest_bits + im->hart_bits;
    if (im->group_bits && im->group_shift < low)
        return tree_fail(tree, node, "riscv,group-index-shift", "%u is below the %u bits within a group",
                         im->group_shift, low);
    return 0;
}

/*
 * Check that a range consists of whole harts' regions, lies at a multiple of their size, and does not overlap memory.
 */
static int check_range(struct aia_fdt_tree *tree, int node, unsigned i, const struct aia_fdt_region *r)
{
    uint64_t stride = UINT64_C(1) << (PAGE_BITS + tree->facts->imsic.guest_bits);

    if (r->base % stride)
        return tree_fail(tree, node, "reg", "range %u at %#llx is not a multiple of %#llx", i,
                         (unsigned long long)r->base, (unsigned long long)stride);
    if (r->size % stride)
        return tree_fail(tree, node, "reg", "range %u of %#llx bytes does not hold whole files of %#llx", i,
                         (unsigned long long)r->size, (unsigned long long)stride);
    for (unsigned j = 0; j < tree->n_memory; j++)
        if (tree_overlap(r, &tree->memory[j]))
            return tree_fail(tree, node, "reg", "range %u at %#llx overlaps memory", i,
                             (unsigned long long)r->base);
    return 0;
}

/* The count of files: the i-th parent has the i-th file, counted through the ranges in their order. */
struct files {
    struct tree_reg_list list;
    struct aia_fdt_region now;     /* the current range */
    uint32_t next;                 /* the index of the next range */
    uint64_t used;                 /* bytes of the current range that are counted */
    bool kept;                     /* the current range is in aia_fdt.imsic.regs */
    uint32_t index[AIA_MAX_HARTS]; /* for each range in regs, its index */
    uint32_t strangers, stranger;  /* the number of parents that are no harts, and the first of them */
};

/* The address of the next file; 0: no range is left. *error is -1 if a range is not sound. */
static uint64_t next_file(struct aia_fdt_tree *tree, struct files *f, int *error)
{
    uint64_t stride = UINT64_C(1) << (PAGE_BITS + tree->facts->imsic.guest_bits);

    if (f->used == f->now.size) {
        if (f->next == f->list.n)
            return 0;
        *error = tree_reg_at(tree, &f->list, f->next, &f->now) ||
                         check_range(tree, f->list.way.node, f->next, &f->now)
                     ? -1
                     : 0;
        if (*error)
            return 0;
        f->next++;
        f->used = 0;
        f->kept = false;
    }
    f->used += stride;
    return f->now.base + (f->used - stride);
}

static int check_address(struct aia_fdt_tree *tree, int node, const struct aia_fdt_cpu *cpu, uint64_t addr)
{
    const struct aia_fdt_imsic *im = &tree->facts->imsic;
    uint32_t shift = PAGE_BITS + im->guest_bits;
    uint64_t numbers = field(im->hart_bits, shift) | field(im->group_bits, im->group_shift);
    uint64_t base = im->regs[0].base & ~numbers;

    if ((addr & ~numbers) != base)
        return tree_fail(tree, node, "reg",
                         "file of hart %llu at %#llx is not %#llx + group<<%u (%u bits) + hart<<%u (%u bits)",
                         (unsigned long long)cpu->hartid, (unsigned long long)addr, (unsigned long long)base,
                         im->group_shift, im->group_bits, shift, im->hart_bits);
    return 0;
}

/* Keep the current range, because it contains a hart's file. */
static void keep_range(struct aia_fdt_imsic *im, struct files *f)
{
    if (f->kept)
        return;
    f->kept = true;
    f->index[im->n_regs] = f->next - 1;
    im->regs[im->n_regs++] = f->now;
}

static int one_parent(struct aia_fdt_tree *tree, int node, uint32_t i, const fdt32_t *pair, struct files *f)
{
    struct aia_fdt_imsic *im = &tree->facts->imsic;
    uint32_t phandle = fdt32_ld(pair), irq = fdt32_ld(pair + 1);
    struct aia_fdt_cpu *cpu = tree_cpu_by_intc(tree, phandle);
    int error = 0;
    uint64_t addr = next_file(tree, f, &error);

    if (error)
        return -1;
    if (irq != TREE_IRQ_S_EXT)
        return tree_fail(tree, node, "interrupts-extended", "parent %u has interrupt %u, not 9", i, irq);
    if (!cpu) {
        if (!f->strangers++)
            f->stranger = i;
        return 0;
    }
    if (cpu->has_file)
        return tree_fail(tree, node, "interrupts-extended", "parent %u: hart %llu has a file already", i,
                         (unsigned long long)cpu->hartid);
    cpu->has_file = true;
    if (cpu->hart < 0)
        return 0; /* the hart is not used: its file counts, but no hart gets it */
    if (!addr)
        return tree_fail(tree, node, "reg", "ends before the file of hart %llu",
                         (unsigned long long)cpu->hartid);
    keep_range(im, f);
    if (check_address(tree, node, cpu, addr))
        return -1;
    struct aia_fdt_hart *h = &tree->facts->harts[cpu->hart];
    if (!h->ssaia)
        return tree_fail(tree, cpu->node, tree_isa_prop(tree, cpu->node),
                         "no ssaia, but the hart has an interrupt file");
    h->imsic_addr = addr;
    h->guests = (1u << im->guest_bits) - 1;
    return 0;
}

/* Refuse any range that overlaps a range with a hart's file, also a range after the last file. */
static int check_overlap(struct aia_fdt_tree *tree, int node, const struct files *f)
{
    const struct aia_fdt_imsic *im = &tree->facts->imsic;
    struct aia_fdt_region r;

    for (uint32_t i = 0; i < f->list.n; i++) {
        if (tree_reg_at(tree, &f->list, i, &r))
            continue; /* a range after the last file need not be sound */
        for (size_t k = 0; k < im->n_regs; k++)
            if (f->index[k] != i && tree_overlap(&r, &im->regs[k]))
                return tree_fail(tree, node, "reg", "ranges %u and %u overlap",
                                 f->index[k] < i ? f->index[k] : i, f->index[k] < i ? i : f->index[k]);
    }
    return 0;
}

static int read_imsic(struct aia_fdt_tree *tree, int node, const fdt32_t *pairs, uint32_t n)
{
    struct aia_fdt_imsic *im = &tree->facts->imsic;
    struct files f = {0};

    if (read_ids(tree, node, im) || read_bits(tree, node, im, n) || tree_reg_list(tree, node, &f.list))
        return -1;
    for (uint32_t i = 0; i < n; i++)
        if (one_parent(tree, node, i, pairs + 2 * i, &f))
            return -1;
    if (!im->n_regs)
        return tree_fail(tree, node, "interrupts-extended", "no hart that can be used is among its parents");
    if (check_overlap(tree, node, &f))
        return -1;
    im->present = true;
    tree->facts->imsic.phandle = fdt_get_phandle(tree->blob, node);
    if (!f.strangers || tree->facts->more_cpus)
        return 0;
    (void)tree_fail(tree, node, "interrupts-extended", "parent %u: phandle %#llx is no hart's%s", f.stranger,
                    (unsigned long long)fdt32_ld(pairs + (size_t)2 * f.stranger),
                    f.strangers > 1 ? ", and it is not the only one" : "");
    return tree_unused(tree, AIA_FDT_HART);
}

/* Undo what a rejected IMSIC has filled in. */
static void forget(struct aia_fdt_tree *tree)
{
    memset(&tree->facts->imsic, 0, sizeof(tree->facts->imsic));
    for (size_t i = 0; i < tree->facts->n_cpus; i++)
        tree->facts->cpus[i].has_file = false;
    for (size_t i = 0; i < tree->facts->n_harts; i++)
        tree->facts->harts[i].imsic_addr = tree->facts->harts[i].guests = 0;
}

/*
 * Read one IMSIC node. There is one node for each privilege level (the binding); the machine level's node is passed
 * over.
 */
static int one_imsic(struct aia_fdt_tree *tree, int node)
{
    const fdt32_t *pairs;
    uint32_t n;

    if (tree_parents(tree, node, &pairs, &n))
        return -1;
    if (tree_has_parent_irq(pairs, n, TREE_IRQ_M_EXT) && !tree_has_parent_irq(pairs, n, TREE_IRQ_S_EXT))
        return 0;
    if (tree->facts->imsic.present)
        return tree_fail(tree, node, "compatible", "a second IMSIC of supervisor level");
    if (!read_imsic(tree, node, pairs, n))
        return 0;
    forget(tree);
    return -1;
}

/*
 * Use the first sound IMSIC whose parents are usable harts. If there is none, but an unsound IMSIC exists, the
 * harts have files at unknown places, and the tree is refused.
 */
int tree_imsic(struct aia_fdt_tree *tree)
{
    bool failed = false;

    for (int node = -1; (node = tree_next_compatible(tree, node, "riscv,imsics")) >= 0;)
        if (one_imsic(tree, node)) {
            failed = true;
            (void)tree_unused(tree, AIA_FDT_IMSIC);
        }
    return failed && !tree->facts->imsic.present ? tree_need(tree, AIA_FDT_IMSIC) : 0;
}
