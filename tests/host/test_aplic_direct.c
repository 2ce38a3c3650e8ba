/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts without interrupt files, under the same library: the APLIC delivers by itself. */
#include "wires.h"

#include "aplic/direct.h"
#include "aplic/regs.h"

static struct wire q, p;

/* ---- delivery ---- */

static void every_mode_is_delivered(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++)
        for (unsigned i = 0; i < 4; i++) {
            w_direct_machine(3, 3, w_direct_hows[how]);
            w_irq(&q, 9, w_modes[i], 1);
            for (unsigned n = 1; n < 6; n++) {
                w_rise(&q);
                w_check(&q);
                assert_int_equal(q.runs, n);
                assert_int_equal(q.hart, 1);
            }
            t_check_books();
            assert_int_equal(t.harts[1].unowned, 0);
        }
}

static void start_loses_no_line(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++)
        for (unsigned i = 0; i < 4; i++) {
            w_direct_machine(2, 2, w_direct_hows[how]);
            w_source(&q, 9, w_modes[i]);
            q.raised = 1;
            q.causes = i >= 2;
            am_wire(&w_model, 9, i % 2 == 0);
            assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
            w_check(&q);
            assert_int_equal(q.runs, 1);
            assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
        }
}

static void level_comes_again_until_it_falls(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_DIRECT_HOWS; how++)
        for (unsigned i = 2; i < 4; i++) {
            w_direct_machine(2, 2, w_direct_hows[how]);
            w_irq(&q, 9, w_modes[i], 0);
            for (unsigned n = 1; n < 8; n++) {
                unsigned runs = q.runs;
                w_cause(&q, n);
                w_check(&q);
                assert_int_equal(q.runs, runs + n);
            }
            t_check_books();
        }
}

/* "Interrupt force": a claim of no source, which ends it. */
static void forced_interrupt_ends(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_model.idc[1].force = true;
    m_settle();
    assert_false(w_model.idc[1].force);
    assert_false(w_model.chip.signals(&w_model.chip, 1));
}

/* The lowest priority number first, then the lowest source. */
static void priorities_decide(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_EDGE_RISE);
    w_source(&p, 8, APLIC_EDGE_RISE);
    q.source.priority = 3;
    p.source.priority = 4;
    assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
    assert_int_equal(w_request(&p, aia_hartset_one(1)), AIA_OK);
    m.hart[1].hold = true;
    w_edge(&p);
    w_edge(&q);
    m_on(1);
    unsigned long was = aia_port_irq_save();
    assert_int_equal(am_read(&w_model, 0x4000 + 32 + 0x18), 9 << 16 | 3);
    m.hart[1].hold = false;
    aia_port_irq_restore(was);
    m_on(0);
    w_check(&q);
    w_check(&p);
}

/* A source that fires and that no interrupt owns is masked, and counted. */
static void unowned_source_is_masked(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_LEVEL_HIGH);
    am_write(&w_model, 9 * 4, APLIC_LEVEL_HIGH);
    am_write(&w_model, 0x3000 + 9 * 4, 1u << 18 | 1);
    am_write(&w_model, 0x1edc, 9);
    am_wire(&w_model, 9, true);
    m_settle();
    assert_int_equal(t.harts[1].unowned, 1);
    assert_false(w_model.source[9].enabled);
}

/* ---- disable, storm, free ---- */

static void disabled_is_kept(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        for (unsigned falls = 0; falls < 2; falls++) {
            w_direct_machine(2, 2, 0);
            w_irq(&q, 9, w_modes[i], 1);
            aia_irq_disable(&t.aia, q.irq);
            w_rise(&q);
            m_settle();
            assert_int_equal(q.runs, 0);
            if (falls && i >= 2) {
                q.causes = q.raised = 0;
                am_wire(&w_model, 9, i == 3);
            }
            aia_irq_enable(&t.aia, q.irq);
            w_check(&q);
            assert_int_equal(q.runs, falls && i >= 2 ? 0 : 1);
            t_check_books();
        }
}

static struct aia_msi_ops strict;

static void strict_mask(struct aia_msi *msi)
{
    assert_int_equal(m.hart[m.here].n_locks, 1); /* as aia/msi.h promises */
    aplic_direct_ops.mask(msi);
}

static void strict_unmask(struct aia_msi *msi)
{
    assert_int_equal(m.hart[m.here].n_locks, 1);
    aplic_direct_ops.unmask(msi);
}

/* A line that is up, and whose handler returns AIA_NONE. */
static void storm_is_masked(void **state)
{
    (void)state;
    struct aia_request r = {.name = "storm", .handler = w_deny, .affinity = aia_hartset_one(1)};

    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_LEVEL_HIGH);
    strict = aplic_direct_ops;
    strict.mask = strict_mask;
    strict.unmask = strict_unmask;
    q.source.msi.ops = &strict;
    r.msi = &q.source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &q.irq), AIA_OK);
    for (unsigned round = 1; round < 3; round++) {
        w_denied = 0;
        am_wire(&w_model, 9, true);
        m_settle();
        assert_int_equal(w_denied, T_STORM + 1);
        assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), round);
        assert_false(w_model.source[9].enabled);
        am_wire(&w_model, 9, false);
        aia_irq_enable(&t.aia, q.irq);
        assert_true(w_model.source[9].enabled);
        m_settle();
    }
    t_check_books();
}

