/* SPDX-License-Identifier: BSD-2-Clause */
/* The accesses of guarded.h. Each slot holds the instruction that may trap, and then a return. */
#include "guarded.h"

    .option norvc                   /* each instruction has GUARDED_LENGTH bytes */
    .option norelax

    .macro  slot name:req, access:vararg
    .globl  \name
    .type   \name, @function
\name:
    \access
    ret
    .if     . - \name - GUARDED_SLOT
    .error  "\name is not one slot"
    .endif
    .size   \name, GUARDED_SLOT
    .endm

    .section .text.guarded, "ax"
    .balign GUARDED_SLOT
    .globl  guarded_first, guarded_end
guarded_first:
    slot    guarded_load8, lbu a0, 0(a0)
    slot    guarded_load16, lhu a0, 0(a0)
    slot    guarded_load32, lwu a0, 0(a0)
    slot    guarded_load64, ld a0, 0(a0)
    slot    guarded_store8, sb a1, 0(a0)
    slot    guarded_store16, sh a1, 0(a0)
    slot    guarded_store32, sw a1, 0(a0)
    slot    guarded_store64, sd a1, 0(a0)
    slot    guarded_select, csrw 0x150, a0      /* siselect */
    slot    guarded_sireg_read, csrr a0, 0x151  /* sireg */
    slot    guarded_sireg_write, csrw 0x151, a0
guarded_end:
