/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart enters with its id in a0: the first hart at _start, the others at second_start, as hart_start was told. */
    .section .text.start, "ax"
    .globl _start, second_start
_start:
    la      t2, first
    j       1f
second_start:
    la      t2, second
1:  mv      tp, a0                  /* aia_port_hart() */
    la      sp, stacks + 8192
    slli    t0, a0, 13
    add     sp, sp, t0
    la      t0, trap
    csrw    stvec, t0
    jr      t2
