/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rest of the machine: console, test finisher, /chosen (Devicetree Specification, sections
 * 3.3 aliases, 3.6 chosen; ns16550 in section 4.2.2).
 */
#include <string.h>

#include "discover.h"

/*
 * Find the node of a stdout-path, such as "/soc/serial@10000000:115200", "serial0:115200n8", "serial0". This function
 * looks the alias up itself, and the alias must be a full path: libfdt before 1.7.1 follows aliases of aliases, and
 * follows an alias that names itself without end.
 */
static int stdout_node(struct discovery *d, int chosen, const char *path)
{
    size_t len = strcspn(path, ":");
    int node = -FDT_ERR_NOTFOUND;

    if (*path == '/') {
        node = fdt_path_offset_namelen(d->tree->blob, path, (int)len);
    } else {
        int size, aliases = fdt_path_offset(d->tree->blob, "/aliases");
        const char *full = fdt_getprop_namelen(d->tree->blob, aliases, path, (int)len, &size);

        if (full && size && *full == '/' && !full[size - 1])
            node = fdt_path_offset(d->tree->blob, full);
    }
    if (node < 0)
        return tree_fail(d->tree, chosen, "stdout-path", "\"%s\" names no node", path);
    return node;
}

static bool is_uart(const struct discovery *d, int node)
{
    return (fdt_node_check_compatible(d->tree->blob, node, "ns16550a") == 0 ||
            fdt_node_check_compatible(d->tree->blob, node, "ns16550") == 0) &&
           tree_usable(d->tree, node);
}

/* The only usable UART; -1 if there are none or several. */
static int lone_uart(const struct discovery *d)
{
    int found = -1;

    for (int node = fdt_next_node(d->tree->blob, -1, NULL); node >= 0;
         node = fdt_next_node(d->tree->blob, node, NULL)) {
        if (!is_uart(d, node))
            continue;
        if (found >= 0)
            return -1;
        found = node;
    }
    return found;
}

static int read_uart(struct discovery *d, int node)
{
    struct machine_uart u = {.present = true, .reg_io_width = 1};
    struct aia_fdt_region r;
    uint32_t offset = 0; /* the 8250 binding's reg-offset: the offset of the registers in reg */

    if (tree_reg(d->tree, node, &r) || tree_u32(d->tree, node, "reg-offset", &offset) < 0 ||
        tree_u32_in(d->tree, node, "reg-shift", 0, 3, &u.reg_shift) < 0 ||
        tree_u32_in(d->tree, node, "reg-io-width", 1, 4, &u.reg_io_width) < 0 ||
        tree_u32(d->tree, node, "clock-frequency", &u.clock) < 0)
        return -1;
    if (u.reg_io_width == 3)
        return tree_fail(d->tree, node, "reg-io-width", "3 is not 1, 2 or 4");
    if (r.size < offset || r.size - offset < UINT64_C(8) << u.reg_shift)
        return tree_fail(d->tree, node, "reg", "%#llx bytes do not hold 8 registers%s",
                         (unsigned long long)r.size, offset ? " from reg-offset on" : "");
    u.base = r.base + offset;
    d->m->uart = u;
    d->uart = node;
    return 0;
}

static int find_uart(struct discovery *d)
{
    int chosen = fdt_path_offset(d->tree->blob, "/chosen"), node;
    const char *path = NULL;
    int r = chosen < 0 ? 0 : tree_string(d->tree, chosen, "stdout-path", &path);

    if (r < 0)
        return -1;
    node = r ? stdout_node(d, chosen, path) : lone_uart(d);
    if (node < 0)
        return r ? -1 : 0;
    if (!is_uart(d, node)) /* another kind of console: the firmware may drive it, the payload cannot */
        return tree_fail(d->tree, node, "compatible",
                         "\"%s\": no ns16550 that is enabled: the console is the firmware's",
                         tree_compatible(d->tree, node));
    return read_uart(d, node);
}

int disc_uart(struct discovery *d)
{
    return find_uart(d) ? tree_unused(d->tree, MACHINE_PART_UART) : 0;
}

static int read_finisher(struct discovery *d, int node, uint64_t *finisher)
{
    struct aia_fdt_region r;

    if (*finisher)
        return tree_fail(d->tree, node, "compatible", "a second test finisher");
    if (tree_reg(d->tree, node, &r))
        return -1;
    if (r.size < 4)
        return tree_fail(d->tree, node, "reg", "%u bytes do not hold a register", (unsigned)r.size);
    *finisher = r.base;
    return 0;
}

int disc_finisher(struct discovery *d)
{
    for (int node = -1; (node = tree_next_compatible(d->tree, node, "sifive,test0")) >= 0;)
        if (read_finisher(d, node, &d->m->finisher))
            (void)tree_unused(d->tree, MACHINE_PART_FINISHER);
    return 0;
}

uint64_t disc_find_finisher(struct discovery *d)
{
    uint64_t finisher = 0;

    for (int node = -1; (node = tree_next_compatible(d->tree, node, "sifive,test0")) >= 0;)
        (void)read_finisher(d, node, &finisher); /* the first usable finisher, as in disc_finisher() */
    return finisher;
}

/* Copy as many whole words as fit. */
static int read_bootargs(struct discovery *d, int chosen)
{
    char *to = d->m->bootargs;
    size_t room = sizeof(d->m->bootargs) - 1, len;
    const char *s = "";

    if (tree_string(d->tree, chosen, "bootargs", &s) < 0)
        return -1;
    len = strlen(s);
    if (len <= room) {
        memcpy(to, s, len);
        return 0;
    }
    size_t kept = room;
    while (kept && s[kept] != ' ')
        kept--;
    memcpy(to, s, kept);
    return tree_fail(d->tree, chosen, "bootargs",
                     "%u characters: the first %u, which are whole words, are kept", (unsigned)len,
                     (unsigned)kept);
}

int disc_chosen(struct discovery *d)
{
    int chosen = fdt_path_offset(d->tree->blob, "/chosen");
    const char *s = "";

    if (tree_string(d->tree, 0, "model", &s) < 0)
        (void)tree_unused(d->tree, MACHINE_PART_OTHER);
    strncpy(d->m->model, s, sizeof(d->m->model) - 1); /* only printed: may be cut short */
    if (chosen >= 0 && read_bootargs(d, chosen))
        (void)tree_unused(d->tree, MACHINE_PART_OTHER);
    return 0;
}
