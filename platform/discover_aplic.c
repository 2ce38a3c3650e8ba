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
        if (read_aplic(d, node, a))
            return -1;
    }
    return 0;
}
