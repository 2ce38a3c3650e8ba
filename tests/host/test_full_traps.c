/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that are pending again as soon as they were handled. The trap ends all the same, so that timers, software
 * interrupts and other interrupts run. An interrupt that leaves its hart no time for anything else is disabled by name,
 * whatever its handler returns.
 */
#include <string.h>

#include "wires.h"

#define BURST 16u /* lib/storm.h, STORM_FULL_TRAP */

static struct t_irq q, other;
static struct wire w;
static unsigned runs, most;     /* handler runs; most runs in one trap */
static enum aia_result verdict; /* returned by the handler */
static uint64_t takes;          /* ticks of one run */
static void (*in_run)(void);    /* called in a run */

static enum aia_result never_quiet(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    runs++;
    m.now += takes;
    if (in_run)
        in_run();
    return verdict;
}

/* Take one trap on hart 1. Returns the number of handler runs. */
static unsigned trap(bool *full)
{
    unsigned before = runs;

    m_on(1);
    m.hart[1].irqs_on = false;
    *full = aia_interrupt(&t.aia);
    m.hart[1].irqs_on = true;
    m_on(0);
    return runs - before;
}

static void machine(bool direct, enum aia_result result, uint64_t ticks)
{
    if (direct)
        w_direct_machine(2, 2, 0);
    else
        w_machine(2, 0);
    runs = most = 0;
    verdict = result;
    takes = ticks;
    in_run = NULL;
}

/* Request a level on hart 1 whose handler never lowers its line. */
static struct aia_irq *level(struct wire *wire, unsigned number, enum aplic_mode mode, const char *name)
{
    struct aia_request r = {.name = name, .handler = never_quiet, .affinity = aia_hartset_one(1)};
    struct aia_irq *irq;

    w_source(wire, number, mode);
    r.msi = &wire->source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
    return irq;
}

static void up(unsigned number, enum aplic_mode mode, bool asserted)
{
    am_wire(&w_model, number, (mode == APLIC_LEVEL_HIGH) == asserted);
}

/* Let hart 1 take its interrupts and timers until it is idle. Returns the number of traps. */
static unsigned until_quiet(unsigned limit)
{
    unsigned traps = 0;
    bool full = true;

    while (full) {
        unsigned n = trap(&full);
        most = n > most ? n : most;
        assert_in_range(++traps, 1, limit);
        m.hart[1].timer_on = true;
        m.hart[1].timer = 0;
    }
    return traps;
}

static void level_is_disabled(bool direct, enum aplic_mode mode, enum aia_result result, uint64_t ticks)
{
    static struct wire quiet;
    bool full;

    machine(direct, result, ticks);
    struct aia_irq *irq = level(&w, 9, mode, "noisy");
    w_irq(&quiet, 20, APLIC_EDGE_RISE, 1); /* has a lower priority */
    m.hart[1].hold = true;
    up(9, mode, true);
    w_rise(&quiet);
    m_settle();
    m.hart[1].hold = false;
    assert_in_range(trap(&full), 1, BURST);
    assert_true(full);
    assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), 0);
    assert_in_range(until_quiet(2 * T_STORM), 1, T_STORM);
    assert_in_range(most, 1, BURST);
    assert_in_range(runs, T_STORM, T_STORM + 2 * BURST);
    assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), 1);
    assert_ptr_equal(m.reports[0].irq, irq);
    assert_string_equal(m.reports[0].irq->name, "noisy");
    w_check(&quiet); /* the other interrupt is handled */
    assert_int_equal(quiet.runs, 1);
    assert_int_equal(t_audit(1), 0);

    up(9, mode, false); /* and the first one can be enabled again */
    aia_irq_enable(&t.aia, irq);
    m_settle();
    unsigned before = runs;
    up(9, mode, true);
    assert_in_range(until_quiet(2 * T_STORM), 1, T_STORM);
    assert_true(runs > before + T_STORM);
    assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), 2);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 0);
}

