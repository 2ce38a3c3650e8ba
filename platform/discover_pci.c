/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI host bridges with ECAM (the Linux binding host-generic-pci.yaml; ranges as in the PCI Bus Binding to Open
 * Firmware, section 2.2.1.1). A host that is not sound, or has no ECAM, is not used. An unsound window of a sound host
 * is left out.
 */
#include <string.h>

#include "discover.h"

#define ENTRY_PCI_CELLS 3  /* phys.hi, phys.mid, phys.lo */
#define BUS_SHIFT       20 /* 1 MiB of configuration space for each bus */
#define LEAST           0x1000u /* the unit of a window that is used in part: the smallest BAR's room (resource.c) */

static int read_bus_range(struct discovery *d, int node, uint32_t *first, uint32_t *last, bool *said)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->tree->blob, node, "bus-range", &len);

    *first = 0;
    *last = 255; /* the meaning of an absent bus-range */
    *said = p;
    if (p && len != 8)
        return tree_fail(d->tree, node, "bus-range", "%u bytes long, not 8", (unsigned)len);
    if (p) {
        *first = fdt32_ld(p);
        *last = fdt32_ld(p + 1);
    }
    if (*first > *last || *last > 255)
        return tree_fail(d->tree, node, "bus-range", "%u to %u is no range of buses", *first, *last);
    return 0;
}

/*
 * Read the ECAM region, whose base belongs to the first bus in bus-range. If the region is too small for all buses, the
 * last buses are dropped.
 */
static int read_ecam(struct discovery *d, int node, struct machine_pci *pci)
{
    uint32_t first, last;
    bool said;

    if (read_bus_range(d, node, &first, &last, &said) || tree_reg(d->tree, node, &pci->ecam))
        return -1;
    if (pci->ecam.base % (1u << BUS_SHIFT))
        return tree_fail(d->tree, node, "reg", "%#llx is not a multiple of 1 MiB",
                         (unsigned long long)pci->ecam.base);
    uint64_t room = pci->ecam.size >> BUS_SHIFT;
    if (!room)
        return tree_fail(d->tree, node, "reg", "%#llx bytes are not the configuration space of one bus",
                         (unsigned long long)pci->ecam.size);
    pci->bus_first = (uint8_t)first;
    pci->bus_last = (uint8_t)(room < last - first + 1 ? first + room - 1 : last);
    if (said && pci->bus_last < last) {
        (void)tree_fail(d->tree, node, "reg", "%#llx bytes hold %u of the %u buses of bus-range",
                        (unsigned long long)pci->ecam.size, (unsigned)room, last - first + 1);
        (void)tree_unused(d->tree, MACHINE_PART_PCI);
    }
    for (size_t i = 0; i < d->m->n_hosts; i++)
        if (tree_overlap(&pci->ecam, &d->m->hosts[i].ecam))
            return tree_fail(d->tree, node, "reg", "its configuration space overlaps that of %s",
                             d->m->hosts[i].name);
    return 0;
}

/*
 * Take `r` out of the window, and keep the larger of the parts below and above. Returns false if the two do not
 * overlap.
 */
static bool clip(struct machine_pci_window *w, const struct aia_fdt_region *r)
{
    if (!w->size || !tree_overlap(&(struct aia_fdt_region){w->cpu, w->size}, r))
        return false;
    uint64_t last = w->cpu + (w->size - 1), r_last = r->base + (r->size - 1);
    uint64_t below = r->base > w->cpu ? r->base - w->cpu : 0, above = last > r_last ? last - r_last : 0;
    uint64_t skip = above > below ? w->size - above : 0;

    w->cpu += skip;
    w->pci += skip;
    w->size = above > below ? above : below;
    return true;
}

/*
 * Take out of the window the addresses that are in use: each host's configuration space, and the earlier windows.
 * Returns the name of the host of the first range taken out, or NULL if there is none.
 */
static const char *clip_all(const struct discovery *d, struct machine_pci_window *w,
                            struct aia_fdt_region *first)
{
    const char *name = NULL;

    for (size_t h = 0; h < d->m->n_hosts; h++) {
        const struct machine_pci *other = &d->m->hosts[h];
        for (size_t j = 0; j <= other->n_windows; j++) {
            struct aia_fdt_region r = other->ecam;
            if (j)
                r = (struct aia_fdt_region){other->windows[j - 1].cpu, other->windows[j - 1].size};
            if (!clip(w, &r) || name)
                continue;
            name = other->name;
            *first = r;
        }
    }
    return name;
}

/* An address must decode to one device. If a window overlaps others, the part that does not overlap is used. */
static int check_window(struct discovery *d, int node, unsigned i, struct machine_pci_window *w)
{
    struct aia_fdt_region r;

    if (w->pci + (w->size - 1) < w->pci || w->cpu + (w->size - 1) < w->cpu)
        return tree_fail(d->tree, node, "ranges", "window %u runs past the end of the address space", i);
    if (w->space != MACHINE_PCI_MEM64 && (w->pci + (w->size - 1)) >> 32)
        return tree_fail(d->tree, node, "ranges", "window %u is 32-bit but reaches past 4 GiB", i);
    const char *name = clip_all(d, w, &r);
    if (!name)
        return 0;
    if (w->size < LEAST)
        return tree_fail(d->tree, node, "ranges", "window %u overlaps %#llx to %#llx of %s", i,
                         (unsigned long long)r.base, (unsigned long long)(r.base + (r.size - 1)), name);
    (void)tree_fail(d->tree, node, "ranges", "window %u overlaps %#llx of %s: %#llx to %#llx of it is used",
                    i, (unsigned long long)r.base, name, (unsigned long long)w->cpu,
                    (unsigned long long)(w->cpu + (w->size - 1)));
    return tree_unused(d->tree, MACHINE_PART_PCI);
}

