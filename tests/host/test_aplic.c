/* SPDX-License-Identifier: BSD-2-Clause */
/* Wired interrupts as MSIs: taking over a domain, starting sources, levels, disabling. */
#include <string.h>

#include "wires.h"

static struct wire q;

/* ---- the domain ---- */

/* "Reset": all but domaincfg is UNSPECIFIED; "Domain configuration": its BE is UNSPECIFIED too, as far as we know. */
static void takes_over_whatever_is_there(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 2; how++) {
        w_machine(2, how ? AM_BIG_ENDIAN_BOOT : 0);
        assert_int_equal(w_model.domaincfg, 0x80000104);
        for (unsigned i = 1; i <= 96; i++) {
            assert_int_equal(w_model.source[i].mode, 0);
            assert_false(w_model.source[i].pending || w_model.source[i].enabled);
        }
        m_settle();
        assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
    }
}

static void refuses_what_is_no_such_domain(void **state)
{
    (void)state;
    w_machine(1, 0);
    struct aplic a = w_domain;
    a.n_sources = 0;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
    a.n_sources = 1024;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
    a = w_domain;
    a.layout.hart_bits = 15;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
    static struct am wired;
    am_init(&wired, 8, AM_NO_MSI, 0, 1);
    a = w_domain;
    a.mmio = wired.chip.base;
    a.n_sources = 8;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
}

static void refuses_indexes_out_of_range(void **state)
{
    static const int16_t bad[] = {-2, -32768, APLIC_MAX_INDEX + 1, 32767};

    (void)state;
    w_direct_machine(2, 2, 0);
    struct aplic a = w_domain;
    int16_t index[2] = {0, 1};
    a.index = index;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_OK);
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        for (unsigned h = 0; h < 2; h++) {
            index[0] = 0;
            index[1] = -1;
            index[h] = bad[i];
            assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
        }
    a = w_domain;
    a.n_harts = 0;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
    a.n_harts = AIA_MAX_HARTS + 1;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
}

/* "Source configurations": a source not delegated is read-only zero. */
static void refuses_sources_that_are_not_its_own(void **state)
{
    (void)state;
    w_machine(1, 0);
    w_model.source[7].absent = true;
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 7, APLIC_LEVEL_HIGH), AIA_EINVAL);
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 0, APLIC_LEVEL_HIGH), AIA_EINVAL);
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 97, APLIC_LEVEL_HIGH), AIA_EINVAL);
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 8, APLIC_INACTIVE), AIA_EINVAL);
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 8, (enum aplic_mode)2), AIA_EINVAL);
    assert_int_equal(aplic_source_init(&q.source, &w_domain, 96, APLIC_DETACHED), AIA_OK);
}

/* "Interrupt sources and identities": 1023 at most, in either delivery mode. */
static void has_as_many_sources_as_there_can_be(void **state)
{
    (void)state;
    w_sources = APLIC_MAX_SOURCES;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < W_MODES; i++) {
            if (direct)
                w_direct_machine(2, 2, 0);
            else
                w_machine(2, 0);
            w_irq(&q, APLIC_MAX_SOURCES, w_modes[i], 1);
            w_rise(&q);
            w_check(&q);
            assert_int_equal(w_move(&q, 0), AIA_OK);
            w_rise(&q);
            w_check(&q);
            assert_int_equal(q.runs, 2);
            assert_int_equal(q.hart, 0);
            assert_int_equal(aplic_source_init(&q.source, &w_domain, APLIC_MAX_SOURCES + 1, w_modes[i]),
                             AIA_EINVAL);
        }
    w_sources = 96;
}

