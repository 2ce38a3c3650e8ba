/* SPDX-License-Identifier: BSD-2-Clause */
/* moved(): called once for each change of hart, whatever the cause, without a lock, where the change was made. */
#include "imsic/vector.h"
#include <string.h>

#include "wires.h"

static struct t_irq q, other;

/* What the calls of moved() saw. */
static struct {
    unsigned n;
    void *context;
    const struct aia_irq *irq;
    struct imsic_vector vec; /* at the latest call */
    unsigned by;             /* the hart of the latest call */
    bool irqs_on, in_irq;
} told;

static void moved(void *context, struct aia_irq *irq)
{
    const struct m_hart *h = &m.hart[m.here];

    if (h->n_locks)
        m_die("moved() is called with a lock held");
    told.n++;
    told.context = context;
    told.irq = irq;
    told.vec = irq->vec;
    told.by = m.here;
    told.irqs_on = h->irqs_on;
    told.in_irq = h->in_irq;
}

static int request(struct aia_request r, enum aia_msi_kind kind)
{
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, kind);
    r.moved = moved;
    return t_request_as(&q, r);
}

static void set_up(enum aia_msi_kind kind, unsigned hart)
{
    memset(&told, 0, sizeof(told));
    t_machine(3, 63);
    assert_int_equal(request((struct aia_request){.affinity = aia_hartset_one(hart)}, kind), AIA_OK);
    assert_int_equal(told.n, 0); /* the request itself is no move */
}

/* moved() has been called n times in all, the last time by hart `by` for a change to `hart`. */
static void check_told(unsigned n, unsigned by, unsigned hart)
{
    assert_int_equal(told.n, n);
    assert_int_equal(told.by, by);
    assert_ptr_equal(told.irq, q.irq);
    assert_ptr_equal(told.context, &q);
    assert_int_not_equal(told.vec.id, 0);
    assert_int_equal(told.vec.hart, hart);
    assert_int_equal(q.irq->vec.hart, hart);
}

static void test_set_affinity(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++) {
        struct aia_hartset wide = {{7}};
        set_up((enum aia_msi_kind)kind, 1);
        assert_int_equal(t_move(&q, 2), AIA_OK);
        check_told(1, 0, 2);
        assert_true(told.irqs_on); /* in the caller's context */
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &wide), AIA_OK);
        assert_int_equal(told.n, 1); /* the interrupt stays where it is */
        assert_int_equal(t_move(&q, 0), AIA_OK);
        check_told(2, 0, 0);
        assert_int_equal(t_move(&q, 1), AIA_OK);
        check_told(3, 0, 1);
        q.dev.mood = M_MUTE;
        assert_int_equal(t_move(&q, 2), AIA_ESILENT);
        assert_int_equal(told.n, 3);
    }
}

static void test_try_affinity(void **state)
{
    const struct aia_hartset to = aia_hartset_one(2);

    (void)state;
    set_up(AIA_MSI_STORE, 1);
    unsigned long was = aia_port_irq_save();
    assert_int_equal(aia_irq_try_affinity(&t.aia, q.irq, &to), AIA_OK);
    check_told(1, 0, 2);
    assert_false(told.irqs_on);
    assert_int_equal(aia_irq_try_affinity(&t.aia, q.irq, &to), AIA_OK);
    assert_int_equal(told.n, 1);
    aia_port_irq_restore(was);
}

/* Only the old hart can make this move: moved() runs there, in the interrupt in which the move was made. */
static void test_on_the_old_hart(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 1);
    t_irq(&other, AIA_MSI_PLAIN, 1);
    t_fill(2, other.irq->vec.id);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    check_told(1, 1, 2);
    assert_true(told.in_irq);
    assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 1);
    t_unfill(2);
}

static void test_block(void **state)
{
    const struct aia_hartset to = aia_hartset_one(2);

    (void)state;
    memset(&told, 0, sizeof(told));
    t_machine(3, 63);
    assert_int_equal(request((struct aia_request){.affinity = aia_hartset_one(1), .order = 2}, AIA_MSI_PLAIN),
                     AIA_OK);
    assert_int_equal(aia_irq_set_affinity(&t.aia, &q.irq[3], &to), AIA_OK);
    check_told(1, 0, 2); /* once, with the first of the block */
}

/* ---- hotplug ---- */

static void test_offline_and_return(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 1);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    unsigned there = q.irq->vec.hart;
    check_told(1, 0, there);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    assert_int_equal(told.n, 1);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    check_told(2, 0, 1);
}

/* Between the two halves of its offline, `hart` gets q back, as after a move that was decided before the hart closed. */
static void put_back(unsigned hart)
{
    imsic_open(&t.aia.imsic, hart);
    t.harts[hart].state = AIA_HART_ONLINE;
    if (q.irq->managed)
        assert_int_equal(aia_hart_online_finish(&t.aia, hart, AIA_DISPLACED_STAY), AIA_OK);
    else
        assert_int_equal(t_move(&q, hart), AIA_OK);
    t.harts[hart].state = AIA_HART_EVACUATED;
    imsic_close(&t.aia.imsic, hart);
    assert_int_equal(q.irq->vec.hart, hart);
}

