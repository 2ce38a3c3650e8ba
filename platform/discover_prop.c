/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers of properties, which check lengths before contents. Cells: Devicetree Specification, section 2.3.5;
 * interrupts-extended: section 2.4.1.
 */
#include <string.h>

#include "discover.h"

bool disc_okay(const struct discovery *d, int node)
{
    int len;
    const char *s = fdt_getprop(d->fdt, node, "status", &len);

    /* Any other status (disabled, reserved, fail, fail-...) means: do not use the device. */
    return !s || (len == 5 && !memcmp(s, "okay", 5)) || (len == 3 && !memcmp(s, "ok", 3));
}

bool disc_usable(const struct discovery *d, int node)
{
    while (node > 0 && disc_okay(d, node))
        node = fdt_parent_offset(d->fdt, node);
    return node <= 0;
}

int disc_next_compatible(const struct discovery *d, int node, const char *compatible)
{
    do
        node = fdt_node_offset_by_compatible(d->fdt, node, compatible);
    while (node >= 0 && !disc_usable(d, node));
    return node;
}

const char *disc_compatible(const struct discovery *d, int node)
{
    const char *s = fdt_stringlist_get(d->fdt, node, "compatible", 0, NULL);

    return s ? s : "";
}

int disc_u32(struct discovery *d, int node, const char *prop, uint32_t *out)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, prop, &len);

    if (!p)
        return 0;
    if (len != 4)
        return disc_fail(d, node, prop, "%u bytes long, not 4", (unsigned)len);
    *out = fdt32_ld(p);
    return 1;
}

int disc_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max, uint32_t *out)
{
    uint32_t v = 0;
    int r = disc_u32(d, node, prop, &v);

    if (r <= 0)
        return r;
    if (v != min && min == max)
        return disc_fail(d, node, prop, "%u, not %u", v, min);
    if (v < min || v > max)
        return disc_fail(d, node, prop, "%u is outside %u to %u", v, min, max);
    *out = v;
    return 1;
}

int disc_need_u32_in(struct discovery *d, int node, const char *prop, uint32_t min, uint32_t max,
                     uint32_t *out)
{
    int r = disc_u32_in(d, node, prop, min, max, out);

    if (r == 0)
        return disc_fail(d, node, prop, "missing");
    return r < 0 ? -1 : 0;
}

int disc_string(struct discovery *d, int node, const char *prop, const char **out)
{
    int len;
    const char *s = fdt_getprop(d->fdt, node, prop, &len);

    if (!s)
        return 0;
    if (len == 0 || memchr(s, '\0', (size_t)len) != s + len - 1)
        return disc_fail(d, node, prop, "not one NUL-terminated string");
    *out = s;
    return 1;
}

int disc_cells(struct discovery *d, int node, const char *prop, uint32_t *out)
{
    uint32_t v = strcmp(prop, "#address-cells") ? 1 : 2; /* section 2.3.5: the default */

    if (disc_u32(d, node, prop, &v) < 0)
        return -1;
    if (v < 1 || v > 2)
        return disc_fail(d, node, prop, "%u cells, only 1 or 2 can be read", v);
    *out = v;
    return 0;
}

uint64_t disc_number(const fdt32_t *cells, uint32_t n)
{
    uint64_t v = 0;

    for (uint32_t i = 0; i < n; i++)
        v = v << 32 | fdt32_ld(cells + i);
    return v;
}

int disc_parents(struct discovery *d, int node, const fdt32_t **pairs, uint32_t *n)
{
    int len;

    *pairs = fdt_getprop(d->fdt, node, "interrupts-extended", &len);
    if (!*pairs)
        return disc_fail(d, node, "interrupts-extended", "missing");
    /* Each parent is a riscv,cpu-intc; disc_cpus() has checked that its #interrupt-cells is 1. */
    if (len == 0 || len % 8)
        return disc_fail(d, node, "interrupts-extended", "%u bytes long, not a multiple of 8", (unsigned)len);
    *n = (uint32_t)len / 8;
    return 0;
}

bool disc_has_parent_irq(const fdt32_t *pairs, uint32_t n, uint32_t irq)
{
    for (uint32_t i = 0; i < n; i++)
        if (fdt32_ld(pairs + 2 * i + 1) == irq)
            return true;
    return false;
}

int disc_next_ref(struct discovery *d, int node, const char *prop, const char *cells, uint32_t *at,
                  struct disc_ref *ref)
{
    int len = 0;
    const fdt32_t *p = fdt_getprop(d->fdt, node, prop, &len);
    uint32_t n = p ? (uint32_t)len / 4 : 0;

    if (p && len % 4)
        return disc_fail(d, node, prop, "%u bytes long, not a multiple of 4", (unsigned)len);
    if (*at >= n)
        return 0;
    *ref = (struct disc_ref){.phandle = fdt32_ld(p + *at), .args = p + *at + 1};
    ref->node = fdt_node_offset_by_phandle(d->fdt, ref->phandle);
    if (ref->node >= 0 && disc_u32(d, ref->node, cells, &ref->n_args) < 0)
        return -1;
    if (ref->n_args > n - *at - 1) /* the entry is cut short, but the node that it names is known */
        ref->n_args = n - *at - 1;
    *at += 1 + ref->n_args;
    return 1;
}

int disc_msi_parent(struct discovery *d, int node, bool *present)
{
    struct disc_ref ref;
    uint32_t at = 0;
    int r, ours = 0;

    while ((r = disc_next_ref(d, node, "msi-parent", "#msi-cells", &at, &ref)) > 0)
        ours |= ref.phandle == d->imsic_phandle && ref.phandle;
    *present = at > 0;
    if (!at && r == 0 && fdt_getprop(d->fdt, node, "msi-parent", NULL))
        return disc_fail(d, node, "msi-parent", "it names no node");
    return r < 0 ? -1 : ours;
}
