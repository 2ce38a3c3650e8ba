/* SPDX-License-Identifier: BSD-2-Clause */
/* 128 harts: sets of more than one word, the harts on either side of each word's edge, and the last one. */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

#define N    AIA_MAX_HARTS
#define LAST (N - 1)

static struct t_irq q, other;

/* The harts on either side of each edge: of a byte, of 32 and of 64 bits, of the whole set. */
static const unsigned edges[] = {0, 1, 31, 32, 62, 63, 64, 65, 95, 96, 126, LAST};
#define N_EDGES (sizeof(edges) / sizeof(edges[0]))

static struct aia_hartset pair(unsigned a, unsigned b)
{
    struct aia_hartset s = aia_hartset_one(a);

    aia_hartset_add(&s, b);
    return s;
}

/* ---- sets ---- */

static unsigned size_of(const struct aia_hartset *s)
{
    unsigned n = 0;

    for (unsigned h = 0; h < N; h++)
        n += aia_hartset_has(s, h);
    return n;
}

static void test_sets(void **state)
{
    (void)state;
    for (unsigned h = 0; h < N; h++) {
        struct aia_hartset one = aia_hartset_one(h), all = aia_hartset_first(N);
        assert_true(aia_hartset_has(&one, h));
        assert_int_equal(size_of(&one), 1);
        aia_hartset_remove(&all, h);
        assert_false(aia_hartset_has(&all, h));
        assert_int_equal(size_of(&all), N - 1);
        aia_hartset_add(&all, h);
        assert_int_equal(size_of(&all), N);
        aia_hartset_remove(&one, h);
        assert_int_equal(size_of(&one), 0);
    }
    for (unsigned n = 0; n <= N; n++) {
        struct aia_hartset first = aia_hartset_first(n);
        assert_int_equal(size_of(&first), n);
        assert_true(!n || aia_hartset_has(&first, n - 1));
    }
}

/* A set with one more hart than there is room for. */
static void test_too_many(void **state)
{
    (void)state;
    t_machine(1, 63);
    t.config.n_harts = N + 1;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
    t.config.n_harts = 0;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
}

/* ---- the allocator ---- */

/* Of each pair the allocator takes the hart with more free identities; the other only if the first is not in the set. */
static void test_least_loaded(void **state)
{
    (void)state;
    t_machine(N, 63);
    for (unsigned i = 0; i < N_EDGES; i++)
        for (unsigned j = 0; j < N_EDGES; j++) {
            unsigned roomy = edges[i], full = edges[j], hart = N;
            struct aia_hartset both = pair(roomy, full), one = aia_hartset_one(full);
            struct imsic_vector taken, v;
            if (i == j)
                continue;
            assert_int_equal(imsic_alloc(&t.aia.imsic, full, 0, 0, &taken), AIA_OK);
            for (unsigned order = 0; order < 2; order++) {
                assert_int_equal(imsic_least_loaded(&t.aia.imsic, &both, order, &hart), AIA_OK);
                assert_int_equal(hart, roomy);
                assert_int_equal(imsic_least_loaded(&t.aia.imsic, &one, order, &hart), AIA_OK);
                assert_int_equal(hart, full);
                assert_int_equal(imsic_alloc_any(&t.aia.imsic, &both, order, 0, &v), AIA_OK);
                assert_int_equal(v.hart, roomy);
                for (unsigned n = 0; n < 1u << order; n++)
                    imsic_free(&t.aia.imsic, (struct imsic_vector){v.hart, (uint16_t)(v.id + n)});
            }
            imsic_free(&t.aia.imsic, taken);
        }
}

/* All harts are full, or closed: the error says which, also if this is true only of the last hart. */
static void test_none_of_them(void **state)
{
    (void)state;
    t_machine(N, 63);
    for (unsigned i = 0; i < N_EDGES; i++) {
        struct aia_hartset one = aia_hartset_one(edges[i]);
        unsigned hart;
        t_fill(edges[i], 0);
        assert_int_equal(imsic_least_loaded(&t.aia.imsic, &one, 0, &hart), AIA_ENOVEC);
        assert_int_equal(t_request(&q, AIA_MSI_PLAIN, one), AIA_ENOVEC);
        imsic_close(&t.aia.imsic, edges[i]);
        assert_int_equal(imsic_least_loaded(&t.aia.imsic, &one, 0, &hart), AIA_ENOHART);
        imsic_open(&t.aia.imsic, edges[i]);
        t_unfill(edges[i]);
    }
}

