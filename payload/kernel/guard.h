/* SPDX-License-Identifier: BSD-2-Clause */
/* The stack protector's guard. The guard finds mistakes; it is not a secret. */
#ifndef PAYLOAD_KERNEL_GUARD_H
#define PAYLOAD_KERNEL_GUARD_H

#include <stdint.h>

/* The value with which functions compiled with the protector compare their frames. */
extern uintptr_t __stack_chk_guard;

/*
 * Draw the guard. Once, on the boot hart, before any other hart runs. The caller must not return: a function that
 * returns after the change would find another guard than at its start.
 */
void guard_init(uint64_t seed);

#endif
