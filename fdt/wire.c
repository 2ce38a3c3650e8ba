/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wires of devices: the APLIC and the source to which each leads (Devicetree Specification, section 2.4; the
 * specifier of two cells is that of the Linux binding riscv,aplic.yaml). A wire that leads to no S-level APLIC, or to a
 * source that is not delegated to that APLIC, cannot be used: the device has no wire then, and the reason is recorded.
 */
#include "fdt/tree.h"

#define SENSE 0xfu /* the flags of a source's mode; some interrupt controllers have other flags */

/*
 * The source mode of a specifier's flags (AdvPLIC.adoc, "Source configurations"). The binding gives 0 no meaning (it is
 * the kernel's IRQ_TYPE_NONE). An APLIC has no mode that could be kept then: after reset a source is inactive.
 */
static int mode_of(uint32_t flags)
{
    switch (flags & SENSE) {
    case 1:
        return 4; /* rising edge */
    case 2:
        return 5;
    case 4:
        return 6; /* high level */
    case 8:
        return 7;
    default:
        return -1;
    }
}

int tree_aplic(const struct aia_fdt_tree *tree, uint32_t phandle)
{
    for (size_t i = 0; tree->facts && i < tree->facts->n_aplics; i++)
        if (phandle && tree->facts->aplics[i].phandle == phandle)
            return (int)i;
    return -1;
}

int tree_source(struct aia_fdt_tree *tree, int node, const char *prop, unsigned aplic, const fdt32_t *spec,
                struct aia_fdt_wire *w)
{
    const struct aia_fdt_aplic *a = &tree->facts->aplics[aplic];
    uint32_t source = fdt32_ld(spec), flags = fdt32_ld(spec + 1);

    if (source < 1 || source > a->num_sources)
        return tree_fail(tree, node, prop, "source %u, but the APLIC has 1 to %u", source, a->num_sources);
    if (mode_of(flags) < 0)
        return tree_fail(tree, node, prop, "flags %#llx of source %u: not one of 1, 2, 4, 8",
                         (unsigned long long)flags, source);
    if (!aia_fdt_owns(a, source))
        return tree_fail(tree, node, prop, "source %u is not delegated to the APLIC at %#llx", source,
                         (unsigned long long)a->reg.base);
    *w = (struct aia_fdt_wire){(uint16_t)source, (uint8_t)aplic, (uint8_t)mode_of(flags)};
    return 0;
}

/* Read a specifier of `cells` cells. */
static int read_specifier(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t phandle,
                          const fdt32_t *spec, uint32_t cells, struct aia_fdt_wire *w)
{
    int aplic = tree_aplic(tree, phandle), to = fdt_node_offset_by_phandle(tree->blob, phandle);

    if (aplic >= 0 && cells < 2)
        return tree_fail(tree, node, prop, "cut short: a source and its flags are two cells");
    if (aplic >= 0)
        return tree_source(tree, node, prop, (unsigned)aplic, spec, w);
    if (to < 0)
        return tree_fail(tree, node, prop, "phandle %#llx is no interrupt controller's",
                         (unsigned long long)phandle);
    return tree_fail(tree, node, prop, "it leads to %s, which is no APLIC that is used",
                     fdt_get_name(tree->blob, to, NULL));
}

/* Find the nearest interrupt-parent, of the node or of a node above; 0: there is none. */
static int interrupt_parent(struct aia_fdt_tree *tree, int node, uint32_t *phandle)
{
    *phandle = 0;
    for (int up = node; up >= 0; up = fdt_parent_offset(tree->blob, up)) {
        int r = tree_u32(tree, up, "interrupt-parent", phandle);
        if (r)
            return r < 0 ? -1 : 0;
    }
    return 0;
}

/* Use the first usable entry. If there is none, report the fault of the first entry. */
static int extended_wire(struct aia_fdt_tree *tree, int node, struct aia_fdt_wire *w)
{
    static const char prop[] = "interrupts-extended";
    struct tree_ref first = {0}, ref;
    uint32_t at = 0;
    int r;

    while ((r = tree_next_ref(tree, node, prop, "#interrupt-cells", &at, &ref)) > 0) {
        if (tree_aplic(tree, ref.phandle) >= 0)
            return read_specifier(tree, node, prop, ref.phandle, ref.args, ref.n_args, w);
        if (!first.args)
            first = ref;
    }
    if (r < 0)
        return -1;
    return first.args ? read_specifier(tree, node, prop, first.phandle, first.args, first.n_args, w)
                      : tree_fail(tree, node, prop, "it names no node");
}

/*
 * Read entry `n` of interrupts. Each entry that leads to an APLIC has two cells (riscv,aplic.yaml). Returns 1: read; 0: there is
 * no such property or entry; -1: no interrupt-parent, reported.
 */
static int plain_entry(struct aia_fdt_tree *tree, int node, unsigned n, struct tree_ref *ref)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(tree->blob, node, "interrupts", &len);
    uint32_t cells = (uint32_t)len / 4;

    if (!p || (n && n >= cells / 2))
        return 0;
    *ref = (struct tree_ref){.args = p + (size_t)2 * n, .n_args = cells - 2 * n};
    if (interrupt_parent(tree, node, &ref->phandle))
        return -1;
    return ref->phandle ? 1 : tree_fail(tree, node, "interrupts", "no interrupt-parent says where they lead");
}

int tree_wire(struct aia_fdt_tree *tree, int node, struct aia_fdt_wire *w)
{
    struct tree_ref ref;

    if (fdt_getprop(tree->blob, node, "interrupts-extended", NULL))
        return extended_wire(tree, node, w);
    int r = plain_entry(tree, node, 0, &ref);
    return r <= 0 ? r : read_specifier(tree, node, "interrupts", ref.phandle, ref.args, ref.n_args, w);
}

int aia_fdt_wire(struct aia_fdt_tree *tree, int node, unsigned n, struct aia_fdt_wire *wire)
{
    const char *prop = "interrupts-extended";
    struct tree_ref ref;
    uint32_t at = 0;
    int r = 1;

    *wire = (struct aia_fdt_wire){0};
    if (fdt_getprop(tree->blob, node, prop, NULL))
        for (unsigned i = 0; i <= n && r > 0; i++)
            r = tree_next_ref(tree, node, prop, "#interrupt-cells", &at, &ref);
    else
        r = plain_entry(tree, node, n, &ref), prop = "interrupts";
    if (r == 0)
        r = tree_fail(tree, node, prop, "no interrupt %u", n);
    return r < 0 || read_specifier(tree, node, prop, ref.phandle, ref.args, ref.n_args, wire) ? AIA_EINVAL
                                                                                              : AIA_OK;
}
