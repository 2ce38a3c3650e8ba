/* SPDX-License-Identifier: BSD-2-Clause */
/* Of the IMSIC driver, what every interrupt passes through: inline. */
#ifndef IMSIC_CLAIM_H
#define IMSIC_CLAIM_H

#include "csr.h"
#include "mmio.h"

/*
 * Claim the pending and enabled identity of highest priority: returns it, its pending bit cleared, or 0. What the
 * caller reads afterwards, from memory or devices, is not older than the claim. Own file, interrupts off.
 */
static inline unsigned long imsic_claim(void)
{
    unsigned long top = csr_claim_stopei();

    if (!top)
        return 0;
    fence_io_rwio();
    return top >> 16; /* bits 26:16, the rest above is zero */
}

#endif
