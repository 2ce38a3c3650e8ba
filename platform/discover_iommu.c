/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The requesters of each host: the IOMMU in front of them (pci-iommu.txt), and the target of their MSIs (pci-msi.txt).
 * The payload drives the first RISC-V IOMMU (the Linux binding riscv,iommu.yaml) that a host's iommu-map names. A
 * requester behind another IOMMU, or whose MSIs go elsewhere, is kept in the maps as not ours.
 */
#include <string.h>

#include "discover.h"

#define REGISTERS  0x1000u
#define REQUESTERS 0x10000u   /* bus, device, function */
#define DEVICES    0x1000000u /* device ids of a RISC-V IOMMU have 24 bits */

static int host_of(const struct discovery *d, int node)
{
    for (size_t i = 0; i < d->m->n_hosts; i++)
        if (d->hosts[i] == node)
            return (int)i;
    return -1;
}

static int read_unit(struct discovery *d, int node)
{
    struct machine_iommu u = {0};

    if (!fdt_node_check_compatible(d->tree->blob, node, "riscv,pci-iommu")) {
        int len, host = host_of(d, fdt_parent_offset(d->tree->blob, node));
        const fdt32_t *reg = fdt_getprop(d->tree->blob, node, "reg", &len);

        if (host < 0)
            return tree_fail(d->tree, node, "", "a PCI IOMMU that is no function of a host that is used");
        if (!reg || len < 4)
            return tree_fail(d->tree, node, "reg", "missing, or too short for the function's number");
        u.form = MACHINE_IOMMU_PCI;
        u.function = (uint16_t)(fdt32_ld(reg) >> 8); /* phys.hi: bus, device, function */
        u.host = (uint8_t)host;
    } else {
        if (tree_reg(d->tree, node, &u.reg))
            return -1;
        if (u.reg.base % REGISTERS || u.reg.size < REGISTERS)
            return tree_fail(d->tree, node, "reg", "%#llx, %#llx bytes: not a page of registers",
                             (unsigned long long)u.reg.base, (unsigned long long)u.reg.size);
        u.form = MACHINE_IOMMU_SYS;
    }
    d->m->iommu = u;
    d->iommu = node;
    return 0;
}

/* Decide whether this is the unit that is used: the first usable one. Returns 0: yes; -1: no, reported. */
static int is_our_unit(struct discovery *d, int host, uint32_t phandle, int node)
{
    if (node < 0)
        return tree_fail(d->tree, host, "iommu-map", "phandle %#llx names no node",
                         (unsigned long long)phandle);
    if (fdt_node_check_compatible(d->tree->blob, node, "riscv,iommu") &&
        fdt_node_check_compatible(d->tree->blob, node, "riscv,pci-iommu"))
        return tree_fail(d->tree, host, "iommu-map", "it names %s, which is no RISC-V IOMMU",
                         fdt_get_name(d->tree->blob, node, NULL));
    if (d->m->iommu.form == MACHINE_IOMMU_NONE)
        return read_unit(d, node);
    return node == d->iommu ? 0 : tree_fail(d->tree, host, "iommu-map", "more than one IOMMU");
}

/* ---- a map of requester ids; an entry has four cells: first requester id, phandle, first target id, number ---- */

struct id_map {
    const char *prop, *mask_prop;
    enum machine_part part;
    struct machine_id_map *maps;
    size_t *n;
    uint32_t *mask;
};

/* The map is unusable, or too long to keep: mark every requester as not ours. */
static void all_strangers(struct discovery *d, const struct id_map *m)
{
    (void)tree_unused(d->tree, m->part);
    m->maps[0] = (struct machine_id_map){.n = REQUESTERS};
    *m->n = 1;
}

/* Add an entry. An entry that continues the previous entry is merged with it. */
static bool add(const struct id_map *m, struct machine_id_map e)
{
    struct machine_id_map *last = *m->n ? &m->maps[*m->n - 1] : NULL;

    if (last && last->ours == e.ours && last->from + last->n == e.from && last->to + last->n == e.to) {
        last->n += e.n;
        return true;
    }
    if (*m->n == MACHINE_MAX_MAPS)
        return false;
    m->maps[(*m->n)++] = e;
    return true;
}

/*
 * Decide whose ids these are. Returns 1: ours; 0: no unit's, for example because the unit is disabled; -1: another's,
 * reported.
 */
static int owner(struct discovery *d, const struct id_map *m, int host, uint32_t phandle)
{
    if (m->part == MACHINE_PART_IOMMU) {
        int node = fdt_node_offset_by_phandle(d->tree->blob, phandle);

        if (node >= 0 && !tree_usable(d->tree, node))
            return 0;
        return is_our_unit(d, host, phandle, node) ? -1 : 1;
    }
    if (phandle && phandle == d->m->aia.imsic.phandle)
        return 1;
    return tree_fail(d->tree, host, m->prop, "phandle %#llx is not the supervisor-level IMSIC's",
                     (unsigned long long)phandle);
}

