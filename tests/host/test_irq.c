/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts are requested and freed, with edges under way. */
#include <string.h>

#include "fixture.h"

static struct t_irq q, next, many[T_IRQS + 1];

static unsigned n_used(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < T_IRQS; i++)
        n += t.irqs[i].used;
    return n;
}

static void check_nothing_taken(unsigned n_free)
{
    m_pass(T_FOREVER);
    assert_int_equal(n_used(), 0);
    assert_int_equal(t.files[0].n_free + t.files[1].n_free, n_free);
    t_check_books();
}

static void test_request(void **state)
{
    (void)state;
    for (unsigned kind = AIA_MSI_PLAIN; kind <= AIA_MSI_STORE; kind++) {
        t_machine(2, 63);
        assert_int_equal(t_request(&q, kind, aia_hartset_first(2)), AIA_OK);
        assert_true(q.dev.enabled);
        assert_string_equal(q.irq->name, "test");
        m_raise(&q.dev); /* enabled from the start */
        t_check(&q);
        t_check_books();
    }
}

/* Each interrupt goes to the hart with most free identities. */
static void test_balanced(void **state)
{
    unsigned n[4] = {0};

    (void)state;
    t_machine(4, 63);
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(t_request(&many[i], AIA_MSI_PLAIN, aia_hartset_first(4)), AIA_OK);
        n[many[i].irq->vec.hart]++;
    }
    for (unsigned h = 0; h < 4; h++)
        assert_int_equal(n[h], 10);
}

static void test_request_errors(void **state)
{
    struct aia_irq *irq = NULL;
    struct aia_hartset set = {{0}};

    (void)state;
    t_machine(2, 63);
    unsigned n_free = t.files[0].n_free + t.files[1].n_free;

    t_request(&q, AIA_MSI_PLAIN, set);
    assert_int_equal(t_request(&q, AIA_MSI_PLAIN, set), AIA_ENOHART);
    assert_int_equal(aia_irq_request(&t.aia, &(struct aia_request){.msi = &q.dev.msi}, &irq), AIA_EINVAL);
    struct aia_request request = {.affinity = aia_hartset_one(0), .handler = (aia_handler)(uintptr_t)1};
    assert_int_equal(aia_irq_request(&t.aia, &request, &irq), AIA_EINVAL);
    assert_null(irq);
    request.msi = &q.dev.msi;
    request.order = 33; /* 2^33 descriptors, which a shift of 32 bits would make 2 */
    assert_int_equal(aia_irq_request(&t.aia, &request, &irq), AIA_EINVAL);
    check_nothing_taken(n_free);
    struct aia_msi zeroed = {.ops = NULL}, chip = {.ops = q.dev.msi.ops, .below = &zeroed};
    request.order = 0;
    request.msi = &zeroed; /* aplic_source_init(), or what a bus driver has in its place, was forgotten */
    assert_int_equal(aia_irq_request(&t.aia, &request, &irq), AIA_EINVAL);
    request.msi = &chip;
    assert_int_equal(aia_irq_request(&t.aia, &request, &irq), AIA_EINVAL);
    check_nothing_taken(n_free);

    t_fill(1, 0);
    assert_int_equal(t_request(&q, AIA_MSI_PLAIN, aia_hartset_one(1)), AIA_ENOVEC);
    assert_null(q.irq);
    t_unfill(1);
    check_nothing_taken(n_free);
    assert_false(q.dev.enabled);
}

/* t_request() makes the device anew, so its mood is set at its first access. */
static enum m_device_mood mood;

static void fall_ill(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind == M_DEVICE && e->what == M_START)
        ((struct m_dev *)e->where)->mood = mood;
    if (e->kind == M_DEVICE && e->what == M_READ_BACK)
        m_raise((struct m_dev *)e->where);
}

static void test_request_silent(void **state)
{
    (void)state;
    for (mood = M_MUTE; mood <= M_GONE; mood++) {
        t_machine(2, 63);
        unsigned n_free = t.files[0].n_free + t.files[1].n_free;
        m.hook = fall_ill;
        assert_int_equal(t_request(&q, AIA_MSI_PLAIN, aia_hartset_first(2)),
                         mood == M_STALE ? AIA_ECHANGED : AIA_ESILENT);
        m.hook = NULL;
        assert_null(q.irq);
        assert_false(q.dev.enabled);
        check_nothing_taken(n_free);
        assert_int_equal(t.harts[0].unowned + t.harts[1].unowned, 0);
    }
}

