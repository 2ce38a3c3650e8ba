/* SPDX-License-Identifier: BSD-2-Clause */
/* The claim, inline because every interrupt passes through here. */
#ifndef IMSIC_CLAIM_H
#define IMSIC_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"
#include "mmio.h"

/*
 * Claim the pending and enabled identity of highest priority, and clear its pending bit. The caller's later reads of memory
 * and devices are ordered after the claim. Own file, interrupts off. Returns the value of stopei, or 0 if nothing is pending.
 */
static inline unsigned long imsic_claim(void)
{
    unsigned long top = csr_claim_stopei();

    if (top)
        fence_io_rwio();
    return top;
}

/* True if imsic_claim() would claim an identity. Own file, interrupts off. */
static inline bool imsic_claimable(void)
{
    return csr_stopei() != 0;
}

/* The claimed identity, which is in bits 26:16. Bits 10:0 are the priority, and all other bits are zero. */
static inline unsigned imsic_claimed_id(unsigned long top)
{
    return (unsigned)(top >> 16);
}

/* The word of the claimed identity in an array of words. Bits 15:14 are zero, so one shift gives the offset in bytes. */
static inline const _Atomic uint32_t *imsic_claimed(const _Atomic uint32_t *words, unsigned long top)
{
    return (const _Atomic uint32_t *)((uintptr_t)words + (top >> 14));
}

#endif
