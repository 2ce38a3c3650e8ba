/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts go offline and come back while devices send: nothing is lost. */
#include "imsic/vector.h"
#include "fixture.h"

static void edges_and_run(void *arg)
{
    t_edges(arg);
    m_run_others();
}

/* ---- the whole sequence ---- */

static void test_offline_online(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    for (unsigned round = 0; round < 3; round++) {
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_false(m_file_asserted(&m.hart[1].file));
        assert_false(aia_hartset_has((struct aia_hartset[]){aia_online(&t.aia)}, 1));
        for (unsigned i = 0; i < T_KINDS; i++)
            assert_int_not_equal(t_kind[i].irq->vec.hart, 1);
        assert_int_equal(t.files[1].n_free, 61); /* all the hart's vectors are already free */
        for (unsigned w = 0; w < 1; w++)
            assert_int_equal(m.hart[1].file.eip[w], 0);
        assert_int_equal(m.hart[1].file.eidelivery, 0);
        t_check_kinds();
        assert_int_equal(t_online_again(1, 0), 0);
        assert_true(aia_hartset_has((struct aia_hartset[]){aia_online(&t.aia)}, 1));
        for (unsigned i = 0; i < T_KINDS; i++)
            assert_int_equal(t_move(&t_kind[i], 1), AIA_OK);
        t_check_kinds();
    }
}

/* A hart that is going offline is not online; after a cancel it is. */
static void test_online_means_online(void **state)
{
    (void)state;
    t_machine(3, 63);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    struct aia_hartset online = aia_online(&t.aia);
    assert_false(aia_hartset_has(&online, 1));
    assert_true(aia_hartset_has(&online, 0) && aia_hartset_has(&online, 2));
    aia_hart_offline_cancel(&t.aia, 1);
    online = aia_online(&t.aia);
    assert_true(aia_hartset_has(&online, 1));
}

static struct t_irq early;

/* Another hart moves an interrupt to hart 2 as soon as aia_online() has hart 2. */
static void moves_there(void *arg)
{
    struct aia_hartset online = aia_online(&t.aia), two = aia_hartset_one(2);

    if (aia_hartset_has(&online, 2))
        *(int *)arg = aia_irq_set_affinity(&t.aia, early.irq, &two);
}

static void test_online_gives_out_vectors(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        int error = AIA_OK;
        t_machine(3, 63);
        t_irq(&early, AIA_MSI_MASKABLE, 0);
        assert_int_equal(t_offline(2, 0), AIA_OK);
        t_at(k, true, moves_there, &error);
        assert_int_equal(t_online_again(2, 1), 0);
        more = t_at_done();
        assert_int_equal(error, AIA_OK);
    }
}

static void inject(void (*fn)(void *arg), uint32_t lag)
{
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine_of_kinds(3, lag);
        t_at(k, true, fn, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        assert_int_equal(t_online_again(1, 2), 0);
        more = t_at_done();
        t_check_kinds();
    }
}

static void test_edge_at_every_access(void **state)
{
    (void)state;
    inject(t_edges, 0);
    inject(edges_and_run, 0);
}

static void test_edge_at_every_access_slow(void **state)
{
    (void)state;
    inject(t_edges, M_NEVER);
    inject(edges_and_run, M_NEVER);
    inject(t_edges, 9);
}

/* The leaving hart takes no interrupts until offline_finish: offline_begin alone does not empty its file. */
static void test_edge_found_by_sweep(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine_of_kinds(3, M_NEVER);
        m.hart[1].hold = true;
        t_at(k, false, t_edges, NULL);
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
        more = t_at_done();
        m_on(1);
        m.hart[1].irqs_on = false;
        m.hart[1].hold = false;
        assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_OK);
        m_on(0);
        m_stop(1);
        t_check_kinds();
    }
    t_machine_of_kinds(3, 0);
    m.hart[1].hold = true;
    t_edges(NULL);
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    m_on(1);
    m.hart[1].irqs_on = m.hart[1].hold = false;
    assert_int_equal(aia_hart_offline_finish(&t.aia), AIA_OK);
    assert_int_equal(t.harts[1].swept, T_KINDS);
    assert_int_equal(t.harts[1].forwarded, T_KINDS);
}

