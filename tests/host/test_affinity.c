/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a move goes, and when it is not possible: no vector yet, no vector at all, no hart. */
#include "imsic/vector.h"
#include "fixture.h"

static struct t_irq q, next, busy;

/* Put two interrupts on hart 1. No write arrives before it must. */
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

/* The only vector of hart 2 retires: the move asks for its reclaim and waits for that, but not for the timer. */
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

/* If the interrupt's hart is in the new set, nothing moves. Otherwise it moves to the least loaded hart of the set. */
static void test_where_to(void **state)
{
    struct aia_hartset set = aia_hartset_first(4);

    (void)state;
    set_up(4);
    m.inbound_lag = m.store_lag = m.post_lag = 0;
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->count.moves, 0);
    t_irq(&next, AIA_MSI_PLAIN, 2);
    aia_hartset_remove(&set, 0);
    aia_hartset_remove(&set, 1);
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 3);
}

/*
 * A device that cannot change the upper half of its address: the least loaded hart of the set is across 4 GiB, another is not.
 * If all are across 4 GiB, the error says so, and the call does not wait.
 */
static void set_up_far(unsigned far)
{
    static const uint16_t ids[] = {63, 63, 63};

    t_prepare(3, ids);
    t.files[far].msi_addr = m.hart[far].msi_addr += 1ull << 32;
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
}

static void test_far_and_near(void **state)
{
    struct aia_hartset set = {{5}};

    (void)state;
    set_up_far(2);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    t_irq(&busy, AIA_MSI_MASKABLE, 0); /* hart 0 is busier than 2 */
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 0);
    assert_true(aia_hartset_has(&q.irq->affinity, 2));
    m_raise(&q.dev);
    t_check(&q);

    m_pass(T_FOREVER);
    uint64_t before = m.now;
    t_fill(1, 0);
    set.bits[0] = 6;
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_ENOVEC);
    assert_in_range(m.now - before, 0, T_LIMIT);
    assert_int_equal(t_move(&q, 2), AIA_EADDRHI);
    assert_int_equal(q.irq->vec.hart, 0);
    t_unfill(1);
    t_check_books();
}

/* Such a hart does not keep another from going offline either. */
static void test_far_and_near_offline(void **state)
{
    struct aia_hartset all = aia_hartset_first(3);

    (void)state;
    for (unsigned managed = 0; managed < 2; managed++) {
        set_up_far(managed ? 1 : 2);
        t_irq(&busy, AIA_MSI_MASKABLE, 1);
        m_dev_init(&q.dev, AIA_MSI_PLAIN);
        q = (struct t_irq){.dev = q.dev};
        assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = all, .managed = managed}), AIA_OK);
        unsigned from = q.irq->vec.hart;
        assert_int_equal(t_offline(from, 1), AIA_OK);
        assert_int_equal(q.irq->vec.hart, managed ? 2 : 1);
        m_raise(&q.dev);
        t_check(&q);
        t_check_books();
    }
}

/* A torn message would name an identity that the old hart's file does not have; a hart whose file is no larger can be reached. */
static void test_small_file(void **state)
{
    static const uint16_t ids[] = {63, 63, 127};
    struct aia_hartset set = {{5}};

    (void)state;
    t_prepare(3, ids);
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    t_fill(1, 0);
    for (unsigned id = 1; id < 64; id++)
        imsic_alloc_id(&t.aia.imsic, 2, id, 0, T_FILLER);
    t_irq(&busy, AIA_MSI_MASKABLE, 0); /* takes the identity that q has on hart 1 */
    t_fill(0, 50);
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 0);
    for (unsigned h = 0; h < 3; h++)
        t_unfill(h);
    m_raise(&q.dev);
    t_check(&q);
    t_check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_vector),
        cmocka_unit_test(test_wait_for_reclaim),
        cmocka_unit_test(test_wait_for_reclaim_timeout),
        cmocka_unit_test(test_no_hart),
        cmocka_unit_test(test_where_to),
        cmocka_unit_test(test_far_and_near),
        cmocka_unit_test(test_far_and_near_offline),
        cmocka_unit_test(test_small_file),
    };

    return T_RUN(tests);
}
