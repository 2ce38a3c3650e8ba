/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that come back: displaced interrupts, a suspend that loses the file, and two harts that go offline together. */
#include <string.h>

#include "fixture.h"

static void check_on(unsigned hart)
{
    for (unsigned i = 0; i < T_KINDS; i++) {
        t_check(&t_kind[i]);
        m_raise(&t_kind[i].dev);
        t_check(&t_kind[i]);
        assert_int_equal(t_kind[i].hart, hart);
    }
    t_check_books();
}

/* ---- displaced interrupts ---- */

static void test_displaced_come_back(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        t_machine_of_kinds(3, k % 2 ? M_NEVER : 0);
        struct imsic_stats before = t_stats();
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t.aia.displaced, T_KINDS);
        assert_int_equal(t_online_again(1, 0), 0);
        t_at(k, true, t_edges, NULL);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
        more = t_at_done();
        check_on(1);
        t_same_stats(before);
    }
}

static void test_displaced_stay_away(void **state)
{
    (void)state;
    t_machine_of_kinds(2, 0);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    check_on(0);
    struct aia_hartset set = t_kind[0].irq->affinity; /* displacement did not change it */
    assert_true(aia_hartset_has(&set, 1));
    assert_false(aia_hartset_has(&set, 0));
}

/* Only displaced interrupts whose affinity has the hart return to it. */
static void test_others_stay(void **state)
{
    struct aia_hartset wide = {{7}};

    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(t_move(&t_kind[0], 2), AIA_OK);
    assert_int_equal(aia_irq_set_affinity(&t.aia, t_kind[1].irq, &wide), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    unsigned there = t_kind[1].irq->vec.hart;
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    assert_int_equal(t_kind[0].irq->vec.hart, 2);
    assert_int_equal(t_kind[1].irq->vec.hart, there);
    assert_int_equal(t_kind[2].irq->vec.hart, 1);
    t_check_books();
    /* An interrupt displaced from another hart, which is still offline, is not an error of this hart's return. */
    assert_int_equal(t_offline(2, 0), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    assert_int_equal(t_kind[0].irq->vec.hart, 0);
    assert_int_equal(t_kind[2].irq->vec.hart, 1);
}

/* One device does not answer: the error names it, and the other interrupts return all the same. */
static void test_silent_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < T_KINDS; i++) {
        t_machine_of_kinds(3, 0);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t_online_again(1, 0), 0);
        t_kind[i].dev.mood = M_MUTE;
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_ESILENT);
        for (unsigned j = 0; j < T_KINDS; j++)
            assert_int_equal(t_kind[j].irq->vec.hart == 1, j != i);
        t_kind[i].dev.mood = M_WELL;
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
        check_on(1);
    }
}

static void test_return_refused(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 3, AIA_DISPLACED_RETURN), AIA_EINVAL);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_EOFFLINE);
}

/* ---- suspend ---- */

/* What a file may hold when its hart wakes from a suspend that did not retain it. */
enum lost { KEPT, ZEROED, JUNK, N_LOST };

static void lose(struct m_file *f, enum lost how)
{
    uint64_t junk = 0x1234567;

    if (how == KEPT)
        return;
    for (unsigned w = 0; w <= f->n_ids / 64; w++) {
        /* Random enable bits and delivery. Pending bits are not random: junk there would look like edges of t_edges. */
        f->eie[w] = how == JUNK ? t_random(&junk) & ~1ull : 0;
        f->eip[w] = 0;
    }
    f->eidelivery = how == JUNK;
    f->eithreshold = how == JUNK; /* 1: delivers nothing */
}

/* Check that a pending edge is asserted, so that a hart which goes to sleep now wakes. */
static void shows(void)
{
    struct m_file *f = &m.hart[1].file;

    assert_true(!m_file_top(f) || f->eidelivery != 1 || m_file_asserted(f));
    f->hidden = f->looked = false;
}

static void suspend(enum lost how, void (*meanwhile)(void *arg))
{
    struct imsic_saved saved;

    m_on(1);
    m.hart[1].irqs_on = false;
    m.hart[1].file.hidden = true;
    aia_hart_save(&t.aia, &saved);
    shows();
    m_on(0);
    m_stop(1);
    lose(&m.hart[1].file, how);
    if (meanwhile)
        meanwhile(NULL);
    m_start(1);
    m_on(1);
    m.hart[1].file.hidden = true;
    aia_hart_restore(&t.aia, &saved);
    shows();
    aia_port_irq_restore(1);
    m_on(0);
}

