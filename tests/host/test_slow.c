/* SPDX-License-Identifier: BSD-2-Clause */
/* Devices on a slow bus: software changes only a copy, one command applies it, and a command without an answer is the end. */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

static struct t_irq q, plain;

static int request(uint64_t set, bool managed)
{
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    return t_request_as(&q, (struct aia_request){.affinity = {{set}}, .managed = managed});
}

static void set_up(unsigned n_harts, uint64_t set)
{
    t_machine(n_harts, 63);
    assert_int_equal(request(set, false), AIA_OK);
    q.dev.bus.n_commands = m.n_log = 0;
}

static void edge_is_handled_on(unsigned hart)
{
    assert_true(m_raise(&q.dev));
    t_check(&q);
    assert_int_equal(q.hart, hart);
}

static void check_dead(void)
{
    assert_true(q.irq->flow & AIA_FLOW_DEAD);
    assert_int_equal(q.irq->vec.id, 0);
    assert_int_equal(q.dev.bus.n_resets, 1);
    assert_int_equal(t_reported(AIA_REPORT_DEAD), 1);
    assert_ptr_equal(m.reports[0].irq, q.irq);
}

/* ---- one command for each change ---- */

static void test_startup_waits(void **state)
{
    (void)state;
    t_machine(2, 63);
    assert_int_equal(request(1, false), AIA_OK);
    assert_int_equal(q.dev.bus.n_commands, 1);
    assert_true(q.dev.enabled); /* the command was answered */
    edge_is_handled_on(0);
}

static void test_teardown_waits(void **state)
{
    (void)state;
    t_machine(2, 63);
    struct imsic_stats before = t_stats();
    assert_int_equal(request(2, false), AIA_OK);
    q.dev.bus.n_commands = 0;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(q.dev.bus.n_commands, 1);
    assert_false(q.dev.enabled);
    t_same_stats(before);
}

/* An edge at every access of a move, also while the command is under way: by the old or new message, and never lost. */
static void raise(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
    m_run_others();
}

static void test_move_is_one_command(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            set_up(3, 2);
            m.inbound_lag = m.store_lag = m.post_lag = lag ? M_NEVER : 0;
            t_at(k, true, raise, NULL);
            assert_int_equal(t_move(&q, 2), AIA_OK);
            more = t_at_done();
            t_check(&q);
            assert_int_equal(q.dev.bus.n_commands, 1);
            edge_is_handled_on(2);
            t_check_books();
        }
    }
}

/* The same for a teardown: until the device has obeyed, the vector belongs to its interrupt. */
static void test_edge_during_teardown(void **state)
{
    (void)state;
    for (unsigned by_hart = 0; by_hart < 2; by_hart++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            t_machine(3, 63);
            t.aia.config.lazy_period = 1; /* reclaim as soon as the library thinks it is drained */
            struct imsic_stats before = t_stats();
            assert_int_equal(request(2, by_hart), AIA_OK);
            q.dev.bus.answers_after = 20;
            t_at(k, true, raise, NULL);
            assert_int_equal(by_hart ? aia_hart_offline_begin(&t.aia, 1) : aia_irq_free(&t.aia, q.irq),
                             AIA_OK);
            more = t_at_done();
            m_settle(); /* hart 1 may still wait for a lock */
            if (by_hart)
                assert_int_equal(t_offline_finish(1, 0), AIA_OK);
            t_check(&q);
            if (!by_hart)
                t_same_stats(before);
            t_check_books();
            for (unsigned h = 0; h < 3; h++)
                assert_int_equal(t.harts[h].unowned, 0);
        }
    }
}

/* A move to the same vector sends no command; mask and unmask change only memory. */
static void test_what_sends_no_command(void **state)
{
    (void)state;
    set_up(2, 3);
    struct aia_hartset both = {{3}};
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &both), AIA_OK);
    unsigned long was = aia_port_irq_save(); /* an atomic context is enough */
    aia_irq_disable(&t.aia, q.irq);
    aia_irq_enable(&t.aia, q.irq);
    aia_port_irq_restore(was);
    assert_int_equal(q.dev.bus.n_commands, 0);
    unsigned i = 0;
    assert_false(m_logged(&q.dev, M_STORE, &i));
}

/* Two harts move the interrupt at the same time: the bus lock separates them, and each sends a command of its own. */
static void move_to_2(void *arg)
{
    int *error = arg;

    *error = t_move(&q, 2);
}

