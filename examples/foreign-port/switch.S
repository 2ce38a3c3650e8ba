/* SPDX-License-Identifier: BSD-2-Clause */
/* void task_switch(uintptr_t *save_sp, uintptr_t sp): the registers that a C call preserves are on each task's stack. */
    .macro saved op
    i = 0
    .irp    r, ra, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
    \op     \r, i(sp)
    i = i + 8
    .endr
    .endm

    .text
    .globl task_switch
task_switch:
    addi    sp, sp, -112
    saved   sd
    sd      sp, 0(a0)
    mv      sp, a1
    saved   ld
    addi    sp, sp, 112
    ret
