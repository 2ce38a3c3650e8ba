/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of a board that its device tree lacks. For most boards that is nothing (platform/generic). A board with more
 * is a directory of C files that define `board', in this tree or outside: make PLATFORM_DIR=... . platform/template is
 * a directory to copy; docs/porting.md describes the steps.
 */
#ifndef PLATFORM_BOARD_H
#define PLATFORM_BOARD_H

#include "platform/machine.h"

/* If a function is NULL, the payload does what the function's comment says. */
struct board {
    const char *name; /* printed by the self-check */

    /*
     * Mend the device tree before discovery reads it: properties that discovery would refuse or not find. `fdt` is a
     * copy in the board's own memory: `tree`, aligned to 8, of `tree_size` bytes. libfdt's writing calls (fdt_setprop,
     * fdt_del_node...) may use the rest of these bytes. The call runs on the boot hart, with the MMU off and on the
     * firmware's console, before each discovery: first for the firmware's tree, then for a tree that fdt= names.
     * Returns 0; or -1 with `err` filled in, which is printed before the machine ends. NULL: discovery reads the
     * firmware's tree in place.
     */
    int (*fix_tree)(void *fdt, struct aia_fdt_error *err);
    void *tree;
    size_t tree_size;

    /*
     * Correct the description that discovery has made, or add facts that a tree cannot contain. The call runs on the
     * boot hart, with the MMU off, after each successful discovery. Returns 0; or -1 as above. NULL: the description is
     * right.
     */
    int (*fix)(struct machine *m, struct aia_fdt_error *err);

    /*
     * The console: write one byte; read one byte (-1: none there). The calls come from any hart, one at a time, from
     * the first line on. They must not wait without a bound. A call that traps is abandoned, and neither function is
     * called again. NULL: the ns16550 that the tree names, else the firmware's console, which has no input.
     */
    void (*put)(char c);
    int (*get)(void);

    /*
     * End the machine with an exit code (payload/kernel/panic.h); return if that fails. NULL: sifive,test0, else SBI
     * SRST.
     */
    void (*end)(int code);
};

extern const struct board board;

#endif
