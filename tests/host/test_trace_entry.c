/* SPDX-License-Identifier: BSD-2-Clause */
/* The trap entry where edges are traced: the edges are handled as those that are not. */
#include "wires.h"

#define HARTS 3
#define N     1024u

static struct aia_trace_record records[HARTS][N];
static struct aia_trace_ring rings[HARTS];
static struct t_irq q;

static void trace(void)
{
    t.aia.config.trace = rings;
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
}

static void begin(void)
{
    t_machine(HARTS, 63);
    for (unsigned h = 0; h < HARTS; h++)
        rings[h] = (struct aia_trace_ring){.records = records[h], .n_records = N, .mask = N - 1, .next = 1};
    trace();
}

/* An edge that finds its interrupt disabled is kept, and its handler runs when the interrupt is enabled. */
static void test_disabled(void **state)
{
    (void)state;
    begin();
    t_irq(&q, AIA_MSI_STORE, 1);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
}

/* Tracing is turned off while a trap is on its way to the traced entry: the edge is handled all the same. */
static void test_turned_off(void **state)
{
    (void)state;
    begin();
    t_irq(&q, AIA_MSI_STORE, 1);
    aia_trace_off(&t.aia);
    t.harts[1].slots = NULL;
    m_raise(&q.dev);
    t_check(&q);
}

static unsigned runs;

static enum aia_result never_quiet(void *context, struct aia_irq *irq)
{
    (void)context, (void)irq;
    runs++;
    return AIA_HANDLED;
}

/* A level that its handler never quietens: a traced trap ends after as many edges as any other (STORM_FULL_TRAP). */
static void test_full_trap(void **state)
{
    static struct wire w;
    struct aia_request r = {.handler = never_quiet, .affinity = aia_hartset_one(1)};
    struct aia_irq *irq;

    (void)state;
    begin();
    w_machine(HARTS, 0);
    trace();
    w_source(&w, 9, APLIC_LEVEL_HIGH);
    r.msi = &w.source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
    am_wire(&w_model, 9, true);
    m_on(1);
    m.hart[1].irqs_on = false;
    assert_true(aia_interrupt(&t.aia));
    m.hart[1].irqs_on = true;
    m_on(0);
    assert_int_equal(runs, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disabled),
        cmocka_unit_test(test_turned_off),
        cmocka_unit_test(test_full_trap),
    };

    return T_RUN(tests);
}
