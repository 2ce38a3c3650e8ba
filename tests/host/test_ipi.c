/* SPDX-License-Identifier: BSD-2-Clause */
/* Many virtual IPIs on one identity, and calls to other harts. */
#include "fixture.h"

#define USER AIA_IPI_USER

static unsigned calls, call_hart;
static bool called_with_irqs_on;

static void called(void *arg)
{
    calls += *(unsigned *)arg;
    call_hart = m.here;
    called_with_irqs_on = m.hart[m.here].irqs_on;
}

static unsigned one = 1;

static int call(unsigned hart)
{
    return aia_call(&t.aia, hart, called, &one);
}

static void set_up(unsigned n_harts)
{
    t_machine(n_harts, 63);
    calls = 0;
    call_hart = 99;
}

/* ---- IPIs ---- */

static void test_all_to_all(void **state)
{
    (void)state;
    set_up(8);
    for (unsigned from = 0; from < 8; from++)
        for (unsigned to = 0; to < 8; to++)
            for (unsigned n = USER; n <= AIA_IPI_MAX; n++) {
                m_on(from);
                assert_int_equal(aia_ipi_send(&t.aia, to, n), AIA_OK);
                m_settle();
                assert_int_equal(m.hart[to].user_ipis[n], from + 1);
            }
    for (unsigned to = 0; to < 8; to++)
        assert_int_equal(t.harts[to].ipis_taken, 8 * (AIA_IPI_MAX - USER + 1));
    t_check_books();
}

/* All IPIs together: one MSI, and each IPI arrives once; an IPI that is sent twice before it is taken arrives once. */
static void test_mux(void **state)
{
    (void)state;
    set_up(2);
    m.hart[1].hold = true;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned n = USER; n <= AIA_IPI_MAX; n++)
            assert_int_equal(aia_ipi_send(&t.aia, 1, n), AIA_OK);
    m.hart[1].hold = false;
    m_settle();
    assert_int_equal(t.harts[1].ipis_taken, 1);
    for (unsigned n = USER; n <= AIA_IPI_MAX; n++)
        assert_int_equal(m.hart[1].user_ipis[n], 1);
}

static void test_invalid(void **state)
{
    (void)state;
    set_up(2);
    assert_int_equal(aia_ipi_send(&t.aia, 2, USER), AIA_EINVAL);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_MAX + 1), AIA_EINVAL);
    assert_int_equal(call(2), AIA_EINVAL);
    m_settle();
    assert_int_equal(t.harts[1].ipis_taken, 0);
}

static void test_offline(void **state)
{
    (void)state;
    set_up(2);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_ipi_send(&t.aia, 1, USER), AIA_EOFFLINE);
    assert_int_equal(call(1), AIA_EOFFLINE);
    m_settle();
    assert_false(m_pending(1, T_IPI)); /* nothing was sent */
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(m.hart[1].user_ipis[USER], 0);
    assert_int_equal(aia_ipi_send(&t.aia, 1, USER), AIA_OK);
    m_settle();
    assert_int_equal(m.hart[1].user_ipis[USER], 1);
    assert_int_equal(call(1), AIA_OK);
    assert_int_equal(calls, 1);
}

static void send_8(void *arg)
{
    (void)arg;
    assert_true(aia_ipi_send(&t.aia, 1, USER) == AIA_OK);
}

static void hart_2_sends(void *arg)
{
    (void)arg;
    m_spawn(2, send_8, NULL);
    m_run(2);
}

/* A send at every access of another send and of the IPI's arrival: every IPI arrives after it was sent. */
static void test_send_at_every_access(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        set_up(3);
        t_at(k, true, hart_2_sends, NULL);
        assert_int_equal(aia_ipi_send(&t.aia, 1, USER + 1), AIA_OK);
        m_run(1);
        more = t_at_done();
        m_settle();
        assert_int_equal(m.hart[1].user_ipis[USER + 1], 1);
        assert_int_equal(m.hart[1].user_ipis[USER], more);
    }
}

/* ---- calls ---- */

