/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A board for QEMU's virt machine that traps: its console from the middle of a panic's first line on, its way to end the machine
 * always.
 */
#include "platform/board.h"
#include "mmio.h"

#define UART    0x10000000ul
#define NOWHERE 0x18000000ul /* no device answers */

static void put(char c)
{
    static const char word[] = "PANIC: hart";
    static unsigned seen;

    if (!word[seen]) {
        (void)mmio_read8(NOWHERE);
        return;
    }
    seen = c == word[seen] ? seen + 1 : c == word[0];
    mmio_write8(UART, (uint8_t)c);
}

static void end(int code)
{
    mmio_write32(NOWHERE, (uint32_t)code);
}

const struct board board = {.name = "of traps", .put = put, .end = end};
