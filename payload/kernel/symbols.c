/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/symbols.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include <stdbool.h>
#include <stddef.h>

#define BACKTRACE_MAX 32

/* Made by scripts/symbols: functions by address, as offsets from the image's start, each with the place of its name. */
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
    size_t low = 0, high = ((uintptr_t)image_symbols_end - (uintptr_t)image_symbols) / (2 * sizeof(uint32_t));
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

static bool in_one_function(uintptr_t a, uintptr_t b)
{
    uintptr_t offset_a, offset_b;

    return symbol_at(a, &offset_a) && symbol_at(b, &offset_b) && a - offset_a == b - offset_b;
}

/* A place in the call chain. ra is the register at the place of a trap, and 0 in the callers. */
struct place {
    uintptr_t pc, ra, fp;
};

/*
 * Go from a function to its caller. By the calling convention the frame record has the return address at fp - 8 and the
 * caller's fp at fp - 16. At a trap the record may be missing, and then the register ra names the caller. This is so
 * - after a jump to an address without code;
 * - in a function that calls no other function, and keeps only the caller's fp, at fp - 8;
 * - before a function has set up fp, and after it has restored fp.
 *
 * Returns false if there is no caller.
 */
static bool go_up(struct place *p)
{
    uintptr_t low, high, offset, from = p->fp;

    hart_stack_bounds(&low, &high);
    bool have_record = from >= low + 16 && from <= high && from % 8 == 0;
    const uintptr_t *record = (const uintptr_t *)from;

    if (!symbol_at(p->pc, &offset)) {
        p->pc = p->ra;
    } else if (!have_record) {
        return false;
    } else if (record[-1] > low && record[-1] <= high) {
        p->pc = p->ra;
        p->fp = record[-1];
    } else if (p->ra && p->ra != record[-1] && !in_one_function(p->pc, p->ra)) {
        p->pc = p->ra;
    } else {
        p->pc = record[-1];
        p->fp = record[-2];
    }
    if (!p->pc || (p->fp && p->fp < from))
        return false;
    /* A return address may lie after its function's end: use the address of the call itself. */
    p->pc -= 2;
    p->ra = 0;
    return true;
}

void print_backtrace(uintptr_t pc, uintptr_t ra, uintptr_t fp)
{
    struct place p = {pc, ra, fp};
    unsigned n = 0, lines = 0, repeats = 0;
    bool more = true;

    for (uintptr_t last = 0; more && lines < BACKTRACE_MAX; last = pc) {
        print("  #%-2u ", n++);
        print_symbol(pc = p.pc);
        print("\n");
        lines++;
        while ((more = go_up(&p)) && p.pc == pc && pc == last)
            repeats++, n++;
        if (repeats)
            print("  ... %u more of the same\n", repeats);
        repeats = 0;
    }
    if (more)
        print("  ...\n");
}
