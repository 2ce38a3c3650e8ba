/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/kinds.h"
#include "payload/report/check.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/trap.h"
#include "payload/drivers/wires.h"
#include "payload/load/load.h"
#include "payload/pci/regs.h"
#include "payload/pci/slot.h"
#include <string.h>

#define PCI_MAX 256

static const struct load_kind *const kinds[] = {&load_kind_edu,  &load_kind_soft,   &load_kind_nvme,
                                                &load_kind_ahci, &load_kind_virtio, &load_kind_xhci};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct load_kind *taken[N_KINDS];
static unsigned n_taken;
unsigned kinds_n_devices;

static struct pci_device functions[PCI_MAX];
static struct pci pci = {
    .hosts = machine.hosts,
    .devs = functions,
    .max = PCI_MAX,
    .answers = trap_answers,
    .left_out = pci_print_left_out,
};
static enum pci_state { PCI_UNKNOWN, PCI_UP, PCI_NONE } pci_state;

const struct pci *kinds_pci_found(void)
{
    return pci_state == PCI_UP ? &pci : NULL;
}

/*
 * Leave out the functions whose messages, by the device tree, do not arrive at an interrupt file of the payload. With
 * devices=wired every function can be driven by its wire.
 */
static void leave_out_senders(void)
{
    for (size_t i = 0; i < pci.n && !wires_wanted(); i++) {
        struct pci_device *pd = &pci.devs[i];
        bool sends = pci_find_cap(pd, PCI_CAP_MSI, 4) > 0 || pci_find_cap(pd, PCI_CAP_MSIX, 4) > 0;
        if (sends && !pd->error && !pd->bridge && !pci_msis_arrive(pd))
            pci_leave_out(pd, PCI_ENOMSI, pci_strerror(PCI_ENOMSI));
    }
}

static enum pci_state bring_up(void)
{
    if (!machine.n_hosts) {
        print("pci: none: %s\n", machine_without(MACHINE_PART_PCI));
        return PCI_NONE;
    }
    pci.n_hosts = machine.n_hosts;
    int error = pci_init(&pci);

    for (size_t i = 0; i < pci.n_hosts; i++)
        if (pci.host_errors[i])
            print("pci: %s: %s\n", machine.hosts[i].name, pci_strerror(pci.host_errors[i]));
    if (error) {
        print("pci: %s\n", pci_strerror(error));
        return PCI_NONE;
    }
    leave_out_senders();
    iommu_start(&pci);
    return PCI_UP;
}

struct pci *kinds_pci(void)
{
    if (pci_state == PCI_UNKNOWN)
        pci_state = bring_up();
    return pci_state == PCI_UP ? &pci : NULL;
}

static void join(const struct load_kind *kind, unsigned n)
{
    kinds_n_devices += n;
    kind = kind->with ? kind->with : kind;
    for (unsigned i = 0; i < n_taken; i++)
        if (taken[i] == kind)
            return;
    taken[n_taken] = kind;
    n_taken += n != 0;
}

static bool take_named(const struct load_kind *kind)
{
    unsigned n = 0;

    if (!kind->find(kind, &n))
        return false;
    if (!n)
        (void)untested("there is no %s %s", kind->name, kind->noun);
    join(kind, n);
    return n != 0;
}

static bool take_all(void)
{
    unsigned before = kinds_n_devices;

    for (unsigned i = 0; i < N_KINDS; i++) {
        unsigned n = 0;
        if (kinds[i] == &load_kind_soft)
            continue;
        if (!kinds[i]->find(kinds[i], &n))
            return false;
        if (!n)
            print("devices=all: no %s here\n", kinds[i]->name);
        join(kinds[i], n);
    }
    if (kinds_n_devices == before)
        (void)untested("no device of any kind is here; devices=soft needs no device");
    return kinds_n_devices != before;
}

/* The kind whose name `list` begins with. Names the word and ends the program if there is no such kind, or it is named twice. */
static const struct load_kind *named(const char *list, bool *twice)
{
    size_t length = strcspn(list, ",");

    for (unsigned i = 0; i < N_KINDS; i++) {
        if (strlen(kinds[i]->name) != length || strncmp(kinds[i]->name, list, length) != 0)
            continue;
        if (twice[i])
            args_refuse("devices", "%s twice", kinds[i]->name);
        twice[i] = true;
        return kinds[i];
    }
    args_refuse("devices", "no kind \"%.*s\"", (int)length, list);
}

bool kinds_init(const char *names)
{
    const struct load_kind *list[N_KINDS];
    bool twice[N_KINDS] = {false}, good = true;
    unsigned n = 0;

    if (!strcmp(names, "all"))
        return take_all();
    for (const char *name = names; name; name = strchr(name, ',')) {
        name += name != names;
        list[n++] = named(name, twice);
    }
    for (unsigned i = 0; i < n && good; i++)
        good = take_named(list[i]);
    return good;
}

bool kinds_init_default(void)
{
    unsigned before = load_n_devices;
    bool good = load_init(LOAD_MAX);

    join(&load_kind_edu, load_n_devices - before);
    return good;
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

/* A function without decoding reads as all ones, and a function without bus mastering sends nothing. */
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

    for (size_t i = 0; i < pci.n; i++)
        pressed |= pci.devs[i].bridge && pci_slot_pressed(&pci.devs[i]);
    return pressed;
}
