/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=isolate: a rogue device writes MSIs to wrong places, by its message's address and by DMA: to every identity of every
 * hart, to another device's window, to memory. With an IOMMU none of these writes reaches an interrupt file, and each is
 * counted as a fault of the device. Without an IOMMU, writes to unowned identities count as unowned. Another device works
 * meanwhile.
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

#define CALM 1000000u /* a limit of faults in a window that is never reached: no storm */

static struct edu rogue;
static struct aia_iommu_device *device;
static aia_counter none;
static uint64_t sent;
static uint64_t let_in; /* messages of the device that its own window let through to other identities */

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

/* Set the rogue device's MSI capability to this message. */
static void aim(uint64_t addr, uint32_t data)
{
    struct pci_msi *pm = &rogue.msi;

    if (pm->is64)
        pci_write32(pm->pd, pm->cap + 8u, (uint32_t)(addr >> 32));
    pci_write32(pm->pd, pm->cap + 4u, (uint32_t)addr);
    pci_write16(pm->pd, pm->data, (uint16_t)data);
    pci_write16(pm->pd, pm->cap + PCI_MSI_CONTROL,
                pci_read16(pm->pd, pm->cap + PCI_MSI_CONTROL) | PCI_MSI_CONTROL_ENABLE);
}

/* Make the device send one rogue MSI. With an IOMMU, wait until the fault is counted: a fault queue that overflows counts none. */
static bool send_rogue(uint64_t addr, uint32_t data)
{
    uint64_t before = *faults();

    aim(addr, data);
    edu_raise(&rogue, 1);
    (void)edu_status(&rogue);
    edu_ack(&rogue, 1);
    sent++;
    if (device)
        return wait_for(faults(), before + 1);
    hart_sleep_until(time_after(time_from_us(20))); /* gives the other harts time between two */
    return true;
}

static bool send_rogue_everywhere(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        for (unsigned id = 1; id <= aia.imsic.files[h].n_ids; id++)
            if (!send_rogue(machine.aia.harts[h].imsic_addr, id))
                return false;
    return true;
}

/* Make the device write four bytes by DMA. This takes a tenth of a second. */
static void dma(uint64_t addr)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(2000));

    edu_dma_send(&rogue, addr);
    while (!edu_dma_idle(&rogue))
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

/* No other device sends yet: each handler run is caused by a rogue MSI. */
static void in_silence(void)
{
    check(send_rogue_everywhere(), "a rogue MSI to every identity of every hart");
    if (device)
        check(!victim_runs(), "the other device's handler did not run");
    else
        check(wait_for(&load_devices[0].empty, 1),
              "the other device's handler ran without an edge of its device");
}

static void under_load(void)
{
    static uint32_t word = 0x12345678;

    check(send_rogue_everywhere(), "the same under load%s", device ? ", each counted" : "");
    if (!device)
        return;
    check(*faults() == sent, "%lu rogue MSIs, %lu faults", sent, (uint64_t)*faults());
    uint64_t before = *faults();
    struct aia_iommu_device *other = iommu_device(load_devices[0].edu.pd);
    check(
        send_rogue(other->window, 1) && send_rogue(device->window, 1) && send_rogue(device->window + 4096, 1),
        "to another device's window, to its own and after its own: %lu faults", (uint64_t)*faults() - before);
    iommu_print_faults();
    before = *faults();
    unsigned n = hart_count() < 4 ? hart_count() : 4;
    for (unsigned h = 0; h < n; h++)
        dma(machine.aia.harts[h].imsic_addr);
    dma((uintptr_t)&word);
    check(wait_for(faults(), before + n + 1) && *faults() == before + n + 1,
          "by DMA, to files and to memory: %lu faults", (uint64_t)*faults() - before);
    check(word == 0x12345678, "memory is unchanged");
}

/*
 * Check what a device of the payload's drivers may reach: the rogue device gets the second stage of these devices for a
 * while. They may reach the payload's variables, but neither its code, nor the IOMMU's tables, nor memory of others.
 */