static void test_forced_off(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 1);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    put_back(1);
    unsigned n = told.n;
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    check_told(n + 1, 1, q.irq->vec.hart);
    assert_false(told.irqs_on);
    assert_false(told.in_irq);
}

static void check_shut_down(unsigned n, unsigned by)
{
    assert_int_equal(told.n, n);
    assert_int_equal(told.by, by);
    assert_int_equal(told.vec.id, 0);
    assert_int_equal(q.irq->vec.id, 0);
}

static void managed(uint64_t set)
{
    memset(&told, 0, sizeof(told));
    t_machine(3, 63);
    assert_int_equal(request((struct aia_request){.affinity = {{set}}, .managed = true}, AIA_MSI_PLAIN),
                     AIA_OK);
    assert_int_equal(told.n, 0);
}

static void test_managed(void **state)
{
    (void)state;
    managed(2);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    check_shut_down(1, 0);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(told.n, 1);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    check_told(2, 0, 1);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    assert_int_equal(told.n, 2); /* it had not been shut down */

    managed(6); /* another hart of its affinity is online */
    assert_int_equal(q.irq->vec.hart, 1);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    check_told(1, 0, 2);
}

/* The same on the leaving hart itself. */
static void test_managed_forced_off(void **state)
{
    (void)state;
    managed(2);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    check_shut_down(1, 0);
    put_back(1);
    assert_int_equal(told.n, 2);
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    check_shut_down(3, 1);
}

/* A restart whose device does not answer leaves the interrupt at its vector: moved() is called. */
static void test_managed_silent(void **state)
{
    (void)state;
    managed(2);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_online_again(1, 0), 0);
    q.dev.mood = M_MUTE;
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_ESILENT);
    check_told(2, 0, 1);
}

/* An offline that fails brings the hart back: moved() is called for the shutdown and for the restart. */
static void test_failed_offline(void **state)
{
    (void)state;
    managed(2);
    t_irq(&other, AIA_MSI_PLAIN, 1);
    other.dev.mood = M_MUTE;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ESILENT);
    check_told(2, 0, 1);
}

/* ---- other kinds of message ---- */

static void test_slow_bus(void **state)
{
    (void)state;
    memset(&told, 0, sizeof(told));
    memset(&q, 0, sizeof(q));
    t_machine(3, 63);
    m_slow_init(&q.dev);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .moved = moved}),
                     AIA_OK);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    check_told(1, 0, 2);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(told.n, 1);
    assert_int_equal(t_offline(2, 0), AIA_OK);
    check_told(2, 0, q.irq->vec.hart);
    q.dev.bus.silent = true;
    assert_int_equal(t_move(&q, 1 - q.irq->vec.hart), AIA_ESILENT);
    assert_int_equal(told.n, 2); /* its death is a report */
}

static enum aia_result handle(void *context, struct aia_irq *irq)
{
    (void)context, (void)irq;
    return AIA_HANDLED;
}

/* The handler of a level is wrapped, and so is moved(): both get the driver's context. In both delivery modes. */
static void test_wire(void **state)
{
    static struct wire w;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < W_MODES; i++) {
            struct aia_request r = {.name = "wire", .handler = handle, .context = &w, .moved = moved};
            struct aia_hartset to = aia_hartset_one(0);
            memset(&told, 0, sizeof(told));
            if (direct)
                w_direct_machine(3, 3, 0);
            else
                w_machine(3, 0);
            w_source(&w, 7, w_modes[i]);
            r.affinity = aia_hartset_one(1);
            r.msi = &w.source.msi;
            assert_int_equal(aia_irq_request(&t.aia, &r, &w.irq), AIA_OK);
            assert_int_equal(aia_irq_set_affinity(&t.aia, w.irq, &to), AIA_OK);
            assert_int_equal(told.n, 1);
            assert_ptr_equal(told.context, &w);
            assert_ptr_equal(told.irq, w.irq);
            assert_int_equal(told.vec.hart, 0);
            struct aia_request again = {
                .handler = handle, .context = &told, .msi = &w.source.msi, .affinity = {{7}}};
            struct aia_irq *none; /* the source has an interrupt: nothing is changed */
            assert_int_equal(aia_irq_request(&t.aia, &again, &none), AIA_EBUSY);
            to = aia_hartset_one(2);
            assert_int_equal(aia_irq_set_affinity(&t.aia, w.irq, &to), AIA_OK);
            assert_int_equal(told.n, 2);
            assert_ptr_equal(told.context, &w);
        }
}

/* A descriptor that is requested again has the new request's moved(), here none. */
static void test_requested_again(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 1);
    struct aia_irq *was = q.irq;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(told.n, 0);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    assert_ptr_equal(q.irq, was);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_int_equal(told.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_affinity),
        cmocka_unit_test(test_try_affinity),
        cmocka_unit_test(test_on_the_old_hart),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_offline_and_return),
        cmocka_unit_test(test_forced_off),
        cmocka_unit_test(test_managed),
        cmocka_unit_test(test_managed_forced_off),
        cmocka_unit_test(test_managed_silent),
        cmocka_unit_test(test_failed_offline),
        cmocka_unit_test(test_slow_bus),
        cmocka_unit_test(test_wire),
        cmocka_unit_test(test_requested_again),
    };
    return T_RUN(tests);
}
