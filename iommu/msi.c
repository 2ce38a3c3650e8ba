/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A window entry as a struct aia_msi between the library and the device. The device's own message is written once; what
 * the library changes is the entry (AIA, IOMMU.adoc, "MSI page tables"):
 *
 *   NOTICE  the first doubleword names a memory-resident interrupt file and never changes; the second one is the
 *           notice, (hart, identity). The unit sets the file's pending bit and then sends the notice, for every MSI.
 *   BASIC   the first doubleword is the page of the hart's file. The data passes.
 * With no hart to go to, a NOTICE entry's notices go to memory that nobody reads, and the edge waits in the file: parked.
 *
 * A change is a store, an invalidation, and a fence that is waited for ("Changing MSI page table entry"). When the fence is
 * done the unit has sent on all it took in by the old entry (PW), and takes the rest by the new one: that proves the
 * drain of the old vector, more than a read of the device could. What the device has sent and the unit has not
 * seen is on its way to the new vector.
 */
#include <string.h>

#include "iommu/internal.h"

#include "lib/container.h"
#include "mmio.h"

/* What a device sends to a NOTICE entry: any identity will do, it ends as a bit of its own file. */
#define NOTICE_DATA 1u
#define FILE_WORDS  64u

static struct aia_iommu_msi *self(struct aia_msi *msi)
{
    return container_of(msi, struct aia_iommu_msi, msi);
}

static struct aia_iommu *unit(const struct aia_iommu_msi *m)
{
    return m->device->iommu;
}

static uintptr_t entry(const struct aia_iommu_msi *m)
{
    return (uintptr_t)(m->device->table + 2ul * m->index);
}

static uint64_t *file(const struct aia_iommu_msi *m)
{
    return m->device->files + FILE_WORDS * m->index;
}

static uint64_t window_page(const struct aia_iommu_msi *m)
{
    return m->device->window + (uint64_t)m->index * PAGE;
}

static uint64_t notice(const struct aia_message *to)
{
    return ppn(to->addr) | (to->data & 0x3ff) | (uint64_t)(to->data >> 10 & 1) << 60;
}

static uint64_t basic(uint64_t addr)
{
    return ppn(addr) | MSI_BASIC | PTE_V;
}

/* Have the unit read the entry anew, and wait until it has nothing more to do by the old one. */
static int renew(const struct aia_iommu_msi *m)
{
    const struct iommu_command c = {{
        IOTINVAL_GVMA | IOTINVAL_GV | COMMAND_AV | (uint64_t)m->device->gscid << GSCID,
        window_page(m) >> 2,
    }};

    return iommu_do(unit(m), &c, 1);
}

/* V last: until then the unit does not look at the rest. */
static int make_valid(struct aia_iommu_msi *m, const struct aia_message *to)
{
    uint64_t *f = file(m);
    bool basic_mode = m->msi.kind != AIA_MSI_STORE;

    if (!basic_mode) {
        mmio_write64((uintptr_t)f, 0);
        mmio_write64((uintptr_t)(f + 1),
                     1ull << NOTICE_DATA); /* units that look at enable bits send for this one */
        mmio_write64(entry(m) + 8, notice(to));
    }
    fence_all();
    mmio_write64(entry(m),
                 basic_mode ? basic(to->addr) : iommu_phys(unit(m), f) >> 9 << 7 | MSI_MRIF | PTE_V);
    return renew(m);
}

static void remap_start(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = self(msi);

    m->error = make_valid(m, to);
    m->own = (struct aia_message){window_page(m), msi->kind == AIA_MSI_STORE ? NOTICE_DATA : to->data};
    if (!m->error)
        msi->below->ops->start(msi->below, &m->own);
}

/* The entry is in memory and has not changed: only the device has lost its message. */
static void remap_restore(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_msi *below = msi->below;
    const struct aia_message *own = &self(msi)->own;

    (void)to;
    if (below->ops->restore)
        below->ops->restore(below, own);
    else
        below->ops->start(below, own);
    if (below->kind == AIA_MSI_MASKABLE) /* by a reset; the library unmasks the topmost alone */
        below->ops->unmask(below);
}

