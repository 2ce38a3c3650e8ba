/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interrupt-map of a PCI host bridge (Devicetree Specification, section 2.4.3): the wire of each function's pin. If
 * several entries match one pin, the first counts. An entry that no function's pin can match is skipped. So the number
 * of kept entries has a bound, unlike the map.
 */
#include "discover.h"

#define CHILD_CELLS 4 /* phys.hi, phys.mid, phys.lo, pin */
#define PINS        4

struct intx {
    unsigned host;
    uint32_t bus_mask;
    uint8_t seen[256]; /* by device and function, a bit for each pin, after the masks */
    uint32_t foreign;  /* entries that lead to a controller that is not used */
};

/*
 * The number of cells of an entry after its phandle; 0: the phandle names no node. An absent #address-cells means 0
 * here.
 */
static uint32_t parent_cells(struct discovery *d, uint32_t phandle, uint32_t *address)
{
    int node = fdt_node_offset_by_phandle(d->tree->blob, phandle);
    uint32_t interrupt = 0;

    *address = 0;
    if (node < 0 || tree_u32(d->tree, node, "#address-cells", address) < 0 ||
        tree_u32(d->tree, node, "#interrupt-cells", &interrupt) < 0 || *address > 4 || interrupt > 4)
        return 0;
    return *address + interrupt;
}

/* True if a pin from 1 to 4 can match this pin under the mask. */
static bool is_a_pin(uint32_t pin, uint8_t mask)
{
    for (uint32_t i = 1; i <= PINS; i++)
        if ((i & mask) == pin)
            return true;
    return false;
}

static int keep(struct discovery *d, struct intx *x, const fdt32_t *p, uint32_t address)
{
    struct machine_pci *pci = &d->m->hosts[x->host];
    uint32_t hi = fdt32_ld(p);
    uint8_t devfn = (uint8_t)(hi >> 8 & pci->intx_devfn_mask);
    uint32_t pin = fdt32_ld(p + 3) & pci->intx_pin_mask;
    int aplic = tree_aplic(d->tree, fdt32_ld(p + CHILD_CELLS));
    struct aia_fdt_wire w;

    if (!is_a_pin(pin, pci->intx_pin_mask) || ((hi >> 16 ^ pci->bus_first) & x->bus_mask) ||
        (x->seen[devfn] & 1u << pin))
        return 0;
    x->seen[devfn] |= (uint8_t)(1u << pin);
    if (aplic < 0) {
        x->foreign++;
        return 0;
    }
    if (tree_source(d->tree, d->hosts[x->host], "interrupt-map", (unsigned)aplic,
                    p + CHILD_CELLS + 1 + address, &w))
        return -1;
    pci->intx[pci->n_intx].devfn = devfn;
    pci->intx[pci->n_intx].pin = (uint8_t)pin;
    pci->intx[pci->n_intx++].wire = w;
    return 0;
}

static int read_mask(struct discovery *d, struct intx *x)
{
    struct machine_pci *pci = &d->m->hosts[x->host];
    int node = d->hosts[x->host], len;
    const fdt32_t *mask = fdt_getprop(d->tree->blob, node, "interrupt-map-mask", &len);

    pci->intx_devfn_mask = pci->intx_pin_mask = 0xff; /* the meaning of an absent mask */
    x->bus_mask = 0xffu;
    if (!mask)
        return 0;
    if (len != CHILD_CELLS * 4)
        return tree_fail(d->tree, node, "interrupt-map-mask", "%u bytes long, not 16", (unsigned)len);
    pci->intx_devfn_mask = (uint8_t)(fdt32_ld(mask) >> 8);
    pci->intx_pin_mask = (uint8_t)fdt32_ld(mask + 3);
    x->bus_mask = fdt32_ld(mask) >> 16 & 0xffu;
    return 0;
}

/*
 * Read the entries. The first unsound entry is named, and unsound entries are left out. The start of the next entry is
 * known all the same.
 */
static void read_entries(struct discovery *d, struct intx *x, const fdt32_t *p, uint32_t cells)
{
    int node = d->hosts[x->host];
    uint32_t bad = 0;

    for (uint32_t left = cells; left;) {
        uint32_t address = 0,
                 n = left > CHILD_CELLS ? parent_cells(d, fdt32_ld(p + CHILD_CELLS), &address) : 0;

        if (!n || left < CHILD_CELLS + 1 + n) {
            (void)tree_fail(d->tree, node, "interrupt-map",
                            "entry at byte %u is cut short, or names no controller", (cells - left) * 4);
            (void)tree_unused(d->tree, MACHINE_PART_WIRE);
            break;
        }
        if (n - address >= 2 && keep(d, x, p, address) && !bad++)
            (void)tree_unused(d->tree, MACHINE_PART_WIRE);
        p += CHILD_CELLS + 1 + n;
        left -= CHILD_CELLS + 1 + n;
    }
}

int disc_intx(struct discovery *d, unsigned host)
{
    struct intx x = {.host = host};
    int node = d->hosts[host], len = 0;
    const fdt32_t *p = fdt_getprop(d->tree->blob, node, "interrupt-map", &len);

    if (!p || !len) /* an empty map has no wires, whatever its mask */
        return 0;
    if (read_mask(d, &x))
        return -1;
    if (len % 4)
        return tree_fail(d->tree, node, "interrupt-map", "%u bytes long, not a multiple of 4", (unsigned)len);
    read_entries(d, &x, p, (uint32_t)len / 4);
    if (!x.foreign)
        return 0;
    return tree_fail(d->tree, node, "interrupt-map", "%u of its wires lead to no APLIC that is used",
                     x.foreign);
}