static void hart_2_moves_it(void *arg)
{
    if (m_busy(2))
        return;
    m_spawn(2, move_to_2, arg);
    m_run(2);
}

static void test_two_moves_together(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        int other = 1;
        set_up(4, 2);
        t_at(k, true, hart_2_moves_it, &other);
        assert_int_equal(t_move(&q, 3), AIA_OK);
        more = t_at_done();
        m_settle();
        if (!more)
            break;
        assert_int_equal(other, AIA_OK);
        assert_int_equal(q.dev.bus.n_commands, 2);
        assert_int_equal(q.dev.message.addr, m.hart[q.irq->vec.hart].msi_addr);
        edge_is_handled_on(q.irq->vec.hart);
        t_check_books();
    }
}

/* ---- a device that does not answer ---- */

static void test_startup_unanswered(void **state)
{
    (void)state;
    t_machine(2, 63);
    struct imsic_stats before = t_stats();
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    q.dev.bus.silent = true;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{2}}}), AIA_ESILENT);
    assert_true(q.dev.bus.n_resets >= 1);
    if (q.irq) {
        m_pass(T_FOREVER);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    }
    t_same_stats(before);
    t_check_books();
}

static void test_move_unanswered(void **state)
{
    (void)state;
    set_up(3, 2);
    struct imsic_stats before = t_stats();
    q.dev.bus.silent = true;
    assert_int_equal(t_move(&q, 2), AIA_ESILENT);
    check_dead();
    assert_int_equal(t_move(&q, 2), AIA_ESILENT); /* the next move fails too, without another command */
    assert_int_equal(q.dev.bus.n_commands, 1);
    t_check_books(); /* time proves the drain, because the device does not answer: both vectors are free again */
    before.n[IMSIC_OWNED]--;
    before.n[IMSIC_FREE]++;
    t_same_stats(before);
    aia_irq_enable(&t.aia, q.irq);
    assert_true(q.irq->flow & AIA_FLOW_DISABLED);
}

/* The device had sent to the old vector and to the new one before it fell silent: no other interrupt gets these vectors. */
static void test_edges_of_the_dead(void **state)
{
    (void)state;
    for (unsigned to_new = 0; to_new < 2; to_new++) {
        set_up(3, 2);
        unsigned id = q.irq->vec.id;
        q.dev.bus.silent = true;
        assert_int_equal(t_move(&q, 2), AIA_ESILENT);
        m_fabric_post(m.hart[to_new ? 2 : 1].msi_addr, id);
        t_check_books();
        for (unsigned h = 0; h < 3; h++)
            assert_int_equal(t.harts[h].unowned, 0);
    }
}

/* The hart goes offline: the silent device becomes dead, and the other interrupts move. */
static void offline_unanswered(bool managed, uint64_t set)
{
    t_machine(3, 63);
    assert_int_equal(request(set, managed), AIA_OK);
    t_irq(&plain, AIA_MSI_PLAIN, 1);
    q.dev.bus.silent = true;
    m_raise(&plain.dev);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    check_dead();
    assert_int_equal(t.harts[1].state, AIA_HART_OFFLINE);
    assert_int_equal(t.files[1].n_free, 61u - managed);
    m_raise(&plain.dev);
    t_check(&plain);
    /* The hart is back, and so is the device: it stays dead, and no error keeps the hart from being whole. */
    q.dev.bus.silent = false;
    unsigned commands = q.dev.bus.n_commands;
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    assert_int_equal(q.dev.bus.n_commands, commands);
    assert_int_equal(plain.irq->vec.hart, 1);
    m_raise(&plain.dev);
    t_check(&plain);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK); /* needs no command: the interrupt has no vector */
    t_check_books();
    struct imsic_stats s = t_stats();
    assert_int_equal(s.n[IMSIC_MANAGED], 0);
    assert_int_equal(s.n[IMSIC_OWNED], 1);
}

static void test_offline_unanswered(void **state)
{
    (void)state;
    offline_unanswered(false, 2);
}

static void test_managed_unanswered(void **state)
{
    (void)state;
    offline_unanswered(true, 2);     /* the command of the shutdown is not answered */
    offline_unanswered(true, 2 | 4); /* the command of the move is not answered */
}

