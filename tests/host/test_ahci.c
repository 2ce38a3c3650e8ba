/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AHCI's slots and error recovery (payload/drivers/ahci_slots.c) on a model of a port: one bad command among good ones,
 * which QEMU 10.0.2 does not survive; commands executed in any order, late completions, a port that does not stop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ahci_model.h"

/* ---- the bench ---- */

#define N DISK_DEPTH

static struct ahci_memory memory;
static struct ahci ahci;
static struct disk_request requests[N];
static uint64_t data[N][DISK_BUFFER / 8];
static unsigned ends[N];

static void done(struct disk_request *r)
{
    assert_int_equal(ahci.lock.opaque[0], 0);
    ends[r - requests]++;
}

static void fresh(void)
{
    am_reset();
    am.list = (uintptr_t)memory.headers;
    ahci = (struct ahci){.regs = FUNCTION_REGS,
                         .port = FUNCTION_REGS + PORT(0),
                         .memory = &memory,
                         .n_slots = N,
                         .disk.sector_size = 512};
    memset(ends, 0, sizeof(ends));
}

static int submit(unsigned i)
{
    requests[i] = (struct disk_request){.lba = i, .sectors = 1 + i % 8, .buffer = data[i], .done = done};
    data[i][0] = UINT64_MAX;
    return ahci_ops_.submit(&ahci.disk, 0, &requests[i]);
}

static void submit_all(void)
{
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(submit(i), DISK_OK);
}

static unsigned ended(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < N; i++)
        n += ends[i] != 0;
    return n;
}

static void take_message(void)
{
    if (!am.messages)
        return;
    am.messages--;
    (void)ahci_handler_(&ahci, NULL);
}

/* Run the port until it has no more work. Messages are handled after each command, or if `late` after the port has stopped. */
static int run(bool late)
{
    for (unsigned turn = 0; turn < 10 * N; turn++) {
        while (am_work())
            if (!late)
                take_message();
        take_message();
        int error = ahci_ops_.service(&ahci.disk);
        if (error)
            return error;
    }
    return DISK_OK;
}

/* Check that each read has ended once, the bad ones by name and the others with their data, and that new ones are taken. */
static void check_ends(uint64_t bad)
{
    for (unsigned i = 0; i < N; i++) {
        bool failed = bad >> i & 1;
        assert_int_equal(ends[i], 1);
        assert_int_equal(requests[i].status, failed ? DISK_ESTATUS : DISK_OK);
        assert_int_equal(requests[i].detail, failed ? AM_TFD_ERR : 0);
        assert_int_equal(data[i][0], failed ? UINT64_MAX : i);
    }
    assert_int_equal(ahci.busy | ahci.issued | am.ci, 0);
}

static void reads_with(uint64_t bad, unsigned variant)
{
    fresh();
    am.forgets = variant & 1;
    am.any_order = variant & 2;
    am.random.state = bad + 1;
    am.bad = bad;
    submit_all();
    assert_int_equal(run(variant & 4), DISK_OK);
    check_ends(bad);
    am.bad = 0;
    memset(ends, 0, sizeof(ends));
    submit_all();
    assert_int_equal(run(variant & 4), DISK_OK);
    check_ends(0);
}

/* ---- tests ---- */

static void test_one_bad(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 8; variant++)
        for (unsigned i = 0; i < N; i++)
            reads_with(1ull << i, variant);
}

static void test_several_bad(void **state)
{
    struct random r = {7};

    (void)state;
    for (unsigned variant = 0; variant < 8; variant++) {
        reads_with(0, variant);
        reads_with(UINT32_MAX, variant);
        for (unsigned i = 0; i < 200; i++)
            reads_with((uint32_t)random_next(&r) & (uint32_t)random_next(&r), variant);
    }
}

/* During a recovery the port takes no command; the commands that it has keep their places. */
static void test_full_while_it_recovers(void **state)
{
    (void)state;
    fresh();
    am.bad = 2;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(submit(i), DISK_OK);
    while (am_work())
        ;
    take_message();
    assert_int_equal(ended(), 1);
    assert_int_equal(submit(4), DISK_EFULL);
    assert_int_equal(ahci_ops_.service(&ahci.disk), DISK_OK);
    assert_int_equal(submit(4), DISK_EFULL); /* three commands are issued again, one by one */
    assert_int_equal(__builtin_popcount(am.ci), 1);
    am.global = 1; /* an interrupt without a cause does not issue another */
    (void)ahci_handler_(&ahci, NULL);
    assert_int_equal(__builtin_popcount(am.ci), 1);
    assert_int_equal(run(false), DISK_OK);
    assert_int_equal(ended(), 4);
    assert_int_equal(submit(4), DISK_OK);
}

static void test_short(void **state)
{
    (void)state;
    fresh();
    am.short_of = 512;
    submit_all();
    assert_int_equal(run(false), DISK_OK);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(requests[i].status, DISK_ESHORT);
}

static void test_recovery_that_hangs(void **state)
{
    (void)state;
    fresh();
    am.bad = 1;
    am.never_stops = true;
    submit_all();
    assert_int_equal(run(false), DISK_ERESET);
    fresh();
    am.bad = 1;
    am.stays_busy = true;
    submit_all();
    assert_int_equal(run(false), DISK_EREADY);
    fresh();
    am.bad = 1;
    am.stops_after = 400; /* late, but in time */
    submit_all();
    assert_int_equal(run(false), DISK_OK);
    check_ends(1);
}

/* A bit of IS that cannot be cleared must not keep the handler in a loop. */
static void test_stuck(void **state)
{
    (void)state;
    fresh();
    am.stuck = 2;
    submit_all();
    assert_int_equal(run(false), DISK_EFATAL);
    assert_int_equal(am.ghc & GHC_INTERRUPTS, 0);
}

/* The controller is gone with commands under way, also in the middle of a recovery: each is returned once. */
static void test_gone(void **state)
{
    (void)state;
    for (unsigned broken = 0; broken <= 1; broken++) {
        struct disk_request *list[N];
        unsigned n = 0, k;

        fresh();
        am.bad = broken ? 1 : 0;
        submit_all();
        if (broken) {
            (void)am_work();
            take_message();
        }
        fn.gone = true;
        assert_int_equal(ahci_handler_(&ahci, NULL), AIA_HANDLED);
        assert_int_equal(ahci_ops_.check(&ahci.disk), DISK_EGONE);
        assert_int_equal(ahci_ops_.unseen(&ahci.disk), 0);
        assert_int_equal(ahci_ops_.service(&ahci.disk), broken ? DISK_EGONE : DISK_OK);
        atomic_store(&ahci.disk.dead, DISK_EGONE);
        assert_int_equal(submit(0), DISK_EGONE);
        while ((k = ahci_ops_.orphans(&ahci.disk, list + n, 5)) != 0)
            n += k;
        assert_int_equal(n, N);
        assert_int_equal(ended(), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_bad),
        cmocka_unit_test(test_several_bad),
        cmocka_unit_test(test_full_while_it_recovers),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_recovery_that_hangs),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
