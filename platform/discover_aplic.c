/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * APLIC domains of supervisor level (the Linux binding riscv,aplic.yaml). A domain's level is that of
 * what it delivers to: an IMSIC (msi-parent) or the harts themselves (interrupts-extended).
 */
#include "discover.h"

enum level { LEVEL_ERROR = -1, LEVEL_OTHER, LEVEL_DIRECT, LEVEL_MSI };

static enum level level_by_msi_parent(struct discovery *d, int node, uint32_t phandle)
{
    int parent = fdt_node_offset_by_phandle(d->fdt, phandle);

    if (parent < 0 || fdt_node_check_compatible(d->fdt, parent, "riscv,imsics"))
        return (enum level)disc_fail(d, node, "msi-parent", "phandle %#llx is no IMSIC's",
                                     (unsigned long long)phandle);
    return phandle == d->imsic_phandle ? LEVEL_MSI : LEVEL_OTHER;
}

/* AdvPLIC.adoc, "Hart index numbers", and "Memory-mapped control region": 32 bytes for each, from 0x4000 on. */
static int set_index(struct discovery *d, int node, struct machine_aplic *a, unsigned hart, uint32_t index)
{
    if (index > 16383 || a->reg.size < 0x4000 + (index + 1) * 32)
        return disc_fail(d, node, "reg", "%#llx bytes have no place for hart index %u",
                         (unsigned long long)a->reg.size, index);
    for (unsigned h = 0; h < d->m->n_harts; h++)
        if (a->index[h] == (int16_t)index)
            return disc_fail(d, node, "riscv,hart-indexes", "index %u is that of two harts", index);
    a->index[hart] = (int16_t)index;
    return 0;
}

/* riscv,hart-indexes, or else the parents' order (the binding). */
static int read_indexes(struct discovery *d, int node, const fdt32_t *pairs, uint32_t n,
                        struct machine_aplic *a)
{
    int len = 0;
    const fdt32_t *indexes = fdt_getprop(d->fdt, node, "riscv,hart-indexes", &len);

    if (indexes && (uint32_t)len != n * 4)
        return disc_fail(d, node, "riscv,hart-indexes", "%u bytes long, not 4 for each of %u parents",
                         (unsigned)len, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct disc_cpu *cpu = disc_cpu_by_intc(d, fdt32_ld(pairs + 2 * i));

        if (cpu && cpu->hart >= 0 && fdt32_ld(pairs + 2 * i + 1) == DISC_IRQ_S_EXT &&
            set_index(d, node, a, (unsigned)cpu->hart, indexes ? fdt32_ld(indexes + i) : i))
            return -1;
    }
    return 0;
}

static enum level level_by_harts(struct discovery *d, int node)
{
    const fdt32_t *pairs;
    uint32_t n;

    if (disc_parents(d, node, &pairs, &n))
        return LEVEL_ERROR;
    if (!disc_has_parent_irq(pairs, n, DISC_IRQ_S_EXT))
        return LEVEL_OTHER;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t phandle = fdt32_ld(pairs + 2 * i);

        if (!disc_cpu_by_intc(d, phandle))
            return (enum level)disc_fail(d, node, "interrupts-extended",
                                         "parent %u: phandle %#llx is no hart's", i,
                                         (unsigned long long)phandle);
    }
    return LEVEL_DIRECT;
}

/* AdvPLIC.adoc, "Memory-mapped control region for an interrupt domain": aligned to 4 KiB, 16 KiB at least. */
static int read_aplic(struct discovery *d, int node, struct machine_aplic *a)
{
    if (disc_reg(d, node, &a->reg))
        return -1;
    if (a->reg.base % 0x1000)
        return disc_fail(d, node, "reg", "%#llx is not a multiple of 4096", (unsigned long long)a->reg.base);
    if (a->reg.size < 0x4000)
        return disc_fail(d, node, "reg", "%#llx bytes, a domain needs 0x4000",
                         (unsigned long long)a->reg.size);
    a->phandle = fdt_get_phandle(d->fdt, node);
    return disc_need_u32_in(d, node, "riscv,num-sources", 1, 1023, &a->num_sources);
}

static bool is_child(const struct discovery *d, int node, uint32_t phandle)
{
    int len = 0;
    const fdt32_t *children = fdt_getprop(d->fdt, node, "riscv,children", &len);

    for (int i = 0; i + 4 <= len; i += 4)
        if (fdt32_ld(children + i / 4) == phandle)
            return true;
    return false;
}

/* One triple of child, first and last source. */
static int delegation(struct discovery *d, int node, const char *prop, const fdt32_t *p,
                      struct machine_aplic *a)
{
    uint32_t child = fdt32_ld(p), first = fdt32_ld(p + 1), last = fdt32_ld(p + 2);

    if (!is_child(d, node, child))
        return disc_fail(d, node, prop, "phandle %#llx is not among riscv,children",
                         (unsigned long long)child);
    if (first < 1 || first > last || last > 1023)
        return disc_fail(d, node, prop, "%u to %u is no range of sources", first, last);
    for (uint32_t i = first; child == a->phandle && i <= last; i++)
        a->owned[i / 32] |= 1u << i % 32;
    return 0;
}

/* What the domains above have given to `a`. The binding's name, and the one QEMU had before it (or both). */
static int read_delegation(struct discovery *d, struct machine_aplic *a)
{
    bool root = true;

    for (int node = -1; (node = disc_next_compatible(d, node, "riscv,aplic")) >= 0;) {
        const char *prop = "riscv,delegation";
        int len;
        const fdt32_t *p = fdt_getprop(d->fdt, node, prop, &len);

        if (!p)
            p = fdt_getprop(d->fdt, node, prop = "riscv,delegate", &len);
        if (!p || !a->phandle || !is_child(d, node, a->phandle))
            continue;
        root = false;
        if (len % 12)
            return disc_fail(d, node, prop, "%u bytes long, not a multiple of 12", (unsigned)len);
        for (int i = 0; i < len / 12; i++)
            if (delegation(d, node, prop, p + 3 * i, a))
                return -1;
    }
    for (unsigned i = 0; i < MACHINE_SOURCES / 32 && root; i++)
        a->owned[i] = UINT32_MAX;
    return 0;
}

int disc_aplics(struct discovery *d)
{
    struct machine *m = d->m;

    for (int node = -1; (node = disc_next_compatible(d, node, "riscv,aplic")) >= 0;) {
        uint32_t phandle;
        int by_msi = disc_u32(d, node, "msi-parent", &phandle);
        if (by_msi < 0)
            return -1;
        enum level level = by_msi ? level_by_msi_parent(d, node, phandle) : level_by_harts(d, node);

        if (level == LEVEL_ERROR)
            return -1;
        if (level == LEVEL_OTHER)
            continue;
        if (m->n_aplics == MACHINE_MAX_APLICS)
            return disc_fail(d, node, "compatible", "more than %u APLIC domains of supervisor level",
                             (unsigned)MACHINE_MAX_APLICS);
        struct machine_aplic *a = &m->aplics[m->n_aplics++];
        a->msi_mode = level == LEVEL_MSI;
        for (unsigned h = 0; h < MACHINE_MAX_HARTS; h++)
            a->index[h] = -1;
        if (read_aplic(d, node, a) || read_delegation(d, a))
            return -1;
        const fdt32_t *pairs;
        uint32_t n;
        if (!a->msi_mode && (disc_parents(d, node, &pairs, &n) || read_indexes(d, node, pairs, n, a)))
            return -1;
    }
    return 0;
}
