/* SPDX-License-Identifier: BSD-2-Clause */
/* The guard of accesses that may trap: which instruction is skipped, and which is executed. */
#include "fixture.h"
#include "guarded.h"
#include "payload/kernel/trap.h"

enum { ILLEGAL = 2, BREAKPOINT = 3, LOAD_FAULT = 5, STORE_FAULT = 7 };

/* Two accesses as in arch/riscv/guarded.S, and their callers: sb a1, 0(a0); ret; lbu a0, 0(a0); ret; nop; c.nop ... */
__asm__(".data\n"
        ".balign 8\n"
        ".globl guarded_first, guarded_end\n"
        "guarded_first:\n"
        ".short 0x0023, 0x00b5, 0x8067, 0x0000, 0x4503, 0x0005, 0x8067, 0x0000\n"
        "guarded_end:\n"
        ".short 0x0013, 0x0000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1\n"
        ".text");

/* Offsets in bytes. */
enum { STORE = 0, STORE_RET = 4, LOAD = 8, LOAD_RET = 12, NOP = 16, C_NOP = 20, CODE_END = 48 };

static unsigned long at(unsigned offset)
{
    return (unsigned long)(uintptr_t)guarded_first + offset;
}

/* Take a trap at this offset. Returns where execution continues. */
static unsigned long trap(unsigned long cause, unsigned offset)
{
    unsigned long pc = at(offset);

    assert_true(trap_guard_take(cause, &pc));
    return pc - at(0);
}

/* Replaces the model's fence: a machine that takes a late trap at one of the guard's fences. */
static unsigned fences_left; /* fences until the late trap; 0: there is none */
static bool caught;

void model_fence(int kind)
{
    unsigned long pc = at(NOP);

    assert_int_equal(kind, MODEL_FENCE_ALL);
    if (!fences_left || --fences_left)
        return;
    caught = trap_guard_take(STORE_FAULT, &pc);
    if (pc != at(NOP))
        ((void (*)(void))(uintptr_t)pc)();
}

static void nothing_traps(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_true(trap_guard_end() == TRAP_NONE);
}

/* The access itself traps twice, and is skipped by its own length. */
static void access_traps(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_int_equal(trap(STORE_FAULT, STORE), STORE);
    assert_int_equal(trap(STORE_FAULT, STORE), STORE_RET);
    assert_int_equal(trap_guard_end(), STORE_FAULT);
    trap_guard_begin();
    assert_int_equal(trap(ILLEGAL, LOAD), LOAD);
    assert_int_equal(trap(ILLEGAL, LOAD), LOAD_RET);
    assert_int_equal(trap_guard_end(), ILLEGAL);
}

/* The same access traps again and again in a loop: it is skipped each time. */
static void access_in_a_loop(void **state)
{
    (void)state;
    trap_guard_begin();
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD_RET);
    }
    assert_int_equal(trap_guard_end(), LOAD_FAULT);
}

/*
 * A trap is reported late, at an instruction that did not cause it: this instruction is not skipped, however often the trap
 * comes there. It may be the return right after the access, another instruction, a compressed one, or half of an access.
 */
static void later_instruction(void **state)
{
    static const unsigned where[] = {STORE_RET, LOAD_RET, NOP, C_NOP, STORE + 2, LOAD + 2};

    (void)state;
    for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]); i++)
        for (unsigned times = 1; times <= 3; times++) {
            trap_guard_begin();
            for (unsigned n = 0; n < times; n++)
                assert_int_equal(trap(STORE_FAULT, where[i]), where[i]);
            assert_true(trap_guard_end() == TRAP_ELSEWHERE);
        }
}

/* A trap is reported late, at another access: that access is executed too. */
static void later_access(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_int_equal(trap(STORE_FAULT, LOAD), LOAD);
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
}

/* The same if another access traps by itself before or after. */
static void later_and_itself(void **state)
{
    (void)state;
    for (unsigned where = NOP; where <= C_NOP; where += C_NOP - NOP) {
        trap_guard_begin();
        assert_int_equal(trap(STORE_FAULT, where), where);
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD_RET);
        assert_true(trap_guard_end() == TRAP_ELSEWHERE);
        trap_guard_begin();
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
        assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD_RET);
        assert_int_equal(trap(STORE_FAULT, where), where);
        assert_true(trap_guard_end() == TRAP_ELSEWHERE);
        trap_guard_begin(); /* nothing of the earlier trap remains */
        assert_true(trap_guard_end() == TRAP_NONE);
    }
}