static void test_call(void **state)
{
    (void)state;
    set_up(4);
    for (unsigned from = 0; from < 4; from++)
        for (unsigned to = 0; to < 4; to++) {
            m_on(from);
            calls = 0;
            assert_int_equal(call(to), AIA_OK);
            assert_int_equal(calls, 1);
            assert_int_equal(call_hart, to);
            assert_false(called_with_irqs_on);
            assert_true(m.hart[from].irqs_on);
        }
}

static void call_1(void *arg)
{
    *(int *)arg = call(1);
}

/* Several calls on one hart's list. */
static void test_calls_from_many(void **state)
{
    int results[4] = {9, 9, 9, 9};

    (void)state;
    set_up(5);
    m.hart[1].hold = true;
    for (unsigned h = 2; h < 5; h++) {
        m_spawn(h, call_1, &results[h - 1]);
        m_run(h);
    }
    assert_int_equal(calls, 0);
    m.hart[1].hold = false;
    results[0] = call(1);
    m_settle();
    assert_int_equal(calls, 4);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(results[i], AIA_OK);
}

/* Calls run in the order in which they came, whether an IPI starts them or the hart runs them as it goes offline. */
static unsigned order[8], n_order;

static void note_order(void *arg)
{
    order[n_order++] = *(unsigned *)arg;
}

static void call_in_order(void *arg)
{
    assert_true(aia_call(&t.aia, 1, note_order, arg) == AIA_OK);
}

static void test_calls_oldest_first(void **state)
{
    (void)state;
    for (unsigned going = 0; going < 2; going++) {
        unsigned number[4] = {0, 1, 2, 3};
        set_up(6);
        n_order = 0;
        assert_true(!going || aia_hart_offline_begin(&t.aia, 1) == AIA_OK);
        m.hart[1].hold = true;
        for (unsigned i = 0; i < 4; i++) {
            m_spawn(2 + i, call_in_order, &number[i]);
            m_run(2 + i);
        }
        assert_int_equal(n_order, 0);
        assert_true(!going || t_offline_finish(1, 0) == AIA_OK);
        m.hart[1].hold = false;
        m_settle();
        assert_int_equal(n_order, 4);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(order[i], i);
    }
}

/* Two harts call each other: both wait with interrupts on. */
static void call_0(void *arg)
{
    *(int *)arg = call(0);
}

static void test_calls_crossing(void **state)
{
    int result = 9;

    (void)state;
    set_up(2);
    m_spawn(1, call_0, &result);
    m_run(1);
    assert_int_equal(call(1), AIA_OK);
    m_settle();
    assert_int_equal(result, AIA_OK);
    assert_int_equal(calls, 2);
}

/* Another task of the calling hart, where an embedder preempts tasks: both tasks use the hart's one call. */
static unsigned others;
static int other_result;

static void count_other(void *arg)
{
    (void)arg;
    others++;
}

static void other_task(void *arg)
{
    (void)arg;
    other_result = aia_call(&t.aia, 2, count_other, NULL);
}

static void test_call_preempted(void **state)
{
    (void)state;
    unsigned went = 0;
    for (unsigned k = 0; k < 6; k++) { /* until the call is on the list; after that it belongs to the list */
        set_up(3);
        others = 0;
        other_result = AIA_ETIMEOUT;
        t_at(k, true, other_task, NULL);
        assert_int_equal(call(1), AIA_OK);
        assert_true(t_at_done());
        m_settle();
        assert_int_equal(calls, 1);
        assert_int_equal(call_hart, 1);
        assert_int_equal(others,
                         other_result == AIA_OK); /* during the first call the other waits, here in vain */
        went += others;
    }
    assert_true(went > 0);
}

static void test_call_timeout(void **state)
{
    (void)state;
    set_up(3);
    m.hart[1].hold = true;
    uint64_t before = m.now;
    assert_int_equal(call(1), AIA_ETIMEOUT);
    assert_in_range(m.now - before, T_LIMIT, T_LIMIT + 100);

    /* the call stays on hart 1's list until hart 1 looks at the list */
    assert_int_equal(call(2), AIA_ETIMEOUT);
    assert_int_equal(calls, 0);
    m.hart[1].hold = false;
    m_settle();
    assert_int_equal(calls, 0); /* the call was given up: it does not run any more */
    assert_int_equal(call(2), AIA_OK);
    assert_int_equal(call(1), AIA_OK);
    assert_int_equal(calls, 2);
}

