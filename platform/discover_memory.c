/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory, and claims on it (Devicetree Specification, sections 3.4 /memory, 3.5 /reserved-memory, 5.3 memory
 * reservation block). Nodes and ranges may come in any order and number, and may overlap: two claims on the same memory
 * are one claim.
 */
#include <string.h>

#include "discover.h"

static void each_range(struct discovery *d, int node, disc_take *take, void *arg)
{
    struct tree_reg_list list;
    struct aia_fdt_region r;

    if (tree_reg_list(d->tree, node, &list)) {
        take(d, node, NULL, arg);
        return;
    }
    /* A /reserved-memory without ranges means its addresses as they are, not that no bus reaches them. */
    if (list.way.n && !fdt_getprop(d->tree->blob, list.way.bus[0], "ranges", NULL))
        list.way.n = 0;
    for (uint32_t i = 0; i < list.n; i++)
        take(d, node, tree_reg_at(d->tree, &list, i, &r) ? NULL : &r, arg);
}

static bool is_memory(const struct discovery *d, int node)
{
    int len;
    const char *type = fdt_getprop(d->tree->blob, node, "device_type", &len);
    const char *name = fdt_get_name(d->tree->blob, node, NULL);

    if (type)
        return len == 7 && !memcmp(type, "memory", 7);
    return !strcmp(name, "memory") || !strncmp(name, "memory@", 7);
}

void disc_each_memory(struct discovery *d, disc_take *take, void *arg)
{
    int node;

    fdt_for_each_subnode(node, d->tree->blob, 0) if (is_memory(d, node) && tree_usable(d->tree, node))
        each_range(d, node, take, arg);
}

/* Only the status `disabled' cancels a claim. `reserved' and the other values describe the claim's users. */
static bool is_claim(const struct discovery *d, int node)
{
    int len;
    const char *s = fdt_getprop(d->tree->blob, node, "status", &len);

    /* A node without reg asks for memory of a size, at a place that is not chosen yet. */
    return fdt_getprop(d->tree->blob, node, "reg", NULL) && !(s && len == 9 && !memcmp(s, "disabled", 9));
}

void disc_each_reserved(struct discovery *d, disc_take *take, void *arg)
{
    int node, parent = fdt_path_offset(d->tree->blob, "/reserved-memory"), n = fdt_num_mem_rsv(d->tree->blob);
    struct aia_fdt_region r;

    for (int i = 0; i < n; i++) {
        if (fdt_get_mem_rsv(d->tree->blob, i, &r.base, &r.size) || !r.size)
            continue;
        if (r.size - 1 > UINT64_MAX - r.base)
            r.size = UINT64_MAX - r.base + 1;
        take(d, -1, &r, arg);
    }
    if (parent >= 0)
        fdt_for_each_subnode(node, d->tree->blob, parent) if (is_claim(d, node))
            each_range(d, node, take, arg);
}

static void add_memory(struct discovery *d, int node, const struct aia_fdt_region *r, void *arg)
{
    struct machine *m = arg;
    bool twice = false;

    if (!r) {
        (void)tree_unused(d->tree, MACHINE_PART_MEMORY);
        return;
    }
    for (size_t i = 0; i < m->n_memory; i++)
        twice |= tree_overlap(r, &m->memory[i]);
    if (twice) { /* the memory counts once */
        (void)tree_fail(d->tree, node, "reg", "%#llx is memory that is listed twice",
                        (unsigned long long)r->base);
        (void)tree_unused(d->tree, MACHINE_PART_MEMORY);
    }
    if (disc_add_region(m->memory, &m->n_memory, MACHINE_MAX_MEMORY, r))
        return;
    (void)tree_fail(d->tree, node, "reg", "%#llx is one range of memory too many: %u are kept",
                    (unsigned long long)r->base, (unsigned)MACHINE_MAX_MEMORY);
    (void)tree_unused(d->tree, MACHINE_PART_MEMORY);
}

int disc_memory(struct discovery *d)
{
    disc_each_memory(d, add_memory, d->m);
    if (d->m->n_memory)
        return 0;
    (void)tree_fail(d->tree, 0, "", "no memory node");
    return tree_need(d->tree, MACHINE_PART_MEMORY);
}

static void add_reserved(struct discovery *d, int node, const struct aia_fdt_region *r, void *arg)
{
    (void)node;
    if (r)
        machine_reserve(arg, r);
    else
        (void)tree_unused(d->tree, MACHINE_PART_MEMORY);
}

int disc_reserved(struct discovery *d)
{
    disc_each_reserved(d, add_reserved, d->m);
    return 0;
}
