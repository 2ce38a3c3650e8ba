/* SPDX-License-Identifier: BSD-2-Clause */
/* Wired interrupts as MSIs: moves, the drain of MSIs under way, hotplug, frees. */
#include "wires.h"

static struct wire q, p;

/* ---- moves and drain: "Synchronizing interactions between a hart and the APLIC" ---- */

static const uint32_t lags[] = {0, 7, M_NEVER};

static void inject_move(enum aplic_mode mode, uint32_t lag, bool run)
{
    bool more = true;

    for (unsigned k = 0; more; k++) {
        w_machine(3, 0);
        w_irq(&q, 9, mode, 1);
        w_irq(&p, 10, mode, 1);
        w_model.lag = m.inbound_lag = lag;
        m_on(run ? 0 : 2);
        t_at(k, true, w_rise, &q);
        assert_int_equal(w_move(&q, 2), AIA_OK);
        if (run)
            m_run_others();
        more = t_at_done();
        if (!more)
            w_rise(&q);
        t_check_books();
        w_check(&q);
        assert_int_equal(p.runs, 0);
        assert_int_equal(t.harts[1].unowned + t.harts[2].unowned, 0);
        w_rise(&q);
        w_check(&q);
        assert_int_equal(q.hart, 2);
    }
}

static void move_loses_nothing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned l = 0; l < 3; l++) {
            inject_move(w_modes[i], lags[l], false);
            inject_move(w_modes[i], lags[l], true);
        }
}

/* `hart` reclaims now, with its interrupts off. */
static void reclaim_on(unsigned hart)
{
    m_on(hart);
    unsigned long was = aia_port_irq_save();
    aia_timer(&t.aia);
    aia_port_irq_restore(was);
    m_on(0);
}

/* An MSI that has left the APLIC and has not arrived when the vector is reclaimed. */
static void late_msi_is_waited_for(void **state)
{
    (void)state;
    w_machine(3, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    struct imsic_vector old = q.irq->vec;
    w_model.lag = M_NEVER;
    w_model.busy_steps = 200;
    w_edge(&q);
    assert_int_equal(w_model.n_way, 1);
    assert_int_equal(w_move(&q, 2), AIA_OK);
    assert_int_equal(w_model.n_way, 1);
    reclaim_on(1);
    assert_true(t_is_free(1, old.id));
    assert_int_equal(w_model.n_way, 0);
    w_irq(&p, 10, APLIC_EDGE_RISE, 1); /* owns the vector now */
    assert_int_equal(p.irq->vec.id, old.id);
    w_check(&q);
    assert_int_equal(q.runs, 1);
    assert_int_equal(p.runs, 0);
    assert_int_equal(t.harts[1].unowned, 0);
}

/* One genmsi for two harts: it sends one message at a time, and ignores a write while Busy. */
static void genmsi_is_shared(void **state)
{
    (void)state;
    w_machine(3, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    w_irq(&p, 10, APLIC_EDGE_RISE, 2);
    struct imsic_vector q_old = q.irq->vec, p_old = p.irq->vec;
    w_model.lag = M_NEVER;
    w_model.busy_steps = 100;
    assert_int_equal(w_move(&q, 0), AIA_OK);
    assert_int_equal(w_move(&p, 0), AIA_OK);
    am_write(&w_model, 0x3000, 0); /* foreign software uses it: Busy when the reclaims begin */
    reclaim_on(1);
    reclaim_on(2);
    assert_true(t_is_free(1, q_old.id) && t_is_free(2, p_old.id));
    assert_int_equal(w_model.ignored, 0);
    assert_int_equal(t_reported(AIA_REPORT_SYNC_TIMEOUT), 0);
}

/* An APLIC that does not answer keeps its vector retiring; other vectors are reclaimed. */
static void dead_genmsi_is_named(void **state)
{
    (void)state;
    struct t_irq other;

    w_machine(2, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    t_irq(&other, AIA_MSI_STORE, 1);
    struct imsic_vector old = q.irq->vec, other_old = other.irq->vec;
    w_model.dead = true;
    am_write(&w_model, 0x3000, 0);
    assert_int_equal(w_move(&q, 0), AIA_OK);
    assert_int_equal(t_move(&other, 0), AIA_OK);
    reclaim_on(1);
    assert_false(t_is_free(1, old.id));
    assert_true(t_is_free(1, other_old.id));
    assert_int_equal(t_reported(AIA_REPORT_SYNC_TIMEOUT), 1);
    assert_int_not_equal(t_offline(1, 0), AIA_OK);
    w_model.dead = false;
    t_check_books();
    assert_int_equal(t_offline(1, 0), AIA_OK);
}

/* A hart goes offline with MSIs to it under way: they arrive before it stops, and none is late when it is back. */
static void offline_leaves_no_late_edge(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned l = 0; l < 3; l++) {
            w_machine(3, 0);
            w_irq(&q, 9, w_modes[i], 1);
            w_model.lag = m.inbound_lag = lags[l];
            w_rise(&q);
            assert_int_equal(t_offline(1, 0), AIA_OK);
            w_check(&q);
            assert_int_equal(t_online_again(1, 0), 0);
            assert_int_equal(t.harts[1].late, 0);
            t_check_books();
        }
}

/* A source is freed with an MSI under way: the handler runs for it, the source is silent, and can be requested again. */
static void freed_source_is_silent(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        w_machine(2, 0);
        w_irq(&q, 9, w_modes[i], 1);
        w_model.lag = M_NEVER;
        w_edge(&q);
        m_on(0);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(q.runs, 1);
        q.irq = NULL;
        am_wire(&w_model, 9, i == 0);
        am_wire(&w_model, 9, i != 0);
        m_settle();
        assert_int_equal(q.runs, 1);
        assert_int_equal(w_request(&q, aia_hartset_one(0)), AIA_OK);
        m_settle();
        assert_int_equal(q.runs, 1);
        w_edge(&q);
        w_check(&q);
        t_check_books();
    }
}

/* ---- everything together ---- */

static void random_levels(void **state)
{
    uint64_t r = 5;

    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++) {
        w_machine(4, w_hows[how]);
        w_irq(&q, 9, APLIC_LEVEL_HIGH, 0);
        w_irq(&p, 73, APLIC_LEVEL_LOW, 1);
        w_model.lag = lags[how % 3];
        for (unsigned i = 0; i < 2000; i++) {
            struct wire *w = t_random(&r) % 2 ? &q : &p;
            unsigned n = (unsigned)(t_random(&r) % 4), runs = w->runs;
            if (n)
                w_cause(w, n);
            for (unsigned j = (unsigned)(t_random(&r) % 3); j; j--)
                assert_int_equal(w_move(w, (unsigned)(t_random(&r) % 4)), AIA_OK);
            if (t_random(&r) % 8 == 0)
                m_run_others();
            w_check(w);
            assert_int_equal(w->runs, runs + n);
        }
        t_check_books();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(move_loses_nothing),
        cmocka_unit_test(late_msi_is_waited_for),
        cmocka_unit_test(genmsi_is_shared),
        cmocka_unit_test(dead_genmsi_is_named),
        cmocka_unit_test(offline_leaves_no_late_edge),
        cmocka_unit_test(freed_source_is_silent),
        cmocka_unit_test(random_levels),
    };

    return T_RUN(tests);
}
