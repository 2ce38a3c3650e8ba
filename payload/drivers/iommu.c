/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/iommu_functions.h"
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
 * Three pages more, because the image may start at any multiple of a page. Devices must not write to these pages:
 * payload.ld.
 */
static char pages[PAGES + 3][4096] __attribute__((section(".iommu_tables")));
/* The argument iommu=. */
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

/* ---- faults ---- */

#define NOTES 64u
static struct aia_iommu_fault notes[NOTES];
static _Atomic unsigned n_notes;

/* Called by the unit, in any context: store a fault, to be printed later. */
static void note(void *arg, const struct aia_iommu_fault *f)
{
    /* The unit's lock is held: there is no other writer. */
    unsigned n = atomic_load_explicit(&n_notes, memory_order_relaxed);

    (void)arg;
    notes[n % NOTES] = *f;
    atomic_store_explicit(&n_notes, n + 1, memory_order_release);
}

static bool alike(const struct aia_iommu_fault *a, const struct aia_iommu_fault *b)
{
    return a->device == b->device && a->cause == b->cause && a->addr == b->addr && a->cut_off == b->cut_off;
}

static void print_fault(const struct aia_iommu_fault *f, unsigned times)
{
    print("iommu: device 0x%x%s: fault %u (%s) at 0x%lx%s", f->device, f->attached ? "" : " (unknown)",
          f->cause, aia_iommu_cause_name(f->cause), f->addr, f->cut_off ? ": cut off" : "");
    iommu_print_sender(f);
    if (times > 1)
        print(", %u times", times);
    print("\n");
}

void iommu_print_faults(void)
{
    static unsigned printed;
    unsigned n = atomic_load_explicit(&n_notes, memory_order_acquire), times;

    if (n - printed > NOTES / 2) { /* new faults may be overwriting the other half */
        print("iommu: %u more faults, not printed\n", n - printed - NOTES / 2);
        printed = n - NOTES / 2;
    }
    for (; printed != n; printed += times) {
        struct aia_iommu_fault f = notes[printed % NOTES];
        for (times = 1; printed + times != n && alike(&f, &notes[(printed + times) % NOTES]); times++)
            ;
        print_fault(&f, times);
    }
}

struct aia_iommu_fault iommu_last_fault(void)
{
    return notes[(atomic_load_explicit(&n_notes, memory_order_acquire) - 1) % NOTES];
}

/* ---- the unit ---- */

static bool overlaps(uint64_t base, const struct aia_fdt_region *r)
{
    return base < r->base + r->size && r->base < base + WINDOWS;
}

static bool taken(uint64_t base)
{
    for (size_t i = 0; i < machine.n_memory; i++)
        if (overlaps(base, &machine.memory[i]))
            return true;
    for (size_t i = 0; i < machine.aia.imsic.n_regs; i++)
        if (overlaps(base, &machine.aia.imsic.regs[i]))
            return true;
    for (size_t i = 0; i < machine.n_hosts; i++)
        for (size_t k = 0; k < machine.hosts[i].n_windows; k++) {
            const struct machine_pci_window *w = &machine.hosts[i].windows[k];
            if (overlaps(base, &(struct aia_fdt_region){w->pci, w->size}))
                return true;
        }
    return false;
}

/*
 * Choose bus addresses for the devices' messages: below 4 GiB, which every device can reach, and apart from memory,
 * interrupt files and BARs, since another device would answer at a BAR. Returns 0 if there are none.
 */
static uint64_t find_window(void)
{
    for (uint64_t base = AIA_IOMMU_WINDOW; base + WINDOWS <= 1ull << 32; base += AIA_IOMMU_WINDOW)
        if (!taken(base))
            return base;
    return 0;
}

/* The address of the registers. Returns 0, after printing the reason, if they cannot be used. */
static uintptr_t registers(struct pci *p)
{
    if (machine.iommu.form == MACHINE_IOMMU_SYS)
        return trap_answers("iommu", (uintptr_t)machine.iommu.reg.base) ? (uintptr_t)machine.iommu.reg.base
                                                                        : 0;
    for (size_t i = 0; i < p->n; i++) {
        struct pci_device *pd = &p->devs[i];
        if (!iommu_is_unit(pd))
            continue;
        int error = pci_enable(pd);
        if (!error && pci_bar_size(pd, 0) < 4096)
            error = PCI_EDEVICE;
        if (!error)
            error = pci_msix_init(&table, pd);
        return iommu_say("its function", error) ? pci_bar(pd, 0) : 0;
    }
    (void)iommu_say("the function that the device tree names", PCI_EDEVICE);
    return 0;
}