/* A late trap between the two tries of an access: the third trap is the second try's. */
static void later_between(void **state)
{
    (void)state;
    trap_guard_begin();
    assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
    assert_int_equal(trap(STORE_FAULT, NOP), NOP);
    assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
    assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD_RET);
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
}

/* The guard waits for accesses under way: a late trap of an earlier access is not the guard's, that of its own access is. */
static void later_at_a_fence(void **state)
{
    (void)state;
    fences_left = 1;
    caught = true;
    trap_guard_begin();
    assert_int_equal(fences_left, 0);
    assert_false(caught);
    assert_true(trap_guard_end() == TRAP_NONE);
    trap_guard_begin();
    fences_left = 1;
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
    assert_true(caught);
}

/* Traps at one instruction, or at instructions in a row, come to an end. */
static void ends_after(unsigned from, unsigned step)
{
    unsigned n = 0;

    trap_guard_begin();
    for (; n < 32; n++) {
        unsigned long pc = at(from + n * step);
        if (!trap_guard_take(STORE_FAULT, &pc))
            break;
    }
    assert_in_range(n, 3, 31);
}

static void never_ends(void **state)
{
    (void)state;
    ends_after(NOP, 0);
    ends_after(C_NOP, 2);
    ends_after(STORE, 2);
    assert_true(trap_guard_end() == TRAP_ELSEWHERE);
}

static void not_the_guards(void **state)
{
    unsigned long pc = at(LOAD);

    (void)state;
    assert_false(trap_guard_take(LOAD_FAULT, &pc)); /* there is no guard */
    trap_guard_begin();
    assert_false(trap_guard_take(BREAKPOINT, &pc));
    assert_true(trap_guard_end() == TRAP_NONE);
    assert_false(trap_guard_take(LOAD_FAULT, &pc));
    assert_true(pc == at(LOAD));
}

/* ---- calls ---- */

static unsigned n_done; /* steps of the call that ran, of three */

/* The machine takes a trap at any instruction of the call, and continues where the guard says. */
static void trap_in_call(unsigned long cause, unsigned offset)
{
    unsigned long pc = at(offset);

    assert_true(trap_guard_take(cause, &pc));
    assert_true(pc < at(0) || pc >= at(CODE_END));
    ((void (*)(void))(uintptr_t)pc)();
    fail();
}

static void call(void *traps_at)
{
    n_done = 1;
    if (traps_at)
        trap_in_call(LOAD_FAULT, *(unsigned *)traps_at);
    n_done = 2;
}

static void call_returns(void **state)
{
    unsigned where[] = {STORE, STORE_RET, NOP, C_NOP};

    (void)state;
    for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
        assert_int_equal(trap_guard_call(call, &where[i]), LOAD_FAULT);
        assert_int_equal(n_done, 1);
        unsigned long pc = at(LOAD);
        assert_false(trap_guard_take(LOAD_FAULT, &pc));
    }
    assert_true(trap_guard_call(call, NULL) == TRAP_NONE);
    assert_int_equal(n_done, 2);
    trap_guard_begin(); /* an access after a call is tried and skipped as usual */
    assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD);
    assert_int_equal(trap(LOAD_FAULT, LOAD), LOAD_RET);
    assert_int_equal(trap_guard_end(), LOAD_FAULT);
}

/* Late traps after the call, on the way out, and after the last instruction of a call: the first is resumed; the last belongs
 * to the call. */
static void returns_twice(void *unused)
{
    unsigned long pc = at(NOP), later = at(C_NOP);

    (void)unused;
    assert_true(trap_guard_take(LOAD_FAULT, &pc));
    assert_true(trap_guard_take(STORE_FAULT, &later));
    assert_true(later == at(C_NOP));
    ((void (*)(void))(uintptr_t)pc)();
}

static void call_traps_late(void **state)
{
    (void)state;
    assert_true(trap_guard_call(returns_twice, NULL) == TRAP_ELSEWHERE);
    fences_left = 2; /* the first fence is before the call */
    assert_int_equal(trap_guard_call(call, NULL), STORE_FAULT);
    assert_int_equal(n_done, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_traps),    cmocka_unit_test(access_traps),
        cmocka_unit_test(access_in_a_loop), cmocka_unit_test(later_instruction),
        cmocka_unit_test(later_access),     cmocka_unit_test(later_and_itself),
        cmocka_unit_test(later_between),    cmocka_unit_test(never_ends),
        cmocka_unit_test(not_the_guards),   cmocka_unit_test(call_returns),
        cmocka_unit_test(later_at_a_fence), cmocka_unit_test(call_traps_late),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
