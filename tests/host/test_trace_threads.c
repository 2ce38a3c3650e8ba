/* SPDX-License-Identifier: BSD-2-Clause */
/* One thread writes a ring as fast as it can while others read: no record is a mix of two, and no lost record is uncounted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>

#include <aia/aia.h>

#define N       64
#define RECORDS 400000u
#define READERS 3

static struct aia_trace_record records[N];
static struct aia_trace_ring ring = {.next = 1, .mask = N - 1, .records = records, .n_records = N};
static struct aia_hart hart;
static struct aia aia = {.config = {.n_harts = 1, .harts = &hart, .trace = &ring}};
static _Atomic int done;

/* ---- what lib/trace.c needs ---- */

static _Thread_local uint64_t now;

uint64_t model_time(void);
uint64_t model_time(void)
{
    return now;
}

unsigned aia_port_hart(void)
{
    return 0;
}

/* ---- */

static void *writer(void *arg)
{
    (void)arg;
    for (now = 1; now <= RECORDS; now++)
        aia_trace(&aia, (enum aia_event)(now % AIA_N_EVENTS), NULL,
                  (struct imsic_vector){(uint16_t)now, (uint16_t)(now >> 16)}, ~now);
    atomic_store(&done, 1);
    return NULL;
}

struct reader {
    struct aia_trace_reader at;
    uint64_t read, wrong;
};

static void *reader(void *arg)
{
    struct reader *r = arg;
    struct aia_trace_entry e;
    uint64_t last = 0;
    int was_done;

    do { /* once more after the end, for the remaining records */
        was_done = atomic_load(&done);
        while (aia_trace_read(&aia, &r->at, &e)) {
            r->read++;
            r->wrong += e.time <= last || e.arg != ~e.time || e.event != e.time % AIA_N_EVENTS ||
                        e.vec.hart != (uint16_t)e.time || e.vec.id != (uint16_t)(e.time >> 16) ||
                        e.irq != AIA_TRACE_NO_IRQ;
            last = e.time;
        }
    } while (!was_done);
    return NULL;
}

static void test_threads(void **state)
{
    struct reader readers[READERS] = {0};
    pthread_t threads[READERS + 1];

    (void)state;
    assert_int_equal(aia_trace_on(&aia), AIA_OK);
    for (unsigned i = 0; i < READERS; i++) {
        aia_trace_seek(&aia, &readers[i].at, 0, N);
        assert_int_equal(pthread_create(&threads[i], NULL, reader, &readers[i]), 0);
    }
    assert_int_equal(pthread_create(&threads[READERS], NULL, writer, NULL), 0);
    for (unsigned i = 0; i <= READERS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (unsigned i = 0; i < READERS; i++) {
        assert_int_equal(readers[i].wrong, 0);
        assert_int_equal(readers[i].read + readers[i].at.dropped, RECORDS);
        assert_true(readers[i].read >= N);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
