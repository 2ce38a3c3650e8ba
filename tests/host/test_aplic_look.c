/* SPDX-License-Identifier: BSD-2-Clause */
/* A look at a domain, which changes nothing, and what the domain's audit finds. */
#include <string.h>

#include "wires.h"

static struct wire q, r;
static struct am before;

/* Check that a look changes nothing, and in particular nothing that is pending. */
static void untouched(void)
{
    assert_memory_equal(before.source, w_model.source, sizeof(before.source));
    assert_memory_equal(before.idc, w_model.idc, sizeof(before.idc));
    assert_int_equal(before.domaincfg, w_model.domaincfg);
    assert_int_equal(before.n_way, w_model.n_way);
}

static struct aplic_look look(unsigned number)
{
    struct aplic_look l;

    memcpy(&before, &w_model, sizeof(before));
    memset(&l, 0xa5, sizeof(l));
    aplic_look(&w_domain, number, &l);
    untouched();
    return l;
}

static void sees_a_source(void **state)
{
    struct aplic_look l;

    (void)state;
    w_machine(2, 0);
    w_irq(&q, 40, APLIC_LEVEL_LOW, 1);
    l = look(40);
    assert_int_equal(l.mode, APLIC_LEVEL_LOW);
    assert_true(l.enabled && !l.pending && !l.input && !l.delegated);
    assert_int_equal(l.message.addr, t.files[1].msi_addr);
    assert_int_equal(l.message.data, q.irq->vec.id);
    w_model.source[40].enabled = false;
    w_cause(&q, 1);
    l = look(40);
    assert_true(!l.enabled && l.pending && l.input);
    l = look(41);
    assert_true(l.mode == APLIC_INACTIVE && !l.enabled && !l.delegated && !l.message.addr);
    w_model.source[42].mode = 0x400 | APLIC_EDGE_RISE; /* sourcecfg's D: delegated to child 4 */
    l = look(42);
    assert_true(l.delegated && l.mode == APLIC_INACTIVE);
}

static void sees_a_source_of_harts(void **state)
{
    struct aplic_look l;

    (void)state;
    w_direct_machine(4, 2, 0);
    w_use(0);
    w_source(&q, 9, APLIC_EDGE_RISE);
    q.source.priority = 7;
    assert_int_equal(w_request(&q, aia_hartset_one(1)), AIA_OK);
    l = look(9);
    assert_int_equal(l.message.addr, 1);
    assert_int_equal(l.message.data, 9);
    assert_int_equal(l.priority, 7);
}

static void sees_a_domain(void **state)
{
    struct aplic_domain_look l;

    (void)state;
    w_machine(1, 0);
    aplic_look_domain(&w_domain, &l);
    assert_true(l.enabled && l.by_message);
    w_model.domaincfg &= ~0x100u;
    aplic_look_domain(&w_domain, &l);
    assert_false(l.enabled);
    w_direct_machine(2, 2, 0);
    aplic_look_domain(&w_domain, &l);
    assert_true(l.enabled && !l.by_message);
}

