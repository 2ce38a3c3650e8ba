/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the firmware enters in place of the payload, where a test wants another entry point or another device tree than
 * the firmware would give. tests/qemu/run leaves three words at 0x83000000 (-device loader,addr=...,data=...):
 * where to go on, whether to replace a1, and by what. a0, the hart, stays.
 */
    .globl _start
_start:
    li      t0, 0x83000000
    ld      t1, 0(t0)
    ld      t2, 8(t0)
    beqz    t2, 1f
    ld      a1, 16(t0)
1:  .4byte  0x0000100f              /* fence.i, whatever -march says */
    jr      t1
