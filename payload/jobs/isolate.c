/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=isolate: a device that writes MSIs to where it was never told to, by its message's address and by DMA: to every
 * identity of every hart, to another device's window, to memory. Behind an IOMMU nothing of it reaches an interrupt file, and
 * each write is counted against the device; without, what lands where nobody is counts as unowned. Another device works on all
 * the while.
 */
#include "imsic/file.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/symbols.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/kinds.h"
#include "payload/load/load.h"
#include "payload/load/raisers.h"
#include "payload/pci/regs.h"

#include "mmio.h"

#define CALM 1000000u /* of faults in a window: never a storm */

static struct edu spoof;
static struct aia_iommu_device *device;
static aia_counter none;
static uint64_t sent;
static uint64_t let_in; /* by its own window, in a mode that lets it */

static uint64_t unowned(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned;
    return n;
}

static aia_counter *faults(void)
{
    return device ? &device->faults : &none;
}

/* Its MSI capability as nobody has told it to. */
static void aim(uint64_t addr, uint32_t data)
{
    struct pci_msi *pm = &spoof.msi;

    if (pm->is64)
        pci_write32(pm->pd, pm->cap + 8u, (uint32_t)(addr >> 32));
    pci_write32(pm->pd, pm->cap + 4u, (uint32_t)addr);
    pci_write16(pm->pd, pm->data, (uint16_t)data);
    pci_write16(pm->pd, pm->cap + PCI_MSI_CONTROL,
                pci_read16(pm->pd, pm->cap + PCI_MSI_CONTROL) | PCI_MSI_CONTROL_ENABLE);
}

/* One stray write, and wait until it is counted, where it must be: a queue of faults that runs over counts none. */
static bool stray(uint64_t addr, uint32_t data)
{
    uint64_t before = *faults();

    aim(addr, data);
    edu_raise(&spoof, 1);
    (void)edu_status(&spoof);
    edu_ack(&spoof, 1);
    sent++;
    if (device)
        return wait_for(faults(), before + 1);
    hart_sleep_until(time_after(time_from_us(20))); /* for the others to do something between */
    return true;
}

static bool stray_everywhere(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        for (unsigned id = 1; id <= aia.imsic.files[h].n_ids; id++)
            if (!stray(machine.harts[h].imsic_addr, id))
                return false;
    return true;
}

/* A write by DMA, of four bytes; a tenth of a second each. */
static void dma(uint64_t addr)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(2000));

    edu_dma_send(&spoof, addr);
    while (!edu_dma_idle(&spoof))
        if (!hart_wait_more(&w)) {
            check(false, "edu: a transfer ends in two seconds");
            return;
        }
}

static uint64_t victim_runs(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia_irq_runs(&aia, load_devices[0].irq, h);
    return n;
}

/* Nothing else works yet: who runs, runs for a stray. */
static void in_silence(void)
{
    check(stray_everywhere(), "a stray MSI to every identity of every hart");
    if (device)
        check(!victim_runs(), "the other device's handler did not run");
    else
        check(wait_for(&load_devices[0].empty, 1), "the other device's handler ran, for nothing");
}

static void strays(void)
{
    static uint32_t word = 0x12345678;

    check(stray_everywhere(), "the same under load%s", device ? ", each counted" : "");
    if (!device)
        return;
    check(*faults() == sent, "%lu strays, %lu faults", sent, (uint64_t)*faults());
    uint64_t before = *faults();
    struct aia_iommu_device *other = iommu_device(load_devices[0].edu.pd);
    check(stray(other->window, 1) && stray(device->window, 1) && stray(device->window + 4096, 1),
          "to another's window, to its own and behind it: %lu faults", (uint64_t)*faults() - before);
    iommu_print_faults();
    before = *faults();
    unsigned n = hart_count() < 4 ? hart_count() : 4;
    for (unsigned h = 0; h < n; h++)
        dma(machine.harts[h].imsic_addr);
    dma((uintptr_t)&word);
    check(wait_for(faults(), before + n + 1) && *faults() == before + n + 1,
          "by DMA, to files and to memory: %lu faults", (uint64_t)*faults() - before);
    check(word == 0x12345678, "memory is untouched");
}

