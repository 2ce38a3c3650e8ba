/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The wires of devices: the APLIC and the source to which each leads (Devicetree Specification, section 2.4; the
 * specifier of two cells is that of the Linux binding riscv,aplic.yaml). A wire that leads to no S-level APLIC, or to a
 * source that is not delegated to that APLIC, cannot be used: the device has no wire then, and the reason is recorded.
 */
#include <string.h>

#include "discover.h"

#define SENSE 0xfu /* the flags of a source's mode; some interrupt controllers have other flags */

/*
 * The source mode of a specifier's flags (AdvPLIC.adoc, "Source configurations"). The binding gives 0 no meaning (it is
 * the kernel's IRQ_TYPE_NONE). An APLIC has no default mode to keep for it: after reset a source is inactive.
 */
static int mode_of(uint32_t flags)
{
    switch (flags & SENSE) {
    case 1:
        return 4; /* rising edge */
    case 2:
        return 5;
    case 4:
        return 6; /* high level */
    case 8:
        return 7;
    default:
        return -1;
    }
}

int disc_aplic(const struct discovery *d, uint32_t phandle)
{
    for (size_t i = 0; i < d->m->n_aplics; i++)
        if (phandle && d->m->aplics[i].phandle == phandle)
            return (int)i;
    return -1;
}

int disc_source(struct discovery *d, int node, const char *prop, unsigned aplic, const fdt32_t *spec,
                struct machine_wire *w)
{
    const struct machine_aplic *a = &d->m->aplics[aplic];
    uint32_t source = fdt32_ld(spec), flags = fdt32_ld(spec + 1);

    if (source < 1 || source > a->num_sources)
        return disc_fail(d, node, prop, "source %u, but the APLIC has 1 to %u", source, a->num_sources);
    if (mode_of(flags) < 0)
        return disc_fail(d, node, prop, "flags %#llx of source %u: not one of 1, 2, 4, 8",
                         (unsigned long long)flags, source);
    if (!machine_owns(a, source))
        return disc_fail(d, node, prop, "source %u is not delegated to the APLIC at %#llx", source,
                         (unsigned long long)a->reg.base);
    *w = (struct machine_wire){(uint16_t)source, (uint8_t)aplic, (uint8_t)mode_of(flags)};
    return 0;
}

/* Read a specifier of `cells` cells. */
static int read_specifier(struct discovery *d, int node, const char *prop, uint32_t phandle,
                          const fdt32_t *spec, uint32_t cells, struct machine_wire *w)
{
    int aplic = disc_aplic(d, phandle), to = fdt_node_offset_by_phandle(d->fdt, phandle);

    if (aplic >= 0 && cells < 2)
        return disc_fail(d, node, prop, "cut short: a source and its flags are two cells");
    if (aplic >= 0)
        return disc_source(d, node, prop, (unsigned)aplic, spec, w);
    if (to < 0)
        return disc_fail(d, node, prop, "phandle %#llx is no interrupt controller's",
                         (unsigned long long)phandle);
    return disc_fail(d, node, prop, "it leads to %s, which is no APLIC that is used",
                     fdt_get_name(d->fdt, to, NULL));
}

/* Find the nearest interrupt-parent, of the node or of a node above; 0: there is none. */
static int interrupt_parent(struct discovery *d, int node, uint32_t *phandle)
{
    *phandle = 0;
    for (int up = node; up >= 0; up = fdt_parent_offset(d->fdt, up)) {
        int r = disc_u32(d, up, "interrupt-parent", phandle);
        if (r)
            return r < 0 ? -1 : 0;
    }
    return 0;
}

/* Use the first usable entry. If there is none, report the fault of the first entry. */
static int extended_wire(struct discovery *d, int node, struct machine_wire *w)
{
    static const char prop[] = "interrupts-extended";
    struct disc_ref first = {0}, ref;
    uint32_t at = 0;
    int r;

    while ((r = disc_next_ref(d, node, prop, "#interrupt-cells", &at, &ref)) > 0) {
        if (disc_aplic(d, ref.phandle) >= 0)
            return read_specifier(d, node, prop, ref.phandle, ref.args, ref.n_args, w);
        if (!first.args)
            first = ref;
    }
    if (r < 0)
        return -1;
    return first.args ? read_specifier(d, node, prop, first.phandle, first.args, first.n_args, w)
                      : disc_fail(d, node, prop, "it names no node");
}

int disc_wire(struct discovery *d, int node, struct machine_wire *w)
{
    int len;
    const fdt32_t *p = fdt_getprop(d->fdt, node, "interrupts", &len);
    uint32_t phandle;

    if (fdt_getprop(d->fdt, node, "interrupts-extended", NULL))
        return extended_wire(d, node, w);
    if (!p)
        return 0;
    if (interrupt_parent(d, node, &phandle))
        return -1;
    if (!phandle)
        return disc_fail(d, node, "interrupts", "no interrupt-parent says where they lead");
    return read_specifier(d, node, "interrupts", phandle, p, (uint32_t)len / 4, w);
}

static int read_device(struct discovery *d, int node, struct machine_device *dev, enum machine_part part)
{
    struct machine_region r;

    if (disc_reg(d, node, &r))
        return -1;
    *dev = (struct machine_device){.present = true, .base = r.base};
    return disc_wire(d, node, &dev->wire) ? disc_unused(d, part) : 0;
}

static int read_virtio(struct discovery *d, int node)
{
    struct machine *m = d->m;
    struct machine_device dev;

    if (m->n_virtio == MACHINE_MAX_VIRTIO)
        return disc_fail(d, node, "compatible", "more than %u places for a device",
                         (unsigned)MACHINE_MAX_VIRTIO);
    if (read_device(d, node, &dev, MACHINE_PART_VIRTIO))
        return -1;
    m->virtio[m->n_virtio++] = dev;
    return 0;
}

int disc_wires(struct discovery *d)
{
    struct machine *m = d->m;

    if (m->uart.present && disc_wire(d, d->uart, &m->uart.wire))
        (void)disc_unused(d, MACHINE_PART_UART);
    if (m->iommu.form == MACHINE_IOMMU_SYS && disc_wire(d, d->iommu, &m->iommu.wire))
        (void)disc_unused(d, MACHINE_PART_IOMMU);
    for (int node = -1; (node = disc_next_compatible(d, node, "google,goldfish-rtc")) >= 0;)
        if (m->rtc.present ? disc_fail(d, node, "compatible", "a second RTC")
                           : read_device(d, node, &m->rtc, MACHINE_PART_RTC))
            (void)disc_unused(d, MACHINE_PART_RTC);
    for (int node = -1; (node = disc_next_compatible(d, node, "virtio,mmio")) >= 0;)
        if (read_virtio(d, node))
            (void)disc_unused(d, MACHINE_PART_VIRTIO);
    for (unsigned i = 0; i < m->n_hosts; i++)
        if (disc_intx(d, i))
            (void)disc_unused(d, MACHINE_PART_WIRE);
    return 0;
}
