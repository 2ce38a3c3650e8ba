/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/symbols.h"
#include "payload/console.h"
#include "payload/hart.h"
#include <stdbool.h>
#include <stddef.h>

#define BACKTRACE_MAX 32

/* By scripts/symbols: functions by address, as offsets from the image's start, and where each name is. */
extern const uint32_t image_symbols[], image_symbols_end[];
extern const char image_names[];
extern const char __image_start[], __image_end[], __text_end[];

uintptr_t image_start(void)
{
    return (uintptr_t)__image_start;
}

uintptr_t image_end(void)
{
    return (uintptr_t)__image_end;
}

/* Entry i is image_symbols[2 * i], its name at image_names + image_symbols[2 * i + 1]. */
const char *symbol_at(uintptr_t address, uintptr_t *offset)
{
    if (address < image_start() || address >= (uintptr_t)__text_end)
        return NULL;

    uintptr_t at = address - image_start();
    size_t low = 0, high = (size_t)(image_symbols_end - image_symbols) / 2;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (image_symbols[2 * middle] <= at)
            low = middle;
        else
            high = middle;
    }
    if (low == high || image_symbols[2 * low] > at)
        return NULL;
    *offset = at - image_symbols[2 * low];
    return image_names + image_symbols[2 * low + 1];
}

void print_symbol(uintptr_t address)
{
    uintptr_t offset;
    const char *name = symbol_at(address, &offset);

    if (name)
        print("0x%lx %s+0x%lx", address, name, offset);
    else
        print("0x%lx", address);
}

/*
 * The calling convention's frame record: return address at fp - 8, the caller's fp at fp - 16. At a
 * trap, the function may be one that calls no other and keeps only the caller's fp, at fp - 8; and after
 * a jump into nowhere, no function at all: then ra tells who called.
 */
void print_backtrace(uintptr_t pc, uintptr_t ra, uintptr_t fp)
{
    uintptr_t low, high, offset;

    hart_stack_bounds(&low, &high);
    for (unsigned i = 0; i < BACKTRACE_MAX; i++) {
        print("  #%-2u ", i);
        print_symbol(pc);
        print("\n");
        uintptr_t from = fp;
        if (!symbol_at(pc, &offset)) {
            pc = ra;
        } else if (fp < low + 16 || fp > high || fp % 8) {
            return;
        } else {
            const uintptr_t *record = (const uintptr_t *)fp;
            bool no_record = record[-1] > low && record[-1] <= high;
            pc = no_record ? ra : record[-1];
            fp = no_record ? record[-1] : record[-2];
        }
        if (!pc || (fp && fp < from))
            return;
        /* A return address may lie past its function's end: name the call itself. */
        pc -= 2;
        ra = 0;
    }
    print("  ...\n");
}
