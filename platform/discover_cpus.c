/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts: /cpus and its children of device_type "cpu" (Devicetree Specification, section 3.8; the Linux
 * bindings riscv/cpus.yaml and riscv/extensions.yaml).
 */
#include <string.h>

#include "discover.h"

struct disc_cpu *disc_cpu_by_intc(struct discovery *d, uint32_t phandle)
{
    for (size_t i = 0; i < d->n_cpus; i++)
        if (d->cpus[i].intc == phandle && phandle)
            return &d->cpus[i];
    return NULL;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* True if the token from `s` to `end` is this extension, with or without a version ("sstc", "sstc1p0"). */
static bool token_is(const char *s, const char *end, const char *ext)
{
    for (; *ext; ext++, s++)
        if (s == end || lower(*s) != *ext)
            return false;
    const char *major = s;
    while (s < end && *s >= '0' && *s <= '9')
        s++;
    if (s > major && s < end && lower(*s) == 'p')
        for (s++; s < end && *s >= '0' && *s <= '9';)
            s++;
    return s == end;
}

static const char *find(const char *s, const char *end, char c)
{
    while (s < end && *s != c)
        s++;
    return s;
}

/*
 * riscv,isa: "rv64", single letters, then names of several letters with underscores between. The first of these names
 * may follow the letters directly, so a token begins at z, s or x there: "rv64imafdcsstc_ssaia".
 */
static bool isa_has(const char *s, const char *end, const char *ext)
{
    const char *stop = find(s, end, '_');

    for (s += 4; s < stop && !strchr("zsx", lower(*s));)
        s++;
    while (!token_is(s, stop, ext)) {
        if (stop == end)
            return false;
        s = stop + 1;
        stop = find(s, end, '_');
    }
    return true;
}

/* riscv,isa-extensions: one string for each extension. */
static bool list_has(const char *s, const char *end, const char *ext)
{
    for (const char *stop; s < end; s = stop + 1) {
        stop = find(s, end, '\0');
        if (token_is(s, stop, ext))
            return true;
    }
    return false;
}

static bool is_rv64(const char *s, const char *end)
{
    return end - s >= 5 && lower(s[0]) == 'r' && lower(s[1]) == 'v' && s[2] == '6' && s[3] == '4';
}

/* If riscv,isa-extensions is present, it replaces riscv,isa (riscv/extensions.yaml). */
const char *disc_isa_prop(const struct discovery *d, int node)
{
    return fdt_getprop(d->fdt, node, "riscv,isa-extensions", NULL) ? "riscv,isa-extensions" : "riscv,isa";
}

/* True if the property exists and does not begin with `begin`. */
static bool is_other(const struct discovery *d, int node, const char *prop, const char *begin)
{
    int len;
    const char *s = fdt_getprop(d->fdt, node, prop, &len);

    return s && ((size_t)len < strlen(begin) || memcmp(s, begin, strlen(begin)));
}

/* Check that a hart is 64-bit and has address translation (riscv/cpus.yaml). An absent property passes. */
static int check_kind(struct discovery *d, int node)
{
    if (is_other(d, node, "riscv,isa-base", "rv64"))
        return disc_fail(d, node, "riscv,isa-base", "it does not begin with rv64");
    if (fdt_getprop(d->fdt, node, "mmu-type", NULL) && !is_other(d, node, "mmu-type", "riscv,none"))
        return disc_fail(d, node, "mmu-type", "riscv,none: no supervisor level that this could run at");
    return 0;
}

/* Read the ISA string or list. Each ends with its property, whether or not the last NUL is there. */
static int read_isa(struct discovery *d, int node, struct machine_hart *h)
{
    const char *prop = disc_isa_prop(d, node);
    int len;
    const char *s = fdt_getprop(d->fdt, node, prop, &len);
    bool (*has)(const char *, const char *, const char *) = strcmp(prop, "riscv,isa") ? list_has : isa_has;

    if (!s)
        return disc_fail(d, node, prop, "missing, and riscv,isa-extensions too");
    const char *end = has == isa_has ? find(s, s + len, '\0') : s + len;
    if (has == isa_has && !is_rv64(s, end))
        return disc_fail(d, node, prop, "it does not begin with rv64");
    h->sstc = has(s, end, "sstc");
    h->ssaia = has(s, end, "ssaia");
    h->zacas = has(s, end, "zacas");
    return 0;
}

/* Find the hart's own interrupt controller, which interrupts-extended of other controllers names. */
static int read_intc(struct discovery *d, int node, struct disc_cpu *cpu)
{
    uint32_t cells = 0;
    int sub;

    fdt_for_each_subnode(sub, d->fdt,
                         node) if (fdt_node_check_compatible(d->fdt, sub, "riscv,cpu-intc") == 0) break;
    if (sub < 0)
        return disc_fail(d, node, "", "no riscv,cpu-intc in it");
    cpu->intc_node = sub;
    cpu->intc = fdt_get_phandle(d->fdt, sub);
    if (!cpu->intc)
        return disc_fail(d, sub, "phandle", "missing");
    return disc_need_u32_in(d, sub, "#interrupt-cells", 1, 1, &cells);
}

static int read_hartid(struct discovery *d, int node, uint32_t cells, uint64_t *hartid)
{
    int len;
    const fdt32_t *reg = fdt_getprop(d->fdt, node, "reg", &len);

    if (!reg)
        return disc_fail(d, node, "reg", "missing");
    if ((uint32_t)len != cells * 4)
        return disc_fail(d, node, "reg", "%u bytes long, not %u", (unsigned)len, cells * 4);
    *hartid = disc_number(reg, cells);
    return 0;
}

/* Refuse two usable nodes for one hart, and one phandle of two harts: the tree does not say which is right. */
static int check_twins(struct discovery *d, const struct disc_cpu *cpu, bool usable)
{
    for (size_t i = 0; i < d->n_cpus; i++) {
        const struct disc_cpu *other = &d->cpus[i];
        bool both = usable && disc_okay(d, other->node);

        if (both && cpu->has_id && other->has_id && other->hartid == cpu->hartid)
            return disc_fail(d, cpu->node, "reg", "a second hart %llu", (unsigned long long)cpu->hartid);
        if (cpu->intc && other->intc == cpu->intc && (usable || other->hart >= 0))
            return disc_fail(d, cpu->intc_node, "phandle", "%#llx is that of hart %llu too",
                             (unsigned long long)cpu->intc, (unsigned long long)other->hartid);
    }
    return 0;
}

/*
 * Read one cpu node. A hart that cannot be understood is not used, but it keeps its place among the parents of an
 * IMSIC.
 */
static int one_cpu(struct discovery *d, int node, uint32_t cells)
{
    struct machine *m = d->m;
    bool usable = disc_okay(d, node);
    struct machine_hart h = {0};
    struct disc_cpu cpu = {.node = node, .hart = -1};

    if (d->n_cpus == MACHINE_MAX_HARTS) {
        d->more_cpus = true;
        if (!usable)
            return 0;
        (void)disc_fail(d, fdt_parent_offset(d->fdt, node), "", "more than %u harts",
                        (unsigned)MACHINE_MAX_HARTS);
        return disc_unused(d, MACHINE_PART_HART);
    }
    int bad = read_intc(d, node, &cpu);
    cpu.has_id = !read_hartid(d, node, cells, &cpu.hartid);
    bad = bad || !cpu.has_id || check_kind(d, node) || read_isa(d, node, &h);
    if (bad && usable)
        (void)disc_unused(d, MACHINE_PART_HART);
    if (check_twins(d, &cpu, usable))
        return -1;
    if (usable && !bad) {
        h.hartid = cpu.hartid;
        h.intc = cpu.intc;
        cpu.hart = (int16_t)m->n_harts;
        m->harts[m->n_harts++] = h;
    }
    d->cpus[d->n_cpus++] = cpu;
    return 0;
}

/* True for a cpu node, by device_type, or by name if there is no device_type, as in other kernels. */
static bool is_cpu(const struct discovery *d, int node)
{
    int len;
    const char *type = fdt_getprop(d->fdt, node, "device_type", &len);
    const char *name = fdt_get_name(d->fdt, node, NULL);

    if (type)
        return len == 4 && !memcmp(type, "cpu", 4);
    return !strncmp(name, "cpu", 3) && (!name[3] || name[3] == '@');
}

/*
 * Read the time base: one or two cells, as the Devicetree Specification allows for 64-bit rates; of /cpus, or else of a
 * cpu (section 3.8.1).
 */
static int read_timebase(struct discovery *d, int cpus)
{
    const char *prop = "timebase-frequency";
    int len, node = cpus, cpu;
    const fdt32_t *p = fdt_getprop(d->fdt, cpus, prop, &len);

    for (cpu = fdt_first_subnode(d->fdt, cpus); !p && cpu >= 0; cpu = fdt_next_subnode(d->fdt, cpu))
        if (is_cpu(d, cpu) && disc_okay(d, cpu))
            p = fdt_getprop(d->fdt, node = cpu, prop, &len);
    if (!p)
        return disc_fail(d, cpus, prop, "missing");
    if (len != 4 && len != 8)
        return disc_fail(d, node, prop, "%u bytes long, not 4 or 8", (unsigned)len);
    d->m->timebase = disc_number(p, (uint32_t)len / 4);
    if (!d->m->timebase)
        return disc_fail(d, node, prop, "zero");
    return 0;
}

int disc_cpus(struct discovery *d)
{
    int node, cpus = fdt_path_offset(d->fdt, "/cpus");
    bool any = false;
    uint32_t cells;

    if (cpus < 0)
        return disc_fail(d, 0, "", "no /cpus node");
    if (read_timebase(d, cpus) || disc_cells(d, cpus, "#address-cells", &cells))
        return -1;
    /* Disabled harts come last: there may be more harts than fit. */
    for (unsigned usable = 2; usable--;)
        fdt_for_each_subnode(node, d->fdt, cpus)
        {
            if (!is_cpu(d, node) || disc_okay(d, node) != usable)
                continue;
            any = true;
            if (one_cpu(d, node, cells))
                return -1;
        }
    if (!any)
        return disc_fail(d, cpus, "", "no cpu in it");
    if (d->m->n_harts)
        return 0;
    (void)disc_fail(d, cpus, "", "every cpu in it is disabled");
    return disc_need(d, MACHINE_PART_HART);
}
