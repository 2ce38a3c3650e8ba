/* SPDX-License-Identifier: BSD-2-Clause */
/* One message, one interrupt: a second request for a message is refused until the first interrupt is freed. */
#include <string.h>

#include "wires.h"

static struct t_irq q, other;

/* Check that a request for q's message, as `r` says, is refused, and that q has not changed. */
static void refused(struct t_irq *second, struct aia_request r)
{
    struct imsic_stats before = t_stats();
    struct aia_message message = q.dev.message;
    struct aia_irq *was = q.irq;

    memset(second, 0, sizeof(*second));
    r.msi = &q.dev.msi;
    assert_int_equal(t_request_as(second, r), AIA_EBUSY);
    assert_null(second->irq);
    t_same_stats(before);
    assert_memory_equal(&q.dev.message, &message, sizeof(message));
    assert_true(q.dev.enabled);
    assert_ptr_equal(q.irq, was);
}

static void test_refused(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        t_machine(2, 63);
        t_irq(&q, (enum aia_msi_kind)kind, 0);
        refused(&other, (struct aia_request){.affinity = {{3}}});
        refused(&other, (struct aia_request){.affinity = {{2}}, .managed = true});
        refused(&other, (struct aia_request){.affinity = {{3}}, .order = 2});
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(t_move(&q, 1), AIA_OK);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}}),
                         AIA_OK); /* after the free the message can be requested again */
        m_raise(&q.dev);
        t_check(&q);
        t_check_books();
    }
}

/* No other interrupt can have a message of a block, and a block cannot have the message of another interrupt. */
static void test_block(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}, .order = 3}), AIA_OK);
    refused(&other, (struct aia_request){.affinity = {{3}}});
    refused(&other, (struct aia_request){.affinity = {{3}}, .order = 3});
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}}), AIA_OK);
}

/* A request that failed does not have the message any more; an interrupt whose free timed out has it. */
static void test_failed(void **state)
{
    (void)state;
    t_machine(2, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{0}}}), AIA_ENOHART);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}}), AIA_OK);
    m.hart[q.irq->vec.hart].file.frozen = true;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_ETIMEOUT);
    memset(&other, 0, sizeof(other));
    assert_int_equal(t_request_as(&other, (struct aia_request){.affinity = {{3}}, .msi = &q.dev.msi}),
                     AIA_EBUSY);
}

/* ---- an intermediate, and the chip below it ---- */

static void chain(struct aia_msi *top)
{
    m_dev_init(&q.dev, AIA_MSI_STORE);
    *top = q.dev.msi;
    top->below = &q.dev.msi;
}

static void pass_store(struct aia_msi *msi, const struct aia_message *to)
{
    msi->below->ops->store(msi->below, to);
}

static void pass_start(struct aia_msi *msi, const struct aia_message *to)
{
    msi->below->ops->start(msi->below, to);
}

static void pass_stop(struct aia_msi *msi)
{
    msi->below->ops->stop(msi->below);
}

static int pass_read_back(struct aia_msi *msi, struct aia_message *to)
{
    return msi->below->ops->read_back(msi->below, to);
}

static void test_chain(void **state)
{
    static const struct aia_msi_ops ops = {
        .start = pass_start, .stop = pass_stop, .store = pass_store, .read_back = pass_read_back};
    struct aia_msi top;

    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        t_machine(2, 63);
        memset(&q, 0, sizeof(q));
        memset(&other, 0, sizeof(other));
        chain(&top);
        top.ops = &ops;
        struct aia_msi *one = first ? &top : &q.dev.msi, *two = first ? &q.dev.msi : &top;
        assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = {{3}}, .msi = one}), AIA_OK);
        assert_int_equal(t_request_as(&other, (struct aia_request){.affinity = {{3}}, .msi = two}),
                         AIA_EBUSY);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
        assert_int_equal(t_request_as(&other, (struct aia_request){.affinity = {{3}}, .msi = two}), AIA_OK);
    }
}

/* ---- two harts at the same time ---- */

static int second_error;

static void second(void *arg)
{
    (void)arg;
    second_error = t_request_as(&other, (struct aia_request){.affinity = {{3}}, .msi = &q.dev.msi});
}

static void hart_1_asks(void *arg)
{
    m_spawn(1, second, arg);
    m_run(1);
}

/* One request begins at any access of the other: exactly one succeeds, and its interrupt gets all edges. */
static void test_concurrent_requests(void **state)
{
    unsigned won[2] = {0, 0};
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        t_machine(2, 63);
        memset(&q, 0, sizeof(q));
        memset(&other, 0, sizeof(other));
        m_dev_init(&q.dev, AIA_MSI_PLAIN);
        t_at(k, true, hart_1_asks, NULL);
        int first_error = t_request_as(&q, (struct aia_request){.affinity = {{3}}});
        more = t_at_done();
        if (!more)
            second(NULL);
        while (m_busy(1))
            m_run(1);
        assert_int_equal(first_error + second_error, AIA_EBUSY); /* one of the two is 0 */
        won[first_error == AIA_OK]++;
        m_raise(&q.dev);
        m_settle();
        assert_int_equal(q.runs, first_error == AIA_OK);
        assert_int_equal(other.runs, second_error == AIA_OK);
        t_check_books();
    }
    assert_true(won[0] && won[1]);
}

/* ---- a wire ---- */

static void test_wire(void **state)
{
    static struct wire w;
    struct aia_request r = {.name = "second", .handler = w_deny, .affinity = aia_hartset_one(0)};
    struct aia_irq *irq;

    (void)state;
    for (unsigned direct = 0; direct < 2; direct++)
        for (unsigned i = 0; i < W_MODES; i++) {
            if (direct)
                w_direct_machine(2, 2, 0);
            else
                w_machine(2, 0);
            w_irq(&w, 9, w_modes[i], 1);
            r.msi = &w.source.msi;
            assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_EBUSY);
            w_rise(&w);
            w_check(&w); /* its own handler ran, and the source was not made inactive */
            assert_int_equal(w.runs, 1);
            assert_int_equal(w_denied, 0);
            assert_int_equal(aia_irq_free(&t.aia, w.irq), AIA_OK);
            assert_int_equal(aia_irq_request(&t.aia, &r, &irq), AIA_OK);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_concurrent_requests),
        cmocka_unit_test(test_wire),
    };

    return T_RUN(tests);
}
