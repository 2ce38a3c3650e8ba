/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding functions, and switching them on. Placing them is in resource.c. */
#include <string.h>

#include "payload/pci/pci.h"
#include "payload/pci/regs.h"

#define MAX_CAPS ((0x100u - 0x40u) / 4u) /* as many as fit behind the header without overlapping */

#define BUS_SHIFT   20
#define DEVFN_SHIFT 12

/* PCI Express capabilities register, device/port type: those whose secondary bus is a link. */
#define EXPRESS_TYPE(v)      (((v) >> 4) & 0xfu)
#define EXPRESS_ROOT_PORT    4u
#define EXPRESS_DOWNSTREAM   6u
#define EXPRESS_FROM_PCI     8u
#define EXPRESS_CAPABILITIES 2u

const char *pci_strerror(int error)
{
    static const char *const text[] = {
        "PCI_ENOECAM: the machine has no usable ECAM",
        "PCI_ETOOMANY: more functions than there is room for",
        "PCI_ENOBUS: no bus number left for what is behind this bridge",
        "PCI_ENOWINDOW: the host bridge has no window for such addresses",
        "PCI_EEXHAUSTED: the host bridge's windows are too full",
        "PCI_EBARBAD: a BAR has an impossible size or type",
        "PCI_ECAPBAD: a capability points or reaches outside",
        "PCI_ECAPLOOP: the capability list does not end",
        "PCI_ENOCAP: the function lacks the capability",
        "PCI_EGONE: the function reads as all ones",
        "PCI_EDEVICE: not the device its driver is for",
        "PCI_ESLOT: the slot's port does not complete a command",
    };

    if (error == PCI_OK)
        return "ok";
    if (error > PCI_ENOECAM || error < PCI_ESLOT)
        return NULL;
    return text[PCI_ENOECAM - error];
}

/*
 * The list is the device's word: it may loop or lead anywhere. Its end, a pointer into the header and one
 * step too many are told apart, because they are different faults for the person who reads the name.
 */
static int find_from(const struct pci_device *pd, unsigned pointer, uint8_t id, unsigned size)
{
    unsigned at = pci_read8(pd, pointer) & ~3u; /* the low two bits are reserved: masked (7.5.1.1.11) */

    for (unsigned i = 0; i < MAX_CAPS; i++) {
        if (at == 0)
            return PCI_ENOCAP;
        if (at < 0x40u)
            return PCI_ECAPBAD;
        if (pci_read8(pd, at) == id)
            return at + size <= 0x100u ? (int)at : PCI_ECAPBAD;
        at = pci_read8(pd, at + 1u) & ~3u;
    }
    return at == 0 ? PCI_ENOCAP : PCI_ECAPLOOP;
}

int pci_find_cap(const struct pci_device *pd, uint8_t id, unsigned size)
{
    if (pci_read16(pd, PCI_ID) == 0xffffu)
        return PCI_EGONE;
    if (!(pci_read16(pd, PCI_STATUS) & PCI_STATUS_CAPS))
        return PCI_ENOCAP;
    return find_from(pd, PCI_CAP_PTR, id, size);
}

int pci_next_cap(const struct pci_device *pd, unsigned at, uint8_t id, unsigned size)
{
    return find_from(pd, at + 1u, id, size);
}

static void write_buses(const struct pci_device *pd, uint8_t subordinate)
{
    uint32_t v = pci_read32(pd, PCI_BUSES) & 0xff000000u;

    pci_write32(pd, PCI_BUSES, v | (uint32_t)subordinate << 16 | (uint32_t)pd->secondary << 8 | pd->bus);
}

/*
 * Switch off what firmware or an earlier kernel left on. Bus mastering first, which MSIs need as well;
 * INTx with it, or clearing an MSI enable would let the function assert it.
 */
static void quiesce(const struct pci_device *pd)
{
    int cap;

    pci_write16(pd, PCI_COMMAND, PCI_COMMAND_NOINTX);
    cap = pci_find_cap(pd, PCI_CAP_MSI, 4);
    if (cap > 0)
        pci_write16(pd, (unsigned)cap + PCI_MSI_CONTROL, 0);
    cap = pci_find_cap(pd, PCI_CAP_MSIX, 4);
    if (cap > 0)
        pci_write16(pd, (unsigned)cap + PCI_MSIX_CONTROL, 0);
    /* Closed to every bus, so that no stale range takes the configuration accesses meant for another bridge. */
    if (pd->bridge)
        pci_write32(pd, PCI_BUSES, pci_read32(pd, PCI_BUSES) & 0xff000000u);
}

/* One function: 0 if there is none, 1 if it was added, or PCI_ETOOMANY. */
static int probe(struct pci *p, struct pci_device *parent, uint8_t bus, unsigned devfn, bool *multi)
{
    const struct machine_pci *m = p->machine;
    uint64_t offset = (uint64_t)(bus - m->bus_first) << BUS_SHIFT | (uint64_t)devfn << DEVFN_SHIFT;
    struct pci_device d = {.parent = parent, .cfg = (uintptr_t)(m->ecam.base + offset), .bus = bus};
    uint32_t id = pci_read32(&d, PCI_ID);
    uint8_t header;

    if ((id & 0xffffu) == 0xffffu || id == 0)
        return 0;
    if (p->n == p->max)
        return PCI_ETOOMANY;
    header = pci_read8(&d, PCI_HEADER);
    *multi = header & PCI_HEADER_MULTI;
    d.vendor = (uint16_t)id;
    d.device = (uint16_t)(id >> 16);
    d.class = pci_read32(&d, PCI_CLASS) >> 8;
    d.devfn = (uint8_t)devfn;
    d.bridge = (header & PCI_HEADER_TYPE) == PCI_HEADER_BRIDGE;
    if ((header & PCI_HEADER_TYPE) > PCI_HEADER_BRIDGE)
        d.error = PCI_EDEVICE;
    quiesce(&d);
    if (d.error == PCI_OK)
        d.error = pci_size_(p, &d);
    p->devs[p->n++] = d;
    return 1;
}

