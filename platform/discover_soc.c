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
        node = fdt_path_offset_namelen(d->fdt, path, (int)len);
    } else {
        int size, aliases = fdt_path_offset(d->fdt, "/aliases");
        const char *full = fdt_getprop_namelen(d->fdt, aliases, path, (int)len, &size);

        if (full && size && *full == '/' && !full[size - 1])
            node = fdt_path_offset(d->fdt, full);
    }
    if (node < 0)
        return disc_fail(d, chosen, "stdout-path", "\"%s\" names no node", path);
    return node;
}

static bool is_uart(const struct discovery *d, int node)
{
    return (fdt_node_check_compatible(d->fdt, node, "ns16550a") == 0 ||
            fdt_node_check_compatible(d->fdt, node, "ns16550") == 0) &&
           disc_usable(d, node);
}

/* The only usable UART; -1 if there are none or several. */
static int lone_uart(const struct discovery *d)
{
    int found = -1;

    for (int node = fdt_next_node(d->fdt, -1, NULL); node >= 0; node = fdt_next_node(d->fdt, node, NULL)) {
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
    struct machine_region r;
    uint32_t offset = 0; /* the 8250 binding's reg-offset: the offset of the registers in reg */

    if (disc_reg(d, node, &r) || disc_u32(d, node, "reg-offset", &offset) < 0 ||
        disc_u32_in(d, node, "reg-shift", 0, 3, &u.reg_shift) < 0 ||
        disc_u32_in(d, node, "reg-io-width", 1, 4, &u.reg_io_width) < 0 ||
        disc_u32(d, node, "clock-frequency", &u.clock) < 0)
        return -1;
    if (u.reg_io_width == 3)
        return disc_fail(d, node, "reg-io-width", "3 is not 1, 2 or 4");
    if (r.size < offset || r.size - offset < UINT64_C(8) << u.reg_shift)
        return disc_fail(d, node, "reg", "%#llx bytes do not hold 8 registers%s", (unsigned long long)r.size,
                         offset ? " from reg-offset on" : "");
    u.base = r.base + offset;
    d->m->uart = u;
    d->uart = node;
    return 0;
}

static int find_uart(struct discovery *d)
{
    int chosen = fdt_path_offset(d->fdt, "/chosen"), node;
    const char *path = NULL;
    int r = chosen < 0 ? 0 : disc_string(d, chosen, "stdout-path", &path);

    if (r < 0)
        return -1;
    node = r ? stdout_node(d, chosen, path) : lone_uart(d);
    if (node < 0)
        return r ? -1 : 0;
    if (!is_uart(d, node)) /* another kind of console: the firmware may drive it, the payload cannot */
        return disc_fail(d, node, "compatible",
                         "\"%s\": no ns16550 that is enabled: the console is the firmware's",
                         disc_compatible(d, node));
    return read_uart(d, node);
}

int disc_uart(struct discovery *d)
{
    return find_uart(d) ? disc_unused(d, MACHINE_PART_UART) : 0;
}

static int read_finisher(struct discovery *d, int node, uint64_t *finisher)
{
    struct machine_region r;

    if (*finisher)
        return disc_fail(d, node, "compatible", "a second test finisher");
    if (disc_reg(d, node, &r))
        return -1;
    if (r.size < 4)
        return disc_fail(d, node, "reg", "%u bytes do not hold a register", (unsigned)r.size);
    *finisher = r.base;
    return 0;
}

int disc_finisher(struct discovery *d)
{
    for (int node = -1; (node = disc_next_compatible(d, node, "sifive,test0")) >= 0;)
        if (read_finisher(d, node, &d->m->finisher))
            (void)disc_unused(d, MACHINE_PART_FINISHER);
    return 0;
}

uint64_t disc_find_finisher(struct discovery *d)
{
    uint64_t finisher = 0;

    for (int node = -1; (node = disc_next_compatible(d, node, "sifive,test0")) >= 0;)
        (void)read_finisher(d, node, &finisher); /* the first usable finisher, as in disc_finisher() */
    return finisher;
}

/* Copy as many whole words as fit. */
static int read_bootargs(struct discovery *d, int chosen)
{
    char *to = d->m->bootargs;
    size_t room = sizeof(d->m->bootargs) - 1, len;
    const char *s = "";

    if (disc_string(d, chosen, "bootargs", &s) < 0)
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
    return disc_fail(d, chosen, "bootargs", "%u characters: the first %u, which are whole words, are kept",
                     (unsigned)len, (unsigned)kept);
}

int disc_chosen(struct discovery *d)
{
    int chosen = fdt_path_offset(d->fdt, "/chosen");
    const char *s = "";

    if (disc_string(d, 0, "model", &s) < 0)
        (void)disc_unused(d, MACHINE_PART_OTHER);
    strncpy(d->m->model, s, sizeof(d->m->model) - 1); /* only printed: may be cut short */
    if (chosen >= 0 && read_bootargs(d, chosen))
        (void)disc_unused(d, MACHINE_PART_OTHER);
    return 0;
}
