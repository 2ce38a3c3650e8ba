/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rest of the machine: memory, console, test finisher, /chosen (Devicetree Specification, sections
 * 3.3 aliases, 3.4 memory, 3.6 chosen; ns16550 in section 4.2.2).
 */
#include <string.h>

#include "discover.h"

int disc_memory(struct discovery *d)
{
    struct machine *m = d->m;

    for (int node = -1;
         (node = fdt_node_offset_by_prop_value(d->fdt, node, "device_type", "memory", 7)) >= 0;) {
        size_t n, first = m->n_memory;

        if (!disc_usable(d, node))
            continue;
        if (disc_regs(d, node, m->memory + first, MACHINE_MAX_RANGES - first, &n))
            return -1;
        m->n_memory += n;
        for (size_t i = first; i < m->n_memory; i++)
            for (size_t j = 0; j < i; j++)
                if (disc_overlap(&m->memory[i], &m->memory[j]))
                    return disc_fail(d, node, "reg", "%#llx is memory that is listed twice",
                                     (unsigned long long)m->memory[i].base);
    }
    return m->n_memory ? 0 : disc_fail(d, 0, "", "no memory node");
}

/*
 * "/soc/serial@10000000:115200", "serial0:115200n8", "serial0". The alias is looked up here and must be a
 * full path: libfdt before 1.7.1 follows aliases of aliases, and one that names itself without end.
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
    return disc_usable(d, node) && (fdt_node_check_compatible(d->fdt, node, "ns16550a") == 0 ||
                                    fdt_node_check_compatible(d->fdt, node, "ns16550") == 0);
}

/* The only usable one there is, or -1. */
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

static int read_uart(struct discovery *d, int node, struct machine_uart *u)
{
    struct machine_region r;
    uint32_t offset = 0; /* the 8250 binding's reg-offset: where in reg the registers begin */

    u->reg_io_width = 1;
    if (disc_reg(d, node, &r) || disc_u32(d, node, "reg-offset", &offset) < 0 ||
        disc_u32_in(d, node, "reg-shift", 0, 3, &u->reg_shift) < 0 ||
        disc_u32_in(d, node, "reg-io-width", 1, 4, &u->reg_io_width) < 0 ||
        disc_u32(d, node, "clock-frequency", &u->clock) < 0)
        return -1;
    if (u->reg_io_width == 3)
        return disc_fail(d, node, "reg-io-width", "3 is not 1, 2 or 4");
    if (r.size < offset || r.size - offset < UINT64_C(8) << u->reg_shift)
        return disc_fail(d, node, "reg", "%#llx bytes do not hold 8 registers%s", (unsigned long long)r.size,
                         offset ? " from reg-offset on" : "");
    u->present = true;
    d->uart = node;
    u->base = r.base + offset;
    return 0;
}

int disc_uart(struct discovery *d)
{
    int chosen = fdt_path_offset(d->fdt, "/chosen"), node;
    const char *path = NULL;
    int r = chosen < 0 ? 0 : disc_string(d, chosen, "stdout-path", &path);

    if (r < 0)
        return -1;
    if (r > 0) {
        node = stdout_node(d, chosen, path);
        if (node < 0)
            return -1;
        if (!is_uart(d, node))
            return 0; /* some other console: the firmware can drive it, we cannot */
    } else {
        node = lone_uart(d);
        if (node < 0)
            return 0;
    }
    return read_uart(d, node, &d->m->uart);
}

int disc_finisher(struct discovery *d)
{
    int node = disc_next_compatible(d, -1, "sifive,test0");
    struct machine_region r;

    if (node < 0)
        return 0;
    if (disc_reg(d, node, &r))
        return -1;
    if (r.size < 4)
        return disc_fail(d, node, "reg", "%u bytes do not hold a register", (unsigned)r.size);
    d->m->finisher = r.base;
    return 0;
}

int disc_chosen(struct discovery *d)
{
    int chosen = fdt_path_offset(d->fdt, "/chosen");
    const char *s = "";

    if (disc_string(d, 0, "model", &s) < 0)
        return -1;
    strncpy(d->m->model, s, sizeof(d->m->model) - 1); /* only shown: may be cut short */
    s = "";
    if (chosen >= 0 && disc_string(d, chosen, "bootargs", &s) < 0)
        return -1;
    if (strlen(s) >= sizeof(d->m->bootargs))
        return disc_fail(d, chosen, "bootargs", "%u characters, at most %u can be kept", (unsigned)strlen(s),
                         (unsigned)sizeof(d->m->bootargs) - 1);
    memcpy(d->m->bootargs, s, strlen(s) + 1);
    return 0;
}