static void reach(void)
{
    static uint32_t word = 0x12345678;
    const uint64_t places[] = {image_start() + 56, (uintptr_t)iommu.mapped + 2048, image_end(),
                               machine.memory[0].base};
    const uint64_t n = sizeof(places) / sizeof(places[0]), root = (1ull << 44) - 1;
    uint64_t *iohgatp = &device->context[1], was = *iohgatp, before = *faults();

    mmio_write64((uintptr_t)iohgatp, (was & ~root) | (uintptr_t)iommu.mapped >> 12);
    check(!iommu_forget(), "the drivers' second stage for the rogue device: the IOMMU uses it");
    for (unsigned i = 0; i < n; i++)
        dma(places[i]);
    check(wait_for(faults(), before + n) && *faults() == before + n,
          "by DMA, to code, tables and memory of others: %lu faults", (uint64_t)*faults() - before);
    before = *faults();
    dma((uintptr_t)&word);
    check(*(volatile uint32_t *)&word != 0x12345678 && *faults() == before, "by DMA, to a variable: written");
    mmio_write64((uintptr_t)iohgatp, was);
    check(!iommu_forget(), "the drivers' second stage: removed again");
}

/* ---- errors in the tables ---- */

/* Change a doubleword of a table, send an edge, check the fault's cause, and restore the doubleword. */
static void corrupt(uint64_t *at, uint64_t with, unsigned cause, const char *what)
{
    uint64_t was = *at, before = *faults();

    mmio_write64((uintptr_t)at, with);
    check(!iommu_forget(), "%s: the IOMMU uses it", what);
    (void)send_rogue(device->window, 1);
    check(*faults() == before + 1 && iommu_last_fault().cause == cause, "%s: fault %u (%s)", what,
          iommu_last_fault().cause, aia_iommu_cause_name(iommu_last_fault().cause));
    mmio_write64((uintptr_t)at, was);
    check(!iommu_forget(), "%s: restored", what);
}

static void bad_tables(void)
{
    corrupt(device->table, 0, AIA_IOMMU_NO_PTE, "an entry that is not valid");
    corrupt(device->table, 5, AIA_IOMMU_BAD_PTE, "an entry of an undefined mode");
    corrupt(&device->context[0], 0, AIA_IOMMU_NO_CONTEXT, "a context that is not valid");
    corrupt(&device->context[0], device->context[0] | 8, AIA_IOMMU_BAD_CONTEXT,
            "a context with T2GPA and no ATS");
}

/*
 * Put an illegal command into the queue without the driver's knowledge. The IOMMU stops at this command; the next caller of
 * the driver notices it and restarts the queue.
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
          "an illegal command: the queue stopped, and was restarted");
}

/* ---- the device's own window ---- */

static enum aia_result rogue_handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    return AIA_HANDLED;
}

/* Note whether this hart's file has a free identity pending. */
static void note_pending(void *arg)
{
    const struct imsic_file *f = &aia.imsic.files[hart_index()];

    for (unsigned id = 1; id <= f->n_ids; id++)
        *(bool *)arg |= imsic_slot_state(atomic_load(&f->slots[id])) == IMSIC_FREE &&
                        imsic_file_pending(id / 64) >> id % 64 & 1;
}

/* Wait until each hart has taken the unowned edges in its file. On a busy host a hart may not run for long. */
static bool all_taken(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(10000));
    bool pending = true;

    while (pending) {
        pending = false;
        for (unsigned h = 0; h < hart_count(); h++)
            if (aia_call(&aia, h, note_pending, &pending))
                return false;
        if (pending && !hart_wait_more(&w))
            return false;
    }
    return true;
}

