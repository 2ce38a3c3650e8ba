/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of properties, which check lengths before contents. Cells: Devicetree Specification, section 2.3.5;
 * interrupts-extended: section 2.4.1.
 */
#include <string.h>

#include "fdt/tree.h"

bool tree_okay(const struct aia_fdt_tree *tree, int node)
{
    int len;
    const char *s = fdt_getprop(tree->blob, node, "status", &len);

    /* Any other status (disabled, reserved, fail, fail-...) means: do not use the device. */
    return !s || (len == 5 && !memcmp(s, "okay", 5)) || (len == 3 && !memcmp(s, "ok", 3));
}

bool tree_usable(const struct aia_fdt_tree *tree, int node)
{
    while (node > 0 && tree_okay(tree, node))
        node = fdt_parent_offset(tree->blob, node);
    return node <= 0;
}

int tree_next_compatible(const struct aia_fdt_tree *tree, int node, const char *compatible)
{
    do
        node = fdt_node_offset_by_compatible(tree->blob, node, compatible);
    while (node >= 0 && !tree_usable(tree, node));
    return node;
}

const char *tree_compatible(const struct aia_fdt_tree *tree, int node)
{
    const char *s = fdt_stringlist_get(tree->blob, node, "compatible", 0, NULL);

    return s ? s : "";
}

int tree_u32(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t *out)
{
    int len;
    const fdt32_t *p = fdt_getprop(tree->blob, node, prop, &len);

    if (!p)
        return 0;
    if (len != 4)
        return tree_fail(tree, node, prop, "%u bytes long, not 4", (unsigned)len);
    *out = fdt32_ld(p);
    return 1;
}

int tree_u32_in(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t min, uint32_t max,
                uint32_t *out)
{
    uint32_t v = 0;
    int r = tree_u32(tree, node, prop, &v);

    if (r <= 0)
        return r;
    if (v != min && min == max)
        return tree_fail(tree, node, prop, "%u, not %u", v, min);
    if (v < min || v > max)
        return tree_fail(tree, node, prop, "%u is outside %u to %u", v, min, max);
    *out = v;
    return 1;
}

int tree_need_u32_in(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t min, uint32_t max,
                     uint32_t *out)
{
    int r = tree_u32_in(tree, node, prop, min, max, out);

    if (r == 0)
        return tree_fail(tree, node, prop, "missing");
    return r < 0 ? -1 : 0;
}

int tree_string(struct aia_fdt_tree *tree, int node, const char *prop, const char **out)
{
    int len;
    const char *s = fdt_getprop(tree->blob, node, prop, &len);

    if (!s)
        return 0;
    if (len == 0 || memchr(s, '\0', (size_t)len) != s + len - 1)
        return tree_fail(tree, node, prop, "not one NUL-terminated string");
    *out = s;
    return 1;
}

int tree_cells(struct aia_fdt_tree *tree, int node, const char *prop, uint32_t *out)
{
    uint32_t v = strcmp(prop, "#address-cells") ? 1 : 2; /* section 2.3.5: the default */

    if (tree_u32(tree, node, prop, &v) < 0)
        return -1;
    if (v < 1 || v > 2)
        return tree_fail(tree, node, prop, "%u cells, only 1 or 2 can be read", v);
    *out = v;
    return 0;
}

uint64_t tree_number(const fdt32_t *cells, uint32_t n)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < n; i++)
        v = v << 32 | fdt32_ld(cells + i);
    return v;
}

int tree_parents(struct aia_fdt_tree *tree, int node, const fdt32_t **pairs, uint32_t *n)
{
    int len;

    *pairs = fdt_getprop(tree->blob, node, "interrupts-extended", &len);
    if (!*pairs)
        return tree_fail(tree, node, "interrupts-extended", "missing");
    /* Each parent is a riscv,cpu-intc; tree_cpus() has checked that its #interrupt-cells is 1. */
    if (len == 0 || len % 8)
        return tree_fail(tree, node, "interrupts-extended", "%u bytes long, not a multiple of 8",
                         (unsigned)len);
    *n = (uint32_t)len / 8;
    return 0;
}

bool tree_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq)
{
    for (uint32_t i = 0; i < n; i++)
        if (fdt32_ld(pairs + 2 * i + 1) == irq)
            return true;
    return false;
}

int tree_next_ref(struct aia_fdt_tree *tree, int node, const char *prop, const char *cells, uint32_t *at,
                  struct tree_ref *ref)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(tree->blob, node, prop, &len);
    uint32_t n = p ? (uint32_t)len / 4 : 0;

    if (p && len % 4)
        return tree_fail(tree, node, prop, "%u bytes long, not a multiple of 4", (unsigned)len);
    if (*at >= n)
        return 0;
    *ref = (struct tree_ref){.phandle = fdt32_ld(p + *at), .args = p + *at + 1};
    ref->node = fdt_node_offset_by_phandle(tree->blob, ref->phandle);
    if (ref->node >= 0 && tree_u32(tree, ref->node, cells, &ref->n_args) < 0)
        return -1;
    if (ref->n_args > n - *at - 1) /* the entry is cut short, but the node that it names is known */
        ref->n_args = n - *at - 1;
    *at += 1 + ref->n_args;
    return 1;
}

int tree_msi_parent(struct aia_fdt_tree *tree, int node, bool *present)
{
    struct tree_ref ref;
    uint32_t at = 0;
    int r, ours = 0;

    while ((r = tree_next_ref(tree, node, "msi-parent", "#msi-cells", &at, &ref)) > 0)
        ours |= ref.phandle == tree->facts->imsic.phandle && ref.phandle;
    *present = at > 0;
    if (!at && r == 0 && fdt_getprop(tree->blob, node, "msi-parent", NULL))
        return tree_fail(tree, node, "msi-parent", "it names no node");
    return r < 0 ? -1 : ours;
}
