/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of every hart. The image starts with the boot header that U-Boot's booti and other loaders
 * read (Linux, Documentation/riscv/boot-image-header.rst). The firmware enters at the image's first byte with a0 = hart
 * id, a1 = device tree, the MMU off and interrupts off.
 *
 * The image runs at any address: code is PC-relative (medany), and the code below relocates the pointers in data by the
 * table that scripts/symbols makes.
 */
#include "payload/kernel/hart.h"

    .section .head.text, "ax"
    .globl _start
_start:
    .option push
    .option norvc                   /* the header's fields have fixed places */
    j       start_boot
    nop
    .option pop
    .dword  0x200000                /* text_offset: the image's place, from the start of memory */
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
    .option norelax                 /* or the linker makes the address relative to gp itself */
    la      gp, __global_pointer$
    .option pop
    .endm

    /* Clobbers t0. */
    .macro early
    .option push
    .option norelax                 /* gp is not set yet */
    la      t0, early_trap + 2      /* rounded down to a multiple of 4, also in an image at an odd multiple of 2 */
    .option pop
    andi    t0, t0, -4
    csrw    stvec, t0
    csrw    sie, zero
    csrci   sstatus, 2
    load_gp
    .endm

start_boot:
    early

    /*
     * The boot lottery. Firmware without HSM lets all harts in together, and only one hart may continue. A hart draws
     * its ticket before anything else. The ticket is in .data, which the clearing of bss leaves alone. In a misaligned
     * image the atomic access would trap, so there the lottery is left out; such an image is refused below.
     */
    la      t0, start_lottery
    andi    t1, t0, 3
    bnez    t1, 0f
    li      t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez    t1, start_lost
0:
    mv      s0, a0
    mv      s1, a1

    /*
     * Relocate the pointers in data: add the distance between this place and the last one (at first: the link address).
     */
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
    /* Memory that is written from here on may belong to others: early_check() refuses such a place. */
    la      sp, early_stack_top
    mv      a0, s1
    call    early_check

    la      t0, __bss_start         /* 8-byte aligned, both */
    la      t1, __bss_end
3:  bgeu    t0, t1, 4f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       3b
4:
    /*
     * Write a word of each page of the rest. If firmware protects a page and the tree does not say so, the write traps
     * now, while early_trap still reports traps.
     */
    la      t1, __image_end
    li      t3, 4096
5:  bgeu    t0, t1, 6f
    ld      t2, 0(t0)
    sd      t2, 0(t0)
    add     t0, t0, t3
    j       5b
6:
    la      sp, hart_stacks         /* slot 0 is the boot hart's, whatever its index */
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

/* a0: stack top. From here on trap_entry takes all traps. Returns a0 = tp. */
start_traps:
    li      t0, STACK_SIZE - STACK_MARGIN
    sub     t0, a0, t0
    csrw    sscratch, t0
    la      t0, trap_entry
    csrw    stvec, t0
    mv      a0, tp
    ret

/*
 * This hart lost the lottery. With HSM, return to the firmware: the winner will start this hart like any other. Without
 * HSM this hart cannot be used, and is reported as left out.
 */
start_lost:
    li      a7, 0x48534d            /* HSM */
    li      a6, 1                   /* hart_stop */
    ecall
7:  wfi
    j       7b

/*
 * long start_hand_over(hartid, fdt, ticks): boot again on another hart, as if the firmware had chosen that hart, and
 * stop this hart. Nothing uses the stack after the call: the new boot hart has the same stack. Returns an SBI error, or
 * 1 if the other hart has not taken the ticket in time. If it comes later, it loses the lottery.
 */
    .globl  start_hand_over
start_hand_over:
    mv      a3, a2
    mv      a2, a1
    la      a1, _start
    la      t0, start_lottery
    amoswap.w.rl zero, zero, (t0)
    li      a7, 0x48534d            /* HSM */
    li      a6, 0                   /* hart_start */
    ecall
    bnez    a0, 9f
    csrr    t1, time
    add     t1, t1, a3
8:  lw      t2, 0(t0)
    bnez    t2, start_lost
    csrr    t2, time
    bltu    t2, t1, 8b
    li      a0, 1
    amoswap.w.aqrl t2, a0, (t0)
    bnez    t2, start_lost
9:  ret

/* A hart started by HSM: a0 = hart id, a1 = its struct hart. */
    .globl  hart_entry
hart_entry:
    early
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

