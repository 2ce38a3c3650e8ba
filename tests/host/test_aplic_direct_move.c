/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts without interrupt files: moves, hotplug, IPIs, two domains. */
#include "wires.h"

static struct wire q, p;

/* ---- moves ---- */

static void inject_move(enum aplic_mode mode, unsigned how, bool run, unsigned by)
{
    bool more = true;

    for (unsigned k = 0; more; k++) {
        w_direct_machine(3, 3, how);
        w_irq(&q, 9, mode, 1);
        m.hart[1].hold = run;
        m_on(by);
        t_at(k, true, w_rise, &q);
        assert_int_equal(w_move(&q, 2), AIA_OK);
        more = t_at_done();
        if (!more)
            w_rise(&q);
        m.hart[1].hold = false;
        w_check(&q);
        w_rise(&q);
        w_check(&q);
        assert_int_equal(q.runs, 2);
        assert_int_equal(q.hart, 2);
        t_check_books();
        assert_int_equal(t.harts[1].unowned + t.harts[2].unowned, 0);
    }
}

static void move_loses_nothing(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++)
        for (unsigned i = 0; i < 4; i++)
            for (unsigned by = 0; by < 3; by++) {
                inject_move(w_modes[i], w_direct_hows[how], false, by);
                inject_move(w_modes[i], w_direct_hows[how], true, by);
            }
}

static void to_hart_2(void *arg)
{
    assert_int_equal(w_move(arg, 2), AIA_OK);
}

/* In the handler on hart 1: another hart moves the line, which is still up, to hart 2, and hart 2 runs. */
static void move_away(struct wire *w)
{
    w->during = NULL;
    m_spawn(2, to_hart_2, w);
    m_run(2);
    m_run(2);
}

static void moved_while_it_runs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        w_direct_machine(3, 3, 0);
        w_irq(&q, 9, w_modes[i], 1);
        q.during = move_away;
        if (i >= 2)
            w_cause(&q, 2);
        else
            w_edge(&q);
        w_check(&q);
        assert_int_equal(q.runs, i >= 2 ? 2 : 1);
    }
}

static void free_it(void *arg)
{
    struct wire *w = arg;

    assert_int_equal(aia_irq_free(&t.aia, w->irq), AIA_OK);
}

static void let_free(struct wire *w)
{
    w->during = NULL;
    m_spawn(2, free_it, w);
    m_run(2);
}

/* Freed while its handler runs on another hart: the source stays stopped, although that handler unmasks its level later. */
static void freed_while_it_runs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        w_direct_machine(3, 3, 0);
        w_irq(&q, 9, w_modes[i], 1);
        q.during = let_free;
        w_rise(&q);
        m_settle();
        for (unsigned n = 0; m_busy(2) && n < 1000; n++)
            m_run_others();
        assert_false(m_busy(2));
        assert_false(aplic_enabled(&q.source));
        assert_int_equal(t.harts[1].unowned, 0);
    }
}

/* ---- harts ---- */

static void offline_leaves_no_late_edge(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++)
        for (unsigned i = 0; i < 4; i++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                w_direct_machine(3, 3, w_direct_hows[how]);
                w_irq(&q, 9, w_modes[i], 1);
                m.hart[1].hold = k % 2;
                t_at(k, false, w_rise, &q);
                assert_int_equal(t_offline(1, 0), AIA_OK);
                more = t_at_done();
                m.hart[1].hold = false;
                assert_false(w_model.idc[1].delivery);
                w_check(&q);
                assert_int_equal(t_online_again(1, 0), 0);
                assert_true(w_model.idc[1].delivery);
                w_rise(&q);
                w_check(&q);
                t_check_books();
            }
        }
}

static void calls_go_by_kick(void **state)
{
    (void)state;
    w_direct_machine(3, 3, 0);
    m_on(0);
    assert_int_equal(aia_ipi_send(&t.aia, 2, AIA_IPI_USER + 3), AIA_OK);
    m_settle();
    assert_int_equal(m.hart[2].user_ipis[AIA_IPI_USER + 3], 1);
    m.hart[1].soft = true; /* a software interrupt of the embedder's own */
    m_settle();
    assert_int_equal(t.harts[1].ipis_taken, 0);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_EOFFLINE);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
    m_settle();
    assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
}

