/* SPDX-License-Identifier: BSD-2-Clause */
/* Unowned identities, and interrupts without end: counted, quarantined, reported, and enabled again. */
#include "imsic/file.h"
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

static struct t_irq q, other;

static struct imsic_vector vec(unsigned hart, unsigned id)
{
    return (struct imsic_vector){(uint16_t)hart, (uint16_t)id};
}

/* ---- unowned identities ---- */

static void test_unowned_counted(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    imsic_send(&t.aia.imsic, vec(1, 50));
    m_settle();
    assert_int_equal(t.harts[1].unowned, 1);
    assert_int_equal(t.harts[0].unowned, 0);
    t_check_quiet(&q);
}

static void test_unimplemented_ignored(void **state)
{
    (void)state;
    t_machine(1, 63);
    imsic_send(&t.aia.imsic, vec(0, 64));
    m_settle();
    assert_int_equal(t.harts[0].unowned, 0);
    assert_int_equal(m.hart[0].file.ignored, 1);
}

static void storm_at(unsigned hart, unsigned id, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        imsic_send(&t.aia.imsic, vec(hart, id));
        m_settle();
    }
}

static void test_unowned_storm(void **state)
{
    struct imsic_stats stats;

    (void)state;
    t_machine(2, 63);
    storm_at(1, 50, T_STORM);
    assert_int_equal(m.n_unowned, T_STORM);
    assert_int_equal(m.n_reports, 0);
    storm_at(1, 50, 10);
    assert_int_equal(t_reported(AIA_REPORT_STORM_UNOWNED), 1);
    assert_int_equal(m.reports[0].vec.hart, 1);
    assert_int_equal(m.reports[0].vec.id, 50);
    assert_null(m.reports[0].irq);
    assert_int_equal(t.harts[1].unowned, T_STORM + 1); /* later edges were not even claimed */
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 50, 0, 0), AIA_ENOVEC);
    aia_vector_stats(&t.aia, &stats);
    assert_int_equal(stats.n[IMSIC_QUARANTINED], 1);

    /* the online of a hart ends the quarantine */
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 50, 0, 0), AIA_OK);
    imsic_free(&t.aia.imsic, vec(1, 50));
    t_check_books();
}

/* As many edges, but slowly. */
static void test_no_storm(void **state)
{
    (void)state;
    t_machine(1, 63);
    for (unsigned i = 0; i < 10; i++) {
        storm_at(0, 50, T_STORM / 2);
        m_pass(T_WINDOW);
    }
    assert_int_equal(m.n_reports, 0);
}

static void take_50(void *arg)
{
    (void)arg;
    imsic_alloc_id(&t.aia.imsic, 1, 50, 0, (uint32_t)(q.irq - t.irqs));
}

static void hart_0_takes_50(void *arg)
{
    m_spawn(0, take_50, arg);
    m_run(0);
}

/* An identity gets an owner while it storms: at any access of that, the owner's vector is live. */
static void test_storming_identity_finds_owner(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine(2, 63);
        t_irq(&q, AIA_MSI_PLAIN, 0);
        storm_at(1, 50, T_STORM);
        m.hart[1].hold = true;
        imsic_send(&t.aia.imsic, vec(1, 50));
        m_settle();
        m.hart[1].hold = false;
        m_on(1);
        t_at(k, true, hart_0_takes_50, NULL);
        m_take();
        more = t_at_done();
        m_run(0);
        bool live = m.hart[1].file.eie[0] >> 50 & 1;
        assert_int_equal(live, imsic_slot_state(t.slots[1][50]) != IMSIC_QUARANTINED);
    }
}

static struct imsic_vector kept;

static void managed_with_kept_1(void)
{
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_STORE);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}, .managed = true}), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 0);
    for (unsigned id = 1; id <= 63; id++)
        if (imsic_slot_state(t.slots[1][id]) == IMSIC_MANAGED)
            kept = vec(1, id);
}

/* An identity that is reserved for a managed interrupt, which is elsewhere: quarantined, and live when the interrupt comes. */
static void test_kept_storm(void **state)
{
    (void)state;
    managed_with_kept_1();
    storm_at(kept.hart, kept.id, T_STORM + 10);
    assert_int_equal(t_reported(AIA_REPORT_STORM_UNOWNED), 1);
    assert_int_equal(t.harts[1].unowned, T_STORM + 1); /* later edges were not even claimed */
    assert_int_equal(t_audit(1), 0);
    m_on(1);
    assert_int_equal(t_offline(0, 1), AIA_OK);
    assert_int_equal(q.irq->vec.id, kept.id);
    m_raise(&q.dev);
    t_check(&q);
    t_check_books();
}

/* The managed interrupt is freed: the next owner of the identity has a live vector. */
static void test_kept_storm_then_freed(void **state)
{
    (void)state;
    managed_with_kept_1();
    storm_at(kept.hart, kept.id, T_STORM + 10);
    m_on(0);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    m_settle();
    t_fill(1, kept.id);
    t_irq(&q, AIA_MSI_STORE, 1);
    assert_int_equal(q.irq->vec.id, kept.id);
    m_raise(&q.dev);
    t_check(&q);
    t_unfill(1);
    t_check_books();
}

static void offline_begin_0(void *arg)
{
    (void)arg;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 0), AIA_OK);
}

static void hart_0_begins_offline(void *arg)
{
    m_spawn(0, offline_begin_0, arg);
    m_run(0);
}

