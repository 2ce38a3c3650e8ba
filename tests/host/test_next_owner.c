/* SPDX-License-Identifier: BSD-2-Clause */
/* Things that an interrupt had before: a descriptor, a vector, a reservation. The next owner finds no trace of that. */
#include <string.h>

#include "fixture.h"

static struct t_irq q, other;

/* ---- a descriptor ---- */

/* Fill the descriptor with all that an earlier use may leave, and more: each byte from `name' on, and the flags before. */
static void soil(struct aia_irq *irq)
{
    size_t from = offsetof(struct aia_irq, name);

    memset((char *)irq + from, 0x5a, sizeof(*irq) - from);
    irq->vec = (struct imsic_vector){0};
    irq->msi = NULL;
    irq->flow = AIA_FLOW_DISABLED | AIA_FLOW_PENDING | AIA_FLOW_RUNNING | AIA_FLOW_STORMED | AIA_FLOW_DEAD;
    irq->parked = irq->stopped = irq->managed = true;
    irq->order = 5;
    irq->policy = (struct aia_policy){AIA_IN_PLACE, AIA_RECLAIM_EAGER};
    for (unsigned h = 0; h < m.n_harts; h++)
        t.harts[h].runs[irq->number] = 77;
}

static void check_clean(const struct aia_irq *irq)
{
    static const struct aia_hartset none;

    assert_int_equal(irq->flow, 0);
    assert_false(irq->parked || irq->stopped || irq->managed);
    assert_int_equal(irq->policy.caught, AIA_FORWARD);
    assert_int_equal(irq->policy.reclaim, AIA_RECLAIM_LAZY);
    assert_int_equal(irq->n_retiring, 0);
    assert_memory_equal(&irq->retiring_on, &none, sizeof(none));
    assert_int_equal(irq->drained_at, 0);
    assert_int_equal(irq->retired_at, 0);
    assert_int_equal(irq->streak_runs, 0);
    assert_int_equal(irq->changed, 0);
    assert_int_equal(irq->storm.since, 0);
    assert_int_equal(irq->storm.count, 0);
    assert_int_equal(irq->count.moves, 0);
    assert_int_equal(irq->count.forwarded, 0);
    assert_int_equal(irq->count.rerun, 0);
    assert_int_equal(irq->count.kept, 0);
    assert_int_equal(irq->count.resent, 0);
    assert_int_equal(irq->count.unhandled, 0);
    for (unsigned h = 0; h < m.n_harts; h++)
        assert_int_equal(aia_irq_runs(&t.aia, irq, h), 0);
}

static void test_ims(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 3; order++) {
        t_machine(3, 63);
        for (unsigned i = 0; i < 4; i++)
            soil(&t.irqs[i]);
        memset(&q, 0, sizeof(q));
        m_dev_init(&q.dev, AIA_MSI_STORE);
        struct aia_request r = {.affinity = aia_hartset_one(1), .order = order};
        assert_int_equal(t_request_as(&q, r), AIA_OK);
        for (unsigned i = 0; i < 1u << order; i++) {
            check_clean(&q.irq[i]);
            assert_int_equal(q.irq[i].order, order);
            assert_ptr_equal(q.irq[i].first, q.irq);
            assert_ptr_equal(q.irq[i].msi, &q.dev.msi);
            assert_ptr_equal(q.irq[i].context, &q);
        }
        m_raise(&q.dev);
        t_check(&q);
        t_check_books();
    }
}

/* The same as in real use: an interrupt that stormed, moved, was disabled and freed; and the next interrupt. */
static void test_next_owner(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_STORE, 1);
    const struct aia_irq *irq = q.irq;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(t_move(&q, 1), AIA_OK);
    aia_irq_disable(&t.aia, q.irq);
    q.deny = true;
    for (unsigned i = 0; i < T_STORM + 5; i++) {
        m_raise(&q.dev);
        m_settle();
    }
    assert_true(q.irq->flow & AIA_FLOW_STORMED);
    unsigned id = q.irq->vec.id;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    t_fill(1, id);
    t_irq(&other, AIA_MSI_STORE, 1);
    assert_ptr_equal(other.irq, irq);
    assert_int_equal(other.irq->vec.id, id);
    assert_int_equal(other.irq->flow, 0);
    assert_int_equal(other.irq->count.moves + other.irq->count.kept + other.irq->count.unhandled +
                         other.irq->count.resent,
                     0);
    for (unsigned i = 0; i < T_STORM; i++) { /* these edges are not counted with those of the last owner */
        m_raise(&other.dev);
        m_settle();
    }
    assert_int_equal(other.runs, T_STORM);
    t_check(&other);
    t_unfill(1);
    t_check_books();
}

