/* SPDX-License-Identifier: BSD-2-Clause */
/* The search for functions, and their enabling. resource.c gives them addresses. */
#include <stdio.h>
#include <string.h>

#include "payload/pci/pci.h"
#include "payload/pci/regs.h"

/* The most capabilities that fit behind the header without an overlap. */
#define MAX_CAPS ((0x100u - 0x40u) / 4u)

#define BUS_SHIFT   20
#define DEVFN_SHIFT 12

/* PCI Express capabilities register, device/port type (7.5.3.2), for bridges. */
#define EXPRESS_TYPE(v)      (((v) >> 4) & 0xfu)
#define EXPRESS_ROOT_PORT    4u
#define EXPRESS_DOWNSTREAM   6u
#define EXPRESS_TO_PCI       7u
#define EXPRESS_FROM_PCI     8u
#define EXPRESS_CAPABILITIES 2u
#define CONVENTIONAL         UINT32_MAX /* none of these types: the bridge has no such capability */

const char *pci_strerror(int error)
{
    static const char *const text[] = {
        "PCI_ENOECAM: the machine has no usable ECAM",
        "PCI_ETOOMANY: more functions than there is room for",
        "PCI_ENOBUS: no bus number left for the bus behind this bridge, or the bridge accepts none",
        "PCI_ENOWINDOW: the host bridge has no window for such addresses",
        "PCI_EEXHAUSTED: the host bridge's windows are too full",
        "PCI_EBARBAD: a BAR has an impossible size or type",
        "PCI_ECAPBAD: a capability points or reaches outside",
        "PCI_ECAPLOOP: the capability list does not end",
        "PCI_ENOCAP: the function lacks the capability",
        "PCI_EGONE: the function reads as all ones",
        "PCI_EDEVICE: not the device that its driver is for",
        "PCI_ESLOT: the slot's port does not complete a command",
        "PCI_EHEADER: the function's header is of an unknown type",
        "PCI_ENOMSI: by the tree its MSIs lead to no interrupt file that is used",
        "PCI_EIOMMU: it is behind a foreign or unusable IOMMU (iommu=off: that unit passes everything)",
    };

    if (error == PCI_OK)
        return "ok";
    if (error > PCI_ENOECAM || error < PCI_EIOMMU)
        return NULL;
    return text[PCI_ENOECAM - error];
}

/*
 * The device supplies the list, so the list may loop or lead anywhere. The end of the list, a pointer into the header,
 * and one step too many have different errors, because they are different faults for the reader of the name.
 */
