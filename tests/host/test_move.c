/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves under load: an edge at every access of a move of any kind is handled, and by its own handler. */
#include "fixture.h"

static struct t_irq q, other, busy;
static struct imsic_vector old;

/* ---- one edge at every access of a move ---- */

static struct scene {
    enum aia_update how;
    unsigned by;   /* the hart that moves: 0 a third hart, 1 the old, 2 the new */
    bool hold_old; /* the old hart takes no interrupts until after the move */
    bool run;      /* the other harts take interrupts right after the edge */
    uint32_t lag;  /* delays of the fabric */
} scene;

static void set_scene(unsigned n_harts)
{
    t_machine(n_harts, 63);
    t_force(scene.how, &q, &other, 1, 2);
    old = q.irq->vec;
    m.inbound_lag = m.store_lag = m.post_lag = scene.lag;
    m.hart[1].hold = scene.hold_old;
    m_on(scene.by);
}

static void edge(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
    if (scene.run)
        m_run_others();
}

static void check_moved(void)
{
    m.hart[1].hold = false;
    t_check(&q);
    assert_int_equal(q.irq->vec.hart, 2);
    assert_int_equal(t.aia.updates[scene.how], 1);
    assert_int_equal(q.irq->count.moves, 1);
    if (scene.how == AIA_UPDATE_TORN)
        assert_int_equal(other.extra, other.runs);
    else
        t_check_quiet(&other);
    m_raise(&q.dev); /* later edges go to the new hart */
    t_check(&q);
    assert_int_equal(q.hart, 2);
    t_unfill(2);
    t_check_books();
    assert_true(t_is_free(old.hart, old.id));
    assert_int_equal(t.harts[0].unowned + t.harts[1].unowned + t.harts[2].unowned, 0);
}

static void inject_scene(void)
{
    bool more = true;
    for (unsigned k = 0; more; k++) {
        set_scene(3);
        t_at(k, true, edge, NULL);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        more = t_at_done();
        if (!more)
            edge(NULL); /* once after the last access, too */
        check_moved();
    }
}

static void inject(enum aia_update how)
{
    static const uint32_t lags[] = {0, 7, M_NEVER};

    for (unsigned i = 0; i < 3; i++)
        for (unsigned by = 0; by < 3; by++)
            for (unsigned run = 0; run < 2; run++)
                for (unsigned hold = 0; hold < 2; hold++) {
                    scene = (struct scene){how, by, hold, run, lags[i]};
                    if (how == AIA_UPDATE_TORN && hold && by != 1)
                        continue; /* the old hart must be able to take the call */
                    inject_scene();
                }
}

static void test_inject_store(void **state)
{
    (void)state;
    inject(AIA_UPDATE_STORE);
}

static void test_inject_masked(void **state)
{
    (void)state;
    inject(AIA_UPDATE_MASKED);
}

static void test_inject_addr(void **state)
{
    (void)state;
    inject(AIA_UPDATE_ADDR);
}

static void test_inject_common(void **state)
{
    (void)state;
    inject(AIA_UPDATE_COMMON);
}

static void test_inject_torn(void **state)
{
    (void)state;
    inject(AIA_UPDATE_TORN);
}

/* ---- many moves ---- */

static void chain(void)
{
    assert_int_equal(t_move(&q, 2), AIA_OK);
    m_raise(&q.dev);
    assert_int_equal(t_move(&q, 3), AIA_OK);
    m_raise(&q.dev);
    assert_int_equal(t_move(&q, 1), AIA_OK);
}

/* A, B, C and A again: no move waits for the one before, and nothing is drained in between. */
static void test_chain(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_UPDATE_COMMON; how++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            scene = (struct scene){.how = how, .lag = M_NEVER};
            set_scene(4);
            m.hart[1].hold = m.hart[2].hold = m.hart[3].hold = true;
            t_at(k, true, edge, NULL);
            chain();
            more = t_at_done();
            m.hart[1].hold = m.hart[2].hold = m.hart[3].hold = false;
            t_check(&q);
            assert_int_equal(q.irq->count.moves, 3);
            assert_int_equal(q.irq->vec.hart, 1);
            t_check_quiet(&other);
            t_check_books();
        }
    }
}

