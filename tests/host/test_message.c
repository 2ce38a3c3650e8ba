/* SPDX-License-Identifier: BSD-2-Clause */
/* How a device's message is changed: the steps, their order, and the messages of a broken device. */
#include "imsic/vector.h"
#include "fixture.h"

#include <string.h>

static struct t_irq q, other;
static struct imsic_vector old;

static void set_up(enum aia_update how)
{
    t_machine(3, 63);
    t_force(how, &q, &other, 1, 2);
    old = q.irq->vec;
    m_on(1);
    m.n_log = 0;
}

static void check_log(const enum m_device_op *ops, unsigned n)
{
    assert_int_equal(m.n_log, n);
    for (unsigned i = 0; i < n; i++) {
        assert_ptr_equal(m.log[i].dev, &q.dev);
        assert_int_equal(m.log[i].op, ops[i]);
    }
}

#define CHECK_LOG(...)                                   \
    do {                                                 \
        const enum m_device_op ops_[] = {__VA_ARGS__};   \
        check_log(ops_, sizeof(ops_) / sizeof(ops_[0])); \
    } while (0)

static void move_as(enum aia_update how)
{
    set_up(how);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    for (unsigned i = 0; i < AIA_N_UPDATES; i++)
        assert_int_equal(t.aia.updates[i], i == how);
    assert_int_equal(q.dev.message.addr, m.hart[2].msi_addr);
    assert_int_equal(q.dev.message.data, q.irq->vec.id);
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(q.hart, 2);
    t_check_quiet(&other);
}

static void test_store(void **state)
{
    (void)state;
    move_as(AIA_UPDATE_STORE);
    CHECK_LOG(M_STORE, M_READ_BACK);
}

static void test_masked(void **state)
{
    (void)state;
    move_as(AIA_UPDATE_MASKED);
    assert_int_equal(m.log[0].op, M_MASK);
    assert_int_equal(m.log[3].op, M_UNMASK);
    CHECK_LOG(M_MASK, m.log[1].op, m.log[2].op, M_UNMASK, M_READ_BACK);
}

static void test_address_only(void **state)
{
    (void)state;
    move_as(AIA_UPDATE_ADDR);
    CHECK_LOG(M_ADDR, M_READ_BACK);
    assert_int_equal(q.irq->vec.id, old.id);
}

/* Data first: q owns (old hart, new identity), and does not own (new hart, old identity). */
static void test_common(void **state)
{
    (void)state;
    move_as(AIA_UPDATE_COMMON);
    CHECK_LOG(M_DATA, M_ADDR, M_READ_BACK);
    assert_int_not_equal(q.irq->vec.id, old.id);
    m_pass(T_FOREVER);
    assert_true(t_is_free(1, q.irq->vec.id));
    assert_true(t_is_free(1, old.id));
}

static void test_torn(void **state)
{
    (void)state;
    move_as(AIA_UPDATE_TORN);
    CHECK_LOG(M_DATA, M_ADDR, M_READ_BACK);
    assert_int_equal(q.irq->vec.id, other.irq->vec.id);
    assert_int_equal(t.aia.torn_copies, 0);
}

static void raise_it(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

/*
 * A half-changed message may name an unowned identity of the old hart: one of a block may be free, or reserved for a managed
 * interrupt. The edge there is forwarded, and is not left for the identity's next owner. `set` makes such a machine, with
 * hart 0 the only hart to which q can move.
 */
static void torn_onto_unowned(void (*set)(void))
{
    uint64_t copies = 0;
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        set();
        unsigned from = q.irq->vec.hart;
        m_on(from);
        t_at(k, false, raise_it, NULL);
        assert_int_equal(t_move(&q, 0), AIA_OK);
        more = t_at_done();
        assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 1);
        assert_false(m_pending(from, q.irq->vec.id));
        t_check(&q);
        assert_int_equal(t.harts[0].unowned + t.harts[from].unowned, 0);
        copies += t.aia.torn_copies;
    }
    assert_true(copies);
}

static void block_with_a_gap(void)
{
    struct imsic *im = &t.aia.imsic;

    t_machine(2, 15);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .order = 2}),
                     AIA_OK);
    assert_int_equal(q.irq->vec.id, 4);
    assert_int_equal(imsic_alloc_id(im, 0, 4, 2, T_FILLER), AIA_OK);
    assert_int_equal(imsic_alloc_id(im, 0, 12, 2, T_FILLER), AIA_OK);
    assert_int_equal(imsic_alloc_id(im, 1, 9, 0, T_FILLER),
                     AIA_OK); /* one of 8 to 11, which are free on hart 0 */
}

