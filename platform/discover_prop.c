/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading properties: lengths before contents. Cells, reg and ranges as the Devicetree Specification,
 * sections 2.3.5, 2.3.6 and 2.3.8; interrupts-extended as its section 2.4.1.
 */
#include <string.h>

#include "discover.h"

bool disc_usable(const struct discovery *d, int node)
{
    int len;
    const char *s = fdt_getprop(d->fdt, node, "status", &len);

    /* Anything but okay (disabled, reserved, fail, fail-...) means hands off. */
    return !s || (len == 5 && !memcmp(s, "okay", 5)) || (len == 3 && !memcmp(s, "ok", 3));
}

int disc_next_compatible(const struct discovery *d, int node, const char *compatible)
{
    do
        node = fdt_node_offset_by_compatible(d->fdt, node, compatible);
    while (node >= 0 && !disc_usable(d, node));
    return node;
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
    uint32_t v = strcmp(prop, "#address-cells") ? 1 : 2; /* section 2.3.5: what absence means */

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

/* One step up: through the (not empty) ranges of `bus`. */
static int map_range(struct discovery *d, int bus, const fdt32_t *ranges, int len, uint64_t *addr,
                     uint64_t size)
{
    uint32_t child, parent, sz;

    if (disc_cells(d, bus, "#address-cells", &child) || disc_cells(d, bus, "#size-cells", &sz) ||
        disc_cells(d, fdt_parent_offset(d->fdt, bus), "#address-cells", &parent))
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

int disc_translate(struct discovery *d, int node, const char *prop, uint64_t *addr, uint64_t size)
{
    /* The root's addresses are the CPU's: stop there. */
    for (int bus = fdt_parent_offset(d->fdt, node); bus > 0; bus = fdt_parent_offset(d->fdt, bus)) {
        int len;
        const fdt32_t *ranges = fdt_getprop(d->fdt, bus, "ranges", &len);

        if (!ranges)
            return disc_fail(d, bus, "ranges", "missing, so what is on this bus cannot be reached");
        int r = len ? map_range(d, bus, ranges, len, addr, size) : 0; /* empty: one to one */
        if (r > 0)
            return disc_fail(d, node, prop, "%#llx is outside the ranges of its bus",
                             (unsigned long long)*addr);
        if (r < 0)
            return -1;
    }
    return 0;
}

static int one_reg(struct discovery *d, int node, unsigned i, struct machine_region *r)
{
    if (!r->size)
        return disc_fail(d, node, "reg", "range %u at %#llx has no size", i, (unsigned long long)r->base);
    if (disc_translate(d, node, "reg", &r->base, r->size))
        return -1;
    if (r->base + (r->size - 1) < r->base)
        return disc_fail(d, node, "reg", "range %u at %#llx runs past the end of the address space", i,
                         (unsigned long long)r->base);
    return 0;
}

int disc_regs(struct discovery *d, int node, struct machine_region *out, size_t max, size_t *n)
{
    int len, bus = fdt_parent_offset(d->fdt, node);
    const fdt32_t *p = fdt_getprop(d->fdt, node, "reg", &len);
    uint32_t ac, sc;

    if (!p)
        return disc_fail(d, node, "reg", "missing");
    if (disc_cells(d, bus, "#address-cells", &ac) || disc_cells(d, bus, "#size-cells", &sc))
        return -1;
    uint32_t entry = (ac + sc) * 4, count = (uint32_t)len / entry;
    if (!count || (uint32_t)len % entry)
        return disc_fail(d, node, "reg", "%u bytes long, not a multiple of %u", (unsigned)len, entry);
    if (count > max)
        return disc_fail(d, node, "reg", "%u ranges, at most %u can be used", count, (unsigned)max);
    for (uint32_t i = 0; i < count; i++, p += ac + sc) {
        out[i] = (struct machine_region){disc_number(p, ac), disc_number(p + ac, sc)};
        if (one_reg(d, node, i, &out[i]))
            return -1;
    }
    *n = count;
    return 0;
}

int disc_reg(struct discovery *d, int node, struct machine_region *out)
{
    struct machine_region regs[MACHINE_MAX_RANGES];
    size_t n;

    if (disc_regs(d, node, regs, MACHINE_MAX_RANGES, &n))
        return -1;
    *out = regs[0];
    return 0;
}

bool disc_overlap(const struct machine_region *a, const struct machine_region *b)
{
    return a->base <= b->base ? b->base - a->base < a->size : a->base - b->base < b->size;
}

int disc_parents(struct discovery *d, int node, const fdt32_t **pairs, uint32_t *n)
{
    int len;

    *pairs = fdt_getprop(d->fdt, node, "interrupts-extended", &len);
    if (!*pairs)
        return disc_fail(d, node, "interrupts-extended", "missing");
    /* Each parent is a riscv,cpu-intc, whose #interrupt-cells disc_cpus() has seen to be 1. */
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
