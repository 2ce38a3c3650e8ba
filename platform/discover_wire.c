/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device's line leads to which source of which APLIC (Devicetree Specification, section 2.4; the specifier of two
 * cells is that of the Linux binding riscv,aplic.yaml). A line that leads to no S-level APLIC, or to a source that is
 * not delegated to it, is none of ours and reads as absent.
 */
#include "discover.h"

/* Flags of a specifier, to a source mode (AdvPLIC.adoc, "Source configurations"). */
static int mode_of(uint32_t flags)
{
    switch (flags) {
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

static int read_wire(struct discovery *d, int node, const char *prop, uint32_t phandle, const fdt32_t *spec,
                     struct machine_wire *w)
{
    for (size_t i = 0; i < d->m->n_aplics; i++) {
        const struct machine_aplic *a = &d->m->aplics[i];
        uint32_t source = fdt32_ld(spec), flags = fdt32_ld(spec + 1);

        if (!phandle || a->phandle != phandle)
            continue;
        if (source < 1 || source > a->num_sources)
            return disc_fail(d, node, prop, "source %u, but the APLIC has 1 to %u", source, a->num_sources);
        if (mode_of(flags) < 0)
            return disc_fail(d, node, prop, "flags %#llx of source %u: not one of 1, 2, 4, 8",
                             (unsigned long long)flags, source);
        if (machine_owns(a, source))
            *w = (struct machine_wire){(uint16_t)source, (uint8_t)i, (uint8_t)mode_of(flags)};
    }
    return 0;
}

static bool is_aplic(const struct discovery *d, uint32_t phandle)
{
    for (size_t i = 0; i < d->m->n_aplics; i++)
        if (phandle && d->m->aplics[i].phandle == phandle)
            return true;
    return false;
}

/* The first of the node's interrupts. */
static int disc_wire(struct discovery *d, int node, struct machine_wire *w)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, "interrupts-extended", &len);
    uint32_t parent = 0;

    if (p) {
        if (len < 4 || (is_aplic(d, fdt32_ld(p)) && len < 12))
            return disc_fail(d, node, "interrupts-extended", "%u bytes long, not 12", (unsigned)len);
        return is_aplic(d, fdt32_ld(p)) ? read_wire(d, node, "interrupts-extended", fdt32_ld(p), p + 1, w)
                                        : 0;
    }
    p = fdt_getprop(d->fdt, node, "interrupts", &len);
    if (!p)
        return 0;
    for (int up = node; up >= 0; up = fdt_parent_offset(d->fdt, up)) {
        int r = disc_u32(d, up, "interrupt-parent", &parent);
        if (r < 0)
            return -1;
        if (r > 0)
            break;
    }
    if (!is_aplic(d, parent))
        return 0;
    if (len < 8)
        return disc_fail(d, node, "interrupts", "%u bytes long, not a multiple of 8", (unsigned)len);
    return read_wire(d, node, "interrupts", parent, p, w);
}

/* ---- interrupt-map of the PCI host bridge (section 2.4.3) ---- */

#define CHILD_CELLS 4 /* phys.hi, phys.mid, phys.lo, pin */

/* Cells of an entry behind its phandle; 0: the phandle is nobody's. Absent #address-cells are none here. */
static uint32_t parent_cells(struct discovery *d, uint32_t phandle, uint32_t *address)
{
    int node = fdt_node_offset_by_phandle(d->fdt, phandle);
    uint32_t interrupt = 0;

    *address = 0;
    if (node < 0 || disc_u32(d, node, "#address-cells", address) < 0 ||
        disc_u32(d, node, "#interrupt-cells", &interrupt) < 0 || *address > 4 || interrupt > 4)
        return 0;
    return *address + interrupt;
}

static int map_entry(struct discovery *d, int node, const fdt32_t *p, uint32_t address)
{
    struct machine_pci *pci = &d->m->hosts[0];
    uint32_t phandle = fdt32_ld(p + CHILD_CELLS);
    struct machine_wire w = {0};

    if (!is_aplic(d, phandle))
        return 0;
    if (read_wire(d, node, "interrupt-map", phandle, p + CHILD_CELLS + 1 + address, &w))
        return -1;
    if (!w.source)
        return 0;
    if (pci->n_intx == MACHINE_MAX_INTX)
        return disc_fail(d, node, "interrupt-map", "more than %u entries", (unsigned)MACHINE_MAX_INTX);
    pci->intx[pci->n_intx].devfn = (uint8_t)(fdt32_ld(p) >> 8);
    pci->intx[pci->n_intx].pin = (uint8_t)fdt32_ld(p + 3);
    pci->intx[pci->n_intx++].wire = w;
    return 0;
}

static int disc_intx(struct discovery *d)
{
    int node = disc_next_compatible(d, -1, "pci-host-ecam-generic"), len, mask_len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, "interrupt-map", &len);
    const fdt32_t *mask = fdt_getprop(d->fdt, node, "interrupt-map-mask", &mask_len);

    if (node < 0 || !p)
        return 0;
    d->m->hosts[0].intx_devfn_mask = d->m->hosts[0].intx_pin_mask = 0xff; /* what an absent mask means */
    if (mask && mask_len != CHILD_CELLS * 4)
        return disc_fail(d, node, "interrupt-map-mask", "%u bytes long, not 16", (unsigned)mask_len);
    if (mask) {
        d->m->hosts[0].intx_devfn_mask = (uint8_t)(fdt32_ld(mask) >> 8);
        d->m->hosts[0].intx_pin_mask = (uint8_t)fdt32_ld(mask + 3);
    }
    for (uint32_t left = (uint32_t)len / 4; left;) {
        uint32_t address = 0,
                 cells = left > CHILD_CELLS ? parent_cells(d, fdt32_ld(p + CHILD_CELLS), &address) : 0;

        if (!cells || left < CHILD_CELLS + 1 + cells || (uint32_t)len % 4)
            return disc_fail(d, node, "interrupt-map",
                             "entry at byte %u is cut short, or names no controller",
                             (unsigned)len - left * 4);
        if (cells - address >= 2 && map_entry(d, node, p, address))
            return -1;
        p += CHILD_CELLS + 1 + cells;
        left -= CHILD_CELLS + 1 + cells;
    }
    return 0;
}

static int read_device(struct discovery *d, int node, struct machine_device *dev)
{
    struct machine_region r;

    if (disc_reg(d, node, &r) || disc_wire(d, node, &dev->wire))
        return -1;
    dev->present = true;
    dev->base = r.base;
    return 0;
}

int disc_wires(struct discovery *d)
{
    struct machine *m = d->m;
    int rtc = disc_next_compatible(d, -1, "google,goldfish-rtc");

    if (m->uart.present && disc_wire(d, d->uart, &m->uart.wire))
        return -1;
    if (m->iommu.form == MACHINE_IOMMU_SYS && disc_wire(d, d->iommu, &m->iommu.wire))
        return -1;
    if (rtc >= 0 && read_device(d, rtc, &m->rtc))
        return -1;
    for (int node = -1; (node = disc_next_compatible(d, node, "virtio,mmio")) >= 0;) {
        if (m->n_virtio == MACHINE_MAX_VIRTIO)
            break; /* more than we have a use for */
        if (read_device(d, node, &m->virtio[m->n_virtio++]))
            return -1;
    }
    return m->n_hosts ? disc_intx(d) : 0;
}