/* The edge that exceeds the limit for the reserved identity, with `meanwhile` before access k. False: it ended before k. */
static bool kept_storms(unsigned k, void (*meanwhile)(void *arg))
{
    managed_with_kept_1();
    storm_at(1, kept.id, T_STORM);
    m.hart[1].hold = true;
    imsic_send(&t.aia.imsic, kept);
    m_settle();
    m.hart[1].hold = false;
    m_on(1);
    t_at(k, true, meanwhile, NULL);
    m_take();
    bool more = t_at_done();
    m_settle();
    return more;
}

/* The managed interrupt comes to the identity at any access of that. */
static void test_kept_storm_finds_owner(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        more = kept_storms(k, hart_0_begins_offline);
        assert_int_equal(q.irq->vec.hart, more);
        m_raise(&q.dev);
        t_check(&q);
        t_check_books();
    }
}

static void free_q(void *arg)
{
    (void)arg;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
}

static void hart_0_frees(void *arg)
{
    m_spawn(0, free_q, arg);
    m_run(0);
}

/* The managed interrupt is freed at any access of that. */
static void test_kept_storm_meets_free(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        more = kept_storms(k, hart_0_frees);
        if (imsic_slot_state(t.slots[1][kept.id]) == IMSIC_QUARANTINED)
            continue; /* the identity was free by then */
        t_check_books();
    }
}

/* ---- the identity of IPIs, which cannot be quarantined ---- */

static void test_ipi_storm(void **state)
{
    (void)state;
    t_machine(2, 63);
    storm_at(1, T_IPI, T_STORM);
    assert_int_equal(m.n_reports, 0);
    storm_at(1, T_IPI, 1);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IPI), 1);
    assert_int_equal(m.reports[0].vec.hart, 1);
    assert_int_equal(m.reports[0].vec.id, T_IPI);
    assert_int_equal(t.harts[1].ipis_empty, T_STORM + 1);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK); /* IPIs still work */
    m_settle();
    assert_int_equal(t.harts[1].ipis_empty, T_STORM + 1);
    assert_int_equal(t_audit(1), 0);
}

/* IPIs that have work are not a storm, however many they are. */
static void test_ipis_are_no_storm(void **state)
{
    (void)state;
    t_machine(2, 63);
    for (unsigned i = 0; i < 2 * T_STORM; i++) {
        assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
        m_settle();
    }
    assert_int_equal(t.harts[1].ipis_taken, 2 * T_STORM);
    assert_int_equal(m.n_reports, 0);
}

/* ---- an interrupt that storms ---- */

static void storm(struct t_irq *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        m_raise(&s->dev);
        m_settle();
    }
}

static void test_none_counted(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.deny = true;
    storm(&q, 3);
    q.deny = false;
    storm(&q, 3);
    assert_int_equal(q.irq->count.unhandled, 3);
    assert_int_equal(q.runs, 6);
}

static void test_unhandled_storm(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    t_irq(&other, AIA_MSI_PLAIN, 1);
    q.deny = true;
    storm(&q, T_STORM + 20);
    assert_int_equal(q.runs, T_STORM + 1);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
    assert_ptr_equal(m.reports[0].irq, q.irq);
    assert_int_equal(t_audit(1), 0); /* the interrupt is disabled, and the storm explains that */
    m_raise(&other.dev);
    t_check(&other);

    q.deny = false;
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q); /* the pending bit had kept an edge */
    uint64_t runs = q.runs;
    storm(&q, 3);
    assert_int_equal(q.runs, runs + 3);
    t_check_books();
}

static bool locked;

static void quarantines_under_lock(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind == M_LOCK && e->where == (uintptr_t)&q.irq->lock)
        locked = true;
    if (e->kind == M_CSR && e->where >= 0xc0 && e->where < 0x100) /* eie */
        assert_true(locked);
}

/* The vector to quarantine consists of two halves, read under the lock: halves of two vectors would name a third. */
static void test_quarantined_vector_is_not_torn(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.deny = true;
    storm(&q, T_STORM);
    locked = false;
    m.hook = quarantines_under_lock;
    storm(&q, 1);
    m.hook = NULL;
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
}

static void test_storm_while_disabled(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    aia_irq_disable(&t.aia, q.irq);
    storm(&q, T_STORM + 20);
    assert_int_equal(q.irq->count.kept, T_STORM + 1);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_true(q.runs >= 1);
    m_raise(&q.dev);
    t_check(&q);
}

/*
 * Moved while its identity is quarantined: the new vector takes edges, and the old identity is live for its next owner. An edge that was
 * pending at the old identity comes with the reclaim.
 */
static void test_storm_then_move(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    unsigned id = q.irq->vec.id;
    q.deny = true;
    storm(&q, T_STORM + 20);
    q.deny = false;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    aia_irq_enable(&t.aia, q.irq);
    m_pass(T_LAZY);
    t_check(&q);
    m_raise(&q.dev);
    t_check(&q);
    t_check_books();
    assert_true(t_is_free(1, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unowned_counted),
        cmocka_unit_test(test_unimplemented_ignored),
        cmocka_unit_test(test_unowned_storm),
        cmocka_unit_test(test_no_storm),
        cmocka_unit_test(test_storming_identity_finds_owner),
        cmocka_unit_test(test_kept_storm_then_freed),
        cmocka_unit_test(test_kept_storm_meets_free),
        cmocka_unit_test(test_kept_storm),
        cmocka_unit_test(test_kept_storm_finds_owner),
        cmocka_unit_test(test_ipi_storm),
        cmocka_unit_test(test_ipis_are_no_storm),
        cmocka_unit_test(test_none_counted),
        cmocka_unit_test(test_unhandled_storm),
        cmocka_unit_test(test_quarantined_vector_is_not_torn),
        cmocka_unit_test(test_storm_while_disabled),
        cmocka_unit_test(test_storm_then_move),
    };

    return T_RUN(tests);
}