/* An interrupt moves toward the leaving hart at every access: none is there in the end. */
static void move_there(void *arg)
{
    struct aia_hartset set = aia_hartset_first(2); /* harts 0 and 1 */

    (void)arg;
    for (unsigned i = 0; i < T_KINDS; i++)
        aia_irq_set_affinity(&t.aia, t_kind[i].irq, &set);
    for (unsigned i = 0; i < T_KINDS; i++)
        t_move(&t_kind[i], 1);
}

static void hart_2_moves_there(void *arg)
{
    if (m_busy(2))
        return;
    m_spawn(2, move_there, arg);
    m_run(2);
}

static void test_moves_toward_it(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine_of_kinds(3, 0);
        t_at(k, true, hart_2_moves_there, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        more = t_at_done();
        m_settle();
        assert_int_equal(t.files[1].n_free, 61);
        t_check_kinds();
    }
}

static void request_there(void *arg)
{
    struct aia_hartset set = aia_hartset_first(3);
    static struct t_irq more_q;

    (void)arg;
    if (t_request(&more_q, AIA_MSI_PLAIN, set) != AIA_OK)
        m_die("request failed");
    m_raise(&more_q.dev);
}

static void hart_2_requests(void *arg)
{
    m_spawn(2, request_there, arg);
    m_run(2);
}

/* A driver requests an interrupt at every access of the sequence. */
static void test_request_meanwhile(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine_of_kinds(3, 0);
        t_at(k, true, hart_2_requests, NULL);
        assert_int_equal(t_offline(1, 0), AIA_OK);
        more = t_at_done();
        m_settle();
        t_check_kinds();
    }
}

/*
 * The other way round: a hart closes at every access of a request, or of a move, that may just have chosen it. The hart has
 * begun to go offline before, because it first looks at all interrupts.
 */
static struct {
    unsigned long at; /* accesses of hart 0 until the hart closes */
    unsigned n_locks; /* locks of the allocator taken by hart 2: the first is a look, the second closes */
    bool done;
} closing;

static void close_then(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->hart == 2 && e->kind == M_LOCK && e->where == (uintptr_t)&t.aia.imsic.lock &&
        closing.n_locks++ == 1) {
        m_yield();
    } else if (e->hart == 0 && !closing.done && closing.at-- == 0) {
        closing.done = true;
        m_run(2);
    }
}

static void offline_begin_1(void *arg)
{
    *(int *)arg = aia_hart_offline_begin(&t.aia, 1);
}

static void spawn_offline_begin(unsigned long k, int *error)
{
    closing.at = k;
    closing.n_locks = 0;
    closing.done = true; /* too early */
    m.hook = close_then;
    m_spawn(2, offline_begin_1, error);
    m_run(2);
    closing.done = false;
}

static void test_offline_meanwhile(void **state)
{
    static const struct aia_hartset sets[] = {{{2}}, {{3}}, {{3}}};
    static struct t_irq r;

    (void)state;
    for (unsigned what = 0; what < 3; what++) { /* a move to it, a move to it or 0, a request */
        bool more = true;
        for (unsigned long k = 0; more; k++) {
            int begun = 1, error;
            t_machine_of_kinds(3, 0);
            for (unsigned i = 0; i < T_KINDS; i++)
                assert_int_equal(t_move(&t_kind[i], 2), AIA_OK);
            m_pass(T_FOREVER);
            for (unsigned id = 20; id < 30; id++) /* the other hart has more room */
                assert_int_equal(imsic_alloc_id(&t.aia.imsic, 0, id, 0, T_FILLER), AIA_OK);
            spawn_offline_begin(k, &begun);
            error = what == 2 ? t_request(&r, AIA_MSI_PLAIN, sets[what])
                              : aia_irq_set_affinity(&t.aia, t_kind[0].irq, &sets[what]);
            more = closing.done;
            m.hook = NULL;
            closing.done = true;
            m_settle();
            assert_int_equal(begun, AIA_OK);
            if (what || error != AIA_ENOHART)
                assert_int_equal(error, AIA_OK);
            t_unfill(0);
            t_check_kinds();
        }
    }
}

static void test_all_harts_in_turn(void **state)
{
    (void)state;
    for (unsigned lag = 0; lag < 2; lag++) {
        t_machine_of_kinds(4, lag ? M_NEVER : 0);
        for (unsigned round = 0; round < 8; round++) {
            unsigned hart = round % 4, by = (hart + 1) % 4;
            t_edges(NULL);
            assert_int_equal(t_offline(hart, by), AIA_OK);
            t_edges(NULL);
            assert_int_equal(t_online_again(hart, by), 0);
            t_check_kinds();
        }
    }
}

