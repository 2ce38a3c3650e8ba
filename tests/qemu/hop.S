/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware enters this code instead of the payload, if a test needs another entry point, or another device tree than the
 * firmware would give. tests/qemu/run puts three words at 0x83000000 (-device loader,addr=...,data=...): the address of the next
 * code, whether to replace a1, and the new value of a1. a0, the hart, stays.
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
