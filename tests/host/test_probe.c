/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wrong addresses in the configuration: each hart finds at its first online that its interrupt file, or a domain, does not
 * reach it, and says so. After the mistake is mended the machine works.
 */
#include <string.h>

#include "wires.h"

#define N 4

static struct t_irq q;
static struct wire w;

static void prepare(void)
{
    uint16_t ids[M_MAX_HARTS];

    for (unsigned h = 0; h < M_MAX_HARTS; h++)
        ids[h] = 63;
    t_prepare(N, ids);
}

static int online(unsigned hart)
{
    m_on(hart);
    uint64_t before = m.now;
    int error = aia_hart_online_begin(&t.aia);

    assert_true(m.now - before < 4 * T_LIMIT); /* the wait is bounded */
    m.hart[hart].irqs_on = !error;
    return error;
}

static bool is_clean(unsigned hart)
{
    return m.hart[hart].file.eip[0] == 0;
}

/* An interrupt on each hart is handled there, and the books are right. */
static void works(void)
{
    for (unsigned h = 0; h < N; h++) {
        t_irq(&q, AIA_MSI_STORE, h);
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(q.hart, h);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    }
    t_check_books();
    for (unsigned h = 0; h < N; h++) {
        assert_int_equal(t.harts[h].unowned, 0);
        assert_int_equal(t.harts[h].late, 0);
    }
}

/* ---- the hart's own file ---- */

static void exchange(unsigned a, unsigned b)
{
    uintptr_t mmio = t.files[a].mmio;

    t.files[a].mmio = t.files[b].mmio;
    t.files[b].mmio = mmio;
}

/*
 * Two harts have each other's file. Harts 0 and 1 fail, in either order, also if the other is online. A message that went
 * to a hart that is online does no harm there.
 */
static void test_files_exchanged(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++)
        for (unsigned order = 0; order < 2; order++) {
            prepare();
            exchange(0, 1);
            t_init();
            for (unsigned h = 2; h < N; h++)
                assert_int_equal(online(h), 0);
            m.store_lag = m.inbound_lag = lag * 3;
            for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(online((i + order) % 2), AIA_EFILE);
                assert_int_equal(t.harts[(i + order) % 2].state, AIA_HART_OFFLINE);
                assert_int_equal(m.hart[(i + order) % 2].file.eidelivery, 0);
            }
            exchange(0, 1);
            for (unsigned h = 0; h < 2; h++)
                assert_int_equal(online(h), 0);
            m.store_lag = m.inbound_lag = 0;
            works();
        }
}

static int other_error;

static void comes(void *arg)
{
    (void)arg;
    other_error = aia_hart_online_begin(&t.aia);
}

static void hart_1_comes(void *arg)
{
    m_spawn(1, comes, arg);
    m_run(1);
}

/* The same two harts try at the same time, one of them at any access of the other: neither takes the other's message. */
static void test_files_exchanged_at_once(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        prepare();
        exchange(0, 1);
        t_init();
        m_on(0);
        t_at(k, true, hart_1_comes, NULL);
        int error = aia_hart_online_begin(&t.aia);
        more = t_at_done();
        if (!more)
            hart_1_comes(NULL);
        while (m_busy(1))
            m_run(1);
        assert_int_equal(error, AIA_EFILE);
        assert_int_equal(other_error, AIA_EFILE);
    }
}

/* A hart has the file of a hart that is online, which takes the message as an IPI with nothing to do. */
static void test_file_of_another(void **state)
{
    (void)state;
    prepare();
    t.files[1].mmio = t.files[0].mmio;
    t_init();
    assert_int_equal(online(0), 0);
    assert_int_equal(online(1), AIA_EFILE);
    m_on(0);
    m_settle();
    assert_true(is_clean(0));
    assert_int_equal(t.harts[0].ipis_empty, 1);
    assert_int_equal(t.harts[0].unowned, 0);
    t.files[1].mmio = m.hart[1].mmio;
    for (unsigned h = 1; h < N; h++)
        assert_int_equal(online(h), 0);
    works();
}

