/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * _start: a0 is the id of the first hart, a1 the device tree. second_start, where HSM starts the other harts: a0 is the hart's id,
 * a1 its number for the library. The first hart uses the last stack; first() finds out its number.
 */
    .section .text.start, "ax"
    .globl _start, second_start
_start:
    la      t0, trap
    csrw    stvec, t0
    la      sp, stacks_end
    j       first
second_start:
    la      t0, trap
    csrw    stvec, t0
    mv      tp, a1                  /* aia_port_hart() */
    la      sp, stacks
    addi    t0, a1, 1
    slli    t0, t0, 13
    add     sp, sp, t0
    j       second_hart
