/* SPDX-License-Identifier: BSD-2-Clause */
/* The fault queue: read by interrupt, wrapped, overrun; and devices that fault without end. */
#include <string.h>

#include "iommu_bench.h"

static struct aia_iommu_device d[2];
static struct aia_iommu_vector vector;
static struct aia_irq *irq;
static unsigned taken;

static enum aia_result handler(void *context, struct aia_irq *self)
{
    (void)context;
    (void)self;
    unsigned n = aia_iommu_service(&b_unit);
    taken += n;
    return n ? AIA_HANDLED : AIA_NONE;
}

static void set_up(unsigned n_harts)
{
    b_machine(n_harts);
    b_up();
    taken = 0;
    assert_int_equal(aia_iommu_attach(&b_unit, &d[0], 5, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    assert_int_equal(aia_iommu_attach(&b_unit, &d[1], 6, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    assert_int_equal(aia_iommu_vector_init(&vector, &b_unit), AIA_OK);
    struct aia_request r = {
        .name = "iommu", .handler = handler, .msi = &vector.msi, .affinity = aia_hartset_one(0)};
    assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
    aia_iommu_signal(&b_unit);
}

static void test_interrupt(void **state)
{
    (void)state;
    set_up(2);
    for (unsigned i = 0; i < 50; i++) { /* wraps the queue of eight */
        m.now += T_WINDOW / 8;          /* too slow to be a storm */
        assert_false(i_write(5 + i % 2, 0x1000 * i, 1));
        m_settle();
        assert_int_equal(taken, i + 1);
        assert_int_equal(b_faults[i].cause, AIA_IOMMU_WRITE_PAGE);
        assert_int_equal(b_faults[i].addr, 0x1000 * i);
        assert_int_equal(b_faults[i].type, 3);
        assert_ptr_equal(b_faults[i].attached, &d[i % 2]);
    }
    assert_int_equal(d[0].faults, 25);
    assert_int_equal(d[1].faults, 25);
    assert_int_equal(b_unit.overflows, 0);
}

/* A fault at each access of the interrupt's delivery and of its handler: each is read, and none waits for the next. */
static void one_more(void *arg)
{
    (void)arg;
    (void)i_write(6, 0x5000, 1);
}

static void test_at_each_access(void **state)
{
    (void)state;
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        set_up(1);
        m.inbound_lag = 2;
        t_at(k, true, one_more, NULL);
        assert_false(i_write(5, 0x1000, 1));
        m_settle();
        more = t_at_done();
        m_settle();
        assert_int_equal(taken, 1 + more);
    }
}

/* The unit's own interrupt moves like any other. */
static void test_moves(void **state)
{
    (void)state;
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        set_up(2);
        m.inbound_lag = m.store_lag = 3;
        struct aia_hartset b = aia_hartset_one(1);
        t_at(k, true, one_more, NULL);
        assert_int_equal(aia_irq_set_affinity(&t.aia, irq, &b), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_equal(taken, more);
        assert_false(i_write(5, 0x1000, 1));
        m_settle();
        assert_int_equal(taken, more + 1);
        assert_int_equal(aia_irq_runs(&t.aia, irq, 1) > 0, true);
    }
}

static void test_overflow(void **state)
{
    (void)state;
    set_up(1);
    m.hart[0].hold = true;
    for (unsigned i = 0; i < 12; i++)
        assert_false(i_write(5, 0x1000, 1));
    m.hart[0].hold = false;
    m_settle();
    assert_int_equal(taken, 7);
    assert_int_equal(b_unit.overflows, 1);
    assert_false(i_write(5, 0x1000, 1));
    m_settle();
    assert_int_equal(taken, 8);
    assert_int_equal(b_unit.overflows, 1);
}

/* Records that the unit could not write are lost, which is counted; the next record is there. */
static void test_unwritable(void **state)
{
    (void)state;
    set_up(1);
    for (unsigned i = 1; i < 4; i++) {
        i_unit.unwritable = 1;
        assert_false(i_write(5, 0x1000, 1));
        m_settle();
        assert_int_equal(b_unit.lost_writes, i);
        assert_int_equal(taken, i - 1);
        assert_false(i_write(5, 0x1000, 1));
        m_settle();
        assert_int_equal(taken, i);
    }
}

static void test_storm(void **state)
{
    (void)state;
    set_up(1);
    for (unsigned i = 0; i < 3 * B_STORM; i++) {
        assert_false(i_write(5, 0x1000, 1));
        m_settle();
    }
    assert_int_equal(taken, B_STORM + 1);
    assert_true(d[0].cut_off);
    assert_true(b_faults[B_STORM].cut_off);
    assert_false(b_faults[B_STORM - 1].cut_off);
    assert_false(i_write(5, B_MEMORY, 1));
    assert_true(i_write(6, B_MEMORY, 1)); /* the other device still works */
    /* Slow faults are reported without end. */
    for (unsigned i = 0; i < 3 * B_STORM; i++) {
        m.now += T_WINDOW / 10;
        assert_false(i_write(6, 0x1000, 1));
        m_settle();
    }
    assert_false(d[1].cut_off);
}

/* A device that was never attached is cut off by a context of its own, and may be attached later. */
static void test_unknown(void **state)
{
    (void)state;
    static struct aia_iommu_device late;

    set_up(1);
    for (unsigned i = 0; i < 3 * B_STORM; i++) {
        assert_false(i_write(9, B_MEMORY, 1));
        m_settle();
    }
    assert_int_equal(taken, B_STORM + 1);
    assert_int_equal(b_unit.unattached, B_STORM + 1);
    assert_false(b_unit.muted);
    assert_int_equal(aia_iommu_attach(&b_unit, &late, 9, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    assert_true(i_write(9, B_MEMORY, 1));
    /* An id beyond the directory has no context: then the unit's interrupt is disabled. */
    for (unsigned i = 0; i < 3 * B_STORM; i++) {
        assert_false(i_write(64, B_MEMORY, 1));
        m_settle();
    }
    assert_true(b_unit.muted);
    unsigned before = taken;
    assert_false(i_write(5, 0x1000, 1));
    m_settle();
    assert_int_equal(taken, before);
    assert_true(aia_iommu_service(&b_unit) > 0); /* a direct call still reads the queue */
}

/* The device faults until it is cut off, while it is attached: the attached context counts, because it is the latest. */
static struct aia_iommu_device late;

static void storm_9(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < 2 * B_STORM; i++) {
        (void)i_write(9, 0x1000, 1);
        (void)aia_iommu_service(&b_unit);
    }
}

static void storm_now(void *arg)
{
    m_spawn(1, storm_9, arg);
    m_run(1);
}

static void test_stormed_while_attached(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        b_machine(2);
        b_up();
        t_at(k, true, storm_now, NULL);
        assert_int_equal(aia_iommu_attach(&b_unit, &late, 9, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
        more = t_at_done();
        while (m_busy(1))
            m_run(1);
        assert_int_equal(i_write(9, B_MEMORY, 1), !late.cut_off);
        assert_int_equal(late.context[4] != 0, !late.cut_off);
        for (unsigned i = 0; i < b_n_faults; i++)
            assert_int_not_equal(b_faults[i].cause, AIA_IOMMU_BAD_CONTEXT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_interrupt),  cmocka_unit_test(test_at_each_access),
        cmocka_unit_test(test_moves),      cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_storm),      cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_unwritable), cmocka_unit_test(test_stormed_while_attached),
    };

    return T_RUN(tests);
}
