/* SPDX-License-Identifier: BSD-2-Clause */
/* Remapped interrupts: requested, moved under load, freed, refused. */
#include <string.h>

#include "iommu_bench.h"

static struct b_irq b, c;

static struct aia_message own_of(const struct b_irq *i)
{
    return i->q.dev.message;
}

static void unchanged(const struct b_irq *i, struct aia_message was)
{
    assert_int_equal(own_of(i).addr, was.addr);
    assert_int_equal(own_of(i).data, was.data);
    assert_int_equal(i->msi.n_changed, 0);
}

static void test_request(void **state)
{
    (void)state;
    b_machine(2);
    b_up();
    b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 1);
    assert_int_equal(own_of(&b).addr, b.device.window);
    for (unsigned i = 1; i <= 3; i++) {
        assert_true(m_raise(&b.q.dev));
        m_settle();
        assert_int_equal(b.q.runs, i);
    }
    t_check(&b.q);
    assert_int_equal(aia_irq_free(&t.aia, b.q.irq), AIA_OK);
    t_check_books();
    /* After the free a message of the device faults, is reported, and reaches no file. */
    assert_false(i_write(8, b.device.window, 1));
    assert_int_equal(aia_iommu_service(&b_unit), 1);
    assert_int_equal(b_faults[0].cause, AIA_IOMMU_NO_PTE);
    assert_ptr_equal(b_faults[0].attached, &b.device);
}

/* An edge before each access of a move, on machines with more and less delay. The message does not change. */
static void raise_b(void *arg)
{
    (void)arg;
    m_raise(&b.q.dev);
}

static void inject_moves(enum aia_iommu_mode mode, enum aia_msi_kind kind, unsigned latency, uint32_t lag)
{
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        b_machine(2);
        b_up();
        i_unit.latency = latency;
        b_irq(&b, 8, mode, kind, 0);
        struct aia_message was = own_of(&b);
        m_raise(&b.q.dev);
        m_settle(); /* the unit has cached the entry now */
        m.inbound_lag = m.store_lag = m.post_lag = lag;
        m_raise(&b.q.dev);
        t_at(k, false, raise_b, NULL);
        assert_int_equal(t_move(&b.q, 1), AIA_OK);
        more = t_at_done();
        m_raise(&b.q.dev);
        t_check(&b.q);
        assert_int_equal(b.q.hart, 1);
        if (mode == AIA_IOMMU_NOTICE)
            unchanged(&b, was);
    }
}

static void test_inject_moves(void **state)
{
    (void)state;
    static const enum aia_msi_kind kinds[] = {AIA_MSI_PLAIN, AIA_MSI_MASKABLE, AIA_MSI_STORE};

    for (unsigned i = 0; i < 3; i++)
        for (unsigned latency = 0; latency < 12; latency += 4)
            for (uint32_t lag = 0; lag < 20; lag += 9) {
                inject_moves(AIA_IOMMU_NOTICE, kinds[i], latency, lag);
                inject_moves(AIA_IOMMU_BASIC, kinds[i], latency, lag);
            }
}

/* Another interrupt takes the old vector as soon as it is free: the unit must have let out earlier MSIs before. */
static void test_no_early_reuse(void **state)
{
    (void)state;
    for (unsigned latency = 0; latency < 40; latency++) {
        b_machine(2);
        b_up();
        i_unit.latency = latency;
        b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 0);
        m_raise(&b.q.dev);
        m_settle();
        m_raise(&b.q.dev); /* taken in by the unit */
        assert_int_equal(t_move(&b.q, 1), AIA_OK);
        m_on(0);
        m_pass(2 * T_LAZY); /* reclaimed */
        assert_int_equal(b.q.irq->n_retiring, 0);
        b_irq(&c, 9, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 0);
        t_check(&b.q);
        t_check(&c.q);
        assert_int_equal(c.q.runs, 0);
    }
}

/*
 * MSIs in the device's own queue are pushed and let out before the entry names another hart: with their data they would be
 * edges of another interrupt there. That happens before the move ends, or they would arrive at a free vector.
 */
static struct t_irq taker;

