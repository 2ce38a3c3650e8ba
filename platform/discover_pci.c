/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI host bridge (the Linux binding host-generic-pci.yaml; ranges as the PCI Bus Binding to Open
 * Firmware, section 2.2.1.1). The first usable one; machines with several are not described.
 */
#include "discover.h"

#define ENTRY_PCI_CELLS 3 /* phys.hi, phys.mid, phys.lo */

static int read_ecam(struct discovery *d, int node, struct machine_pci *pci)
{
    uint32_t first = 0, last = 255; /* what an absent bus-range means */
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, "bus-range", &len);

    if (p && len != 8)
        return disc_fail(d, node, "bus-range", "%u bytes long, not 8", (unsigned)len);
    if (p) {
        first = fdt32_ld(p);
        last = fdt32_ld(p + 1);
    }
    if (first > last || last > 255)
        return disc_fail(d, node, "bus-range", "%u to %u is no range of buses", first, last);
    pci->bus_first = (uint8_t)first;
    pci->bus_last = (uint8_t)last;
    if (disc_reg(d, node, &pci->ecam))
        return -1;
    /* 1 MiB of configuration space for each bus; the base is that of the first in bus-range. */
    if (pci->ecam.base % 0x100000)
        return disc_fail(d, node, "reg", "%#llx is not a multiple of 1 MiB",
                         (unsigned long long)pci->ecam.base);
    if (pci->ecam.size >> 20 < last - first + 1)
        return disc_fail(d, node, "reg", "%#llx bytes cannot hold the %u buses of bus-range",
                         (unsigned long long)pci->ecam.size, last - first + 1);
    return 0;
}

static int check_window(struct discovery *d, int node, const struct machine_pci *pci, unsigned i)
{
    const struct machine_pci_window *w = &pci->windows[i];
    struct machine_region r = {w->cpu, w->size};

    if (w->pci + (w->size - 1) < w->pci || w->cpu + (w->size - 1) < w->cpu)
        return disc_fail(d, node, "ranges", "window %u runs past the end of the address space", i);
    if (w->space != MACHINE_PCI_MEM64 && (w->pci + (w->size - 1)) >> 32)
        return disc_fail(d, node, "ranges", "window %u is 32-bit but reaches past 4 GiB", i);
    if (disc_overlap(&r, &pci->ecam))
        return disc_fail(d, node, "ranges", "window %u overlaps the configuration space", i);
    for (unsigned j = 0; j < i; j++)
        if (disc_overlap(&r, &(struct machine_region){pci->windows[j].cpu, pci->windows[j].size}))
            return disc_fail(d, node, "ranges", "windows %u and %u overlap", j, i);
    return 0;
}

static int read_window(struct discovery *d, int node, const fdt32_t *p, uint32_t cells, unsigned i)
{
    struct machine_pci_window *w = &d->m->hosts[0].windows[i];
    uint32_t code = fdt32_ld(p) >> 24 & 3; /* ss of phys.hi */

    if (code == 0)
        return disc_fail(d, node, "ranges", "window %u is configuration space, not I/O or memory", i);
    w->space = code == 1 ? MACHINE_PCI_IO : code == 2 ? MACHINE_PCI_MEM32 : MACHINE_PCI_MEM64;
    w->pci = disc_number(p + 1, 2);
    w->cpu = disc_number(p + ENTRY_PCI_CELLS, cells);
    w->size = disc_number(p + ENTRY_PCI_CELLS + cells, 2);
    if (!w->size)
        return disc_fail(d, node, "ranges", "window %u has no size", i);
    if (disc_translate(d, node, "ranges", &w->cpu, w->size))
        return -1;
    return check_window(d, node, &d->m->hosts[0], i);
}

static int read_windows(struct discovery *d, int node, struct machine_pci *pci)
{
    uint32_t cells, v = 0;
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, "ranges", &len);

    if (disc_need_u32_in(d, node, "#address-cells", 3, 3, &v) ||
        disc_need_u32_in(d, node, "#size-cells", 2, 2, &v) ||
        disc_cells(d, fdt_parent_offset(d->fdt, node), "#address-cells", &cells))
        return -1;
    if (!p)
        return disc_fail(d, node, "ranges", "missing, so no device could be reached");
    uint32_t entry = ENTRY_PCI_CELLS + cells + 2, n = (uint32_t)len / (entry * 4);
    if (!n || (uint32_t)len % (entry * 4))
        return disc_fail(d, node, "ranges", "%u bytes long, not a multiple of %u", (unsigned)len, entry * 4);
    if (n > MACHINE_MAX_RANGES)
        return disc_fail(d, node, "ranges", "%u windows, at most %u can be used", n,
                         (unsigned)MACHINE_MAX_RANGES);
    for (uint32_t i = 0; i < n; i++)
        if (read_window(d, node, p + (size_t)i * entry, cells, i))
            return -1;
    pci->n_windows = n;
    return 0;
}

int disc_pci(struct discovery *d)
{
    struct machine_pci *pci = &d->m->hosts[0];
    int node = disc_next_compatible(d, -1, "pci-host-ecam-generic");
    uint32_t msi = d->imsic_phandle;

    if (node < 0)
        return 0;
    if (disc_u32(d, node, "msi-parent", &msi) < 0)
        return -1;
    if (msi != d->imsic_phandle)
        return disc_fail(d, node, "msi-parent", "phandle %#llx is not the supervisor-level IMSIC's",
                         (unsigned long long)msi);
    d->m->n_hosts = 1;
    return read_ecam(d, node, pci) || read_windows(d, node, pci) ? -1 : 0;
}