static void test_many_moves_under_fire(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (unsigned lag = 0; lag < 3; lag++) {
        t_machine(4, 63);
        t.aia.config.storm_limit = UINT32_MAX; /* two edges that one run handles look like an extra edge */
        m.inbound_lag = m.store_lag = m.post_lag = lag * 40;
        for (struct t_irq *s = &q; s; s = s == &q ? &other : s == &other ? &busy : NULL)
            t_irq(s, s == &q ? AIA_MSI_PLAIN : s == &other ? AIA_MSI_MASKABLE : AIA_MSI_STORE, 1);
        for (unsigned i = 0; i < 4000; i++) {
            uint64_t r = t_random(&seed);
            struct t_irq *s = r % 3 == 0 ? &q : r % 3 == 1 ? &other : &busy;
            if (r >> 8 & 1)
                m_raise(&s->dev);
            else
                assert_int_equal(t_move(s, r >> 16 & 3), AIA_OK);
            if ((r >> 20 & 3) == 0)
                m_run_others();
            if ((r >> 24 & 255) == 0)
                m_pass(T_LAZY);
        }
        t_check(&q);
        t_check(&other);
        t_check(&busy);
        t_check_books();
        for (unsigned h = 0; h < 4; h++)
            assert_int_equal(t.harts[h].unowned, 0);
    }
}

static void move_to_3(void *arg)
{
    (void)arg;
    assert_true(t_move(&q, 3) == AIA_OK);
}

static void spawn_move_to_3(void *arg)
{
    edge(arg);
    m_spawn(3, move_to_3, NULL);
    m_run(3);
}

/* Two harts move one interrupt: it ends where one of them wants it, and its affinity says so. */
static void test_two_movers(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_UPDATE_TORN; how++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            scene = (struct scene){.how = how, .run = true};
            set_scene(4);
            t_at(k, true, spawn_move_to_3, NULL);
            assert_int_equal(t_move(&q, 2), AIA_OK);
            more = t_at_done();
            t_check(&q);
            m_raise(&q.dev);
            t_check(&q);
            assert_true(aia_hartset_has(&q.irq->affinity, q.irq->vec.hart));
            t_check_quiet(&other);
            t_unfill(2);
            t_check_books();
        }
    }
}

/* ---- disabled and moved ---- */

static void enable(void *arg)
{
    (void)arg;
    aia_irq_enable(&t.aia, q.irq);
}

static void spawn_enable(void *arg)
{
    (void)arg;
    m_spawn(3, enable, NULL);
    m_run(3);
}

static void test_move_while_disabled(void **state)
{
    (void)state;
    scene = (struct scene){.how = AIA_UPDATE_ADDR};
    set_scene(3);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    assert_int_equal(t_move(&q, 2), AIA_OK);
    m_pass(T_FOREVER);
    assert_int_equal(q.runs, 0);
    enable(NULL);
    t_check(&q);
    assert_int_equal(q.runs, 1);
    assert_int_equal(q.hart, 2);
}

/* Another hart enables the interrupt at every access of the move: the kept edge goes to the new vector or to the old one. */
static void test_enable_during_move(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_UPDATE_TORN; how++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            scene = (struct scene){.how = how, .lag = M_NEVER};
            set_scene(4);
            aia_irq_disable(&t.aia, q.irq);
            m_raise(&q.dev);
            m_settle();
            t_at(k, true, spawn_enable, NULL);
            assert_int_equal(t_move(&q, 2), AIA_OK);
            more = t_at_done();
            if (!more)
                enable(NULL);
            t_check(&q);
            assert_int_equal(q.runs, 1);
            t_unfill(2);
            t_check_books();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inject_store),          cmocka_unit_test(test_inject_masked),
        cmocka_unit_test(test_inject_addr),           cmocka_unit_test(test_inject_common),
        cmocka_unit_test(test_inject_torn),           cmocka_unit_test(test_chain),
        cmocka_unit_test(test_many_moves_under_fire), cmocka_unit_test(test_two_movers),
        cmocka_unit_test(test_move_while_disabled),   cmocka_unit_test(test_enable_during_move),
    };

    return T_RUN(tests);
}
