/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that are described by their address and their wire. A device whose wire cannot be used has no wire, and the reason is
 * recorded.
 */
#include "discover.h"

static int read_device(struct discovery *d, int node, struct machine_device *dev, enum machine_part part)
{
    struct aia_fdt_region r;

    if (tree_reg(d->tree, node, &r))
        return -1;
    *dev = (struct machine_device){.present = true, .base = r.base};
    return tree_wire(d->tree, node, &dev->wire) ? tree_unused(d->tree, part) : 0;
}

static int read_virtio(struct discovery *d, int node)
{
    struct machine *m = d->m;
    struct machine_device dev;

    if (m->n_virtio == MACHINE_MAX_VIRTIO)
        return tree_fail(d->tree, node, "compatible", "more than %u places for a device",
                         (unsigned)MACHINE_MAX_VIRTIO);
    if (read_device(d, node, &dev, MACHINE_PART_VIRTIO))
        return -1;
    m->virtio[m->n_virtio++] = dev;
    return 0;
}

int disc_wires(struct discovery *d)
{
    struct machine *m = d->m;

    if (m->uart.present && tree_wire(d->tree, d->uart, &m->uart.wire))
        (void)tree_unused(d->tree, MACHINE_PART_UART);
    if (m->iommu.form == MACHINE_IOMMU_SYS && tree_wire(d->tree, d->iommu, &m->iommu.wire))
        (void)tree_unused(d->tree, MACHINE_PART_IOMMU);
    for (int node = -1; (node = tree_next_compatible(d->tree, node, "google,goldfish-rtc")) >= 0;)
        if (m->rtc.present ? tree_fail(d->tree, node, "compatible", "a second RTC")
                           : read_device(d, node, &m->rtc, MACHINE_PART_RTC))
            (void)tree_unused(d->tree, MACHINE_PART_RTC);
    for (int node = -1; (node = tree_next_compatible(d->tree, node, "virtio,mmio")) >= 0;)
        if (read_virtio(d, node))
            (void)tree_unused(d->tree, MACHINE_PART_VIRTIO);
    for (unsigned i = 0; i < m->n_hosts; i++)
        if (disc_intx(d, i))
            (void)tree_unused(d->tree, MACHINE_PART_WIRE);
    return 0;
}
