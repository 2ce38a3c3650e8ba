/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC domains of supervisor level (the Linux binding riscv,aplic.yaml). A domain has the level of its target: an
 * IMSIC (msi-parent) or the harts themselves (interrupts-extended).
 */
#include <string.h>

#include "fdt/tree.h"

enum level { LEVEL_ERROR = -1, LEVEL_OTHER, LEVEL_DIRECT, LEVEL_MSI };

/* AdvPLIC.adoc, "Hart index numbers", and "Memory-mapped control region": 32 bytes for each hart index, from 0x4000 on. */
static int set_index(struct aia_fdt_tree *tree, int node, struct aia_fdt_aplic *a, unsigned hart,
                     uint32_t index)
{
    if (index > 16383 || a->reg.size < 0x4000 + (index + 1) * 32)
        return tree_fail(tree, node, "reg", "%#llx bytes have no place for hart index %u",
                         (unsigned long long)a->reg.size, index);
    for (unsigned h = 0; h < tree->facts->n_harts; h++)
        if (a->index[h] == (int16_t)index)
            return tree_fail(tree, node, "riscv,hart-indexes", "index %u is that of two harts", index);
    a->index[hart] = (int16_t)index;
    return 0;
}

/* riscv,hart-indexes, or else the parents' order (the binding). */
static int read_indexes(struct aia_fdt_tree *tree, int node, const fdt32_t *pairs, uint32_t n,
                        struct aia_fdt_aplic *a)
{
    int len = 0;
    const fdt32_t *indexes = fdt_getprop(tree->blob, node, "riscv,hart-indexes", &len);

    if (indexes && (uint32_t)len != n * 4)
        return tree_fail(tree, node, "riscv,hart-indexes", "%u bytes long, not 4 for each of %u parents",
                         (unsigned)len, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct aia_fdt_cpu *cpu = tree_cpu_by_intc(tree, fdt32_ld(pairs + 2 * i));

        if (cpu && cpu->hart >= 0 && fdt32_ld(pairs + 2 * i + 1) == TREE_IRQ_S_EXT &&
            set_index(tree, node, a, (unsigned)cpu->hart, indexes ? fdt32_ld(indexes + i) : i))
            return -1;
    }
    return 0;
}

/* The level of an APLIC that interrupts harts itself. One usable hart among its parents is enough. */
static enum level level_by_harts(struct aia_fdt_tree *tree, int node)
{
    const fdt32_t *pairs;
    uint32_t n, stranger = 0, known = 0;

    if (tree_parents(tree, node, &pairs, &n))
        return LEVEL_ERROR;
    if (!tree_has_parent_irq(pairs, n, TREE_IRQ_S_EXT))
        return tree_has_parent_irq(pairs, n, TREE_IRQ_M_EXT)
                   ? LEVEL_OTHER
                   : (enum level)tree_fail(tree, node, "interrupts-extended", "it interrupts no hart");
    for (uint32_t i = 0; i < n; i++) {
        const struct aia_fdt_cpu *cpu = tree_cpu_by_intc(tree, fdt32_ld(pairs + 2 * i));

        known += cpu && cpu->hart >= 0;
        if (!cpu && !tree->facts->more_cpus && !stranger++)
            (void)tree_fail(tree, node, "interrupts-extended", "parent %u: phandle %#llx is no hart's", i,
                            (unsigned long long)fdt32_ld(pairs + 2 * i));
    }
    if (stranger)
        (void)tree_unused(tree, AIA_FDT_HART);
    if (!known)
        return (enum level)tree_fail(tree, node, "interrupts-extended",
                                     "no hart that can be used is among its parents");
    return LEVEL_DIRECT;
}

/* True if msi-parent names the machine level's interrupt files: then the domain is the machine level's. */
static bool is_machine(struct aia_fdt_tree *tree, int node)
{
    struct tree_ref ref;
    uint32_t at = 0;

    while (tree_next_ref(tree, node, "msi-parent", "#msi-cells", &at, &ref) > 0) {
        int len = 0;
        const fdt32_t *p = ref.node < 0 || fdt_node_check_compatible(tree->blob, ref.node, "riscv,imsics")
                               ? NULL
                               : fdt_getprop(tree->blob, ref.node, "interrupts-extended", &len);

        if (p && tree_has_parent_irq(p, (uint32_t)len / 8, TREE_IRQ_M_EXT))
            return true;
    }
    return false;
}

