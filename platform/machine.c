/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "discover.h"

/*
 * fdt_check_full() checks every tag and every property name once, within `max`. After it libfdt's reading calls cannot
 * leave the blob, and only the contents of properties are doubtful. fdt_check_full() does not check the alignment that
 * the format prescribes (Devicetree Specification, section 5.6) and that libfdt needs.
 */
int disc_check_blob(struct discovery *d, size_t max)
{
    int r;

    if (!d->fdt || (uintptr_t)d->fdt % 8)
        return disc_fail(d, 0, "", "no device tree: it must begin at a multiple of 8");
    if (max < sizeof(struct fdt_header))
        r = -FDT_ERR_TRUNCATED;
    else if (fdt_off_dt_struct(d->fdt) % 4 || fdt_off_mem_rsvmap(d->fdt) % 8)
        r = -FDT_ERR_ALIGNMENT;
    else
        r = fdt_check_full(d->fdt, max);
    return r ? disc_fail(d, 0, "", "the device tree is damaged: %s", fdt_strerror(r)) : 0;
}

int machine_discover(const void *fdt, size_t max, struct machine *m, struct machine_error *err)
{
    /*
     * The order: first the console and the finisher, so that a later error can be printed and returned; memory before
     * the IMSIC, which must not overlap memory; harts before the nodes that name them as parents; the IMSIC before the
     * nodes that send to it; APLICs before the devices that are wired to them.
     */
    static int (*const steps[])(struct discovery *) = {
        disc_finisher, disc_uart,  disc_cpus, disc_memory, disc_reserved, disc_imsic,
        disc_aplics,   disc_reach, disc_pci,  disc_iommu,  disc_wires,    disc_chosen,
    };
    struct discovery d = {.fdt = fdt, .m = m, .err = err};

    memset(m, 0, sizeof(*m));
    memset(err, 0, sizeof(*err));
    if (disc_check_blob(&d, max))
        return -1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (steps[i](&d))
            return -1;
    memset(err, 0, sizeof(*err)); /* clears errors that were recorded as unused parts */
    return 0;
}

const char *machine_why(const struct machine *m, enum machine_part part, char *out, size_t size)
{
    const struct machine_error *why = NULL;
    size_t n = m->n_unused < MACHINE_MAX_UNUSED ? m->n_unused : MACHINE_MAX_UNUSED;

    while (n--)
        if (m->unused[n].part == part)
            why = &m->unused[n].why;
    if (!why)
        return "the device tree has none";
    machine_error_line(why, out, size);
    return out;
}
