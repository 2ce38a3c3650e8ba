/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's trace compared with the library's counters: one event for each thing that was counted. */
#include <string.h>

#include "imsic/file.h"
#include "iommu_bench.h"
#include "wires.h"

#define HARTS 3
#define N     (1u << 16)

static struct aia_trace_record records[HARTS][N];
static struct aia_trace_ring rings[HARTS];
static struct t_irq q[4];

static void begin(void)
{
    static const uint16_t ids[HARTS] = {63, 63, 63};

    memset(records, 0, sizeof(records));
    memset(rings, 0, sizeof(rings));
    t_prepare(HARTS, ids);
    for (unsigned h = 0; h < HARTS; h++) {
        rings[h].records = records[h];
        rings[h].n_records = N;
    }
    t.config.trace = rings;
    t_init();
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
    for (unsigned h = HARTS; h-- > 0;)
        t_online(h);
}

/* Call fn for each record, in the order of each hart. */
static void each(void (*fn)(unsigned hart, const struct aia_trace_entry *e))
{
    struct aia_trace_reader r;
    struct aia_trace_entry e;

    for (unsigned h = 0; h < HARTS; h++) {
        for (aia_trace_seek(&t.aia, &r, h, N); aia_trace_read(&t.aia, &r, &e);)
            fn(h, &e);
        assert_int_equal(r.dropped, 0);
        assert_int_equal(r.next, atomic_load(&rings[h].next));
        assert_true(r.next < N);
    }
}

static uint64_t events[AIA_N_EVENTS], owned, caught, pending, moved, updates[AIA_N_UPDATES];
static unsigned states[HARTS];
static bool inside[T_IRQS];

static void tally(unsigned hart, const struct aia_trace_entry *e)
{
    events[e->event]++;
    owned += e->event == AIA_EVENT_CLAIM && e->arg == IMSIC_OWNED;
    caught += e->event == AIA_EVENT_CLAIM && e->arg == IMSIC_RETIRING;
    pending += e->event == AIA_EVENT_RECLAIM && e->arg;
    moved += e->event == AIA_EVENT_MOVED && !e->arg;
    if (e->event == AIA_EVENT_MESSAGE)
        updates[e->arg]++;
    if (e->event == AIA_EVENT_HART)
        states[e->vec.hart] = (unsigned)e->arg;
    if (e->event == AIA_EVENT_BEGIN || e->event == AIA_EVENT_END) {
        assert_int_equal(inside[e->irq], e->event == AIA_EVENT_END);
        inside[e->irq] = !inside[e->irq];
    }
    if (e->event == AIA_EVENT_CLAIM || e->event == AIA_EVENT_RECLAIM || e->event == AIA_EVENT_UNOWNED ||
        e->event == AIA_EVENT_IPI_TAKEN)
        assert_int_equal(e->vec.hart, hart);
}

static uint64_t of_harts(size_t counter)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < HARTS; h++)
        n += *(uint64_t *)((char *)&t.harts[h] + counter);
    return n;
}

static uint64_t of_irqs(size_t counter)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < T_IRQS; i++)
        n += *(uint64_t *)((char *)&t.irqs[i] + counter);
    return n;
}

#define OF_HARTS(field) of_harts(offsetof(struct aia_hart, field))
#define OF_IRQS(field)  of_irqs(offsetof(struct aia_irq, count.field))

