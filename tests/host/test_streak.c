/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What counts as full traps in a row, and what does not (lib/flow.c, flow_full). test_full_traps.c has the consequences of a streak
 * of them.
 */
#include "wires.h"

#define BURST 16u /* lib/storm.h, STORM_FULL_TRAP */

static struct t_irq q;
static struct wire w;
static unsigned runs;
static void (*in_run)(void);
static enum aia_result verdict;

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    runs++;
    if (in_run)
        in_run();
    return verdict;
}

static bool trap(unsigned hart)
{
    m_on(hart);
    m.hart[hart].irqs_on = false;
    bool more = aia_interrupt(&t.aia);
    m.hart[hart].irqs_on = true;
    m_on(0);
    return more;
}

static struct aia_irq *direct_line(enum aplic_mode mode, unsigned harts)
{
    struct aia_request r = {.name = "line", .handler = handler, .affinity = aia_hartset_one(1)};
    struct aia_irq *irq;

    w_direct_machine(harts, harts, 0);
    runs = 0;
    in_run = NULL;
    verdict = AIA_HANDLED;
    w_source(&w, 9, mode);
    r.msi = &w.source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
    return irq;
}

/*
 * A UART with 16 bytes, one for each run, whose line falls a moment after the last byte was read: the trap ends while the line
 * is up, and the next trap finds nothing. Then the hart was not kept from its other work.
 */
static void test_line_falls_late(void **state)
{
    (void)state;
    direct_line(APLIC_LEVEL_HIGH, 2);
    for (unsigned n = 0; n < T_STORM; n++) {
        m.hart[1].hold = true;
        am_wire(&w_model, 9, true);
        assert_true(trap(1));
        am_wire(&w_model, 9, false);
        assert_false(trap(1));
        m.hart[1].hold = false;
        m_pass(T_WINDOW);
    }
    assert_int_equal(runs, T_STORM * BURST);
    assert_int_equal(m.n_reports, 0);
}

/* IPIs give no time to threads: a hart without a file takes them between two traps. */
static void test_ipis_between(void **state)
{
    (void)state;
    struct aia_irq *irq = direct_line(APLIC_LEVEL_HIGH, 2);
    m.hart[1].hold = true;
    am_wire(&w_model, 9, true);
    for (unsigned n = 0; n < T_STORM && trap(1); n++) {
        assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
        m_on(1);
        m.hart[1].irqs_on = false;
        m.hart[1].soft = false;
        aia_soft_interrupt(&t.aia);
        m.hart[1].irqs_on = true;
        m_on(0);
    }
    assert_true(m.hart[1].user_ipis[AIA_IPI_USER] > 1);
    assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), 1);
    assert_ptr_equal(m.reports[0].irq, irq);
}

/* ---- forwarded edges count too ---- */

static unsigned more;

static void again(struct t_irq *s)
{
    if (more && more--)
        m_raise(&s->dev);
}

/* The interrupt has come to hart 1, and leaves for hart 2 with an edge pending on hart 1. */
static void move_with_edge_pending(struct t_irq *s)
{
    assert_int_equal(t_move(s, 1), AIA_OK);
    m_raise(&s->dev);
    m_fabric_settle();
    m_on(1);
    assert_int_equal(t_move(s, 2), AIA_OK);
    m_on(0);
}

/* 17 edges each time, two of which are forwarded, and then a pause. */
static void test_sent_on(void **state)
{
    static struct t_irq moved[2], last;

    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_STORE, 1);
    t_irq(&moved[0], AIA_MSI_STORE, 1);
    t_irq(&moved[1], AIA_MSI_STORE, 1);
    t_irq(&last, AIA_MSI_STORE, 1); /* its identity is above those of the others */
    q.during = again;
    for (unsigned n = 0; n < T_STORM; n++) {
        m.hart[1].hold = true;
        move_with_edge_pending(&moved[0]);
        move_with_edge_pending(&moved[1]);
        more = BURST - 3;
        uint64_t before = last.runs;
        m_raise(&q.dev);
        m_raise(&last.dev);
        m_fabric_settle();
        assert_true(trap(1));
        assert_int_equal(last.runs, before);
        assert_false(trap(1));
        assert_int_equal(last.runs, before + 1);
        m.hart[1].hold = false;
        m_pass(T_WINDOW);
    }
    assert_int_equal(m.n_reports, 0);
    assert_int_equal(q.runs, T_STORM * (BURST - 2));
}

/* ---- a handler that moves its interrupt away in the run that makes it storm ---- */

static struct aia_irq *line;

static void edge_on_2(void)
{
    am_wire(&w_model, 9, true);
    am_wire(&w_model, 9, false);
    m_run(2);
}

static void move_to_2(void *arg)
{
    struct aia_hartset set = aia_hartset_one(2);

    (void)arg;
    assert_int_equal(aia_irq_set_affinity(&t.aia, line, &set), AIA_OK);
}

static void first_move(void)
{
    m_spawn(0, move_to_2, NULL);
    m_run(0);
    in_run = edge_on_2;
    edge_on_2();
}

/* The interrupt is disabled, and the edge that was noted last is kept. */
static void test_storms_as_it_lets_go(void **state)
{
    (void)state;
    line = direct_line(APLIC_EDGE_RISE, 3);
    verdict = AIA_NONE;
    for (unsigned n = 0; n <= T_STORM - BURST; n++) {
        edge_on_2();
        m_settle();
    }
    assert_int_equal(runs, T_STORM - BURST + 1);
    in_run = first_move;
    m.hart[1].hold = true;
    am_wire(&w_model, 9, true);
    am_wire(&w_model, 9, false);
    m.hart[1].hold = false;
    m_on(1);
    m_take();
    m_on(0);
    assert_int_equal(runs, T_STORM + 1);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
    in_run = NULL;
    m_settle();
    assert_false(w_model.source[9].enabled);
    assert_int_equal(runs, T_STORM + 1);
    verdict = AIA_HANDLED;
    aia_irq_enable(&t.aia, line);
    m_settle();
    assert_int_equal(runs, T_STORM + 2);
    assert_true(w_model.source[9].enabled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_falls_late),
        cmocka_unit_test(test_ipis_between),
        cmocka_unit_test(test_sent_on),
        cmocka_unit_test(test_storms_as_it_lets_go),
    };

    return T_RUN(tests);
}
