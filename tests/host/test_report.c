/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports: their names and texts, and the limit on how many of a kind come within a window. */
#include "fixture.h"

#include <string.h>

#define FREE_ID 40u

/* Each kind has a word that scripts can match, and one line that no other kind has. */
static void test_names(void **state)
{
    (void)state;
    for (int i = 0; i < AIA_N_REPORTS; i++) {
        enum aia_report_what what = (enum aia_report_what)i;
        assert_null(strpbrk(aia_report_name(what), " \n"));
        assert_null(strchr(aia_report_text(what), '\n'));
        assert_in_range(strlen(aia_report_text(what)), 40, 120);
        assert_string_not_equal(aia_report_name(what), "unknown");
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(aia_report_name(what), aia_report_name((enum aia_report_what)k));
            assert_string_not_equal(aia_report_text(what), aia_report_text((enum aia_report_what)k));
        }
    }
    assert_string_equal(aia_report_name(AIA_N_REPORTS), "unknown");
    assert_string_equal(aia_report_name((enum aia_report_what)99), "unknown");
    assert_string_equal(aia_report_text((enum aia_report_what)99), "unknown report");
}

/* `n` edges on an identity of hart 1 that no interrupt owns. Returns how many were reported. */
static unsigned unowned(unsigned n)
{
    unsigned before = m.n_unowned;

    m_on(0);
    for (unsigned i = 0; i < n; i++) {
        m_file_set(&m.hart[1].file, FREE_ID + i % 4);
        m_settle();
    }
    return m.n_unowned - before;
}

static void machine_of_limit(uint32_t limit)
{
    uint16_t ids[M_MAX_HARTS] = {63, 63};

    t_prepare(2, ids);
    t.config.report_limit = limit;
    t_init();
    t_online(1);
    t_online(0);
}

static void test_no_limit(void **state)
{
    (void)state;
    machine_of_limit(0);
    assert_int_equal(unowned(T_STORM - 1), T_STORM - 1);
    assert_int_equal(m.n_withheld, 0);
}

/* The first report of the next window tells how many were withheld, once. */
static void test_limit(void **state)
{
    (void)state;
    for (unsigned limit = 1; limit < 4; limit++) {
        machine_of_limit(limit);
        assert_int_equal(unowned(7), limit);
        assert_int_equal(m.n_withheld, 0);
        m.now += T_WINDOW + 1;
        assert_int_equal(unowned(1), 1);
        assert_int_equal(m.n_withheld, 7 - limit);
        m.now += T_WINDOW + 1;
        assert_int_equal(unowned(limit), limit);
        assert_int_equal(m.n_withheld, 7 - limit);
        assert_int_equal(t.harts[1].unowned, 8 + limit);
    }
}

/* A kind that floods does not hide another kind. */
static void test_kinds_apart(void **state)
{
    (void)state;
    machine_of_limit(1);
    assert_int_equal(unowned(T_STORM + 2), 1);
    assert_int_equal(t_reported(AIA_REPORT_STORM_UNOWNED), 1);
    assert_int_equal(m.n_withheld, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_kinds_apart),
    };

    return T_RUN(tests);
}
