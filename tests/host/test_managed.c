/* SPDX-License-Identifier: BSD-2-Clause */
/* Managed interrupts: a vector is reserved on each hart of the set; shut down with the last hart, started with the first. */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

static struct t_irq q;

static int request(enum aia_msi_kind kind, uint64_t set)
{
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, kind);
    return t_request_as(&q, (struct aia_request){.affinity = {{set}}, .managed = true});
}

static void set_up(unsigned n_harts, enum aia_msi_kind kind, uint64_t set)
{
    t_machine(n_harts, 63);
    assert_int_equal(request(kind, set), AIA_OK);
}

static int back(unsigned hart, unsigned by)
{
    int late = t_online_again(hart, by);

    return late ? late : aia_hart_online_finish(&t.aia, hart, AIA_DISPLACED_STAY);
}

static void edge_is_handled_on(unsigned hart)
{
    assert_true(m_raise(&q.dev));
    t_check(&q);
    assert_int_equal(q.hart, hart);
}

/* ---- reservations ---- */

static void test_reserved_on_each_hart_of_the_set(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        t_machine(4, 63);
        struct imsic_stats before = t_stats();
        assert_int_equal(request((enum aia_msi_kind)kind, 0xe), AIA_OK);
        struct imsic_stats s = t_stats();
        assert_int_equal(s.n[IMSIC_OWNED], 1);
        assert_int_equal(s.n[IMSIC_MANAGED], 2);
        assert_int_equal(s.n[IMSIC_FREE], before.n[IMSIC_FREE] - 3);
        edge_is_handled_on(q.irq->vec.hart);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        t_same_stats(before);
        t_check_books();
    }
}

/* A plain MSI can only change its address, so it needs one identity that is free on all harts. */
static void test_plain_needs_a_common_identity(void **state)
{
    (void)state;
    for (unsigned crossed = 0; crossed < 2; crossed++)
        for (unsigned kind = 0; kind < 3; kind++) {
            t_machine(3, 63);
            t_fill(1, 40);
            t_fill(2, crossed ? 41 : 40);
            struct imsic_stats before = t_stats();
            int error = request((enum aia_msi_kind)kind, 0x6);
            if (crossed && kind == AIA_MSI_PLAIN) {
                assert_int_equal(error, AIA_ENOVEC);
                assert_null(q.irq);
                t_same_stats(before);
                continue;
            }
            assert_int_equal(error, AIA_OK);
            assert_int_equal(imsic_slot_state(t.slots[1][40]), IMSIC_OWNED);
            assert_int_equal(imsic_slot_state(t.slots[2][crossed ? 41 : 40]), IMSIC_MANAGED);
            assert_int_equal(t_offline(1, 0), AIA_OK);
            edge_is_handled_on(2);
        }
}

static void test_no_room_on_one_of_the_set(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        t_machine(3, 63);
        t_fill(2, 0);
        struct imsic_stats before = t_stats();
        assert_int_equal(request((enum aia_msi_kind)kind, 0x6), AIA_ENOVEC);
        assert_null(q.irq);
        t_same_stats(before);
    }
}

/* The set is fixed, and no other interrupt gets the reserved vectors. */
static void test_affinity_is_fixed(void **state)
{
    (void)state;
    set_up(3, AIA_MSI_MASKABLE, 0x6);
    assert_int_equal(t_move(&q, 0), AIA_EINVAL);
    assert_int_equal(t_move(&q, 2), AIA_EINVAL);
    unsigned kept = 0;
    for (unsigned id = 1; id <= 63; id++)
        if (imsic_slot_state(t.slots[2][id]) == IMSIC_MANAGED) {
            kept = id;
            assert_int_equal(imsic_alloc_id(&t.aia.imsic, 2, id, 0, T_FILLER), AIA_ENOVEC);
        }
    assert_int_not_equal(kept, 0);
    t_check_books();
}

static void test_not_for_blocks_nor_without_memory(void **state)
{
    (void)state;
    t_machine(2, 63);
    m_dev_init(&q.dev, AIA_MSI_STORE);
    struct aia_request r = {.affinity = {{3}}, .managed = true, .order = 1};
    assert_int_equal(t_request_as(&q, r), AIA_EINVAL);
    t.aia.config.reserved = NULL;
    r.order = 0;
    assert_int_equal(t_request_as(&q, r), AIA_EINVAL);
    assert_null(q.irq);
}

/* Reserved vectors give no room to interrupts that leave a hart, and a managed interrupt needs no other room. */
static void test_capacity_does_not_count_them(void **state)
{
    struct t_irq plain;

    (void)state;
    set_up(3, AIA_MSI_PLAIN, 0x6);
    t_irq(&plain, AIA_MSI_PLAIN, 1);
    t_fill(0, 0);
    t_fill(2, 0);
    struct imsic_stats before = t_stats();
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1),
                     AIA_ENOVEC); /* a vector is reserved on 2, but not for this interrupt */
    t_same_stats(before);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    assert_int_equal(aia_irq_free(&t.aia, plain.irq), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK); /* no vector is free on any hart, and the offline succeeds */
    edge_is_handled_on(2);
}

