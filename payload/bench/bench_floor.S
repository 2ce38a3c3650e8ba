/* SPDX-License-Identifier: BSD-2-Clause */
/* The measuring functions of the benchmarks, and the floors that are trap vectors (bench.h). */
#define CSR_STOPEI 0x15c

    .text
    .globl  bench_take
bench_take:
    csrr    a0, instret
    csrsi   sstatus, 2
    csrci   sstatus, 2
    csrr    a1, instret
    ret

    .globl  bench_handler
bench_handler:
    csrr    t0, instret
    la      t1, bench_handler_at
    sd      t0, 0(t1)
    li      a0, 1                   /* AIA_HANDLED */
    ret

    .globl  bench_count_2000
bench_count_2000:
    li      t0, 1000
1:  addi    t0, t0, -1
    bnez    t0, 1b
    ret

    .balign 64
    .globl  bench_floor_entry
bench_floor_entry:
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
1:  csrrw   a0, CSR_STOPEI, zero
    srli    a0, a0, 16
    beqz    a0, 2f
    fence   io, iorw
    slli    a0, a0, 4
    la      t0, bench_floor_table
    add     t0, t0, a0
    ld      t1, 0(t0)
    ld      a0, 8(t0)
    jalr    t1
    j       1b
2:  ld      ra, 0(sp)
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
    sret

    .balign 64
    .globl  bench_bare_entry
bench_bare_entry:
    sd      t0, -8(sp)              /* below the stack pointer: nothing else uses the stack before the sret */
    csrrw   t0, CSR_STOPEI, zero
    ld      t0, -8(sp)
    sret

    .bss
    .balign 8
    .globl  bench_handler_at
bench_handler_at:
    .skip   8
