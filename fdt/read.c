/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree as a whole: its check, the order in which its parts are read, and the structures of libaia that come of them. */
#include <string.h>

#include "fdt/tree.h"

/*
 * fdt_check_full() checks every tag and every property name once, within `max`. After it libfdt's reading calls cannot
 * leave the blob, and only the contents of properties are doubtful. fdt_check_full() does not check the alignment that
 * the format prescribes (Devicetree Specification, section 5.6) and that libfdt needs.
 */
int aia_fdt_check(struct aia_fdt_tree *tree)
{
    int r;

    if (!tree->blob || (uintptr_t)tree->blob % 8) {
        (void)tree_fail(tree, 0, "", "no device tree: it must begin at a multiple of 8");
        return AIA_EINVAL;
    }
    if (tree->max < sizeof(struct fdt_header))
        r = -FDT_ERR_TRUNCATED;
    else if (fdt_off_dt_struct(tree->blob) % 4 || fdt_off_mem_rsvmap(tree->blob) % 8)
        r = -FDT_ERR_ALIGNMENT;
    else
        r = fdt_check_full(tree->blob, tree->max);
    tree->checked = !r;
    if (!r)
        return AIA_OK;
    (void)tree_fail(tree, 0, "", "the device tree is damaged: %s", fdt_strerror(r));
    return AIA_EINVAL;
}

int aia_fdt_read_sized(struct aia_fdt_tree *tree, size_t tree_size, struct aia_fdt *facts, size_t facts_size)
{
    /* Harts before the nodes that name them as parents; the IMSIC before the domains that send to it. */
    static int (*const steps[])(struct aia_fdt_tree *) = {tree_cpus, tree_imsic, tree_aplics, tree_reach};

    if (tree_size != sizeof(*tree) || facts_size != sizeof(*facts)) {
        (void)tree_fail(tree, 0, "", "AIA_MAX_HARTS is %u in libaia-fdt, and another number in its caller",
                        (unsigned)AIA_MAX_HARTS);
        return AIA_EINVAL;
    }
    if (!tree->checked && aia_fdt_check(tree))
        return AIA_EINVAL;
    memset(facts, 0, sizeof(*facts));
    tree->facts = facts;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i](tree))
            return AIA_EINVAL;
    memset(&tree->error, 0, sizeof(tree->error)); /* clears errors that were recorded as unused parts */
    return AIA_OK;
}

void aia_fdt_file(const struct aia_fdt *facts, unsigned hart, _Atomic uint32_t *slots,
                  struct imsic_file *file)
{
    uint64_t addr = facts->harts[hart].imsic_addr;

    *file = (struct imsic_file){
        .mmio = (uintptr_t)addr,
        .msi_addr = addr,
        .n_ids = (uint16_t)(addr ? facts->imsic.num_ids : 0),
        .slots = slots,
    };
}

/* The addresses of all files are the base with a group's and a hart's number in it: check_address() has checked that. */
static struct aplic_layout layout(const struct aia_fdt_imsic *im)
{
    uint32_t shift = 12 + im->guest_bits;
    uint64_t number = ((UINT64_C(1) << im->hart_bits) - 1) << shift;
    uint64_t group = ((UINT64_C(1) << im->group_bits) - 1) << im->group_shift;

    return (struct aplic_layout){
        .base = im->regs[0].base & ~(number | group),
        .hart_shift = (uint8_t)shift,
        .hart_bits = (uint8_t)im->hart_bits,
        .group_shift = (uint8_t)im->group_shift,
        .group_bits = (uint8_t)im->group_bits,
    };
}

void aia_fdt_domain(const struct aia_fdt *facts, unsigned i, struct aplic *domain)
{
    const struct aia_fdt_aplic *a = &facts->aplics[i];

    domain->mmio = (uintptr_t)a->reg.base;
    domain->n_sources = (uint16_t)a->num_sources;
    domain->direct = !a->msi_mode;
    domain->index = a->index;
    domain->n_harts = (unsigned)facts->n_harts;
    if (a->msi_mode)
        domain->layout = layout(&facts->imsic);
}

int aia_fdt_hart(const struct aia_fdt *facts, uint64_t hartid)
{
    for (size_t i = 0; i < facts->n_harts; i++)
        if (facts->harts[i].hartid == hartid)
            return (int)i;
    return -1;
}

int aia_fdt_next(const struct aia_fdt_tree *tree, int node, const char *compatible)
{
    return tree_next_compatible(tree, node, compatible);
}

int aia_fdt_reg(struct aia_fdt_tree *tree, int node, unsigned n, struct aia_fdt_region *reg)
{
    struct tree_reg_list l;

    if (tree_reg_list(tree, node, &l))
        return AIA_EINVAL;
    if (n >= l.n) {
        (void)tree_fail(tree, node, "reg", "no entry %u: it has %u", n, l.n);
        return AIA_EINVAL;
    }
    return tree_reg_at(tree, &l, n, reg) ? AIA_EINVAL : AIA_OK;
}