/* The hart that did not answer goes offline: the last thing that it does is to look at its list. */
static void test_call_timeout_then_offline(void **state)
{
    (void)state;
    set_up(3);
    m.hart[1].hold = true;
    assert_int_equal(call(1), AIA_ETIMEOUT);
    assert_int_equal(t_offline(1, 2), AIA_OK);
    m_on(0);
    assert_int_equal(call(2), AIA_OK);
    assert_int_equal(calls, 1);
}

static void slow_call(void *arg)
{
    called(arg);
    m_yield();
    m_yield();
    calls++;
}

/* The call runs while the caller waits: the caller sees the end of the run. */
static void test_slow_call(void **state)
{
    (void)state;
    set_up(2);
    assert_int_equal(aia_call(&t.aia, 1, slow_call, &one), AIA_OK);
    assert_int_equal(calls, 2);
}

static void very_slow_call(void *arg)
{
    uint64_t begin = m.now;

    while (m.now < begin + 5 * T_LIMIT)
        m_yield();
    called(arg);
}

/* A call that takes longer than any wait, but has begun: it has ended when the caller goes on, for its argument may be on the
 * caller's stack. */
static void test_very_slow_call(void **state)
{
    (void)state;
    set_up(3);
    assert_int_equal(aia_call(&t.aia, 1, very_slow_call, &one), AIA_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(call(2), AIA_OK);
}

/* ---- a hart that closes or opens at the same time ---- */

static int result;

static void send_and_call(void *arg)
{
    result = aia_ipi_send(&t.aia, 1, USER);
    call_1(arg);
}

static void hart_2_sends_and_calls(void *arg)
{
    m_spawn(2, send_and_call, arg);
    m_run(2);
}

/*
 * The result of a send is true: after AIA_OK the IPI arrives; after AIA_EOFFLINE it does not. The hart goes offline with an
 * empty file.
 */
static void test_close_at_every_access(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        int call_result = 9;
        set_up(3);
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        m_on(1);
        m.hart[1].irqs_on = false;
        t_at(k, true, hart_2_sends_and_calls, &call_result);
        assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_OK);
        more = t_at_done();
        assert_false(m_pending(1, T_IPI));
        m_on(0);
        m_stop(1);
        m_settle();
        if (more) {
            assert_int_equal(call_result, calls ? AIA_OK : AIA_EOFFLINE);
            assert_int_equal(result, m.hart[1].user_ipis[USER] ? AIA_OK : AIA_EOFFLINE);
        }
    }
}

static void test_open_at_every_access(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        int call_result = 9;
        set_up(3);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        m_start(1);
        m_on(1);
        m.hart[1].irqs_on = false;
        t_at(k, true, hart_2_sends_and_calls, &call_result);
        assert_int_equal(aia_hart_online_begin(&t.aia), 0);
        more = t_at_done();
        aia_port_irq_restore(1);
        m_on(0);
        m_settle();
        if (more) {
            assert_int_equal(call_result, calls ? AIA_OK : AIA_EOFFLINE);
            assert_int_equal(result, m.hart[1].user_ipis[USER] ? AIA_OK : AIA_EOFFLINE);
        }
        assert_int_equal(call(1), AIA_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_to_all),
        cmocka_unit_test(test_mux),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_offline),
        cmocka_unit_test(test_send_at_every_access),
        cmocka_unit_test(test_call),
        cmocka_unit_test(test_calls_from_many),
        cmocka_unit_test(test_calls_oldest_first),
        cmocka_unit_test(test_calls_crossing),
        cmocka_unit_test(test_call_preempted),
        cmocka_unit_test(test_call_timeout),
        cmocka_unit_test(test_call_timeout_then_offline),
        cmocka_unit_test(test_slow_call),
        cmocka_unit_test(test_very_slow_call),
        cmocka_unit_test(test_close_at_every_access),
        cmocka_unit_test(test_open_at_every_access),
    };

    return T_RUN(tests);
}
