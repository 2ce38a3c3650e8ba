/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An MSI PTE as a struct aia_msi between the library and the device. The device's own message is written once. A move
 * changes the PTE (AIA, IOMMU.adoc, "MSI page tables"):
 *
 *   NOTICE  The first doubleword names a memory-resident interrupt file (MRIF), and never changes. The second doubleword is
 *           the notice: the address of a hart's file and an identity. For every MSI the unit sets the pending bit in the
 *           MRIF, and then sends the notice.
 *   BASIC   The first doubleword is the page of a hart's file. The data, which is the identity, passes unchanged.
 *
 * While no hart may take the interrupt, a NOTICE PTE is parked: its notices go to a page of memory that no code reads, and the
 * MRIF keeps the edge.
 *
 * A change is a store, an invalidation, and a wait for a fence ("Changing MSI page table entry"). When the fence is done, the
 * unit has completed every write that it translated by the old PTE (PW), and translates all later MSIs by the new PTE. This
 * proves the drain of the old vector; a read of the device would prove less. An MSI that the device has sent, but that has
 * not reached the unit, goes to the new vector.
 */
#include "iommu/command.h"
#include "iommu/directory.h"
#include "lib/container.h"
#include "mmio.h"

/* The data that a device sends to a NOTICE PTE. Every message has an MRIF of its own, so the identity can be any number. */
#define NOTICE_DATA 1u
#define FILE_WORDS  64u

static struct aia_iommu_msi *remap_of(struct aia_msi *msi)
{
    return container_of(msi, struct aia_iommu_msi, msi);
}

static struct aia_iommu *remap_unit(const struct aia_iommu_msi *m)
{
    return m->device->iommu;
}

static uintptr_t pte(const struct aia_iommu_msi *m)
{
    return (uintptr_t)(m->device->table + 2ul * m->index);
}

/* The memory-resident interrupt file of a message. */
static uint64_t *remap_file(const struct aia_iommu_msi *m)
{
    return m->device->files + FILE_WORDS * m->index;
}

static uint64_t window_page(const struct aia_iommu_msi *m)
{
    return m->device->window + (uint64_t)m->index * PAGE;
}

static uint64_t notice_word(const struct aia_message *to)
{
    return iommu_ppn(to->addr) | (to->data & 0x3ff) | (uint64_t)(to->data >> 10 & 1) << 60;
}

static uint64_t basic_word(uint64_t addr)
{
    return iommu_ppn(addr) | MSI_BASIC | PTE_V;
}

/* Make the unit read the PTE again, and wait until every write by the old PTE is complete. Errors of aia_iommu_flush(). */
static int pte_renew(const struct aia_iommu_msi *m)
{
    const struct iommu_command c = {{
        IOTINVAL_GVMA | IOTINVAL_GV | COMMAND_AV | (uint64_t)m->device->gscid << GSCID,
        window_page(m) >> 2,
    }};

    return iommu_do(remap_unit(m), &c, 1);
}

/* Fill in a PTE that is not valid yet, and make it valid. V is written last, because without V the unit ignores the rest. */
static int pte_make_valid(struct aia_iommu_msi *m, const struct aia_message *to)
{
    uint64_t *f = remap_file(m);
    bool basic_mode = m->msi.kind != AIA_MSI_STORE;

    if (!basic_mode) {
        mmio_write64((uintptr_t)f, 0);
        mmio_write64((uintptr_t)(f + 1), 1ull << NOTICE_DATA); /* the enable bit, which some units evaluate */
        mmio_write64(pte(m) + 8, notice_word(to));
    }
    fence_all();
    mmio_write64(pte(m), basic_mode ? basic_word(to->addr)
                                    : iommu_phys(remap_unit(m), f) >> 9 << 7 | MSI_MRIF | PTE_V);
    return pte_renew(m);
}

static void remap_start(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = remap_of(msi);

    m->error = pte_make_valid(m, to);
    m->own = (struct aia_message){window_page(m), msi->kind == AIA_MSI_STORE ? NOTICE_DATA : to->data};
    if (!m->error)
        msi->below->ops->start(msi->below, &m->own);
}

/*
 * Write the device's own message again. The PTE is in memory, so a reset of the device has not changed the PTE. The reset has
 * masked a MASKABLE device. The library unmasks only the topmost struct aia_msi, so the device is unmasked here.
 */
static void remap_restore(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_msi *below = msi->below;
    const struct aia_message *own = &remap_of(msi)->own;

    (void)to;
    if (below->ops->restore)
        below->ops->restore(below, own);
    else
        below->ops->start(below, own);
    if (below->kind == AIA_MSI_MASKABLE)
        below->ops->unmask(below);
}

/*
 * Wait until every MSI that the device has sent is in the interrupt file. A read of the device pushes the MSIs to the unit,
 * and a fence pushes them from the unit to the file.
 */
static int remap_drain(struct aia_iommu_msi *m)
{
    struct aia_message own;

    (void)m->msi.below->ops->read_back(m->msi.below, &own);
    fence_io_rwio();
    return aia_iommu_flush(remap_unit(m));
}

/* The PTE becomes invalid after the drain. If the device still sends, the unit reports a fault. */
static void remap_stop(struct aia_msi *msi)
{
    struct aia_iommu_msi *m = remap_of(msi);

    msi->below->ops->stop(msi->below);
    m->error = remap_drain(m);
    mmio_write64(pte(m), 0);
    int error = pte_renew(m);
    m->error = m->error ? m->error : error;
}

static void notice_store(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = remap_of(msi);

    mmio_write64(pte(m) + 8, notice_word(to));
    m->error = pte_renew(m);
}