/* ---- interrupts ---- */

static void edge_is_handled_on(struct t_irq *i, unsigned hart)
{
    m_raise(&i->dev);
    t_check(i);
    assert_int_equal(i->hart, hart);
    assert_true(aia_irq_runs(&t.aia, i->irq, hart) > 0);
}

/* Moves in a ring of these harts, by each policy of reclaim: eager and first-edge ask a hart of retiring_on. */
static void test_moves(void **state)
{
    (void)state;
    for (unsigned reclaim = AIA_RECLAIM_LAZY; reclaim <= AIA_RECLAIM_FIRST_EDGE; reclaim++) {
        t_machine(N, 63);
        memset(&q, 0, sizeof(q));
        m_dev_init(&q.dev, AIA_MSI_PLAIN);
        struct aia_request r = {.affinity = aia_hartset_one(0), .policy = {.reclaim = reclaim}};
        assert_int_equal(t_request_as(&q, r), AIA_OK);
        for (unsigned i = 1; i <= N_EDGES; i++) {
            struct imsic_vector old = q.irq->vec;
            m.inbound_lag = M_NEVER;
            m_raise(&q.dev);
            assert_int_equal(t_move(&q, edges[i % N_EDGES]), AIA_OK);
            edge_is_handled_on(&q, edges[i % N_EDGES]);
            assert_int_equal(t_is_free(old.hart, old.id), reclaim != AIA_RECLAIM_LAZY);
        }
        assert_int_equal(q.irq->count.moves, N_EDGES);
        t_check_books();
    }
}

/* The set is full, and a vector of one hart retires: this hart is asked to reclaim. */
static void test_waits_for_a_vector(void **state)
{
    (void)state;
    for (unsigned i = 1; i < N_EDGES; i++) {
        t_machine(N, 63);
        t_irq(&other, AIA_MSI_STORE, edges[i]);
        t_irq(&q, AIA_MSI_STORE, 0);
        t_fill(edges[i], 0);
        assert_int_equal(t_move(&other, 0), AIA_OK);
        assert_int_equal(t_move(&q, edges[i]), AIA_OK);
        edge_is_handled_on(&q, edges[i]);
    }
}

static unsigned called_on;

static void called(void *arg)
{
    (void)arg;
    called_on = m.here;
}

static void test_ipis_and_calls(void **state)
{
    (void)state;
    t_machine(N, 63);
    for (unsigned i = 0; i < N_EDGES; i++) {
        assert_int_equal(aia_ipi_send(&t.aia, edges[i], AIA_IPI_USER), AIA_OK);
        m_settle();
        for (unsigned h = 0; h < N; h++)
            assert_int_equal(m.hart[h].user_ipis[AIA_IPI_USER], h == edges[i]);
        m.hart[edges[i]].user_ipis[AIA_IPI_USER] = 0;
        assert_int_equal(aia_call(&t.aia, edges[i], called, NULL), AIA_OK);
        assert_int_equal(called_on, edges[i]);
    }
    assert_int_equal(aia_ipi_send(&t.aia, N, AIA_IPI_USER), AIA_EINVAL);
    assert_int_equal(aia_call(&t.aia, N, called, NULL), AIA_EINVAL);
    assert_int_equal(aia_hart_offline_begin(&t.aia, N), AIA_EINVAL);
    assert_int_equal(aia_hart_online_finish(&t.aia, N, AIA_DISPLACED_RETURN), AIA_EINVAL);
}

/* ---- harts that go offline ---- */