/*
 * Behind a port there is a link, and at its end one device: number 0. A port need not filter the other
 * numbers out (7.3.1), so asking for them could find the same device again.
 */
static unsigned bus_slots(const struct pci_device *bridge)
{
    int cap = bridge ? pci_find_cap(bridge, PCI_CAP_EXPRESS, 4) : 0;
    unsigned type;

    if (cap <= 0)
        return 32;
    type = EXPRESS_TYPE(pci_read16(bridge, (unsigned)cap + EXPRESS_CAPABILITIES));
    return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM || type == EXPRESS_FROM_PCI ? 1 : 32;
}

/* All functions of one bus, before any bridge among them is opened. */
static int scan_bus(struct pci *p, struct pci_device *bridge)
{
    uint8_t bus = bridge ? bridge->secondary : p->machine->bus_first;
    unsigned slots = bus_slots(bridge);

    for (unsigned slot = 0; slot < slots; slot++) {
        bool multi = false, ignored;
        int found = probe(p, bridge, bus, slot << 3, &multi);

        /* No function 0, no device: then the others do not exist either. */
        for (unsigned fn = 1; fn < 8 && found > 0 && multi; fn++) {
            int r = probe(p, bridge, bus, slot << 3 | fn, &ignored);

            if (r < 0)
                found = r;
        }
        if (found < 0)
            return found;
    }
    return PCI_OK;
}

static struct pci_device *next_bridge(struct pci *p, const struct pci_device *behind)
{
    for (size_t i = 0; i < p->n; i++) {
        struct pci_device *pd = &p->devs[i];

        if (pd->bridge && !pd->numbered && pd->parent == behind)
            return pd;
    }
    return NULL;
}

/*
 * Number the buses depth first, since a bridge passes on one range of numbers. No recursion: how deep it
 * would go is up to the devices. A function always follows the bridge it is behind in the array.
 */
static int scan(struct pci *p)
{
    struct pci_device *at = NULL;
    int error = scan_bus(p, NULL);

    while (error == PCI_OK) {
        struct pci_device *b = next_bridge(p, at);

        if (!b && !at)
            break;
        if (!b) {
            at->subordinate = p->last_bus;
            write_buses(at, at->subordinate);
            at = at->parent;
            continue;
        }
        b->numbered = true;
        if (p->last_bus == p->max_bus) {
            b->error = b->error ? b->error : PCI_ENOBUS;
            continue;
        }
        b->secondary = ++p->last_bus;
        write_buses(b, p->max_bus); /* open to all that may be found behind it */
        at = b;
        error = scan_bus(p, b);
    }
    return error;
}

int pci_init(struct pci *p, const struct machine_pci *machine, struct pci_device *devs, size_t max)
{
    uint64_t buses = machine->ecam.size >> BUS_SHIFT;
    int error;

    memset(p, 0, sizeof(*p));
    p->machine = machine;
    p->devs = devs;
    p->max = max;
    if (buses == 0 || machine->bus_last < machine->bus_first)
        return PCI_ENOECAM;
    p->last_bus = machine->bus_first;
    p->max_bus = machine->bus_last;
    if (buses <= (uint64_t)(machine->bus_last - machine->bus_first))
        p->max_bus = (uint8_t)(machine->bus_first + buses - 1);

    error = scan(p);
    if (error == PCI_OK)
        return pci_place_(p);
    for (size_t i = 0; i < p->n; i++)
        p->devs[i].error = error;
    return error;
}

struct pci_device *pci_find(struct pci *p, uint16_t vendor, uint16_t device, size_t n)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->devs[i].vendor == vendor && p->devs[i].device == device && n-- == 0)
            return &p->devs[i];
    }
    return NULL;
}

int pci_enable(struct pci_device *pd)
{
    const uint16_t on = PCI_COMMAND_MEM | PCI_COMMAND_MASTER;

    for (const struct pci_device *d = pd; d; d = d->parent) {
        if (d->error)
            return d->error;
        if (pci_read16(d, PCI_ID) != d->vendor)
            return PCI_EGONE;
    }
    /* A bridge decodes memory to pass accesses down, and masters the bus to pass DMA and MSIs up. */
    for (const struct pci_device *d = pd; d; d = d->parent)
        pci_write16(d, PCI_COMMAND, pci_read16(d, PCI_COMMAND) | on);
    return PCI_OK;
}

void pci_intx(struct pci_device *pd, bool on)
{
    uint16_t command = pci_read16(pd, PCI_COMMAND);

    command = on ? (uint16_t)(command & ~PCI_COMMAND_NOINTX) : (uint16_t)(command | PCI_COMMAND_NOINTX);
    pci_write16(pd, PCI_COMMAND, command);
}