/*
 * No identity is free on both harts, so the message has to be torn. The other harts have room for just the two interrupts
 * of the leaving hart.
 */
static void set_up_torn(struct t_irq *other)
{
    t_machine(3, 63);
    t_force(AIA_UPDATE_TORN, &t_kind[0], other, 1, 2);
    t_fill(0, 0);
    imsic_free(&t.aia.imsic, (struct imsic_vector){2, 60});
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 60, 0, T_FILLER), AIA_OK);
}

static void edge_of_first(void *arg)
{
    (void)arg;
    m_raise(&t_kind[0].dev);
}

static void test_torn_at_every_access(void **state)
{
    static struct t_irq other;

    (void)state;
    for (unsigned slow = 0; slow < 2; slow++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            set_up_torn(&other);
            m.inbound_lag = m.store_lag = m.post_lag = slow ? M_NEVER : 0;
            t_at(k, true, edge_of_first, NULL);
            assert_int_equal(t_offline(1, 0), AIA_OK);
            more = t_at_done();
            assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 2);
            t_check(&t_kind[0]);
            assert_int_equal(other.extra, other.runs);
            for (unsigned h = 0; h < 3; h++)
                t_unfill(h);
            t_check_books();
        }
    }
}

/*
 * A device of which only time proves the drain moves without end among other harts, while a hart on which it was goes
 * offline. The hart waits until what was sent to it has arrived, not until the moves end.
 */
static unsigned n_moves;

static void move_elsewhere(void *arg)
{
    (void)arg;
    t_move(&t_kind[0], t_kind[0].irq->vec.hart == 0 ? 2 : 0);
}

static void mover(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_RELAX || e->hart != 0 || t_kind[0].irq->vec.hart == 1 || m_busy(2) || n_moves == 40)
        return;
    n_moves++; /* few enough that the mover itself does not wait for drains */
    m_spawn(2, move_elsewhere, NULL);
    m_run(2);
}

static void test_undrained_keeps_moving(void **state)
{
    (void)state;
    t_machine_of_kinds(3, 0);
    t_kind[0].dev.msi.posted_limit = 3000;
    n_moves = 0;
    m.hart[1].hold = true; /* the hart reclaims nothing before offline_finish */
    m.hook = mover;
    assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_OK);
    m.hook = NULL;
    assert_true(n_moves > 10);
    m_settle();
    move_elsewhere(NULL);
    m.hart[1].hold = false;
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    assert_int_equal(t.files[1].n_free, 61);
    if (AIA_WORD_BITS == 32) /* on RV32 times are kept in units of 2^20 ticks */
        m_pass(2u << 20);
    t_check_kinds();
}

/*
 * A vector that only time could drain has drained so long ago that, in one word, the time seems to lie ahead again. On RV32
 * this takes years. Nothing retires, so there is nothing to wait for.
 */
static void test_offline_long_after(void **state)
{
    struct t_irq late;

    (void)state;
    t_machine(3, 63);
    t_irq(&late, AIA_MSI_STORE, 1);
    late.dev.msi.posted_limit = 4 * T_LIMIT;
    assert_int_equal(t_move(&late, 2), AIA_OK);
    m_pass(1u << 22); /* on RV32 a time in one word is up to 2^20 ticks late */
    m.now += (AIA_WORD_BITS == 64 ? 0 : 1ull << 52) -
             (1ull << 22); /* the word has wrapped once: the time is just ahead */
    uint64_t before = m.now;
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_in_range(m.now - before, 0, T_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offline_online),
        cmocka_unit_test(test_online_means_online),
        cmocka_unit_test(test_online_gives_out_vectors),
        cmocka_unit_test(test_edge_at_every_access),
        cmocka_unit_test(test_edge_at_every_access_slow),
        cmocka_unit_test(test_edge_found_by_sweep),
        cmocka_unit_test(test_moves_toward_it),
        cmocka_unit_test(test_request_meanwhile),
        cmocka_unit_test(test_offline_meanwhile),
        cmocka_unit_test(test_all_harts_in_turn),
        cmocka_unit_test(test_torn_at_every_access),
        cmocka_unit_test(test_undrained_keeps_moving),
        cmocka_unit_test(test_offline_long_after),
    };

    return T_RUN(tests);
}
