/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part that runs from flash. It copies the payload, which follows it, to memory at FLASH_LOAD (mk/payload.mk) and
 * jumps there. The payload cannot run in flash: it writes to its data, and flash is not memory. One hart enters here,
 * like a kernel: a0 = hart id, a1 = device tree. The firmware must have HSM, so that the other harts are stopped.
 */
    .globl _start
_start:
    la      t0, image
    la      t1, image_end
    li      t2, FLASH_LOAD
1:  ld      t3, 0(t0)
    sd      t3, 0(t2)
    addi    t0, t0, 8
    addi    t2, t2, 8
    bltu    t0, t1, 1b
    .4byte  0x0000100f              /* fence.i, as data: -march may lack Zifencei */
    li      t2, FLASH_LOAD
    jr      t2

    .balign 8
image:
    .incbin "payload.bin"
    .balign 8
image_end:
