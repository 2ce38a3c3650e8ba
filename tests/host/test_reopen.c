/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A late edge at an identity that a storm has quarantined and that now retires (P3). After its interrupt is enabled again, the
 * edge waits for no timer. Only time drains these devices, so no reclaim comes first. In these tests the clock stands still
 * between the edge and its run, except for the reads of it.
 */
#include "imsic/file.h"
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

#define POSTED (5 * T_LAZY)

static struct t_irq q;

static void request(struct aia_request r)
{
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    q.dev.msi.posted_limit = POSTED;
    assert_int_equal(t_request_as(&q, r), AIA_OK);
}

/* So many edges at `v` that it is quarantined. */
static void storm_at(struct imsic_vector v)
{
    bool denied = q.deny;

    q.deny = true;
    for (unsigned i = 0; i < T_STORM + 20; i++) {
        imsic_send(&t.aia.imsic, v);
        m_settle();
    }
    q.deny = denied;
    assert_false(m.hart[v.hart].file.eie[v.id / 64] >> v.id % 64 & 1);
}

static void retires(struct imsic_vector v)
{
    assert_int_equal(imsic_slot_state(t.slots[v.hart][v.id]), IMSIC_RETIRING);
}

/* The edge under way arrives at `v` now, and is handled. */
static void arrives(struct imsic_vector v)
{
    uint64_t runs, began;

    m_settle();
    runs = q.runs;
    began = m.now;
    imsic_send(&t.aia.imsic, v);
    m_settle();
    assert_int_equal(q.runs, runs + 1);
    assert_true(m.now - began < 1000);
}

static void test_moved(void **state)
{
    (void)state;
    for (unsigned policy = 0; policy < 3; policy++) {
        t_machine(4, 63);
        request((struct aia_request){.affinity = aia_hartset_one(1), .policy = {.reclaim = policy}});
        struct imsic_vector v = q.irq->vec;
        storm_at(v);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m_raise(&q.dev);
        m_settle();
        retires(v);
        aia_irq_enable(&t.aia, q.irq);
        arrives(v);
        arrives(q.irq->vec);
        m_pass(2 * POSTED);
        m_pass(2 * POSTED);
        t_check_books();
    }
}

/* The disabled interrupt goes on storming wherever it moves: quarantined on three harts, on one of them twice. */
static void test_moved_on(void **state)
{
    static const unsigned way[] = {1, 2, 3, 1};
    struct imsic_vector v[4];

    (void)state;
    t_machine(4, 63);
    request((struct aia_request){.affinity = aia_hartset_one(1)});
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(t_move(&q, way[i]), AIA_OK);
        v[i] = q.irq->vec;
        storm_at(v[i]);
    }
    for (unsigned i = 0; i < 3; i++)
        retires(v[i]);
    aia_irq_enable(&t.aia, q.irq);
    for (unsigned i = 0; i < 4; i++)
        arrives(v[i]);
}

/* One hart enables the interrupt after another has begun to move it. */
static void enable(void *arg)
{
    (void)arg;
    aia_irq_enable(&t.aia, q.irq);
}

static void hart_3_enables(void *arg)
{
    m_spawn(3, enable, arg);
    m_run(3);
}

static void test_enabled_meanwhile(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        t_machine(4, 63);
        request((struct aia_request){.affinity = aia_hartset_one(1)});
        struct imsic_vector v = q.irq->vec;
        storm_at(v);
        t_at(k, true, hart_3_enables, NULL);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        more = t_at_done();
        if (!more)
            enable(NULL);
        while (m_busy(3))
            m_run(3);
        retires(v);
        arrives(v);
        arrives(q.irq->vec);
    }
}

/* One interrupt of a block. */
static void test_block(void **state)
{
    (void)state;
    t_machine(4, 63);
    request((struct aia_request){.affinity = aia_hartset_one(1), .order = 2});
    struct imsic_vector v = q.irq[2].vec;
    storm_at(v);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(t_move(&q, 3), AIA_OK);
    retires(v);
    aia_irq_enable(&t.aia, &q.irq[2]);
    arrives(v);
    arrives(q.irq[2].vec);
}