static void kept_for_a_managed(void)
{
    struct aia_hartset set = aia_hartset_one(1);

    t_machine(3, 63);
    aia_hartset_add(&set, 2);
    memset(&other, 0, sizeof(other));
    m_dev_init(&other.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&other, (struct aia_request){.affinity = set, .managed = true}), AIA_OK);
    unsigned kept = 3u - other.irq->vec.hart;
    assert_int_equal(imsic_slot_state(t.slots[kept][other.irq->vec.id]), IMSIC_MANAGED);
    t_irq(&q, AIA_MSI_PLAIN, kept);
    t_fill(0, other.irq->vec.id);
}

static void test_torn_onto_unowned(void **state)
{
    (void)state;
    torn_onto_unowned(block_with_a_gap);
    torn_onto_unowned(kept_for_a_managed);
}

/* The same if the device answers no read, and the old message is restored by the same two steps. */
static void undone_onto_unowned(void (*set)(void))
{
    bool more = true;

    for (unsigned long k = 0; more; k++) {
        set();
        unsigned from = q.irq->vec.hart;
        m_on(from);
        q.dev.mood = M_MUTE;
        t_at(k, false, raise_it, NULL);
        assert_int_equal(t_move(&q, 0), AIA_ESILENT);
        more = t_at_done();
        t_check(&q);
        assert_int_equal(t.harts[0].unowned + t.harts[from].unowned, 0);
    }
}

static void test_undone_onto_unowned(void **state)
{
    (void)state;
    undone_onto_unowned(block_with_a_gap);
    undone_onto_unowned(kept_for_a_managed);
}

/* If another hart moves the interrupt, the old hart makes the torn update. */
static void test_torn_by_call(void **state)
{
    (void)state;
    set_up(AIA_UPDATE_TORN);
    m_on(0);
    uint64_t ipis = t.harts[1].ipis_taken;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(t.harts[1].ipis_taken, ipis + 1);
    assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 1);
}

static void test_torn_by_call_timeout(void **state)
{
    (void)state;
    set_up(AIA_UPDATE_TORN);
    m_on(0);
    m.hart[1].hold = true;
    assert_int_equal(t_move(&q, 2), AIA_ETIMEOUT);
    assert_int_equal(m.n_log, 0);
    assert_int_equal(q.irq->vec.hart, 1);
    m.hart[1].hold = false;
    m_raise(&q.dev);
    t_check(&q);
    t_unfill(2);
    t_check_books();
}

/* Between data and address, the device sends (old hart, identity of `other`). */
static void raise_half_way(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_DEVICE || e->what != M_ADDR)
        return;
    for (unsigned i = 0; i < 10; i++) /* unowned edges, before it in the file's queue */
        m_fabric_post(m.hart[1].msi_addr, 62);
    m_raise(&q.dev);
}

static void test_torn_copy(void **state)
{
    static const uint32_t lags[] = {0, 5, M_NEVER};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        set_up(AIA_UPDATE_TORN);
        m.inbound_lag = m.post_lag = m.store_lag = lags[i];
        m.hook = raise_half_way;
        assert_int_equal(t_move(&q, 2), AIA_OK);
        m.hook = NULL;
        t_check(&q);
        assert_int_equal(t.aia.torn_copies, 1);
        assert_int_equal(q.hart, 2);
        assert_int_equal(other.runs, 1); /* one extra run, which its handler reports */
        assert_int_equal(other.irq->count.unhandled, 1);
    }
}

/* The pending bit may be an edge of `other`: it stays, and the handler of `other` runs. */
static void test_torn_copy_keeps_owners_edge(void **state)
{
    (void)state;
    set_up(AIA_UPDATE_TORN);
    m.hart[1].irqs_on = false;
    m_raise(&other.dev);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    aia_port_irq_restore(1);
    t_check(&other);
    assert_int_equal(other.extra, 0);
}

