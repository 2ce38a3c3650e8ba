/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables in memory: the directory, its device contexts, and the second stage that translated devices share. The unit
 * may read an entry at any time. So each doubleword of an entry is written by one store, and the last store makes the entry
 * valid ("Updating in-memory data structure entries").
 */
#include <string.h>

#include "iommu/directory.h"

#include "iommu/command.h"
#include "mmio.h"

/*
 * Leaf PTE of a second stage: readable, writable, and for user mode, because accesses of devices count as user mode. A and D
 * are set from the start, because a unit need not be able to set them.
 */
#define PTE_LEAF (PTE_V | 2 | 4 | 16 | 64 | 128)

static void table_store(uint64_t *at, uint64_t v)
{
    mmio_write64((uintptr_t)at, v);
}

void *iommu_pages(struct aia_iommu *u, uint32_t n)
{
    uint32_t first = (u->next_page + n - 1) & ~(n - 1);

    if (first + n > u->config.n_pages)
        return NULL;
    u->next_page = first + n;
    return memset((char *)u->config.pages + (size_t)first * PAGE, 0, (size_t)n * PAGE);
}

int iommu_directory_init(struct aia_iommu *u)
{
    u->levels = u->config.max_id < 1u << 6 ? 1 : u->config.max_id < 1u << 15 ? 2 : 3;
    u->mapped = iommu_pages(u, 4); /* roots of Sv39x4 are 16 KiB */
    u->nothing = iommu_pages(u, 4);
    u->root = iommu_pages(u, 1);
    return u->mapped && u->nothing && u->root ? AIA_OK : AIA_ENOMEM;
}

/* The table below `entry`, in the directory or in a page table. A missing table is made. NULL: no page is left. */
static uint64_t *table_below(struct aia_iommu *u, uint64_t *entry)
{
    if (*entry & PTE_V)
        return iommu_pointer(u, *entry >> 10 << 12);
    uint64_t *t = iommu_pages(u, 1);
    if (!t)
        return NULL;
    fence_all(); /* the zeros of the table before the entry that names the table */
    table_store(entry, iommu_ppn(iommu_phys(u, t)) | PTE_V);
    return t;
}

/* "Process to locate the Device-context": an id has six bits for the page of contexts, and nine bits for each level above. */
uint64_t *iommu_context(struct aia_iommu *u, uint32_t id)
{
    uint64_t *t = u->root;

    if (id >> (6 + 9 * (u->levels - 1)))
        return NULL;
    for (unsigned level = u->levels - 1u; level && t; level--)
        t = table_below(u, &t[id >> (6 + 9 * (level - 1)) & 511]);
    return t ? t + (id & 63) * DC_WORDS : NULL;
}

/* ---- second stage ---- */

/* Map one page of 2^shift bytes. AIA_OK, AIA_EINVAL (mapped already) or AIA_ENOMEM. */
static int map_page(struct aia_iommu *u, uint64_t from, uint64_t to, unsigned shift)
{
    uint64_t *t = u->mapped, *entry = &t[from >> 30];

    for (unsigned level = 21; level >= shift && level >= 12; level -= 9) {
        if (*entry & 2)
            return AIA_EINVAL; /* mapped already, as part of a larger page */
        t = table_below(u, entry);
        if (!t)
            return AIA_ENOMEM;
        entry = &t[from >> level & 511];
    }
    if (*entry)
        return AIA_EINVAL;
    table_store(entry, iommu_ppn(to) | PTE_LEAF);
    return AIA_OK;
}

static bool in_windows(const struct aia_iommu *u, uint64_t from, uint64_t size)
{
    uint64_t end = u->config.window + (u->config.max_devices + 1ull) * AIA_IOMMU_WINDOW;

    return from < end && u->config.window < from + size;
}

int aia_iommu_map(struct aia_iommu *u, uint64_t from, uint64_t to, uint64_t size)
{
    if ((from | to | size) % PAGE || from >> 41 || size > (1ull << 41) - from || in_windows(u, from, size))
        return AIA_EINVAL;
    while (size) {
        unsigned shift = 30;
        while ((from | to) & ((1ull << shift) - 1) || size >> shift == 0)
            shift -= 9;
        int error = map_page(u, from, to, shift);
        if (error)
            return error;
        from += 1ull << shift;
        to += 1ull << shift;
        size -= 1ull << shift;
    }
    return AIA_OK;
}

/* ---- contexts ---- */

int iommu_forget_device(struct aia_iommu *u, uint32_t id, uint16_t gscid)
{
    const struct iommu_command c[] = {
        {{IODIR_DDT | IODIR_DV | (uint64_t)id << 40, 0}},
        {{IOTINVAL_VMA | IOTINVAL_GV | (uint64_t)gscid << GSCID, 0}},
        {{IOTINVAL_GVMA | IOTINVAL_GV | (uint64_t)gscid << GSCID, 0}},
    };

    return iommu_do(u, c, 3);
}

static uint64_t second_stage(const struct aia_iommu *u, const uint64_t *root, uint16_t gscid)
{
    return SV39X4 | (uint64_t)gscid << GSCID | iommu_phys(u, root) >> 12;
}

