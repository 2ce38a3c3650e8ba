/* SPDX-License-Identifier: BSD-2-Clause */
/* A vector stays its interrupt's until its drain is proven: by a read-back, by a barrier, or by time. */
#include <string.h>

#include "fixture.h"

static struct t_irq q, other;

static struct imsic_vector vec(unsigned hart, unsigned id)
{
    return (struct imsic_vector){(uint16_t)hart, (uint16_t)id};
}

/* Hart `hart` reclaims now. */
static void reclaim_now(unsigned hart)
{
    assert_int_equal(aia_ipi_send(&t.aia, hart, AIA_IPI_RECLAIM), AIA_OK);
    for (unsigned i = 0; i < 3; i++)
        m_run(hart);
    assert_int_equal(t.harts[hart].ipis, 0);
}

static bool retires(struct imsic_vector v)
{
    return imsic_slot_state(t.slots[v.hart][v.id]) == IMSIC_RETIRING;
}

/* An edge of `i` by an earlier message arrives only now. */
static void arrives(struct t_irq *i, struct imsic_vector v)
{
    i->dev.n_raised++;
    m_fabric_post(m.hart[v.hart].msi_addr, v.id);
    m_settle();
    assert_int_equal(i->seen, i->dev.n_raised);
}

static void none_unowned(void)
{
    for (unsigned h = 0; h < m.n_harts; h++)
        assert_int_equal(t.harts[h].unowned + t.harts[h].late, 0);
}

/* ---- by time ---- */

#define SOON  5000u
#define LATER 50000u

static void posted(struct t_irq *i, uint64_t limit)
{
    memset(i, 0, sizeof(*i));
    m_dev_init(&i->dev, AIA_MSI_STORE);
    i->dev.msi.posted_limit = limit;
    assert_int_equal(t_request_as(i, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    m_pass(T_FOREVER);
}

/* Two such devices move away from a hart: each vector is free after the time of its own device, in either order. */
static void test_two_posted(void **state)
{
    (void)state;
    for (unsigned later_first = 0; later_first < 2; later_first++) {
        t_machine(3, 63);
        posted(&q, LATER);
        posted(&other, SOON);
        struct imsic_vector later = q.irq->vec, soon = other.irq->vec;
        assert_int_equal(t_move(later_first ? &q : &other, 2), AIA_OK);
        assert_int_equal(t_move(later_first ? &other : &q, 2), AIA_OK);
        m_settle();
        reclaim_now(1);
        assert_true(retires(later) && retires(soon));
        arrives(&other, soon);
        m.now += SOON;
        reclaim_now(1);
        assert_true(retires(later) && t_is_free(1, soon.id));
        m.now += LATER - SOON - 2000;
        arrives(&q, later);
        reclaim_now(1);
        assert_true(retires(later));
        m.now += 4000;
        reclaim_now(1);
        assert_true(t_is_free(1, later.id));
        none_unowned();
        t_check_books();
    }
}

/* The hart goes offline, and waits for the later of the two: nothing is under way to it afterwards. */
static struct imsic_vector late_vector;
static bool is_late;

static void edge_at_the_last_moment(const struct m_event *e, void *arg)
{
    uint64_t *end = arg;

    (void)e;
    if (is_late || m.now < *end)
        return;
    is_late = true;
    q.dev.n_raised++;
    m_fabric_post(m.hart[1].msi_addr, late_vector.id);
}

static void test_offline_waits_for_the_later(void **state)
{
    (void)state;
    for (unsigned later_first = 0; later_first < 2; later_first++) {
        t_machine(3, 63);
        posted(later_first ? &q : &other, later_first ? LATER : SOON);
        posted(later_first ? &other : &q, later_first ? SOON : LATER);
        late_vector = q.irq->vec;
        is_late = false;
        uint64_t end = m.now + LATER - 1000;
        m.hook = edge_at_the_last_moment;
        m.hook_arg = &end;
        assert_int_equal(t_offline(1, 0), AIA_OK);
        m.hook = NULL;
        assert_true(is_late);
        t_check(&q);
        none_unowned();
        assert_int_equal(t_online_again(1, 0), 0);
    }
}

/* A device that answered no read may have sent by its new message too: that vector waits for as long. */
static void test_silent(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++) {
        t_machine(3, 63);
        t_force(how, &q, &other, 1, 2);
        unsigned id = how == AIA_UPDATE_ADDR ? q.irq->vec.id : 0;
        m_on(1);
        q.dev.mood = M_MUTE;
        assert_int_equal(t_move(&q, 2), AIA_ESILENT);
        for (unsigned i = 1; !id; i++)
            id = retires(vec(2, i)) ? i : 0;
        assert_true(retires(vec(2, id)));
        reclaim_now(2);
        arrives(&q, vec(2, id));
        m.now += T_LIMIT;
        reclaim_now(2);
        assert_false(retires(vec(2, id)));
        none_unowned();
    }
}

/* ---- by a read-back, of a device on a slow bus ---- */

static void slow(uint64_t set)
{
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{set}}}), AIA_OK);
}

/* Edges that the device had sent are in its queue when the move ends, unless the read-back has pushed them out. */
static void test_slow_move(void **state)
{
    (void)state;
    t_machine(3, 63);
    slow(2);
    m.post_lag = M_NEVER;
    m_raise(&q.dev);
    struct imsic_vector old = q.irq->vec;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(q.dev.posted.n, 0);
    reclaim_now(1);
    assert_true(t_is_free(old.hart, old.id));
    t_check(&q);
    none_unowned();
}

static void test_slow_free(void **state)
{
    (void)state;
    t_machine(3, 63);
    slow(2);
    m.post_lag = M_NEVER;
    m_raise(&q.dev);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    t_check(&q);
    none_unowned();
}