static void test_descriptors_exhausted(void **state)
{
    (void)state;
    t_machine(2, 127);
    for (unsigned i = 0; i < T_IRQS; i++)
        assert_int_equal(t_request(&many[i], AIA_MSI_STORE, aia_hartset_first(2)), AIA_OK);
    assert_int_equal(t_request(&many[T_IRQS], AIA_MSI_STORE, aia_hartset_first(2)), AIA_EINVAL);
    assert_int_equal(aia_irq_free(&t.aia, many[7].irq), AIA_OK);
    assert_int_equal(t_request(&many[T_IRQS], AIA_MSI_STORE, aia_hartset_first(2)), AIA_OK);
    assert_ptr_equal(many[T_IRQS].irq, many[7].irq);
    m_raise(&many[T_IRQS].dev);
    t_check(&many[T_IRQS]);
    t_check_quiet(&many[7]);
    t_check_books();
}

/* ---- free ---- */

/* Devices that do not answer: only time can drain them, and one wait is enough for all that were stopped before. */
static void test_stop_many(void **state)
{
    uint64_t took[2];

    (void)state;
    for (unsigned stop_first = 0; stop_first <= 1; stop_first++) {
        t_machine(2, 63);
        unsigned n_free = t.files[0].n_free + t.files[1].n_free;
        for (unsigned i = 0; i < 5; i++) {
            t_irq(&many[i], AIA_MSI_MASKABLE, i % 2);
            many[i].dev.mood = M_MUTE;
        }
        uint64_t before = m.now;
        for (unsigned i = 0; i < 5 && stop_first; i++) {
            aia_irq_stop(&t.aia, many[i].irq);
            assert_false(many[i].dev.enabled);
            assert_int_equal(many[i].irq->vec.id, 0);
        }
        for (unsigned i = 0; i < 5; i++)
            assert_int_equal(aia_irq_free(&t.aia, many[i].irq), AIA_OK);
        took[stop_first] = m.now - before;
        check_nothing_taken(n_free);
    }
    assert_true(took[0] > 5 * T_LIMIT);
    assert_in_range(took[1], T_LIMIT, 2 * T_LIMIT);
}

static void test_free_idle(void **state)
{
    (void)state;
    t_machine(2, 63);
    unsigned n_free = t.files[0].n_free + t.files[1].n_free;
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m_raise(&q.dev);
    t_check(&q);
    uint64_t before = m.now;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_in_range(m.now - before, 0, T_LIMIT); /* the free did not wait for the timer */
    assert_false(q.dev.enabled);
    assert_false(m_raise(&q.dev));
    check_nothing_taken(n_free);
}

static void raise_q(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

static void raise_and_run(void *arg)
{
    raise_q(arg);
    m_run_others();
}

/* An edge at every access of a free, after a move or without: it is handled before the call returns, or not sent. */
static void free_under_fire(uint32_t lag, bool moved, void (*fn)(void *arg))
{
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine(3, 63);
        unsigned n_free = t.files[1].n_free;
        t_irq(&q, AIA_MSI_PLAIN, 1);
        m.inbound_lag = m.store_lag = m.post_lag = lag;
        m_raise(&q.dev);
        if (moved)
            assert_int_equal(t_move(&q, 2), AIA_OK);
        m_raise(&q.dev);
        t_at(k, true, fn, NULL);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        more = t_at_done();
        assert_int_equal(q.seen, q.dev.n_raised);
        uint64_t runs = q.runs;

        assert_int_equal(t.files[1].n_free, n_free);
        t_irq(&next, AIA_MSI_PLAIN, 1); /* same descriptor, same vector */
        m_settle();
        assert_int_equal(q.runs, runs);
        assert_int_equal(next.runs, 0);
        m_raise(&next.dev);
        t_check(&next);
        t_check_books();
        for (unsigned h = 0; h < 3; h++)
            assert_int_equal(t.harts[h].unowned, 0);
    }
}

