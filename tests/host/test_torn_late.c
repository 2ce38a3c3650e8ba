/* SPDX-License-Identifier: BSD-2-Clause */
/* A torn move is made on the hart where the interrupt is. Before that hart makes the move, the interrupt goes to another hart. */
#include "imsic/vector.h"
#include "fixture.h"

static struct t_irq q, other;

/* The identity is free on hart 3: hart 2 can make this move itself. */
static void move_to_3(void *arg)
{
    (void)arg;
    assert_int_equal(t_move(&q, 3), AIA_OK);
}

static void offline_1(void *arg)
{
    (void)arg;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
}

/* Hart 0 has asked hart 1, which is busy, and waits: hart 2 runs. Then hart 1 takes its interrupts. */
static void hart_0_waits(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_RELAX || e->hart != 0)
        return;
    m.hook = NULL;
    m_spawn(2, move_to_3, NULL);
    m_run(2);
    m.hart[1].hold = false;
}

/* Hart 0 has found that hart 1 must make the move, and has not yet asked: hart 1 goes offline. */
static bool tried;
static void hart_0_has_tried(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->hart != 0)
        return;
    tried |= e->kind == M_UNLOCK;
    if (!tried || e->kind != M_ATOMIC)
        return;
    m.hook = NULL;
    m.hart[1].hold = false;
    m_spawn(2, offline_1, NULL);
    m_run(2);
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
}

/* Only the identity that `other` owns on hart 1 is free on hart 2, and hart 3 does not have that identity free either. */
static void torn_move_meets(void (*hook)(const struct m_event *e, void *arg))
{
    t_machine(4, 63);
    t_force(AIA_UPDATE_TORN, &q, &other, 1, 2);
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 3, other.irq->vec.id, 0, T_FILLER), AIA_OK);
    t_fill(0, 0);
    m.hart[1].hold = true;
    m.hook = hook;
    assert_int_equal(t_move(&q, 2), AIA_OK);
    assert_null(m.hook);
    assert_int_equal(q.irq->vec.hart, 2);
    m_raise(&q.dev);
    t_check(&q);
    assert_int_equal(q.hart, 2);
}

static void test_meets_move(void **state)
{
    (void)state;
    torn_move_meets(hart_0_waits);
    assert_int_equal(q.irq->count.moves, 2);
}

static void test_meets_offline(void **state)
{
    (void)state;
    tried = false;
    torn_move_meets(hart_0_has_tried);
    assert_int_equal(t.harts[1].state, AIA_HART_OFFLINE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meets_move),
        cmocka_unit_test(test_meets_offline),
    };

    return T_RUN(tests);
}
