/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aia_irq_try_affinity(): with interrupts off and a lock of the caller held, each kind of message either moves or is refused with
 * AIA_ECONTEXT. The model ends the test if a hart waits (aia_port_relax) with a lock held. No other hart takes an interrupt
 * meanwhile, so no call to another hart could end.
 */
#include "imsic/vector.h"
#include <string.h>

#include "iommu_bench.h"
#include "wires.h"

static struct t_irq q, other;
static struct b_irq b;
static struct wire w;
static struct aia_lock callers;

/* Try to move `irq`, by hart `by`. */
static int try_move(struct aia_irq *irq, unsigned by, uint64_t set)
{
    struct aia_hartset to = {{set}};
    unsigned n_reports = m.n_reports;

    m_on(by);
    for (unsigned h = 0; h < m.n_harts; h++)
        m.hart[h].hold = true;
    unsigned long was = aia_port_irq_save();
    aia_port_lock_init(&callers, "caller");
    aia_port_lock(&callers);
    int error = aia_irq_try_affinity(&t.aia, irq, &to);
    aia_port_unlock(&callers);
    for (unsigned h = 0; h < m.n_harts; h++)
        m.hart[h].hold = false;
    aia_port_irq_restore(was);
    assert_int_equal(m.n_reports, n_reports);
    return error;
}

/* ---- the table of aia.h: one row for each kind of message ---- */

static void requested(enum aia_msi_kind kind)
{
    t_machine(3, 63);
    t_irq(&q, kind, 1);
}

static struct aia_irq *store(void)
{
    requested(AIA_MSI_STORE);
    return q.irq;
}

static struct aia_irq *store_low(void)
{
    requested(AIA_MSI_STORE_LOW);
    return q.irq;
}

static struct aia_irq *maskable(void)
{
    requested(AIA_MSI_MASKABLE);
    return q.irq;
}

static struct aia_irq *forced(enum aia_update how)
{
    t_machine(3, 63);
    t_force(how, &q, &other, 1, 2);
    return q.irq;
}

static struct aia_irq *plain_addr(void)
{
    return forced(AIA_UPDATE_ADDR);
}

static struct aia_irq *plain_common(void)
{
    return forced(AIA_UPDATE_COMMON);
}

static struct aia_irq *plain_torn(void)
{
    return forced(AIA_UPDATE_TORN);
}

static struct aia_irq *posted(void)
{
    requested(AIA_MSI_STORE);
    q.dev.msi.posted_limit = 50;
    return q.irq;
}

static struct aia_irq *posted_plain(void)
{
    requested(AIA_MSI_PLAIN);
    q.dev.msi.posted_limit = 50;
    return q.irq;
}

static struct aia_irq *block(void)
{
    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_PLAIN);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .order = 3}),
                     AIA_OK);
    return q.irq;
}

static struct aia_irq *slow_bus(void)
{
    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_slow_init(&q.dev);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    return q.irq;
}

static struct aia_irq *remapped(enum aia_iommu_mode mode, enum aia_msi_kind kind)
{
    b_machine(3);
    b_up();
    b_irq(&b, 8, mode, kind, 1);
    return b.q.irq;
}

static struct aia_irq *iommu_notice(void)
{
    return remapped(AIA_IOMMU_NOTICE, AIA_MSI_PLAIN);
}

static struct aia_irq *iommu_basic(void)
{
    return remapped(AIA_IOMMU_BASIC, AIA_MSI_PLAIN);
}

static struct aia_irq *iommu_basic_masked(void)
{
    return remapped(AIA_IOMMU_BASIC, AIA_MSI_MASKABLE);
}

static struct aia_irq *wire_of(bool direct, enum aplic_mode mode)
{
    if (direct)
        w_direct_machine(3, 3, 0);
    else
        w_machine(3, 0);
    w_irq(&w, 7, mode, 1);
    return w.irq;
}

static struct aia_irq *source_edge(void)
{
    return wire_of(false, APLIC_EDGE_RISE);
}

static struct aia_irq *source_level(void)
{
    return wire_of(false, APLIC_LEVEL_HIGH);
}

static struct aia_irq *line(void)
{
    return wire_of(true, APLIC_LEVEL_HIGH);
}

/* Above a device with a single store: an intermediate that does not wait, and one that does. */
static struct aia_irq *above(bool waits)
{
    static struct aia_msi_ops ops;

    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_STORE);
    ops = *q.dev.msi.ops;
    ops.waits = waits;
    q.dev.msi.ops = &ops;
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1)}), AIA_OK);
    return q.irq;
}

static struct aia_irq *no_wait(void)
{
    return above(false);
}

static struct aia_irq *with_wait(void)
{
    return above(true);
}

#define OLD   1u
#define NEW   2u
#define THIRD 0u