static bool take_over(const struct pci *p, uintptr_t mmio)
{
    struct aia_iommu_config c = {
        .mmio = mmio,
        .pages = pages[-((uintptr_t)pages / 4096) % 4],
        .n_pages = PAGES,
        .max_id = (uint32_t)args_u64("iommu_ids", iommu_max_id(p)),
        .window = find_window(),
        .max_devices = IOMMU_DEVICES,
        .log2_commands = 8,
        .log2_faults = 7,
        .signal =
            args_get("iommu_wired") || !machine.aia.imsic.present ? AIA_IOMMU_BY_WIRE : AIA_IOMMU_BY_MSI,
        .command_limit = time_from_ms(1000),
        .storm_window = time_from_ms(100),
        .storm_limit = 1000,
        .fault = note,
    };

    if (c.max_id < iommu_max_id(p))
        args_refuse("iommu_ids", "there are ids up to %u", iommu_max_id(p));
    if (!c.window) {
        print("iommu: no bus addresses below 4 GiB for the devices' messages\n");
        return false;
    }
    return iommu_say("take-over", aia_iommu_init(&iommu, &c));
}

/*
 * Map the memory that translated devices may access, at equal addresses: the payload's variables, which contain all
 * buffers of its drivers. The rest of memory is excluded, and so are the payload's code and the tables that define the
 * devices' access.
 */
static bool map_memory(void)
{
    uintptr_t from = (uintptr_t)__rodata_end;

    return iommu_say("memory", aia_iommu_map(&iommu, from, from, (uintptr_t)__devices_end - from));
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
        r.msi = &wire->msi;
    } else if (!iommu_say("its vector", aia_iommu_vector_init(&vector, &iommu))) {
        return false;
    } else if (machine.iommu.form == MACHINE_IOMMU_PCI) { /* the same table, in MSI-X format */
        if (!iommu_say("its MSI-X", pci_msix_entry(&msix, &table, 0)))
            return false;
        r.msi = &msix.msi;
    }
    if (!iommu_say("its interrupt", aia_irq_request(&aia, &r, &irq)))
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

/* The words are those of main.c's table. */
static void read_argument(void)
{
    static const char *const words[] = {"on", "off", "bare", "basic"};
    const char *arg = args_get("iommu");

    for (unsigned i = 0; i < 4 && arg; i++)
        if (!strcmp(arg, words[i]))
            use = (enum use)i;
}

static void print_use(uintptr_t mmio, enum aia_iommu_mode mode)
{
    static const char *const how[] = {"remapped", "remapped in basic translate mode"};

    print("iommu: %s at 0x%lx, %u-level directory, %u functions, interrupts %s\n",
          machine.iommu.form == MACHINE_IOMMU_PCI ? "function" : "system", mmio, (unsigned)iommu.levels,
          iommu_n_functions(), use == USE_BARE ? "pass" : how[mode]);
}

/* The run continues even if the unit does not answer: the unit may pass everything as it is. */
static void let_all_pass(struct pci *p)
{
    uintptr_t mmio = machine.iommu.form == MACHINE_IOMMU_NONE ? 0 : registers(p);

    if (mmio)
        (void)iommu_say("letting all pass", aia_iommu_bypass(mmio, time_from_ms(1000)));
}

static bool bring_up(struct pci *p)
{
    uintptr_t mmio = registers(p);

    if (!mmio || !take_over(p, mmio) || !map_memory())
        return false;
    iommu_attach_all(p, use == USE_BARE ? AIA_IOMMU_BARE : AIA_IOMMU_TRANSLATED);
    if (!iommu_say("its directory", aia_iommu_enable(&iommu)) || !request_own())
        return false;
    enum aia_iommu_mode mode =
        use == USE_BASIC || !aia_iommu_can(&iommu, AIA_IOMMU_NOTICE) ? AIA_IOMMU_BASIC : AIA_IOMMU_NOTICE;
    iommu_remap(mode);
    print_use(mmio, mode);
    if (iommu.was_bare)
        print("iommu: found BARE\n");
    if (iommu.by_wire)
        print("iommu: its own interrupt is source %u\n", machine.iommu.wire.source);
    return true;
}

/* Refuse arguments about the unit that would have no effect. */
static void check_arguments(void)
{
    static const char *const names[] = {"iommu", "iommu_ids", "iommu_wired"};

    for (unsigned i = use == USE_OFF; i < 3; i++)
        if (args_get(names[i]) && use == USE_OFF)
            args_refuse(names[i], "it has no effect with iommu=off");
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
    iommu_leave_out(p, false);
    if (machine.iommu.form != MACHINE_IOMMU_NONE && !bring_up(p))
        iommu_leave_out(p, true);
}

void iommu_print(void)
{
    if (!iommu.enabled)
        return;
    iommu_print_faults();
    iommu_functions_print();
    print("iommu: commands %lu, fences %lu, errors %lu, faults %lu, overflows %lu, cut off %lu\n",
          iommu.n_commands, iommu.n_fences, iommu.illegal + iommu.unreadable + iommu.timed_out + iommu.stuck,
          iommu.n_faults, iommu.overflows, iommu.cut_offs);
}

bool iommu_check(void)
{
    bool good = iommu_functions_unchanged();

    if (iommu_remaps())
        print("iommu: device messages %s\n", good ? "unchanged" : "CHANGED");
    return good;
}
