/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a board adds to its device tree. For most that is nothing (platform/generic); another is a directory of C files
 * that defines `board', in this tree or outside: make PLATFORM_DIR=... . platform/template is one to copy, docs/porting.md
 * says how to go on.
 */
#ifndef PLATFORM_BOARD_H
#define PLATFORM_BOARD_H

#include "platform/machine.h"

/* NULL in place of a function: the payload does it, as its comment says. */
struct board {
    const char *name; /* for the banner */

    /*
     * Mend the device tree before anything is read from it: what discovery would refuse, or not find. `fdt` is a copy, in
     * the board's own memory: `tree`, aligned to 8, of `tree_size` bytes, the rest of which libfdt's writing calls
     * (fdt_setprop, fdt_del_node...) may use. Boot hart, the MMU off, the console the firmware's; before each discovery: of
     * the firmware's tree, then of one that fdt= names. 0; or -1 with `err` filled in, to be printed before the machine
     * ends. NULL: discovery reads the tree where the firmware has put it.
     */
    int (*fix_tree)(void *fdt, struct machine_error *err);
    void *tree;
    size_t tree_size;

    /*
     * Correct what was understood of the tree, or add what a tree cannot say. Boot hart, the MMU off; after each discovery
     * that went well. 0; or -1 as above. NULL: it is right.
     */
    int (*fix)(struct machine *m, struct machine_error *err);

    /*
     * The console: one byte out, one byte in (-1: none there). Any hart, one at a time, from the first line on; must not wait
     * without a bound. One that traps is left in the middle, and not called again. NULL: the ns16550 that the tree names, else the firmware's console, which has no input.
     */
    void (*put)(char c);
    int (*get)(void);

    /* End the machine with an exit code (payload/kernel/panic.h); returns if it cannot. NULL: sifive,test0, else SBI SRST. */
    void (*end)(int code);
};

extern const struct board board;

#endif
