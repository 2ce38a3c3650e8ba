/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every hart begins here in M-mode: a1 is the device tree. And the way from a trap to machine_trap() and back. The frame has the
 * registers that a C function may change: ra, t0 to t6, a0 to a7, in the order of struct frame.
 */
    .globl machine_start
machine_start:
    csrw    mie, zero
    la      t0, trap_entry
    csrw    mtvec, t0
    csrr    a0, mhartid
    addi    t0, a0, 1
    slli    t0, t0, 12
    la      sp, machine_stacks
    add     sp, sp, t0
    csrw    mscratch, sp            /* the stack of this hart's traps: nothing else is on it then */
    j       machine_setup

    .align  2
trap_entry:
    csrrw   sp, mscratch, sp
    addi    sp, sp, -128
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      t1, 16(sp)
    sd      t2, 24(sp)
    sd      t3, 32(sp)
    sd      t4, 40(sp)
    sd      t5, 48(sp)
    sd      t6, 56(sp)
    sd      a0, 64(sp)
    sd      a1, 72(sp)
    sd      a2, 80(sp)
    sd      a3, 88(sp)
    sd      a4, 96(sp)
    sd      a5, 104(sp)
    sd      a6, 112(sp)
    sd      a7, 120(sp)
    mv      a0, sp
    call    machine_trap
    ld      ra, 0(sp)
    ld      t0, 8(sp)
    ld      t1, 16(sp)
    ld      t2, 24(sp)
    ld      t3, 32(sp)
    ld      t4, 40(sp)
    ld      t5, 48(sp)
    ld      t6, 56(sp)
    ld      a0, 64(sp)
    ld      a1, 72(sp)
    ld      a2, 80(sp)
    ld      a3, 88(sp)
    ld      a4, 96(sp)
    ld      a5, 104(sp)
    ld      a6, 112(sp)
    ld      a7, 120(sp)
    addi    sp, sp, 128
    csrrw   sp, mscratch, sp
    mret
