/* SPDX-License-Identifier: BSD-2-Clause */
/* Times in one word (lib/moment.h): never early, at most two units late (one, unless the word is 0), and right across a wrap.
 * Built twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/moment.h"

#define UNIT (AIA_WORD_BITS == 64 ? 1ull : 1ull << 20)

/* The number of ticks at which a word of units wraps: far beyond 2^32. */
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

/* The longest time: it does not wrap into the past, and does not count as past beside a time of long ago. */
static void test_never(void **state)
{
    static const uint64_t now[] = {0, 1, 1000 * UNIT, 1ull << 50, UINT64_MAX / 8};
    static const uint64_t ticks[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2, 1ull << 63, 1ull << 62};

    (void)state;
    for (size_t i = 0; i < sizeof(now) / sizeof(now[0]); i++)
        for (size_t k = 0; k < sizeof(ticks) / sizeof(ticks[0]); k++) {
            uint64_t t = now[i], past = t > MOMENT_FAR ? t - MOMENT_FAR + 2 * UNIT : 0;
            aia_word never = moment_after(t, ticks[k]), ago = moment(past);
            assert_true(later(t, ticks[k]) >= ticks[k]);
            assert_true(moment_never(moment_left(never, t)));
            assert_true(moment_never(moment_left(never, t + 1000000 * UNIT)));
            assert_int_equal(moment_first(never, ago), ago);
            assert_int_equal(moment_first(ago, never), ago);
            assert_false(moment_never(moment_left(moment_after(t, 1ull << 40), t)));
        }
    assert_int_equal(later(UINT64_MAX, 0), UINT64_MAX);
    assert_int_equal(later(UINT64_MAX, 1), UINT64_MAX);
    assert_int_equal(later(5, 7), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
