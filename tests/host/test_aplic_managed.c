/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A managed wired interrupt of harts {1, 2}. When both are offline its source is disabled. What waits there, a line that is
 * up or an edge, is handled by the first of the two harts that comes back. In both delivery modes.
 */
#include "wires.h"

static struct wire q;

static void machine(bool direct, unsigned how)
{
    if (direct)
        w_direct_machine(4, 4, how);
    else
        w_machine(4, how);
}

static struct aia_hartset pair(void)
{
    struct aia_hartset set = aia_hartset_one(1);

    aia_hartset_add(&set, 2);
    return set;
}

static void goes(unsigned hart)
{
    assert_int_equal(t_offline(hart, 0), AIA_OK);
}

static void comes(unsigned hart)
{
    assert_int_equal(t_online_again(hart, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, hart, AIA_DISPLACED_STAY), AIA_OK);
}

static void handled_on(unsigned hart)
{
    unsigned runs = q.runs;

    w_rise(&q);
    w_check(&q);
    assert_int_equal(q.runs, runs + 1);
    assert_int_equal(q.hart, hart);
}

static void is_shut_down(void)
{
    assert_false(w_model.source[9].enabled);
    assert_int_equal(q.irq->vec.id, 0);
}

static void both_go_and_come(bool direct, enum aplic_mode mode, unsigned how, unsigned first)
{
    machine(direct, how);
    w_source(&q, 9, mode);
    assert_int_equal(w_request_managed(&q, pair()), AIA_OK);
    handled_on(1);
    goes(1);
    handled_on(2);
    goes(2);
    is_shut_down();
    comes(first);
    handled_on(first);
    comes(3 - first);
    handled_on(first);
    assert_int_equal(w_move(&q, 3), AIA_EINVAL);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    t_check_books();
}

static void shut_down_and_back(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned how = 0; how < W_HOWS; how++)
            for (unsigned first = 1; first <= 2; first++) {
                both_go_and_come(false, w_modes[i], w_hows[how], first);
                both_go_and_come(true, w_modes[i], w_hows[how], first);
            }
}

static void what_comes_meanwhile(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned how = 0; how < W_HOWS; how++)
            for (unsigned i = 0; i < 4; i++) {
                machine(direct, w_hows[how]);
                w_source(&q, 9, w_modes[i]);
                assert_int_equal(w_request_managed(&q, pair()), AIA_OK);
                goes(1);
                goes(2);
                w_rise(&q);
                m_settle();
                assert_int_equal(q.runs, 0);
                comes(2);
                w_check(&q);
                assert_int_equal(q.runs, 1);
                assert_int_equal(q.hart, 2);
            }
}

/*
 * An edge, or the rise of a line, before any access of the offline of the last hart, which takes no interrupts from then
 * on: its sweep handles the edge, or hart 2 finds the edge when it comes back.
 */
static void edge_before_the_shutdown(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < 4; i++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                machine(direct, 0);
                w_source(&q, 9, w_modes[i]);
                assert_int_equal(w_request_managed(&q, pair()), AIA_OK);
                goes(2);
                m.hart[1].hold = true;
                t_at(k, true, w_rise, &q);
                assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
                more = t_at_done();
                m.hart[1].hold = false;
                assert_int_equal(t_offline_finish(1, 0), AIA_OK);
                comes(2);
                w_check(&q);
                assert_int_equal(q.runs, more);
                handled_on(2);
                t_check_books();
            }
        }
}

/* An edge that waits in a stopped source belongs to its interrupt: the next interrupt of the source does not get it. */
static void waiting_edge_ends_with_a_free(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        machine(direct, 0);
        w_source(&q, 9, APLIC_EDGE_RISE);
        assert_int_equal(w_request_managed(&q, pair()), AIA_OK);
        goes(1);
        goes(2);
        w_edge(&q);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(q.runs, 0);
        q.irq = NULL;
        assert_int_equal(w_request(&q, aia_hartset_one(3)), AIA_OK);
        m_settle();
        assert_int_equal(q.runs, 0);
        handled_on(3);
    }
}

/* A line that can reach two harts of four: it does not wait for the other two, and their return succeeds without it. */
static void harts_of_another_domain(void **state)
{
    struct aia_hartset all = aia_hartset_first(4), others = aia_hartset_one(2);

    (void)state;
    aia_hartset_add(&others, 3);
    w_direct_machine(4, 2, 0);
    w_source(&q, 9, APLIC_LEVEL_HIGH);
    assert_int_equal(w_request_managed(&q, others), AIA_ENOHART);
    assert_null(q.irq);
    assert_int_equal(w_request(&q, others), AIA_ENOHART);
    m_on(3);
    assert_int_equal(t_offline(0, 3), AIA_OK);
    assert_int_equal(w_request_managed(&q, all), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 1);
    assert_int_equal(t_offline(1, 3), AIA_OK);
    assert_int_equal(t_offline(2, 3), AIA_OK);
    assert_int_equal(t_online_again(2, 3), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 2, AIA_DISPLACED_RETURN), AIA_OK);
    assert_int_equal(q.irq->vec.id, 0);
    assert_int_equal(t_online_again(0, 3), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 0, AIA_DISPLACED_RETURN), AIA_OK);
    handled_on(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shut_down_and_back),       cmocka_unit_test(what_comes_meanwhile),
        cmocka_unit_test(edge_before_the_shutdown), cmocka_unit_test(waiting_edge_ends_with_a_free),
        cmocka_unit_test(harts_of_another_domain),
    };

    return T_RUN(tests);
}
