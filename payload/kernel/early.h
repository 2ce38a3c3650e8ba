/* SPDX-License-Identifier: BSD-2-Clause */
/* What runs before bss is cleared, and what that has to do with the device tree. */
#ifndef PAYLOAD_KERNEL_EARLY_H
#define PAYLOAD_KERNEL_EARLY_H

#include <stddef.h>

/* How much of a device tree may be read: all that it says it has, if it is one. 0: it cannot be one. */
size_t fdt_extent(const void *fdt);

/*
 * Whether the image may lie where it does; if not, the run ends here, by a line and exit code 2. On a stack of its own in
 * .data, before bss is cleared and without thread-local storage: no variables, no print().
 */
void early_check(const void *fdt);

#endif