/* An interrupt with AIA_IN_PLACE can storm where it retires, because its edges are handled there. */
static void test_in_place(void **state)
{
    (void)state;
    t_machine(4, 63);
    request((struct aia_request){.affinity = aia_hartset_one(1), .policy = {.caught = AIA_IN_PLACE}});
    struct imsic_vector v = q.irq->vec;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    m_settle();
    retires(v);
    storm_at(v);
    aia_irq_enable(&t.aia, q.irq);
    arrives(v);
}

/* ---- a hart that goes offline ---- */

static int result;

static void offline_begin_1(void *arg)
{
    (void)arg;
    result = aia_hart_offline_begin(&t.aia, 1);
}

/* The hart goes offline, and waits until time has drained the vector; also with a managed interrupt, with its reserved vectors. */
static void leaving(struct aia_request r)
{
    t_machine(4, 63);
    m.relax_ticks = 0;
    request(r);
    struct imsic_vector v = q.irq->vec;
    assert_int_equal(v.hart, 1);
    storm_at(v);
    m_spawn(3, offline_begin_1, NULL);
    while (q.irq->vec.hart == 1)
        m_run(3);
    retires(v);
    assert_true(m_busy(3));
    aia_irq_enable(&t.aia, q.irq);
    m_run(1);
    uint64_t runs = q.runs;
    imsic_send(&t.aia.imsic, v);
    m_run(1);
    m_run(2);
    assert_int_equal(q.runs, runs + 1);
    m.now += 2 * POSTED;
    while (m_busy(3))
        m_run(3);
    assert_int_equal(result, AIA_OK);
}

static void test_leaving(void **state)
{
    struct aia_hartset pair = aia_hartset_one(1);

    (void)state;
    aia_hartset_add(&pair, 2);
    leaving((struct aia_request){.affinity = aia_hartset_one(1)});
    leaving((struct aia_request){.affinity = pair, .managed = true});
}

static void hart_0_enables(void *arg)
{
    m_spawn(0, enable, arg);
    m_run(0);
}

/* offline_finish fails: the vector appeared on the hart after offline_begin, and is enabled while the hart takes no IPIs. */
static void test_finish_fails(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        t_machine(4, 63);
        request((struct aia_request){.affinity = aia_hartset_one(1)});
        struct imsic_vector v = q.irq->vec;
        storm_at(v);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        imsic_close(&t.aia.imsic, 1);
        t.harts[1].state = AIA_HART_EVACUATED;
        m_on(1);
        m.hart[1].irqs_on = false;
        t_at(k, true, hart_0_enables, NULL);
        assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_EAGAIN);
        more = t_at_done();
        aia_port_irq_restore(1);
        while (m_busy(0))
            m_run(0);
        m_on(0);
        if (!more)
            enable(NULL);
        retires(v);
        arrives(v);
    }
}

/* ---- a slow bus ---- */

static void move_to_2(void *arg)
{
    (void)arg;
    result = t_move(&q, 2);
}

/* Both vectors belong to the interrupt while a command is under way: it storms at the new one, which is not in its books yet. */
static void test_slow(void **state)
{
    unsigned id = 0;

    (void)state;
    t_machine(4, 63);
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    q.dev.bus.answers_after = 1000;
    m_spawn(0, move_to_2, NULL);
    m_on(3);
    m_run(0);
    for (unsigned i = 1; i <= 63; i++)
        if (t.slots[2][i] == imsic_slot(IMSIC_OWNED, q.irq->number))
            id = i;
    assert_int_not_equal(id, 0);
    assert_int_equal(q.irq->vec.hart, 1);
    q.deny = true;
    for (unsigned i = 0; i < 2 * (T_STORM + 1); i++) { /* unhandled, then kept */
        imsic_send(&t.aia.imsic, (struct imsic_vector){2, (uint16_t)id});
        m_run(2);
    }
    q.deny = false;
    assert_false(m.hart[2].file.eie[0] >> id & 1);
    assert_int_equal(q.irq->vec.hart, 1);
    aia_irq_enable(&t.aia, q.irq);
    q.dev.bus.answers_after = 0;
    while (m_busy(0))
        m_run(0);
    assert_int_equal(result, AIA_OK);
    assert_int_equal(q.irq->vec.hart, 2);
    arrives(q.irq->vec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moved),
        cmocka_unit_test(test_moved_on),
        cmocka_unit_test(test_enabled_meanwhile),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_finish_fails),
        cmocka_unit_test(test_slow),
    };

    return T_RUN(tests);
}
