/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for addresses, from the table that scripts/symbols links into the image. */
#ifndef PAYLOAD_KERNEL_SYMBOLS_H
#define PAYLOAD_KERNEL_SYMBOLS_H

#include <stdint.h>

/*
 * The name of the function at an address, and the offset in that function. NULL: the address is in no function of the
 * image.
 */
const char *symbol_at(uintptr_t address, uintptr_t *offset);

/* Print "0x... name+0x1c", without a newline. */
void print_symbol(uintptr_t address);

/*
 * Print one line for pc and one for each caller, along the frame pointers from fp. The walk ends when a frame pointer
 * leaves the running hart's stack or does not grow. ra: the register at a trap, 0 at a call.
 */
void print_backtrace(uintptr_t pc, uintptr_t ra, uintptr_t fp);

/* The bounds of the image, with its bss and stacks. */
uintptr_t image_start(void);
uintptr_t image_end(void);

#endif
