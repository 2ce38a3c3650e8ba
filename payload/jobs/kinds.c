/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/kinds.h"
#include "payload/args.h"
#include "payload/console.h"
#include "payload/iommu.h"
#include "payload/payload.h"
#include "payload/jobs/blockload.h"
#include "payload/jobs/load.h"
#include "payload/jobs/usbload.h"
#include "payload/pci/regs.h"
#include "payload/pci/slot.h"
#include <string.h>

#define PCI_MAX 64

static const struct load_kind *const kinds[] = {&load_kind_edu, &load_kind_nvme, &load_kind_ahci,
                                                &load_kind_virtio, &load_kind_xhci};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct load_kind *taken[N_KINDS];
static unsigned n_taken;
unsigned kinds_n_devices;

static struct pci pci;

const struct pci *kinds_pci_found(void)
{
    return pci.devs ? &pci : NULL;
}

struct pci *kinds_pci(void)
{
    static struct pci_device devices[PCI_MAX];

    if (pci.devs)
        return &pci;
    int error = pci_init(&pci, &machine.hosts[0], devices, PCI_MAX);
    if (!error)
        return iommu_start(&pci) ? &pci : NULL;
    print("pci: %s\n", pci_strerror(error));
    pci.devs = NULL;
    return NULL;
}

/* The next name in the list; its length. */
static size_t next_name(const char **list)
{
    *list += strspn(*list, ",");
    return strcspn(*list, ",");
}

static bool take(const struct load_kind *kind)
{
    struct pci *found = kinds_pci();
    unsigned n = found ? kind->find(kind, found) : 0;

    kinds_n_devices += n;
    taken[n_taken] = kind;
    n_taken += n != 0;
    return n != 0;
}

static bool take_named(const char *name, size_t length)
{
    bool all = length == 3 && !strncmp(name, "all", 3), good = true, found = false;

    for (unsigned i = 0; i < N_KINDS && good; i++) {
        if (!all && (strlen(kinds[i]->name) != length || strncmp(kinds[i]->name, name, length)))
            continue;
        found = true;
        good = take(kinds[i]);
    }
    if (!found)
        print("argument devices: no kind %.*s\n", (int)length, name);
    return found && good;
}

/* Each name in devices= is a kind's, and is there once; all stands alone. */
static void check_list(const char *list)
{
    bool named[N_KINDS] = {false};

    if (!strcmp(list, "all"))
        return;
    for (const char *name = list; name; name = strchr(name, ',')) {
        name += name != list;
        size_t length = strcspn(name, ",");
        unsigned i = 0;
        while (i < N_KINDS && (strlen(kinds[i]->name) != length || strncmp(kinds[i]->name, name, length)))
            i++;
        if (i < N_KINDS && !named[i])
            named[i] = true;
        else if (i < N_KINDS)
            args_refuse("devices", "%s twice", kinds[i]->name);
        else
            args_refuse("devices", "no kind \"%.*s\"", (int)length, name);
    }
}

bool kinds_init(const char *names)
{
    size_t length;
    bool good = true;

    check_list(names);

    for (; good && (length = next_name(&names)) != 0; names += length)
        good = n_taken < N_KINDS && take_named(names, length);
    return good && n_taken;
}

bool kinds_step(struct random *r)
{
    bool did = false;

    for (unsigned i = 0; i < n_taken; i++)
        did |= taken[i]->step(taken[i], r);
    return did;
}

unsigned kinds_irqs(struct aia_irq **list, unsigned max)
{
    unsigned n = 0;

    for (unsigned i = 0; i < n_taken; i++)
        n += taken[i]->irqs(taken[i], list + n, max - n);
    return n;
}

void kinds_service(void)
{
    for (unsigned i = 0; i < n_taken; i++)
        if (taken[i]->service)
            taken[i]->service(taken[i]);
}

bool kinds_settle(void)
{
    bool good = true;

    for (unsigned i = 0; i < n_taken; i++)
        if (taken[i]->settle)
            good &= taken[i]->settle(taken[i]);
    return good;
}

void kinds_count(uint64_t *completions, uint64_t *lost)
{
    *completions = *lost = 0;
    for (unsigned i = 0; i < n_taken; i++)
        taken[i]->count(taken[i], completions, lost);
}

void kinds_print(void)
{
    for (unsigned i = 0; i < n_taken; i++)
        taken[i]->print(taken[i]);
}

bool kinds_balanced(void)
{
    bool good = true;

    for (unsigned i = 0; i < n_taken; i++)
        good &= taken[i]->balanced(taken[i]);
    return good;
}

/* A function that decodes nothing reads as all ones, and one without bus mastering sends nothing. */
static bool silence(struct pci_device *pd)
{
    struct pci_device *port = pci_slot_of(pd);
    int error = port ? pci_slot_power_off(port) : PCI_OK;

    if (!port)
        pci_write16(pd, PCI_COMMAND, PCI_COMMAND_NOINTX);
    if (error)
        print("slot: %s\n", pci_strerror(error));
    return !error;
}

static const struct load_kind *kind_of(const char *device)
{
    for (unsigned i = 0; i < n_taken; i++)
        if (taken[i]->device && taken[i]->device(taken[i], device))
            return taken[i];
    return NULL;
}

struct pci_device *kinds_device(const char *name)
{
    const struct load_kind *kind = kind_of(name);

    return kind ? kind->device(kind, name) : NULL;
}

bool kinds_unplug(const char *device)
{
    const struct load_kind *kind = kind_of(device);

    if (!kind)
        return false;
    kind->unplug(kind, device);
    return silence(kind->device(kind, device));
}

bool kinds_pressed(void)
{
    bool pressed = false;

    for (size_t i = 0; pci.devs && i < pci.n; i++)
        pressed |= pci.devs[i].bridge && pci_slot_pressed(&pci.devs[i]);
    return pressed;
}