/*
 * The level of a domain, from its target (the Linux binding riscv,aplic.yaml). The domain delivers by message if
 * msi-parent names the IMSIC that is used. If msi-parent names a disabled or another IMSIC, and the domain has wires
 * to harts, too, the domain can interrupt these harts itself.
 */
static enum level level_of(struct aia_fdt_tree *tree, int node)
{
    bool by_message, wired = fdt_getprop(tree->blob, node, "interrupts-extended", NULL);
    int ours = tree_msi_parent(tree, node, &by_message);

    if (ours > 0)
        return LEVEL_MSI;
    if (by_message && is_machine(tree, node))
        return LEVEL_OTHER;
    if (!wired && ours < 0)
        return LEVEL_ERROR;
    if (!wired && by_message)
        return (enum level)tree_fail(tree, node, "msi-parent", "no IMSIC that is used");
    enum level level = level_by_harts(tree, node);
    if (level == LEVEL_DIRECT && tree->facts->imsic.present)
        return (enum level)tree_fail(tree, node, "",
                                     "it interrupts harts itself, and the harts have interrupt files");
    return level;
}

/* AdvPLIC.adoc, "Memory-mapped control region for an interrupt domain": aligned to 4 KiB, 16 KiB at least. */
static int read_aplic(struct aia_fdt_tree *tree, int node, struct aia_fdt_aplic *a)
{
    if (tree_reg(tree, node, &a->reg))
        return -1;
    if (a->reg.base % 0x1000)
        return tree_fail(tree, node, "reg", "%#llx is not a multiple of 4096",
                         (unsigned long long)a->reg.base);
    if (a->reg.size < 0x4000)
        return tree_fail(tree, node, "reg", "%#llx bytes, a domain needs 0x4000",
                         (unsigned long long)a->reg.size);
    a->phandle = fdt_get_phandle(tree->blob, node);
    return tree_need_u32_in(tree, node, "riscv,num-sources", 1, 1023, &a->num_sources);
}

static bool is_child(const struct aia_fdt_tree *tree, int node, uint32_t phandle)
{
    int len = 0;
    const fdt32_t *children = fdt_getprop(tree->blob, node, "riscv,children", &len);

    for (int i = 0; i + 4 <= len; i += 4)
        if (fdt32_ld(children + i / 4) == phandle)
            return true;
    return false;
}

/* Read one triple of child, first and last source. */
static int delegation(struct aia_fdt_tree *tree, int node, const char *prop, const fdt32_t *p,
                      struct aia_fdt_aplic *a)
{
    uint32_t child = fdt32_ld(p), first = fdt32_ld(p + 1), last = fdt32_ld(p + 2);

    if (child != a->phandle)
        return is_child(tree, node, child)
                   ? 0
                   : tree_fail(tree, node, prop, "phandle %#llx is not among riscv,children",
                               (unsigned long long)child);
    if (first < 1 || first > last || last >= AIA_FDT_SOURCES)
        return tree_fail(tree, node, prop, "%u to %u is no range of sources", first, last);
    for (uint32_t i = first; i <= last; i++)
        a->owned[i / 32] |= 1u << i % 32;
    return 0;
}

/*
 * Read what the domain at `node` delegates to `a`. Returns true if `a` is a child of that domain: the domain lists `a`, or
 * delegates to `a`. The property has the binding's name, or the older name that QEMU used. If both exist, the binding's counts.
 */
static bool delegate(struct aia_fdt_tree *tree, int node, struct aia_fdt_aplic *a)
{
    const char *prop = "riscv,delegation";
    int len;
    const fdt32_t *p = fdt_getprop(tree->blob, node, prop, &len);
    bool child = is_child(tree, node, a->phandle);

    if (!p)
        p = fdt_getprop(tree->blob, node, prop = "riscv,delegate", &len);
    for (int i = 0; p && i < len / 12; i++)
        child |= fdt32_ld(p + 3 * i) == a->phandle;
    if (!child)
        return false;
    if (p && len % 12) {
        (void)tree_fail(tree, node, prop, "%u bytes long, not a multiple of 12", (unsigned)len);
        (void)tree_unused(tree, AIA_FDT_WIRE);
    }
    for (int i = 0; p && i < len / 12; i++)
        if (delegation(tree, node, prop, p + 3 * i, a))
            (void)tree_unused(tree, AIA_FDT_WIRE);
    return true;
}

