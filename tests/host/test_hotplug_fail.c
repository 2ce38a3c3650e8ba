/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that cannot go offline, and harts that come back to an edge: an error changes nothing, a late edge is not lost. */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

/* ---- what cannot be done ---- */

static void test_last_hart(void **state)
{
    (void)state;
    t_machine_of_kinds(2, 0);
    assert_int_equal(t_offline(0, 1), AIA_OK);
    m_on(1);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ELAST);
    t_edges(NULL);
    t_check_kinds();
}

static void test_invalid(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 3), AIA_EINVAL);
    m.hart[0].irqs_on = false;
    assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_EINVAL);
    assert_int_equal(aia_hart_online_begin(&t.aia), AIA_EINVAL);
    m.hart[0].irqs_on = true;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_EOFFLINE);
    aia_hart_offline_cancel(&t.aia, 1); /* the hart is offline: this call cannot undo that */
    assert_int_equal(t.harts[1].state, AIA_HART_OFFLINE);
    assert_false(t.files[1].open);
    aia_hart_offline_cancel(&t.aia, M_MAX_HARTS);
}

static void check_still_online(void)
{
    for (unsigned i = 0; i < T_KINDS; i++)
        assert_int_equal(t_kind[i].irq->vec.hart, 1);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    assert_true(t.files[1].open);
    t_edges(NULL);
}

static void test_no_room(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    t_fill(0, 40);
    t_fill(2, 50);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ENOVEC);
    check_still_online();
    t_unfill(0);
    t_unfill(2);
    t_check_kinds();
    assert_int_equal(t_offline(1, 0), AIA_OK);
}

static struct t_irq block;
static unsigned first_locks;

static void first_lock_only(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_LOCK)
        return;
    first_locks += e->where == (uintptr_t)&block.irq->lock;
    for (unsigned i = 1; i < 1u << block.irq->order; i++)
        assert_true(e->where != (uintptr_t)&block.irq[i].lock);
}

/* The interrupts of the hart are counted one by one; those of a block under the lock of the first, which is the lock of all. */
static void test_no_room_for_a_block(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&block, 0, sizeof(block));
    m_dev_init(&block.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&block, (struct aia_request){.affinity = aia_hartset_one(1), .order = 3}),
                     AIA_OK);
    t_fill(0, 40);
    first_locks = 0;
    m.hook = first_lock_only;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ENOVEC);
    m.hook = NULL;
    assert_true(first_locks >= 8);
    t_unfill(0);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_raise(&block.dev);
    t_check(&block);
    t_check_books();
}

static void test_cancel(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    aia_hart_offline_cancel(&t.aia, 1);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    for (unsigned i = 0; i < T_KINDS; i++)
        assert_int_equal(t_move(&t_kind[i], 1), AIA_OK);
    t_edges(NULL);
    t_check_kinds();
}

/* One device does not answer: whichever device it is, the hart stays online, and everything works. */
static void test_silent_device(void **state)
{
    (void)state;
    for (unsigned i = 0; i < T_KINDS; i++) {
        t_machine_of_kinds(3, 0);
        t_kind[i].dev.mood = M_MUTE;
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ESILENT);
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        assert_int_equal(t_kind[i].irq->vec.hart, 1);
        t_edges(NULL);
        t_kind[i].dev.mood = M_WELL;
        t_check_kinds();
    }
}

/* The device falls silent only during offline_finish: the hart is online again. */
static void test_silent_at_finish(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    /* an interrupt is back on the hart, as after a move that was decided before the hart closed */
    imsic_open(&t.aia.imsic, 1);
    t.harts[1].state = AIA_HART_ONLINE;
    assert_int_equal(t_move(&t_kind[0], 1), AIA_OK);
    t.harts[1].state = AIA_HART_EVACUATED;
    imsic_close(&t.aia.imsic, 1);

    t_kind[0].dev.mood = M_MUTE;
    m_on(1);
    m.hart[1].irqs_on = false;
    assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_ESILENT);
    aia_port_irq_restore(1);
    m_on(0);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
    t_edges(NULL);
    t_kind[0].dev.mood = M_WELL;
    t_check_kinds();
    assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
}

/* Writes do not arrive in the hart's own file: the drain is not proven, so the hart must stay. */
static void test_file_that_does_not_answer(void **state)
{
    (void)state;
    t_machine_of_kinds(3, M_NEVER);
    m.hart[1].file.frozen = true;
    t_edges(NULL);
    assert_int_equal(t_offline(1, 0), AIA_ETIMEOUT);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
    m.hart[1].file.frozen = false;
    t_check_kinds();
    assert_int_equal(t_offline(1, 0), AIA_OK);
    t_check_kinds();
}