/* "Addresses and data for outgoing MSIs" */
static void knows_what_it_can_send_to(void **state)
{
    (void)state;
    struct aplic a = {.layout = {0x28000000, 12, 2, 24, 1}};
    for (unsigned hart = 0; hart < 8; hart++)
        assert_int_equal(aplic_can_send(&a, 0x28000000 + (hart >> 2 << 24) + (hart & 3) * 0x1000), AIA_OK);
    assert_int_equal(aplic_can_send(&a, 0x28004000), AIA_EINVAL);
    assert_int_equal(aplic_can_send(&a, 0x2a000000), AIA_EINVAL);
    assert_int_equal(aplic_can_send(&a, 0x28000800), AIA_EINVAL);
}

/* "Machine MSI address configuration": visible, hidden when locked, and wrong in each field. */
static void checks_the_machine_levels_addresses(void **state)
{
    static struct am machine;
    struct aplic a = {.layout = {0x28000000, 12, 2, 24, 1}};
    const uint32_t high = 0u << 24 | 1u << 16 | 2u << 12;

    (void)state;
    w_machine(1, 0);
    am_init(&machine, 1, AM_MACHINE, 0, 1);
    uint32_t *cfg = machine.msiaddrcfg; /* mmsiaddrcfg, mmsiaddrcfgh, smsiaddrcfg, smsiaddrcfgh */
    assert_int_equal(aplic_check_layout(&a, machine.chip.base), AIA_EAGAIN);
    cfg[1] = 0x80000000;
    assert_int_equal(aplic_check_layout(&a, machine.chip.base), AIA_EAGAIN);
    memcpy(cfg, (uint32_t[]){0x24000, high, 0x28000, 0}, 16);
    assert_int_equal(aplic_check_layout(&a, machine.chip.base), AIA_OK);
    cfg[1] |= 0x80000000;
    assert_int_equal(aplic_check_layout(&a, machine.chip.base), AIA_OK);
    static const struct {
        unsigned reg;
        uint32_t flip;
    } wrong[] = {{1, 1u << 24}, {1, 1u << 16}, {1, 1u << 12}, {2, 1u << 4}, {3, 1}, {3, 1u << 20}};
    for (unsigned i = 0; i < 6; i++) {
        cfg[wrong[i].reg] ^= wrong[i].flip;
        assert_int_equal(aplic_check_layout(&a, machine.chip.base), AIA_EINVAL);
        cfg[wrong[i].reg] ^= wrong[i].flip;
    }
}

/* ---- start ---- */

/* A line that is up before the start, or rises at any access of the start, gives an interrupt. */
static void start_loses_no_line(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++)
        for (unsigned i = 0; i < 4; i++) {
            w_machine(2, w_hows[how]);
            w_source(&q, 9, w_modes[i]);
            q.raised = 1;
            q.causes = i >= 2;
            am_wire(&w_model, 9, i % 2 == 0);
            assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
            w_check(&q);
            assert_int_equal(q.runs, 1);
            assert_int_equal(q.hart, 1);
            assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
        }
}

static void start_loses_no_transition(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++)
        for (unsigned i = 2; i < 4; i++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                w_machine(2, w_hows[how]);
                w_source(&q, 9, w_modes[i]);
                t_at(k, true, w_rise, &q);
                assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
                more = t_at_done();
                if (!more)
                    w_rise(&q);
                w_check(&q);
                assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
            }
        }
}

static void let_hart_1_run(void *arg)
{
    (void)arg;
    m_run(1);
}

/* The write of sourcecfg and the read of the line find the same edge: one interrupt, although its hart takes it in between. */
static void start_sends_once(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++)
        for (unsigned i = 0; i < 4; i++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                w_machine(2, w_hows[how]);
                w_source(&q, 9, w_modes[i]);
                q.raised = 1;
                q.causes = i >= 2;
                am_wire(&w_model, 9, i % 2 == 0);
                t_at(k, true, let_hart_1_run, NULL);
                assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
                more = t_at_done();
                w_check(&q);
                assert_int_equal(q.runs, 1);
            }
        }
}

