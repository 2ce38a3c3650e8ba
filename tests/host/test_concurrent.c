/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that run at the same time: a request or a new affinity, and a hart that goes offline or comes back; at every
 * access of both. */
#include <limits.h>
#include <string.h>

#include "fixture.h"
#include "wires.h"

static struct t_irq q, p;

static struct aia_hartset set_of(uint64_t bits)
{
    return (struct aia_hartset){{bits}};
}

/* Hart `hart` runs fn once. The operation under test is before the access in question. */
static void spawn_once(unsigned hart, void (*fn)(void *arg), void *arg)
{
    if (m_busy(hart))
        return;
    m_spawn(hart, fn, arg);
    m_run(hart);
}

/* Harts 0 and 2 stop before their left[hart]-th access, and go on when they are let run again. */
static unsigned long left[4];
static bool fine; /* atomic accesses count */

static void stop_there(const struct m_event *e, void *arg)
{
    (void)arg;
    if ((e->kind == M_ATOMIC && !fine) || left[m.here]-- != 0)
        return;
    m_yield();
    for (unsigned n = 0; m.here == 2 && m_busy(0) && n < 50;
         n++) { /* hart 0 may wait for the test, or for its interrupts */
        m_take();
        m_yield();
    }
}

static struct {
    unsigned long i, k;
    bool more[2];
} meeting;

static void first_meeting(bool atomic)
{
    fine = atomic;
    meeting.i = meeting.k = 0;
    meeting.more[0] = meeting.more[1] = true;
}

/* Choose the next access at which hart 0 stops, for each access of hart 2. Returns false after the last. */
static bool next_meeting(void)
{
    if (!meeting.more[1]) {
        meeting.i++;
        meeting.k = 0;
    } else {
        meeting.k++;
    }
    return meeting.more[0] || meeting.k;
}

/* Hart 0 begins one operation and stops at an access. Hart 2 begins another and stops too. Hart 0 goes on, then both do. */
static void meet(void (*on_0)(void *arg), void (*on_2)(void *arg), void *arg)
{
    m_on(3);
    left[0] = meeting.i;
    left[2] = meeting.k;
    left[1] = left[3] = ULONG_MAX;
    m.hook = stop_there;
    m_spawn(0, on_0, arg);
    m_run(0);
    meeting.more[0] = left[0] > meeting.i;
    m_spawn(2, on_2, arg);
    m_run(2);
    meeting.more[1] = left[2] > meeting.k;
    for (unsigned n = 0; (m_busy(0) || m_busy(2)) && n < 10000; n++) {
        m_run_others();
        m_take();
    }
    m.hook = NULL;
    m_on(0);
}

/* ---- a request ---- */

static void request_slow(void *arg)
{
    (void)arg;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = set_of(5)}), AIA_OK);
}

static void offline_begin_1(void *arg)
{
    (void)arg;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
}

/* Hart 2 takes hart 1 offline, while hart 0 requests an interrupt of a slow bus. */
static void test_request_meets_offline(void **state)
{
    (void)state;
    first_meeting(false);
    do {
        t_machine(4, 63);
        memset(&q, 0, sizeof(q));
        m_slow_init(&q.dev);
        meet(request_slow, offline_begin_1, NULL);
        assert_int_equal(q.dev.bus.locked_by, 0);
        assert_int_equal(t.harts[1].state, AIA_HART_EVACUATED);
        m_raise(&q.dev);
        t_check(&q);
    } while (next_meeting());
}

static void online_finish_1(void *arg)
{
    *(int *)arg = aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN);
}

static void hart_2_finishes_online(void *arg)
{
    spawn_once(2, online_finish_1, arg);
}

/* A hart comes back while an interrupt is requested, in a descriptor that another interrupt had before. */
static void test_request_meets_online(void **state)
{
    (void)state;
    for (unsigned managed = 0; managed < 2; managed++) {
        bool more = true;
        for (unsigned long k = 0; more; k++) {
            int error = AIA_OK;
            t_machine(3, 63);
            memset(&p, 0, sizeof(p));
            m_dev_init(&p.dev, AIA_MSI_STORE);
            assert_int_equal(
                t_request_as(&p, (struct aia_request){.affinity = set_of(2), .managed = managed}), AIA_OK);
            assert_int_equal(aia_irq_free(&t.aia, p.irq), AIA_OK);
            t_at(k, true, hart_2_finishes_online, &error);
            assert_int_equal(t_request(&q, AIA_MSI_STORE, set_of(2)), AIA_OK);
            more = t_at_done();
            m_settle();
            assert_int_equal(error, AIA_OK);
            m_raise(&q.dev);
            t_check(&q);
            t_check_books();
        }
    }
}

