/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of the image's place, before the payload writes to memory that others may own. */
#include <string.h>

#include "discover.h"

#define PAGE 4096u

/*
 * The state of a walk over the ranges of memory: the extent of the image, from its start, that adjacent ranges cover;
 * and the first claim that overlaps the image.
 */
struct place {
    const struct aia_fdt_region *image;
    uint64_t covered;         /* bytes covered */
    bool longer;              /* this pass has covered more */
    bool any;                 /* there is a range of memory */
    struct aia_fdt_error why; /* the first range that cannot be read */
    bool found;               /* a claim overlaps the image */
    int node;                 /* the node of the last covering range, or of that claim */
    struct aia_fdt_region claim;
};

static void cover(struct discovery *d, int node, const struct aia_fdt_region *r, void *arg)
{
    struct place *p = arg;
    uint64_t at = p->image->base + p->covered;

    if (!r) {
        p->why = p->why.text[0] ? p->why : d->tree->error;
        return;
    }
    p->any = true;
    if (p->covered == p->image->size || at < r->base || at - r->base >= r->size)
        return;
    uint64_t more = r->size - (at - r->base), left = p->image->size - p->covered;
    p->covered += more < left ? more : left;
    p->longer = true;
    p->node = node;
}

static void clash(struct discovery *d, int node, const struct aia_fdt_region *r, void *arg)
{
    struct place *p = arg;

    (void)d;
    if (!r || p->found || !tree_overlap(r, p->image))
        return; /* the first claim is enough */
    p->found = true;
    p->node = node;
    p->claim = *r;
}

/* The last byte of a region, to be printed. */
static unsigned long long last(const struct aia_fdt_region *r)
{
    return r->base + (r->size - 1);
}

static int check_memory(struct discovery *d, const struct aia_fdt_region *image)
{
    struct place p = {.image = image};

    do {
        p.longer = false;
        disc_each_memory(d, cover, &p);
    } while (p.longer);
    if (p.covered == image->size)
        return 0;
    if (p.covered)
        return tree_fail(d->tree, p.node, "reg", "memory ends before %#llx, the image is at %#llx to %#llx",
                         (unsigned long long)(image->base + p.covered), (unsigned long long)image->base,
                         last(image));
    if (p.any)
        return tree_fail(d->tree, 0, "", "no memory node has %#llx, where the image begins",
                         (unsigned long long)image->base);
    (void)tree_fail(d->tree, 0, "", "no memory node");
    if (p.why.text[0])
        d->tree->error = p.why;
    return -1;
}

static int check_claims(struct discovery *d, const struct aia_fdt_region *image)
{
    struct place p = {.image = image};

    disc_each_reserved(d, clash, &p);
    if (!p.found)
        return 0;
    return tree_fail(d->tree, p.node, p.node < 0 ? "" : "reg",
                     "%#llx to %#llx is %s, the image is at %#llx to %#llx", (unsigned long long)p.claim.base,
                     last(&p.claim), p.node < 0 ? "in the memory reservation block" : "reserved",
                     (unsigned long long)image->base, last(image));
}

static bool is_in(const void *fdt, size_t size, const struct aia_fdt_region *image)
{
    struct aia_fdt_region tree = {(uintptr_t)fdt, size ? size : 1};

    return tree_overlap(&tree, image);
}

static int place(struct discovery *d, const struct aia_fdt_region *image, uint64_t *finisher)
{
    const void *fdt = d->tree->blob;
    size_t max = d->tree->max;
    bool readable = !aia_fdt_check(d->tree);

    if (readable) {
        *finisher = disc_find_finisher(d);
        if (image->base % PAGE)
            return tree_fail(d->tree, 0, "", "the image is at %#llx, which is not a multiple of %u",
                             (unsigned long long)image->base, PAGE);
        if (check_memory(d, image))
            return -1;
    }
    if (is_in(fdt, max, image)) /* the image may have overwritten the tree, so check this before reading */
        return tree_fail(d->tree, 0, "", "the device tree, at %#llx, is in the image, %#llx to %#llx",
                         (unsigned long long)(uintptr_t)fdt, (unsigned long long)image->base, last(image));
    return !readable || check_claims(d, image) ? -1 : 0;
}

int machine_place(const void *fdt, size_t max, const struct aia_fdt_region *image, uint64_t *finisher,
                  struct aia_fdt_error *err)
{
    struct aia_fdt_tree tree = {.blob = fdt, .max = max};
    struct discovery d = {.tree = &tree};

    *finisher = 0;
    int error = place(&d, image, finisher);
    *err = tree.error;
    return error;
}