static void test_no_early_reuse_basic(void **state)
{
    static const enum aia_msi_kind kinds[] = {AIA_MSI_PLAIN, AIA_MSI_MASKABLE, AIA_MSI_STORE};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned other_id = 0; other_id < 2; other_id++) {
            b_machine(2);
            b_up();
            b_irq(&b, 8, AIA_IOMMU_BASIC, kinds[i], 0);
            if (other_id)
                t_irq(&taker, AIA_MSI_STORE, 1);
            struct imsic_vector old = b.q.irq->vec;
            assert_true(!other_id || taker.irq->vec.id == old.id);
            m_raise(&b.q.dev);
            m_settle();
            m.post_lag = M_NEVER;
            m_raise(&b.q.dev);
            assert_int_equal(t_move(&b.q, 1), AIA_OK);
            assert_int_equal(b.q.dev.posted.n + i_unit.taken.n, 0);
            assert_int_equal(aia_ipi_send(&t.aia, 0, AIA_IPI_RECLAIM), AIA_OK);
            m_take();
            assert_true(t_is_free(0, old.id));
            t_check(&b.q);
            assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
            assert_int_equal(other_id ? taker.runs : 0, 0);
        }
}

/* Identities of eleven bits, whose highest bit has a place of its own in a notice; and identities below, around that limit. */
static void test_identities(void **state)
{
    static const uint16_t ids[] = {3, 1022, 1023, 1024, 1025, 1536, 2046, 2047};

    (void)state;
    for (unsigned mode = AIA_IOMMU_NOTICE; mode <= AIA_IOMMU_BASIC; mode++)
        for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
            b_machine(2);
            t_machine(2, 2047);
            i_reset();
            b_up();
            b_irq(&b, 8, mode, AIA_MSI_MASKABLE, 0);
            t_fill(1, ids[i]);
            assert_int_equal(t_move(&b.q, 1), AIA_OK);
            assert_int_equal(b.q.irq->vec.id, ids[i]);
            struct aia_message have;
            assert_int_equal(b.msi.msi.ops->read_back(&b.msi.msi, &have), AIA_OK);
            assert_int_equal(have.data, ids[i]);
            assert_int_equal(have.addr, m.hart[1].msi_addr);
            m_raise(&b.q.dev);
            t_check(&b.q);
            assert_int_equal(b.q.hart, 1);
            assert_int_equal(t.harts[1].unowned, 0);
        }
}

/* When the entry becomes invalid, no MSI of the device is under way through the unit any more. */
static bool is_invalid;

static void in_the_unit(const struct m_event *e, void *arg)
{
    uintptr_t entry = (uintptr_t)b.device.table;

    (void)arg;
    if (e->kind != M_MMIO || e->where != entry || e->what != 8 || e->value)
        return;
    is_invalid = true;
    assert_int_equal(b.q.dev.posted.n + i_unit.taken.n, 0);
}

static void test_stop_lets_out(void **state)
{
    (void)state;
    for (unsigned mode = AIA_IOMMU_NOTICE; mode <= AIA_IOMMU_BASIC; mode++) {
        b_machine(2);
        b_up();
        b_irq(&b, 8, mode, AIA_MSI_PLAIN, 1);
        m.post_lag = M_NEVER;
        is_invalid = false;
        m_raise(&b.q.dev);
        m.hook = in_the_unit;
        assert_int_equal(aia_irq_free(&t.aia, b.q.irq), AIA_OK);
        m.hook = NULL;
        assert_true(is_invalid);
        t_check(&b.q);
        assert_int_equal(b.q.runs, 1);
    }
}

static void test_two_devices(void **state)
{
    (void)state;
    uint64_t seed = 5;

    b_machine(3);
    b_up();
    i_unit.latency = 3;
    b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 0);
    b_irq(&c, 16, AIA_IOMMU_BASIC, AIA_MSI_MASKABLE, 1);
    assert_int_not_equal(b.device.window, c.device.window);
    struct aia_message was = own_of(&b);
    for (unsigned i = 0; i < 300; i++) {
        m_raise(t_random(&seed) & 1 ? &b.q.dev : &c.q.dev);
        assert_int_equal(t_move(t_random(&seed) & 1 ? &b.q : &c.q, (unsigned)(t_random(&seed) % 3)), AIA_OK);
    }
    t_check(&b.q);
    t_check(&c.q);
    unchanged(&b, was);
}