/* Stores to the file do not arrive at all, and then late. */
static void test_file_unreached(void **state)
{
    (void)state;
    prepare();
    t_init();
    m.hart[2].file.frozen = true;
    assert_int_equal(online(0), 0);
    assert_int_equal(online(2), AIA_EFILE);
    m.hart[2].file.frozen = false;
    m_on(0);
    m_settle(); /* the message of the probe arrives late */
    for (unsigned h = 1; h < N; h++)
        assert_int_equal(online(h), 0);
    works();
    assert_int_equal(t_offline(2, 0), AIA_OK);
    assert_int_equal(t_online_again(2, 0), 0);
    works();
}

/* ---- domains ---- */

/* A domain that is set up as `l` says, on the machine of which `online_before` harts are online. */
static int domain(struct aplic_layout l, unsigned online_before)
{
    prepare();
    t_init();
    for (unsigned h = 0; h < online_before; h++)
        assert_int_equal(online(h), 0);
    am_init(&w_model, w_sources, AM_SHUN, 0, N);
    w_domain = (struct aplic){
        .mmio = w_model.chip.base, .n_sources = (uint16_t)w_sources, .wait_limit = T_LIMIT, .layout = l};
    m_on(0);
    return aplic_init(&w_domain, &t.aia);
}

static struct aplic_layout right(void)
{
    return (struct aplic_layout){.base = m.hart[0].msi_addr, .hart_shift = 14, .hart_bits = 3};
}

static void wire_works(void)
{
    for (unsigned h = 0; h < N; h++) {
        w_irq(&w, 9, APLIC_EDGE_RISE, h);
        w_edge(&w);
        w_check(&w);
        assert_int_equal(w.hart, h);
        assert_int_equal(aia_irq_free(&t.aia, w.irq), AIA_OK);
    }
}

static void test_domain(void **state)
{
    (void)state;
    for (unsigned before = 0; before <= N; before++) {
        assert_int_equal(domain(right(), before), AIA_OK);
        for (unsigned h = before; h < N; h++)
            assert_int_equal(online(h), 0);
        wire_works();
        works();
    }
}

/*
 * Each wrong layout reaches hart 0, because the domain's index of hart 0 is 0 whatever the layout. The first other hart that
 * comes online finds the mistake; a hart that was online already finds it in aplic_init().
 */
static void test_wrong_layouts(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned before = 0; before < N; before++) {
            domain(right(), 0); /* only to know the addresses */
            struct aplic_layout l = right();
            l.hart_shift = i == 0 ? 13 : l.hart_shift;
            l.hart_shift = i == 1 ? 15 : l.hart_shift;
            l.hart_bits = i == 2 ? 0 : l.hart_bits;
            int error = domain(l, before);
            if (before > 1) {
                assert_int_equal(error, AIA_EDOMAIN);
                assert_ptr_equal(t.aia.unheard, &w_domain.barrier);
                continue;
            }
            assert_int_equal(error, AIA_OK);
            if (!before)
                assert_int_equal(online(0), 0);
            for (unsigned twice = 0; twice < 2; twice++) {
                assert_int_equal(online(1), AIA_EDOMAIN);
                assert_int_equal(t.harts[1].state, AIA_HART_OFFLINE);
                assert_ptr_equal(t.aia.unheard, &w_domain.barrier);
            }
            w_domain.layout = right();
            for (unsigned h = 1; h < N; h++)
                assert_int_equal(online(h), 0);
            wire_works();
            works();
        }
}

/* The machine level has another base: the messages reach the files in another order, or one hart only. */
static void test_wrong_machine_level(void **state)
{
    (void)state;
    assert_int_equal(domain(right(), 0), AIA_OK);
    uint64_t mine = t.files[3].msi_addr;
    t.files[3].msi_addr = t.files[2].msi_addr; /* the address that devices use, not the one that harts use */
    for (unsigned h = 0; h < 3; h++)
        assert_int_equal(online(h), 0);
    assert_int_equal(online(3), AIA_EDOMAIN);
    m_on(0);
    m_settle();
    assert_int_equal(t.harts[2].ipis_empty, 1);
    t.files[3].msi_addr = mine;
    assert_int_equal(online(3), 0);
    wire_works();
    works();
}

