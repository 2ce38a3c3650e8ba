/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace: the rings, and readers that run between a writer's accesses. */
#include <string.h>

#include "fixture.h"

#define N 8 /* records in a ring */

static struct aia_trace_record records[2][N];
static struct aia_trace_ring rings[2];
static uint64_t written; /* records that put() wrote to hart 0's ring */

static void prepare(unsigned harts)
{
    static const uint16_t ids[] = {63, 63};

    model_atomic_hook = NULL;
    memset(records, 0, sizeof(records));
    memset(rings, 0, sizeof(rings));
    for (unsigned h = 0; h < 2; h++) {
        rings[h].records = records[h];
        rings[h].n_records = N;
    }
    t_prepare(harts, ids);
    t.config.trace = rings;
    written = 0;
}

static void begin(unsigned harts)
{
    prepare(harts);
    t_init();
    for (unsigned h = 0; h < harts; h++)
        t_online(h);
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
    for (unsigned h = 0; h < harts; h++) { /* without the records of going online */
        atomic_store(&rings[h].next, 1);
        memset(records[h], 0, sizeof(records[h]));
    }
}

/* Write record number k of hart 0: each of its fields is computed from k. */
static void put(void)
{
    uint64_t k = ++written;

    aia_trace(&t.aia, (enum aia_event)(1 + k % (AIA_N_EVENTS - 1)), &t.irqs[k % T_IRQS],
              (struct imsic_vector){(uint16_t)k, (uint16_t)~k}, k * 0x9e3779b97f4a7c15);
}

static uint64_t whole(const struct aia_trace_entry *e)
{
    uint64_t k = e->arg * 0xf1de83e19937733d; /* the inverse */

    assert_int_equal(e->event, 1 + k % (AIA_N_EVENTS - 1));
    assert_int_equal(e->irq, k % T_IRQS);
    assert_int_equal(e->vec.hart, (uint16_t)k);
    assert_int_equal(e->vec.id, (uint16_t)~k);
    return k;
}

static void test_off(void **state)
{
    struct aia_trace_reader r;
    struct aia_trace_entry e;

    (void)state;
    begin(1);
    aia_trace_off(&t.aia);
    put();
    aia_trace_seek(&t.aia, &r, 0, N);
    assert_false(aia_trace_read(&t.aia, &r, &e));
    assert_int_equal(atomic_load(&rings[0].next), 1);
    assert_int_equal(aia_trace_on(&t.aia), AIA_OK);
    put();
    assert_true(aia_trace_read(&t.aia, &r, &e));
    assert_int_equal(whole(&e), 2);
    assert_int_equal(r.dropped, 0);
    assert_true(m.hart[0].irqs_on);
}

/* Without rings there is no trace; an invalid ring is refused. */
static void test_config(void **state)
{
    struct aia_trace_reader r;
    struct aia_trace_entry e;

    (void)state;
    t_machine(1, 63);
    assert_int_equal(aia_trace_on(&t.aia), AIA_EINVAL);
    put();
    aia_trace_seek(&t.aia, &r, 0, 1);
    assert_false(aia_trace_read(&t.aia, &r, &e));
    for (unsigned n = 0; n <= 9; n++) {
        prepare(2);
        rings[1].n_records = n;
        assert_int_equal(aia_init(&t.aia, &t.config), n == 2 || n == 4 || n == 8 ? AIA_OK : AIA_EINVAL);
    }
    prepare(2);
    rings[1].records = NULL;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
    begin(2);
    aia_trace_seek(&t.aia, &r, 2, N); /* there is no such hart */
    assert_false(aia_trace_read(&t.aia, &r, &e));
}

static void test_fields(void **state)
{
    struct aia_trace_reader r;
    struct aia_trace_entry e;

    (void)state;
    begin(1);
    m.now = 0x123456789abcdef0;
    aia_trace(&t.aia, AIA_EVENT_LATE, NULL, (struct imsic_vector){0xffff, 2047}, UINT64_MAX);
    aia_trace(&t.aia, AIA_EVENT_CLAIM, &t.irqs[T_IRQS - 1], (struct imsic_vector){0, 0}, 0);
    aia_trace_seek(&t.aia, &r, 0, 2);
    assert_true(aia_trace_read(&t.aia, &r, &e));
    assert_int_equal(e.time, 0x123456789abcdef0);
    assert_int_equal(e.event, AIA_EVENT_LATE);
    assert_int_equal(e.irq, AIA_TRACE_NO_IRQ);
    assert_int_equal(e.vec.hart, 0xffff);
    assert_int_equal(e.vec.id, 2047);
    assert_int_equal(e.arg, UINT64_MAX);
    assert_true(aia_trace_read(&t.aia, &r, &e));
    assert_int_equal(e.irq, T_IRQS - 1);
    assert_int_equal(e.vec.hart, 0);
    assert_int_equal(e.arg, 0);
}

/* Each hart writes to its own ring. */
static void test_harts(void **state)
{
    struct aia_trace_reader r;
    struct aia_trace_entry e;

    (void)state;
    begin(2);
    m_on(1);
    put();
    m_on(0);
    aia_trace_seek(&t.aia, &r, 0, N);
    assert_false(aia_trace_read(&t.aia, &r, &e));
    aia_trace_seek(&t.aia, &r, 1, N);
    assert_true(aia_trace_read(&t.aia, &r, &e));
    assert_int_equal(whole(&e), 1);
}

