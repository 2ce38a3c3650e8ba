/* SPDX-License-Identifier: BSD-2-Clause */
/* The check of the device tree that runs before bss is cleared. */
#ifndef PAYLOAD_KERNEL_EARLY_H
#define PAYLOAD_KERNEL_EARLY_H

#include <stddef.h>

/*
 * The number of bytes of a device tree that may be read: the tree's own size, at most 4 MiB. 8 if the magic is wrong. 0
 * if the address cannot be that of a tree.
 */
size_t fdt_extent(const void *fdt);

/*
 * Check that the image may lie at its address. If not, end the run with a line and exit code 2. This runs on a stack of
 * its own in .data, before bss is cleared and without thread-local storage. So it must not use variables or print().
 */
void early_check(const void *fdt);

#endif