static void test_level(void **state)
{
    static const enum aplic_mode modes[] = {APLIC_LEVEL_HIGH, APLIC_LEVEL_LOW};

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < 2; i++) {
            level_is_disabled(direct, modes[i], AIA_HANDLED, 0);
            level_is_disabled(direct, modes[i], AIA_HANDLED, T_WINDOW); /* too slow for a window */
            level_is_disabled(direct, modes[i], AIA_NONE, T_WINDOW);
        }
}

/* Of two such levels, one after the other is disabled. */
static void test_two_levels(void **state)
{
    static struct wire x;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        machine(direct, AIA_HANDLED, 0);
        struct aia_irq *a = level(&w, 9, APLIC_LEVEL_HIGH, "a"), *b = level(&x, 10, APLIC_LEVEL_HIGH, "b");
        m.hart[1].hold = true;
        up(9, APLIC_LEVEL_HIGH, true);
        up(10, APLIC_LEVEL_HIGH, true);
        m_settle();
        m.hart[1].hold = false;
        until_quiet(4 * T_STORM);
        assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), 2);
        assert_true(m.reports[0].irq != m.reports[1].irq);
        assert_true(a->flow & AIA_FLOW_STORMED && b->flow & AIA_FLOW_STORMED);
    }
}

static enum aplic_mode fallen_mode;

static void fall(void)
{
    up(9, fallen_mode, false);
}

/*
 * The message of a level takes longer than its hart takes to end the trap: each trap is one run, and none is full. The runs are
 * counted all the same. While the line falls at times, however shortly, they are no row.
 */
static void slow_level(enum aplic_mode mode, unsigned falls_every)
{
    static struct wire quiet;
    bool full;

    machine(false, AIA_HANDLED, 0);
    struct aia_irq *irq = level(&w, 9, mode, "noisy");
    w_irq(&quiet, 20, APLIC_EDGE_RISE, 1);
    m.hart[1].hold = true;
    up(9, mode, true);
    for (unsigned n = 1; n < 3 * T_STORM; n++) {
        m_settle(); /* the message arrives */
        w_model.lag = M_NEVER;
        in_run = falls_every && n % falls_every == 0 ? fall : NULL;
        fallen_mode = mode;
        if (trap(&full) > 1 || full)
            fail_msg("more than one run in a trap");
        w_model.lag = 0;
        if (in_run)
            up(9, mode, true);
    }
    if (falls_every)
        up(9, mode, false);
    m.hart[1].hold = false;
    m_settle();
    assert_int_equal(t_reported(AIA_REPORT_LEVEL_UP), !falls_every);
    assert_int_equal(m.n_reports, !falls_every);
    if (falls_every) {
        assert_true(runs > 2 * T_STORM);
        return;
    }
    assert_int_equal(runs, T_STORM + 1);
    assert_ptr_equal(m.reports[0].irq, irq);
    w_rise(&quiet);
    w_check(&quiet);
    assert_int_equal(t_audit(1), 0);
    up(9, mode, false);
    aia_irq_enable(&t.aia, irq);
    m_settle();
    up(9, mode, true);
    m_settle();
    assert_true(runs > T_STORM + 1);
}

static void test_slow_level(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        enum aplic_mode mode = i ? APLIC_LEVEL_LOW : APLIC_LEVEL_HIGH;
        slow_level(mode, 0);
        slow_level(mode, 1);
        slow_level(mode, T_STORM / 2 - 1);
    }
}

static struct aia_irq *deferred;

static void disable_it(void)
{
    aia_irq_disable(&t.aia, deferred);
}

