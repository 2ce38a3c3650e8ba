/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/iommu_functions.h"
#include "payload/kernel/console.h"
#include "payload/kernel/machine.h"
#include "payload/pci/msi.h"
#include "payload/pci/regs.h"

/*
 * How the unit treats a function's accesses to memory, by class (class, subclass, programming interface): the first
 * matching row counts. A function without a driver that needs DMA may access nothing.
 */
static const struct policy {
    uint32_t mask, class;
    enum aia_iommu_dma dma;
} policies[] = {
    {0xff0000, 0x010000, AIA_IOMMU_TRANSLATED}, /* storage: NVMe, AHCI, virtio */
    {0xffff00, 0x0c0300, AIA_IOMMU_TRANSLATED}, /* USB controllers */
    {0, 0, AIA_IOMMU_BLOCKED},
};

/* The functions behind the unit, and their remapped messages. */
static struct behind {
    struct aia_iommu_device device;
    const struct pci_device *pd;
    struct aia_iommu_msi msis[IOMMU_MESSAGES];
    bool used[IOMMU_MESSAGES];
} behind[IOMMU_DEVICES];
static unsigned n_behind;
static enum aia_iommu_mode mode;

bool iommu_say(const char *what, int error)
{
    if (error == AIA_ENOTSUP && iommu.refused)
        print("iommu: %s: %s\n", what, iommu.refused);
    else if (error)
        print("iommu: %s: %s\n", what, pci_strerror(error) ? pci_strerror(error) : aia_strerror(error));
    return !error;
}

static const struct machine_id_map *map_entry(const struct pci_device *pd)
{
    const struct machine_pci *m = pd->host;

    return pci_map_entry(pd, m->iommu_map, m->n_iommu_map, m->iommu_map_mask);
}

/* The function's id at the unit; -1 if the function is not behind the unit. */
static int64_t device_id(const struct pci_device *pd)
{
    const struct machine_id_map *m = map_entry(pd);

    return m && m->ours ? (int64_t)m->to + ((pci_requester(pd) & pd->host->iommu_map_mask) - m->from) : -1;
}

bool iommu_is_unit(const struct pci_device *pd)
{
    return machine.iommu.form == MACHINE_IOMMU_PCI && pd->host == &machine.hosts[machine.iommu.host] &&
           pci_requester(pd) == machine.iommu.function;
}

uint32_t iommu_max_id(const struct pci *p)
{
    uint32_t max = 0;

    for (size_t i = 0; i < p->n; i++) {
        int64_t id = device_id(&p->devs[i]);
        max = id > max ? (uint32_t)id : max;
    }
    return max;
}

static enum aia_iommu_dma dma_of(const struct pci_device *pd)
{
    const struct policy *p = policies;

    while ((pd->class & p->mask) != p->class)
        p++;
    return p->dma;
}

static unsigned messages_of(const struct pci_device *pd)
{
    int cap = pci_find_cap(pd, PCI_CAP_MSIX, 12);
    unsigned n =
        cap > 0 ? (pci_read16(pd, (unsigned)cap + PCI_MSIX_CONTROL) & PCI_MSIX_CONTROL_SIZE) + 1u : 1;

    return n < IOMMU_MESSAGES ? n : IOMMU_MESSAGES;
}

static void leave_out(struct pci_device *pd)
{
    pci_leave_out(pd, PCI_EIOMMU, pci_strerror(PCI_EIOMMU));
}

/*
 * The function that has this id already, or NULL. A map or its mask may give several functions one id; the unit cannot
 * tell these apart.
 */
static const struct pci_device *same_id(int64_t id)
{
    for (unsigned i = 0; i < n_behind; i++)
        if (device_id(behind[i].pd) == id)
            return behind[i].pd;
    return NULL;
}

static bool can_attach(const struct pci_device *pd)
{
    const struct pci_device *other = same_id(device_id(pd));

    if (other) {
        print("iommu: by the tree's iommu-map %s has the id of %s\n", pd->name, other->name);
        return false;
    }
    if (n_behind == IOMMU_DEVICES) {
        print("iommu: more than %u functions\n", (unsigned)IOMMU_DEVICES);
        return false;
    }
    if (pci_shares_id(pd)) {
        print("iommu: %s is behind a conventional bridge, whose functions share an id\n", pd->name);
        return false;
    }
    return true;
}

static bool is_user(const struct pci_device *pd)
{
    return !pd->bridge && !pd->error && !iommu_is_unit(pd);
}

