/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack protector. The compiler puts __stack_chk_guard between a function's arrays and its return address. When the
 * function returns and the guard has changed, the function calls __stack_chk_fail(). The compiler prescribes both
 * names.
 */
#include "payload/kernel/guard.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/random.h"

uintptr_t __stack_chk_guard = 0x00a5d1f3;

_Noreturn void __stack_chk_fail(void);

/* The lowest byte is 0: a string that overruns an array ends there and cannot restore the guard. */
void guard_init(uint64_t seed)
{
    struct random r = {seed};

    __stack_chk_guard = (uintptr_t)(random_next(&r) << 8);
}

void __stack_chk_fail(void)
{
    panic("stack smashed: a function has written beyond its own array");
}