static int find_from(const struct pci_device *pd, unsigned pointer, int id, unsigned size)
{
    /* The low two bits are reserved and masked out (7.5.1.1.11). */
    unsigned at = pci_read8(pd, pointer) & ~3u;

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

static int find_cap(const struct pci_device *pd, int id, unsigned size)
{
    if (pci_read16(pd, PCI_ID) == 0xffffu)
        return PCI_EGONE;
    if (!(pci_read16(pd, PCI_STATUS) & PCI_STATUS_CAPS))
        return PCI_ENOCAP;
    return find_from(pd, PCI_CAP_PTR, id, size);
}

int pci_find_cap(const struct pci_device *pd, uint8_t id, unsigned size)
{
    return find_cap(pd, id, size);
}

/* Check the whole list by a search for a capability that no list has. */
static int check_caps(const struct pci_device *pd)
{
    int error = find_cap(pd, -1, 0);

    return error == PCI_ENOCAP ? PCI_OK : error;
}

int pci_next_cap(const struct pci_device *pd, unsigned at, uint8_t id, unsigned size)
{
    return find_from(pd, at + 1u, id, size);
}

/*
 * Set a bridge's bus numbers. Returns false if the bridge does not accept them; then no device behind the bridge can be
 * reached.
 */
static bool write_buses(const struct pci_device *pd, uint8_t subordinate)
{
    uint32_t v = (uint32_t)subordinate << 16 | (uint32_t)pd->secondary << 8 | pd->bus;

    pci_write32(pd, PCI_BUSES, (pci_read32(pd, PCI_BUSES) & 0xff000000u) | v);
    return (pci_read32(pd, PCI_BUSES) & 0xffffffu) == v;
}

/*
 * Turn off what firmware or an earlier kernel left on: first bus mastering, which MSIs need, too, and with it INTx,
 * which the function could assert once its MSI enable is cleared.
 */
static void quiesce(const struct pci_device *pd)
{
    int cap;

    pci_write16(pd, PCI_COMMAND, PCI_COMMAND_NOINTX);
    if (pd->error == PCI_EHEADER) /* the places of the other registers are unknown */
        return;
    cap = pci_find_cap(pd, PCI_CAP_MSI, 4);
    if (cap > 0)
        pci_write16(pd, (unsigned)cap + PCI_MSI_CONTROL, 0);
    cap = pci_find_cap(pd, PCI_CAP_MSIX, 4);
    if (cap > 0)
        pci_write16(pd, (unsigned)cap + PCI_MSIX_CONTROL, 0);
    /* Close the bridge to every bus, so that no old range takes configuration accesses for another bridge. */
    if (pd->bridge)
        pci_write32(pd, PCI_BUSES, pci_read32(pd, PCI_BUSES) & 0xff000000u);
}

static void name(const struct pci *p, struct pci_device *pd)
{
    char *at = pd->name;

    if (p->n_hosts > 1)
        at += snprintf(at, sizeof(pd->name), "%04x:", (unsigned)(uint8_t)(p->machine - p->hosts));
    (void)snprintf(at, sizeof(pd->name) - (size_t)(at - pd->name), "%02x:%02x.%u", (unsigned)pd->bus,
                   pd->devfn >> 3u, pd->devfn & 7u);
}

static void identify(const struct pci *p, struct pci_device *pd, uint32_t id)
{
    uint8_t type = pci_read8(pd, PCI_HEADER) & PCI_HEADER_TYPE;

    pd->vendor = (uint16_t)id;
    pd->device = (uint16_t)(id >> 16);
    pd->class = pci_read32(pd, PCI_CLASS) >> 8;
    pd->bridge = type == PCI_HEADER_BRIDGE;
    if (type > PCI_HEADER_BRIDGE)
        pd->error = PCI_EHEADER;
    name(p, pd);
}

static void report_left_out(const struct pci *p, const struct pci_device *pd)
{
    if (pd->error && p->left_out)
        p->left_out(pd);
}

/*
 * Add a function, if it exists. A function for which the array has no room is reported here, because it is recorded
 * nowhere.
 */
static bool probe(struct pci *p, struct pci_device *parent, uint8_t bus, unsigned devfn, bool *multi)
{
    const struct machine_pci *m = p->machine;
    uint64_t offset = (uint64_t)(bus - m->bus_first) << BUS_SHIFT | (uint64_t)devfn << DEVFN_SHIFT;
    struct pci_device d = {
        .parent = parent,
        .host = m,
        .cfg = (uintptr_t)(m->ecam.base + offset),
        .bus = bus,
        .devfn = (uint8_t)devfn,
    };
    uint32_t id = pci_read32(&d, PCI_ID);

    if ((id & 0xffffu) == 0xffffu || id == 0)
        return false;
    *multi = pci_read8(&d, PCI_HEADER) & PCI_HEADER_MULTI;
    identify(p, &d, id);
    quiesce(&d);
    if (p->n == p->max) {
        d.error = PCI_ETOOMANY;
        report_left_out(p, &d);
        return true;
    }
    if (!d.error)
        d.error = check_caps(&d);
    if (!d.error)
        d.error = pci_size_(p, &d);
    p->devs[p->n++] = d;
    return true;
}

static uint32_t express_type(const struct pci_device *pd)
{
    int cap = pci_find_cap(pd, PCI_CAP_EXPRESS, 4);

    return cap > 0 ? EXPRESS_TYPE(pci_read16(pd, (unsigned)cap + EXPRESS_CAPABILITIES)) : CONVENTIONAL;
}

bool pci_shares_id(const struct pci_device *pd)
{
    const struct pci_device *bridge = pd->parent;
    uint32_t type = bridge ? express_type(bridge) : EXPRESS_ROOT_PORT;

    return type == CONVENTIONAL || type == EXPRESS_TO_PCI || (bridge && pci_shares_id(bridge));
}

/*
 * Behind a port there is a link with one device, number 0. A port need not filter the other numbers out (7.3.1), so a
 * probe of these could find the same device again.
 */
static unsigned bus_slots(const struct pci_device *bridge)
{
    uint32_t type = bridge ? express_type(bridge) : CONVENTIONAL;

    return type == EXPRESS_ROOT_PORT || type == EXPRESS_DOWNSTREAM || type == EXPRESS_FROM_PCI ? 1 : 32;
}

/* Find all functions of one bus, before any bridge among them is opened. */
static void scan_bus(struct pci *p, struct pci_device *bridge)
{
    uint8_t bus = bridge ? bridge->secondary : p->machine->bus_first;
    unsigned slots = bus_slots(bridge);

    for (unsigned slot = 0; slot < slots; slot++) {
        bool multi = false, ignored;

        /* A device without function 0 does not exist, so skip its other functions. */
        if (!probe(p, bridge, bus, slot << 3, &multi))
            continue;
        for (unsigned fn = 1; fn < 8 && multi; fn++)
            (void)probe(p, bridge, bus, slot << 3 | fn, &ignored);
    }
}

static struct pci_device *next_bridge(struct pci *p, const struct pci_device *behind)
{
    for (size_t i = p->first; i < p->n; i++) {
        struct pci_device *pd = &p->devs[i];

        if (pd->bridge && !pd->numbered && pd->parent == behind)
            return pd;
    }
    return NULL;
}

/* Give the bridge the next bus number, and let it pass all higher bus numbers until its range is known. */
static bool open_bridge(struct pci *p, struct pci_device *b)
{
    b->numbered = true;
    if (p->last_bus < p->max_bus) {
        b->secondary = (uint8_t)(p->last_bus + 1);
        if (write_buses(b, p->max_bus)) {
            p->last_bus++;
            return true;
        }
    }
    b->secondary = 0;
    b->error = b->error ? b->error : PCI_ENOBUS;
    pci_write32(b, PCI_BUSES, pci_read32(b, PCI_BUSES) & 0xff000000u);
    return false;
}

/*
 * Number the buses depth first, since a bridge passes on one range of numbers. There is no recursion, because the
 * devices would determine its depth. In the array a function always follows the bridge in front of it.
 */
static void scan(struct pci *p)
{
    struct pci_device *at = NULL, *b;

    scan_bus(p, NULL);
    while ((b = next_bridge(p, at)) || at) {
        if (!b) {
            at->subordinate = p->last_bus;
            (void)write_buses(at, at->subordinate);
            at = at->parent;
        } else if (open_bridge(p, b)) {
            at = b;
            scan_bus(p, b);
        }
    }
}

static int init_host(struct pci *p, const struct machine_pci *machine)
{
    uint64_t buses = machine->ecam.size >> BUS_SHIFT;

    if (buses == 0 || machine->bus_last < machine->bus_first)
        return PCI_ENOECAM;
    if (p->answers && !p->answers(machine->name, (uintptr_t)machine->ecam.base))
        return PCI_ENOECAM;
    p->machine = machine;
    p->first = p->n;
    p->last_bus = machine->bus_first;
    p->max_bus = machine->bus_last;
    if (buses <= (uint64_t)(machine->bus_last - machine->bus_first))
        p->max_bus = (uint8_t)(machine->bus_first + buses - 1);
    scan(p);
    pci_place_(p);
    for (size_t i = p->first; i < p->n; i++)
        report_left_out(p, &p->devs[i]);
    return PCI_OK;
}

int pci_init(struct pci *p)
{
    int error = PCI_ENOECAM;

    p->n = 0;
    for (size_t i = 0; i < p->n_hosts; i++) {
        p->host_errors[i] = init_host(p, &p->hosts[i]);
        if (!p->host_errors[i])
            error = PCI_OK;
    }
    return error;
}

struct pci_device *pci_find(struct pci *p, uint16_t vendor, uint16_t device, size_t n)
{
    for (size_t i = 0; i < p->n; i++) {
        if (p->devs[i].vendor == vendor && p->devs[i].device == device && !p->devs[i].error && n-- == 0)
            return &p->devs[i];
    }
    return NULL;
}

uint32_t pci_requester(const struct pci_device *pd)
{
    return (uint32_t)pd->bus << 8 | pd->devfn;
}

const struct machine_id_map *pci_map_entry(const struct pci_device *pd, const struct machine_id_map *map,
                                           size_t n, uint32_t mask)
{
    uint32_t id = pci_requester(pd) & mask;

    for (size_t i = 0; i < n; i++)
        if (id >= map[i].from && id - map[i].from < map[i].n)
            return &map[i];
    return NULL;
}

bool pci_msis_arrive(const struct pci_device *pd)
{
    const struct machine_pci *m = pd->host;
    const struct machine_id_map *entry = pci_map_entry(pd, m->msi_map, m->n_msi_map, m->msi_map_mask);

    return m->n_msi_map == 0 || (entry && entry->ours);
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
