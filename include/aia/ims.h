/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message in memory, from where the device reads it when it sends: an interrupt message store, or a queue's own
 * memory. Embed a struct aia_ims in the device's driver; it is the struct aia_msi to request with.
 *
 * What the device must do for a store to change its message whole: read the first eight bytes in one access (kind
 * AIA_MSI_STORE_LOW), or all sixteen (AIA_MSI_STORE). One that reads them in smaller pieces can take the address
 * from before the store and the data from behind it, however the store is made; it has to be masked to be moved.
 */
#ifndef AIA_IMS_H
#define AIA_IMS_H

#include <aia/error.h>
#include <aia/msi.h>

#include <aia/begin.h>

/* 16 bytes that never cross a cache line, in this order so that the half which every move changes is one store. */
struct aia_ims_entry {
    uint32_t address_lo;
    uint32_t data;
    uint32_t address_hi;
    uint32_t
        ctrl; /* AIA_IMS_MASKED is ours, the other bits are the driver's: both change theirs by atomic operations */
} __attribute__((aligned(16)));

#define AIA_IMS_MASKED 1u /* the device does not send */

struct aia_ims {
    struct aia_msi msi;
    struct aia_ims_entry *entry;
    /*
     * The driver's: have the device forget the entry it may hold a copy of, finish what it sends, and say so by an
     * answer that pushes its messages ahead of it, such as a register read or a completion it writes. As
     * aia_msi_ops.read_back otherwise. AIA_OK or AIA_ESILENT.
     */
    int (*drain)(struct aia_ims *d);
};

/*
 * Make it so, with the entry masked: aia_irq_request() starts it. Kind STORE is for harts that all have Zacas. For a
 * device that cannot be drained, `drain` is NULL and posted_limit (aia/msi.h) is not 0.
 * AIA_OK, or AIA_EINVAL: the entry is not aligned, another kind, no way to prove a drain, or RV32, where no store is
 * that wide.
 */
int aia_ims_init(struct aia_ims *d, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                 int (*drain)(struct aia_ims *d), uint64_t posted_limit);

#include <aia/end.h>

#endif
