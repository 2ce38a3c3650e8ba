/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables in memory: the directory, its device contexts, and the second stage that translated devices share. The unit
 * may read an entry at any time, so one is filled in first and made valid by its last store ("Updating in-memory data
 * structure entries"), and doubleword by doubleword, in single stores.
 */
#include <string.h>

#include "iommu/internal.h"

#include "mmio.h"

/* Leaf PTE of a second stage: readable, writable, for user mode, which all accesses of devices count as. A and D are set
 * beforehand, as the unit may not be able to. */
#define LEAF (PTE_V | 2 | 4 | 16 | 64 | 128)

static void store(uint64_t *at, uint64_t v)
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

/* The table that `entry` names; made, if there is none. Of the directory and of page tables alike. */
static uint64_t *below(struct aia_iommu *u, uint64_t *entry)
{
    if (*entry & PTE_V)
        return iommu_pointer(u, *entry >> 10 << 12);
    uint64_t *t = iommu_pages(u, 1);
    if (!t)
        return NULL;
    fence_all(); /* an empty table before the entry that names it */
    store(entry, ppn(iommu_phys(u, t)) | PTE_V);
    return t;
}

/* "Process to locate the Device-context": six bits for the page of contexts, nine for each directory above. */
uint64_t *iommu_context(struct aia_iommu *u, uint32_t id)
{
    uint64_t *t = u->root;

    if (id >> (6 + 9 * (u->levels - 1)))
        return NULL;
    for (unsigned level = u->levels - 1u; level && t; level--)
        t = below(u, &t[id >> (6 + 9 * (level - 1)) & 511]);
    return t ? t + (id & 63) * DC_WORDS : NULL;
}

/* ---- second stage ---- */

static int map_page(struct aia_iommu *u, uint64_t from, uint64_t to, unsigned shift)
{
    uint64_t *t = u->mapped, *entry = &t[from >> 30];

    for (unsigned level = 21; level >= shift && level >= 12; level -= 9) {
        if (*entry & 2)
            return AIA_EINVAL; /* mapped, as a part of more */
        t = below(u, entry);
        if (!t)
            return AIA_ENOMEM;
        entry = &t[from >> level & 511];
    }
    if (*entry)
        return AIA_EINVAL;
    store(entry, ppn(to) | LEAF);
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
        {{1 | IOTINVAL_GV | (uint64_t)gscid << GSCID, 0}}, /* IOTINVAL.VMA */
        {{IOTINVAL_GVMA | IOTINVAL_GV | (uint64_t)gscid << GSCID, 0}},
    };

    return iommu_do(u, c, 3);
}

static uint64_t second_stage(const struct aia_iommu *u, const uint64_t *root, uint16_t gscid)
{
    return SV39X4 | (uint64_t)gscid << GSCID | iommu_phys(u, root) >> 12;
}

/* The first stage is Bare throughout: device addresses are what the second stage translates. */
static void fill_in(struct aia_iommu *u, const struct aia_iommu_device *d)
{
    uint64_t *dc = d->context;
    const uint64_t *root = d->dma == AIA_IOMMU_TRANSLATED ? u->mapped : u->nothing;

    store(&dc[DC_TA], 0);
    store(&dc[DC_FSC], 0);
    store(&dc[DC_IOHGATP], d->dma == AIA_IOMMU_BARE ? 0 : second_stage(u, root, d->gscid));
    /* "When DC.iohgatp.MODE is Bare, the msiptp.MODE must be set to Off." */
    store(&dc[DC_MSIPTP], d->table ? MSI_PT | iommu_phys(u, d->table) >> 12 : 0);
    store(&dc[DC_MSI_MASK], d->table ? d->n_messages - 1u : 0);
    store(&dc[DC_MSI_PATTERN], d->window >> 12);
    fence_all(); /* all of it before V */
    store(&dc[DC_TC], TC_V);
}

struct aia_iommu_device *iommu_find(struct aia_iommu *u, uint32_t id)
{
    struct aia_iommu_device *d = atomic_load_explicit(&u->devices, memory_order_acquire);

    while (d && d->id != id)
        d = d->next;
    return d;
}

/*
 * Its table, and files for its messages, eight to a page: all or none. Tables of the directory stay, for who comes next.
 * Lock of the tables held.
 */
static int take_pages(struct aia_iommu *u, struct aia_iommu_device *d)
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
        (void)iommu_pages(u, 1); /* single pages follow each other */
    return AIA_OK;
}

/*
 * Make its context. What faults until then may be shut out as somebody nobody knows, what faults from then on is its own:
 * so all of it is under the lock of the tables, which is held.
 */
static int put_in(struct aia_iommu *u, struct aia_iommu_device *d)
{
    int error = take_pages(u, d);

    if (!error && (*d->context & TC_V)) { /* it stormed before anybody knew it */
        store(d->context, 0);
        error = iommu_forget_device(u, d->id, 0);
    }
    if (error)
        return error;
    fill_in(u, d);
    u->n_devices++;
    d->next = atomic_load_explicit(&u->devices, memory_order_relaxed);
    atomic_store_explicit(&u->devices, d, memory_order_release);
    return AIA_OK;
}

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
        .gscid = (uint16_t)(u->n_devices + 1), /* 0 is of those who are shut out */
        .window = u->config.window + (u->n_devices + 1ull) * AIA_IOMMU_WINDOW,
        .n_messages = dma == AIA_IOMMU_BARE ? 0 : power_of_two(n_messages),
    };
    unsigned long was = aia_port_irq_save();
    aia_port_lock(&u->tables);
    int error = put_in(u, d);
    aia_port_unlock(&u->tables);
    aia_port_irq_restore(was);
    return error ? error : iommu_forget_device(u, id, d->gscid);
}

/*
 * The context stays valid: without one each access would be a fault "DDT entry not valid", which DTF cannot keep quiet
 * ("If a fault condition prevents locating a valid device context then the DTF value assumed ... is 0").
 */
static void shut(struct aia_iommu *u, uint64_t *dc, uint16_t gscid)
{
    store(&dc[DC_MSIPTP], 0);
    store(&dc[DC_IOHGATP], second_stage(u, u->nothing, gscid));
    fence_all();
    store(&dc[DC_TC], TC_V | TC_DTF);
}

int aia_iommu_cut_off(struct aia_iommu_device *d)
{
    if (!atomic_exchange_explicit(&d->cut_off, 1, memory_order_relaxed))
        iommu_count(&d->iommu->cut_offs);
    shut(d->iommu, d->context, d->gscid);
    return iommu_forget_device(d->iommu, d->id, d->gscid);
}

int iommu_shut_out(struct aia_iommu *u, uint32_t id)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&u->tables);
    bool known = iommu_find(u, id);
    uint64_t *dc = known ? NULL : iommu_context(u, id);
    if (dc)
        shut(u, dc, 0);
    aia_port_unlock(&u->tables);
    aia_port_irq_restore(was);
    return known ? AIA_EINVAL : dc ? iommu_forget_device(u, id, 0) : AIA_ENOMEM;
}
