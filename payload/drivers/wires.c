/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/wires.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/trap.h"
#include "payload/pci/regs.h"
#include <string.h>

#define SOURCES_MAX 64

static struct aplic_source *_Atomic by_number[MACHINE_MAX_APLICS][APLIC_MAX_SOURCES + 1];
static struct aia_controller *controllers[MACHINE_MAX_HARTS];
static struct aplic domains[MACHINE_MAX_APLICS];
static struct aplic_source sources[SOURCES_MAX];
static unsigned n_sources;
static bool taken[MACHINE_MAX_APLICS][APLIC_MAX_SOURCES + 1];
static bool left_out[MACHINE_MAX_APLICS];

static bool reaches_all(const struct aplic *a)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (machine.aia.harts[h].imsic_addr && aplic_can_send(a, machine.aia.harts[h].imsic_addr)) {
            print("aplic at 0x%lx: cannot send to the interrupt file of hart %u at 0x%lx\n", a->mmio, h,
                  machine.aia.harts[h].imsic_addr);
            return false;
        }
    return true;
}

static bool init_one(struct aplic *a, const struct aia_fdt_aplic *m)
{
    *a = (struct aplic){.wait_limit = aia.config.wait_limit, .sources = by_number[a - domains]};
    aia_fdt_domain(&machine.aia, (unsigned)(a - domains), a);
    if (!trap_answers("aplic", a->mmio) || (m->msi_mode && !reaches_all(a)))
        return false;
    int error = aplic_init(a, &aia);
    if (error)
        print("aplic at 0x%lx: it does not deliver %s, or is no APLIC\n", a->mmio,
              m->msi_mode ? "by MSI" : "directly");
    return !error;
}

/* If harts have interrupt files, an APLIC without MSIs reaches no hart. */
static bool is_used(size_t i)
{
    return machine.aia.aplics[i].msi_mode == machine.aia.imsic.present && !left_out[i];
}

struct aia_controller **wires_controllers(void)
{
    for (size_t i = 0; i < machine.aia.n_aplics; i++)
        for (unsigned h = 0; h < hart_count(); h++)
            if (is_used(i) && machine.aia.aplics[i].index[h] >= 0)
                controllers[h] = &domains[i].controller;
    return controllers;
}

/*
 * If harts have interrupt files, an APLIC that cannot be driven costs only its wires. Otherwise it costs the harts
 * their interrupts.
 */
bool wires_init(void)
{
    bool good = true;

    for (size_t i = 0; i < machine.aia.n_aplics; i++)
        if (is_used(i) && !init_one(&domains[i], &machine.aia.aplics[i])) {
            left_out[i] = true;
            good = machine.aia.imsic.present;
        }
    return good;
}

struct aplic *wires_domain(unsigned n)
{
    for (size_t i = 0; i < machine.aia.n_aplics; i++)
        if (is_used(i) && !n--)
            return &domains[i];
    return NULL;
}

/* The part for which discovery has a reason if the wire is unusable. */
static enum machine_part part_of(const struct aia_fdt_wire *w)
{
    for (size_t i = 0; i < machine.n_virtio; i++)
        if (w == &machine.virtio[i].wire)
            return MACHINE_PART_VIRTIO;
    return w == &machine.uart.wire    ? MACHINE_PART_UART
           : w == &machine.rtc.wire   ? MACHINE_PART_RTC
           : w == &machine.iommu.wire ? MACHINE_PART_IOMMU
                                      : MACHINE_PART_WIRE;
}

struct aplic_source *wires_source(const char *name, const struct aia_fdt_wire *w)
{
    if (!w->source) {
        print("%s: it is wired to no APLIC that is used: %s\n", name, machine_without(part_of(w)));
        return NULL;
    }
    if (left_out[w->aplic]) {
        print("%s: the APLIC at 0x%lx, to which it is wired, cannot be driven\n", name,
              machine.aia.aplics[w->aplic].reg.base);
        return NULL;
    }
    if (taken[w->aplic][w->source]) {
        print("%s: it shares its line with another device\n", name);
        return NULL;
    }
    if (n_sources == SOURCES_MAX) {
        print("%s: too many wires\n", name);
        return NULL;
    }
    struct aplic_source *s = &sources[n_sources];
    if (aplic_source_init(s, &domains[w->aplic], w->source, (enum aplic_mode)w->mode)) {
        print("%s: source %u is not delegated to the APLIC at 0x%lx, or has no such mode\n", name, w->source,
              domains[w->aplic].mmio);
        return NULL;
    }
    taken[w->aplic][w->source] = true;
    n_sources++;
    return s;
}

/* The hart's APLIC, if APLICs deliver directly; else any APLIC. */
static size_t nearest(unsigned hart)
{
    size_t i = 0;

    while (i + 1 < machine.aia.n_aplics &&
           (!is_used(i) || (!irq_by_message() && controllers[hart] != &domains[i].controller)))
        i++;
    return i;
}

bool wires_spare(struct aplic_source *s, unsigned hart)
{
    size_t i = nearest(hart);
    unsigned number = i < machine.aia.n_aplics ? domains[i].n_sources : 0;

    /* Firmware may have delegated more sources than the tree names, but only the tree's sources are promised. */
    while (number && (taken[i][number] || !aia_fdt_owns(&machine.aia.aplics[i], number) ||
                      aplic_source_init(s, &domains[i], number, APLIC_DETACHED)))
        number--;
    if (i == machine.aia.n_aplics)
        print("wires: no APLIC%s%s\n", left_out[0] ? " that can be driven" : ": ",
              left_out[0] ? "" : machine_without(MACHINE_PART_APLIC));
    else if (!number)
        print("wires: no source to spare of those that are delegated to the APLIC at 0x%lx\n",
              domains[i].mmio);
    if (!number)
        return false;
    taken[i][number] = true;
    return true;
}

/* A bridge maps a pin to another pin, by the device's number (PCI-to-PCI Bridge Architecture, 9.1). */
struct aia_fdt_wire wires_intx(const struct pci_device *pd)
{
    const struct machine_pci *m = pd->host;
    unsigned pin = pci_read8(pd, PCI_INTERRUPT_PIN);

    if (pin < 1 || pin > 4)
        return (struct aia_fdt_wire){0};
    for (; pd->parent; pd = pd->parent)
        pin = (pin - 1 + (pd->devfn >> 3)) % 4 + 1;
    for (size_t i = 0; i < m->n_intx; i++)
        if (!((m->intx[i].devfn ^ pd->devfn) & m->intx_devfn_mask) &&
            !((m->intx[i].pin ^ pin) & m->intx_pin_mask))
            return m->intx[i].wire;
    return (struct aia_fdt_wire){0};
}

static bool wanted;

void wires_want(void)
{
    wanted = true;
}

bool wires_wanted(void)
{
    const char *devices = args_get("devices");

    return wanted || !machine.aia.imsic.present || (devices && !strcmp(devices, "wired"));
}
