/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RISC-V IOMMU (the Linux binding riscv,iommu.yaml) that the PCI host's iommu-map names (pci-iommu.txt). One: a
 * map that names several is not described. And the host's msi-map, of which there is nothing to keep.
 */
#include <string.h>

#include "discover.h"

#define REGISTERS 0x1000u

static int read_unit(struct discovery *d, int host, int node)
{
    struct machine_iommu *u = &d->m->iommu;

    if (!fdt_node_check_compatible(d->fdt, node, "riscv,pci-iommu")) {
        int len;
        const fdt32_t *reg = fdt_getprop(d->fdt, node, "reg", &len);

        if (fdt_parent_offset(d->fdt, node) != host)
            return disc_fail(d, node, "", "a PCI IOMMU that is no function of the host it is for");
        if (!reg || len < 4)
            return disc_fail(d, node, "reg", "missing, or too short for the function's number");
        u->form = MACHINE_IOMMU_PCI;
        u->function = (uint16_t)(fdt32_ld(reg) >> 8); /* phys.hi: bus, device, function */
        return 0;
    }
    if (fdt_node_check_compatible(d->fdt, node, "riscv,iommu"))
        return disc_fail(d, host, "iommu-map", "it names no RISC-V IOMMU");
    if (disc_reg(d, node, &u->reg))
        return -1;
    if (u->reg.base % REGISTERS || u->reg.size < REGISTERS)
        return disc_fail(d, node, "reg", "%#llx, %#llx bytes: not a page of registers",
                         (unsigned long long)u->reg.base, (unsigned long long)u->reg.size);
    u->form = MACHINE_IOMMU_SYS;
    d->iommu = node;
    return 0;
}

/* Entries of no length, which QEMU 10.0 writes first, say nothing. */
static int read_entry(struct discovery *d, int host, const fdt32_t *p, uint32_t *phandle)
{
    struct machine_pci *pci = &d->m->hosts[0];
    struct machine_id_map map = {fdt32_ld(p), fdt32_ld(p + 2), fdt32_ld(p + 3), true};

    if (!map.n)
        return 0;
    if (map.from > 0xffff || map.n > 0x10000 - map.from || map.to > 0xffffff || map.n > 0x1000000 - map.to)
        return disc_fail(d, host, "iommu-map", "requester ids %#llx to device ids %#llx: out of range",
                         (unsigned long long)map.from, (unsigned long long)map.to);
    if (*phandle && *phandle != fdt32_ld(p + 1))
        return disc_fail(d, host, "iommu-map", "more than one IOMMU");
    if (pci->n_iommu_map == MACHINE_MAX_MAPS)
        return disc_fail(d, host, "iommu-map", "more than %u ranges", (unsigned)MACHINE_MAX_MAPS);
    *phandle = fdt32_ld(p + 1);
    pci->iommu_map[pci->n_iommu_map++] = map;
    return 0;
}

/* pci-msi.txt: every requester's MSIs go to the S-level files, with or without an IOMMU between. */
static int check_msi_map(struct discovery *d, int host)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, host, "msi-map", &len);

    if (!p)
        return 0;
    if (len % 16)
        return disc_fail(d, host, "msi-map", "%u bytes long, not a multiple of 16", (unsigned)len);
    for (int i = 0; i < len / 4; i += 4)
        if (fdt32_ld(p + i + 1) != d->imsic_phandle)
            return disc_fail(d, host, "msi-map", "phandle %#llx is not the supervisor-level IMSIC's",
                             (unsigned long long)fdt32_ld(p + i + 1));
    return 0;
}

int disc_iommu(struct discovery *d)
{
    int host = disc_next_compatible(d, -1, "pci-host-ecam-generic"), len;
    const fdt32_t *p = host < 0 ? NULL : fdt_getprop(d->fdt, host, "iommu-map", &len);
    uint32_t phandle = 0;

    d->m->hosts[0].iommu_map_mask = 0xffff;
    if (host >= 0 && check_msi_map(d, host))
        return -1;
    if (!p)
        return 0;
    if (len % 16)
        return disc_fail(d, host, "iommu-map", "%u bytes long, not a multiple of 16", (unsigned)len);
    for (int i = 0; i < len / 4; i += 4)
        if (read_entry(d, host, p + i, &phandle))
            return -1;
    if (!phandle)
        return 0;
    if (disc_u32(d, host, "iommu-map-mask", &d->m->hosts[0].iommu_map_mask) < 0)
        return -1;
    int node = fdt_node_offset_by_phandle(d->fdt, phandle);
    if (node < 0)
        return disc_fail(d, host, "iommu-map", "phandle %#llx is nobody's", (unsigned long long)phandle);
    if (!disc_usable(d, node)) { /* then nothing is behind it */
        d->m->hosts[0].n_iommu_map = 0;
        return 0;
    }
    return read_unit(d, host, node);
}