/* A ring that was full and has wrapped: the newest records are there, and the number of lost records is known. */
static void test_wrap(void **state)
{
    (void)state;
    for (uint64_t n = 0; n <= 3 * N + 1; n++) {
        struct aia_trace_reader r, late;
        struct aia_trace_entry e;

        begin(1);
        aia_trace_seek(&t.aia, &r, 0, N);
        for (uint64_t k = 0; k < n; k++)
            put();
        uint64_t lost = n > N ? n - N : 0;
        for (uint64_t k = lost + 1; k <= n; k++) {
            assert_true(aia_trace_read(&t.aia, &r, &e));
            assert_int_equal(whole(&e), k);
        }
        assert_false(aia_trace_read(&t.aia, &r, &e));
        assert_int_equal(r.dropped, lost);
        assert_int_equal(r.next, n + 1);

        aia_trace_seek(&t.aia, &late, 0, 3);
        for (uint64_t k = n > 3 ? n - 2 : 1; k <= n; k++) {
            assert_true(aia_trace_read(&t.aia, &late, &e));
            assert_int_equal(whole(&e), k);
        }
        assert_int_equal(late.dropped, 0);
    }
}

/* ---- the writer runs between two accesses of a reader, and the other way round ---- */

static unsigned countdown, burst;

static void write_between(const volatile void *p, _Bool write)
{
    (void)p;
    (void)write;
    if (countdown-- != 0)
        return;
    model_atomic_hook = NULL;
    for (unsigned i = 0; i < burst; i++)
        put();
}

static void test_overtaken(void **state)
{
    (void)state;
    for (unsigned before = 1; before <= 2 * N; before++)
        for (unsigned at = 0; at < 12; at++)
            for (burst = 1; burst <= 2 * N + 1; burst++) {
                struct aia_trace_reader r;
                struct aia_trace_entry e;
                uint64_t read = 0, last = 0;

                begin(1);
                aia_trace_seek(&t.aia, &r, 0, N);
                for (unsigned i = 0; i < before; i++)
                    put();
                countdown = at;
                model_atomic_hook = write_between;
                for (unsigned tries = 0; tries < 5 * N; tries++) {
                    if (!aia_trace_read(&t.aia, &r, &e))
                        continue;
                    uint64_t k = whole(&e);
                    assert_true(k > last);
                    last = k;
                    read++;
                }
                model_atomic_hook = NULL;
                assert_int_equal(last, written);
                assert_int_equal(read + r.dropped, written);
                assert_true(read >= N || read == written);
            }
}

static struct aia_trace_reader between;
static uint64_t seen;
static bool reading;

static void read_between(const volatile void *p, _Bool write)
{
    struct aia_trace_entry e;

    (void)p;
    (void)write;
    if (reading)
        return;
    reading = true;
    while (aia_trace_read(&t.aia, &between, &e)) {
        assert_int_equal(whole(&e), seen + 1);
        seen++;
    }
    reading = false;
}

static void test_half_written(void **state)
{
    (void)state;
    begin(1);
    aia_trace_seek(&t.aia, &between, 0, N);
    seen = 0;
    model_atomic_hook = read_between;
    for (unsigned i = 0; i < 5 * N; i++)
        put();
    model_atomic_hook = NULL;
    assert_int_equal(between.dropped, 0);
    assert_true(seen >= 5 * N - 1); /* all but the last, which no later record completes */
}

/* Write n records from number `first` on; the first of them is unfinished. */
static struct aia_trace_reader unfinished(aia_word first, unsigned n)
{
    begin(1);
    atomic_store(&rings[0].next, first);
    for (unsigned i = 0; i < n; i++)
        put();
    atomic_store(&records[0][first % N].stamp[0], 0);
    return (struct aia_trace_reader){.hart = 0, .next = first};
}

/* The numbers wrap, on RV32 after 2^32 events: a reader waits for an unfinished record, but not without end. */
static void test_numbers_wrap(void **state)
{
    struct aia_trace_entry e;

    (void)state;
    for (aia_word first = (aia_word)-N; first != 2; first++) {
        if (first == 0)
            continue; /* a stamp of 0 has a meaning of its own */
        struct aia_trace_reader r = unfinished(first, 2);
        assert_false(aia_trace_read(&t.aia, &r, &e));
        assert_int_equal(r.dropped, 0);
        r = unfinished(first, N - 1);
        for (uint64_t k = 2; k < N; k++) {
            assert_true(aia_trace_read(&t.aia, &r, &e));
            assert_int_equal(whole(&e), k);
        }
        assert_false(aia_trace_read(&t.aia, &r, &e));
        assert_int_equal(r.dropped, 1);
    }
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned e = 1; e < AIA_N_EVENTS; e++) {
        assert_string_not_equal(aia_event_name(e), "unknown");
        for (unsigned f = 1; f < e; f++)
            assert_string_not_equal(aia_event_name(e), aia_event_name(f));
    }
    assert_string_equal(aia_event_name(0), "unknown");
    assert_string_equal(aia_event_name(AIA_N_EVENTS), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off),          cmocka_unit_test(test_config),
        cmocka_unit_test(test_fields),       cmocka_unit_test(test_harts),
        cmocka_unit_test(test_wrap),         cmocka_unit_test(test_overtaken),
        cmocka_unit_test(test_half_written), cmocka_unit_test(test_numbers_wrap),
        cmocka_unit_test(test_names),
    };
    return T_RUN(tests);
}