/*
 * Read one entry. An entry of no length, such as the first one of QEMU 10.0, is skipped. Returns -1 if there is no room
 * for more.
 */
static int read_entry(struct discovery *d, const struct id_map *m, int host, const fdt32_t *p)
{
    uint32_t from = fdt32_ld(p), to = fdt32_ld(p + 2), n = fdt32_ld(p + 3);
    bool sound = from < REQUESTERS && n <= REQUESTERS - from && to < DEVICES && n <= DEVICES - to;

    if (!n)
        return 0;
    int whose = owner(d, m, host, fdt32_ld(p + 1));
    if (!whose)
        return 0;
    if (whose > 0 && !sound)
        whose = tree_fail(d->tree, host, m->prop, "requester ids %#llx to device ids %#llx: out of range",
                          (unsigned long long)from, (unsigned long long)to);
    if (whose < 0)
        (void)tree_unused(d->tree, m->part);
    if (from >= REQUESTERS)
        return 0;
    n = n < REQUESTERS - from ? n : REQUESTERS - from;
    if (!add(m, (struct machine_id_map){from, whose < 0 ? from : to, n, whose > 0}))
        return tree_fail(d->tree, host, m->prop, "more than %u ranges", (unsigned)MACHINE_MAX_MAPS);
    return 0;
}

static void read_map(struct discovery *d, const struct id_map *m, int host)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(d->tree->blob, host, m->prop, &len);

    if (len % 16) {
        (void)tree_fail(d->tree, host, m->prop, "%u bytes long, not a multiple of 16", (unsigned)len);
        all_strangers(d, m);
        return;
    }
    if (tree_u32(d->tree, host, m->mask_prop, m->mask) < 0) {
        all_strangers(d, m);
        return;
    }
    for (int i = 0; p && i < len / 4; i += 4)
        if (read_entry(d, m, host, p + i)) {
            all_strangers(d, m);
            return;
        }
}

/*
 * Read which functions may send MSIs. Without msi-map, msi-parent decides for all functions. Without either, all may
 * send: a machine with one MSI controller need not name it.
 */
static void read_msi(struct discovery *d, const struct id_map *m, int host)
{
    bool present;

    if (fdt_getprop(d->tree->blob, host, m->prop, NULL)) {
        read_map(d, m, host);
        if (*m->n == 0) {
            (void)tree_fail(d->tree, host, m->prop, "it maps no requester, so none may send MSIs");
            all_strangers(d, m);
        }
        return;
    }
    int ours = tree_msi_parent(d->tree, host, &present);
    if (ours == 0 && present)
        ours = tree_fail(d->tree, host, "msi-parent", "it does not name the supervisor-level IMSIC");
    if (ours < 0)
        all_strangers(d, m);
    else if (d->m->aia.imsic.present)
        (void)add(m, (struct machine_id_map){.n = REQUESTERS, .ours = true});
}

static void read_maps(struct discovery *d, unsigned i)
{
    struct machine_pci *pci = &d->m->hosts[i];
    struct id_map iommu = {"iommu-map",    "iommu-map-mask",  MACHINE_PART_IOMMU,
                           pci->iommu_map, &pci->n_iommu_map, &pci->iommu_map_mask};
    struct id_map msi = {"msi-map",    "msi-map-mask",  MACHINE_PART_MSI,
                         pci->msi_map, &pci->n_msi_map, &pci->msi_map_mask};

    pci->iommu_map_mask = pci->msi_map_mask = REQUESTERS - 1;
    if (fdt_getprop(d->tree->blob, d->hosts[i], "iommu-map", NULL))
        read_map(d, &iommu, d->hosts[i]);
    read_msi(d, &msi, d->hosts[i]);
}

/* True if a reason is already recorded for the unit that tree_fail() has named. */
static bool is_named(const struct discovery *d)
{
    for (size_t i = 0; i < MACHINE_MAX_UNUSED && i < d->tree->n_unused; i++)
        if (!strcmp(d->m->unused[i].why.node, d->tree->error.node))
            return true;
    return false;
}

/* Record each unit that no host's map names: it is in front of devices that no job drives. */
static void name_others(struct discovery *d, const char *compatible)
{
    for (int node = -1; (node = tree_next_compatible(d->tree, node, compatible)) >= 0;) {
        if (d->m->iommu.form != MACHINE_IOMMU_NONE && node == d->iommu)
            continue;
        (void)tree_fail(d->tree, node, "", "not the IOMMU of a PCI host that is used");
        if (!is_named(d))
            (void)tree_unused(d->tree, MACHINE_PART_IOMMU);
    }
}

int disc_iommu(struct discovery *d)
{
    for (unsigned i = 0; i < d->m->n_hosts; i++)
        read_maps(d, i);
    name_others(d, "riscv,iommu");
    name_others(d, "riscv,pci-iommu");
    return 0;
}