/* Two domains: a line goes to harts of its own domain, and the last of these does not go offline while it has a line. */
static void domains_have_their_own_harts(void **state)
{
    (void)state;
    w_direct_machine(4, 2, 0);
    w_irq(&q, 9, APLIC_LEVEL_HIGH, 0);
    w_use(1);
    w_irq(&p, 9, APLIC_LEVEL_HIGH, 3);
    w_cause(&q, 1);
    w_cause(&p, 1);
    w_check(&q);
    w_check(&p);
    assert_int_equal(q.hart, 0);
    assert_int_equal(p.hart, 3);
    assert_int_equal(w_move(&q, 2), AIA_ENOHART);
    assert_int_equal(w_move(&p, 2), AIA_OK);
    assert_int_equal(t_offline(3, 0), AIA_OK);
    assert_int_equal(t_offline(2, 0), AIA_ENOHART);
    w_cause(&p, 2);
    w_check(&p);
    assert_int_equal(p.hart, 2);
    t_check_books();
}

static void messages_are_refused(void **state)
{
    struct t_irq message;

    (void)state;
    w_direct_machine(2, 2, 0);
    assert_int_equal(t_request(&message, AIA_MSI_STORE, aia_hartset_first(2)), AIA_EINVAL);
    w_machine(2, 0);
    struct aplic_source wrong = {.msi = {.controller = &w_domain.controller}};
    struct aia_request r = {.handler = w_deny, .msi = &wrong.msi, .affinity = aia_hartset_first(2)};
    assert_int_equal(aia_irq_request(&t.aia, &r, &q.irq), AIA_EINVAL);
}

static void blocks_are_refused(void **state)
{
    struct aia_request r = {.handler = w_deny, .affinity = aia_hartset_first(2), .order = 1};

    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_EDGE_RISE);
    r.msi = &q.source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &q.irq), AIA_EINVAL);
}

/* Each line comes to a hart that has no line yet. */
static void least_loaded_is_chosen(void **state)
{
    static struct wire w[3];
    struct aia_hartset harts = {{0}};

    (void)state;
    w_direct_machine(3, 3, 0);
    for (unsigned i = 0; i < 3; i++) {
        w_source(&w[i], 9 + i, APLIC_EDGE_RISE);
        assert_int_equal(w_request(&w[i], aia_hartset_first(3)), AIA_OK);
        assert_false(aia_hartset_has(&harts, w[i].irq->vec.hart));
        aia_hartset_add(&harts, w[i].irq->vec.hart);
    }
}

static void random_lines(void **state)
{
    uint64_t r = 5;

    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++) {
        w_direct_machine(4, 4, w_direct_hows[how]);
        w_irq(&q, 9, APLIC_LEVEL_HIGH, 0);
        w_irq(&p, 73, APLIC_EDGE_FALL, 1);
        for (unsigned i = 0; i < 1000; i++) {
            struct wire *w = t_random(&r) % 2 ? &q : &p;
            unsigned away = 1 + (unsigned)(t_random(&r) % 3);
            w_rise(w);
            for (unsigned j = (unsigned)(t_random(&r) % 3); j; j--)
                assert_int_equal(w_move(w, (unsigned)(t_random(&r) % 4)), AIA_OK);
            if (t_random(&r) % 2)
                m_run_others();
            if (t_random(&r) % 8 == 0) {
                assert_int_equal(t_offline(away, 0), AIA_OK);
                w_check(w);
                assert_int_equal(t_online_again(away, 0), 0);
            }
            w_check(w);
        }
        t_check_books();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(move_loses_nothing),     cmocka_unit_test(moved_while_it_runs),
        cmocka_unit_test(freed_while_it_runs),    cmocka_unit_test(offline_leaves_no_late_edge),
        cmocka_unit_test(calls_go_by_kick),       cmocka_unit_test(domains_have_their_own_harts),
        cmocka_unit_test(messages_are_refused),   cmocka_unit_test(blocks_are_refused),
        cmocka_unit_test(least_loaded_is_chosen), cmocka_unit_test(random_lines),
    };

    return T_RUN(tests);
}
