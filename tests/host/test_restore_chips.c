/* SPDX-License-Identifier: BSD-2-Clause */
/* aia_irq_restore() through an intermediate chip: a domain that was reset, a device behind an IOMMU that was reset. */
#include <string.h>

#include "iommu_bench.h"
#include "wires.h"

/* ---- an APLIC ---- */

static struct wire w;

static void reset_domain(unsigned harts)
{
    am_write(&w_model, 0, 0);
    for (unsigned i = 1; i <= w_sources; i++)
        am_write(&w_model, 4 * i, 0);
    for (unsigned h = 0; h < harts && w_domain.direct; h++)
        am_write(&w_model, 0x4000 + 32 * h, 0);
}

static void test_domain(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < W_MODES; i++)
            for (unsigned is_up = 0; is_up < 2; is_up++) {
                if (direct)
                    w_direct_machine(3, 3, 0);
                else
                    w_machine(3, 0);
                w_irq(&w, 9, w_modes[i], 1);
                assert_int_equal(t_offline(2, 0), AIA_OK);
                reset_domain(3);
                if (is_up && i >= 2)
                    w_cause(&w, 1);
                assert_int_equal(aplic_restore(&w_domain), AIA_OK);
                assert_int_equal(aia_irq_restore(&t.aia, w.irq), AIA_OK);
                w_check(&w);
                assert_int_equal(w.runs, is_up && i >= 2);
                w_rise(&w);
                w_check(&w);
                assert_int_equal(w.hart, 1);
                assert_int_equal(w_move(&w, 0), AIA_OK);
                w_rise(&w);
                w_check(&w);
                if (direct)
                    assert_false(w_model.idc[2].delivery); /* an offline hart stays offline */
                t_check_books();
            }
}

/* A source has lost its target: a hart goes offline all the same. */
static void test_offline_of_a_source(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        if (direct)
            w_direct_machine(3, 3, 0);
        else
            w_machine(3, 0);
        w_irq(&w, 9, APLIC_LEVEL_HIGH, 1);
        reset_domain(3);
        assert_int_equal(aplic_restore(&w_domain), AIA_OK);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_not_equal(w.irq->vec.hart, 1);
        w_rise(&w);
        w_check(&w); /* the source also has its configuration again */
    }
}

/* A domain is reset while a hart is on its way out: the hart still takes interrupts, also after the offline is cancelled. */
static void test_hart_on_its_way(void **state)
{
    (void)state;
    w_direct_machine(3, 3, 0);
    w_irq(&w, 9, APLIC_EDGE_RISE, 1);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 2), AIA_OK);
    reset_domain(3);
    assert_int_equal(aplic_restore(&w_domain), AIA_OK);
    assert_int_equal(aia_irq_restore(&t.aia, w.irq), AIA_OK);
    aia_hart_offline_cancel(&t.aia, 2);
    assert_int_equal(w_move(&w, 2), AIA_OK);
    w_rise(&w);
    w_check(&w);
    assert_int_equal(w.hart, 2);
    t_check_books();
}

/* The domain holds back a line that storms, and a reset undoes that: the interrupt is disabled all the same. */
static void test_storming_line(void **state)
{
    struct aia_request r = {.name = "storm", .handler = w_deny, .affinity = aia_hartset_one(1)};

    (void)state;
    w_direct_machine(2, 2, 0);
    w_source(&w, 9, APLIC_LEVEL_HIGH);
    r.msi = &w.source.msi;
    assert_int_equal(aia_irq_request(&t.aia, &r, &w.irq), AIA_OK);
    am_wire(&w_model, 9, true);
    m_settle();
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
    unsigned denied = w_denied;
    assert_int_equal(aia_irq_restore(&t.aia, w.irq), AIA_OK);
    m_settle();
    assert_int_equal(w_denied, denied);
    assert_int_equal(t_reported(AIA_REPORT_STORM_IRQ), 1);
}

/* ---- behind an IOMMU ---- */

static struct b_irq b;

static void remapped(enum aia_iommu_mode mode, enum aia_msi_kind kind)
{
    b_machine(2);
    b_up();
    b_irq(&b, 8, mode, kind, 1);
}

static void check_remapped(void)
{
    assert_true(b.q.dev.enabled);
    m_settle();
    b.q.extra = 0;
    m_raise(&b.q.dev);
    t_check(&b.q);
}

static void test_remapped(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 2; mode++)
        for (unsigned kind = 0; kind < T_KINDS; kind++) {
            remapped((enum aia_iommu_mode)mode, (enum aia_msi_kind)kind);
            struct aia_message was = b.q.dev.message;
            b.q.dev.message = (struct aia_message){0};
            b.q.dev.enabled = false;
            b.q.dev.masked = kind == AIA_MSI_MASKABLE;
            assert_int_equal(aia_irq_restore(&t.aia, b.q.irq), AIA_OK);
            assert_false(b.q.dev.masked);
            assert_int_equal(b.q.dev.message.addr, was.addr);
            assert_int_equal(b.q.dev.message.data, was.data);
            check_remapped();
            assert_int_equal(t_move(&b.q, 0), AIA_OK);
            check_remapped();
        }
}

static void test_remapped_offline(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 2; mode++) {
        remapped((enum aia_iommu_mode)mode, AIA_MSI_PLAIN);
        b.q.dev.message = (struct aia_message){0};
        b.q.dev.enabled = false;
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t_reported(AIA_REPORT_CHANGED), 1);
        check_remapped();
    }
}

/* A parked device has a message nevertheless, and its edges are kept. */
static void test_parked(void **state)
{
    (void)state;
    b_machine(2);
    b_up();
    memset(&b, 0, sizeof(b));
    m_dev_init(&b.q.dev, AIA_MSI_PLAIN);
    assert_int_equal(aia_iommu_attach(&b_unit, &b.device, 8, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    i_behind(8, b.device.window);
    assert_int_equal(aia_iommu_msi_init(&b.msi, &b.device, 0, AIA_IOMMU_NOTICE, &b.q.dev.msi), AIA_OK);
    assert_int_equal(
        t_request_as(
            &b.q, (struct aia_request){.affinity = aia_hartset_one(1), .managed = true, .msi = &b.msi.msi}),
        AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    b.q.dev.message = (struct aia_message){0};
    assert_int_equal(aia_irq_restore(&t.aia, b.q.irq), AIA_OK);
    m_raise(&b.q.dev);
    m_settle();
    assert_int_equal(b.q.runs, 0);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    t_check(&b.q);
    check_remapped();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain),          cmocka_unit_test(test_offline_of_a_source),
        cmocka_unit_test(test_hart_on_its_way), cmocka_unit_test(test_storming_line),
        cmocka_unit_test(test_remapped),        cmocka_unit_test(test_remapped_offline),
        cmocka_unit_test(test_parked),
    };

    return T_RUN(tests);
}
