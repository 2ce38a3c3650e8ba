/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trap vector. All traps come from S-mode and are taken on the running hart's own stack.
 *
 * sscratch holds the lowest sp that a trap accepts. With a lower sp the stack has overflowed, and the trap is reported
 * on the emergency stack. An interrupt saves only the registers that the C calling convention lets a function clobber.
 * Interrupts do not nest, so sepc and sstatus need no saving. An exception saves all registers in a struct trap_frame
 * (trap.h); it is an error and does not return, unless a guard expects it.
 */
#include "payload/kernel/hart.h"
#include "payload/kernel/trap.h"

#define CALLER_SAVED 128            /* 16 registers */

    .macro  enter                   /* check the stack, save t0; t0 is free after it */
    csrrw   t0, sscratch, t0
    bltu    sp, t0, trap_bad_stack
    csrrw   t0, sscratch, t0
    addi    sp, sp, -CALLER_SAVED
    sd      t0, 0(sp)
    .endm

    .macro  save                    /* save the other registers that C may clobber, except t1 */
    sd      ra, 16(sp)
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
    .endm

    .section .sdata, "aw"           /* near gp: one instruction loads it */
    .balign 8
external:
    .dword  0x8000000000000009

    /*
     * Direct mode. Vectored mode would save three instructions, but OpenSBI 1.5 redirects a trap that it does not
     * handle to the raw value of stvec, with the mode bits.
     */
    .section .text.trap, "ax"
    .globl  trap_entry
    .balign 64
trap_entry:
    enter
    sd      t1, 8(sp)
    csrr    t0, scause
    ld      t1, external
    bne     t0, t1, trap_not_external

    /* External interrupts are the payload's subject: call their handler directly. */
    save
    la      a0, aia
    call    aia_interrupt
    bnez    a0, trap_more
1:  ld      t1, 8(sp)
    ld      ra, 16(sp)
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
    ld      t0, 0(sp)
    addi    sp, sp, CALLER_SAVED
    sret

trap_more:                          /* Other interrupts get their turn before the next external interrupt. */
    call    trap_pending
    j       1b

trap_not_external:
    ld      t1, 8(sp)
    bgez    t0, trap_exception_entry
    save
    andi    a0, t0, 0x3f
    call    trap_other
    j       1b

    .macro  save_all                /* save all registers except sp (x2) and t0 (x5) */
    sd      zero, 0(sp)
    sd      x1, 8(sp)
    sd      x3, 24(sp)
    sd      x4, 32(sp)
    .irp    n, 6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, 8 * \n(sp)
    .endr
    .endm

trap_exception_entry:               /* only t0 has changed; its value is at 0(sp) */
    addi    sp, sp, -TRAP_FRAME
    save_all
    ld      t0, TRAP_FRAME(sp)
    sd      t0, 40(sp)
    addi    t0, sp, TRAP_FRAME + CALLER_SAVED
    sd      t0, 16(sp)
    mv      a0, sp
    call    trap_exception
    .irp    n, 1,6,7,10,11,12,13,14,15,16,17,28,29,30,31
    ld      x\n, 8 * \n(sp)
    .endr
    ld      t0, 40(sp)
    addi    sp, sp, TRAP_FRAME + CALLER_SAVED
    sret

trap_bad_stack:                     /* t0 = limit, sscratch = the interrupted t0 */
    addi    t0, t0, -(STACK_GUARD / 2)
    addi    t0, t0, -(STACK_GUARD / 2)
    addi    t0, t0, -(STACK_MARGIN + TRAP_FRAME)
    sd      sp, 16(t0)
    mv      sp, t0
    csrr    t0, sscratch
    sd      t0, 40(sp)
    save_all
    /* Restore the limit, so that a trap on the emergency stack enters here again, in the nested panic. */
    li      t0, STACK_GUARD + STACK_MARGIN + TRAP_FRAME
    add     t0, t0, sp
    csrw    sscratch, t0
    mv      a0, sp
    li      a1, 1
    call    trap_fatal