/* A domain that takes no genmsi is named in bounded time, and is not known afterwards: other harts come online. */
static void test_domain_busy(void **state)
{
    (void)state;
    assert_int_equal(domain(right(), 0), AIA_OK);
    assert_int_equal(online(0), 0);
    w_model.dead = true;
    assert_int_equal(online(1), AIA_EDOMAIN);
    w_model.dead = false;
    assert_int_equal(online(1), 0);
    m_on(0);
    w_model.dead = true;
    struct aplic other = w_domain;
    assert_int_equal(aplic_init(&other, &t.aia), AIA_EDOMAIN);
    assert_ptr_equal(t.aia.unheard, &other.barrier);
    w_model.dead = false;
    assert_int_equal(online(2), 0);
}

static unsigned called;

static void call(void *arg)
{
    (void)arg;
    called++;
}

static void call_1(void *arg)
{
    (void)arg;
    assert_int_equal(aia_ipi_send(&t.aia, 1, AIA_IPI_USER), AIA_OK);
    assert_int_equal(aia_call(&t.aia, 1, call, NULL), AIA_OK);
}

/* Hart 2 calls, or hart 3 while hart 2 is at work. */
static void another_calls(void *arg)
{
    unsigned caller = m_busy(2) ? 3 : 2;

    m_spawn(caller, call_1, arg);
    m_run(caller);
}

/*
 * While a hart tries a domain, another hart sends an IPI and a call to it, at any access. Neither is lost, and neither is taken
 * for the domain's message, which does not arrive if the hart's address is wrong.
 */
static void test_ipis_meanwhile(void **state)
{
    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            assert_int_equal(domain(right(), N), AIA_OK);
            struct aplic again = w_domain;
            if (wrong) /* at hart 1 alone */
                t.files[1].msi_addr = t.files[0].msi_addr;
            called = 0;
            t_at(k, true, another_calls, NULL);
            assert_int_equal(aplic_init(&again, &t.aia), wrong ? AIA_EDOMAIN : AIA_OK);
            more = t_at_done();
            if (!more)
                another_calls(NULL);
            m_settle();
            while (m_busy(2) || m_busy(3))
                m_run_others();
            m_settle();
            assert_int_equal(called, 1);
            assert_int_equal(m.hart[1].user_ipis[AIA_IPI_USER], 1);
        }
    }
}

/* Harts without interrupt files have no use for messages, and harts with files none for direct delivery. */
static void test_other_delivery(void **state)
{
    (void)state;
    w_direct_machine(2, 2, 0);
    struct aplic a = w_domain;
    a.direct = false;
    a.layout = (struct aplic_layout){.base = 1 << 20, .hart_shift = 14, .hart_bits = 3};
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
    assert_int_equal(aia_barrier_add(&t.aia, &a.barrier), AIA_EINVAL);
    static int16_t index[M_MAX_HARTS];
    static struct aplic_source *_Atomic sources[APLIC_MAX_SOURCES + 1];
    w_machine(2, 0);
    a = w_domain;
    a.direct = true;
    a.index = index;
    a.n_harts = 2;
    a.sources = sources;
    assert_int_equal(aplic_init(&a, &t.aia), AIA_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_exchanged),
        cmocka_unit_test(test_files_exchanged_at_once),
        cmocka_unit_test(test_file_of_another),
        cmocka_unit_test(test_file_unreached),
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_wrong_layouts),
        cmocka_unit_test(test_wrong_machine_level),
        cmocka_unit_test(test_domain_busy),
        cmocka_unit_test(test_ipis_meanwhile),
        cmocka_unit_test(test_other_delivery),
    };

    return T_RUN(tests);
}