/* The look reads topi, not claimi: what is pending stays pending. */
static void sees_a_hart(void **state)
{
    struct aplic_hart_look l;

    (void)state;
    w_direct_machine(2, 2, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    m_settle(); /* iforce is junk after reset, and ends with the first claim */
    aplic_look_hart(&w_domain, 1, &l);
    assert_true(l.delivers && !l.forced && !l.threshold && !l.top);
    m.hart[1].hold = true;
    w_edge(&q);
    w_model.idc[1].threshold = 5;
    w_model.idc[1].force = true;
    memcpy(&before, &w_model, sizeof(before));
    aplic_look_hart(&w_domain, 1, &l);
    untouched();
    assert_true(l.delivers && l.forced);
    assert_int_equal(l.threshold, 5);
    assert_int_equal(l.top, 9);
    assert_int_equal(l.top_priority, 1);
    aplic_look_hart(&w_domain, 0, &l);
    assert_true(l.delivers && !l.top);
}

static void knows_its_own(void **state)
{
    static struct t_irq plain;
    struct aia_msi remapper = {.below = &q.source.msi};

    (void)state;
    w_machine(2, 0);
    w_irq(&q, 9, APLIC_EDGE_RISE, 1);
    t_irq(&plain, AIA_MSI_PLAIN, 0);
    assert_int_equal(aplic_number(&w_domain, q.irq->msi), 9);
    assert_int_equal(aplic_number(&w_domain, &remapper), 9);
    assert_int_equal(aplic_number(&w_domain, plain.irq->msi), 0);
    assert_int_equal(aplic_number(&w_domain, NULL), 0);
    w_direct_machine(4, 2, 0);
    w_use(1);
    w_irq(&q, 11, APLIC_EDGE_RISE, 3);
    assert_int_equal(aplic_number(&w_domain, q.irq->msi), 0);
    assert_int_equal(aplic_number(&w_domains[1], q.irq->msi), 11);
}

/* ---- audit ---- */

static unsigned n_found, source_found;
static enum aia_finding what_found;

static void found(void *arg, enum aia_finding finding, unsigned source)
{
    assert_ptr_equal(arg, &q);
    n_found++;
    what_found = finding;
    source_found = source;
}

static void finds(unsigned n, enum aia_finding finding, unsigned source)
{
    n_found = 0;
    memcpy(&before, &w_model, sizeof(before));
    assert_int_equal(aplic_audit(&w_domain, &t.aia, found, &q), n);
    untouched();
    assert_int_equal(n_found, n);
    if (!n)
        return;
    assert_int_equal(what_found, finding);
    assert_int_equal(source_found, source);
}

static void audit_finds(void **state)
{
    (void)state;
    w_machine(2, 0);
    w_irq(&q, 40, APLIC_LEVEL_HIGH, 1);
    w_irq(&r, 96, APLIC_EDGE_RISE, 0);
    finds(0, 0, 0);
    am_write(&w_model, 4 * 95, APLIC_EDGE_RISE);
    finds(0, 0, 0); /* a source that cannot send is no finding */
    am_write(&w_model, 0x1edc, 95);
    finds(1, AIA_SOURCE_UNOWNED, 95);
    am_write(&w_model, 4 * 95, APLIC_INACTIVE);
    am_write(&w_model, 0x1fdc, 96);
    finds(1, AIA_OWNED_DISABLED, 96);
    am_write(&w_model, 0x1edc, 96);
    w_model.source[40].mode = APLIC_INACTIVE; /* this clears its enable bit too */
    w_model.source[40].enabled = false;
    finds(1, AIA_OWNED_DISABLED, 40);
    w_model.source[40].mode = APLIC_LEVEL_HIGH;
    w_model.source[40].enabled = true;
    w_model.domaincfg &= ~0x100u;
    finds(1, AIA_DELIVERY_OFF, 0);
    w_model.domaincfg |= 0x100u;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    finds(0, 0, 0);
}

/* A source's target is the message of an interrupt like any other: aia_audit() reads it back. */
static void targets_are_messages(void **state)
{
    (void)state;
    w_machine(2, 0);
    w_irq(&q, 40, APLIC_EDGE_RISE, 1);
    assert_int_equal(t_audit(1), 0);
    am_write(&w_model, 0x3000 + 4 * 40, 1u << 18 | 50);
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_MESSAGE_FREE);
    assert_int_equal(t.found_at[0].id, 50);
    am_write(&w_model, 0x3000 + 4 * 40, 0u << 18 | T_IPI);
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_MESSAGE_ELSEWHERE);
}

/* In direct delivery a level is masked while its handler runs, and a disabled line may be: aia_audit() allows both. */
static void audit_of_harts(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    w_irq(&q, 9, APLIC_LEVEL_HIGH, 1);
    am_write(&w_model, 0x1fdc, 9);
    finds(0, 0, 0);
    am_write(&w_model, 4 * 10, APLIC_LEVEL_HIGH);
    am_write(&w_model, 0x1edc, 10);
    finds(1, AIA_SOURCE_UNOWNED, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_a_source),        cmocka_unit_test(sees_a_source_of_harts),
        cmocka_unit_test(sees_a_domain),        cmocka_unit_test(sees_a_hart),
        cmocka_unit_test(knows_its_own),        cmocka_unit_test(audit_finds),
        cmocka_unit_test(targets_are_messages), cmocka_unit_test(audit_of_harts),
    };

    return T_RUN(tests);
}