/*
 * What a device that a driver of ours has may reach: this one gets the second stage of those for a while. Our variables,
 * but neither our code, nor the tables that say so, nor memory that is not ours.
 */
static void reach(void)
{
    static uint32_t word = 0x12345678;
    const uint64_t places[] = {image_start() + 56, (uintptr_t)iommu.mapped + 2048, image_end(),
                               machine.memory[0].base};
    const uint64_t n = sizeof(places) / sizeof(places[0]), root = (1ull << 44) - 1;
    uint64_t *iohgatp = &device->context[1], was = *iohgatp, before = *faults();

    mmio_write64((uintptr_t)iohgatp, (was & ~root) | (uintptr_t)iommu.mapped >> 12);
    check(!iommu_forget(), "our devices' memory for it: told to the unit");
    for (unsigned i = 0; i < n; i++)
        dma(places[i]);
    check(wait_for(faults(), before + n) && *faults() == before + n,
          "by DMA, to code, tables and memory that is not ours: %lu faults", (uint64_t)*faults() - before);
    before = *faults();
    dma((uintptr_t)&word);
    check(*(volatile uint32_t *)&word != 0x12345678 && *faults() == before, "to a variable: it is there");
    mmio_write64((uintptr_t)iohgatp, was);
    check(!iommu_forget(), "our devices' memory for it: taken back");
}

/* ---- what is wrong in the tables ---- */

/* A doubleword of a table changed under the unit, an edge sent, and put back. */
static void corrupt(uint64_t *at, uint64_t with, unsigned cause, const char *what)
{
    uint64_t was = *at, before = *faults();

    mmio_write64((uintptr_t)at, with);
    check(!iommu_forget(), "%s: told to the unit", what);
    (void)stray(device->window, 1);
    check(*faults() == before + 1 && iommu_last_fault().cause == cause, "%s: fault %u (%s)", what,
          iommu_last_fault().cause, aia_iommu_cause_name(iommu_last_fault().cause));
    mmio_write64((uintptr_t)at, was);
    check(!iommu_forget(), "%s: put back", what);
}

static void bad_tables(void)
{
    corrupt(device->table, 0, AIA_IOMMU_NO_PTE, "an entry that is not valid");
    corrupt(device->table, 5, AIA_IOMMU_BAD_PTE, "an entry of no mode there is");
    corrupt(&device->context[0], 0, AIA_IOMMU_NO_CONTEXT, "a context that is not valid");
    corrupt(&device->context[0], device->context[0] | 8, AIA_IOMMU_BAD_CONTEXT,
            "a context with T2GPA and no ATS");
}

/*
 * A command that there is none of, put into the queue behind the driver's back: the unit stops there, and whoever comes
 * next finds that, and gets the queue going again.
 */
static void bad_command(void)
{
    const uintptr_t cqt = iommu.config.mmio + 36; /* "Command-queue tail" */
    uint64_t before = iommu.illegal;
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&iommu.lock);
    mmio_write64((uintptr_t)(iommu.commands + 2ul * iommu.tail), 0x7f);
    iommu.tail = (iommu.tail + 1) & ((1u << iommu.config.log2_commands) - 1);
    fence_rw_o();
    mmio_write32(cqt, iommu.tail);
    aia_port_unlock(&iommu.lock);
    aia_port_irq_restore(was);
    check(!aia_iommu_flush(&iommu) && iommu.illegal == before + 1,
          "an illegal command: the queue stopped, and goes on");
}

/* ---- its own window ---- */

static enum aia_result spoofed(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    return AIA_HANDLED;
}

