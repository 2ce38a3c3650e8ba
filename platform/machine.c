/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "discover.h"

static int disc_aia(struct discovery *d)
{
    d->tree->memory = d->m->memory;
    d->tree->n_memory = d->m->n_memory;
    return aia_fdt_read(d->tree, &d->m->aia) ? -1 : 0;
}

int machine_discover(const void *fdt, size_t max, struct machine *m, struct aia_fdt_error *err)
{
    /*
     * The order: first the console and the finisher, so that a later error can be printed and returned; memory before
     * the IMSIC, which must not overlap memory; the IMSIC before the hosts that send to it; APLICs before the devices
     * that are wired to them.
     */
    static int (*const steps[])(struct discovery *) = {
        disc_finisher, disc_uart,  disc_memory, disc_reserved, disc_aia,
        disc_pci,      disc_iommu, disc_wires,  disc_chosen,
    };
    struct aia_fdt_tree tree = {
        .blob = fdt, .max = max, .unused = m->unused, .max_unused = MACHINE_MAX_UNUSED};
    struct discovery d = {.tree = &tree, .m = m};
    int error;

    memset(m, 0, sizeof(*m));
    error = aia_fdt_check(&tree);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !error; i++)
        error = steps[i](&d);
    m->n_unused = tree.n_unused;
    if (!error)
        memset(&tree.error, 0, sizeof(tree.error)); /* clears errors that were recorded as unused parts */
    *err = tree.error;
    return error ? -1 : 0;
}

const char *machine_why(const struct machine *m, enum machine_part part, char *out, size_t size)
{
    const struct aia_fdt_error *why = NULL;
    size_t n = m->n_unused < MACHINE_MAX_UNUSED ? m->n_unused : MACHINE_MAX_UNUSED;

    while (n--)
        if (m->unused[n].part == part)
            why = &m->unused[n].why;
    if (!why)
        return "the device tree has none";
    aia_fdt_error_line(why, out, size);
    return out;
}