/* Attach a function to the unit. A function that the unit cannot take is left out. */
static void attach(struct pci_device *pd, enum aia_iommu_dma most)
{
    int64_t id = device_id(pd);

    if (!is_user(pd))
        return;
    if (id < 0) { /* By the tree the function is not behind the unit: its messages are not remapped. */
        print("iommu: %s is not behind the unit\n", pd->name);
        return;
    }
    struct behind *b = &behind[n_behind];
    if (!can_attach(pd) ||
        !iommu_say(pd->name, aia_iommu_attach(&iommu, &b->device, (uint32_t)id,
                                              most == AIA_IOMMU_BARE ? most : dma_of(pd), messages_of(pd)))) {
        leave_out(pd);
        return;
    }
    b->pd = pd;
    n_behind++;
}

void iommu_attach_all(struct pci *p, enum aia_iommu_dma most)
{
    for (size_t i = 0; i < p->n; i++)
        attach(&p->devs[i], most);
}

unsigned iommu_n_functions(void)
{
    return n_behind;
}

struct aia_iommu_device *iommu_device(const struct pci_device *pd)
{
    for (unsigned i = 0; i < n_behind; i++)
        if (behind[i].pd == pd)
            return &behind[i].device;
    return NULL;
}

/*
 * For pci_remap. If no entry can be had, return NULL, with which no interrupt can be requested. The messages of a
 * multi-message MSI differ only in their data and share one entry, so that entry must pass them unchanged.
 */
static struct aia_msi *remap(const struct pci_device *pd, unsigned index, unsigned order, struct aia_msi *own)
{
    for (unsigned i = 0; i < n_behind; i++) {
        struct behind *b = &behind[i];
        if (b->pd != pd || b->device.dma == AIA_IOMMU_BARE)
            continue;
        int error = aia_iommu_msi_init(&b->msis[index % IOMMU_MESSAGES], &b->device, index,
                                       order ? AIA_IOMMU_BASIC : mode, own);
        if (!iommu_say("a message", error))
            return NULL;
        b->used[index] = true;
        return &b->msis[index].msi;
    }
    return own;
}

void iommu_remap(enum aia_iommu_mode how)
{
    mode = how;
    pci_remap = remap;
}

void iommu_leave_out(struct pci *p, bool ours)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct machine_id_map *m = map_entry(&p->devs[i]);
        if (m && m->ours == ours && is_user(&p->devs[i]))
            leave_out(&p->devs[i]);
    }
}

/* The function whose message goes to this address, or NULL. */
static const struct behind *sender(uint64_t addr)
{
    for (unsigned i = 0; i < n_behind; i++) {
        const struct aia_iommu_device *d = &behind[i].device;
        if (addr >= d->window && addr - d->window < d->n_messages * 4096ull)
            return &behind[i];
    }
    return NULL;
}

/*
 * Print whose message this was, if it came under the id of another function. Either the message is rogue, or the unit's
 * id for the function is not the id of the tree's iommu-map. QEMU 10.0 reads the id of a function behind a bridge
 * before buses have numbers, and so with bus 0.
 */
void iommu_print_sender(const struct aia_iommu_fault *f)
{
    const struct behind *b = sender(f->addr);

    if (!b || b->device.id == f->device)
        return;
    print(": a message of %s, which is device 0x%x", b->pd->name, b->device.id);
    if (b->pd->parent)
        print("; behind a bridge, does the unit know its bus number? Else iommu=off");
}

void iommu_functions_print(void)
{
    static const char *const dma[] = {"blocked", "translated", "bare"};

    print("\n%-8s %-9s %-10s %10s %5s %-10s %8s %6s\n", "function", "messages", "dma", "sends to", "data", "",
          "faults", "cut");
    for (unsigned i = 0; i < n_behind; i++) {
        const struct behind *b = &behind[i];
        for (unsigned j = 0; j < IOMMU_MESSAGES; j++)
            if (b->used[j])
                print("%-8s %-9u %-10s 0x%08lx %5u %-10s %8lu %6s\n", b->pd->name, j,
                      b->pd->bypasses ? "bypasses" : dma[b->device.dma], b->msis[j].own.addr,
                      b->msis[j].own.data, "remapped", b->device.faults, b->device.cut_off ? "off" : "");
    }
}

/*
 * A device that is stopped for good does not answer, and that was reported. Every other device must still have its
 * first message.
 */
bool iommu_functions_unchanged(void)
{
    bool good = true;

    for (unsigned i = 0; i < n_behind; i++)
        for (unsigned j = 0; j < IOMMU_MESSAGES; j++) {
            struct aia_iommu_msi *m = &behind[i].msis[j];
            struct aia_message have;
            if (!behind[i].used[j] || !m->own.addr || m->msi.below->ops->read_back(m->msi.below, &have))
                continue;
            if (have.addr == m->own.addr && have.data == m->own.data && !m->n_changed)
                continue;
            print("%s: its message is 0x%lx, 0x%x and was 0x%lx, 0x%x\n", behind[i].pd->name, have.addr,
                  have.data, m->own.addr, m->own.data);
            good = false;
        }
    return good;
}
