/* SPDX-License-Identifier: BSD-2-Clause */
/* Names for addresses, from the table that scripts/symbols links into the image. */
#ifndef PAYLOAD_KERNEL_SYMBOLS_H
#define PAYLOAD_KERNEL_SYMBOLS_H

#include <stdint.h>

/* The function that holds an address and how far in it is; NULL: none of ours. */
const char *symbol_at(uintptr_t address, uintptr_t *offset);

/* "0x... name+0x1c", no newline. */
void print_symbol(uintptr_t address);

/*
 * One line for pc and one for each caller, along the frame pointers from fp, as long as they stay in
 * the running hart's stack and go up. ra: the register at a trap, 0 at a call.
 */
void print_backtrace(uintptr_t pc, uintptr_t ra, uintptr_t fp);

/* Where the image lies, with its bss and stacks. */
uintptr_t image_start(void);
uintptr_t image_end(void);

#endif
