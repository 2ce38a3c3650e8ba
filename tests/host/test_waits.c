/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A managed interrupt that is requested while no hart of its affinity is online starts when the first of these harts comes,
 * whatever the order of the request and the two halves of the online. If it cannot start, that has a name.
 */
#include <string.h>

#include "imsic/vector.h"
#include "wires.h"

#define N 4

static struct t_irq q;
static struct wire w;

static unsigned n_moved;

static void moved(void *context, struct aia_irq *irq)
{
    assert_ptr_equal(context, &q);
    if (q.irq) /* else the hart comes during the request, which has not returned yet */
        assert_ptr_equal(irq, q.irq);
    n_moved++;
}

static int request(void)
{
    n_moved = 0;
    return t_request_as(
        &q, (struct aia_request){.affinity = {{0xc}}, .managed = true, .moved = moved}); /* harts 2 and 3 */
}

/* Hart 0 and hart 1 are online, 2 and 3 never were. */
static void machine(enum aia_msi_kind kind)
{
    uint16_t ids[M_MAX_HARTS];

    for (unsigned h = 0; h < M_MAX_HARTS; h++)
        ids[h] = 63;
    t_prepare(N, ids);
    t_init();
    m_on(0);
    m_stop(2);
    m_stop(3);
    t_online(1);
    t_online(0);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, kind);
}

static void comes(unsigned hart)
{
    m_start(hart);
    m_on(hart);
    assert_int_equal(aia_hart_online_begin(&t.aia), 0);
    m.hart[hart].irqs_on = true;
    m_on(0);
}

static int finish(unsigned hart)
{
    return aia_hart_online_finish(&t.aia, hart, AIA_DISPLACED_STAY);
}

static void edge_is_handled_on(unsigned hart)
{
    assert_true(m_raise(&q.dev));
    t_check(&q);
    assert_int_equal(q.hart, hart);
    assert_int_equal(t.aia.n_waiting, 0);
    t_check_books();
}

/* The request, then the hart: it starts in the first half, whether the second half follows or not. */
static void test_request_first(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++)
        for (unsigned second_half = 0; second_half < 2; second_half++) {
            machine((enum aia_msi_kind)kind);
            assert_int_equal(request(), AIA_OK);
            assert_true(q.irq->waits);
            assert_false(m_raise(&q.dev)); /* the device is not started */
            comes(3);
            assert_false(q.irq->waits);
            assert_int_equal(n_moved, 1);
            edge_is_handled_on(3);
            if (second_half)
                assert_int_equal(finish(3), AIA_OK);
            edge_is_handled_on(3);
            comes(2); /* the interrupt moves only if it must */
            assert_int_equal(finish(2), AIA_OK);
            edge_is_handled_on(3);
            assert_int_equal(t_offline(3, 0), AIA_OK);
            edge_is_handled_on(2);
            assert_int_equal(t_offline(2, 0), AIA_OK); /* shut down: the second half starts it again */
            assert_int_equal(t_online_again(2, 0), 0);
            assert_int_equal(q.irq->vec.id, 0);
            assert_int_equal(finish(2), AIA_OK);
            edge_is_handled_on(2);
            assert_int_equal(n_moved, 4); /* to 3, to 2, to no hart, to 2 */
        }
}

/* Harts of another affinity come: it waits on. */
static void test_other_harts(void **state)
{
    (void)state;
    machine(AIA_MSI_PLAIN);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(request(), AIA_OK);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(finish(1), AIA_OK);
    assert_true(q.irq->waits);
    comes(2);
    edge_is_handled_on(2);
}

static void test_between_the_halves(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        machine((enum aia_msi_kind)kind);
        comes(3);
        assert_int_equal(request(), AIA_OK);
        assert_false(q.irq->waits);
        edge_is_handled_on(3);
        assert_int_equal(finish(3), AIA_OK);
        edge_is_handled_on(3);
    }
}

/* A hart of the affinity was online before, and is offline, or on its way, when the interrupt is requested. */
static void test_hart_was_online(void **state)
{
    (void)state;
    machine(AIA_MSI_PLAIN);
    comes(3);
    assert_int_equal(t_offline(3, 0), AIA_OK);
    assert_int_equal(request(), AIA_OK);
    assert_true(q.irq->waits);
    assert_int_equal(t_online_again(3, 0), 0);
    edge_is_handled_on(3);

    machine(AIA_MSI_PLAIN);
    comes(3);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 3), AIA_OK);
    assert_int_equal(request(), AIA_OK);
    assert_true(q.irq->waits);
    aia_hart_offline_cancel(&t.aia, 3);
    edge_is_handled_on(3);
}