/* Of what it may send it may choose the data. In basic translate mode that is an identity; the notice has one of its own. */
static void own_window(void)
{
    struct aia_request r = {
        .name = "spoof",
        .handler = spoofed,
        .msi = spoof.msi.top,
        .affinity = aia_hartset_first(hart_count()),
    };
    struct aia_irq *irq;
    uint64_t before = unowned(), counted = *faults();

    check(!aia_irq_request(&aia, &r, &irq), "its own interrupt");
    for (unsigned id = 2; id < 64; id++) {
        aim(device->window, id);
        edu_raise(&spoof, 1);
        (void)edu_status(&spoof);
        edu_ack(&spoof, 1);
    }
    hart_sleep_until(time_after(time_from_ms(20)));
    uint64_t reached = unowned() - before;
    if (r.msi->kind == AIA_MSI_STORE)
        check(!reached, "other identities, by its own window: none reached");
    else
        check(reached, "other identities, by its own window, in basic translate mode: %lu reached", reached);
    check(*faults() == counted, "which are no faults");
    aim(device->window, 1); /* as it was, for the library looks */
    check(!aia_irq_free(&aia, irq), "given back");
    let_in += reached;
}

/* ---- more than the queue holds ---- */

static void overflow(void)
{
    uint64_t before = iommu.overflows, counted = *faults();
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&iommu.fault_lock); /* nobody takes a record away */
    for (unsigned i = 0; i < 300; i++) {
        aim(machine.harts[0].imsic_addr, 1);
        edu_raise(&spoof, 1);
        (void)edu_status(&spoof);
        edu_ack(&spoof, 1);
    }
    aia_port_unlock(&iommu.fault_lock);
    aia_port_irq_restore(was);
    check(wait_for(&iommu.overflows, before + 1) && wait_for(faults(), counted + 127),
          "300 at once: the queue ran over once, %lu were counted", (uint64_t)*faults() - counted);
    was = aia_port_irq_save();
    aia_port_lock(&iommu.fault_lock); /* whoever took them has let the unit go on by now */
    aia_port_unlock(&iommu.fault_lock);
    aia_port_irq_restore(was);
    check(stray(machine.harts[0].imsic_addr, 1), "the next is counted again");
}

static void storm(void)
{
    iommu.config.storm_limit = 50;
    for (unsigned i = 0; i < 1000 && !device->cut_off; i++)
        (void)stray(machine.harts[0].imsic_addr, 1);
    check(device->cut_off && iommu.cut_offs == 1, "a storm: cut off after %lu faults", (uint64_t)*faults());
    uint64_t before = *faults(), all = iommu.n_faults;
    for (unsigned i = 0; i < 200; i++) {
        aim(machine.harts[0].imsic_addr, 1);
        edu_raise(&spoof, 1);
        edu_ack(&spoof, 1);
    }
    hart_sleep_until(time_after(time_from_ms(20)));
    check(*faults() == before && iommu.n_faults == all, "200 more: none is let through, none is reported");
}

static bool set_up(void)
{
    if (!load_own_edu(&spoof, 2) || !load_init_edu(1))
        return false;
    device = iommu_device(spoof.pd);
    iommu.config.storm_limit = CALM;
    return true;
}

/* What came for sync_id, which is enabled nowhere, is there until a sync of our own. */
static void sync_here(void *arg)
{
    int *error = arg;

    *error = imsic_sync(&aia.imsic, &aia.imsic.files[hart_index()]);
}

int job_isolate(void)
{
    if (!set_up())
        return EXIT_MACHINE;
    uint64_t before = unowned();
    in_silence();
    raisers_init(7, load_step);
    check(raisers_start_all(), "load on another device");
    strays();
    if (device) {
        reach();
        bad_tables();
        bad_command();
        own_window();
        overflow();
        storm();
    }
    uint64_t reached = unowned() - before - let_in;
    check(raisers_stop_all() && load_balanced(), "the other device: %lu edges, nothing lost",
          load_devices[0].edges);
    print("isolation: %lu stray MSIs, %lu faults, unowned %lu\n", sent, (uint64_t)*faults(), reached);
    check(device ? reached == 0 : reached > 0,
          device ? "none reached a file" : "seen as unowned, and survived");
    iommu_print_faults();
    for (unsigned h = 0; h < hart_count() && !device; h++) {
        int error = AIA_ESILENT;
        check(!aia_call(&aia, h, sync_here, &error) && !error,
              "hart %u: a sync works, and clears what was forged", h);
    }
    return verdict();
}