/* The handler leaves the work to a task: it disables the interrupt. The task takes the line down, and enables the interrupt. */
static void test_level_left_to_a_task(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        enum aplic_mode mode = i ? APLIC_LEVEL_LOW : APLIC_LEVEL_HIGH;
        machine(false, AIA_HANDLED, 0);
        deferred = level(&w, 9, mode, "deferred");
        in_run = disable_it;
        for (unsigned n = 1; n < 3 * T_STORM; n++) {
            up(9, mode, true);
            m_settle();
            assert_int_equal(runs, n);
            up(9, mode, false);
            aia_irq_enable(&t.aia, deferred);
            m_settle();
        }
        in_run = NULL;
        assert_int_equal(m.n_reports, 0);
    }
}

/* Timers and software interrupts come between two traps. */
static void test_timer(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        machine(direct, AIA_HANDLED, 0);
        level(&w, 9, APLIC_LEVEL_HIGH, "noisy");
        m.hart[1].hold = true;
        up(9, APLIC_LEVEL_HIGH, true);
        m_settle();
        m.hart[1].hold = false;
        bool full;
        trap(&full);
        assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
        m.hart[1].timer_on = true;
        m.hart[1].timer = m.now;
        m_on(1);
        while (m.hart[1].timer_on || !m.hart[1].user_ipis[AIA_IPI_USER]) {
            assert_false(w_model.source[9].enabled && runs > T_STORM + 2 * BURST);
            m_take();
        }
        m_on(0);
        assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
    }
}

/* ---- messages ---- */

static unsigned more;

static void again(struct t_irq *s)
{
    if (more && more--)
        m_raise(&s->dev);
}

static void test_message(void **state)
{
    bool full;

    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        t_machine(2, 63);
        t_irq(&q, (enum aia_msi_kind)kind, 1);
        t_irq(&other, AIA_MSI_PLAIN, 1);
        q.during = again;
        more = T_FOREVER;
        m.hart[1].hold = true;
        m_raise(&q.dev);
        m_raise(&other.dev);
        m_settle();
        m.hart[1].hold = false;
        trap(&full);
        assert_true(full);
        assert_in_range(q.runs, BURST - 1, BURST);
        m_settle();
        assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
        assert_ptr_equal(m.reports[0].irq, q.irq);
        assert_in_range(q.runs, T_STORM, T_STORM + 2 * BURST);
        t_check(&other);
        more = 0;
        aia_irq_enable(&t.aia, q.irq);
        t_check(&q);
        t_check_books();
    }
}

/* As many edges as in a storm, but the hart becomes idle in between: each time one edge, or several traps full of edges. */
static void test_no_storm(void **state)
{
    static const unsigned rounds[] = {0, 1, BURST - 1, BURST, BURST + 1, 2 * BURST, T_STORM - 2};

    (void)state;
    for (unsigned i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        t_machine(2, 63);
        t_irq(&q, AIA_MSI_PLAIN, 1);
        q.during = again;
        for (unsigned n = 0; n < 20; n++) {
            more = rounds[i];
            m_raise(&q.dev);
            t_check(&q);
        }
        assert_int_equal(m.n_reports, 0);
        assert_int_equal(q.runs, 20 * (rounds[i] + 1));
    }
}

static void again_by_wire(struct wire *wire)
{
    if (more && more--)
        w_edge(wire);
}

static void test_no_storm_by_wire(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        machine(direct, AIA_HANDLED, 0);
        w_irq(&w, 9, APLIC_EDGE_RISE, 1);
        w.during = again_by_wire;
        for (unsigned n = 0; n < 20; n++) {
            more = BURST - 1;
            w_edge(&w);
            w_check(&w);
        }
        assert_int_equal(m.n_reports, 0);
        assert_int_equal(w.runs, 20 * BURST);
    }
}

/* A hart that is full of edges of several interrupts: no interrupt is disabled, however long that lasts. */
static void raise_all(struct t_irq *s)
{
    struct t_irq *all = s->arg;

    for (unsigned i = 0; more && i < 40; i++)
        if (&all[i] != s && !m_pending(1, all[i].irq->vec.id))
            m_raise(&all[i].dev);
    more -= more != 0;
}

