/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a move goes, and when it cannot: no vector yet, no vector at all, no hart. */
#include "fixture.h"

static struct t_irq q, next, busy;

/* Two on hart 1, and nothing arrives before it must. */
static void set_up(unsigned n_harts)
{
    t_machine(n_harts, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    t_irq(&busy, AIA_MSI_PLAIN, 1);
    m.inbound_lag = m.store_lag = m.post_lag = M_NEVER;
}

static void test_no_vector(void **state)
{
    (void)state;
    set_up(3);
    t_fill(2, 0);
    for (unsigned kind = AIA_MSI_PLAIN; kind <= AIA_MSI_STORE; kind++) {
        t_irq(&next, kind, 1);
        struct imsic_vector before = next.irq->vec;
        assert_int_equal(t_move(&next, 2), AIA_ENOVEC);
        assert_int_equal(next.irq->vec.id, before.id);
        assert_true(aia_hartset_has(&next.irq->affinity, 1));
        assert_false(aia_hartset_has(&next.irq->affinity, 2));
        m_raise(&next.dev);
        t_check(&next);
        assert_int_equal(aia_irq_free(&t.aia, next.irq), AIA_OK);
    }
    t_unfill(2);
    t_check_books();
}

/* The only vector of hart 2 retires: the move asks for its reclaim and waits, but not for the timer. */
static void test_wait_for_reclaim(void **state)
{
    (void)state;
    set_up(3);
    t_fill(2, busy.irq->vec.id);
    assert_int_equal(t_move(&busy, 2), AIA_OK);
    m_raise(&busy.dev);
    assert_int_equal(t_move(&busy, 1), AIA_OK);
    m.hart[1].file.frozen = true; /* hart 1 is not asked */
    uint64_t before = m.now;
    t_irq(&next, AIA_MSI_MASKABLE, 1);
    assert_int_equal(t_move(&next, 2), AIA_OK);
    assert_in_range(m.now - before, 0, T_LIMIT);
    m.hart[1].file.frozen = false;
    t_check(&busy);
    t_unfill(2);
    t_check_books();
}

static void test_wait_for_reclaim_timeout(void **state)
{
    (void)state;
    set_up(3);
    t_fill(2, busy.irq->vec.id);
    assert_int_equal(t_move(&busy, 2), AIA_OK);
    assert_int_equal(t_move(&busy, 1), AIA_OK);
    m.hart[2].hold = true;
    uint64_t before = m.now;
    assert_int_equal(t_move(&q, 2), AIA_ENOVEC);
    assert_in_range(m.now - before, T_LIMIT, 3 * T_LIMIT);
    m.hart[2].hold = false;
    t_unfill(2);
    t_check_books();
}

static void test_no_hart(void **state)
{
    struct aia_hartset none = {{0}};

    (void)state;
    set_up(3);
    m.inbound_lag = m.store_lag = m.post_lag = 0;
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &none), AIA_ENOHART);
    assert_int_equal(t_offline(2, 0), AIA_OK);
    assert_int_equal(t_move(&q, 2), AIA_ENOHART);
    assert_int_equal(q.irq->vec.hart, 1);
    m_raise(&q.dev);
    t_check(&q);
}

/* Inside the new set already: nothing moves. The least loaded hart of it otherwise. */
static void test_where_to(void **state)
{
    struct aia_hartset set = aia_hartset_first(4);

    (void)state;
    set_up(4);
    m.inbound_lag = m.store_lag = m.post_lag = 0;
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->moves, 0);
    t_irq(&next, AIA_MSI_PLAIN, 2);
    aia_hartset_remove(&set, 0);
    aia_hartset_remove(&set, 1);
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_vector),
        cmocka_unit_test(test_wait_for_reclaim),
        cmocka_unit_test(test_wait_for_reclaim_timeout),
        cmocka_unit_test(test_no_hart),
        cmocka_unit_test(test_where_to),
    };

    return T_RUN(tests);
}