static void compare(void)
{
    uint64_t runs = 0, retiring = 0;

    m_settle();
    m_pass(T_FOREVER);
    memset(events, 0, sizeof(events));
    memset(updates, 0, sizeof(updates));
    owned = caught = pending = moved = 0;
    each(tally);
    for (unsigned i = 0; i < T_IRQS * HARTS; i++)
        runs += t.runs[i];
    for (unsigned i = 0; i < T_IRQS; i++)
        retiring += t.irqs[i].n_retiring;
    assert_int_equal(owned, OF_HARTS(handled));
    assert_int_equal(caught + pending, OF_HARTS(forwarded));
    assert_int_equal(events[AIA_EVENT_FORWARD], OF_IRQS(forwarded));
    assert_int_equal(events[AIA_EVENT_BEGIN], runs);
    assert_int_equal(events[AIA_EVENT_END], runs);
    assert_int_equal(events[AIA_EVENT_RECLAIM], OF_HARTS(reclaimed));
    assert_int_equal(events[AIA_EVENT_RETIRE], OF_HARTS(reclaimed) + retiring);
    assert_int_equal(moved, OF_IRQS(moves));
    assert_int_equal(events[AIA_EVENT_MOVE], events[AIA_EVENT_MOVED]);
    for (unsigned u = 0; u < AIA_N_UPDATES && moved == events[AIA_EVENT_MOVED]; u++)
        assert_int_equal(updates[u], t.aia.updates[u]);
    assert_int_equal(events[AIA_EVENT_RESEND], OF_IRQS(resent) + t.aia.torn_copies);
    assert_int_equal(events[AIA_EVENT_UNOWNED], OF_HARTS(unowned));
    assert_int_equal(events[AIA_EVENT_LATE], OF_HARTS(late));
    assert_int_equal(events[AIA_EVENT_IPI_TAKEN], OF_HARTS(ipis_taken));
    assert_int_equal(events[AIA_EVENT_STORM],
                     t_reported(AIA_REPORT_STORM_IRQ) + t_reported(AIA_REPORT_STORM_UNOWNED));
    assert_int_equal(events[AIA_EVENT_DEAD], t_reported(AIA_REPORT_DEAD));
    for (unsigned h = 0; h < HARTS; h++)
        assert_int_equal(states[h], t.harts[h].state);
}

/* Each kind of move, with an edge before each of its accesses. */
static void raise_it(void *arg)
{
    m_raise(arg);
}

static void test_moves(void **state)
{
    (void)state;
    for (unsigned how = 0; how < AIA_N_UPDATES; how++)
        for (unsigned long k = 0, more = 1; more; k++) {
            begin();
            t_force((enum aia_update)how, &q[0], &q[1], 0, 1);
            t_at(k, false, raise_it, &q[0].dev);
            assert_int_equal(t_move(&q[0], 1), AIA_OK);
            more = t_at_done();
            t_unfill(1);
            assert_int_equal(t_move(&q[0], 2), AIA_OK);
            compare();
            assert_int_equal(events[AIA_EVENT_MOVE], 2);
            assert_int_equal(events[AIA_EVENT_START], 2);
        }
}

/* A move that fails ends where it began, and has an event too. */
static struct aia_trace_entry last_moved;

static void keep_moved(unsigned hart, const struct aia_trace_entry *e)
{
    (void)hart;
    if (e->event == AIA_EVENT_MOVED)
        last_moved = *e;
}

static void test_failed_move(void **state)
{
    (void)state;
    begin();
    t_irq(&q[0], AIA_MSI_PLAIN, 0);
    q[0].dev.mood = M_MUTE;
    assert_int_equal(t_move(&q[0], 1), AIA_ESILENT);
    each(keep_moved);
    assert_int_equal(last_moved.arg, -AIA_ESILENT);
    assert_int_equal(last_moved.vec.hart, 0);
    assert_int_equal(last_moved.vec.id, q[0].irq->vec.id);
}

/* All operations in random order, a few thousand times. */
static void step(uint64_t *seed)
{
    struct t_irq *x = &q[t_random(seed) % 4];
    unsigned hart = (unsigned)(t_random(seed) % HARTS);

    switch (t_random(seed) % 8) {
    case 0:
    case 1:
        m_raise(&x->dev);
        break;
    case 2:
    case 3:
        if (!m.hart[hart].stopped && x->irq->vec.hart != hart)
            assert_int_equal(t_move(x, hart), AIA_OK);
        break;
    case 4:
        aia_irq_disable(&t.aia, x->irq);
        break;
    case 5:
        aia_irq_enable(&t.aia, x->irq);
        break;
    case 6:
        if (hart && !m.hart[hart].stopped)
            assert_int_equal(t_offline(hart, 0), AIA_OK);
        else if (hart)
            (void)t_online_again(hart, 0);
        break;
    default:
        m_settle();
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        uint64_t r = seed;

        begin();
        for (unsigned i = 0; i < 4; i++)
            t_irq(&q[i], i == 1 ? AIA_MSI_MASKABLE : i == 2 ? AIA_MSI_STORE : AIA_MSI_PLAIN, i % HARTS);
        for (unsigned i = 0; i < 300; i++)
            step(&r);
        compare();
        assert_true(events[AIA_EVENT_NOTED] && events[AIA_EVENT_RESEND] && events[AIA_EVENT_IPI]);
        assert_true(events[AIA_EVENT_DISABLE] && events[AIA_EVENT_ENABLE]);
    }
}

