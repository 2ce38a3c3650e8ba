/* SPDX-License-Identifier: BSD-2-Clause */
/* Times as long as possible, and nearly so: a wait does not end too early, and every wait that begins can end. */
#include <string.h>

#include "fixture.h"

/* lib/moment.h, MOMENT_FAR */
#define FAR (1ull << (AIA_WORD_BITS == 64 ? 62 : 50))

static struct t_irq q;

static const uint64_t longest[] = {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2 + 1, UINT64_MAX / 2,
                                   1ull << 62};
#define N_LONGEST (sizeof(longest) / sizeof(longest[0]))

/* Make two harts. `set` sets one time of the configuration to `ticks`. */
static void machine(void (*set)(uint64_t ticks), uint64_t ticks)
{
    static const uint16_t ids[] = {63, 63, 63};

    t_prepare(3, ids);
    m.now = 12345; /* a clock that has been running */
    set(ticks);
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
}

static void long_wait(uint64_t ticks)
{
    t.config.wait_limit = ticks;
}

static void long_lazy(uint64_t ticks)
{
    t.config.lazy_period = ticks;
}

static void long_storm(uint64_t ticks)
{
    t.config.storm_window = ticks;
}

static void none(uint64_t ticks)
{
    (void)ticks;
}

static void request(uint64_t posted_limit)
{
    q.dev.msi.posted_limit = posted_limit;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
}

static void answer(void *arg)
{
    ++*(unsigned *)arg;
}

/* Every wait of the library except that of a drain: a move, a free, a call, a handler's end, an offline and an online. */
static void test_wait_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_LONGEST; i++) {
        unsigned answers = 0;
        machine(long_wait, longest[i]);
        request(0);
        m.store_lag = m.inbound_lag = 3;
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(aia_irq_synchronize(&t.aia, q.irq), AIA_OK);
        assert_int_equal(aia_call(&t.aia, 1, answer, &answers), AIA_OK);
        assert_int_equal(answers, 1);
        assert_int_equal(t_offline(2, 0), AIA_OK);
        assert_int_equal(t_online_again(2, 0), 0);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        t_check_books();
    }
}

/* A drain that cannot be proven gives a time-out: for wait_limit the device's answer counts as no proof. */
static void test_silent_for_ever(void **state)
{
    (void)state;
    machine(long_wait, UINT64_MAX);
    request(0);
    q.dev.mood = M_MUTE;
    assert_int_equal(t_move(&q, 2), AIA_ESILENT);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
}

/* The lazy timer never fires, and retiring vectors are reclaimed when one is needed. */
static void test_lazy_period(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_LONGEST; i++) {
        machine(long_lazy, longest[i]);
        request(0);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m_settle();
        assert_int_equal(q.irq->n_retiring, 1); /* not immediately */
        assert_true(m.hart[1].timer >= longest[i]);
        assert_int_equal(t_audit(1), 0); /* the vector does not retire for too long */
        for (unsigned n = 0; n < 3 * T_RETIRING; n++)
            assert_int_equal(t_move(&q, n % 3), AIA_OK);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(q.irq->n_retiring, 0);
    }
}

static void test_posted_limit(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_LONGEST; i++) {
        machine(none, 0);
        request(longest[i]);
        unsigned id = q.irq->vec.id;
        m.post_lag = M_NEVER;
        m_raise(&q.dev);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m.now += T_FOREVER;
        for (unsigned h = 1; h < 3; h++) {
            assert_int_equal(aia_ipi_send(&t.aia, h, AIA_IPI_RECLAIM), AIA_OK);
            m_run(h);
        }
        assert_int_equal(imsic_slot_state(t.slots[1][id]),
                         IMSIC_RETIRING); /* an edge may still arrive there */
        assert_int_equal(t_audit(1), 0);
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ETIMEOUT); /* the call returns */
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
        m.post_lag = 0;
        m_push(&q.dev);
        t_check(&q);
    }
}

/* A slow device beside one whose messages may arrive at any time: no interrupt gets the latter's vector. */
static void test_posted_beside(void **state)
{
    static struct t_irq slow;

    (void)state;
    machine(none, 0);
    request(UINT64_MAX);
    unsigned id = q.irq->vec.id;
    memset(&slow, 0, sizeof(slow));
    m_dev_init(&slow.dev, AIA_MSI_PLAIN);
    slow.dev.msi.posted_limit = 100;
    assert_int_equal(t_request_as(&slow, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    assert_int_equal(t_move(&slow, 0), AIA_OK);
    m_pass(T_FOREVER);
    assert_int_equal(t_move(&q, 2), AIA_OK); /* after a time that has passed */
    m_pass(T_FOREVER);
    assert_int_equal(imsic_slot_state(t.slots[1][id]), IMSIC_RETIRING);
}

/* The clock has gone so far that, in one word, that time is ahead again: an offline does not fail because of that. */
static void test_posted_long_ago(void **state)
{
    static struct t_irq slow;

    (void)state;
    for (unsigned n = 8; n < 16; n++) { /* sixteenths of the range of a word */
        machine(none, 0);
        memset(&slow, 0, sizeof(slow));
        m_dev_init(&slow.dev, AIA_MSI_PLAIN);
        slow.dev.msi.posted_limit = 100;
        assert_int_equal(t_request_as(&slow, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
        assert_int_equal(t_move(&slow, 0), AIA_OK);
        m_pass(T_FOREVER);
        assert_int_equal(t.files[1].n_retiring, 0);
        m_pass(n * (FAR / 4));
        request(0);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        assert_int_equal(t.files[1].n_retiring, 1);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t_online_again(1, 0), 0);
    }
}

/* A window that never ends: all edges count together. */
static void test_storm_window(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_LONGEST; i++) {
        machine(long_storm, longest[i]);
        request(0);
        q.deny = true;
        for (unsigned n = 0; n <= T_STORM; n++) {
            assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 0);
            m_raise(&q.dev);
            m_pass(T_WINDOW);
        }
        assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wait_limit),    cmocka_unit_test(test_silent_for_ever),
        cmocka_unit_test(test_lazy_period),   cmocka_unit_test(test_posted_limit),
        cmocka_unit_test(test_posted_beside), cmocka_unit_test(test_posted_long_ago),
        cmocka_unit_test(test_storm_window),
    };

    return T_RUN(tests);
}
