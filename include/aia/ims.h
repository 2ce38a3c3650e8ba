/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A message in memory, which the device reads when it sends: an interrupt message store, or part of a queue's memory. Embed a
 * struct aia_ims in the device's driver, and request the interrupt with its `msi`.
 *
 * The device must read the first eight bytes in one access (kind AIA_MSI_STORE_LOW), or all sixteen bytes (AIA_MSI_STORE). A
 * device that reads smaller pieces may combine the address from before a store with the data from after it. Such a device has
 * to be masked for a move, so this driver does not support it.
 */
#ifndef AIA_IMS_H
#define AIA_IMS_H

#include <aia/error.h>
#include <aia/msi.h>

#include <aia/begin.h>

/* 16 bytes in one cache line. A move changes 8 bytes by one store (AIA_MSI_STORE_LOW), or all by one swap (AIA_MSI_STORE). */
struct aia_ims_entry {
    uint32_t address_lo;
    uint32_t data;
    uint32_t address_hi;
    uint32_t ctrl; /* AIA_IMS_MASKED is the library's, other bits are the driver's. Change bits atomically */
} __attribute__((aligned(16)));

#define AIA_IMS_MASKED 1u /* the device does not send */

struct aia_ims {
    struct aia_msi msi;
    struct aia_ims_entry *entry;
    /*
     * The driver's function: make the device drop its copy of the entry and finish sending, then wait for an answer of the
     * device that pushes its messages ahead, such as a register read or a completion that the device writes. Context as for
     * aia_msi_ops.read_back. AIA_OK or AIA_ESILENT.
     */
    int (*drain)(struct aia_ims *d);
};

/*
 * Initialize `d`, and mask its entry; aia_irq_request() starts the message. Kind AIA_MSI_STORE requires Zacas on every hart. For a
 * device that cannot be drained, `drain` is NULL and posted_limit (aia/msi.h) is not 0.
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  the entry is not aligned, the kind is another one, `drain` is NULL and posted_limit 0, or there is no store of
 *               64 bits (AIA_WORD_BITS is 32)
 */
int aia_ims_init(struct aia_ims *d, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                 int (*drain)(struct aia_ims *d), uint64_t posted_limit);

#include <aia/end.h>

#endif