static const struct {
    const char *what;
    struct aia_irq *(*set_up)(void);
    int by_old, by_new, by_third; /* the result, by the hart that tries */
} table[] = {
    {"store", store, AIA_OK, AIA_OK, AIA_OK},
    {"store low", store_low, AIA_OK, AIA_OK, AIA_OK},
    {"maskable", maskable, AIA_OK, AIA_OK, AIA_OK},
    {"plain, the same identity is free", plain_addr, AIA_OK, AIA_OK, AIA_OK},
    {"plain, a common identity is free", plain_common, AIA_OK, AIA_OK, AIA_OK},
    {"plain, none in common", plain_torn, AIA_OK, AIA_ECONTEXT, AIA_ECONTEXT},
    {"posted, store", posted, AIA_OK, AIA_OK, AIA_OK},
    {"posted, plain", posted_plain, AIA_OK, AIA_OK, AIA_OK},
    {"block", block, AIA_OK, AIA_OK, AIA_OK},
    {"edge of an APLIC", source_edge, AIA_OK, AIA_OK, AIA_OK},
    {"level of an APLIC", source_level, AIA_OK, AIA_OK, AIA_OK},
    {"line of a controller", line, AIA_OK, AIA_OK, AIA_OK},
    {"intermediate that does not wait", no_wait, AIA_OK, AIA_OK, AIA_OK},
    {"intermediate that waits", with_wait, AIA_ECONTEXT, AIA_ECONTEXT, AIA_ECONTEXT},
    {"IOMMU, notice", iommu_notice, AIA_ECONTEXT, AIA_ECONTEXT, AIA_ECONTEXT},
    {"IOMMU, basic, plain", iommu_basic, AIA_ECONTEXT, AIA_ECONTEXT, AIA_ECONTEXT},
    {"IOMMU, basic, maskable", iommu_basic_masked, AIA_ECONTEXT, AIA_ECONTEXT, AIA_ECONTEXT},
    {"slow bus", slow_bus, AIA_ECONTEXT, AIA_ECONTEXT, AIA_ECONTEXT},
};

static void check_row(unsigned row, unsigned by, int expected)
{
    const struct aia_hartset one = aia_hartset_one(NEW);
    struct aia_irq *irq = table[row].set_up();
    struct aia_hartset affinity = irq->affinity;
    struct imsic_vector was = irq->vec;
    struct imsic_stats before = t_stats();

    m.n_log = 0;
    int error = try_move(irq, by, 1u << NEW);
    if (error != expected)
        fail_msg("%s, by hart %u: %s", table[row].what, by, aia_strerror(error));
    if (error) { /* nothing is changed, and the device was not accessed */
        assert_memory_equal(&irq->affinity, &affinity, sizeof(affinity));
        assert_memory_equal(&irq->vec, &was, sizeof(was));
        assert_int_equal(irq->n_retiring, 0);
        assert_int_equal(m.n_log, 0);
        t_same_stats(before);
        assert_int_equal(aia_irq_set_affinity(&t.aia, irq, &one), AIA_OK);
    }
    assert_int_equal(irq->vec.hart, NEW);
    assert_memory_equal(&irq->affinity, &one, sizeof(one));
    t_unfill(NEW);
}

static void test_table(void **state)
{
    (void)state;
    for (unsigned row = 0; row < sizeof(table) / sizeof(table[0]); row++) {
        check_row(row, OLD, table[row].by_old);
        check_row(row, NEW, table[row].by_new);
        check_row(row, THIRD, table[row].by_third);
    }
}

/* ---- an edge at every access of a try ---- */

static void raise_edge(void *arg)
{
    (void)arg;
    m_raise(&q.dev);
}

static void test_edges(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++)
        for (unsigned lag = 0; lag < 2; lag++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                (void)forced((enum aia_update)how);
                m.inbound_lag = m.store_lag = m.post_lag = lag ? M_NEVER : 0;
                t_at(k, true, raise_edge, NULL);
                assert_int_equal(try_move(q.irq, OLD, 1u << NEW), AIA_OK);
                more = t_at_done();
                t_check(&q);
                assert_int_equal(t.aia.updates[how], 1);
                m_raise(&q.dev);
                t_check(&q);
                assert_int_equal(q.hart, NEW);
                t_unfill(NEW);
                t_check_books();
            }
        }
}

/* ---- where aia_irq_set_affinity() would wait ---- */

/* As many vectors retire as may: refused, until one has been reclaimed. */
static void test_max_retiring(void **state)
{
    (void)state;
    requested(AIA_MSI_STORE);
    t.aia.config.max_retiring = 4;
    for (unsigned i = 0; i < 4; i++) {
        m.hart[1].hold = m.hart[2].hold = true;
        assert_int_equal(try_move(q.irq, 0, i % 2 ? 2 : 4), AIA_OK);
    }
    assert_int_equal(q.irq->n_retiring, 4);
    struct imsic_vector was = q.irq->vec;
    m.n_log = 0;
    assert_int_equal(try_move(q.irq, 0, 4), AIA_ECONTEXT);
    assert_memory_equal(&q.irq->vec, &was, sizeof(was));
    assert_int_equal(m.n_log, 0);
    m_run_others(); /* the reclaims were asked for by the moves */
    assert_int_equal(try_move(q.irq, 0, 4), AIA_OK);
    t_check_books();
}