/* A torn message would name an identity that the old hart's file does not have: refused, because that edge could not be seen. */
static void test_torn_beyond_old_file(void **state)
{
    static const uint16_t ids[] = {63, 63, 127};

    (void)state;
    t_prepare(3, ids);
    t_init();
    for (unsigned h = 0; h < 3; h++)
        t_online(h);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    for (unsigned id = 1; id < 64; id++)
        imsic_alloc_id(&t.aia.imsic, 2, id, 0, 1);
    m_on(1);
    m.n_log = 0;
    unsigned n_free = t.files[2].n_free;
    assert_int_equal(t_move(&q, 2), AIA_ENOVEC);
    assert_int_equal(t.files[2].n_free, n_free);
    assert_int_equal(m.n_log, 0);
}

/* ---- what cannot be done ---- */

static void check_unchanged(int error)
{
    struct aia_message message = q.dev.message;
    unsigned n_free = t.files[2].n_free;

    m.n_log = 0;
    assert_int_equal(t_move(&q, 2), error);
    assert_int_equal(q.irq->vec.hart, old.hart);
    assert_int_equal(q.irq->vec.id, old.id);
    assert_int_equal(q.irq->count.moves, 0);
    assert_true(aia_hartset_has(&q.irq->affinity, 1));
    assert_false(aia_hartset_has(&q.irq->affinity, 2));
    assert_int_equal(q.dev.message.addr, message.addr);
    assert_int_equal(q.dev.message.data, message.data);
    m_pass(T_FOREVER);
    assert_int_equal(t.files[2].n_free, n_free);
}

static void test_upper_address(void **state)
{
    static const uint16_t ids[] = {63, 63, 63};

    (void)state;
    t_prepare(3, ids);
    t.files[2].msi_addr = m.hart[2].msi_addr += 1ull << 32;
    t_init();
    for (unsigned h = 0; h < 3; h++)
        t_online(h);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    old = q.irq->vec;
    check_unchanged(AIA_EADDRHI);
    assert_int_equal(m.n_log, 0);
    m_raise(&q.dev);
    t_check(&q);

    t_irq(&other, AIA_MSI_MASKABLE, 1); /* other interrupts can move */
    assert_int_equal(t_move(&other, 2), AIA_OK);
    m_raise(&other.dev);
    t_check(&other);
    t_check_books();
}

/* Every kind of update with every device mood. A mute device goes on sending, by its old message. */
static void test_silent(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++)
        for (unsigned mood = M_MUTE; mood <= M_GONE; mood++) {
            set_up(how);
            q.dev.mood = mood;
            check_unchanged(mood == M_STALE ? AIA_ECHANGED : AIA_ESILENT);
            assert_int_equal(t_reported(AIA_REPORT_CHANGED), mood == M_STALE);
            m_on(0);
            bool sends = m_raise(&q.dev);
            assert_int_equal(sends, mood != M_GONE);
            t_check(&q);
            if (sends)
                assert_int_equal(q.hart, 1);
            q.dev.mood = M_WELL;
            t_unfill(2);
            t_check_books();
            assert_int_equal(t_move(&q, 2), AIA_OK); /* recovered */
            m_raise(&q.dev);
            t_check(&q);
            assert_int_equal(t.harts[1].unowned + t.harts[2].unowned, 0);
        }
}

static void raise_q(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

/* A mute device sends an edge at every access of the move that fails, by the message that it has then. */
static void test_mute_edges(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            set_up(how);
            q.dev.mood = M_MUTE;
            t_at(k, false, raise_q, NULL);
            assert_int_equal(t_move(&q, 2), AIA_ESILENT);
            more = t_at_done();
            t_check(&q);
            if (how != AIA_UPDATE_TORN)
                t_check_quiet(&other);
            t_unfill(2);
            t_check_books();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_masked),
        cmocka_unit_test(test_address_only),
        cmocka_unit_test(test_common),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_torn_onto_unowned),
        cmocka_unit_test(test_undone_onto_unowned),
        cmocka_unit_test(test_torn_by_call),
        cmocka_unit_test(test_torn_by_call_timeout),
        cmocka_unit_test(test_torn_copy),
        cmocka_unit_test(test_torn_copy_keeps_owners_edge),
        cmocka_unit_test(test_torn_beyond_old_file),
        cmocka_unit_test(test_upper_address),
        cmocka_unit_test(test_silent),
        cmocka_unit_test(test_mute_edges),
    };

    return T_RUN(tests);
}