/* ---- harts go offline and come back ---- */

static void test_follows_its_set(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        set_up(4, (enum aia_msi_kind)kind, 0x6);
        struct imsic_stats before = t_stats();
        unsigned first = q.irq->vec.hart, other = 3 - first;
        assert_int_equal(t_offline(first, 0), AIA_OK);
        edge_is_handled_on(other);
        t_same_stats(before); /* the old vector has drained, and is reserved again */
        assert_int_equal(back(first, 0), AIA_OK);
        assert_int_equal(q.irq->vec.hart, other); /* the interrupt moves only if it must */
        edge_is_handled_on(other);
        t_same_stats(before);
        t_check_books();
        assert_int_equal(t.aia.displaced, 0);
    }
}

static void raise(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

/* Both harts of the set go offline and come back, with an edge at every access: shut down at the device, then started. */
static void both_go(enum aia_msi_kind kind, uint32_t lag)
{
    bool more = true;

    for (unsigned k = 0; more; k++) {
        set_up(3, kind, 0x6);
        struct imsic_stats before = t_stats();
        m.inbound_lag = m.store_lag = m.post_lag = lag;
        t_at(k, true, raise, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t_offline(2, 0), AIA_OK);
        bool early = !t_at_done();
        m_settle();
        assert_false(q.dev.enabled);
        assert_int_equal(q.seen, q.dev.n_raised); /* the device's queue was drained */
        assert_int_equal(q.irq->vec.id, 0);
        assert_false(m_raise(&q.dev));
        more = !early;
        assert_int_equal(back(2, 0), AIA_OK);
        assert_true(q.dev.enabled);
        edge_is_handled_on(2);
        assert_int_equal(back(1, 0), AIA_OK);
        edge_is_handled_on(2);
        t_same_stats(before);
        t_check_books();
        for (unsigned h = 0; h < 3; h++)
            assert_int_equal(t.harts[h].unowned + t.harts[h].late, 0);
    }
}

static void test_shut_down_with_its_last_hart(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        both_go((enum aia_msi_kind)kind, 0);
        both_go((enum aia_msi_kind)kind, M_NEVER);
    }
}

/* The first edge comes at any access of the online, as soon as the device is started. */
static void test_first_edge_while_it_starts(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        set_up(3, AIA_MSI_PLAIN, 0x6);
        m.inbound_lag = m.store_lag = m.post_lag = M_NEVER;
        assert_int_equal(t_offline(2, 0), AIA_OK);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        t_at(k, true, raise, NULL);
        assert_int_equal(back(1, 0), AIA_OK);
        more = t_at_done();
        t_check(&q);
        edge_is_handled_on(1);
        t_check_books();
    }
}

static void test_requested_while_its_set_is_away(void **state)
{
    (void)state;
    t_machine(3, 63);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_offline(2, 0), AIA_OK);
    struct imsic_stats before = t_stats();
    assert_int_equal(request(AIA_MSI_PLAIN, 0x6), AIA_OK);
    assert_non_null(q.irq);
    assert_false(q.dev.enabled);
    struct imsic_stats s = t_stats();
    assert_int_equal(s.n[IMSIC_MANAGED], 2);
    assert_int_equal(back(1, 0), AIA_OK);
    edge_is_handled_on(1);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK); /* freed while it is shut down */
    t_same_stats(before);
}

/* The other harts have no free vector at all: the restart must not fail because of that. */
static void test_restart_without_a_free_vector(void **state)
{
    (void)state;
    set_up(3, AIA_MSI_PLAIN, 0x2);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_false(q.dev.enabled);
    for (unsigned h = 0; h < 3; h++) /* take every free vector, on the offline hart too */
        for (unsigned id = 1; id <= 63; id++)
            if (t_is_free(h, id)) {
                imsic_open(&t.aia.imsic, h);
                assert_int_equal(imsic_alloc_id(&t.aia.imsic, h, id, 0, T_FILLER), AIA_OK);
            }
    imsic_close(&t.aia.imsic, 1);
    assert_int_equal(back(1, 0), AIA_OK);
    edge_is_handled_on(1);
}

/* The offline fails after the interrupt was shut down: aia_hart_online_finish() starts it again. */
static int veto;
static int may_enter(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    (void)hart;
    return (int)next == veto ? AIA_ESILENT : AIA_OK;
}