static void test_free_under_fire(void **state)
{
    (void)state;
    for (unsigned moved = 0; moved < 2; moved++) {
        free_under_fire(0, moved, raise_q);
        free_under_fire(0, moved, raise_and_run);
        free_under_fire(11, moved, raise_and_run);
        free_under_fire(M_NEVER, moved, raise_q);
        free_under_fire(M_NEVER, moved, raise_and_run);
    }
}

static void stop_here(struct t_irq *self)
{
    self->during = NULL;
    m_yield();
}

/* The handler runs on another hart: free waits for its end. */
static void test_free_while_running(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    q.during = stop_here;
    m_raise(&q.dev);
    m_run(1);
    assert_int_equal(q.running, 1);
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(q.running, 0);
    assert_int_equal(n_used(), 0);
}

/* A hart does not prove its drain in time: the interrupt is stopped and not freed, and a second call frees it. */
static void test_free_timeout(void **state)
{
    (void)state;
    t_machine(3, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m_raise(&q.dev);
    m.hart[1].hold = true;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
    assert_false(q.dev.enabled);
    assert_int_equal(n_used(), 1);
    m.hart[1].hold = false;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(q.seen, q.dev.n_raised);
    assert_int_equal(n_used(), 0);
    t_check_books();
}

/* An edge that was kept while disabled is dropped by the free; the next owner of the descriptor is enabled. */
static void test_free_disabled(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    aia_irq_disable(&t.aia, q.irq);
    m_raise(&q.dev);
    m_settle();
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    t_irq(&next, AIA_MSI_PLAIN, 1);
    m_settle();
    assert_int_equal(next.runs, 0);
    m_raise(&next.dev);
    t_check(&next);
    assert_int_equal(q.runs, 0);
    t_check_books();
}

/* An interrupt that was freed, or never requested, cannot be freed: other interrupts may own its former vectors by now. */
static void test_free_twice(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_STORE);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}, .managed = true}), AIA_OK);
    struct aia_irq *irq = q.irq;
    assert_int_equal(aia_irq_free(&t.aia, irq), AIA_OK);
    t_fill(0, 0);
    t_fill(1, 0);
    struct imsic_stats before = t_stats();
    assert_int_equal(aia_irq_free(&t.aia, irq), AIA_EINVAL);
    assert_int_equal(aia_irq_free(&t.aia, &t.irqs[5]), AIA_EINVAL);
    t_same_stats(before);
}

static void set_affinity_2(void *arg)
{
    (void)arg;
    t_move(&q, 2);
}

static void hart_0_moves(void *arg)
{
    m_spawn(0, set_affinity_2, arg);
    m_run(0);
}

/* Another hart moves the interrupt at every access of the free: the interrupt and its vectors are free afterwards. */
static void test_free_while_moved(void **state)
{
    (void)state;
    bool more = true;
    for (unsigned k = 0; more; k++) {
        t_machine(4, 63);
        unsigned n_free = t.files[1].n_free + t.files[2].n_free;
        t_irq(&q, AIA_MSI_PLAIN, 1);
        m_on(3);
        m_raise(&q.dev);
        t_at(k, true, hart_0_moves, NULL);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        more = t_at_done();
        assert_int_equal(q.seen, q.dev.n_raised);
        m_settle();
        assert_int_equal(n_used(), 0);
        assert_int_equal(t.files[1].n_free + t.files[2].n_free, n_free);
        t_check_books();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_balanced),
        cmocka_unit_test(test_request_errors),
        cmocka_unit_test(test_request_silent),
        cmocka_unit_test(test_descriptors_exhausted),
        cmocka_unit_test(test_stop_many),
        cmocka_unit_test(test_free_idle),
        cmocka_unit_test(test_free_under_fire),
        cmocka_unit_test(test_free_while_running),
        cmocka_unit_test(test_free_timeout),
        cmocka_unit_test(test_free_disabled),
        cmocka_unit_test(test_free_while_moved),
        cmocka_unit_test(test_free_twice),
    };

    return T_RUN(tests);
}