/* An interrupt moves to the one other hart of its affinity, and back; the last two harts are the only ones online in the end. */
static void test_offline(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_EDGES; i++) {
        unsigned hart = edges[i], refuge = edges[(i + 5) % N_EDGES], by = hart ? 0 : 2;
        struct aia_hartset set = pair(hart, refuge);
        t_machine(N, 63);
        t_irq(&q, AIA_MSI_PLAIN, hart);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
        m_on(by);
        assert_int_equal(t_offline(hart, by), AIA_OK);
        struct aia_hartset online = aia_online(&t.aia);
        assert_int_equal(size_of(&online), N - 1);
        assert_false(aia_hartset_has(&online, hart));
        edge_is_handled_on(&q, refuge);
        assert_int_equal(t.aia.displaced, 0);
        assert_int_equal(t_online_again(hart, by), 0);
        set = aia_hartset_one(hart);
        assert_int_equal(aia_irq_set_affinity(&t.aia, q.irq, &set), AIA_OK);
        edge_is_handled_on(&q, hart);
        t_check_books();
    }
}

static void test_all_but_the_last_offline(void **state)
{
    (void)state;
    t_machine(N, 63);
    assert_int_equal(t_request(&q, AIA_MSI_PLAIN, aia_hartset_first(N)), AIA_OK);
    for (unsigned h = 0; h < LAST; h++)
        assert_int_equal(t_offline(h, LAST), AIA_OK);
    edge_is_handled_on(&q, LAST);
    assert_int_equal(aia_hart_offline_begin(&t.aia, LAST), AIA_ELAST);
    for (unsigned h = 0; h < LAST; h++)
        assert_int_equal(t_online_again(h, LAST), 0);
    m_on(0);
    assert_int_equal(t_offline(LAST, 0), AIA_OK);
    m_raise(&q.dev);
    t_check(&q);
    t_check_books();
}

/* A managed interrupt has a vector on each hart of its set, and comes to each of them after all others went offline. */
static void test_managed(void **state)
{
    static const unsigned set_of[] = {63, 64, LAST};
    struct aia_hartset set = pair(63, 64);

    (void)state;
    aia_hartset_add(&set, LAST);
    for (unsigned kind = AIA_MSI_PLAIN; kind <= AIA_MSI_STORE; kind++) {
        t_machine(N, 63);
        struct imsic_stats before = t_stats();
        memset(&q, 0, sizeof(q));
        m_dev_init(&q.dev, (enum aia_msi_kind)kind);
        struct aia_request r = {.affinity = set, .managed = true};
        assert_int_equal(t_request_as(&q, r), AIA_OK);
        assert_int_equal(t_stats().n[IMSIC_MANAGED], 2);
        for (unsigned i = 0; i < 3; i++) {
            edge_is_handled_on(&q, set_of[i]);
            assert_int_equal(t_offline(set_of[i], 0), AIA_OK);
        }
        assert_false(q.dev.enabled);
        assert_int_equal(t_online_again(LAST, 0), 0);
        assert_int_equal(aia_hart_online_finish(&t.aia, LAST, AIA_DISPLACED_STAY), AIA_OK);
        edge_is_handled_on(&q, LAST);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        t_same_stats(before);
    }
}

/* The audit looks for the vector that a message names on all harts. */
static void test_audit(void **state)
{
    (void)state;
    t_machine(N, 63);
    t_irq(&q, AIA_MSI_STORE, 64);
    q.dev.message = (struct aia_message){m.hart[LAST].msi_addr, 40};
    assert_int_equal(t_audit(64), 1);
    assert_int_equal(t.found[0], AIA_MESSAGE_FREE);
    assert_int_equal(t.found_at[0].hart, LAST);
    assert_int_equal(t.found_at[0].id, 40);
    assert_int_equal(t_audit(LAST), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),           cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_least_loaded),   cmocka_unit_test(test_none_of_them),
        cmocka_unit_test(test_moves),          cmocka_unit_test(test_waits_for_a_vector),
        cmocka_unit_test(test_ipis_and_calls), cmocka_unit_test(test_offline),
        cmocka_unit_test(test_managed),        cmocka_unit_test(test_all_but_the_last_offline),
        cmocka_unit_test(test_audit),
    };

    return T_RUN(tests);
}