/* A managed interrupt whose device is silent when it is to be started again. */
static void test_restart_unanswered(void **state)
{
    (void)state;
    t_machine(3, 63);
    assert_int_equal(request(2, true), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_false(q.dev.enabled);
    q.dev.bus.silent = true;
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_ESILENT);
    check_dead();
    t_check_books();
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
}

static void hart_2_kills_it(void *arg)
{
    if (m_busy(2))
        return;
    m_spawn(2, move_to_2, arg);
    while (m_busy(2))
        m_run(2);
}

/* The device dies while its interrupt is enabled, at any access of that: the interrupt is disabled for good. */
static void test_enable_meets_death(void **state)
{
    static const uint32_t dead = AIA_FLOW_DISABLED | AIA_FLOW_DEAD;
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        int error = AIA_OK;
        set_up(3, 2);
        aia_irq_disable(&t.aia, q.irq);
        q.dev.bus.silent = true;
        t_at(k, true, hart_2_kills_it, &error);
        aia_irq_enable(&t.aia, q.irq);
        more = t_at_done();
        assert_int_equal(error, more ? AIA_ESILENT : AIA_OK);
        assert_int_equal(q.irq->flow & dead, more ? dead : 0);
    }
}

/* ---- harts ---- */

static void test_offline_and_online(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        set_up(3, 2);
        t_at(k, true, raise, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        more = t_at_done();
        assert_int_equal(q.dev.bus.n_commands, 1);
        edge_is_handled_on(q.irq->vec.hart);
        assert_int_equal(t_online_again(1, 0), 0);
        assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
        edge_is_handled_on(1);
        t_check_books();
    }
}

/* A move to the leaving hart is under way on the bus: the offline waits for it, and moves the interrupt away again. */
static void move_to_1(void *arg)
{
    (void)arg;
    t_move(&q, 1);
}

static void hart_2_moves_there(void *arg)
{
    (void)arg;
    if (m_busy(2))
        return;
    m_spawn(2, move_to_1, NULL);
    m_run(2);
}

static void test_offline_meets_a_move(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        set_up(3, 1);
        t_at(k, true, hart_2_moves_there, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_not_equal(q.irq->vec.hart, 1);
        edge_is_handled_on(q.irq->vec.hart);
        assert_int_equal(t.files[1].n_free, 61);
        t_check_books();
    }
    /* The same with a move that began before the offline. */
    set_up(3, 1);
    q.dev.bus.answers_after = 50;
    hart_2_moves_there(NULL);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_settle();
    edge_is_handled_on(q.irq->vec.hart);
    assert_int_equal(t.files[1].n_free, 61);
    t_check_books();
}

/* In offline_finish nothing may wait: a slow device is refused by name, no command is sent, and the hart is online again. */
static void test_atomic_context_refuses(void **state)
{
    (void)state;
    set_up(3, 1);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    imsic_open(&t.aia.imsic, 1); /* as if the interrupt had moved there after the evacuation */
    t.harts[1].state = AIA_HART_ONLINE;
    assert_int_equal(t_move(&q, 1), AIA_OK);
    t.harts[1].state = AIA_HART_EVACUATED;
    imsic_close(&t.aia.imsic, 1);
    q.dev.bus.n_commands = 0;
    assert_int_equal(t_offline_finish(1, 0), AIA_ECONTEXT);
    assert_int_equal(q.dev.bus.n_commands, 0);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    edge_is_handled_on(1);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    edge_is_handled_on(q.irq->vec.hart);
    t_check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_startup_waits),          cmocka_unit_test(test_teardown_waits),
        cmocka_unit_test(test_move_is_one_command),    cmocka_unit_test(test_edge_during_teardown),
        cmocka_unit_test(test_what_sends_no_command),  cmocka_unit_test(test_two_moves_together),
        cmocka_unit_test(test_startup_unanswered),     cmocka_unit_test(test_move_unanswered),
        cmocka_unit_test(test_edges_of_the_dead),      cmocka_unit_test(test_offline_unanswered),
        cmocka_unit_test(test_managed_unanswered),     cmocka_unit_test(test_restart_unanswered),
        cmocka_unit_test(test_offline_and_online),     cmocka_unit_test(test_offline_meets_a_move),
        cmocka_unit_test(test_atomic_context_refuses), cmocka_unit_test(test_enable_meets_death),
    };

    return T_RUN(tests);
}
