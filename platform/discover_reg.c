/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses: reg and ranges (Devicetree Specification, sections 2.3.6 and 2.3.8). A reg may have thousands of entries,
 * and finding a parent reads the tree from its start. So the path to the root is found once for all entries.
 */
#include "discover.h"

/*
 * Find the buses above `node`, the nearest first. The root's addresses are the CPU's, so the root is not in the list.
 */
static int find_way(struct discovery *d, int node, struct disc_way *way)
{
    way->node = node;
    way->n = 0;
    for (int bus = fdt_parent_offset(d->fdt, node); bus > 0; bus = fdt_parent_offset(d->fdt, bus)) {
        if (way->n == DISC_DEPTH)
            return disc_fail(d, node, "", "more than %u buses above it", (unsigned)DISC_DEPTH);
        way->bus[way->n++] = bus;
    }
    return 0;
}

/*
 * Translate one step up: from `bus`, through its non-empty ranges, to the bus `above`. Returns 1 if the ranges do not
 * contain the address.
 */
static int map_range(struct discovery *d, int bus, int above, const fdt32_t *ranges, int len, uint64_t *addr,
                     uint64_t size)
{
    uint32_t child, parent, sz;

    if (disc_cells(d, bus, "#address-cells", &child) || disc_cells(d, bus, "#size-cells", &sz) ||
        disc_cells(d, above, "#address-cells", &parent))
        return -1;
    uint32_t entry = child + parent + sz;
    if ((uint32_t)len % (entry * 4))
        return disc_fail(d, bus, "ranges", "%u bytes long, not a multiple of %u", (unsigned)len, entry * 4);
    for (uint32_t left = (uint32_t)len / (entry * 4); left; left--, ranges += entry) {
        uint64_t from = disc_number(ranges, child), room = disc_number(ranges + child + parent, sz);

        if (*addr >= from && *addr - from < room && size <= room - (*addr - from)) {
            *addr = *addr - from + disc_number(ranges + child, parent);
            return 0;
        }
    }
    return 1;
}

static int go_up(struct discovery *d, const struct disc_way *way, const char *prop, uint64_t *addr,
                 uint64_t size)
{
    for (unsigned i = 0; i < way->n; i++) {
        int len, above = i + 1 < way->n ? way->bus[i + 1] : 0;
        const fdt32_t *ranges = fdt_getprop(d->fdt, way->bus[i], "ranges", &len);

        if (!ranges)
            return disc_fail(d, way->bus[i], "ranges", "missing, so what is on this bus cannot be reached");
        /* Empty ranges mean equal addresses. */
        int r = len ? map_range(d, way->bus[i], above, ranges, len, addr, size) : 0;
        if (r > 0)
            return disc_fail(d, way->node, prop, "%#llx is outside the ranges of its bus",
                             (unsigned long long)*addr);
        if (r < 0)
            return -1;
    }
    return 0;
}

int disc_translate(struct discovery *d, int node, const char *prop, uint64_t *addr, uint64_t size)
{
    struct disc_way way;

    return find_way(d, node, &way) ? -1 : go_up(d, &way, prop, addr, size);
}

int disc_reg_list(struct discovery *d, int node, struct disc_reg_list *l)
{
    int len, bus;

    l->p = fdt_getprop(d->fdt, node, "reg", &len);
    if (!l->p)
        return disc_fail(d, node, "reg", "missing");
    if (find_way(d, node, &l->way))
        return -1;
    bus = l->way.n ? l->way.bus[0] : 0;
    if (disc_cells(d, bus, "#address-cells", &l->ac) || disc_cells(d, bus, "#size-cells", &l->sc))
        return -1;
    uint32_t entry = (l->ac + l->sc) * 4;
    l->n = (uint32_t)len / entry;
    if (!l->n || (uint32_t)len % entry)
        return disc_fail(d, node, "reg", "%u bytes long, not a multiple of %u", (unsigned)len, entry);
    return 0;
}

int disc_reg_at(struct discovery *d, const struct disc_reg_list *l, uint32_t i, struct machine_region *r)
{
    const fdt32_t *p = l->p + (size_t)i * (l->ac + l->sc);
    int node = l->way.node;

    *r = (struct machine_region){disc_number(p, l->ac), disc_number(p + l->ac, l->sc)};
    if (!r->size)
        return disc_fail(d, node, "reg", "range %u at %#llx has no size", i, (unsigned long long)r->base);
    if (go_up(d, &l->way, "reg", &r->base, r->size))
        return -1;
    if (r->base + (r->size - 1) < r->base)
        return disc_fail(d, node, "reg", "range %u at %#llx runs past the end of the address space", i,
                         (unsigned long long)r->base);
    return 0;
}

int disc_reg(struct discovery *d, int node, struct machine_region *out)
{
    struct disc_reg_list l;

    return disc_reg_list(d, node, &l) || disc_reg_at(d, &l, 0, out) ? -1 : 0;
}

bool disc_overlap(const struct machine_region *a, const struct machine_region *b)
{
    return a->base <= b->base ? b->base - a->base < a->size : a->base - b->base < b->size;
}
