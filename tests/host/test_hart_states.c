/* SPDX-License-Identifier: BSD-2-Clause */
/* An offline or online is vetoed at each of its states, with edges at every access: the hart is online or offline, and whole. */
#include <string.h>

#include "fixture.h"

#define N 5
static struct t_irq q[N]; /* one of each kind, a managed one, and one on another hart */

static struct veto {
    int state; /* the state that is vetoed; -1: none */
    int error;
    unsigned asked[8]; /* questions, by state */
} veto;

static int may_enter(void *arg, unsigned hart, enum aia_hart_state next)
{
    struct veto *v = arg;

    assert_int_equal(hart, 1);
    v->asked[next]++;
    bool own = m.here == 1 && !m.hart[1].irqs_on;
    if (next != AIA_HART_CLOSED && next != AIA_HART_EVACUATED)
        assert_true(own);
    return v->state == (int)next ? v->error : AIA_OK;
}

static void set_up(uint32_t lag)
{
    t_machine(3, 63);
    t.aia.config.may_enter = may_enter;
    t.aia.config.may_enter_arg = &veto;
    for (unsigned i = 0; i < 3; i++)
        t_irq(&q[i], (enum aia_msi_kind)i, 1);
    memset(&q[3], 0, sizeof(q[3]));
    m_dev_init(&q[3].dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q[3], (struct aia_request){.affinity = {{2}}, .managed = true}), AIA_OK);
    t_irq(&q[4], AIA_MSI_MASKABLE, 2);
    m.inbound_lag = m.store_lag = m.post_lag = lag;
}

static void edges(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < N; i++)
        m_raise(&q[i].dev);
}

static void edges_and_run(void *arg)
{
    edges(arg);
    m_run_others();
}

static void check_all(struct imsic_stats before)
{
    for (unsigned i = 0; i < N; i++)
        t_check(&q[i]);
    edges(NULL);
    for (unsigned i = 0; i < N; i++)
        t_check(&q[i]);
    t_check_books();
    t_same_stats(before);
    for (unsigned h = 0; h < m.n_harts; h++)
        assert_int_equal(t.harts[h].unowned + t.harts[h].late, 0);
}

static int offline(void)
{
    int error = aia_hart_offline_begin(&t.aia, 1);

    if (!error) {
        m_settle();
        error = t_offline_finish(1, 0);
    }
    return error;
}

static const int way_out[] = {AIA_HART_CLOSED, AIA_HART_EVACUATED, AIA_HART_FORCED,
                              AIA_HART_QUIET,  AIA_HART_SWEPT,     AIA_HART_OFFLINE};
#define N_OUT (sizeof(way_out) / sizeof(way_out[0]))

/* Each state in turn is vetoed: the hart is online, and takes interrupts, IPIs and calls. */
static void called(void *arg)
{
    *(unsigned *)arg = m.here;
}

static void vetoed_offline(int state, uint32_t lag, unsigned long k, void (*fn)(void *arg), bool *more)
{
    unsigned here = 9;

    veto = (struct veto){.state = -1};
    set_up(lag);
    struct imsic_stats before = t_stats();
    veto = (struct veto){.state = state, .error = AIA_ETIMEOUT};
    t_at(k, true, fn, NULL);
    assert_int_equal(offline(), AIA_ETIMEOUT);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    *more = t_at_done();
    assert_int_equal(veto.asked[state], 1);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    m_settle();
    assert_int_equal(aia_call(&t.aia, 1, called, &here), AIA_OK);
    assert_int_equal(here, 1);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(q[i].irq->vec.hart, 1);
    check_all(before);
    /* And the next try succeeds. */
    veto = (struct veto){.state = -1};
    assert_int_equal(offline(), AIA_OK);
    assert_int_equal(t.files[1].n_free, 60); /* all but those for IPIs, the sync and the managed interrupt */
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    check_all(before);
}

static void test_veto_of_every_state_going(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_OUT; i++)
        for (unsigned lag = 0; lag < 2; lag++) {
            bool more = true;
            for (unsigned long k = 0; more; k += 3) /* three rounds, each of a third of the accesses */
                vetoed_offline(way_out[i], lag ? M_NEVER : 0, k + i % 3, lag ? edges : edges_and_run, &more);
        }
}