/*
 * Read the sources of a domain. A domain that is no domain's child is a root and owns all sources. A child owns the
 * sources that its parent delegates to it, and none if the parent delegates none (AdvPLIC.adoc, "Organization of
 * interrupt domains"). The parent is the machine level's domain. Firmware that keeps that domain marks its node as
 * disabled or reserved, and its delegation is described nowhere else. So the parent's status does not count here.
 */
static void read_delegation(struct aia_fdt_tree *tree, struct aia_fdt_aplic *a)
{
    bool root = true;

    for (int node = -1; (node = fdt_node_offset_by_compatible(tree->blob, node, "riscv,aplic")) >= 0;)
        if (a->phandle && delegate(tree, node, a))
            root = false;
    for (unsigned i = 0; i < AIA_FDT_SOURCES / 32 && root; i++)
        a->owned[i] = UINT32_MAX;
}

static int one_aplic(struct aia_fdt_tree *tree, int node, struct aia_fdt_aplic *a)
{
    enum level level = level_of(tree, node);
    const fdt32_t *pairs;
    uint32_t n;

    if (level == LEVEL_ERROR)
        return -1;
    if (level == LEVEL_OTHER)
        return 0;
    if (tree->facts->n_aplics == AIA_FDT_MAX_APLICS)
        return tree_fail(tree, node, "compatible", "more than %u APLIC domains of supervisor level",
                         (unsigned)AIA_FDT_MAX_APLICS);
    *a = (struct aia_fdt_aplic){.msi_mode = level == LEVEL_MSI};
    for (unsigned h = 0; h < AIA_MAX_HARTS; h++)
        a->index[h] = -1;
    if (read_aplic(tree, node, a) ||
        (!a->msi_mode && (tree_parents(tree, node, &pairs, &n) || read_indexes(tree, node, pairs, n, a))))
        return -1;
    read_delegation(tree, a);
    tree->facts->n_aplics++;
    return 0;
}

int tree_aplics(struct aia_fdt_tree *tree)
{
    struct aia_fdt *m = tree->facts;

    for (int node = -1; (node = tree_next_compatible(tree, node, "riscv,aplic")) >= 0;) {
        struct aia_fdt_aplic *a = &m->aplics[m->n_aplics < AIA_FDT_MAX_APLICS ? m->n_aplics : 0];

        if (one_aplic(tree, node, a))
            (void)tree_unused(tree, AIA_FDT_APLIC);
    }
    if (m->n_aplics < AIA_FDT_MAX_APLICS)
        /* Clears the rest of a domain that was not kept. */
        memset(&m->aplics[m->n_aplics], 0, sizeof(m->aplics[0]));
    if (m->imsic.present || m->n_aplics)
        return 0;
    (void)tree_fail(tree, 0, "", "no S-level IMSIC and no S-level APLIC: this machine has no AIA");
    return tree_need(tree, AIA_FDT_APLIC);
}

static bool is_reached(const struct aia_fdt *m, unsigned hart)
{
    for (size_t i = 0; i < m->n_aplics; i++)
        if (m->aplics[i].index[hart] >= 0)
            return true;
    return m->harts[hart].imsic_addr;
}

/* Record each hart that nothing can interrupt as not used. */
int tree_reach(struct aia_fdt_tree *tree)
{
    for (size_t i = 0; i < tree->facts->n_cpus; i++) {
        const struct aia_fdt_cpu *cpu = &tree->facts->cpus[i];

        if (cpu->hart < 0 || is_reached(tree->facts, (unsigned)cpu->hart))
            continue;
        (void)tree_fail(tree, cpu->node, "",
                        tree->facts->imsic.present ? "the IMSIC has no interrupt file for it"
                                                   : "no APLIC of supervisor level interrupts it");
        (void)tree_unused(tree, AIA_FDT_HART);
    }
    return 0;
}
