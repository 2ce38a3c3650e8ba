/* SPDX-License-Identifier: BSD-2-Clause */
/* Moments in one word (lib/moment.h): never early, at most two units late (one, but where the word is 0), and right while they wrap. Built twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/moment.h"

#define UNIT (AIA_WORD_BITS == 64 ? 1ull : 1ull << 20)

/* Where a word of units wraps: far beyond 2^32 ticks. */
static const uint64_t wraps = AIA_WORD_BITS == 64 ? UINT64_MAX / 4 : 1ull << 52;

static void check_at(uint64_t t)
{
    aia_word m = moment(t);

    assert_true(moment_left(m, t - 1) > 0);
    assert_true(moment_left(m, t - 1000 * UNIT) >= 1000 * UNIT);
    assert_true(moment_left(m, t - 1000 * UNIT) <= 1002 * UNIT);
    assert_int_equal(moment_left(m, t + 2 * UNIT - 1), 0);
    assert_int_equal(moment_left(m, t + (wraps >> 2)), 0);
}

static void test_left(void **state)
{
    static const int64_t around[] = {-1000, -2, -1, 0, 1, 2, 3, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++) {
        check_at(wraps + (uint64_t)around[i]);
        check_at(wraps + (uint64_t)around[i] * UNIT);
        check_at((uint64_t)(around[i] + 2001) * UNIT);
        check_at((uint64_t)(around[i] + 2001) * UNIT + UNIT / 3);
    }
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(moment_left(0, 0), 0);
    assert_int_equal(moment_left(0, wraps - UNIT), 0);
    assert_int_equal(moment_first(0, moment(5 * UNIT)), 0);
    assert_int_equal(moment_first(moment(5 * UNIT), 0), 0);
    assert_int_not_equal(moment(0), 0); /* which would mean none */
    assert_int_not_equal(moment(wraps), 0);
}

static void test_first(void **state)
{
    aia_word early = moment(wraps - 10 * UNIT), late = moment(wraps + 10 * UNIT);

    (void)state;
    assert_int_equal(moment_first(early, late), early);
    assert_int_equal(moment_first(late, early), early);
    assert_int_equal(moment_first(late, late), late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
