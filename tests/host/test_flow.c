/* SPDX-License-Identifier: BSD-2-Clause */
/* From an edge to a handler: on one hart at a time; and lazy masking. */
#include "fixture.h"

static struct t_irq q;

static void test_edge(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    for (unsigned i = 1; i <= 3; i++) {
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(q.runs, i);
        assert_int_equal(q.hart, 1);
        assert_int_equal(aia_irq_runs(&t.aia, q.irq, 1), i);
    }
    assert_int_equal(aia_irq_runs(&t.aia, q.irq, 0), 0);
    assert_int_equal(t.harts[1].handled, 3);
    t_check_books();
}

/* Two edges before the hart looks share one bit, and one run. */
static void test_coalesced(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m_raise(&q.dev);
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(q.runs, 1);
}

/* ---- disable and enable ---- */

static void test_lazy_masking(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    aia_irq_disable(&t.aia, q.irq);
    for (unsigned i = 0; i < 3; i++) {
        m_raise(&q.dev);
        m_settle();
    }
    assert_int_equal(q.runs, 0);
    assert_int_equal(q.irq->count.kept, 3);

    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 1); /* two edges gave one run */
    assert_int_equal(q.irq->count.resent, 1);
    t_check_books();
}

static void test_enable_without_edge(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    aia_irq_disable(&t.aia, q.irq);
    aia_irq_enable(&t.aia, q.irq);
    m_settle();
    assert_int_equal(q.runs, 0);
    assert_int_equal(q.irq->count.resent, 0);
}

/* Disabled and enabled again before the copy arrives: the copy is not lost on the way. */
static void test_disable_before_resent_arrives(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    m.hart[1].hold = true;
    aia_irq_enable(&t.aia, q.irq);
    aia_irq_disable(&t.aia, q.irq);
    m.hart[1].hold = false;
    m_settle();
    assert_int_equal(q.runs, 0);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 1);
}

/* One enable undoes any number of disables. */
static void test_disables_are_not_counted(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    for (unsigned i = 0; i < 3; i++)
        aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    assert_int_equal(q.runs, 0);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 1);
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(q.runs, 2);
}

static void enable_in_handler(struct t_irq *self)
{
    self->during = NULL;
    m_raise(&self->dev);
    m_settle();
    aia_irq_enable(&t.aia, self->irq);
}

/* An enable of an interrupt that is enabled sends nothing, and neither loses nor adds a run. */
static void test_enable_while_enabled(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    for (unsigned i = 0; i < 2; i++) {
        aia_irq_enable(&t.aia, q.irq);
        aia_irq_enable(&t.aia, q.irq);
        m_settle();
        assert_int_equal(q.runs, i);
        assert_int_equal(q.irq->count.resent, 0);
        assert_int_equal(q.irq->flow, 0);
        m_raise(&q.dev);
        t_check(&q);
    }
    q.during = enable_in_handler; /* while an edge is noted */
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(q.runs, 4);
    assert_int_equal(q.extra, 0);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    aia_irq_enable(&t.aia, q.irq);
    m_settle();
    assert_int_equal(q.runs, 4);
    t_check_books();
}

static void disable_in_handler(struct t_irq *self)
{
    self->during = NULL;
    aia_irq_disable(&t.aia, self->irq);
    m_raise(&self->dev);
}

static void test_disable_in_handler(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = disable_in_handler;
    m_raise(&q.dev);
    m_settle();
    assert_int_equal(q.runs, 1);
    assert_int_equal(aia_irq_synchronize(&t.aia, q.irq), AIA_OK);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 2);
}

static void raise_q(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
    m_run_others();
}

/* An edge before each access of a disable and an enable. */
static void test_edge_during_disable_enable(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine(2, 63);
        t_irq(&q, AIA_MSI_PLAIN, 1);
        t_at(k, true, raise_q, NULL);
        aia_irq_disable(&t.aia, q.irq);
        m_raise(&q.dev);
        m_run_others();
        aia_irq_enable(&t.aia, q.irq);
        more = t_at_done();
        t_check(&q);
        t_check_books();
    }
}

/* ---- never on two harts at the same time ---- */

/* While the handler runs on hart 1, hart 2 takes an edge, because the message points there now. */
static void edge_on_other_hart(struct t_irq *self)
{
    self->during = NULL;
    m.hart[1].file.frozen = false;
    m_raise(&self->dev);
    m_run(2);
}