static void test_freed_before(void **state)
{
    (void)state;
    machine(AIA_MSI_PLAIN);
    struct imsic_stats before = t_stats();
    assert_int_equal(request(), AIA_OK);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(t.aia.n_waiting, 0);
    t_same_stats(before);
    comes(3);
    assert_false(m_raise(&q.dev));
    assert_int_equal(request(), AIA_OK);
    edge_is_handled_on(3);
}

/* Disabled while it waits, it keeps the edges that come after its start. */
static void test_disabled(void **state)
{
    (void)state;
    machine(AIA_MSI_PLAIN);
    assert_int_equal(request(), AIA_OK);
    aia_irq_disable(&t.aia, q.irq);
    comes(3);
    assert_true(m_raise(&q.dev));
    m_settle();
    assert_int_equal(q.runs, 0);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, 1);
    edge_is_handled_on(3);
}

/* ---- at the same time ---- */

static void comes_here(void *arg)
{
    (void)arg;
    if (aia_hart_online_begin(&t.aia))
        m_die("aia_hart_online_begin");
    m.hart[m.here].irqs_on = true;
}

static void hart_3_comes(void *arg)
{
    m_start(3);
    m_spawn(3, comes_here, arg);
    m_run(3);
}

static void test_at_every_access_of_the_request(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        machine(AIA_MSI_PLAIN);
        t_at(k, true, hart_3_comes, NULL);
        assert_int_equal(request(), AIA_OK);
        more = t_at_done();
        if (!more)
            hart_3_comes(NULL);
        m_settle();
        edge_is_handled_on(3);
    }
}

static void request_here(void *arg)
{
    *(int *)arg = request();
}

static void hart_1_requests(void *arg)
{
    m_spawn(1, request_here, arg);
    m_run(1);
}

static void test_at_every_access_of_the_online(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        int error = AIA_EINVAL;
        machine(AIA_MSI_PLAIN);
        t_at(k, true, hart_1_requests, &error);
        comes(3);
        more = t_at_done();
        if (!more)
            hart_1_requests(&error);
        while (m_busy(1))
            m_run(1);
        assert_int_equal(error, AIA_OK);
        edge_is_handled_on(3);
    }
}

/* ---- those that cannot start ---- */

static void test_device_does_not_answer(void **state)
{
    (void)state;
    machine(AIA_MSI_PLAIN);
    assert_int_equal(request(), AIA_OK);
    q.dev.mood = M_MUTE;
    comes(3);
    assert_int_equal(t_reported(AIA_REPORT_NOT_STARTED), 1);
    assert_ptr_equal(m.reports[0].irq, q.irq);
    assert_int_equal(m.reports[0].vec.hart, 3);
    assert_int_equal(t.harts[3].state, AIA_HART_ONLINE);
    q.dev.mood = M_WELL;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
    edge_is_handled_on(3);
}

/* A command on a slow bus needs a wait, and a hart that comes cannot wait: refused by name, and nothing is left. */
static void test_slow_bus(void **state)
{
    (void)state;
    machine(AIA_MSI_STORE);
    m_slow_init(&q.dev);
    struct imsic_stats before = t_stats();
    assert_int_equal(request(), AIA_ENOHART);
    assert_null(q.irq);
    t_same_stats(before);
    assert_int_equal(t.aia.n_waiting, 0);
    comes(3);
    assert_int_equal(request(), AIA_OK);
    m_settle();
    edge_is_handled_on(3);
}

/* ---- wires ---- */

static void wire_comes(unsigned mode)
{
    struct aia_hartset set = aia_hartset_one(1);

    w_source(&w, 9, w_modes[mode]);
    assert_int_equal(w_request_managed(&w, set), AIA_OK);
    assert_true(w.irq->waits);
    assert_int_equal(t_online_again(1, 0), 0);
    w_rise(&w);
    w_check(&w);
    assert_int_equal(w.runs, 1);
    assert_int_equal(w.hart, 1);
}

static void test_wires(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < W_MODES; mode++) {
        w_machine(2, 0);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        wire_comes(mode);
        w_direct_machine(2, 2, 0);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        wire_comes(mode);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_first),
        cmocka_unit_test(test_other_harts),
        cmocka_unit_test(test_between_the_halves),
        cmocka_unit_test(test_hart_was_online),
        cmocka_unit_test(test_freed_before),
        cmocka_unit_test(test_disabled),
        cmocka_unit_test(test_at_every_access_of_the_request),
        cmocka_unit_test(test_at_every_access_of_the_online),
        cmocka_unit_test(test_device_does_not_answer),
        cmocka_unit_test(test_slow_bus),
        cmocka_unit_test(test_wires),
    };

    return T_RUN(tests);
}
