/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fault queue ("Fault/Event-Queue (FQ)"). A record costs the unit a write, and a hart an interrupt. A device that keeps
 * faulting would take the unit and the hart from other devices, so such a device is cut off.
 */
#include "iommu/fault.h"

#include "iommu/command.h"
#include "iommu/directory.h"
#include "iommu/unit.h"
#include "mmio.h"

#define RECORD_WORDS 4u

int iommu_faults_on(struct aia_iommu *u)
{
    uintptr_t mmio = u->config.mmio;

    mmio_write64(mmio + FQB, iommu_ppn(iommu_phys(u, u->faults)) | (u->config.log2_faults - 1u));
    mmio_write32(mmio + FQH, 0);
    fence_rw_o();
    mmio_write32(mmio + FQCSR, QUEUE_ENABLE);
    return iommu_wait(u, FQCSR, QUEUE_BUSY | QUEUE_ON, QUEUE_ON);
}

void aia_iommu_signal(struct aia_iommu *u)
{
    mmio_write32(u->config.mmio + FQCSR, QUEUE_ENABLE | QUEUE_INTERRUPT);
    (void)iommu_wait(u, FQCSR, QUEUE_BUSY, 0);
    (void)aia_iommu_service(u); /* records from before the interrupt was on do not signal */
}

const char *aia_iommu_cause_name(unsigned cause)
{
    static const struct {
        uint16_t cause;
        const char *name;
    } names[] = {
        {AIA_IOMMU_READ_FAULT, "read access fault"},
        {AIA_IOMMU_WRITE_FAULT, "write access fault"},
        {AIA_IOMMU_READ_PAGE, "read of an unmapped address"},
        {AIA_IOMMU_WRITE_PAGE, "write to an unmapped address"},
        {AIA_IOMMU_DISALLOWED, "the unit is off"},
        {AIA_IOMMU_NO_CONTEXT, "no context"},
        {AIA_IOMMU_BAD_CONTEXT, "context misconfigured"},
        {AIA_IOMMU_TYPE_DISALLOWED, "transaction type disallowed"},
        {AIA_IOMMU_PTE_UNREADABLE, "MSI table entry unreadable"},
        {AIA_IOMMU_NO_PTE, "MSI table entry not valid"},
        {AIA_IOMMU_BAD_PTE, "MSI table entry misconfigured"},
        {AIA_IOMMU_MRIF_FAULT, "memory-resident interrupt file unreadable"},
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].cause == cause)
            return names[i].name;
    return "other fault";
}

/* Count a fault. True: there are now more than storm_limit of them within storm_window. */
static bool faults_storm(const struct aia_iommu *u, struct aia_storm *s)
{
    uint64_t now = aia_port_time();

    if (now - atomic_load_explicit(&s->since, memory_order_relaxed) > u->config.storm_window) {
        atomic_store_explicit(&s->since, now, memory_order_relaxed);
        atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    }
    return atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed) >= u->config.storm_limit;
}

/*
 * Count a fault of an id that is not attached. If such faults storm, cut the id off; if no pages are left for its context, turn
 * off the fault queue's interrupt. Returns true if the id was cut off.
 */
static bool unattached_fault(struct aia_iommu *u, uint32_t id)
{
    iommu_count(&u->unattached);
    if (!faults_storm(u, &u->storm))
        return false;
    atomic_store_explicit(&u->storm.count, 0, memory_order_relaxed);
    int error = iommu_cut_off_id(u, id);
    if (error == AIA_EINVAL) /* the id was attached meanwhile: its next fault is counted for the device */
        return false;
    if (!error) {
        iommu_count(&u->cut_offs);
        return true;
    }
    u->muted = true;
    mmio_write32(u->config.mmio + FQCSR, QUEUE_ENABLE);
    return false;
}

/* Count a fault of an attached device, and cut the device off if its faults storm. True: the device was cut off now. */
static bool attached_fault(struct aia_iommu *u, struct aia_iommu_device *d, uint64_t addr)
{
    iommu_count(&d->faults);
    d->last_fault = addr;
    if (atomic_load_explicit(&d->cut_off, memory_order_relaxed) || !faults_storm(u, &d->storm))
        return false;
    (void)aia_iommu_cut_off(d); /* the counters of the command queue show an error; the context has changed */
    return true;
}

static void take_record(struct aia_iommu *u, uintptr_t record)
{
    uint64_t w = mmio_read64(record);
    struct aia_iommu_fault f = {
        .device = (uint32_t)(w >> 40),
        .cause = w & 0xfff,
        .type = w >> 34 & 0x3f,
        .addr = mmio_read64(record + 16),
    };

    iommu_count(&u->n_faults);
    f.attached = iommu_find(u, f.device);
    /* TTYP 0: the fault is not of a transaction, so the record has no device. */
    f.cut_off = f.attached ? attached_fault(u, f.attached, f.addr) : f.type && unattached_fault(u, f.device);
    if (u->config.fault)
        u->config.fault(u->config.arg, &f);
}

/* Count the queue's errors, and clear the error bits. While one is set, the unit drops the faults that occur. */
static void clear_fault_errors(struct aia_iommu *u)
{
    uint32_t csr = mmio_read32(u->config.mmio + FQCSR);

    if (csr & FQ_OVERFLOW)
        iommu_count(&u->overflows);
    if (csr & QUEUE_FAULT)
        iommu_count(&u->lost_writes);
    if (csr & (FQ_OVERFLOW | QUEUE_FAULT))
        mmio_write32(u->config.mmio + FQCSR,
                     (csr & (QUEUE_ENABLE | QUEUE_INTERRUPT)) | (csr & (FQ_OVERFLOW | QUEUE_FAULT)));
}

/*
 * The pending bit is cleared first, so that a record after the last read of the tail sets the bit again, and signals. A hart
 * that finds the lock taken waits for the lock, because the holder may have read the tail before the record arrived.
 */
unsigned aia_iommu_service(struct aia_iommu *u)
{
    uint32_t mask = (1u << u->config.log2_faults) - 1;
    unsigned long was = aia_port_irq_save();
    unsigned n = 0;

    aia_port_lock(&u->fault_lock);
    mmio_write32(u->config.mmio + IPSR, IPSR_FIP);
    uint32_t head = mmio_read32(u->config.mmio + FQH) & mask;
    for (bool more = true; more;) {
        uint32_t tail = mmio_read32(u->config.mmio + FQT) & mask;
        fence_io_rwio(); /* the tail before the records up to it */
        more = head != tail;
        for (; head != tail; head = (head + 1) & mask, n++) {
            take_record(u, (uintptr_t)(u->faults + RECORD_WORDS * head));
            mmio_write32(u->config.mmio + FQH, (head + 1) & mask);
        }
        clear_fault_errors(u);
    }
    aia_port_unlock(&u->fault_lock);
    aia_port_irq_restore(was);
    return n;
}
