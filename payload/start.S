/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of every hart. The image starts with the boot header that U-Boot's booti and
 * others read (Linux, Documentation/riscv/boot-image-header.rst); the firmware enters at its first
 * byte with a0 = hart id, a1 = device tree, the MMU off and interrupts off.
 *
 * The image runs at any address it was put at: code is PC-relative (medany), and the pointers in data
 * are moved here, by the table that scripts/symbols makes.
 */
#include "payload/hart.h"

    .section .head.text, "ax"
    .globl _start
_start:
    .option push
    .option norvc                   /* the header's fields have fixed places */
    j       start_boot
    nop
    .option pop
    .dword  0x200000                /* text_offset: where to be put, from the start of memory */
    .dword  __image_size            /* with bss and stacks */
    .dword  0                       /* flags: little-endian */
    .word   0x00000002              /* header version 0.2 */
    .word   0
    .dword  0
    .ascii  "RISCV\0\0\0"
    .ascii  "RSC\x05"
    .word   0

    .macro load_gp
    .option push
    .option norelax                 /* or the linker makes it relative to gp itself */
    la      gp, __global_pointer$
    .option pop
    .endm

start_boot:
    csrw    sie, zero
    csrci   sstatus, 2
    load_gp

    /*
     * The lottery: firmware without HSM lets every hart in at once, and one may go on. It takes its
     * ticket before anything else, in .data, which bss clearing leaves alone.
     */
    la      t0, start_lottery
    li      t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez    t1, start_lost

    mv      s0, a0
    mv      s1, a1

    /* Pointers in data: add how far we are from where we last were (at first: where we were linked). */
    la      t0, __image_start
    la      t1, start_base
    ld      t2, 0(t1)
    sd      t0, 0(t1)
    sub     t2, t0, t2
    la      t3, image_relocs
    la      t4, image_relocs_end
    beqz    t2, 2f
1:  bgeu    t3, t4, 2f
    lwu     t5, 0(t3)               /* offset of a pointer in the image */
    add     t5, t5, t0
    ld      t6, 0(t5)
    add     t6, t6, t2
    sd      t6, 0(t5)
    addi    t3, t3, 4
    j       1b
2:
    la      t0, __bss_start         /* 8-byte aligned, both */
    la      t1, __bss_end
3:  bgeu    t0, t1, 4f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       3b
4:
    la      sp, hart_stacks         /* slot 0 is the boot hart's, whatever its index is */
    li      t0, STACK_AREA
    add     sp, sp, t0
    la      tp, __tls_blocks
    mv      a0, sp
    call    start_traps
    call    hart_tls_init
    mv      a0, s0
    mv      a1, s1
    li      fp, 0                   /* the backtrace ends here */
    li      ra, 0
    tail    payload_main

/* a0: stack top. Traps are ours from here. Leaves a0 = tp. */
start_traps:
    li      t0, STACK_SIZE - STACK_MARGIN
    sub     t0, a0, t0
    csrw    sscratch, t0
    la      t0, trap_entry
    csrw    stvec, t0
    mv      a0, tp
    ret

/*
 * Lost the lottery. Where there is HSM, go back to the firmware: the winner will start this hart like
 * any other. Where there is none, this hart cannot be had, and is reported as not starting.
 */
start_lost:
    li      a7, 0x48534d            /* HSM */
    li      a6, 1                   /* hart_stop */
    ecall
5:  wfi
    j       5b

/*
 * long start_hand_over(hartid, fdt): boot again, on another hart, as if the firmware had chosen it, and
 * stop this one. No stack after the call: the new boot hart has the same one. Returns an SBI error.
 */
    .globl  start_hand_over
start_hand_over:
    mv      a2, a1
    la      a1, _start
    la      t0, start_lottery
    amoswap.w.rl zero, zero, (t0)
    li      a7, 0x48534d            /* HSM */
    li      a6, 0                   /* hart_start */
    ecall
    beqz    a0, start_lost
    ret

/* A hart started by HSM: a0 = hart id, a1 = its struct hart. */
    .globl  hart_entry
hart_entry:
    csrw    sie, zero
    csrci   sstatus, 2
    load_gp
    ld      sp, HART_STACK_TOP(a1)
    ld      tp, HART_TLS(a1)
    ld      t0, HART_STACK_LIMIT(a1)
    csrw    sscratch, t0
    la      t0, trap_entry
    csrw    stvec, t0
    mv      a0, a1
    li      fp, 0
    li      ra, 0
    tail    hart_secondary

/* start_on_stack(top, fn): fn, which does not return, on a stack that is empty. */
    .globl  start_on_stack
start_on_stack:
    mv      sp, a0
    li      fp, 0
    li      ra, 0
    jr      a1

/*
 * long hart_suspend_away(type): non-retentive hart_suspend. What C expects a call to keep is on the stack, and
 * the firmware hands the stack pointer back in a1. An error returns here at once.
 */
    .globl  hart_suspend_away
hart_suspend_away:
    addi    sp, sp, -128
    sd      ra, 0(sp)
    sd      gp, 8(sp)
    sd      tp, 16(sp)
    sd      s0, 24(sp)
    sd      s1, 32(sp)
    sd      s2, 40(sp)
    sd      s3, 48(sp)
    sd      s4, 56(sp)
    sd      s5, 64(sp)
    sd      s6, 72(sp)
    sd      s7, 80(sp)
    sd      s8, 88(sp)
    sd      s9, 96(sp)
    sd      s10, 104(sp)
    sd      s11, 112(sp)
    csrr    t0, sscratch
    sd      t0, 120(sp)
    la      a1, hart_resume
    mv      a2, sp
    li      a7, 0x48534d            /* HSM */
    li      a6, 3                   /* hart_suspend */
    ecall
    mv      a1, sp
    j       6f
hart_resume:
    csrw    sie, zero
    csrci   sstatus, 2
    li      a0, 0
6:  mv      sp, a1
    ld      t0, 120(sp)
    csrw    sscratch, t0
    la      t0, trap_entry
    csrw    stvec, t0
    ld      ra, 0(sp)
    ld      gp, 8(sp)
    ld      tp, 16(sp)
    ld      s0, 24(sp)
    ld      s1, 32(sp)
    ld      s2, 40(sp)
    ld      s3, 48(sp)
    ld      s4, 56(sp)
    ld      s5, 64(sp)
    ld      s6, 72(sp)
    ld      s7, 80(sp)
    ld      s8, 88(sp)
    ld      s9, 96(sp)
    ld      s10, 104(sp)
    ld      s11, 112(sp)
    addi    sp, sp, 128
    ret

    .data
    .balign 8
start_base:
    .dword  __link_base             /* absolute: not itself relocated */
start_lottery:
    .word   0
