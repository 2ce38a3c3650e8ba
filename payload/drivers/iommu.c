/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/iommu.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/kernel/trap.h"
#include "payload/drivers/wires.h"
#include "payload/pci/msi.h"
#include "payload/pci/regs.h"
#include "csr.h"
#include <string.h>

#define PAGES   AIA_IOMMU_PAGES(IOMMU_DEVICES, IOMMU_MESSAGES, 16u)
#define WINDOWS ((IOMMU_DEVICES + 1ull) * AIA_IOMMU_WINDOW)

extern char __rodata_end[], __devices_end[]; /* payload.ld */

struct aia_iommu iommu;

/*
 * What becomes of a function's accesses to memory, by class (class, subclass, programming interface), the first row that
 * fits. What no driver of ours has fetch or store anything may not.
 */
static const struct policy {
    uint32_t mask, class;
    enum aia_iommu_dma dma;
} policies[] = {
    {0xff0000, 0x010000, AIA_IOMMU_TRANSLATED}, /* storage: NVMe, AHCI, virtio */
    {0xffff00, 0x0c0300, AIA_IOMMU_TRANSLATED}, /* USB controllers */
    {0, 0, AIA_IOMMU_BLOCKED},
};

/* Three more, for the image may be at any multiple of a page. Not among what devices may write to: payload.ld. */
static char pages[PAGES + 3][4096] __attribute__((section(".iommu_tables")));
struct iommu_behind iommu_behind[IOMMU_DEVICES];
unsigned iommu_n_behind;
static enum aia_iommu_mode mode;
/* What the argument says. */
static enum use { USE_ON, USE_OFF, USE_BARE, USE_BASIC } use;

static struct aia_irq *irq;
static struct pci_msix_table table;
static struct pci_msix msix;
static struct aia_iommu_vector vector;

int iommu_forget(void)
{
    return aia_iommu_forget(&iommu);
}

static enum aia_result handler(void *context, struct aia_irq *self)
{
    (void)context;
    (void)self;
    return aia_iommu_service(&iommu) ? AIA_HANDLED : AIA_NONE;
}

/* ---- the unit ---- */

static bool say(const char *what, int error)
{
    if (error == AIA_ENOTSUP && iommu.refused)
        print("iommu: %s: %s\n", what, iommu.refused);
    else if (error)
        print("iommu: %s: %s\n", what, pci_strerror(error) ? pci_strerror(error) : aia_strerror(error));
    return !error;
}

static bool overlaps(uint64_t base, const struct machine_region *r)
{
    return base < r->base + r->size && r->base < base + WINDOWS;
}

static bool taken(uint64_t base)
{
    for (size_t i = 0; i < machine.n_memory; i++)
        if (overlaps(base, &machine.memory[i]))
            return true;
    for (size_t i = 0; i < machine.imsic.n_regs; i++)
        if (overlaps(base, &machine.imsic.regs[i]))
            return true;
    for (size_t i = 0; i < machine.n_hosts; i++)
        for (size_t k = 0; k < machine.hosts[i].n_windows; k++) {
            const struct machine_pci_window *w = &machine.hosts[i].windows[k];
            if (overlaps(base, &(struct machine_region){w->pci, w->size}))
                return true;
        }
    return false;
}

/*
 * Bus addresses for the devices' messages: below 4 GiB, which every device can send to, and where neither memory nor a
 * BAR, which another device would answer for, nor an interrupt file is. 0: there are none.
 */
static uint64_t find_window(void)
{
    for (uint64_t base = AIA_IOMMU_WINDOW; base + WINDOWS <= 1ull << 32; base += AIA_IOMMU_WINDOW)
        if (!taken(base))
            return base;
    return 0;
}

static const struct machine_id_map *map_entry(const struct pci_device *pd)
{
    const struct machine_pci *m = pd->host;

    return pci_map_entry(pd, m->iommu_map, m->n_iommu_map, m->iommu_map_mask);
}

/* The function's id at the unit; -1: it is not behind it. */
static int64_t device_id(const struct pci_device *pd)
{
    const struct machine_id_map *m = map_entry(pd);

    return m && m->ours ? (int64_t)m->to + ((pci_requester(pd) & pd->host->iommu_map_mask) - m->from) : -1;
}

static bool is_unit(const struct pci_device *pd)
{
    return machine.iommu.form == MACHINE_IOMMU_PCI && pd->host == &machine.hosts[machine.iommu.host] &&
           pci_requester(pd) == machine.iommu.function;
}