/* What the device has sent is pushed as far as the unit by a read, and by a fence on to the file. */
static int let_out(struct aia_iommu_msi *m)
{
    struct aia_message own;

    (void)m->msi.below->ops->read_back(m->msi.below, &own);
    fence_io_rwio();
    return aia_iommu_flush(unit(m));
}

/* After what the device has sent, the entry is made invalid: the unit reports a fault for a device that still sends to it. */
static void remap_stop(struct aia_msi *msi)
{
    struct aia_iommu_msi *m = self(msi);

    msi->below->ops->stop(msi->below);
    m->error = let_out(m);
    mmio_write64(entry(m), 0);
    int error = renew(m);
    m->error = m->error ? m->error : error;
}

static void notice_store(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = self(msi);

    mmio_write64(entry(m) + 8, notice(to));
    m->error = renew(m);
}

/*
 * Parked, the notice goes to a page of memory that nobody reads, and the file alone keeps the edge. It was set by edges
 * before: it is cleared first, while each edge is still told of by its notice, so that at worst one too many is
 * remembered. A unit may set the bit by a read and a write that are not one ("without atomic update"); a clear between the
 * two is undone, and again remembers one too many. Later it would forget one.
 */
static void notice_park(struct aia_msi *msi)
{
    struct aia_iommu_msi *m = self(msi);

    mmio_write64((uintptr_t)file(m), 0);
    fence_all();
    mmio_write64(entry(m) + 8, ppn(iommu_phys(unit(m), unit(m)->idle)));
    m->error = renew(m);
}

/*
 * Behind the fence every edge that the old entry took in is in the file, and every later one has its notice again. If the
 * unit does not say so, one may be on its way to the file yet.
 */
static bool notice_unpark(struct aia_msi *msi, const struct aia_message *to)
{
    struct aia_iommu_msi *m = self(msi);

    notice_store(msi, to);
    return m->error || (mmio_read64((uintptr_t)file(m)) >> NOTICE_DATA & 1);
}

/* The device's own message: does it answer, and with what it was given? */
static int read_own(struct aia_iommu_msi *m)
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

/* As it is delivered. The change before has proven the drain; that the device answers is asked all the same. */
static int notice_read_back(struct aia_msi *msi, struct aia_message *have)
{
    struct aia_iommu_msi *m = self(msi);
    uint64_t w = mmio_read64(entry(m) + 8);
    int error = read_own(m);

    *have = (struct aia_message){NOTICE_ADDR(w), NOTICE_ID(w)};
    return m->error ? m->error : error;
}

static void basic_write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct aia_iommu_msi *m = self(msi);

    mmio_write64(entry(m), basic(addr));
    m->error = renew(m);
}

/*
 * This one the device has to be given: the page changes in the entry, the identity does not. What it sent by the old one is
 * in the file before the page changes, where that identity is another's.
 */
static void basic_write_data(struct aia_msi *msi, uint32_t data)
{
    struct aia_iommu_msi *m = self(msi);
    struct aia_msi *below = msi->below;

    m->own.data = data;
    if (below->kind == AIA_MSI_PLAIN || below->kind == AIA_MSI_MASKABLE)
        below->ops->write_data(below, data);
    else
        below->ops->store(below, &m->own);
    if (msi->kind == AIA_MSI_PLAIN)
        m->error = let_out(m);
}

/* Masked, the page is changed before the data: so what it sent is let out here. */
static void basic_mask(struct aia_msi *msi)
{
    msi->below->ops->mask(msi->below);
    (void)let_out(self(msi)); /* if the unit does not answer, it will not when its entry has changed */
}

static void basic_unmask(struct aia_msi *msi)
{
    msi->below->ops->unmask(msi->below);
}

/* The read pushes what the device sent as far as the unit, the fence from there to the file. */
static int basic_read_back(struct aia_msi *msi, struct aia_message *have)
{
    struct aia_iommu_msi *m = self(msi);
    int error = read_own(m);

    *have = (struct aia_message){NOTICE_ADDR(mmio_read64(entry(m))), m->own.data};
    int flushed = error == AIA_ESILENT ? AIA_OK : aia_iommu_flush(unit(m));
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
