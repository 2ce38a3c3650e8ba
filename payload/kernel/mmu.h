/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation: Sv39, identity. Virtual and physical addresses are equal, so devices, firmware and the payload
 * use the same addresses. Translation serves only to forbid: writing text and constants, executing data, any access to
 * the page at 0 and to the page below each stack.
 */
#ifndef PAYLOAD_KERNEL_MMU_H
#define PAYLOAD_KERNEL_MMU_H

#include <stdbool.h>

/* Build the page tables. Once, on the boot hart, when `machine` is known, before mmu_hart_init(). */
void mmu_init(void);
/*
 * Turn translation on, at every start of a hart. A hart without Sv39, or on a machine beyond its reach, stays
 * untranslated.
 */
void mmu_hart_init(void);
/* True if the running hart translates addresses. */
bool mmu_on(void);

#endif
