/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls at the wrong time, and offlines that are refused halfway: what include/aia/aia.h says of each. */
#include "imsic/vector.h"
#include "fixture.h"

static struct t_irq q;

/* ---- calls at the wrong time ---- */

static unsigned n_entered;

/* Call fn on hart 1 with interrupts off. */
static void on_hart_1(int (*fn)(struct aia *a), int error)
{
    unsigned here = m.here;
    bool was = m.hart[1].irqs_on;

    m_on(1);
    m.hart[1].irqs_on = false;
    assert_int_equal(fn(&t.aia), error);
    m.hart[1].irqs_on = was;
    m_on(here);
}

/* While hart 1 is about to enter `next`, it is still in the state before. */
static void wrong_time(unsigned hart, enum aia_hart_state next)
{
    enum aia_hart_state state = (enum aia_hart_state)t.harts[hart].state;

    if (state != AIA_HART_ONLINE) {
        assert_int_equal(aia_hart_offline_begin(&t.aia, hart), AIA_EOFFLINE);
        assert_int_equal(aia_hart_online_finish(&t.aia, hart, AIA_DISPLACED_RETURN), AIA_EOFFLINE);
    }
    if (next != AIA_HART_FORCED) /* in FORCED this call is under way */
        on_hart_1(aia_hart_offline_finish, AIA_EINVAL);
    on_hart_1(aia_hart_online_begin, AIA_EINVAL);
    assert_int_equal((enum aia_hart_state)t.harts[hart].state, state);
}

static int all_are_tried(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    if (next == AIA_HART_ONLINE)
        return AIA_OK;
    n_entered++;
    wrong_time(hart, next);
    return AIA_OK;
}

static void test_wrong_time(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    t.aia.config.may_enter = all_are_tried;
    n_entered = 0;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_EOFFLINE); /* a second time */
    assert_int_equal(t.harts[1].state, AIA_HART_EVACUATED);
    assert_false(t.files[1].open);
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    assert_int_equal(n_entered, 6);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_EOFFLINE);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_EOFFLINE);
    m_start(1);
    on_hart_1(aia_hart_offline_finish, AIA_EINVAL);
    m_stop(1);
    t_edges(NULL);
    t_check_kinds();
    assert_int_equal(t_online_again(1, 0), 0);
    on_hart_1(aia_hart_online_begin, AIA_EINVAL); /* a second time */
    t_check_kinds();
}

/* ---- refused halfway ---- */

static enum aia_hart_state refused;
static unsigned called_on, n_called;

static void called(void *arg)
{
    (void)arg;
    n_called++;
    called_on = m.here;
}

static void hart_2_calls(void *arg)
{
    int *error = arg;

    *error = aia_call(&t.aia, 1, called, NULL);
}

/* Work for hart 1 arrives just before the hart learns that it may not go offline. */
static int ipi_error, call_error;

static int refuse(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    if (next != refused)
        return AIA_OK;
    ipi_error = aia_ipi_send(&t.aia, hart, AIA_IPI_USER + 1);
    m_spawn(2, hart_2_calls, &call_error);
    m_run(2);
    return AIA_EAGAIN;
}

/* Work that was accepted is done when the hart is online again, and so is later work. */
static void test_refused_with_work(void **state)
{
    static const enum aia_hart_state way_out[] = {AIA_HART_CLOSED, AIA_HART_EVACUATED, AIA_HART_FORCED,
                                                  AIA_HART_QUIET,  AIA_HART_SWEPT,     AIA_HART_OFFLINE};

    (void)state;
    for (unsigned i = 0; i < sizeof(way_out) / sizeof(way_out[0]); i++) {
        bool closed = i > 3;
        refused = way_out[i];
        t_machine_of_kinds(3, 0);
        t.aia.config.may_enter = refuse;
        call_error = 1;
        n_called = 0;
        int error = aia_hart_offline_begin(&t.aia, 1);
        if (!error)
            error = t_offline_finish(1, 0);
        assert_int_equal(error, AIA_EAGAIN);
        m_settle();
        while (m_busy(2))
            m_run(2);
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        assert_true(t.files[1].open);
        assert_int_equal(ipi_error, closed ? AIA_EOFFLINE : AIA_OK);
        assert_int_equal(call_error, closed ? AIA_EOFFLINE : AIA_OK);
        assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER + 1], !closed);
        assert_int_equal(n_called, !closed);
        assert_true(closed || called_on == 1);

        assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
        assert_int_equal(aia_call(&t.aia, 1, called, NULL), AIA_OK);
        m_settle();
        assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
        for (unsigned k = 0; k < T_KINDS; k++)
            assert_int_equal(t_move(&t_kind[k], 1), AIA_OK);
        t_edges(NULL);
        t_check_kinds();
    }
}