/* Its registers. 0: they cannot be used, and the reason was printed. */
static uintptr_t registers(struct pci *p)
{
    if (machine.iommu.form == MACHINE_IOMMU_SYS)
        return trap_answers("iommu", (uintptr_t)machine.iommu.reg.base) ? (uintptr_t)machine.iommu.reg.base
                                                                        : 0;
    for (size_t i = 0; i < p->n; i++) {
        struct pci_device *pd = &p->devs[i];
        if (!is_unit(pd))
            continue;
        int error = pci_enable(pd);
        if (!error && pci_bar_size(pd, 0) < 4096)
            error = PCI_EDEVICE;
        if (!error)
            error = pci_msix_init(&table, pd);
        return say("its function", error) ? pci_bar(pd, 0) : 0;
    }
    (void)say("the function that the device tree names", PCI_EDEVICE);
    return 0;
}

static uint32_t max_id(const struct pci *p)
{
    uint32_t max = 0;

    for (size_t i = 0; i < p->n; i++) {
        int64_t id = device_id(&p->devs[i]);
        max = id > max ? (uint32_t)id : max;
    }
    return max;
}

static bool take_over(const struct pci *p, uintptr_t mmio)
{
    struct aia_iommu_config c = {
        .mmio = mmio,
        .pages = pages[-((uintptr_t)pages / 4096) % 4],
        .n_pages = PAGES,
        .max_id = (uint32_t)args_u64("iommu_ids", max_id(p)),
        .window = find_window(),
        .max_devices = IOMMU_DEVICES,
        .log2_commands = 8,
        .log2_faults = 7,
        .signal = args_get("iommu_wired") || !machine.imsic.present ? AIA_IOMMU_BY_WIRE : AIA_IOMMU_BY_MSI,
        .command_limit = time_from_ms(1000),
        .storm_window = time_from_ms(100),
        .storm_limit = 1000,
        .fault = iommu_note,
    };

    if (c.max_id < max_id(p))
        args_refuse("iommu_ids", "there are ids up to %u", max_id(p));
    if (!c.window) {
        print("iommu: no bus addresses below 4 GiB for the devices' messages\n");
        return false;
    }
    return say("take-over", aia_iommu_init(&iommu, &c));
}

/*
 * What translated devices see, at its own addresses: our variables, among which all buffers of our drivers are. Not the
 * rest of memory, which is somebody's or nobody's, nor our code, nor the tables that say where they may go.
 */
static bool map_memory(void)
{
    uintptr_t from = (uintptr_t)__rodata_end;

    return say("memory", aia_iommu_map(&iommu, from, from, (uintptr_t)__devices_end - from));
}

static enum aia_iommu_dma dma_of(const struct pci_device *pd)
{
    const struct policy *p = policies;

