/* SPDX-License-Identifier: BSD-2-Clause */
/* The devices under load (load.h): real devices, soft devices, and what they have in common. */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/machine.h"
#include "payload/drivers/disk.h"
#include "payload/report/check.h"
#include "payload/load/load.h"
#include <stdio.h>
#include <string.h>

void load_raise_bit(struct load_device *d, uint32_t bit)
{
    aia_trace(&aia, AIA_EVENT_RAISED, d->irq, (struct imsic_vector){0}, bit);
    if (!d->soft) {
        edu_raise(&d->edu, bit);
        return;
    }
    atomic_fetch_or_explicit(&d->status, bit, memory_order_release);
    soft_raise(d->soft);
}

uint32_t load_status(struct load_device *d)
{
    return d->soft ? atomic_load_explicit(&d->status, memory_order_acquire) : edu_status(&d->edu);
}

void load_acknowledge(struct load_device *d, uint32_t bits)
{
    if (d->soft)
        atomic_fetch_and_explicit(&d->status, ~bits, memory_order_acq_rel);
    else
        edu_ack(&d->edu, bits);
}

struct aia_msi *load_msi(struct load_device *d)
{
    return d->wire ? &d->wire->msi : d->soft ? &d->soft->msi : d->edu.msi.top;
}

/* ---- their interrupts ---- */

static bool can_send(const struct load_device *d)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (pci_msi_can_send(&d->edu.msi, machine.aia.harts[h].imsic_addr)) {
            print("%s: its MSI cannot reach the interrupt file of hart %u\n", d->name, h);
            return false;
        }
    return true;
}

static bool take_wire(struct load_device *d, struct pci_device *pd)
{
    struct aia_fdt_wire wire = wires_intx(pd);

    d->wire = wires_source(d->name, &wire);
    if (d->wire)
        pci_intx(pd, true);
    return d->wire != NULL;
}

static bool request(struct load_device *d)
{
    struct aia_request r = {
        .name = d->name,
        .handler = load_handler,
        .context = d,
        .msi = load_msi(d),
        .affinity = aia_hartset_first(hart_count()),
        .moved = load_moved,
    };
    int error = aia_irq_request(&aia, &r, &d->irq);

    irq_had_ids(error);
    if (error)
        print("%s: no interrupt: %s\n", d->name, aia_strerror(error));
    else
        load_moved(d, d->irq);
    return !error;
}

/* ---- real devices ---- */

static bool init_edu(struct load_device *d, unsigned n, struct pci_device *pd)
{
    int error = edu_init(&d->edu, pd);

    (void)snprintf(d->name, sizeof(d->name), "edu%u", n);
    if (error) {
        print("%s: %s\n", d->name, pci_strerror(error));
        return false;
    }
    return (wires_wanted() ? take_wire(d, pd) : can_send(d)) && request(d);
}

bool load_init_edu(unsigned max)
{
    struct pci *pci = kinds_pci();
    struct pci_device *pd;

    if (!pci)
        return true; /* no PCI, so no edu device: not an error */
    unsigned n = 0, room = LOAD_MAX - LOAD_SOFT;
    for (; n < max && n < room && (pd = pci_find(pci, EDU_VENDOR, EDU_DEVICE, n)); n++) {
        if (!init_edu(&load_devices[load_n_devices], n, pd))
            return false;
        load_n_devices++;
    }
    while (n < max && (pd = pci_find(pci, EDU_VENDOR, EDU_DEVICE, n)))
        pci_leave_out(pd, DISK_EROOM, disk_strerror(DISK_EROOM));
    return true;
}

struct pci_device *load_need_edu(unsigned n)
{
    struct pci *pci = kinds_pci();
    struct pci_device *pd = pci ? pci_find(pci, EDU_VENDOR, EDU_DEVICE, n - 1) : NULL;

    if (!pd)
        (void)untested("this job needs %u real devices: -device edu", n);
    return pd;
}

bool load_own_edu(struct edu *e, unsigned n)
{
    struct pci_device *pd = load_need_edu(n);
    int error = pd ? edu_init(e, pd) : PCI_OK;

    if (error)
        print("pci: %s: %s\n", pd->name, pci_strerror(error));
    return pd && !error;
}

/* ---- soft devices ---- */

/* With devices=wired the soft devices are all alike: sources of the APLIC that software raises. */
static const char *init_soft(struct soft *s, unsigned n)
{
    static struct aia_ims_entry entry;
    static const char *const names[LOAD_SOFT] = {"plain", "masked", "store", "memory"};
    static const char *const wired[LOAD_SOFT] = {"wired0", "wired1", "wired2", "wired3"};

    if (n == AIA_MSI_STORE_LOW && !wires_wanted())
        return soft_init_entry(s, &entry, AIA_MSI_STORE_LOW, 0) ? NULL : names[n];
    soft_init(s, (enum aia_msi_kind)n);
    return wires_wanted() ? wired[n] : names[n];
}

bool load_add_soft(unsigned max)
{
    static struct soft softs[LOAD_SOFT];

    for (unsigned n = 0; n < LOAD_SOFT && n < max && load_n_devices < LOAD_MAX; n++) {
        struct load_device *d = &load_devices[load_n_devices];
        const char *name = init_soft(&softs[n], n);
        if (!name)
            return false;
        d->soft = &softs[n];
        (void)snprintf(d->name, sizeof(d->name), "%s", name);
        if (!request(d))
            return false;
        load_n_devices++;
    }
    return true;
}

/* True if an edu device is present and not used. Soft devices would then hide what is wrong with it. */
static bool edu_left_out(void)
{
    const struct pci *pci = kinds_pci_found();

    for (size_t i = 0; pci && i < pci->n; i++)
        if (pci->devs[i].error && pci->devs[i].vendor == EDU_VENDOR && pci->devs[i].device == EDU_DEVICE)
            return true;
    return false;
}

bool load_init(unsigned max)
{
    const char *devices = args_get("devices");

    if (!devices || strcmp(devices, "soft") != 0) {
        if (!load_init_edu(max))
            return false;
        if (load_n_devices)
            return true;
        if (edu_left_out()) {
            (void)untested("each edu device here is left out; devices=soft needs no device");
            return false;
        }
        print("no edu device here: soft devices take their place, as with devices=soft\n");
    }
    return load_add_soft(max);
}
