/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack protector: the compiler puts __stack_chk_guard between a function's arrays and its return address, and calls
 * __stack_chk_fail() if it is not there any more when the function returns. Both names are the compiler's.
 */
#include "payload/kernel/guard.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/random.h"

uintptr_t __stack_chk_guard = 0x00a5d1f3;

_Noreturn void __stack_chk_fail(void);

/* The lowest byte is 0: what runs over as a string cannot write it and go on. */
void guard_init(uint64_t seed)
{
    struct random r = {seed};

    __stack_chk_guard = (uintptr_t)(random_next(&r) << 8);
}

void __stack_chk_fail(void)
{
    panic("stack smashed: a function has written beyond its own array");
}
