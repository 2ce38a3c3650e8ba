/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in memory (aia/ims.h). One store changes a message that the device may be reading at the same time. */
#include <stdatomic.h>
#include <stddef.h>

#include <aia/config.h>
#include <aia/ims.h>

#include "lib/container.h"
#include "mmio.h"

static struct aia_ims *ims_of(struct aia_msi *msi)
{
    return container_of(msi, struct aia_ims, msi);
}

/* The addresses of the entry's two doublewords. */
static uintptr_t low(const struct aia_ims *d)
{
    return (uintptr_t)d->entry;
}

static uintptr_t high(const struct aia_ims *d)
{
    return (uintptr_t)d->entry + offsetof(struct aia_ims_entry, address_hi);
}

static uint64_t low_half(const struct aia_message *m)
{
    return (uint64_t)m->data << 32 | (uint32_t)m->addr;
}

/*
 * RV32 has no store of a doubleword, and between two stores the device could read half of each message. So aia_ims_init()
 * refuses RV32. A driver for RV32 can provide a MASKABLE message.
 */
#define HAVE_STORE64 (AIA_WORD_BITS == 64)

/* An aligned doubleword is single-copy atomic, and mmio_write64() is one store with any compiler. */
static void store_low(struct aia_ims *d, const struct aia_message *m)
{
    mmio_write64(low(d), low_half(m));
}

/* Store all sixteen bytes. The driver's bits of ctrl are kept, and may change until the swap succeeds. */
static void store_whole(struct aia_ims *d, const struct aia_message *m)
{
    uint64_t old[2] = {mmio_read64(low(d)), mmio_read64(high(d))}, new[2];

    do {
        new[0] = low_half(m);
        new[1] = (old[1] & ~(uint64_t)UINT32_MAX) | m->addr >> 32;
    } while (!mmio_cas128(low(d), old, new));
}

/*
 * The library's fence before a message (fence rw,o) orders only writes to devices. This message is in memory, so the fence here
 * orders the write of the message: a handler that runs because of the new message must find all that was written before.
 */
static void ims_store(struct aia_msi *msi, const struct aia_message *m)
{
    fence_all();
    if (msi->kind == AIA_MSI_STORE)
        store_whole(ims_of(msi), m);
    else
        store_low(ims_of(msi), m);
}

/* One atomic access, because the driver may change its bits of the same word at any time. */
static void set_masked(struct aia_ims *d, bool masked)
{
    _Atomic uint32_t *ctrl = (_Atomic uint32_t *)&d->entry->ctrl;

    if (masked)
        atomic_fetch_or_explicit(ctrl, AIA_IMS_MASKED, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(ctrl, ~AIA_IMS_MASKED, memory_order_relaxed);
}

/* The entry is masked, or has this message already (aia_irq_restore()). So the order of these stores does not matter. */
static void ims_start(struct aia_msi *msi, const struct aia_message *m)
{
    struct aia_ims *d = ims_of(msi);

    mmio_write32((uintptr_t)&d->entry->address_hi, (uint32_t)(m->addr >> 32));
    store_low(d, m);
    fence_all();
    set_masked(d, false);
}

static void ims_stop(struct aia_msi *msi)
{
    set_masked(ims_of(msi), true);
}

/* A read of memory always returns the latest message. So the driver's drain() finds out whether the device answers. */
static int ims_read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct aia_ims *d = ims_of(msi);
    uint64_t lo = mmio_read64(low(d)), hi = mmio_read64(high(d));

    *m = (struct aia_message){.addr = hi << 32 | (uint32_t)lo, .data = (uint32_t)(lo >> 32)};
    fence_all(); /* the store of the message comes before the accesses of drain() to the device */
    return d->drain ? d->drain(d) : AIA_OK;
}

int aia_ims_init(struct aia_ims *d, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                 int (*drain)(struct aia_ims *d), uint64_t posted_limit)
{
    static const struct aia_msi_ops ops = {
        .start = ims_start,
        .stop = ims_stop,
        .store = ims_store,
        .read_back = ims_read_back,
    };

    if (!HAVE_STORE64 || (uintptr_t)entry % sizeof(*entry) ||
        (kind != AIA_MSI_STORE && kind != AIA_MSI_STORE_LOW) || (!drain && !posted_limit))
        return AIA_EINVAL;
    *d = (struct aia_ims){
        .msi = {.ops = &ops, .kind = kind, .posted_limit = posted_limit},
        .entry = entry,
        .drain = drain,
    };
    set_masked(d, true);
    return AIA_OK;
}