/* start_on_stack(top, fn): call fn, which does not return, on an empty stack. */
    .globl  start_on_stack
start_on_stack:
    mv      sp, a0
    li      fp, 0
    li      ra, 0
    jr      a1

/*
 * long hart_suspend_away(type): non-retentive hart_suspend. The registers that a C call preserves are saved on the
 * stack, and the firmware returns the stack pointer in a1. An error returns here directly.
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
    j       8f
hart_resume:
    early
    li      a0, 0
8:  mv      sp, a1
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

/*
 * The end of a run before set-up. Only the image's text and SBI are known to work. early_refuse(line) prints what is
 * wrong with the tree or with the image's place; early_trap prints where a trap occurred. Then the finisher, if it is
 * known, takes exit code 2. No stack.
 */
    .macro say string
    la      a1, \string
    call    early_puts
    .endm

    .globl  early_refuse
early_refuse:
    mv      s0, a0
    say     .Ltext_tree
    mv      a1, s0
    call    early_puts
    say     .Ltext_line
    j       early_end

    .balign 4
early_trap:
    .option push
    .option norvc
    nop                             /* see `early' */
    .option pop
    la      t0, early_stuck
    csrw    stvec, t0               /* a second trap is not reported and ends in early_stuck, not in a loop */
    say     .Ltext_trap
    csrr    s0, scause
    call    early_hex
    say     .Ltext_sepc
    csrr    s0, sepc
    call    early_hex
    say     .Ltext_stval
    csrr    s0, stval
    call    early_hex
    say     .Ltext_line

early_end:
    ld      t0, early_finisher
    beqz    t0, 1f
    li      t1, 2 << 16 | 0x3333    /* EXIT_MACHINE, encoded as in panic.c */
    sw      t1, 0(t0)
    fence   iorw, iorw
    li      t0, 1000000000          /* give the machine time to end: a busy host may run this hart alone */
2:  addi    t0, t0, -1
    bnez    t0, 2b
    j       3f
1:  say     .Ltext_end
3:  li      a7, 0x53525354          /* SRST */
    li      a6, 0                   /* system_reset: shutdown, for no reason */
    li      a0, 0
    li      a1, 0
    ecall
    .balign 4
early_stuck:
    wfi
    j       early_stuck

/* Print the string at a1. Clobbers a0, a2 to a7, t0; a1 becomes the string's end. */
early_puts:
    mv      t0, ra
1:  lbu     a2, 0(a1)
    beqz    a2, 2f
    call    early_putc
    addi    a1, a1, 1
    j       1b
2:  jr      t0

/* Print s0 in hexadecimal. */
early_hex:
    mv      t0, ra
    li      s1, 60
1:  srl     t1, s0, s1              /* skip leading zeros, but not the last digit */
    beqz    s1, 2f
    bnez    t1, 2f
    addi    s1, s1, -4
    j       1b
2:  srl     a2, s0, s1
    andi    a2, a2, 15
    addi    a2, a2, '0'
    li      t1, '9'
    bleu    a2, t1, 3f
    addi    a2, a2, 'a' - '9' - 1
3:  call    early_putc
    addi    s1, s1, -4
    bgez    s1, 2b
    jr      t0

/* Print the byte a2 on the firmware's console: by DBCN, or by the legacy call. Preserves a1. */
early_putc:
    mv      t2, a1
    mv      a0, a2
    li      a6, 2                   /* console_write_byte */
    li      a7, 0x4442434e          /* DBCN */
    ecall
    beqz    a0, 1f
    mv      a0, a2
    li      a7, 1                   /* console_putchar */
    ecall
1:  mv      a1, t2
    ret

.Ltext_tree:  .asciz  "device tree: "
.Ltext_trap:  .asciz  "imsicle: a trap before set-up; memory may be missing, or be the firmware's: scause 0x"
.Ltext_sepc:  .asciz  ", sepc 0x"
.Ltext_stval: .asciz  ", stval 0x"
.Ltext_line:  .asciz  "\r\n"
.Ltext_end:   .asciz  "exit code 2, which this machine has no finisher for: shutting down by SBI\r\n"

    .data
    .balign 16
    .space  8192                    /* machine_place() uses 6 KiB at most */
early_stack_top:
    .globl  early_finisher
early_finisher:
    .dword  0                       /* the finisher's address, once the tree was read */
start_base:
    .dword  __link_base             /* absolute: not relocated itself */
start_lottery:
    .word   0
