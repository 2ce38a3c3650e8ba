/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses: reg and ranges (Devicetree Specification, sections 2.3.6 and 2.3.8). A reg may have thousands of entries,
 * and each search for a parent reads the tree from its start. So the path to the root is found once for all entries.
 */
#include "fdt/tree.h"

/*
 * Find the buses above `node`, the nearest first. The root's addresses are the CPU's, so the root is not in the list.
 */
static int find_way(struct aia_fdt_tree *tree, int node, struct tree_way *way)
{
    way->node = node;
    way->n = 0;
    for (int bus = fdt_parent_offset(tree->blob, node); bus > 0; bus = fdt_parent_offset(tree->blob, bus)) {
        if (way->n == TREE_DEPTH)
            return tree_fail(tree, node, "", "more than %u buses above it", (unsigned)TREE_DEPTH);
        way->bus[way->n++] = bus;
    }
    return 0;
}

/*
 * Translate one step up: from `bus`, through its non-empty ranges, to the bus `above`. Returns 1 if the ranges do not
 * contain the address.
 */
static int map_range(struct aia_fdt_tree *tree, int bus, int above, const fdt32_t *ranges, int len,
                     uint64_t *addr, uint64_t size)
{
    uint32_t child, parent, sz;

    if (tree_cells(tree, bus, "#address-cells", &child) || tree_cells(tree, bus, "#size-cells", &sz) ||
        tree_cells(tree, above, "#address-cells", &parent))
        return -1;
    uint32_t entry = child + parent + sz;
    if ((uint32_t)len % (entry * 4))
        return tree_fail(tree, bus, "ranges", "%u bytes long, not a multiple of %u", (unsigned)len,
                         entry * 4);
    for (uint32_t left = (uint32_t)len / (entry * 4); left; left--, ranges += entry) {
        uint64_t from = tree_number(ranges, child), room = tree_number(ranges + child + parent, sz);

        if (*addr >= from && *addr - from < room && size <= room - (*addr - from)) {
            *addr = *addr - from + tree_number(ranges + child, parent);
            return 0;
        }
    }
    return 1;
}

static int go_up(struct aia_fdt_tree *tree, const struct tree_way *way, const char *prop, uint64_t *addr,
                 uint64_t size)
{
    for (unsigned i = 0; i < way->n; i++) {
        int len, above = i + 1 < way->n ? way->bus[i + 1] : 0;
        const fdt32_t *ranges = fdt_getprop(tree->blob, way->bus[i], "ranges", &len);

        if (!ranges)
            return tree_fail(tree, way->bus[i], "ranges",
                             "missing, so what is on this bus cannot be reached");
        /* Empty ranges mean equal addresses. */
        int r = len ? map_range(tree, way->bus[i], above, ranges, len, addr, size) : 0;
        if (r > 0)
            return tree_fail(tree, way->node, prop, "%#llx is outside the ranges of its bus",
                             (unsigned long long)*addr);
        if (r < 0)
            return -1;
    }
    return 0;
}

int tree_translate(struct aia_fdt_tree *tree, int node, const char *prop, uint64_t *addr, uint64_t size)
{
    struct tree_way way;

    return find_way(tree, node, &way) ? -1 : go_up(tree, &way, prop, addr, size);
}

int tree_reg_list(struct aia_fdt_tree *tree, int node, struct tree_reg_list *l)
{
    int len, bus;

    l->p = fdt_getprop(tree->blob, node, "reg", &len);
    if (!l->p)
        return tree_fail(tree, node, "reg", "missing");
    if (find_way(tree, node, &l->way))
        return -1;
    bus = l->way.n ? l->way.bus[0] : 0;
    if (tree_cells(tree, bus, "#address-cells", &l->ac) || tree_cells(tree, bus, "#size-cells", &l->sc))
        return -1;
    uint32_t entry = (l->ac + l->sc) * 4;
    l->n = (uint32_t)len / entry;
    if (!l->n || (uint32_t)len % entry)
        return tree_fail(tree, node, "reg", "%u bytes long, not a multiple of %u", (unsigned)len, entry);
    return 0;
}

int tree_reg_at(struct aia_fdt_tree *tree, const struct tree_reg_list *l, uint32_t i,
                struct aia_fdt_region *r)
{
    const fdt32_t *p = l->p + (size_t)i * (l->ac + l->sc);
    int node = l->way.node;

    *r = (struct aia_fdt_region){tree_number(p, l->ac), tree_number(p + l->ac, l->sc)};
    if (!r->size)
        return tree_fail(tree, node, "reg", "range %u at %#llx has no size", i, (unsigned long long)r->base);
    if (go_up(tree, &l->way, "reg", &r->base, r->size))
        return -1;
    if (r->base + (r->size - 1) < r->base)
        return tree_fail(tree, node, "reg", "range %u at %#llx runs past the end of the address space", i,
                         (unsigned long long)r->base);
    return 0;
}

int tree_reg(struct aia_fdt_tree *tree, int node, struct aia_fdt_region *out)
{
    struct tree_reg_list l;

    return tree_reg_list(tree, node, &l) || tree_reg_at(tree, &l, 0, out) ? -1 : 0;
}

bool tree_overlap(const struct aia_fdt_region *a, const struct aia_fdt_region *b)
{
    return a->base <= b->base ? b->base - a->base < a->size : a->base - b->base < b->size;
}
