/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aia_irq_restore(): devices that lose their message without the library's knowledge, by a function level reset or D3, get it
 * again. test_restore_chips.c has devices behind an APLIC or an IOMMU; test_lost_message.c has what happens before the restore.
 */
#include <string.h>

#include "imsic/file.h"
#include "lose.h"

static struct t_irq q;

static void test_restore(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++)
        for (unsigned loss = 0; loss < N_LOSSES; loss++) {
            t_machine(2, 63);
            t_irq(&q, (enum aia_msi_kind)kind, 1);
            struct imsic_vector v = q.irq->vec;
            lose(&q, (enum loss)loss);
            assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
            assert_memory_equal(&q.irq->vec, &v, sizeof(v));
            lose_check_message(&q);
            lose_check_works(&q);
            assert_int_equal(t_move(&q, 0), AIA_OK);
            lose_check_works(&q);
            assert_int_equal(m.n_reports, 0);
            t_check_books();
        }
}

/* If the device was well all the time, the restore loses no edge, at whatever access it comes. */
static void raise_q(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

static void test_restore_of_one_that_is_well(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            t_machine(2, 63);
            t_irq(&q, (enum aia_msi_kind)kind, 1);
            t_at(k, true, raise_q, NULL);
            assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
            more = t_at_done();
            t_check(&q);
            lose_check_works(&q);
            t_check_books();
        }
    }
}

/* A plain device is turned off for the restore, and an edge of that moment is lost: one edge is sent in its place. */
static void (*start_it)(struct aia_msi *msi, const struct aia_message *to);

static void start_drops(struct aia_msi *msi, const struct aia_message *to)
{
    q.dev.n_raised += !q.dev.held; /* while off it has an edge that it cannot send */
    start_it(msi, to);
}

static void test_edge_lost_in_restore(void **state)
{
    struct aia_msi_ops ops;

    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    ops = *q.dev.msi.ops;
    start_it = ops.start;
    ops.start = start_drops;
    q.dev.msi.ops = &ops;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
    t_check(&q);
    assert_int_equal(q.runs, 1);
}

/* In the contexts in which a move is allowed: interrupts off, in the handler, in a call, during another hart's move. */
static int error;

static void restore(void *arg)
{
    (void)arg;
    error = aia_irq_restore(&t.aia, q.irq);
}

static void restore_in_handler(struct t_irq *s)
{
    s->during = NULL;
    restore(NULL);
}

static void test_contexts(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_MASKABLE, 1);
    lose(&q, LOSE_ALL);
    unsigned long was = aia_port_irq_save();
    restore(NULL);
    aia_port_irq_restore(was);
    assert_int_equal(error, AIA_OK);
    lose_check_works(&q);
    lose(&q, LOSE_MESSAGE);
    q.during = restore_in_handler;
    imsic_send(&t.aia.imsic, q.irq->vec);
    m_settle();
    assert_int_equal(error, AIA_OK);
    lose_check_message(&q);
    lose(&q, LOSE_ALL);
    assert_int_equal(aia_call(&t.aia, 1, restore, NULL), AIA_OK);
    assert_int_equal(error, AIA_OK);
    lose_check_message(&q);
}

static void hart_2_restores(void *arg)
{
    m_spawn(2, restore, arg);
    m_run(2);
}

static void test_restore_meets_move(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            t_machine(3, 63);
            t_irq(&q, (enum aia_msi_kind)kind, 1);
            t_at(k, true, hart_2_restores, NULL);
            assert_int_equal(t_move(&q, 0), AIA_OK);
            more = t_at_done();
            while (m_busy(2))
                m_run(2);
            assert_int_equal(error, AIA_OK);
            lose_check_message(&q);
            lose_check_works(&q);
            t_check_books();
        }
    }
}

static void test_block(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .order = 2}),
                     AIA_OK);
    lose(&q, LOSE_ALL);
    assert_int_equal(aia_irq_restore(&t.aia, &q.irq[3]),
                     AIA_OK); /* any interrupt of the block may be named */
    lose_check_message(&q);
    assert_int_equal(t_move(&q, 0), AIA_OK);
    lose_check_works(&q);

    struct aia_irq *last = &q.irq[3]; /* after the free it is unused, whatever happens to the first one */
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    assert_ptr_equal(last->first, q.irq);
    assert_int_equal(aia_irq_restore(&t.aia, last), AIA_EINVAL);
}

static void test_refused(void **state)
{
    struct aia_irq *was;

    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    lose(&q, LOSE_ALL);
    q.dev.mood = M_MUTE;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_ESILENT);
    q.dev.mood = M_GONE;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_ESILENT);
    assert_int_equal(t_reported(AIA_REPORT_CHANGED), 0);
    lose(&q, LOSE_ALL);
    q.dev.mood = M_STALE;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_ECHANGED);
    assert_int_equal(t_reported(AIA_REPORT_CHANGED), 1);
    assert_ptr_equal(m.reports[0].irq, q.irq);
    q.dev.mood = M_WELL;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
    lose_check_works(&q);
    was = q.irq;
    aia_irq_stop(&t.aia, was);
    assert_int_equal(aia_irq_restore(&t.aia, was), AIA_EINVAL);
    assert_false(q.dev.enabled);
    assert_int_equal(aia_irq_free(&t.aia, was), AIA_OK);
    assert_int_equal(aia_irq_restore(&t.aia, was), AIA_EINVAL);
}

/* Shut down because no hart is online: the interrupt stays so, and has its message when the hart is back. */
static void test_managed(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .managed = true}),
                     AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    lose(&q, LOSE_ALL);
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
    assert_false(q.dev.enabled);
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    lose_check_message(&q);
    lose_check_works(&q);
}

static void test_slow(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    lose(&q, LOSE_ALL);
    q.dev.bus.copy = (struct aia_message){0};
    q.dev.bus.copy_enabled = false;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
    lose_check_message(&q);
    lose_check_works(&q);
    q.dev.bus.silent = true;
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_ESILENT);
    assert_int_equal(t_reported(AIA_REPORT_DEAD), 1);
    assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_ESILENT); /* a dead device gets no other command */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_of_one_that_is_well),
        cmocka_unit_test(test_edge_lost_in_restore),
        cmocka_unit_test(test_contexts),
        cmocka_unit_test(test_restore_meets_move),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_managed),
        cmocka_unit_test(test_slow),
    };

    return T_RUN(tests);
}