static void test_rerun(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m.hart[1].hold = true;
    m_raise(&q.dev); /* waits in the old file */
    assert_int_equal(t_move(&q, 2), AIA_OK);
    m.hart[1].hold = false;
    q.during = edge_on_other_hart;
    m_settle(); /* forwarded to hart 2, so it runs there */
    t_check(&q);
    assert_int_equal(q.hart, 2);

    /* and then it runs on hart 2 while hart 1 takes the next edge */
    assert_int_equal(t_move(&q, 1), AIA_OK);
    t_check(&q);
    t_check_books();
}

/* The handler stops in its middle on hart 1 and waits; hart 2 takes the next edge meanwhile. */
static void stop_here(struct t_irq *self)
{
    self->during = NULL;
    m_yield();
}

static void test_rerun_on_first_hart(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = stop_here;
    m_raise(&q.dev);
    m_run(1); /* hart 1 stops in its handler */
    assert_int_equal(q.running, 1);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    for (unsigned i = 0; i < 3; i++) {
        m_raise(&q.dev);
        m_run(2); /* hart 2 notes the edge, and does not run the handler */
    }
    assert_int_equal(q.runs, 1);
    assert_int_equal(aia_irq_synchronize(&t.aia, q.irq), AIA_OK); /* lets hart 1 go on */
    assert_int_equal(q.running, 0);
    assert_int_equal(q.runs, 2);
    assert_int_equal(q.irq->count.rerun, 1);
    assert_int_equal(aia_irq_runs(&t.aia, q.irq, 1), 2);
    t_check(&q);
    t_check_books();
}

/* Disabled while the handler runs: edges that come then are kept, and cause no rerun. */
static void test_no_rerun_while_disabled(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = stop_here;
    m_raise(&q.dev);
    m_run(1);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_run(2);
    m_settle();
    assert_int_equal(q.runs, 1);
    assert_int_equal(q.running, 0);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 2);
}

/* Enabled while the handler still runs: the edge noted meanwhile is sent again, so the end of the run causes no rerun for it. */
static void test_enable_while_it_runs(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = stop_here;
    m_raise(&q.dev);
    m_run(1);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    m_raise(&q.dev);
    m_run(2);
    aia_irq_disable(&t.aia, q.irq);
    m.hart[2].hold = true; /* the copy is under way until the run has ended */
    aia_irq_enable(&t.aia, q.irq);
    m_run(1);
    assert_int_equal(q.running, 0);
    assert_int_equal(q.runs, 1);
    m.hart[2].hold = false;
    t_check(&q);
    assert_int_equal(q.runs, 2);
    t_check_books();
}

static void yield_there(void *arg)
{
    (void)arg;
    m_yield();
}

/*
 * Hart 1 stops before each access of taking an edge. Meanwhile the interrupt moves, and hart 2 takes another edge: it finds
 * the handler idle, running, or about to end.
 */
static void test_rerun_at_every_access(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine(3, 63);
        t_irq(&q, AIA_MSI_PLAIN, 1);
        m_raise(&q.dev);
        t_at(k, true, yield_there, NULL);
        m_run(1);
        more = t_at_done();
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m_raise(&q.dev);
        m_run(2);
        m_run(1);
        t_check(&q);
        t_check_books();
    }
}

static void test_synchronize_timeout(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    atomic_fetch_or(&q.irq->flow, AIA_FLOW_RUNNING); /* without end */
    uint64_t before = m.now;
    assert_int_equal(aia_irq_synchronize(&t.aia, q.irq), AIA_ETIMEOUT);
    assert_in_range(m.now - before, T_LIMIT, T_LIMIT + 100);
}

/* The count of runs on a hart that does not exist is 0. */
static void test_runs_of_no_hart(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(aia_irq_runs(&t.aia, q.irq, 1), 1);
    assert_int_equal(aia_irq_runs(&t.aia, q.irq, 2), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edge),
        cmocka_unit_test(test_coalesced),
        cmocka_unit_test(test_lazy_masking),
        cmocka_unit_test(test_enable_without_edge),
        cmocka_unit_test(test_disable_before_resent_arrives),
        cmocka_unit_test(test_disables_are_not_counted),
        cmocka_unit_test(test_enable_while_enabled),
        cmocka_unit_test(test_disable_in_handler),
        cmocka_unit_test(test_edge_during_disable_enable),
        cmocka_unit_test(test_rerun),
        cmocka_unit_test(test_rerun_on_first_hart),
        cmocka_unit_test(test_no_rerun_while_disabled),
        cmocka_unit_test(test_enable_while_it_runs),
        cmocka_unit_test(test_rerun_at_every_access),
        cmocka_unit_test(test_synchronize_timeout),
        cmocka_unit_test(test_runs_of_no_hart),
    };

    return T_RUN(tests);
}