static void test_failed_finish_restarts_it(void **state)
{
    static const int states[] = {AIA_HART_CLOSED, AIA_HART_EVACUATED, AIA_HART_FORCED,
                                 AIA_HART_QUIET,  AIA_HART_SWEPT,     AIA_HART_OFFLINE};

    (void)state;
    for (unsigned i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        veto = states[i];
        set_up(3, AIA_MSI_PLAIN, 0x2);
        struct imsic_stats before = t_stats();
        t.aia.config.may_enter = may_enter;
        assert_int_equal(t_offline(1, 0), AIA_ESILENT);
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
        edge_is_handled_on(1);
        t_same_stats(before);
        t_check_books();
    }
}

/* Another device does not answer, and the hart stays: in thread context the shutdown is undone by the same call. */
static void test_failed_begin_restarts_it(void **state)
{
    static struct t_irq other;

    (void)state;
    set_up(3, AIA_MSI_PLAIN, 0x2);
    t_irq(&other, AIA_MSI_PLAIN, 1);
    struct imsic_stats before = t_stats();
    other.dev.mood = M_MUTE;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ESILENT);
    edge_is_handled_on(1);
    other.dev.mood = M_WELL;
    m_raise(&other.dev);
    t_check(&other);
    t_check_books();
    t_same_stats(before);
}

/* The device does not answer the restart: the error names it, the next online tries again, and the others come back. */
static void test_silent_at_restart(void **state)
{
    static struct t_irq other;

    (void)state;
    set_up(3, AIA_MSI_PLAIN, 0x2);
    memset(&other, 0, sizeof(other));
    m_dev_init(&other.dev, AIA_MSI_STORE);
    assert_int_equal(t_request_as(&other, (struct aia_request){.affinity = {{2}}, .managed = true}), AIA_OK);
    struct imsic_stats before = t_stats();
    assert_int_equal(t_offline(1, 0), AIA_OK);
    q.dev.mood = M_MUTE;
    assert_int_equal(back(1, 0), AIA_ESILENT);
    assert_true(m_raise(&other.dev));
    t_check(&other);
    q.dev.mood = M_WELL;
    t_check_books();
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    edge_is_handled_on(1);
    t_check_books();
    t_same_stats(before);
}

/* An edge was kept while the interrupt was disabled. It is enabled when it is shut down: the restart sends the edge. */
static void test_kept_edge_waits_for_the_restart(void **state)
{
    (void)state;
    set_up(3, AIA_MSI_PLAIN, 2);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    assert_int_equal(t_offline(1, 0), AIA_OK);
    aia_irq_enable(&t.aia, q.irq);
    m_settle();
    assert_int_equal(q.runs, 0);
    assert_int_equal(back(1, 0), 0);
    t_check(&q);
    assert_int_equal(q.runs, 1);
    t_check_books();
}

/* The driver has stopped the interrupt and is about to free it: no hart that comes back starts it again. */
static void test_stopped_for_good(void **state)
{
    (void)state;
    for (unsigned by_free = 0; by_free < 2; by_free++) {
        set_up(3, AIA_MSI_MASKABLE, 2);
        if (by_free) {
            m.hart[1].hold = true;
            assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
            m.hart[1].hold = false;
        } else {
            aia_irq_stop(&t.aia, q.irq);
        }
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(back(1, 0), AIA_OK);
        assert_false(q.dev.enabled);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        t_check_books();
    }
}

/* A device that breaks the ordering rules: its edge arrives after the interrupt and its last hart are gone. */
static void test_late_edge_waits_for_the_restart(void **state)
{
    (void)state;
    set_up(3, AIA_MSI_PLAIN, 2);
    unsigned id = q.irq->vec.id;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    q.dev.n_raised++;
    m_fabric_post(m.hart[1].msi_addr, id);
    m_settle();
    assert_int_equal(t_online_again(1, 0), 1);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    t_check(&q);
    assert_int_equal(q.runs, 1);
    t_check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reserved_on_each_hart_of_the_set),
        cmocka_unit_test(test_plain_needs_a_common_identity),
        cmocka_unit_test(test_no_room_on_one_of_the_set),
        cmocka_unit_test(test_affinity_is_fixed),
        cmocka_unit_test(test_not_for_blocks_nor_without_memory),
        cmocka_unit_test(test_capacity_does_not_count_them),
        cmocka_unit_test(test_follows_its_set),
        cmocka_unit_test(test_shut_down_with_its_last_hart),
        cmocka_unit_test(test_first_edge_while_it_starts),
        cmocka_unit_test(test_requested_while_its_set_is_away),
        cmocka_unit_test(test_restart_without_a_free_vector),
        cmocka_unit_test(test_failed_finish_restarts_it),
        cmocka_unit_test(test_failed_begin_restarts_it),
        cmocka_unit_test(test_silent_at_restart),
        cmocka_unit_test(test_kept_edge_waits_for_the_restart),
        cmocka_unit_test(test_late_edge_waits_for_the_restart),
        cmocka_unit_test(test_stopped_for_good),
    };

    return T_RUN(tests);
}
