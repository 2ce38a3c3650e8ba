/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address translation, Sv39 and identity: virtual is physical everywhere, so devices, firmware and we
 * use the same addresses. It is there for what it forbids: writing text and constants, executing data,
 * the page at 0, and the page below each stack.
 */
#ifndef PAYLOAD_KERNEL_MMU_H
#define PAYLOAD_KERNEL_MMU_H

#include <stdbool.h>

/* Once, on the boot hart, when machine is known, before mmu_hart_init(). */
void mmu_init(void);
/* On every hart when it starts. A hart without Sv39, or a machine too large for it, stays untranslated. */
void mmu_hart_init(void);
/* Whether the running hart translates. */
bool mmu_on(void);

#endif