static void test_storms(void **state)
{
    (void)state;
    begin();
    t_irq(&q[0], AIA_MSI_PLAIN, 1);
    q[0].deny = true;
    for (unsigned i = 0; i < T_STORM + 10; i++) {
        m_raise(&q[0].dev);
        imsic_send(&t.aia.imsic, (struct imsic_vector){2, 50});
        m_settle();
    }
    compare();
    assert_int_equal(events[AIA_EVENT_STORM], 2);
    assert_true(events[AIA_EVENT_UNOWNED] > T_STORM);
}

/* An edge to an offline hart; and a quarantined vector. */
static void test_late(void **state)
{
    (void)state;
    begin();
    t_irq(&q[0], AIA_MSI_PLAIN, 0);
    assert_int_equal(t_offline(2, 0), AIA_OK);
    imsic_send(&t.aia.imsic, (struct imsic_vector){2, 50});
    assert_int_equal(t_online_again(2, 0), 1);
    assert_int_equal(aia_irq_free(&t.aia, q[0].irq), AIA_OK);
    compare();
    assert_int_equal(events[AIA_EVENT_LATE], 1);
    assert_int_equal(events[AIA_EVENT_STOP], 1);
}

/* An unowned edge that a leaving hart finds in its last sweep. */
static void test_swept(void **state)
{
    (void)state;
    begin();
    m.hart[2].hold = true;
    imsic_send(&t.aia.imsic, (struct imsic_vector){2, 50});
    assert_int_equal(aia_hart_offline_begin(&t.aia, 2), AIA_OK);
    m_on(2);
    m.hart[2].irqs_on = false;
    m.hart[2].hold = false;
    m_on(0);
    assert_int_equal(t_offline_finish(2, 0), AIA_OK);
    compare();
    assert_int_equal(events[AIA_EVENT_UNOWNED], 1);
}

/* A device whose read-back proves nothing; and a device whose torn message is undone. */
static void test_resent(void **state)
{
    (void)state;
    begin();
    t_irq(&q[0], AIA_MSI_PLAIN, 0);
    q[0].dev.msi.posted_limit = 100;
    assert_int_equal(t_move(&q[0], 1), AIA_OK);
    compare();
    assert_int_equal(events[AIA_EVENT_RESEND], 1);

    begin();
    t_force(AIA_UPDATE_TORN, &q[0], &q[1], 0, 1);
    q[0].dev.mood = M_MUTE;
    assert_int_equal(t_move(&q[0], 1), AIA_ESILENT);
    compare();
    assert_int_equal(events[AIA_EVENT_MESSAGE], 2); /* the change and its undoing */
    assert_int_equal(events[AIA_EVENT_RESEND], t.aia.torn_copies);
    assert_true(events[AIA_EVENT_RESEND] > 0);
}

/* A device on a slow bus, which at last does not answer. */
static void test_slow(void **state)
{
    (void)state;
    begin();
    memset(&q[0], 0, sizeof(q[0]));
    m_slow_init(&q[0].dev);
    assert_int_equal(t_request_as(&q[0], (struct aia_request){.affinity = {{7}}}), AIA_OK);
    assert_int_equal(t_move(&q[0], (q[0].irq->vec.hart + 1u) % HARTS), AIA_OK);
    compare();
    assert_int_equal(moved, 1);
    q[0].dev.bus.silent = true;
    assert_int_equal(t_move(&q[0], (q[0].irq->vec.hart + 1u) % HARTS), AIA_ESILENT);
    compare();
    assert_int_equal(events[AIA_EVENT_DEAD], 1);
    assert_int_equal(events[AIA_EVENT_MOVED], 2);
    assert_int_equal(moved, 1);
}

