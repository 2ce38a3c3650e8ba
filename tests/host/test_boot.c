/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A kernel that boots: one hart is online, its interrupts are off, and the other harts have not begun. Each function whose context
 * is `thread` works there, or returns an error by name; none of them waits for an interrupt that cannot come.
 */
#include "imsic/vector.h"
#include <string.h>

#include "wires.h"

static struct t_irq q;

static void start(void)
{
    m_on(0);
    m.hart[0].irqs_on = false;
    assert_int_equal(aia_hart_online_begin(&t.aia), 0);
}

static void boot(void)
{
    uint16_t ids[M_MAX_HARTS] = {63, 63, 63};

    t_prepare(3, ids);
    t_init();
    start();
}

static int request(struct aia_request r, enum aia_msi_kind kind)
{
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, kind);
    return t_request_as(&q, r);
}

/* Interrupts go on, and the other harts come. Everything works, and no edge is lost. */
static void finish_boot(void)
{
    aia_port_irq_restore(true);
    for (unsigned h = 1; h < 3; h++)
        t_online(h);
    m_on(0);
    t_check(&q);
    t_check_books();
    assert_int_equal(t.harts[0].unowned, 0);
}

static uint64_t began;

/* The functions since `began` have waited for nothing. */
static void check_prompt(void)
{
    assert_true(m.now - began < T_LIMIT);
}

static void test_request_and_affinity(void **state)
{
    const struct aia_hartset all = {{7}}, here = {{1}}, others = {{6}};

    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        boot();
        began = m.now;
        assert_int_equal(request((struct aia_request){.affinity = others}, (enum aia_msi_kind)kind),
                         AIA_ENOHART);
        assert_null(q.irq);
        assert_int_equal(request((struct aia_request){.affinity = all}, (enum aia_msi_kind)kind), AIA_OK);
        assert_int_equal(q.irq->vec.hart, 0);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &here), AIA_OK);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &others), AIA_ENOHART);
        assert_true(aia_hartset_has(&q.irq->affinity, 0) && !aia_hartset_has(&q.irq->affinity, 1));
        assert_int_equal(aia_irq_try_affinity(&t.aia, q.irq, &others), AIA_ENOHART);
        assert_int_equal(aia_irq_try_affinity(&t.aia, q.irq, &all), AIA_OK);
        assert_int_equal(aia_irq_synchronize(&t.aia, q.irq), AIA_OK);
        aia_irq_disable(&t.aia, q.irq);
        aia_irq_enable(&t.aia, q.irq);
        assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
        check_prompt();
        m_raise(&q.dev);
        assert_int_equal(q.runs, 0); /* its interrupt waits */
        finish_boot();
        assert_true(q.runs > 0);
        assert_int_equal(t_move(&q, 2), AIA_OK);
    }
}

static void test_free_again(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++)
        for (unsigned kind = 0; kind < 4; kind++) {
            boot();
            m.inbound_lag = m.store_lag = m.post_lag = lag ? M_NEVER : 0;
            struct imsic_stats before = t_stats();
            began = m.now;
            assert_int_equal(request((struct aia_request){.affinity = {{7}}}, (enum aia_msi_kind)kind),
                             AIA_OK);
            assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
            check_prompt();
            t_same_stats(before);
            finish_boot();
        }
}

/*
 * The device has sent an edge. Its handler cannot run before interrupts are on, and the edge must not be lost: the free says so,
 * and succeeds when it is called again.
 */
static void test_free_with_an_edge(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++) {
        boot();
        m.inbound_lag = m.store_lag = m.post_lag = lag ? M_NEVER : 0;
        struct imsic_stats before = t_stats();
        assert_int_equal(request((struct aia_request){.affinity = {{7}}}, AIA_MSI_PLAIN), AIA_OK);
        m_raise(&q.dev);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
        assert_int_equal(q.runs, 0);
        assert_false(q.dev.enabled);
        aia_port_irq_restore(true);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(q.runs, 1);
        t_same_stats(before);
        aia_port_irq_save();
        finish_boot();
    }
}

/* A device that does not answer: the request fails by name, and its vector is free again when time has drained it. */
static void test_silent(void **state)
{
    (void)state;
    boot();
    struct imsic_stats before = t_stats();
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    q.dev.mood = M_MUTE;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{7}}}), AIA_ESILENT);
    assert_null(q.irq);
    t_same_stats(before);
    finish_boot();
}