/* No vector is free there. If some retire, the try asks for their reclaim, and the next try finds one. */
static void test_no_vector(void **state)
{
    (void)state;
    requested(AIA_MSI_STORE);
    t_irq(&other, AIA_MSI_STORE, 2);
    t_fill(2, 0);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_ENOVEC);
    assert_int_equal(try_move(other.irq, 0, 2), AIA_OK);
    m_run_others(); /* hart 2 sets its lazy timer */
    assert_int_equal(t.files[2].n_retiring, 1);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_ECONTEXT);
    assert_int_equal(q.irq->vec.hart, 1);
    m_run_others();
    assert_int_equal(try_move(q.irq, 0, 4), AIA_OK);
    assert_int_equal(q.irq->vec.hart, 2);
    t_unfill(2);
    t_check_books();
}

static void reclaim_there(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_UNLOCK || e->where != (uintptr_t)&q.irq->lock)
        return;
    m.hook = NULL;
    t_unfill(2);
}

/* A vector becomes free just after the try: the answer is "retry", and not that there is none. */
static void test_vector_comes(void **state)
{
    (void)state;
    requested(AIA_MSI_STORE);
    t_fill(2, 0);
    m.hook = reclaim_there;
    assert_int_equal(try_move(q.irq, 0, 4), AIA_ECONTEXT);
    assert_null(m.hook);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_OK);
}

/* Another hart waits for the IOMMU, with the interrupt's lock held: the try does not wait for the lock. */
static void test_lock_of_a_unit(void **state)
{
    (void)state;
    struct aia_irq *irq = with_wait();
    irq->lock.opaque[0] = 2; /* hart 1 */
    assert_int_equal(try_move(irq, 0, 4), AIA_ECONTEXT);
    irq->lock.opaque[0] = 0;
}

/* ---- other errors: as aia_irq_set_affinity() ---- */

static void test_errors(void **state)
{
    (void)state;
    requested(AIA_MSI_PLAIN);
    assert_int_equal(try_move(q.irq, 0, 8), AIA_ENOHART);
    assert_int_equal(t_offline(2, 0), AIA_OK);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_ENOHART);
    assert_int_equal(q.irq->vec.hart, 1);
    q.dev.mood = M_MUTE;
    assert_int_equal(try_move(q.irq, 0, 1), AIA_ESILENT);
    assert_int_equal(q.irq->vec.hart, 1);
    assert_true(aia_hartset_has(&q.irq->affinity, 1) && !aia_hartset_has(&q.irq->affinity, 0));
    q.dev.mood = M_WELL;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(try_move(q.irq, 0, 1), AIA_EINVAL);

    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, AIA_MSI_STORE);
    struct aia_request r = {.affinity = {{6}}, .managed = true};
    assert_int_equal(t_request_as(&q, r), AIA_OK);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_EINVAL);

    uint16_t ids[M_MAX_HARTS] = {63, 63, 63};
    t_prepare(3, ids);
    m.hart[2].msi_addr = t.files[2].msi_addr |= 1ull << 32;
    t_init();
    for (unsigned h = 3; h-- > 0;)
        t_online(h);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    assert_int_equal(try_move(q.irq, 0, 4), AIA_EADDRHI);
    assert_int_equal(try_move(q.irq, 0, 5), AIA_OK); /* hart 0 has the same upper half */
    assert_int_equal(q.irq->vec.hart, 0);
}

/* The interrupt is in the set already: only the affinity changes. Any member of a block will do. */
static void test_stays(void **state)
{
    const struct aia_hartset wide = {{7}};

    (void)state;
    struct aia_irq *irq = block();
    m.n_log = 0;
    assert_int_equal(try_move(&irq[5], 0, 7), AIA_OK);
    assert_int_equal(m.n_log, 0);
    assert_int_equal(irq->vec.hart, 1);
    assert_memory_equal(&irq->affinity, &wide, sizeof(wide));
    assert_int_equal(try_move(&irq[5], 0, 4), AIA_OK);
    assert_int_equal(irq->vec.hart, 2);
}

static int result;

/* In a handler, also in the interrupt's own. */
static void from_handler(struct t_irq *self)
{
    struct aia_hartset to = aia_hartset_one(2);

    self->during = NULL;
    result = aia_irq_try_affinity(&t.aia, self->irq, &to);
}

static void test_in_its_handler(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++) {
        (void)forced((enum aia_update)how);
        q.during = from_handler;
        result = -1;
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(result, AIA_OK);
        assert_int_equal(q.irq->vec.hart, 2);
        m_raise(&q.dev);
        t_check(&q);
        assert_int_equal(q.hart, 2);
        t_unfill(2);
        t_check_books();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),          cmocka_unit_test(test_edges),
        cmocka_unit_test(test_max_retiring),   cmocka_unit_test(test_no_vector),
        cmocka_unit_test(test_vector_comes),   cmocka_unit_test(test_lock_of_a_unit),
        cmocka_unit_test(test_errors),         cmocka_unit_test(test_stays),
        cmocka_unit_test(test_in_its_handler),
    };
    return T_RUN(tests);
}
