/* SPDX-License-Identifier: BSD-2-Clause */
/* Of the IMSIC driver, what every interrupt passes through: inline. */
#ifndef IMSIC_CLAIM_H
#define IMSIC_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"
#include "mmio.h"

/*
 * Claim the pending and enabled identity of highest priority, its pending bit cleared: stopei's value, or 0. What the
 * caller reads afterwards, from memory or devices, is not older than the claim. Own file, interrupts off.
 */
static inline unsigned long imsic_claim(void)
{
    unsigned long top = csr_claim_stopei();

    if (top)
        fence_io_rwio();
    return top;
}

/* Is there one to claim? Own file, interrupts off. */
static inline bool imsic_claimable(void)
{
    return csr_stopei() != 0;
}

/* The identity that was claimed: bits 26:16, and what is not priority, in bits 10:0, is zero. */
static inline unsigned imsic_claimed_id(unsigned long top)
{
    return (unsigned)(top >> 16);
}

/* Its place in an array of words: 15:14 are two of those zeros. */
static inline const _Atomic uint32_t *imsic_claimed(const _Atomic uint32_t *words, unsigned long top)
{
    return (const _Atomic uint32_t *)((uintptr_t)words + (top >> 14));
}

#endif
