/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Managed interrupts through the IOMMU whose last hart goes offline: their edges wait in memory, and are delivered when a hart
 * is back. The device is not changed.
 */
#include <string.h>

#include "iommu_bench.h"

static struct b_irq b;

static void set_up(unsigned latency, uint32_t lag, bool pair)
{
    b_machine(3);
    b_up();
    i_unit.latency = latency;
    memset(&b, 0, sizeof(b));
    m_dev_init(&b.q.dev, AIA_MSI_PLAIN);
    assert_int_equal(aia_iommu_attach(&b_unit, &b.device, 8, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    i_behind(8, b.device.window);
    assert_int_equal(aia_iommu_msi_init(&b.msi, &b.device, 0, AIA_IOMMU_NOTICE, &b.q.dev.msi), AIA_OK);
    struct aia_request r = {.affinity = aia_hartset_one(1), .msi = &b.msi.msi, .managed = true};
    if (pair)
        aia_hartset_add(&r.affinity, 2);
    assert_int_equal(t_request_as(&b.q, r), AIA_OK);
    m_raise(&b.q.dev);
    m_settle();
    assert_int_equal(b.q.runs, 1);
    m.inbound_lag = m.store_lag = m.post_lag = lag;
}

static void raise_b(void *arg)
{
    (void)arg;
    m_raise(&b.q.dev);
}

static void back(void)
{
    assert_int_equal(t_online_again(1, 0), AIA_OK);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
}

static void test_parked(void **state)
{
    (void)state;
    set_up(0, 0, false);
    struct aia_message was = b.q.dev.message;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_true(b.q.irq->parked);
    assert_true(b.q.dev.enabled);
    uint64_t before = b.q.runs;
    for (unsigned i = 0; i < 3; i++)
        assert_true(m_raise(&b.q.dev));
    m_settle();
    assert_int_equal(b.q.runs, before);
    back();
    t_check(&b.q);
    assert_int_equal(b.q.runs, before + 1);
    assert_int_equal(b.q.hart, 1);
    m_raise(&b.q.dev);
    t_check(&b.q);
    assert_int_equal(b.q.runs, before + 2);
    assert_memory_equal(&was, &b.q.dev.message, sizeof(was));
    /* No edge came: no copy is sent. */
    assert_int_equal(t_offline(1, 0), AIA_OK);
    before = b.q.runs;
    back();
    m_settle();
    assert_int_equal(b.q.runs, before);
    assert_int_equal(aia_irq_free(&t.aia, b.q.irq), AIA_OK);
    t_check_books();
}

/* One edge at each access of an offline and an online; none of them is lost, whatever the delays. */
static void inject(unsigned latency, uint32_t lag, bool in_unit, bool prompt)
{
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        set_up(latency, lag, false);
        i_prompt = prompt;
        if (in_unit) /* another edge that the unit has not let out yet; it sets the file's bit later */
            m_raise(&b.q.dev);
        t_at(k, true, raise_b, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        back();
        more = t_at_done();
        m_settle();
        assert_true(b.q.seen == b.q.dev.n_raised); /* a run has begun after the last edge */
        assert_false(b.q.irq->parked);
        assert_int_equal(b.q.irq->vec.hart, 1);
        t_check_books();
        assert_int_equal(t.harts[1].late, 0);
    }
}

static void test_inject(void **state)
{
    (void)state;
    for (unsigned latency = 0; latency < 12; latency += 5)
        for (uint32_t lag = 0; lag < 20; lag += 9)
            for (unsigned i = 0; i < 4; i++)
                inject(latency, lag, i & 1, i & 2);
}

/* ---- every way back ---- */

enum way {
    STAYS,         /* offline_begin is done, and is cancelled */
    REFUSED,       /* the hart stays, because another device is silent */
    CANNOT_FINISH, /* the embedder vetoes a state of offline_finish */
    NOT_STOPPED,   /* the hart is offline, and the firmware does not stop it */
    BY_ANOTHER,    /* another hart of the set is back before it */
    DISABLED,      /* as usual, but the interrupt was disabled while it was parked */
    N_WAYS,
};

static enum aia_hart_state objected;

static int object(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    (void)hart;
    return next == objected ? AIA_EREFUSED : AIA_OK;
}

static void online_again(unsigned hart)
{
    assert_int_equal(t_online_again(hart, 0), AIA_OK);
}

static void go_and_come(enum way way)
{
    static struct t_irq silent;

    switch (way) {
    case STAYS:
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        assert_true(b.q.irq->parked);
        aia_hart_offline_cancel(&t.aia, 1);
        break;
    case REFUSED:
        t_irq(&silent, AIA_MSI_STORE, 1);
        silent.dev.mood = M_MUTE;
        assert_int_not_equal(aia_hart_offline_begin(&t.aia, 1),
                             AIA_OK); /* the interrupt was parked, and is not parked any more */
        return;
    case CANNOT_FINISH:
        objected = AIA_HART_SWEPT;
        t.aia.config.may_enter = object;
        assert_int_equal(t_offline(1, 0), AIA_EREFUSED);
        break;
    case NOT_STOPPED:
        assert_int_equal(t_offline(1, 0), AIA_OK);
        online_again(1);
        break;
    case BY_ANOTHER:
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(b.q.irq->vec.hart, 2);
        assert_int_equal(t_offline(2, 0), AIA_OK);
        assert_true(b.q.irq->parked);
        online_again(2);
        assert_int_equal(aia_hart_online_finish(&t.aia, 2, AIA_DISPLACED_STAY), AIA_OK);
        return;
    default:
        assert_int_equal(t_offline(1, 0), AIA_OK);
        aia_irq_disable(&t.aia, b.q.irq);
        online_again(1);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
        aia_irq_enable(&t.aia, b.q.irq);
        return;
    }
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
}

/* An edge at each access of each way back: the edge is handled, and nothing stays parked. */
static void test_every_way_back(void **state)
{
    (void)state;
    for (unsigned way = 0; way < N_WAYS; way++)
        for (uint32_t lag = 0; lag < 8; lag += 7) {
            bool more = true;
            for (unsigned long k = 0; more; k++) {
                set_up(lag / 2, lag, way == BY_ANOTHER);
                t_at(k, true, raise_b, NULL);
                go_and_come((enum way)way);
                more = t_at_done();
                m_settle();
                assert_true(b.q.seen == b.q.dev.n_raised);
                assert_false(b.q.irq->parked);
                assert_int_equal(b.q.irq->vec.hart, way == BY_ANOTHER ? 2 : 1);
            }
        }
}

/* Freed while parked: the device is stopped, and the entry is free. */
static void test_freed(void **state)
{
    (void)state;
    set_up(0, 0, false);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_irq_free(&t.aia, b.q.irq), AIA_OK);
    assert_false(b.q.dev.enabled);
    assert_false(i_write(8, b.device.window, 1));
    back();
    t_check_books();
}

/* The unit does not answer the park: MSIs that pass by the old entry meanwhile are found by the hart, late or not. */
static void test_hangs_at_park(void **state)
{
    (void)state;
    for (unsigned when = 0; when < 6; when++) {
        set_up(0, 0, false);
        i_prompt = when >= 3;
        i_unit.hung = true;
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        assert_true(b.q.irq->parked);
        if (when % 3 == 0)
            m_raise(&b.q.dev);
        m_pass(10 * T_LIMIT);
        assert_int_equal(t_offline_finish(1, 0), AIA_OK);
        if (when % 3 == 1)
            m_raise(&b.q.dev);
        i_unit.hung = false;
        if (when % 3 == 2)
            m_raise(&b.q.dev);
        assert_int_equal(t_online_again(1, 0) > 0, when > 3);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
        m_raise(&b.q.dev);
        t_check(&b.q);
    }
}

/* The unit does not answer the unpark: a copy is sent, whether or not the file has the edge yet. */
static void test_hangs_at_unpark(void **state)
{
    (void)state;
    set_up(0, 0, false);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_raise(&b.q.dev); /* taken in by the unit */
    i_unit.hung = true;
    assert_int_equal(t_online_again(1, 0), AIA_OK);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_ETIMEOUT);
    m_pass(10);
    assert_int_equal(b.q.seen, b.q.dev.n_raised);
    i_unit.hung = false;
    assert_int_equal(aia_iommu_flush(&b_unit), AIA_OK); /* the unit has executed its commands */
    m_raise(&b.q.dev);
    t_check(&b.q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parked),         cmocka_unit_test(test_inject),
        cmocka_unit_test(test_every_way_back), cmocka_unit_test(test_freed),
        cmocka_unit_test(test_hangs_at_park),  cmocka_unit_test(test_hangs_at_unpark),
    };

    return T_RUN(tests);
}