    while ((pd->class & p->mask) != p->class)
        p++;
    return use == USE_BARE ? AIA_IOMMU_BARE : p->dma;
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

/* A map or its mask may give several functions one id: then the unit cannot tell them apart. */
static const struct pci_device *same_id(int64_t id)
{
    for (unsigned i = 0; i < iommu_n_behind; i++)
        if (device_id(iommu_behind[i].pd) == id)
            return iommu_behind[i].pd;
    return NULL;
}

static bool can_attach(const struct pci_device *pd)
{
    const struct pci_device *other = same_id(device_id(pd));

    if (other) {
        print("iommu: by the tree's iommu-map %s has the id of %s\n", pd->name, other->name);
        return false;
    }
    if (iommu_n_behind == IOMMU_DEVICES) {
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
    return !pd->bridge && !pd->error && !is_unit(pd);
}

/* A function that the unit cannot take is left out. */
static void attach(struct pci_device *pd)
{
    int64_t id = device_id(pd);

    if (!is_user(pd))
        return;
    if (id < 0) { /* to the tree it is not behind the unit: it sends as if there were none */
        print("iommu: %s is not behind it\n", pd->name);
        return;
    }
    struct iommu_behind *b = &iommu_behind[iommu_n_behind];
    if (!can_attach(pd) ||
        !say(pd->name, aia_iommu_attach(&iommu, &b->device, (uint32_t)id, dma_of(pd), messages_of(pd)))) {
        leave_out(pd);
        return;
    }
    b->pd = pd;
    iommu_n_behind++;
}

struct aia_iommu_device *iommu_device(const struct pci_device *pd)
{
    for (unsigned i = 0; i < iommu_n_behind; i++)
        if (iommu_behind[i].pd == pd)
            return &iommu_behind[i].device;
    return NULL;
}

/*
 * For pci_remap. Where there is no entry to be had: NULL, with which no interrupt can be requested. The messages of a
 * multi-message MSI differ by their data alone and have one entry, so theirs must pass.
 */
static struct aia_msi *remap(const struct pci_device *pd, unsigned index, unsigned order, struct aia_msi *own)
{
    for (unsigned i = 0; i < iommu_n_behind; i++) {
        struct iommu_behind *b = &iommu_behind[i];
        if (b->pd != pd || b->device.dma == AIA_IOMMU_BARE)
            continue;
        int error = aia_iommu_msi_init(&b->msis[index % IOMMU_MESSAGES], &b->device, index,
                                       order ? AIA_IOMMU_BASIC : mode, own);
        if (!say("a message", error))
            return NULL;
        b->used[index] = true;
        return &b->msis[index].msi;
    }
    return own;
}

static bool request_own(void)
{
    struct aia_request r = {
        .name = "iommu",
        .handler = handler,
        .msi = &vector.msi,
        .affinity = aia_hartset_first(hart_count()),
    };

    if (iommu.by_wire) {
        struct aplic_source *wire = wires_source("iommu", &machine.iommu.wire);
        if (!wire)
            return false;
        r = aplic_request(wire, &r);
    } else if (!say("its vector", aia_iommu_vector_init(&vector, &iommu))) {
        return false;
    } else if (machine.iommu.form == MACHINE_IOMMU_PCI) { /* the same table, as MSI-X */
        if (!say("its MSI-X", pci_msix_entry(&msix, &table, 0)))
            return false;
        r.msi = &msix.msi;
    }
    if (!say("its interrupt", aia_irq_request(&aia, &r, &irq)))
        return false;
    aia_iommu_signal(&iommu);
    return true;
}

bool iommu_remaps(void)
{
    return iommu.enabled && use != USE_BARE;
}

const char *iommu_why_not(void)
{
    static const char *const asked[] = {"its IOMMU cannot be used", "iommu=off", "iommu=bare"};

    return machine.iommu.form == MACHINE_IOMMU_NONE ? machine_without(MACHINE_PART_IOMMU)
           : use == USE_BASIC                       ? asked[USE_ON]
                                                    : asked[use];
}

/* main.c's table has these words. */
static void read_argument(void)
{
    static const char *const words[] = {"on", "off", "bare", "basic"};
    const char *arg = args_get("iommu");

    for (unsigned i = 0; i < 4 && arg; i++)
        if (!strcmp(arg, words[i]))
            use = (enum use)i;
}

static void tell(uintptr_t mmio)
{
    static const char *const how[] = {"remapped", "remapped in basic translate mode"};

    print("iommu: %s at 0x%lx, %u-level directory, %u functions, interrupts %s\n",
          machine.iommu.form == MACHINE_IOMMU_PCI ? "function" : "system", mmio, (unsigned)iommu.levels,
          iommu_n_behind, use == USE_BARE ? "pass" : how[mode]);
}

/* Those that a map of the tree puts behind a unit, ours or not. */
static void leave_out_behind(struct pci *p, bool ours)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct machine_id_map *m = map_entry(&p->devs[i]);
        if (m && m->ours == ours && is_user(&p->devs[i]))
            leave_out(&p->devs[i]);
    }
}

/* What the user asks for goes on even if the unit does not answer: perhaps it lets all pass as it is. */
static void let_all_pass(struct pci *p)
{
    uintptr_t mmio = machine.iommu.form == MACHINE_IOMMU_NONE ? 0 : registers(p);

    if (mmio)
        (void)say("letting all pass", aia_iommu_bypass(mmio, time_from_ms(1000)));
}

static bool bring_up(struct pci *p)
{
    uintptr_t mmio = registers(p);

    if (!mmio || !take_over(p, mmio) || !map_memory())
        return false;
    for (size_t i = 0; i < p->n; i++)
        attach(&p->devs[i]);
    if (!say("its directory", aia_iommu_enable(&iommu)) || !request_own())
        return false;
    mode = use == USE_BASIC || !aia_iommu_can(&iommu, AIA_IOMMU_NOTICE) ? AIA_IOMMU_BASIC : AIA_IOMMU_NOTICE;
    pci_remap = remap;
    tell(mmio);
    if (iommu.was_bare)
        print("iommu: found BARE\n");
    if (iommu.by_wire)
        print("iommu: its own interrupt is source %u\n", machine.iommu.wire.source);
    return true;
}

/* What is asked of the unit has an effect, or is refused. */
static void check_arguments(void)
{
    static const char *const names[] = {"iommu", "iommu_ids", "iommu_wired"};

    for (unsigned i = use == USE_OFF; i < 3; i++)
        if (args_get(names[i]) && use == USE_OFF)
            args_refuse(names[i], "iommu=off is there too");
        else if (args_get(names[i]) && machine.iommu.form == MACHINE_IOMMU_NONE)
            args_refuse(names[i], "no IOMMU that can be used: %s", machine_without(MACHINE_PART_IOMMU));
}

void iommu_start(struct pci *p)
{
    read_argument();
    check_arguments();
    if (use == USE_OFF) {
        let_all_pass(p);
        return;
    }
    leave_out_behind(p, false);
    if (machine.iommu.form != MACHINE_IOMMU_NONE && !bring_up(p))
        leave_out_behind(p, true);
}