static void test_suspend_with_pending_edges(void **state)
{
    (void)state;
    for (unsigned how = 0; how < N_LOST; how++)
        for (unsigned when = 0; when < 4; when++) { /* bit 0: an edge before the suspend; bit 1: during it */
            t_machine_of_kinds(2, 0);
            m.hart[1].hold = true;
            if (when & 1)
                t_edges(NULL);
            if (when & 1)
                aia_ipi_send(&t.aia, 1, AIA_IPI_USER);
            m_settle();
            assert_int_equal(t_kind[0].runs, 0);
            m.hart[1].hold = false;
            suspend((enum lost)how, when & 2 ? t_edges : NULL);
            m_settle();
            for (unsigned i = 0; i < T_KINDS; i++)
                assert_int_equal(t_kind[i].runs, when ? 1 : 0);
            assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], when & 1);
            assert_int_equal(t.harts[1].unowned, 0);
            check_on(1);
        }
}

/* An edge at every access of save and restore, under way when the hart was suspended or not. */
static void test_edge_at_every_access_of_suspend(void **state)
{
    (void)state;
    for (unsigned how = 0; how < N_LOST; how++)
        for (unsigned lag = 0; lag < 2; lag++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                t_machine_of_kinds(2, lag ? M_NEVER : 0);
                t_at(k, true, t_edges, NULL);
                /* the hardware must keep what arrives between save and power-off, or must not power off */
                suspend(lag ? (enum lost)how : KEPT, NULL);
                more = t_at_done();
                check_on(1);
            }
        }
}

/* A retiring vector, and a vector that a storm has quarantined, are in the same state after a suspend. */
static void test_suspend_keeps_the_books(void **state)
{
    (void)state;
    for (unsigned how = 0; how < N_LOST; how++) {
        t_machine_of_kinds(2, 0);
        t_kind[0].deny = true;
        for (unsigned i = 0; i <= T_STORM + 1; i++) {
            m_raise(&t_kind[0].dev);
            m_settle();
        }
        assert_true(t_kind[0].irq->flow & AIA_FLOW_STORMED);
        m.hart[1].hold = true;
        m_raise(&t_kind[1].dev);
        assert_int_equal(t_move(&t_kind[1], 0), AIA_OK);
        m.hart[1].hold = false;
        suspend((enum lost)how, NULL);
        t_check(&t_kind[1]);
        uint64_t runs = t_kind[0].runs;
        m_raise(&t_kind[0].dev);
        m_settle();
        assert_int_equal(t_kind[0].runs, runs);
        t_kind[0].deny = false;
        aia_irq_enable(&t.aia, t_kind[0].irq);
        t_check(&t_kind[0]);
        t_check_books();
    }
}

/* ---- two harts at the same time ---- */

/* Both have begun before either finishes: what the first hart gave to the second does not stay there. */
static void test_two_begin_before_either_finishes(void **state)
{
    (void)state;
    for (unsigned first = 1; first < 3; first++)
        for (unsigned lag = 0; lag < 2; lag++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                t_machine_of_kinds(4, lag ? M_NEVER : 0);
                struct imsic_stats before = t_stats();
                t_at(k, true, t_edges, NULL);
                assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
                assert_int_equal(aia_hart_offline_begin(&t.aia, 2), AIA_OK);
                assert_int_equal(t_offline_finish(first, 0), AIA_OK);
                assert_int_equal(t_offline_finish(3 - first, 0), AIA_OK);
                more = t_at_done();
                for (unsigned i = 0; i < T_KINDS; i++)
                    t_check(&t_kind[i]);
                assert_int_equal(t.files[1].n_free, 61);
                assert_int_equal(t.files[2].n_free, 61);
                for (unsigned h = 1; h < 3; h++) {
                    assert_int_equal(t_online_again(h, 3), 0);
                    assert_int_equal(aia_hart_online_finish(&t.aia, h, AIA_DISPLACED_RETURN), AIA_OK);
                }
                check_on(1);
                t_same_stats(before);
            }
        }
}

/* Of the last two harts, one has begun to go offline: the other is the last, until the first is online again. */
static void test_two_of_two(void **state)
{
    (void)state;
    t_machine_of_kinds(2, 0);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 0), AIA_ELAST);
    aia_hart_offline_cancel(&t.aia, 1);
    m_on(1);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 0), AIA_OK);
    assert_int_equal(t_offline_finish(0, 1), AIA_OK);
    for (unsigned i = 0; i < T_KINDS; i++) {
        m_raise(&t_kind[i].dev);
        t_check(&t_kind[i]);
    }
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ELAST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_displaced_come_back),
        cmocka_unit_test(test_displaced_stay_away),
        cmocka_unit_test(test_others_stay),
        cmocka_unit_test(test_silent_one),
        cmocka_unit_test(test_return_refused),
        cmocka_unit_test(test_suspend_with_pending_edges),
        cmocka_unit_test(test_edge_at_every_access_of_suspend),
        cmocka_unit_test(test_suspend_keeps_the_books),
        cmocka_unit_test(test_two_begin_before_either_finishes),
        cmocka_unit_test(test_two_of_two),
    };

    return T_RUN(tests);
}