/*
 * Park: notices go to the idle page from now on, and only the MRIF keeps the edge. Earlier edges have set the pending bit, so
 * the bit is cleared before notices stop. An edge that arrives after the clear and before the stop sends its notice and also
 * sets the bit, which may add one run, and loses no edge. A unit may set the bit by a read and a write that are not one access
 * ("without atomic update"). If the clear comes between the read and the write, the bit stays set, which again may add one run.
 * A clear after notices stop could lose an edge.
 */
static void notice_park(struct aia_msi *msi)
{
    struct aia_iommu_msi *m = remap_of(msi);

    mmio_write64((uintptr_t)remap_file(m), 0);
    fence_all();
    mmio_write64(pte(m) + 8, iommu_ppn(iommu_phys(remap_unit(m), remap_unit(m)->idle)));
    m->error = pte_renew(m);
}

/*
 * After the fence of notice_store() every edge that came while the message was parked is in the MRIF, and every later edge
 * sends a notice. If the fence is not done, an edge may still be on its way to the MRIF, so this returns true.
 */
static bool notice_unpark(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = remap_of(msi);

    notice_store(msi, to);
    return m->error || (mmio_read64((uintptr_t)remap_file(m)) >> NOTICE_DATA & 1);
}

/* Read the device's own message. AIA_OK; AIA_ECHANGED: it is not what was written; or another error of read_back(). */
static int remap_read_own(struct aia_iommu_msi *m)
{
    struct aia_message have;
    int error = m->msi.below->ops->read_back(m->msi.below, &have);

    fence_io_rwio();
    if (!error && (have.addr != m->own.addr || have.data != m->own.data)) {
        iommu_count(&m->n_changed);
        error = AIA_ECHANGED;
    }
    return error;
}

/*
 * Read the notice back. pte_renew() has proven the drain already. The device is read all the same, to see whether the device
 * answers and has its message.
 */
static int notice_read_back(struct aia_msi *msi, struct aia_message *have)
{
    struct aia_iommu_msi *m = remap_of(msi);
    uint64_t w = mmio_read64(pte(m) + 8);
    int error = remap_read_own(m);

    *have = (struct aia_message){NOTICE_ADDR(w), NOTICE_ID(w)};
    return m->error ? m->error : error;
}

static void basic_write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct aia_iommu_msi *m = remap_of(msi);

    mmio_write64(pte(m), basic_word(addr));
    m->error = pte_renew(m);
}

/*
 * Write a new identity, which is the device's own data: the PTE holds only the page. If the message is PLAIN, the page changes
 * after the data. In the new page the old identity belongs to another interrupt, so the MSIs with the old data are drained
 * here.
 */
static void basic_write_data(struct aia_msi *msi, uint32_t data)
{
    struct aia_iommu_msi *m = remap_of(msi);
    struct aia_msi *below = msi->below;

    m->own.data = data;
    if (below->kind == AIA_MSI_PLAIN || below->kind == AIA_MSI_MASKABLE)
        below->ops->write_data(below, data);
    else
        below->ops->store(below, &m->own);
    if (msi->kind == AIA_MSI_PLAIN)
        m->error = remap_drain(m);
}

/* Mask the device. A masked change writes the page before the data, so the MSIs with the old data are drained here. */
static void basic_mask(struct aia_msi *msi)
{
    msi->below->ops->mask(msi->below);
    (void)remap_drain(remap_of(msi)); /* an error shows again in pte_renew(), after the page has changed */
}

static void basic_unmask(struct aia_msi *msi)
{
    msi->below->ops->unmask(msi->below);
}

/* Read the page and the device's own data back, and drain as remap_drain() does. */
static int basic_read_back(struct aia_msi *msi, struct aia_message *have)
{
    struct aia_iommu_msi *m = remap_of(msi);
    int error = remap_read_own(m);

    *have = (struct aia_message){NOTICE_ADDR(mmio_read64(pte(m))), m->own.data};
    int flushed = error == AIA_ESILENT ? AIA_OK : aia_iommu_flush(remap_unit(m));
    return m->error ? m->error : flushed ? flushed : error;
}

static const struct aia_msi_ops notice_ops = {
    .start = remap_start,
    .stop = remap_stop,
    .restore = remap_restore,
    .store = notice_store,
    .read_back = notice_read_back,
    .park = notice_park,
    .unpark = notice_unpark,
    .waits = true,
};

static const struct aia_msi_ops basic_ops = {
    .start = remap_start,
    .stop = remap_stop,
    .restore = remap_restore,
    .write_addr = basic_write_addr,
    .write_data = basic_write_data,
    .mask = basic_mask,
    .unmask = basic_unmask,
    .read_back = basic_read_back,
    .waits = true,
};

int aia_iommu_msi_init(struct aia_iommu_msi *m, struct aia_iommu_device *d, unsigned index,
                       enum aia_iommu_mode mode, struct aia_msi *own)
{
    if (index >= d->n_messages || own->ops->bus_lock)
        return AIA_EINVAL;
    if (!aia_iommu_can(d->iommu, mode))
        return AIA_ENOTSUP;
    enum aia_msi_kind kind = own->kind == AIA_MSI_MASKABLE ? AIA_MSI_MASKABLE : AIA_MSI_PLAIN;
    *m = (struct aia_iommu_msi){
        .msi =
            {
                .ops = mode == AIA_IOMMU_NOTICE ? &notice_ops : &basic_ops,
                .kind = mode == AIA_IOMMU_NOTICE ? AIA_MSI_STORE : kind,
                .below = own,
            },
        .device = d,
        .index = (uint16_t)index,
    };
    return AIA_OK;
}
