/* SPDX-License-Identifier: BSD-2-Clause */
/* The guard of accesses that may trap: which instruction is skipped, and which one runs. */
#include "fixture.h"
#include "payload/kernel/trap.h"

enum { ILLEGAL = 2, BREAKPOINT = 3, LOAD_FAULT = 5, STORE_FAULT = 7 };

/* sb a0, 0(a1); c.nop; nop; and more of these */
static const uint16_t code[] = {0x8023, 0x00a5, 0x0001, 0x0013, 0x0000, 0x0001, 0x0001, 0x0001,
                                0x0001, 0x0001, 0x0001, 0x0001, 0x0001, 0x0001, 0x0001, 0x0001};

static unsigned long at(unsigned i)
{
    return (unsigned long)(uintptr_t)&code[i];
}

/* A trap at instruction `i`: where does it go on? */
static unsigned long trap(unsigned long cause, unsigned i)
{
    unsigned long pc = at(i);

    assert_true(trap_guard_take(cause, &pc));
    return pc;
}

static void nothing_traps(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_true(trap_guard_end() == TRAP_NONE);
}

/* The access itself: it traps twice, and is skipped, by its own length. */
static void access_traps(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_true(trap(STORE_FAULT, 0) == at(0));
    assert_true(trap(STORE_FAULT, 0) == at(2));
    assert_int_equal(trap_guard_end(), STORE_FAULT);
    trap_guard_begin();
    assert_true(trap(ILLEGAL, 2) == at(2));
    assert_true(trap(ILLEGAL, 2) == at(3));
    assert_int_equal(trap_guard_end(), ILLEGAL);
}

/* In a loop the same access may trap again and again: it is skipped each time. */
static void access_in_a_loop(void **state)
{
    (void)state;
    trap_guard_begin();
    for (unsigned i = 0; i < 100; i++) {
        assert_true(trap(LOAD_FAULT, 0) == at(0));
        assert_true(trap(LOAD_FAULT, 0) == at(2));
    }
    assert_int_equal(trap_guard_end(), LOAD_FAULT);
}

/* Reported late, at an instruction that has no part in it: that one is not skipped. */
static void later_instruction(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_true(trap(STORE_FAULT, 3) == at(3));
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
}

/* Also where another access traps by itself before or after. */
static void later_and_itself(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_true(trap(STORE_FAULT, 3) == at(3));
    assert_true(trap(LOAD_FAULT, 0) == at(0));
    assert_true(trap(LOAD_FAULT, 0) == at(2));
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
    trap_guard_begin();
    assert_true(trap(LOAD_FAULT, 0) == at(0));
    assert_true(trap(LOAD_FAULT, 0) == at(2));
    assert_true(trap(STORE_FAULT, 3) == at(3));
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
    trap_guard_begin(); /* nothing is left of that */
    assert_true(trap_guard_end() == TRAP_NONE);
}

/* What traps at one instruction after the other does not go on for ever. */
static void never_ends(void **state)
{
    unsigned n = 0;

    (void)state;
    trap_guard_begin();
    for (; n < sizeof(code) / sizeof(code[0]); n++) {
        unsigned long pc = at(n);
        if (!trap_guard_take(STORE_FAULT, &pc))
            break;
    }
    assert_in_range(n, 2, sizeof(code) / sizeof(code[0]) - 1);
}

static void not_the_guards(void **state)
{
    unsigned long pc = at(0);

    (void)state;
    assert_false(trap_guard_take(LOAD_FAULT, &pc)); /* there is none */
    trap_guard_begin();
    assert_false(trap_guard_take(BREAKPOINT, &pc));
    assert_true(trap_guard_end() == TRAP_NONE);
    assert_false(trap_guard_take(LOAD_FAULT, &pc));
    assert_true(pc == at(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_traps),    cmocka_unit_test(access_traps),
        cmocka_unit_test(access_in_a_loop), cmocka_unit_test(later_instruction),
        cmocka_unit_test(later_and_itself), cmocka_unit_test(never_ends),
        cmocka_unit_test(not_the_guards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
