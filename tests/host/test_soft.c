/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The software interrupts of harts without interrupt files: cleared before aia_soft_interrupt(), no IPI is lost, whenever it is
 * sent. Cleared after the call, an IPI is lost, and what aia.h says of it is true.
 */
#include "wires.h"

static unsigned called;

static void count(void *arg)
{
    (void)arg;
    called++;
}

static void send(void *arg)
{
    (void)arg;
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
}

static void hart_0_sends(void *arg)
{
    m_spawn(0, send, arg);
    m_run(0);
}

static void calls(void *fn)
{
    assert_int_equal(aia_call(&t.aia, 1, *(void (**)(void *))fn, NULL), AIA_OK);
}

/*
 * Hart 1 takes the software interrupt of a call of hart 2, which runs fn. If `at`, hart 0 sends an IPI at access k of that.
 * Returns t_at_done().
 */
static bool take(void (*fn)(void *arg), bool clear_first, bool at, unsigned k)
{
    w_direct_machine(3, 3, 0);
    called = 0;
    m.hart[1].hold = true; /* the test takes its interrupts */
    m_on(1);
    m_spawn(2, calls, &fn);
    m_run(2);
    assert_true(m.hart[1].soft);
    m.hart[1].irqs_on = false;
    m.hart[1].soft = m.hart[1].soft && !clear_first;
    if (at)
        t_at(k, true, hart_0_sends, NULL);
    aia_soft_interrupt(&t.aia);
    bool done = t_at_done();
    m.hart[1].soft = m.hart[1].soft && clear_first;
    m.hart[1].irqs_on = true;
    while (m_busy(2))
        m_run(2);
    m_on(0);
    m.hart[1].hold = false;
    m_settle();
    return at && done;
}

/* An IPI at any access, and in the call itself, is taken. */
static void test_cleared_first(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        more = take(count, true, true, k);
        assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], more);
        assert_int_equal(called, 1);
        assert_int_equal(aia_call(&t.aia, 1, count, NULL), AIA_OK);
    }
    (void)take(hart_0_sends, true, false, 0);
    assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
    assert_int_equal(aia_call(&t.aia, 1, count, NULL), AIA_OK);
}

/* The IPI is not taken, and the hart answers no call any more. */
static void test_cleared_last(void **state)
{
    (void)state;
    (void)take(hart_0_sends, false, false, 0);
    assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 0);
    assert_int_equal(aia_call(&t.aia, 1, count, NULL), AIA_ETIMEOUT);
    assert_int_equal(called, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cleared_first),
        cmocka_unit_test(test_cleared_last),
    };

    return T_RUN(tests);
}
