/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack protector's guard. It finds mistakes; it is no secret. */
#ifndef PAYLOAD_KERNEL_GUARD_H
#define PAYLOAD_KERNEL_GUARD_H

#include <stdint.h>

/* What functions compiled with the protector compare their frames with. */
extern uintptr_t __stack_chk_guard;

/*
 * Once, on the boot hart, before any other runs: draw the guard. To be called from a function that does not return, for
 * one that does would find another guard than it began with.
 */
void guard_init(uint64_t seed);

#endif