/* The device may send any data to its own window. In basic translate mode the data is an identity; a notice has a fixed identity. */
static void own_window(void)
{
    struct aia_request r = {
        .name = "rogue",
        .handler = rogue_handler,
        .msi = rogue.msi.top,
        .affinity = aia_hartset_first(hart_count()),
    };
    struct aia_irq *irq;
    uint64_t before = unowned(), counted = *faults();

    check(!aia_irq_request(&aia, &r, &irq), "its own interrupt");
    for (unsigned id = 2; id < 64; id++) {
        aim(device->window, id);
        edu_raise(&rogue, 1);
        (void)edu_status(&rogue);
        edu_ack(&rogue, 1);
    }
    check(all_taken(), "every hart has taken what reached its file");
    uint64_t reached = unowned() - before;
    if (r.msi->kind == AIA_MSI_STORE)
        check(!reached, "to other identities by its own window: none reached");
    else
        check(reached, "to other identities by its own window, in basic translate mode: %lu reached",
              reached);
    check(*faults() == counted, "these messages are no faults");
    aim(device->window, 1); /* as before: the library compares the message */
    check(!aia_irq_free(&aia, irq), "its own interrupt is freed");
    let_in += reached;
}

/* ---- more faults than the queue holds ---- */

static void overflow(void)
{
    uint64_t before = iommu.overflows, counted = *faults();
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&iommu.fault_lock); /* no hart removes records from the queue */
    for (unsigned i = 0; i < 300; i++) {
        aim(machine.aia.harts[0].imsic_addr, 1);
        edu_raise(&rogue, 1);
        (void)edu_status(&rogue);
        edu_ack(&rogue, 1);
    }
    aia_port_unlock(&iommu.fault_lock);
    aia_port_irq_restore(was);
    check(wait_for(&iommu.overflows, before + 1) && wait_for(faults(), counted + 127),
          "300 faults without a reader: the queue overflowed once, %lu were counted",
          (uint64_t)*faults() - counted);
    was = aia_port_irq_save();
    aia_port_lock(&iommu.fault_lock); /* the hart that read the queue has restarted it by now */
    aia_port_unlock(&iommu.fault_lock);
    aia_port_irq_restore(was);
    check(send_rogue(machine.aia.harts[0].imsic_addr, 1), "the next fault is counted again");
}

static void storm(void)
{
    iommu.config.storm_limit = 50;
    for (unsigned i = 0; i < 1000 && !device->cut_off; i++)
        (void)send_rogue(machine.aia.harts[0].imsic_addr, 1);
    check(device->cut_off && iommu.cut_offs == 1, "a storm of faults: the device is cut off after %lu faults",
          (uint64_t)*faults());
    uint64_t before = *faults(), all = iommu.n_faults;
    for (unsigned i = 0; i < 200; i++) {
        aim(machine.aia.harts[0].imsic_addr, 1);
        edu_raise(&rogue, 1);
        edu_ack(&rogue, 1);
    }
    hart_sleep_until(time_after(time_from_ms(20)));
    check(*faults() == before && iommu.n_faults == all, "200 more MSIs: none passes, none is reported");
}

static bool set_up(void)
{
    if (!load_own_edu(&rogue, 2) || !load_init_edu(1))
        return false;
    device = iommu_device(rogue.pd);
    iommu.config.storm_limit = CALM;
    return true;
}

/* A rogue message to sync_id, which is not enabled on any hart, stays pending until this sync. */
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
    under_load();
    if (device) {
        reach();
        bad_tables();
        bad_command();
        own_window();
        overflow();
        storm();
    }
    uint64_t reached = unowned() - before - let_in;
    check(raisers_stop_all() && load_balanced() && load_devices[0].edges,
          "the other device: %lu edges, nothing lost", load_devices[0].edges);
    print("isolation: %lu rogue MSIs, %lu faults, unowned %lu\n", sent, (uint64_t)*faults(), reached);
    check(device ? reached == 0 : reached > 0,
          device ? "no rogue MSI reached a file" : "rogue MSIs are counted as unowned");
    iommu_print_faults();
    for (unsigned h = 0; h < hart_count() && !device; h++) {
        int error = AIA_ESILENT;
        check(!aia_call(&aia, h, sync_here, &error) && !error,
              "hart %u: a sync succeeds, and clears the forged sync", h);
    }
    return verdict();
}
