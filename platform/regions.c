/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of regions, sorted by address. Regions that touch are merged. Ends are inclusive, because 2^64 does not fit. */
#include <string.h>

#include "discover.h"

static uint64_t last(const struct aia_fdt_region *r)
{
    return r->base + (r->size - 1);
}

static bool touch(const struct aia_fdt_region *a, const struct aia_fdt_region *b)
{
    const struct aia_fdt_region *low = a->base <= b->base ? a : b, *high = low == a ? b : a;

    return high->base <= last(low) || high->base == last(low) + 1;
}

/* The region from the start of the lower region to the end of the higher region. */
static struct aia_fdt_region hull(const struct aia_fdt_region *a, const struct aia_fdt_region *b)
{
    uint64_t base = a->base < b->base ? a->base : b->base, end = last(a) > last(b) ? last(a) : last(b);

    return (struct aia_fdt_region){base, end - base + (end - base != UINT64_MAX)};
}

static void take_out(struct aia_fdt_region *list, size_t *n, size_t i)
{
    memmove(list + i, list + i + 1, (--*n - i) * sizeof(*list));
}

bool disc_add_region(struct aia_fdt_region *list, size_t *n, size_t max, const struct aia_fdt_region *region)
{
    struct aia_fdt_region r = *region;
    size_t i = 0;

    while (i < *n) {
        if (touch(&list[i], &r)) {
            r = hull(&list[i], &r);
            take_out(list, n, i);
        } else {
            i++;
        }
    }
    if (*n == max)
        return false; /* the region touched none, so the list is unchanged */
    for (i = *n; i && list[i - 1].base > r.base; i--)
        list[i] = list[i - 1];
    list[i] = r;
    ++*n;
    return true;
}

/* The gap between two regions that do not touch. */
static uint64_t gap(const struct aia_fdt_region *a, const struct aia_fdt_region *b)
{
    return a->base < b->base ? b->base - last(a) : a->base - last(b);
}

void machine_reserve(struct machine *m, const struct aia_fdt_region *region)
{
    size_t nearest = 0;

    if (!region->size || disc_add_region(m->reserved, &m->n_reserved, MACHINE_MAX_RESERVED, region))
        return;
    for (size_t i = 1; i < m->n_reserved; i++)
        if (gap(&m->reserved[i], region) < gap(&m->reserved[nearest], region))
            nearest = i;
    struct aia_fdt_region both = hull(&m->reserved[nearest], region);
    (void)disc_add_region(m->reserved, &m->n_reserved, MACHINE_MAX_RESERVED, &both);
}

bool machine_is_free(const struct machine *m, const struct aia_fdt_region *r)
{
    bool is_memory = false;

    for (size_t i = 0; i < m->n_memory; i++)
        is_memory |= r->base >= m->memory[i].base && r->size <= m->memory[i].size &&
                     r->base - m->memory[i].base <= m->memory[i].size - r->size;
    for (size_t i = 0; i < m->n_reserved; i++)
        if (tree_overlap(r, &m->reserved[i]))
            return false;
    return is_memory;
}