static int read_window(struct discovery *d, int node, struct machine_pci *pci, const fdt32_t *p,
                       uint32_t cells, unsigned i)
{
    uint32_t code = fdt32_ld(p) >> 24 & 3; /* ss of phys.hi */
    struct machine_pci_window w = {
        .space = code == 1   ? MACHINE_PCI_IO
                 : code == 2 ? MACHINE_PCI_MEM32
                             : MACHINE_PCI_MEM64,
        .pci = tree_number(p + 1, 2),
        .cpu = tree_number(p + ENTRY_PCI_CELLS, cells),
        .size = tree_number(p + ENTRY_PCI_CELLS + cells, 2),
    };

    if (code == 0)
        return tree_fail(d->tree, node, "ranges", "window %u is configuration space, not I/O or memory", i);
    if (!w.size)
        return tree_fail(d->tree, node, "ranges", "window %u has no size", i);
    if (tree_translate(d->tree, node, "ranges", &w.cpu, w.size) || check_window(d, node, i, &w))
        return -1;
    if (pci->n_windows == MACHINE_MAX_RANGES)
        return tree_fail(d->tree, node, "ranges", "more than %u windows", (unsigned)MACHINE_MAX_RANGES);
    pci->windows[pci->n_windows++] = w;
    return 0;
}

static int read_windows(struct discovery *d, int node, struct machine_pci *pci)
{
    uint32_t cells, v = 0;
    int len;
    const fdt32_t *p = fdt_getprop(d->tree->blob, node, "ranges", &len);

    if (tree_need_u32_in(d->tree, node, "#address-cells", 3, 3, &v) ||
        tree_need_u32_in(d->tree, node, "#size-cells", 2, 2, &v) ||
        tree_cells(d->tree, fdt_parent_offset(d->tree->blob, node), "#address-cells", &cells))
        return -1;
    if (!p)
        return tree_fail(d->tree, node, "ranges", "missing, so no device could be reached");
    uint32_t entry = ENTRY_PCI_CELLS + cells + 2, n = (uint32_t)len / (entry * 4);
    if (!n || (uint32_t)len % (entry * 4))
        return tree_fail(d->tree, node, "ranges", "%u bytes long, not a multiple of %u", (unsigned)len,
                         entry * 4);
    for (uint32_t i = 0; i < n; i++)
        if (read_window(d, node, pci, p + (size_t)i * entry, cells, i))
            (void)tree_unused(d->tree, MACHINE_PART_PCI);
    if (!pci->n_windows)
        return tree_fail(d->tree, node, "ranges",
                         "no window that can be used, so no device could be reached");
    return 0;
}

static int read_host(struct discovery *d, int node)
{
    struct machine_pci *pci = &d->m->hosts[d->m->n_hosts];

    if (d->m->n_hosts == MACHINE_MAX_HOSTS)
        return tree_fail(d->tree, node, "compatible", "more than %u PCI hosts", (unsigned)MACHINE_MAX_HOSTS);
    tree_copy_name(d->tree, node, pci->name, sizeof(pci->name));
    if (read_ecam(d, node, pci)) {
        memset(pci, 0, sizeof(*pci));
        return -1;
    }
    d->hosts[d->m->n_hosts++] = node;
    return 0;
}

static void drop_host(struct discovery *d, size_t i)
{
    size_t after = --d->m->n_hosts - i;

    memmove(&d->m->hosts[i], &d->m->hosts[i + 1], after * sizeof(d->m->hosts[0]));
    memmove(&d->hosts[i], &d->hosts[i + 1], after * sizeof(d->hosts[0]));
    memset(&d->m->hosts[d->m->n_hosts], 0, sizeof(d->m->hosts[0]));
}

static bool is_type_pci(const struct discovery *d, int node)
{
    int len = 0;
    const char *type = node < 0 ? NULL : fdt_getprop(d->tree->blob, node, "device_type", &len);

    return type && len == 4 && !memcmp(type, "pci", 4);
}

/* True if the node is a PCI host. A node of device_type "pci" is a host, or a bridge below a host. */
static bool is_host(const struct discovery *d, int node)
{
    return is_type_pci(d, node) && !is_type_pci(d, fdt_parent_offset(d->tree->blob, node));
}

static int one_host(struct discovery *d, int node)
{
    bool ecam = !fdt_node_check_compatible(d->tree->blob, node, "pci-host-ecam-generic");

    if ((!ecam && !is_host(d, node)) || !tree_usable(d->tree, node))
        return 0;
    if (ecam)
        return read_host(d, node);
    return tree_fail(d->tree, node, "compatible",
                     "\"%s\": a host whose configuration space is not known to be ECAM",
                     tree_compatible(d->tree, node));
}

/*
 * Read the configuration space of every host before any windows, which may overlap it; and read every host before any
 * maps, because an IOMMU may be a function of another host.
 */
int disc_pci(struct discovery *d)
{
    for (int node = fdt_next_node(d->tree->blob, -1, NULL); node >= 0;
         node = fdt_next_node(d->tree->blob, node, NULL))
        if (one_host(d, node))
            (void)tree_unused(d->tree, MACHINE_PART_PCI);
    for (size_t i = 0; i < d->m->n_hosts;)
        if (read_windows(d, d->hosts[i], &d->m->hosts[i])) {
            (void)tree_unused(d->tree, MACHINE_PART_PCI);
            drop_host(d, i);
        } else {
            i++;
        }
    return 0;
}