/* The device dies in a move, and no read-back can drain it: time has to pass, for the old vector and for the new one. */
static void test_dead_in_a_move(void **state)
{
    (void)state;
    t_machine(3, 63);
    slow(2);
    struct imsic_vector old = q.irq->vec;
    q.dev.bus.silent = true;
    assert_int_equal(t_move(&q, 2), AIA_ESILENT);
    assert_int_equal(q.irq->vec.id, 0);
    for (unsigned h = 1; h < 3; h++) {
        reclaim_now(h);
        assert_true(retires(vec(h, old.id)));
        m_fabric_post(m.hart[h].msi_addr, old.id);
        m_settle();
    }
    m.now += T_LIMIT;
    for (unsigned h = 1; h < 3; h++) {
        reclaim_now(h);
        assert_true(t_is_free(h, old.id));
    }
    none_unowned();
    t_check_books();
}

/* The same with a device that dies while it is stopped, and while it is started. */
static void test_dead_at_either_end(void **state)
{
    (void)state;
    t_machine(3, 63);
    slow(2);
    struct imsic_vector old = q.irq->vec;
    q.dev.bus.silent = true;
    aia_irq_stop(&t.aia, q.irq);
    reclaim_now(1);
    assert_true(retires(old));
    m_fabric_post(m.hart[1].msi_addr, old.id);
    m_settle();
    none_unowned();
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_true(t_is_free(1, old.id));

    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    q.dev.bus.silent = true;
    uint64_t before = m.now;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{2}}}), AIA_ESILENT);
    assert_in_range(m.now - before, T_LIMIT, 3 * T_LIMIT);
    assert_null(q.irq);
    t_check_books();
}

/* ---- a file into which nothing arrives ---- */

/* The library cannot see whether a half-changed message has arrived in the old file: the move fails, and nothing is lost. */
static void half_way(const struct m_event *e, void *arg)
{
    const bool *edge = arg;

    if (*edge && e->kind == M_DEVICE && e->what == M_ADDR && !q.dev.n_raised)
        m_raise(&q.dev);
}

static void test_torn_into_a_frozen_file(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        bool edge = i;
        t_machine(3, 63);
        t_force(AIA_UPDATE_TORN, &q, &other, 1, 2);
        struct imsic_vector old = q.irq->vec;
        m_on(1);
        m.hart[1].file.frozen = true;
        m.hook = half_way;
        m.hook_arg = &edge;
        assert_int_equal(t_move(&q, 2), AIA_ETIMEOUT);
        m.hook = NULL;
        m.hart[1].file.frozen = false;
        assert_int_equal(q.irq->vec.hart, 1);
        assert_int_equal(q.irq->vec.id, old.id);
        assert_int_equal(q.dev.message.addr, m.hart[1].msi_addr);
        assert_int_equal(q.dev.message.data, old.id);
        assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 0);
        assert_true(aia_hartset_has(&q.irq->affinity, 1));
        t_check(&q);
        m_raise(&q.dev);
        t_check(&q);
        none_unowned();
        t_unfill(2);
        t_check_books();
    }
}

/* So many vectors of the interrupt do not drain that a move, which would add one, is refused. */
static void test_bound_of_what_retires(void **state)
{
    (void)state;
    t_machine(4, 63);
    t.aia.config.max_retiring = 2;
    t_irq(&q, AIA_MSI_STORE, 1);
    m.hart[1].file.frozen = m.hart[2].file.frozen = true;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(t_move(&q, 3), AIA_OK);
    uint64_t before = m.now;
    assert_int_equal(t_move(&q, 0), AIA_ETIMEOUT);
    assert_in_range(m.now - before, T_LIMIT, 20 * T_LIMIT);
    assert_int_equal(q.irq->vec.hart, 3);
    m.hart[1].file.frozen = m.hart[2].file.frozen = false;
    m_settle();
    assert_int_equal(t_move(&q, 0), AIA_OK);
    t_check_books();
}

/* ---- an edge that is caught ---- */

/* With AIA_IN_PLACE an edge is handled on the hart that caught it, and no message is sent. */
static void test_in_place(void **state)
{
    (void)state;
    for (unsigned in_place = 0; in_place < 2; in_place++)
        for (unsigned by_reclaim = 0; by_reclaim < 2; by_reclaim++) {
            t_machine(3, 63);
            memset(&q, 0, sizeof(q));
            m_dev_init(&q.dev, AIA_MSI_STORE);
            struct aia_request r = {.affinity = aia_hartset_one(1),
                                    .policy = {.caught = in_place ? AIA_IN_PLACE : AIA_FORWARD}};
            assert_int_equal(t_request_as(&q, r), AIA_OK);
            m.hart[1].hold = true;
            m_raise(&q.dev);
            assert_int_equal(t_move(&q, 2), AIA_OK);
            if (by_reclaim)
                (void)aia_ipi_send(&t.aia, 1,
                                   AIA_IPI_RECLAIM); /* the identity of IPIs has the higher priority */
            m.hart[1].hold = false;
            t_check(&q);
            assert_int_equal(q.runs, 1);
            assert_int_equal(q.hart, in_place ? 1 : 2);
            assert_int_equal(q.irq->count.forwarded, !in_place);
            assert_int_equal(t.harts[1].forwarded, 1);
            t_check_books();
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_posted),
        cmocka_unit_test(test_offline_waits_for_the_later),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_slow_move),
        cmocka_unit_test(test_slow_free),
        cmocka_unit_test(test_dead_in_a_move),
        cmocka_unit_test(test_dead_at_either_end),
        cmocka_unit_test(test_torn_into_a_frozen_file),
        cmocka_unit_test(test_bound_of_what_retires),
        cmocka_unit_test(test_in_place),
    };

    return T_RUN(tests);
}