/* ---- afterwards ---- */

/* hart_stop failed: the embedder brings the hart back online where it is. */
static void test_stop_failed(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    m_on(1);
    m.hart[1].irqs_on = false;
    assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_OK);
    assert_int_equal(aia_hart_online_begin(&t.aia), 0);
    aia_port_irq_restore(1);
    m_on(0);
    t_edges(NULL);
    t_check_kinds();
}

/*
 * A device breaks the ordering rules: an edge by the old message arrives after the hart went offline. The edge is late, is
 * reported, and reaches its handler.
 */
static void test_late_edge(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    struct imsic_vector v = t_kind[1].irq->vec;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    t_kind[1].dev.n_raised++;
    m_fabric_post(m.hart[1].msi_addr, v.id);
    m_settle();
    assert_int_equal(t_kind[1].runs, 0);
    assert_int_equal(t_online_again(1, 0), 1);
    t_check(&t_kind[1]);
    assert_int_equal(t_kind[1].runs, 1);
    t_check_quiet(&t_kind[0]);
    t_check_quiet(&t_kind[2]);
    assert_int_equal(t.harts[1].late, 1);
    assert_int_equal(t_reported(AIA_REPORT_LATE), 1);
    assert_ptr_equal(m.reports[0].irq, t_kind[1].irq);
    assert_int_equal(m.reports[0].vec.id, v.id);
    t_check_books();
}

/* The late edge is still under way to the file, after other writes, when the hart comes back. */
static void test_late_edge_on_its_way(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    struct imsic_vector v = t_kind[1].irq->vec;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m.inbound_lag = M_NEVER;
    for (unsigned i = 0; i < 5; i++)
        m_fabric_post(m.hart[1].msi_addr, T_IPI); /* a slow IPI: no loss, because its work was done */
    t_kind[1].dev.n_raised++;
    m_fabric_post(m.hart[1].msi_addr, v.id);
    assert_int_equal(t_online_again(1, 0), 1);
    t_check(&t_kind[1]);
    assert_int_equal(t_kind[1].runs, 1);
    t_check_books();
}

/* The interrupt of the late edge was freed meanwhile: it is reported, and the next interrupt of the descriptor has an extra run
 * (lib/delivery_imsic.c). */
static void test_late_edge_of_freed(void **state)
{
    static struct t_irq next;

    (void)state;
    for (unsigned again = 0; again < 2; again++) {
        t_machine_of_kinds(3, 0);
        struct imsic_vector v = t_kind[1].irq->vec;
        const struct aia_irq *irq = t_kind[1].irq;
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(aia_irq_free(&t.aia, t_kind[1].irq), AIA_OK);
        if (again)
            t_irq(&next, AIA_MSI_STORE, 0);
        assert_true(!again || next.irq == irq);
        m_fabric_post(m.hart[1].msi_addr, v.id);
        m_settle();
        assert_int_equal(t_online_again(1, 0), 1);
        m_settle();
        assert_int_equal(t.harts[1].late, 1);
        assert_int_equal(t_reported(AIA_REPORT_LATE), 1);
        assert_int_equal(t_kind[1].runs, 0);
        assert_int_equal(again ? next.extra : 0, again);
        t_check_books();
    }
}

static void test_late_edge_unowned(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_fabric_post(m.hart[1].msi_addr, 50);
    assert_int_equal(t_online_again(1, 0), 1);
    m_settle();
    assert_int_equal(t.harts[1].late, 1);
    assert_null(m.reports[0].irq);
    t_check_books();
}

/* No other hart is online in the affinity: the interrupt is displaced rather than lost, and is counted. */
static void test_displaced(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t.aia.displaced, T_KINDS);

    /* with another online hart in its affinity it moves there */
    t_machine_of_kinds(3, 0);
    struct aia_hartset set = {{6}};
    for (unsigned i = 0; i < T_KINDS; i++)
        assert_int_equal(aia_irq_set_affinity(&t.aia, t_kind[i].irq, &set), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    for (unsigned i = 0; i < T_KINDS; i++)
        assert_int_equal(t_kind[i].irq->vec.hart, 2);
    assert_int_equal(t.aia.displaced, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last_hart),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_no_room_for_a_block),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_silent_device),
        cmocka_unit_test(test_silent_at_finish),
        cmocka_unit_test(test_file_that_does_not_answer),
        cmocka_unit_test(test_stop_failed),
        cmocka_unit_test(test_late_edge),
        cmocka_unit_test(test_late_edge_on_its_way),
        cmocka_unit_test(test_late_edge_of_freed),
        cmocka_unit_test(test_late_edge_unowned),
        cmocka_unit_test(test_displaced),
    };

    return T_RUN(tests);
}