/* A source that the domain does not have takes no target: the request is refused and keeps nothing. */
static void start_is_checked(void **state)
{
    (void)state;
    w_machine(1, 0);
    w_source(&q, 9, APLIC_EDGE_RISE);
    w_model.source[9].absent = true;
    assert_int_equal(w_request(&q, aia_hartset_one(0)), AIA_ECHANGED);
    assert_null(q.irq);
    t_check_books();
}

/* ---- levels: "Special consideration for level-sensitive interrupt sources" ---- */

/* A line held through n handler runs gives n + 1 runs, and not one more. */
static void level_comes_again_until_it_falls(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++)
        for (unsigned i = 2; i < 4; i++) {
            w_machine(2, w_hows[how]);
            w_irq(&q, 9, w_modes[i], 0);
            for (unsigned n = 1; n < 8; n++) {
                unsigned runs = q.runs;
                w_cause(&q, n);
                w_check(&q);
                assert_int_equal(q.runs, runs + n);
            }
            t_check_books();
            /* one extra MSI each time if setipnum does not look at the line, else none */
            assert_int_equal(q.source.fallen, w_hows[how] & AM_SETIP_ANY ? 7 : 0);
        }
}

/* A further cause may come at any access of a handler's run: the line stays up, or rises once more. */
static void level_loses_no_cause(void **state)
{
    (void)state;
    for (unsigned how = 0; how < W_HOWS; how++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            w_machine(2, w_hows[how]);
            w_irq(&q, 9, APLIC_LEVEL_HIGH, 0);
            m.hart[0].hold = true;
            w_cause(&q, 1);
            m.hart[0].hold = false;
            t_at(k, true, w_rise, &q);
            m_take();
            m_settle();
            more = t_at_done();
            w_check(&q);
            assert_int_equal(q.runs, q.raised);
        }
    }
}

/* An MSI that arrives after its line has fallen runs no handler. */
static void level_that_fell_runs_no_handler(void **state)
{
    (void)state;
    w_machine(2, 0);
    w_irq(&q, 9, APLIC_LEVEL_HIGH, 1);
    m.hart[1].hold = true;
    w_cause(&q, 1);
    q.causes = q.raised = 0;
    am_wire(&w_model, 9, false);
    m.hart[1].hold = false;
    w_check(&q);
    assert_int_equal(q.runs, 0);
    assert_int_equal(q.source.fallen, 1);
    w_cause(&q, 2);
    w_check(&q);
    assert_int_equal(q.runs, 2);
}

/* A level that is up while its interrupt is disabled comes when it is enabled, if the line is still up. */
static void disabled_level_is_kept(void **state)
{
    (void)state;
    for (unsigned falls = 0; falls < 2; falls++) {
        w_machine(2, 0);
        w_irq(&q, 9, APLIC_LEVEL_HIGH, 1);
        aia_irq_disable(&t.aia, q.irq);
        w_cause(&q, 2);
        m_settle();
        assert_int_equal(q.runs, 0);
        if (falls) {
            q.causes = q.raised = 0;
            am_wire(&w_model, 9, false);
        }
        aia_irq_enable(&t.aia, q.irq);
        w_check(&q);
        assert_int_equal(q.runs, falls ? 0 : 2);
    }
}

static void edge_kept_while_disabled_is_sent_again(void **state)
{
    (void)state;
    w_machine(2, 0);
    w_irq(&q, 9, APLIC_EDGE_FALL, 1);
    aia_irq_disable(&t.aia, q.irq);
    w_edge(&q);
    m_settle();
    assert_int_equal(q.runs, 0);
    assert_int_equal(w_model.source[9].forwarded, 1);
    aia_irq_enable(&t.aia, q.irq);
    w_check(&q);
    assert_int_equal(w_model.source[9].forwarded,
                     2); /* the source itself sends it, to where the source points now */
}

/* ---- requests: a source is passed as any other message ---- */

/* A unit above a source that passes everything on, and knows nothing of levels. */
static void unit_start(struct aia_msi *msi, const struct aia_message *message)
{
    msi->below->ops->start(msi->below, message);
}