static void test_managed(void **state)
{
    (void)state;
    boot();
    began = m.now;
    struct aia_request r = {.affinity = {{3}}, .managed = true};
    struct imsic_stats before = t_stats();
    assert_int_equal(request(r, AIA_MSI_PLAIN), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 0, AIA_DISPLACED_RETURN), AIA_OK);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    check_prompt();
    t_same_stats(before);
    assert_int_equal(request(r, AIA_MSI_PLAIN), AIA_OK);
    m_raise(&q.dev);
    finish_boot();
    assert_int_equal(q.runs, 1);
}

static void called(void *arg)
{
    ++*(unsigned *)arg;
}

static void test_calls(void **state)
{
    unsigned n = 0;

    (void)state;
    boot();
    began = m.now;
    assert_int_equal(aia_call(&t.aia, 0, called, &n), AIA_OK);
    assert_int_equal(n, 1);
    assert_int_equal(aia_call(&t.aia, 1, called, &n), AIA_EOFFLINE);
    assert_int_equal(aia_call(&t.aia, 3, called, &n), AIA_EINVAL);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_EOFFLINE);
    assert_int_equal(n, 1);
    assert_int_equal(aia_ipi_send(&t.aia, 0, AIA_IPI_USER), AIA_OK);
    assert_int_equal(m.hart[0].user_ipis[AIA_IPI_USER], 0);
    check_prompt();
    aia_port_irq_restore(true);
    assert_int_equal(m.hart[0].user_ipis[AIA_IPI_USER], 1);
}

static void test_hotplug(void **state)
{
    (void)state;
    boot();
    began = m.now;
    assert_int_equal(request((struct aia_request){.affinity = {{7}}}, AIA_MSI_PLAIN), AIA_OK);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 0), AIA_ELAST);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_EOFFLINE);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 3), AIA_EINVAL);
    assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_EINVAL);
    assert_int_equal(aia_hart_online_begin(&t.aia), AIA_EINVAL);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_EOFFLINE);
    check_prompt();
    m_raise(&q.dev);
    finish_boot();
    assert_int_equal(t_offline(1, 0), AIA_OK);
}

/* The other harts are offline again. As many vectors of q as may retire on this hart: the change of affinity does not wait. */
static void test_alone_again(void **state)
{
    const struct aia_hartset here = {{1}};

    (void)state;
    t_machine(2, 63);
    t.aia.config.max_retiring = 2;
    t_irq(&q, AIA_MSI_STORE, 0);
    m.hart[0].hold = true;
    assert_int_equal(t_move(&q, 1), AIA_OK);
    assert_int_equal(t_move(&q, 0), AIA_OK);
    m_run_others(); /* hart 1 reclaims its vector */
    assert_int_equal(t_move(&q, 1), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK); /* q is back on hart 0 */
    assert_int_equal(q.irq->n_retiring, 2);
    m.hart[0].hold = false;
    m.hart[0].irqs_on = false;
    began = m.now;
    assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &here), AIA_OK);
    check_prompt();
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    check_prompt();
    aia_port_irq_restore(true);
    t_check_books();
}

/* Harts without interrupt files, and an APLIC that sends messages. */
static void test_wires(void **state)
{
    static struct wire w;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < W_MODES; i++) {
            if (direct)
                w_direct_machine(3, 3, 0);
            else
                w_machine(3, 0);
            for (unsigned h = 1; h < 3; h++)
                assert_int_equal(t_offline(h, 0), AIA_OK);
            (void)aia_port_irq_save();
            began = m.now;
            struct aia_hartset all = {{7}}, others = {{6}};
            w_source(&w, 7, w_modes[i]);
            assert_int_equal(w_request(&w, all), AIA_OK);
            assert_int_equal(aia_irq_set_affinity(&t.aia, w.irq, &others), AIA_ENOHART);
            assert_int_equal(aia_irq_synchronize(&t.aia, w.irq), AIA_OK);
            assert_int_equal(aia_irq_free(&t.aia, w.irq), AIA_OK);
            assert_int_equal(w_request(&w, all), AIA_OK);
            check_prompt();
            w_rise(&w);
            assert_int_equal(w.runs, 0);
            aia_port_irq_restore(true);
            w_check(&w);
            assert_int_equal(w.runs, 1);
            for (unsigned h = 1; h < 3; h++)
                assert_int_equal(t_online_again(h, 0), 0);
            assert_int_equal(w_move(&w, 2), AIA_OK);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_and_affinity),
        cmocka_unit_test(test_free_again),
        cmocka_unit_test(test_free_with_an_edge),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_managed),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_hotplug),
        cmocka_unit_test(test_alone_again),
        cmocka_unit_test(test_wires),
    };
    return T_RUN(tests);
}