/* Lines that an APLIC delivers directly. */
static void test_direct(void **state)
{
    static struct wire w;

    (void)state;
    begin();
    w_direct_machine(HARTS, HARTS, 0);
    t.aia.config.trace = rings;
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
    w_irq(&w, 9, APLIC_EDGE_RISE, 1);
    for (unsigned i = 0; i < 3; i++) {
        w_edge(&w);
        w_check(&w);
    }
    assert_int_equal(w_move(&w, 2), AIA_OK);
    w_edge(&w);
    w_check(&w);
    am_write(&w_model, 10 * 4, APLIC_LEVEL_HIGH); /* a source that no interrupt owns */
    am_write(&w_model, 0x3000 + 10 * 4, 1u << 18 | 1);
    am_write(&w_model, 0x1edc, 10);
    am_wire(&w_model, 10, true);
    m_settle();
    memset(events, 0, sizeof(events));
    owned = moved = 0;
    each(tally);
    assert_int_equal(owned, 4);
    assert_int_equal(events[AIA_EVENT_BEGIN], 4);
    assert_int_equal(moved, 1);
    assert_int_equal(events[AIA_EVENT_UNOWNED], 1);
}

/* An edge that was parked while no hart of its set was online. */
static void test_parked(void **state)
{
    static struct b_irq b;

    (void)state;
    begin();
    b_machine(HARTS);
    b_up();
    t.aia.config.trace = rings;
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
    m_dev_init(&b.q.dev, AIA_MSI_PLAIN);
    assert_int_equal(aia_iommu_attach(&b_unit, &b.device, 8, AIA_IOMMU_TRANSLATED, 1), AIA_OK);
    i_behind(8, b.device.window);
    assert_int_equal(aia_iommu_msi_init(&b.msi, &b.device, 0, AIA_IOMMU_NOTICE, &b.q.dev.msi), AIA_OK);
    struct aia_request r = {.affinity = aia_hartset_one(1), .msi = &b.msi.msi, .managed = true};
    assert_int_equal(t_request_as(&b.q, r), AIA_OK);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    m_raise(&b.q.dev);
    assert_int_equal(t_online_again(1, 0), AIA_OK);
    assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_STAY), AIA_OK);
    t_check(&b.q);
    memset(events, 0, sizeof(events));
    each(tally);
    assert_int_equal(events[AIA_EVENT_START], 2);
    assert_int_equal(events[AIA_EVENT_STOP], 1);
    assert_int_equal(events[AIA_EVENT_RESEND], 1);
}

/* A leaving hart enters its states in order. */
static unsigned passed[16], n_passed;

static void keep_states(unsigned hart, const struct aia_trace_entry *e)
{
    (void)hart;
    if (e->event == AIA_EVENT_HART && e->vec.hart == 2 && n_passed < 16)
        passed[n_passed++] = (unsigned)e->arg;
}

static void test_hart_states(void **state)
{
    static const unsigned by_hart_0[] = {AIA_HART_CLOSED, AIA_HART_EVACUATED};
    static const unsigned by_itself[] = {AIA_HART_ONLINE, AIA_HART_FORCED,  AIA_HART_QUIET,
                                         AIA_HART_SWEPT,  AIA_HART_OFFLINE, AIA_HART_ONLINE};

    (void)state;
    begin();
    assert_int_equal(t_offline(2, 0), AIA_OK);
    assert_int_equal(t_online_again(2, 0), 0);
    n_passed = 0;
    each(keep_states);
    assert_int_equal(n_passed, 8);
    assert_memory_equal(passed, by_hart_0, sizeof(by_hart_0));
    assert_memory_equal(passed + 2, by_itself, sizeof(by_itself));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),  cmocka_unit_test(test_failed_move), cmocka_unit_test(test_random),
        cmocka_unit_test(test_storms), cmocka_unit_test(test_late),        cmocka_unit_test(test_hart_states),
        cmocka_unit_test(test_swept),  cmocka_unit_test(test_resent),      cmocka_unit_test(test_slow),
        cmocka_unit_test(test_direct), cmocka_unit_test(test_parked),
    };
    return T_RUN(tests);
}
