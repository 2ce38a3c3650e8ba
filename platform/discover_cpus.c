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

/* Is the token at `s`, up to `end`, this extension, with or without a version ("sstc", "sstc1p0")? */
static bool token_is(const char *s, const char *end, const char *ext)
{
    for (; *ext; ext++, s++)
        if (s == end || lower(*s) != *ext)
            return false;
    const char *major = s;
    s += strspn(s, "0123456789");
    if (s > major && *s == 'p')
        s += 1 + strspn(s + 1, "0123456789");
    return s == end;
}

/*
 * riscv,isa: "rv64", single letters, then names of several letters with underscores between. The first
 * of those may follow the letters at once, so a token begins at z, s, x there: "rv64imafdcsstc_ssaia".
 */
static bool isa_has(const char *isa, const char *ext)
{
    const char *end = isa + strcspn(isa, "_"), *s = isa + 4;

    while (s < end && !strchr("zsxZSX", *s))
        s++;
    while (!token_is(s, end, ext)) {
        if (!*end)
            return false;
        s = end + 1;
        end = s + strcspn(s, "_");
    }
    return true;
}

static bool is_rv64(const char *isa)
{
    return strlen(isa) >= 5 && lower(isa[0]) == 'r' && lower(isa[1]) == 'v' && isa[2] == '6' && isa[3] == '4';
}

/* riscv,isa-extensions, where it is there, replaces riscv,isa (riscv/extensions.yaml). */
const char *disc_isa_prop(const struct discovery *d, int node)
{
    return fdt_getprop(d->fdt, node, "riscv,isa-extensions", NULL) ? "riscv,isa-extensions" : "riscv,isa";
}

static int read_isa(struct discovery *d, int node, struct machine_hart *h)
{
    int len;
    const char *isa = NULL, *list = fdt_getprop(d->fdt, node, "riscv,isa-extensions", &len);

    if (list) {
        if (!len || list[len - 1])
            return disc_fail(d, node, "riscv,isa-extensions", "not NUL-terminated strings");
        h->sstc = fdt_stringlist_contains(list, len, "sstc");
        h->ssaia = fdt_stringlist_contains(list, len, "ssaia");
        h->zacas = fdt_stringlist_contains(list, len, "zacas");
        return 0;
    }
    int r = disc_string(d, node, "riscv,isa", &isa);
    if (r == 0)
        return disc_fail(d, node, "riscv,isa", "missing, and riscv,isa-extensions too");
    if (r < 0)
        return -1;
    if (!is_rv64(isa))
        return disc_fail(d, node, "riscv,isa", "\"%s\" is not an rv64 one", isa);
    h->sstc = isa_has(isa, "sstc");
    h->ssaia = isa_has(isa, "ssaia");
    h->zacas = isa_has(isa, "zacas");
    return 0;
}

/* The hart's own interrupt controller: what interrupts-extended of everything above it names. */
static int read_intc(struct discovery *d, int node, struct disc_cpu *cpu)
{
    uint32_t cells = 0;
    int sub;

    fdt_for_each_subnode(sub, d->fdt,
                         node) if (fdt_node_check_compatible(d->fdt, sub, "riscv,cpu-intc") == 0) break;
    if (sub < 0)
        return cpu->hart < 0 ? 0 : disc_fail(d, node, "", "no riscv,cpu-intc in it");
    if (disc_need_u32_in(d, sub, "#interrupt-cells", 1, 1, &cells))
        return -1;
    cpu->intc = fdt_get_phandle(d->fdt, sub);
    struct disc_cpu *twin = disc_cpu_by_intc(d, cpu->intc);
    if (twin)
        return disc_fail(d, sub, "phandle", "%#llx is that of hart %llu too", (unsigned long long)cpu->intc,
                         (unsigned long long)twin->hartid);
    if (!cpu->intc && cpu->hart >= 0)
        return disc_fail(d, sub, "phandle", "missing");
    return 0;
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
    for (size_t i = 0; i < d->n_cpus; i++)
        if (d->cpus[i].hartid == *hartid)
            return disc_fail(d, node, "reg", "a second hart %llu", (unsigned long long)*hartid);
    return 0;
}

static int one_cpu(struct discovery *d, int node, uint32_t cells)
{
    struct machine *m = d->m;

    if (d->n_cpus == MACHINE_MAX_HARTS)
        return disc_fail(d, fdt_parent_offset(d->fdt, node), "", "more than %u harts",
                         (unsigned)MACHINE_MAX_HARTS);
    /* Counted only at the end: until then it is not among those it is compared with. */
    struct disc_cpu *cpu = &d->cpus[d->n_cpus];
    *cpu = (struct disc_cpu){.node = node, .hart = disc_usable(d, node) ? (int16_t)m->n_harts : (int16_t)-1};
    if (read_hartid(d, node, cells, &cpu->hartid) || read_intc(d, node, cpu))
        return -1;
    if (cpu->hart >= 0) {
        struct machine_hart *h = &m->harts[m->n_harts++];

        h->hartid = cpu->hartid;
        h->intc = cpu->intc;
        if (read_isa(d, node, h))
            return -1;
    }
    d->n_cpus++;
    return 0;
}

/* One or two cells, as the Devicetree Specification has it for 64-bit rates. */
static int read_timebase(struct discovery *d, int cpus)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, cpus, "timebase-frequency", &len);

    if (!p)
        return disc_fail(d, cpus, "timebase-frequency", "missing");
    if (len != 4 && len != 8)
        return disc_fail(d, cpus, "timebase-frequency", "%u bytes long, not 4 or 8", (unsigned)len);
    d->m->timebase = disc_number(p, (uint32_t)len / 4);
    if (!d->m->timebase)
        return disc_fail(d, cpus, "timebase-frequency", "zero");
    return 0;
}

int disc_cpus(struct discovery *d)
{
    int node, cpus = fdt_path_offset(d->fdt, "/cpus");
    const char *type;
    uint32_t cells;

    if (cpus < 0)
        return disc_fail(d, 0, "", "no /cpus node");
    if (read_timebase(d, cpus) || disc_cells(d, cpus, "#address-cells", &cells))
        return -1;
    fdt_for_each_subnode(node, d->fdt, cpus)
    {
        int r = disc_string(d, node, "device_type", &type);

        if (r < 0 || (r > 0 && !strcmp(type, "cpu") && one_cpu(d, node, cells)))
            return -1;
    }
    if (!d->n_cpus)
        return disc_fail(d, cpus, "", "no cpu in it");
    if (!d->m->n_harts)
        return disc_fail(d, cpus, "", "every cpu in it is disabled");
    return 0;
}