/* Write the context of a device. The first stage is always Bare, so the second stage translates the device's addresses. */
static void fill_in_context(struct aia_iommu *u, const struct aia_iommu_device *d)
{
    uint64_t *dc = d->context;
    const uint64_t *root = d->dma == AIA_IOMMU_TRANSLATED ? u->mapped : u->nothing;

    table_store(&dc[DC_TA], 0);
    table_store(&dc[DC_FSC], 0);
    table_store(&dc[DC_IOHGATP], d->dma == AIA_IOMMU_BARE ? 0 : second_stage(u, root, d->gscid));
    /* "When DC.iohgatp.MODE is Bare, the msiptp.MODE must be set to Off." */
    table_store(&dc[DC_MSIPTP], d->table ? MSI_PT | iommu_phys(u, d->table) >> 12 : 0);
    table_store(&dc[DC_MSI_MASK], d->table ? d->n_messages - 1u : 0);
    table_store(&dc[DC_MSI_PATTERN], d->window >> 12);
    fence_all(); /* the other fields before V */
    table_store(&dc[DC_TC], TC_V);
}

struct aia_iommu_device *iommu_find(struct aia_iommu *u, uint32_t id)
{
    struct aia_iommu_device *d = atomic_load_explicit(&u->devices, memory_order_acquire);

    while (d && d->id != id)
        d = d->next;
    return d;
}

/*
 * Take the pages of a device: its MSI page table, and the MRIFs of its messages, eight in a page. u->tables is held. AIA_OK;
 * AIA_ENOMEM: no such page is taken, but tables of the directory may have been made, which stay.
 */
static int take_device_pages(struct aia_iommu *u, struct aia_iommu_device *d)
{
    uint32_t n_files = (d->n_messages + 7u) / 8;

    d->context = iommu_context(u, d->id);
    if (!d->context)
        return AIA_ENOMEM;
    if (!n_files)
        return AIA_OK;
    if (u->config.n_pages - u->next_page < 1 + n_files)
        return AIA_ENOMEM;
    d->table = iommu_pages(u, 1);
    d->files = iommu_pages(u, 1);
    while (--n_files)
        (void)iommu_pages(u, 1); /* single pages are taken in order, so the files are contiguous */
    return AIA_OK;
}

/*
 * Make the context of a device, and put the device on the list. A fault of an id that is not on the list may cut the id off
 * (iommu_cut_off_id()), which also changes the context. So u->tables is held over both steps. AIA_OK; AIA_ENOMEM as for
 * take_device_pages().
 */
static int add_device(struct aia_iommu *u, struct aia_iommu_device *d)
{
    int error = take_device_pages(u, d);

    if (error)
        return error;
    if (*d->context & TC_V) { /* the id was cut off before the device was attached */
        table_store(d->context, 0);
        (void)iommu_forget_device(u, d->id, 0); /* aia_iommu_attach() sends the same command once more */
    }
    fill_in_context(u, d);
    u->n_devices++;
    d->next = atomic_load_explicit(&u->devices, memory_order_relaxed);
    atomic_store_explicit(&u->devices, d, memory_order_release);
    return AIA_OK;
}

/* n, rounded up to a power of two; 0 stays 0. */
static uint16_t power_of_two(unsigned n)
{
    unsigned p = 1;

    while (p < n)
        p *= 2;
    return (uint16_t)(n ? p : 0);
}

int aia_iommu_attach(struct aia_iommu *u, struct aia_iommu_device *d, uint32_t id, enum aia_iommu_dma dma,
                     unsigned n_messages)
{
    if (id > u->config.max_id || n_messages > AIA_IOMMU_MESSAGES || iommu_find(u, id))
        return AIA_EINVAL;
    if (u->n_devices == u->config.max_devices)
        return AIA_ENOMEM;
    *d = (struct aia_iommu_device){
        .iommu = u,
        .id = id,
        .dma = dma,
        .gscid = (uint16_t)(u->n_devices + 1), /* 0 is for ids that iommu_cut_off_id() cut off */
        .window = u->config.window + (u->n_devices + 1ull) * AIA_IOMMU_WINDOW,
        .n_messages = dma == AIA_IOMMU_BARE ? 0 : power_of_two(n_messages),
    };
    unsigned long was = aia_port_irq_save();
    aia_port_lock(&u->tables);
    int error = add_device(u, d);
    aia_port_unlock(&u->tables);
    aia_port_irq_restore(was);
    return error ? error : iommu_forget_device(u, id, d->gscid);
}

/*
 * Change a context so that no access passes and no fault is reported. The context stays valid: without a valid context each
 * access would report a fault "DDT entry not valid", which DTF cannot suppress ("If a fault condition prevents locating a
 * valid device context then the DTF value assumed ... is 0").
 */
static void context_cut_off(struct aia_iommu *u, uint64_t *dc, uint16_t gscid)
{
    table_store(&dc[DC_MSIPTP], 0);
    table_store(&dc[DC_IOHGATP], second_stage(u, u->nothing, gscid));
    fence_all();
    table_store(&dc[DC_TC], TC_V | TC_DTF);
}

int aia_iommu_cut_off(struct aia_iommu_device *d)
{
    if (!atomic_exchange_explicit(&d->cut_off, 1, memory_order_relaxed))
        iommu_count(&d->iommu->cut_offs);
    context_cut_off(d->iommu, d->context, d->gscid);
    return iommu_forget_device(d->iommu, d->id, d->gscid);
}

int iommu_cut_off_id(struct aia_iommu *u, uint32_t id)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&u->tables);
    bool known = iommu_find(u, id);
    uint64_t *dc = known ? NULL : iommu_context(u, id);
    if (dc)
        context_cut_off(u, dc, 0);
    aia_port_unlock(&u->tables);
    aia_port_irq_restore(was);
    return known ? AIA_EINVAL : dc ? iommu_forget_device(u, id, 0) : AIA_ENOMEM;
}