static void freed_source_is_silent(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        w_direct_machine(2, 2, 0);
        w_irq(&q, 9, w_modes[i], 1);
        w_rise(&q);
        w_check(&q);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        am_wire(&w_model, 9, i % 2 == 0);
        am_wire(&w_model, 9, i % 2 != 0);
        m_settle();
        assert_int_equal(q.runs, 1);
        am_write(&w_model, 9 * 4, (uint32_t)w_modes[i]); /* foreign software makes the source fire */
        am_write(&w_model, 0x3000 + 9 * 4, 1u << 18 | 1);
        am_write(&w_model, 0x1edc, 9);
        am_wire(&w_model, 9, i % 2 == 0);
        m_settle();
        assert_int_equal(q.runs, 1);
        assert_int_equal(t.harts[1].unowned, 1);
        am_wire(&w_model, 9, i % 2 != 0);
        am_write(&w_model, 9 * 4, 0);
        q.irq = NULL;
        assert_int_equal(w_request(&q, aia_hartset_one(0)), AIA_OK);
        m_settle();
        assert_int_equal(q.runs, 1);
        w_rise(&q);
        w_check(&q);
    }
}

static void dawdle(struct wire *w)
{
    (void)w;
    for (unsigned i = 0; i < 10; i++)
        m_yield();
}

/* The interrupt is freed while its handler runs on another hart: the handler no longer runs when the free returns. */
static void free_waits_for_the_handler(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    q.during = dawdle;
    m_on(0);
    w_edge(&q);
    m_run(1);
    assert_int_equal(q.running, 1);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(q.running, 0);
}

/* A level's handler ends by unmasking its line, unless the interrupt was stopped at any access of the run. */
static void free_it(void *arg)
{
    (void)arg;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
}

static void freed_now(void *arg)
{
    m_spawn(0, free_it, arg);
    m_run(0);
}

static void freed_level_stays_masked(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        w_direct_machine(2, 2, 0);
        w_irq(&q, 9, APLIC_LEVEL_HIGH, 1);
        m.hart[1].hold = true;
        w_cause(&q, 5); /* the line stays up */
        m_on(1);
        m.hart[1].hold = false;
        t_at(k, true, freed_now, NULL);
        aia_port_irq_restore(aia_port_irq_save()); /* take what is pending */
        more = t_at_done();
        m_settle();
        m_on(0);
        m_settle();
        if (!more)
            break;
        assert_false(w_model.source[9].enabled);
        assert_int_equal(t.harts[1].unowned, 0);
        t_check_books();
    }
}

static void audit_finds(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    assert_int_equal(t_audit(1), 0);
    am_write(&w_model, 0x3000 + 9 * 4, 1);
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_MESSAGE_ELSEWHERE);
    am_write(&w_model, 0x3000 + 9 * 4, 1u << 18 | 1);
    am_write(&w_model, 0x1fdc, 9);
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_OWNED_DISABLED);
    am_write(&w_model, 0x1edc, 9);
    w_model.idc[1].delivery = false;
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_DELIVERY_OFF);
}

static void stop_it(void *arg)
{
    (void)arg;
    q.source.msi.ops->stop(&q.source.msi);
}

/* Another hart shuts the line down before each access of the hart that claims it: the edge is handled or still pending. */
static void stopped_while_it_is_claimed(void **state)
{
    bool more = true;
    unsigned waits = 0;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        w_direct_machine(2, 2, 0);
        w_irq(&q, 9, APLIC_EDGE_RISE, 1);
        w_edge(&q);
        m_on(1);
        t_at(k, true, stop_it, NULL);
        aia_port_irq_restore(aia_port_irq_save()); /* take what is pending */
        more = t_at_done();
        m_on(0);
        waits += w_model.source[9].pending;
        assert_int_equal(q.runs + w_model.source[9].pending, 1);
        assert_int_equal(t.harts[1].unowned, 0);
    }
    assert_true(waits > 0);
}

static int strict_read_back(struct aia_msi *msi, struct aia_message *m_)
{
    assert_int_equal(m.hart[m.here].n_locks, 1);
    return aplic_direct_ops.read_back(msi, m_);
}

static void audit_takes_the_lock(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_LEVEL_HIGH);
    strict = aplic_direct_ops;
    strict.read_back = strict_read_back;
    q.source.msi.ops = &strict;
    assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
    assert_int_equal(t_audit(1), 0);
}

/* A controller without edges: its lines have no retrigger(), and a level that is up comes again after the unmask. */
static void line_without_retrigger(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&q, 9, APLIC_LEVEL_HIGH);
    strict = aplic_direct_ops;
    strict.retrigger = NULL;
    q.source.msi.ops = &strict;
    assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
    aia_irq_disable(&t.aia, q.irq);
    w_cause(&q, 1);
    m_settle();
    assert_int_equal(q.runs, 0);
    aia_irq_enable(&t.aia, q.irq);
    w_check(&q);
    assert_int_equal(q.runs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mode_is_delivered),
        cmocka_unit_test(start_loses_no_line),
        cmocka_unit_test(level_comes_again_until_it_falls),
        cmocka_unit_test(forced_interrupt_ends),
        cmocka_unit_test(priorities_decide),
        cmocka_unit_test(unowned_source_is_masked),
        cmocka_unit_test(disabled_is_kept),
        cmocka_unit_test(storm_is_masked),
        cmocka_unit_test(freed_source_is_silent),
        cmocka_unit_test(free_waits_for_the_handler),
        cmocka_unit_test(stopped_while_it_is_claimed),
        cmocka_unit_test(freed_level_stays_masked),
        cmocka_unit_test(audit_finds),
        cmocka_unit_test(audit_takes_the_lock),
        cmocka_unit_test(line_without_retrigger),
    };

    return T_RUN(tests);
}
