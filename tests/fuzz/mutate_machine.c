/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How libFuzzer changes a device tree: mostly the meaning of its properties, for which the format around them must stay valid;
 * sometimes random bytes. libFuzzer calls this instead of its own mutations.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "payload/kernel/random.h"

#define ROOM 4096 /* for properties that grow */
#define MAX  512  /* bytes of a property that may change */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

struct place {
    int node, prop; /* offsets; prop is negative if the node has none */
};

static struct place any_place(const void *fdt, struct random *r)
{
    struct place p = {0, -1};
    unsigned n = 0;

    for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL)) {
        int prop;
        fdt_for_each_property_offset(prop, fdt, node) if (random_below(r, ++n) == 0) p =
            (struct place){node, prop};
    }
    return p;
}

static int any_node(const void *fdt, struct random *r)
{
    int chosen = 0;
    unsigned n = 0;

    for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
        if (random_below(r, ++n) == 0)
            chosen = node;
    return chosen;
}

static uint32_t any_number(struct random *r, uint32_t was)
{
    static const uint32_t edges[] = {0,  1,  2,   3,    4,      8,      9,          11,
                                     63, 64, 255, 1023, 0x1000, 0x4000, 0x7fffffff, 0xffffffff};

    switch (random_below(r, 4)) {
    case 0:
        return was + random_below(r, 9) - 4;
    case 1:
        return was ^ 1u << random_below(r, 32);
    case 2:
        return (uint32_t)random_next(r);
    default:
        return edges[random_below(r, sizeof(edges) / sizeof(edges[0]))];
    }
}

/* Replace the contents of a place with something else of the same kind. */
static void change_value(void *fdt, struct place p, struct random *r)
{
    uint8_t value[MAX];
    const char *name;
    int len;
    const void *was = fdt_getprop_by_offset(fdt, p.prop, &name, &len);

    if (!was || len > MAX - 64)
        return;
    char key[64];
    strncpy(key, name, sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    memcpy(value, was, (size_t)len);
    if (random_below(r, 2) && len >= 4) {
        uint8_t *cell = value + 4 * random_below(r, (unsigned)len / 4);
        fdt32_st(cell, any_number(r, fdt32_ld((const fdt32_t *)cell)));
    } else if (random_below(r, 2)) {
        len = (int)LLVMFuzzerMutate(value, (size_t)len, (size_t)len + 64);
    } else { /* longer or shorter by a cell */
        int by = random_below(r, 2) ? 4 : -4;
        memset(value + len, 0, 4);
        len = len + by < 0 ? 0 : len + by;
    }
    (void)fdt_setprop(fdt, p.node, key, value, len);
}

/* Put a property of one node into another, or a phandle in place of a cell. */
static void transplant(void *fdt, struct place p, struct random *r)
{
    uint8_t value[MAX];
    char key[64];
    const char *name;
    int len;
    const void *was = fdt_getprop_by_offset(fdt, p.prop, &name, &len);

    if (!was || len > MAX)
        return;
    strncpy(key, name, sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    memcpy(value, was, (size_t)len);
    if (random_below(r, 2) && len >= 4) {
        uint32_t phandle = fdt_get_phandle(fdt, any_node(fdt, r));
        fdt32_st(value + 4 * random_below(r, (unsigned)len / 4), phandle);
        (void)fdt_setprop(fdt, p.node, key, value, len);
    } else {
        (void)fdt_setprop(fdt, any_node(fdt, r), key, value, len);
    }
}

static void mutate(void *fdt, struct random *r)
{
    struct place p = any_place(fdt, r);

    if (p.prop < 0)
        return;
    switch (random_below(r, 16)) {
    case 0: {
        const char *name;
        if (fdt_getprop_by_offset(fdt, p.prop, &name, NULL))
            (void)fdt_delprop(fdt, p.node, name);
        break;
    }
    case 1:
        if (p.node)
            (void)fdt_del_node(fdt, p.node);
        break;
    case 2:
    case 3:
    case 4:
        transplant(fdt, p, r);
        break;
    default:
        change_value(fdt, p, r);
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct random r = {seed};
    size_t room = size + ROOM;
    void *fdt = malloc(room);

    if (random_below(&r, 16) == 0 || size < sizeof(struct fdt_header) || fdt_check_full(data, size) ||
        fdt_open_into(data, fdt, (int)room)) {
        free(fdt);
        return LLVMFuzzerMutate(data, size, max);
    }
    for (unsigned n = 1 + random_below(&r, 4); n; n--)
        mutate(fdt, &r);
    (void)fdt_pack(fdt);
    size_t packed = fdt_totalsize(fdt);
    if (packed <= max) {
        memcpy(data, fdt, packed);
        size = packed;
    }
    free(fdt);
    return size;
}