/* In the last steps of an offline, with interrupts off: no step waits for an interrupt. */
static void test_offline(void **state)
{
    (void)state;
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        b_machine(2);
        b_up();
        i_unit.latency = 4;
        m.inbound_lag = m.store_lag = 3;
        b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 1);
        struct aia_message was = own_of(&b);
        t_at(k, false, raise_b, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        more = t_at_done();
        m_raise(&b.q.dev);
        t_check(&b.q);
        assert_int_equal(t_online_again(1, 0), AIA_OK);
        assert_int_equal(t_move(&b.q, 1), AIA_OK);
        m_raise(&b.q.dev);
        t_check(&b.q);
        unchanged(&b, was);
        assert_int_equal(t.harts[1].late, 0);
    }
}

/* ---- what fails ---- */

/* The unit does not answer: the interrupt stays where it was, and the error says why. */
static void test_unit_hangs(void **state)
{
    (void)state;
    b_machine(2);
    b_up();
    b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 0);
    struct aia_message was = own_of(&b);
    i_unit.hung = true;
    assert_int_equal(t_move(&b.q, 1), AIA_ETIMEOUT);
    assert_int_equal(b.q.irq->vec.hart, 0);
    i_unit.hung = false;
    m_raise(&b.q.dev);
    m_pass(10 * T_LIMIT + 2 * T_LAZY);
    t_check(&b.q);
    assert_int_equal(t_move(&b.q, 1), AIA_OK);
    i_unit.refuse = 1000;
    assert_int_equal(t_move(&b.q, 0), AIA_EREFUSED);
    i_unit.refuse = 0;
    m_pass(10 * T_LIMIT + 2 * T_LAZY);
    m_raise(&b.q.dev);
    t_check(&b.q);
    unchanged(&b, was);
}

static void test_message_changed(void **state)
{
    (void)state;
    b_machine(2);
    b_up();
    b_irq(&b, 8, AIA_IOMMU_NOTICE, AIA_MSI_PLAIN, 0);
    b.q.dev.message.data++;
    assert_int_equal(t_move(&b.q, 1), AIA_ECHANGED);
    assert_in_range(b.msi.n_changed, 1, 3);
}

static void test_refused(void **state)
{
    (void)state;
    static struct aia_iommu_msi msi;
    static struct aia_iommu_device d, bare;
    static struct m_dev dev;

    b_machine(1);
    b_up();
    m_dev_init(&dev, AIA_MSI_PLAIN);
    assert_int_equal(aia_iommu_attach(&b_unit, &d, 8, AIA_IOMMU_TRANSLATED, 3), AIA_OK);
    assert_int_equal(d.n_messages, 4);
    assert_int_equal(aia_iommu_msi_init(&msi, &d, 3, AIA_IOMMU_NOTICE, &dev.msi), AIA_OK);
    assert_int_equal(aia_iommu_msi_init(&msi, &d, 4, AIA_IOMMU_NOTICE, &dev.msi), AIA_EINVAL);
    assert_int_equal(aia_iommu_attach(&b_unit, &bare, 9, AIA_IOMMU_BARE, 1), AIA_OK);
    assert_int_equal(aia_iommu_msi_init(&msi, &bare, 0, AIA_IOMMU_NOTICE, &dev.msi), AIA_EINVAL);
    static struct m_dev slow;
    m_slow_init(&slow);
    assert_int_equal(aia_iommu_msi_init(&msi, &d, 0, AIA_IOMMU_NOTICE, &slow.msi), AIA_EINVAL);
    b_unit.capabilities &= ~(1ull << 23);
    assert_int_equal(aia_iommu_msi_init(&msi, &d, 0, AIA_IOMMU_NOTICE, &dev.msi), AIA_ENOTSUP);
    assert_int_equal(aia_iommu_msi_init(&msi, &d, 0, AIA_IOMMU_BASIC, &dev.msi), AIA_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_inject_moves),
        cmocka_unit_test(test_no_early_reuse),
        cmocka_unit_test(test_two_devices),
        cmocka_unit_test(test_offline),
        cmocka_unit_test(test_unit_hangs),
        cmocka_unit_test(test_message_changed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_early_reuse_basic),
        cmocka_unit_test(test_identities),
        cmocka_unit_test(test_stop_lets_out),
    };

    return T_RUN(tests);
}