static void unit_stop(struct aia_msi *msi)
{
    msi->below->ops->stop(msi->below);
}

static void unit_store(struct aia_msi *msi, const struct aia_message *message)
{
    msi->below->ops->store(msi->below, message);
}

static int unit_read_back(struct aia_msi *msi, struct aia_message *message)
{
    return msi->below->ops->read_back(msi->below, message);
}

static const struct aia_msi_ops unit_ops = {
    .start = unit_start, .stop = unit_stop, .store = unit_store, .read_back = unit_read_back};

static unsigned runs;

static enum aia_result takes_one_cause(void *context, struct aia_irq *irq)
{
    (void)irq;
    assert_ptr_equal(context, &runs);
    if (++runs % 3 == 0)
        am_wire(&w_model, 9, false);
    return AIA_HANDLED;
}

/* A level with three causes runs its handler three times, passed directly and below a unit, and again after a free. */
static void source_prepares_its_request(void **state)
{
    struct aia_request r = {
        .handler = takes_one_cause, .context = &runs, .affinity = aia_hartset_one(1), .msi = &q.source.msi};
    struct aia_irq *irq;

    (void)state;
    for (unsigned chain = 0; chain < 2; chain++) {
        w_machine(2, 0);
        w_source(&q, 9, APLIC_LEVEL_HIGH);
        struct aia_msi unit = {
            .ops = &unit_ops, .below = &q.source.msi, .kind = AIA_MSI_STORE, .barrier = q.source.msi.barrier};
        r.msi = chain ? &unit : &q.source.msi;
        for (runs = 0; runs < 6;) {
            unsigned before = runs;
            assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
            assert_ptr_equal(r.context, &runs); /* the embedder's request is as it was */
            am_wire(&w_model, 9, true);
            m_settle();
            assert_int_equal(runs, before + 3);
            assert_int_equal(aia_irq_free(&t.aia, irq), AIA_OK);
        }
    }
}

/* A request that cannot be served changes nothing at the source: a block, or no descriptor. */
static void source_refuses_a_block(void **state)
{
    struct aia_request r = {.handler = w_deny, .affinity = aia_hartset_one(1)};
    struct aia_irq *irq;

    (void)state;
    w_machine(2, 0);
    w_source(&q, 9, APLIC_EDGE_RISE);
    w_model.source[9].mode = APLIC_EDGE_RISE;
    r.msi = &q.source.msi;
    r.order = 1;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_EINVAL);
    assert_null(irq);
    r.order = 0;
    for (unsigned i = 0; i < T_IRQS; i++)
        t.irqs[i].used = true;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_EINVAL);
    assert_int_equal(w_model.source[9].mode, APLIC_EDGE_RISE);
    for (unsigned i = 0; i < T_IRQS; i++)
        t.irqs[i].used = false;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_over_whatever_is_there),
        cmocka_unit_test(refuses_what_is_no_such_domain),
        cmocka_unit_test(refuses_indexes_out_of_range),
        cmocka_unit_test(refuses_sources_that_are_not_its_own),
        cmocka_unit_test(has_as_many_sources_as_there_can_be),
        cmocka_unit_test(knows_what_it_can_send_to),
        cmocka_unit_test(checks_the_machine_levels_addresses),
        cmocka_unit_test(start_loses_no_line),
        cmocka_unit_test(start_loses_no_transition),
        cmocka_unit_test(start_sends_once),
        cmocka_unit_test(start_is_checked),
        cmocka_unit_test(level_comes_again_until_it_falls),
        cmocka_unit_test(level_loses_no_cause),
        cmocka_unit_test(level_that_fell_runs_no_handler),
        cmocka_unit_test(disabled_level_is_kept),
        cmocka_unit_test(edge_kept_while_disabled_is_sent_again),
        cmocka_unit_test(source_prepares_its_request),
        cmocka_unit_test(source_refuses_a_block),
    };

    return T_RUN(tests);
}