/* ---- a reservation ---- */

static int request_managed(struct t_irq *i, enum aia_msi_kind kind)
{
    memset(i, 0, sizeof(*i));
    m_dev_init(&i->dev, kind);
    return t_request_as(i, (struct aia_request){.affinity = {{6}}, .managed = true});
}

/* The reservation fails, and nothing is given back: the row still names vectors of its last owner, which others own by now. */
static void test_failed_reservation(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++)
        for (unsigned full = 1; full < 3; full++) {
            t_machine(3, 63);
            assert_int_equal(request_managed(&q, (enum aia_msi_kind)kind), AIA_OK);
            const struct aia_irq *irq = q.irq;
            assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
            m_settle();
            t_fill(full, 0);
            t_fill(3 - full, 40);
            struct imsic_stats before = t_stats();
            assert_int_equal(request_managed(&q, (enum aia_msi_kind)kind), AIA_ENOVEC);
            assert_null(q.irq);
            assert_false(irq->managed);
            t_same_stats(before);
            for (unsigned h = 1; h < 3; h++)
                for (unsigned id = 1; id <= 63; id++)
                    if (id != T_IPI && id != T_SYNC && !(h != full && id == 40))
                        assert_int_equal(t.slots[h][id], imsic_slot(IMSIC_OWNED, T_FILLER));
            t_unfill(1);
            t_unfill(2);
            t_check_books();
        }
}

/* ---- an identity that a storm has quarantined ---- */

static void storm(struct t_irq *s)
{
    s->deny = true;
    for (unsigned i = 0; i < T_STORM + 5; i++) {
        m_raise(&s->dev);
        m_settle();
    }
    assert_true(s->irq->flow & AIA_FLOW_STORMED);
}

static bool live(const struct t_irq *i)
{
    return m.hart[i->irq->vec.hart].file.eie[0] >> i->irq->vec.id & 1;
}

/* Two interrupts storm on one hart: enabling one of them does not enable the other, in either order. */
static void test_two_storm(void **state)
{
    (void)state;
    for (unsigned second = 0; second < 2; second++) {
        t_machine(2, 63);
        t_irq(&q, AIA_MSI_PLAIN, 1);
        t_irq(&other, AIA_MSI_STORE, 1);
        storm(&q);
        storm(&other);
        struct t_irq *on = second ? &other : &q, *off = second ? &q : &other;
        uint64_t ran = off->runs, kept = off->irq->count.kept;
        on->deny = false;
        aia_irq_enable(&t.aia, on->irq);
        t_check(on);
        assert_true(live(on) && !live(off));
        m_raise(&off->dev);
        m_settle();
        assert_int_equal(off->runs + off->irq->count.kept, ran + kept); /* the edge is not even claimed */
        m_raise(&on->dev);
        t_check(on);
        off->deny = false;
        aia_irq_enable(&t.aia, off->irq);
        t_check(off);
        assert_true(live(off));
        t_check_books();
    }
}

/* The same after the other interrupt has left the hart, while its old vector is quarantined and retires. */
static void test_one_has_moved(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_STORE, 1);
    t_irq(&other, AIA_MSI_STORE, 1);
    storm(&q);
    storm(&other);
    unsigned id = other.irq->vec.id;
    assert_int_equal(t_move(&other, 2), AIA_OK);
    q.deny = false;
    aia_irq_enable(&t.aia, q.irq);
    t_check(&q);
    assert_false(t.slots[1][id] == imsic_slot(IMSIC_RETIRING, other.irq->number) &&
                 (m.hart[1].file.eie[0] >> id & 1));
    m_pass(T_FOREVER);
    assert_true(m.hart[1].file.eie[0] >> id & 1); /* the next owner of the identity did not storm */
    other.deny = false;
    aia_irq_enable(&t.aia, other.irq);
    m_raise(&other.dev);
    t_check(&other);
    t_check_books();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ims),
        cmocka_unit_test(test_next_owner),
        cmocka_unit_test(test_failed_reservation),
        cmocka_unit_test(test_two_storm),
        cmocka_unit_test(test_one_has_moved),
    };

    return T_RUN(tests);
}
