/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fault queue ("Fault/Event-Queue (FQ)"), and what is done about a device that fills it. A record costs the unit a
 * write and us an interrupt, so a device that is let fault for ever takes both from the others: it is cut off.
 */
#include "iommu/internal.h"

#include "mmio.h"

#define RECORD_WORDS 4u

int iommu_faults_on(struct aia_iommu *u)
{
    uintptr_t mmio = u->config.mmio;

    mmio_write64(mmio + FQB, ppn(iommu_phys(u, u->faults)) | (u->config.log2_faults - 1u));
    mmio_write32(mmio + FQH, 0);
    fence_rw_o();
    mmio_write32(mmio + FQCSR, QUEUE_ENABLE);
    return iommu_wait(u, FQCSR, QUEUE_BUSY | QUEUE_ON, QUEUE_ON);
}

void aia_iommu_signal(struct aia_iommu *u)
{
    mmio_write32(u->config.mmio + FQCSR, QUEUE_ENABLE | QUEUE_INTERRUPT);
    (void)iommu_wait(u, FQCSR, QUEUE_BUSY, 0);
    (void)aia_iommu_service(u); /* what came before signals nothing */
}

const char *aia_iommu_cause_name(unsigned cause)
{
    static const struct {
        uint16_t cause;
        const char *name;
    } names[] = {
        {AIA_IOMMU_READ_FAULT, "read access fault"},
        {AIA_IOMMU_WRITE_FAULT, "write access fault"},
        {AIA_IOMMU_READ_PAGE, "read of what is not mapped"},
        {AIA_IOMMU_WRITE_PAGE, "write to what is not mapped"},
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

/* One more fault: is that too many in too short a time? */
static bool storms(const struct aia_iommu *u, struct aia_storm *s)
{
    uint64_t now = aia_port_time();

    if (now - atomic_load_explicit(&s->since, memory_order_relaxed) > u->config.storm_window) {
        atomic_store_explicit(&s->since, now, memory_order_relaxed);
        atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    }
    return atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed) >= u->config.storm_limit;
}

/* Of a device nobody attached. Where there is no room for a context that keeps it quiet, the interrupt is what storms. */
static bool unattached(struct aia_iommu *u, uint32_t id)
{
    iommu_count(&u->unattached);
    if (!storms(u, &u->storm))
        return false;
    atomic_store_explicit(&u->storm.count, 0, memory_order_relaxed);
    int error = iommu_shut_out(u, id);
    if (error == AIA_EINVAL) /* it has just been attached: the next one is its own */
        return false;
    if (!error) {
        iommu_count(&u->cut_offs);
        return true;
    }
    u->muted = true;
    mmio_write32(u->config.mmio + FQCSR, QUEUE_ENABLE);
    return false;
}

static bool ill_behaved(struct aia_iommu *u, struct aia_iommu_device *d, uint64_t addr)
{
    iommu_count(&d->faults);
    d->last_fault = addr;
    if (atomic_load_explicit(&d->cut_off, memory_order_relaxed) || !storms(u, &d->storm))
        return false;
    (void)aia_iommu_cut_off(d); /* if the unit does not answer, that is counted, and the contexts are shut */
    return true;
}

static void take(struct aia_iommu *u, uintptr_t record)
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
    f.cut_off = f.attached ? ill_behaved(u, f.attached, f.addr) : f.type && unattached(u, f.device);
    if (u->config.fault)
        u->config.fault(u->config.arg, &f);
}

/* Errors stop the unit from recording until they are cleared: what it has dropped meanwhile nobody knows. */
static void clear_errors(struct aia_iommu *u)
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
 * The pending bit goes first: a record behind our last look at the tail then sets it again, and signals. Who finds the
 * lock taken waits: the one that has it may have looked at the tail before this record came.
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
        fence_io_rwio(); /* the tail before the records that it tells of */
        more = head != tail;
        for (; head != tail; head = (head + 1) & mask, n++) {
            take(u, (uintptr_t)(u->faults + RECORD_WORDS * head));
            mmio_write32(u->config.mmio + FQH, (head + 1) & mask);
        }
        clear_errors(u);
    }
    aia_port_unlock(&u->fault_lock);
    aia_port_irq_restore(was);
    return n;
}