static void test_many(void **state)
{
    static struct t_irq all[40];

    (void)state;
    t_machine(2, 63);
    for (unsigned i = 0; i < 40; i++) {
        t_irq(&all[i], AIA_MSI_STORE, 1);
        all[i].arg = all;
    }
    all[39].during = raise_all;
    for (unsigned n = 0; n < T_STORM; n++) {
        more = 4;
        m_raise(&all[39].dev);
        m_settle();
    }
    assert_int_equal(m.n_reports, 0);
}

/* ---- a handler that other harts keep running ---- */

/* The interrupt is on hart 2 by now, and its handler still runs on hart 1: hart 2 notes an edge each time. */
static void edge_on_2(struct t_irq *s)
{
    if (s->runs == 1)
        assert_int_equal(m.hart[1].in_irq, true);
    if (m.here != 1 || !more)
        return;
    more--;
    m_raise(&s->dev);
    m_run(2);
}

static void move_to_2(void *arg)
{
    (void)arg;
    assert_int_equal(t_move(&q, 2), AIA_OK);
}

static void first_move(struct t_irq *s)
{
    m_spawn(0, move_to_2, NULL);
    m_run(0);
    s->during = edge_on_2;
    edge_on_2(s);
}

static void test_let_go(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = first_move;
    more = T_FOREVER;
    m_raise(&q.dev);
    m_on(1);
    m_take();
    m_on(0);
    assert_in_range(aia_irq_runs(&t.aia, q.irq, 1), 2, BURST + 1);
    more = 0;
    t_check(&q);
    assert_int_equal(q.hart, 2);
    assert_int_equal(q.extra, 0);
    t_check_books();
}

/* In the run after which hart 1 would forward the edge: something else happens first, and an edge is noted. */
static void (*meanwhile)(void);

static void last_on_1(struct t_irq *s)
{
    edge_on_2(s);
    if (m.here == 1 && s->runs == BURST + 1) {
        meanwhile();
        more = 0;
    }
}

static void first_move_then(struct t_irq *s)
{
    first_move(s);
    s->during = last_on_1;
}

static void let_go_but(void (*what)(void))
{
    t_machine(4, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = first_move_then;
    meanwhile = what;
    more = T_FOREVER;
    m_raise(&q.dev);
    m_on(1);
    m_take();
    m_on(0);
}

static void disable(void)
{
    aia_irq_disable(&t.aia, q.irq);
}

/* If the interrupt is disabled meanwhile, the edge stays kept. */
static void test_let_go_disabled(void **state)
{
    (void)state;
    let_go_but(disable);
    m_settle();
    assert_int_equal(q.runs, BURST + 1);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_int_equal(q.runs, BURST + 2);
    assert_int_equal(q.hart, 2);
    t_check_books();
}

static int freed;

static void free_it(void *arg)
{
    (void)arg;
    freed = aia_irq_free(&t.aia, q.irq);
}

static void stop_it(void)
{
    m_spawn(3, free_it, NULL);
    m_run(3);
    assert_int_equal(q.irq->vec.id, 0);
}

/* An interrupt that is being freed has no vector: its last edge runs on the hart where it is. */
static void test_let_go_freed(void **state)
{
    (void)state;
    let_go_but(stop_it);
    assert_int_equal(q.runs, BURST + 2);
    assert_int_equal(q.seen, q.dev.n_raised);
    while (m_busy(3))
        m_run_others();
    assert_int_equal(freed, AIA_OK);
    t_check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level),
        cmocka_unit_test(test_two_levels),
        cmocka_unit_test(test_level_left_to_a_task),
        cmocka_unit_test(test_slow_level),
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_no_storm),
        cmocka_unit_test(test_no_storm_by_wire),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_let_go),
        cmocka_unit_test(test_let_go_disabled),
        cmocka_unit_test(test_let_go_freed),
    };

    return T_RUN(tests);
}
