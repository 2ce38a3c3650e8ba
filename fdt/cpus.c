/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts: /cpus and its children of device_type "cpu" (Devicetree Specification, section 3.8; the Linux
 * bindings riscv/cpus.yaml and riscv/extensions.yaml).
 */
#include <string.h>

#include "fdt/tree.h"

struct aia_fdt_cpu *tree_cpu_by_intc(struct aia_fdt_tree *tree, uint32_t phandle)
{
    for (size_t i = 0; i < tree->facts->n_cpus; i++)
        if (tree->facts->cpus[i].intc == phandle && phandle)
            return &tree->facts->cpus[i];
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

static const char *find_char(const char *s, const char *end, char c)
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
    const char *stop = find_char(s, end, '_');

    for (s += 4; s < stop && !strchr("zsx", lower(*s));)
        s++;
    while (!token_is(s, stop, ext)) {
        if (stop == end)
            return false;
        s = stop + 1;
        stop = find_char(s, end, '_');
    }
    return true;
}

/* riscv,isa-extensions: one string for each extension. */
static bool list_has(const char *s, const char *end, const char *ext)
{
    for (const char *stop; s < end; s = stop + 1) {
        stop = find_char(s, end, '\0');
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
const char *tree_isa_prop(const struct aia_fdt_tree *tree, int node)
{
    return fdt_getprop(tree->blob, node, "riscv,isa-extensions", NULL) ? "riscv,isa-extensions" : "riscv,isa";
}

/* True if the property exists and does not begin with `begin`. */
static bool is_other(const struct aia_fdt_tree *tree, int node, const char *prop, const char *begin)
{
    int len;
    const char *s = fdt_getprop(tree->blob, node, prop, &len);

    return s && ((size_t)len < strlen(begin) || memcmp(s, begin, strlen(begin)));
}

/* Check that a hart is 64-bit and has address translation (riscv/cpus.yaml). An absent property passes. */
static int check_kind(struct aia_fdt_tree *tree, int node)
{
    if (is_other(tree, node, "riscv,isa-base", "rv64"))
        return tree_fail(tree, node, "riscv,isa-base", "it does not begin with rv64");
    if (fdt_getprop(tree->blob, node, "mmu-type", NULL) && !is_other(tree, node, "mmu-type", "riscv,none"))
        return tree_fail(tree, node, "mmu-type", "riscv,none: no supervisor level that this could run at");
    return 0;
}

/* Read the ISA string or list. Either ends where its property ends, even without a last NUL. */
static int read_isa(struct aia_fdt_tree *tree, int node, struct aia_fdt_hart *h)
{
    const char *prop = tree_isa_prop(tree, node);
    int len;
    const char *s = fdt_getprop(tree->blob, node, prop, &len);
    bool (*has)(const char *, const char *, const char *) = strcmp(prop, "riscv,isa") ? list_has : isa_has;

    if (!s)
        return tree_fail(tree, node, prop, "missing, and riscv,isa-extensions too");
    const char *end = has == isa_has ? find_char(s, s + len, '\0') : s + len;
    if (has == isa_has && !is_rv64(s, end))
        return tree_fail(tree, node, prop, "it does not begin with rv64");
    h->sstc = has(s, end, "sstc");
    h->ssaia = has(s, end, "ssaia");
    h->zacas = has(s, end, "zacas");
    return 0;
}

/* Find the hart's own interrupt controller, which interrupts-extended of other controllers names. */
static int read_intc(struct aia_fdt_tree *tree, int node, struct aia_fdt_cpu *cpu)
{
    uint32_t cells = 0;
    int sub;

    fdt_for_each_subnode(sub, tree->blob,
                         node) if (fdt_node_check_compatible(tree->blob, sub, "riscv,cpu-intc") == 0) break;
    if (sub < 0)
        return tree_fail(tree, node, "", "no riscv,cpu-intc in it");
    cpu->intc_node = sub;
    cpu->intc = fdt_get_phandle(tree->blob, sub);
    if (!cpu->intc)
        return tree_fail(tree, sub, "phandle", "missing");
    return tree_need_u32_in(tree, sub, "#interrupt-cells", 1, 1, &cells);
}

static int read_hartid(struct aia_fdt_tree *tree, int node, uint32_t cells, uint64_t *hartid)
{
    int len;
    const fdt32_t *reg = fdt_getprop(tree->blob, node, "reg", &len);

    if (!reg)
        return tree_fail(tree, node, "reg", "missing");
    if ((uint32_t)len != cells * 4)
        return tree_fail(tree, node, "reg", "%u bytes long, not %u", (unsigned)len, cells * 4);
    *hartid = tree_number(reg, cells);
    return 0;
}

/* Refuse a second usable node for a hart, and a phandle that two harts have: the tree does not say which of the two is right. */
static int check_twins(struct aia_fdt_tree *tree, const struct aia_fdt_cpu *cpu, bool usable)
{
    for (size_t i = 0; i < tree->facts->n_cpus; i++) {
        const struct aia_fdt_cpu *other = &tree->facts->cpus[i];
        bool both = usable && tree_okay(tree, other->node);

        if (both && cpu->has_id && other->has_id && other->hartid == cpu->hartid)
            return tree_fail(tree, cpu->node, "reg", "a second hart %llu", (unsigned long long)cpu->hartid);
        if (cpu->intc && other->intc == cpu->intc && (usable || other->hart >= 0))
            return tree_fail(tree, cpu->intc_node, "phandle", "%#llx is that of hart %llu too",
                             (unsigned long long)cpu->intc, (unsigned long long)other->hartid);
    }
    return 0;
}

/*
 * Read one cpu node. A hart that cannot be understood is not used, but it keeps its place among the parents of an
 * IMSIC.
 */
static int one_cpu(struct aia_fdt_tree *tree, int node, uint32_t cells)
{
    struct aia_fdt *m = tree->facts;
    bool usable = tree_okay(tree, node);
    struct aia_fdt_hart h = {0};
    struct aia_fdt_cpu cpu = {.node = node, .hart = -1};

    if (tree->facts->n_cpus == AIA_MAX_HARTS) {
        tree->facts->more_cpus = true;
        if (!usable)
            return 0;
        (void)tree_fail(tree, fdt_parent_offset(tree->blob, node), "", "more than %u harts",
                        (unsigned)AIA_MAX_HARTS);
        return tree_unused(tree, AIA_FDT_HART);
    }
    int bad = read_intc(tree, node, &cpu);
    cpu.has_id = !read_hartid(tree, node, cells, &cpu.hartid);
    bad = bad || !cpu.has_id || check_kind(tree, node) || read_isa(tree, node, &h);
    if (bad && usable)
        (void)tree_unused(tree, AIA_FDT_HART);
    if (check_twins(tree, &cpu, usable))
        return -1;
    if (usable && !bad) {
        h.hartid = cpu.hartid;
        h.intc = cpu.intc;
        cpu.hart = (int16_t)m->n_harts;
        m->harts[m->n_harts++] = h;
    }
    tree->facts->cpus[tree->facts->n_cpus++] = cpu;
    return 0;
}

/* True for a cpu node, by device_type, or by name if there is no device_type, as in other kernels. */
static bool is_cpu(const struct aia_fdt_tree *tree, int node)
{
    int len;
    const char *type = fdt_getprop(tree->blob, node, "device_type", &len);
    const char *name = fdt_get_name(tree->blob, node, NULL);

    if (type)
        return len == 4 && !memcmp(type, "cpu", 4);
    return !strncmp(name, "cpu", 3) && (!name[3] || name[3] == '@');
}

/*
 * Read the time base: one or two cells, as the Devicetree Specification allows for 64-bit rates; of /cpus, or else of a
 * cpu (section 3.8.1).
 */
static int read_timebase(struct aia_fdt_tree *tree, int cpus)
{
    const char *prop = "timebase-frequency";
    int len, node = cpus, cpu;
    const fdt32_t *p = fdt_getprop(tree->blob, cpus, prop, &len);

    for (cpu = fdt_first_subnode(tree->blob, cpus); !p && cpu >= 0; cpu = fdt_next_subnode(tree->blob, cpu))
        if (is_cpu(tree, cpu) && tree_okay(tree, cpu))
            p = fdt_getprop(tree->blob, node = cpu, prop, &len);
    if (!p)
        return tree_fail(tree, cpus, prop, "missing");
    if (len != 4 && len != 8)
        return tree_fail(tree, node, prop, "%u bytes long, not 4 or 8", (unsigned)len);
    tree->facts->timebase = tree_number(p, (uint32_t)len / 4);
    if (!tree->facts->timebase)
        return tree_fail(tree, node, prop, "zero");
    return 0;
}

int tree_cpus(struct aia_fdt_tree *tree)
{
    int node, cpus = fdt_path_offset(tree->blob, "/cpus");
    bool any = false;
    uint32_t cells;

    if (cpus < 0)
        return tree_fail(tree, 0, "", "no /cpus node");
    if (read_timebase(tree, cpus) || tree_cells(tree, cpus, "#address-cells", &cells))
        return -1;
    /* Disabled harts come last: there may be more harts than fit. */
    for (unsigned usable = 2; usable--;)
        fdt_for_each_subnode(node, tree->blob, cpus)
        {
            if (!is_cpu(tree, node) || tree_okay(tree, node) != usable)
                continue;
            any = true;
            if (one_cpu(tree, node, cells))
                return -1;
        }
    if (!any)
        return tree_fail(tree, cpus, "", "no cpu in it");
    if (tree->facts->n_harts)
        return 0;
    (void)tree_fail(tree, cpus, "", "every cpu in it is disabled");
    return tree_need(tree, AIA_FDT_HART);
}