/* Check what each state promises, when the next state is asked for. */
static void look(void *arg, unsigned hart, enum aia_hart_state next)
{
    struct t_irq *p = arg;

    (void)hart;
    assert_int_equal(t.files[1].open, next == AIA_HART_CLOSED);
    if (next == AIA_HART_CLOSED || next == AIA_HART_EVACUATED)
        return;
    for (unsigned i = 0; i < N; i++)
        assert_int_not_equal(p[i].irq->vec.hart, 1);
    bool quiet = next == AIA_HART_SWEPT || next == AIA_HART_OFFLINE;
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), quiet ? AIA_EOFFLINE : AIA_OK);
    if (next != AIA_HART_OFFLINE)
        return;
    assert_int_equal(t.files[1].n_free, 60);
    assert_int_equal(m.hart[1].file.eip[0] & ~(1ull << T_SYNC), 0);
}

static int look_and_enter(void *arg, unsigned hart, enum aia_hart_state next)
{
    look(arg, hart, next);
    return AIA_OK;
}

static void test_what_each_state_promises(void **state)
{
    (void)state;
    veto = (struct veto){.state = -1};
    set_up(M_NEVER);
    t.aia.config.may_enter = look_and_enter;
    t.aia.config.may_enter_arg = q;
    m.hart[1].hold = true;
    edges(NULL);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    m.hart[1].hold = false;
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1); /* sent when FORCED, run when QUIET */
}

/* ONLINE is vetoed: the hart is as offline as before, and its next start brings it online. */
static void vetoed_online(uint32_t lag, unsigned long k, bool *more)
{
    veto = (struct veto){.state = -1};
    set_up(lag);
    struct imsic_stats before = t_stats();
    assert_int_equal(offline(), AIA_OK);
    veto = (struct veto){.state = AIA_HART_ONLINE, .error = AIA_ESILENT};
    t_at(k, true, edges, NULL);
    m_start(1);
    m_on(1);
    m.hart[1].irqs_on = false;
    assert_int_equal(aia_hart_online_begin(&t.aia), AIA_ESILENT);
    m_on(0);
    m_stop(1);
    *more = t_at_done();
    assert_int_equal(t.harts[1].state, AIA_HART_OFFLINE);
    assert_false(t.files[1].open);
    assert_false(m_file_asserted(&m.hart[1].file));
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_EOFFLINE);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_EOFFLINE);
    veto = (struct veto){.state = -1};
    assert_int_equal(t_online_again(1, 0), 0);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
    check_all(before);
}

static void test_veto_of_coming(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++) {
        bool more = true;
        for (unsigned long k = 0; more; k++)
            vetoed_online(lag ? M_NEVER : 0, k, &more);
    }
}

/* An edge that breaks the ordering rules comes at any access of the online: it is counted, if it does not run. */
static uint16_t late_id;
static void late(void *arg)
{
    (void)arg;
    m_fabric_post(m.hart[1].msi_addr, late_id);
}

static void test_late_edge_at_every_access(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        veto = (struct veto){.state = -1};
        set_up(0);
        late_id = q[1].irq->vec.id;
        assert_int_equal(offline(), AIA_OK);
        t_at(k, true, late, NULL);
        assert_true(t_online_again(1, 0) >= 0);
        more = t_at_done();
        m_settle();
        if (more)
            assert_int_equal(t.harts[1].late + t.harts[1].unowned, 1);
        t_check_books();
    }
}

/* The same with an unowned edge, at any access of the offline. */
static void test_unowned_edge_at_every_access(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned long k = 0; more; k++) {
        veto = (struct veto){.state = -1};
        set_up(0);
        late_id = 50;
        t_at(k, true, late, NULL);
        assert_int_equal(offline(), AIA_OK);
        more = t_at_done();
        assert_true(t_online_again(1, 0) >= 0);
        m_settle();
        if (more)
            assert_int_equal(t.harts[1].late + t.harts[1].unowned, 1);
        t_check_books();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_veto_of_every_state_going),
        cmocka_unit_test(test_what_each_state_promises),
        cmocka_unit_test(test_veto_of_coming),
        cmocka_unit_test(test_late_edge_at_every_access),
        cmocka_unit_test(test_unowned_edge_at_every_access),
    };

    return T_RUN(tests);
}
