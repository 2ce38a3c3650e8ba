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
     * Correct what the tree says wrongly, or add what it does not say. Boot hart, once, right behind a discovery that went
     * well, the MMU off. 0; or -1 with `err` filled in, to be printed before the machine ends. NULL: the tree is right.
     */
    int (*fix)(struct machine *m, struct machine_error *err);

    /*
     * The console: one byte out, one byte in (-1: none there). Any hart, one at a time, from the first line on; must not wait
     * without a bound. NULL: the ns16550 that the tree names, else the firmware's console, which has no input.
     */
    void (*put)(char c);
    int (*get)(void);

    /* End the machine with an exit code (payload/panic.h); returns if it cannot. NULL: sifive,test0, else SBI SRST. */
    void (*end)(int code);
};

extern const struct board board;

#endif