/* ---- what keeps a hart online ---- */

/* All other files are across 4 GiB. A message that changes in two halves cannot cross that. */
static void far_away(enum aia_msi_kind kind)
{
    static const uint16_t ids[] = {63, 63, 63};

    t_prepare(3, ids);
    t.files[0].msi_addr = m.hart[0].msi_addr += 1ull << 32;
    t.files[2].msi_addr = m.hart[2].msi_addr += 1ull << 32;
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
    t_irq(&q, kind, 1);
}

static void test_far_away(void **state)
{
    (void)state;
    for (unsigned kind = AIA_MSI_PLAIN; kind <= AIA_MSI_STORE_LOW; kind++) {
        bool stays = kind == AIA_MSI_PLAIN || kind == AIA_MSI_STORE_LOW;
        struct aia_hartset set = aia_hartset_one(0);
        far_away((enum aia_msi_kind)kind);
        aia_hartset_add(&set, 2);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), stays ? AIA_EADDRHI : AIA_OK);
        if (!stays)
            assert_int_equal(t_move(&q, 1), AIA_OK);
        int error = t_offline(1, 0);
        assert_int_equal(error, stays ? AIA_EADDRHI : AIA_OK);
        assert_int_equal(t.harts[1].state, stays ? AIA_HART_ONLINE : AIA_HART_OFFLINE);
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(q.hart == 1, stays);
        t_check_books();
    }
}

/* The same, found only in offline_finish: the hart is online again. */
static void test_far_away_at_finish(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        far_away(AIA_MSI_STORE);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        imsic_open(&t.aia.imsic, 1); /* as if the interrupt had been requested before, and appeared late */
        t_irq(&q, i ? AIA_MSI_STORE_LOW : AIA_MSI_PLAIN, 1);
        imsic_close(&t.aia.imsic, 1);
        assert_int_equal(t_offline_finish(1, 0), AIA_EADDRHI);
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(q.hart, 1);
        t_check_books();
    }
}

static int not_online(void *arg, unsigned hart, enum aia_hart_state next)
{
    const bool *refuses = arg;

    (void)hart;
    return *refuses && next == AIA_HART_ONLINE ? AIA_EAGAIN : AIA_OK;
}

/* A hart that may not come back changes nothing: the edge in its file is found when the hart may. */
static void test_refused_return(void **state)
{
    bool refuses = true;

    (void)state;
    t_machine(2, 63);
    t.aia.config.may_enter = not_online;
    t.aia.config.may_enter_arg = &refuses;
    t_irq(&q, AIA_MSI_STORE, 1);
    unsigned id = q.irq->vec.id;
    uint64_t runs = q.runs;
    q.irq->affinity = aia_hartset_first(2);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_file_set(&m.hart[1].file, id);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(t_online_again(1, 0), AIA_EAGAIN);
        assert_int_equal(t.harts[1].late + t_reported(AIA_REPORT_LATE), 0);
        m_stop(1);
        m_settle();
        assert_int_equal(q.runs, runs);
    }
    refuses = false;
    assert_int_equal(t_online_again(1, 0), 1);
    assert_int_equal(t.harts[1].late, 1);
    m_settle();
    assert_int_equal(q.runs, runs + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_time),     cmocka_unit_test(test_refused_with_work),
        cmocka_unit_test(test_far_away),       cmocka_unit_test(test_far_away_at_finish),
        cmocka_unit_test(test_refused_return),
    };

    return T_RUN(tests);
}