static struct wire w;

static void test_line_meets_online(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        int error = AIA_OK;
        w_direct_machine(3, 3, 0);
        w_irq(&w, 9, APLIC_EDGE_RISE, 1);
        assert_int_equal(aia_irq_free(&t.aia, w.irq), AIA_OK);
        w_source(&w, 9, APLIC_EDGE_RISE);
        t_at(k, true, hart_2_finishes_online, &error);
        assert_int_equal(w_request(&w, set_of(2)), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_equal(error, AIA_OK);
        w_edge(&w);
        w_check(&w);
    }
}

static struct aia_msi_ops mute_ops;

static int mute(struct aia_msi *msi, struct aia_message *message)
{
    (void)msi;
    (void)message;
    return AIA_ESILENT;
}

static void request_mute(void *arg)
{
    (void)arg;
    assert_int_equal(w_request(&w, set_of(2)), AIA_ESILENT);
    assert_null(w.irq);
    memset(&w, 0, sizeof(w)); /* it belongs to the caller again */
}

/* The request fails, and its arguments are gone: the hart that comes back must not look at them any more. */
static void test_failed_line_meets_online(void **state)
{
    int error = AIA_OK;

    (void)state;
    first_meeting(true);
    do {
        w_direct_machine(4, 4, 0);
        w_source(&w, 9, APLIC_EDGE_RISE);
        mute_ops = *w.source.msi.ops;
        mute_ops.read_back = mute;
        w.source.msi.ops = &mute_ops;
        meet(request_mute, online_finish_1, &error);
        assert_false(m_busy(0) || m_busy(2));
    } while (next_meeting());
}

/* ---- a new affinity ---- */

static void to_0(void *arg)
{
    *(int *)arg = t_move(&q, 0);
}

static void hart_2_moves_to_0(void *arg)
{
    spawn_once(2, to_0, arg);
}

/* The interrupt gets a new affinity while its hart goes offline: it ends where the last call put it. */
static void test_affinity_meets_offline(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        int error = AIA_OK;
        struct aia_hartset wide = set_of(0xa);
        t_machine(4, 63);
        t_irq(&q, AIA_MSI_STORE, 1);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &wide), AIA_OK);
        t_at(k, true, hart_2_moves_to_0, &error);
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_equal(error, AIA_OK);
        assert_int_equal(q.irq->vec.hart, more ? 0 : 3);
        assert_int_equal(t.aia.displaced, 0);
        m_raise(&q.dev);
        t_check(&q);
    }
}

/* The interrupt gets a new affinity while it returns to a hart. */
static void test_affinity_meets_online(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        int error = AIA_OK;
        t_machine(4, 63);
        t_irq(&q, AIA_MSI_STORE, 1);
        assert_int_equal(t_offline(1, 3), AIA_OK);
        assert_int_equal(t_online_again(1, 3), 0);
        t_at(k, true, hart_2_moves_to_0, &error);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_equal(error, AIA_OK);
        assert_int_equal(q.irq->vec.hart, more ? 0 : 1);
        m_raise(&q.dev);
        t_check(&q);
    }
}

/* ---- an interrupt that is freed ---- */

static void free_q(void *arg)
{
    (void)arg;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
}

static void move_q(void *arg)
{
    (void)arg;
    (void)t_move(&q, 3);
}

/* Another hart moves an interrupt of a slow bus during its free: the hart that took the bus lock releases it. */
static void test_slow_free_meets_move(void **state)
{
    (void)state;
    first_meeting(false);
    do {
        t_machine(4, 63);
        memset(&q, 0, sizeof(q));
        m_slow_init(&q.dev);
        q.dev.bus.answers_after = 0;
        assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = set_of(2)}), AIA_OK);
        meet(free_q, move_q, NULL);
        assert_false(m_busy(0) || m_busy(2));
        assert_int_equal(q.dev.bus.locked_by, 0);
        assert_false(q.dev.enabled);
        t_check_books();
    } while (next_meeting());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_meets_offline), cmocka_unit_test(test_request_meets_online),
        cmocka_unit_test(test_line_meets_online),     cmocka_unit_test(test_affinity_meets_offline),
        cmocka_unit_test(test_affinity_meets_online), cmocka_unit_test(test_failed_line_meets_online),
        cmocka_unit_test(test_slow_free_meets_move),
    };

    return T_RUN(tests);
}
