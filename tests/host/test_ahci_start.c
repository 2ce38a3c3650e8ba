/* SPDX-License-Identifier: BSD-2-Clause */
/* How the AHCI driver brings a controller up (payload/drivers/ahci.c): in its order, and every way in which that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ahci_model.h"

static struct disk *disk;

static int fresh(void **state)
{
    (void)state;
    am_reset();
    am.lively = true;
    return 0;
}

static int init(void)
{
    return function_start(&ahci_driver, 4000000, &disk);
}

static unsigned n_done;

static void done(struct disk_request *r)
{
    assert_int_equal(r->status, DISK_OK);
    n_done++;
}

static void reads(void)
{
    static _Alignas(DISK_BUFFER) uint64_t data[DISK_BUFFER / 8];
    static struct disk_request r = {.lba = 7, .buffer = data, .done = done};

    r.sectors = disk_max_sectors(disk);
    n_done = 0;
    data[0] = 0;
    assert_int_equal(disk->ops->submit(disk, 0, &r), DISK_OK);
    device_idle();
    assert_int_equal(n_done, 1);
    assert_int_equal(data[0], 7);
}

static void test_starts(void **state)
{
    static const uint32_t ports[] = {1, 4, 0x80000000, UINT32_MAX};

    for (unsigned i = 0; i < 4; i++) { /* all of 32 are a good answer, and not that of one that is gone */
        (void)fresh(state);
        am.ports = ports[i];
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(am.resets, 1);
        assert_int_equal(am.ghc, GHC_AHCI | GHC_INTERRUPTS);
        assert_int_equal(disk->sectors, AM_SECTORS);
        assert_int_equal(disk->ops->check(disk), DISK_OK);
        reads();
    }
}

/* What is no disk is passed over, and its port is off before the disk's goes on. */
static void test_not_the_first(void **state)
{
    static const uint32_t ports[] = {3, 5, 0x80000001, UINT32_MAX};

    for (unsigned i = 0; i < 4; i++) {
        (void)fresh(state);
        am.ports = ports[i];
        am.packet = true;
        assert_int_equal(init(), DISK_OK);
        reads();
    }
    (void)fresh(state);
    am.ports = 5;
    am.packet = true;
    am.sig = 0xeb140101;
    assert_int_equal(init(), DISK_ENODISK);
    assert_int_equal((am.cmd | am.packet_cmd) & (CMD_ST | CMD_FRE), 0);
}

static void test_sector_sizes(void **state)
{
    for (unsigned size = 512; size <= 4096; size *= 2) {
        (void)fresh(state);
        am.sector_size = size;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->sectors, AM_SECTORS);
        assert_int_equal(disk->sector_size, size);
        reads();
    }
    (void)fresh(state);
    am.sector_size = 8192;
    assert_int_equal(init(), DISK_EFEATURE);
}

static void test_hangs(void **state)
{
    static const struct {
        enum am_stuck hangs;
        bool never_stops, stays_busy;
        int error;
    } t[] = {{AM_STUCK_RESET, false, false, DISK_ERESET},
             {AM_STUCK_RECEIVING, false, false, DISK_ERESET},
             {AM_FINE, false, true, DISK_EREADY}};

    for (unsigned i = 0; i < 3; i++) {
        (void)fresh(state);
        am.hangs = t[i].hangs;
        am.stays_busy = t[i].stays_busy;
        assert_int_equal(init(), t[i].error);
    }
}

static void test_cannot_live_with(void **state)
{
    static const struct {
        uint32_t *field, value;
        int error;
    } bad[] = {
        {&am.ports, 0, DISK_ENODISK},
        {&am.ssts, 0x121, DISK_ENODISK},
        {&am.sig, 0xeb140101, DISK_ENODISK},
        {&am.cap, 31 << 8, DISK_EFEATURE}, /* 32-bit addresses: these are above */
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)fresh(state);
        *bad[i].field = bad[i].value;
        assert_int_equal(init(), bad[i].error);
    }
    (void)fresh(state);
    fn.bar_size = 0;
    assert_int_equal(init(), PCI_EBARBAD);
    (void)fresh(state);
    fn.bar_size = 0x180;
    am.ports = 2; /* which would be behind the end of its registers */
    assert_int_equal(init(), PCI_EBARBAD);
    (void)fresh(state);
    fn.msi_error = PCI_ENOCAP;
    assert_int_equal(init(), PCI_ENOCAP);
}

/* Fewer slots than 32: so many at once, and no more. */
static void test_few_slots(void **state)
{
    static struct disk_request r[5];
    static _Alignas(DISK_BUFFER) uint8_t data[5][DISK_BUFFER];

    (void)state;
    am.cap = CAP_64 | 3 << 8;
    assert_int_equal(init(), DISK_OK);
    n_done = 0;
    for (unsigned i = 0; i < 5; i++) {
        r[i] = (struct disk_request){.sectors = 1, .buffer = data[i], .done = done};
        assert_int_equal(disk->ops->submit(disk, 0, &r[i]), i < 4 ? DISK_OK : DISK_EFULL);
    }
    device_idle();
    assert_int_equal(n_done, 4);
    assert_int_equal(disk->depth, 4);
}

static void test_identify(void **state)
{
    (void)state;
    am.identify_fails = true;
    assert_int_equal(init(), DISK_ECOMMAND);
    (void)fresh(state);
    am.identify_garbled = true;
    assert_int_equal(init(), DISK_EIDENTIFY);
    (void)fresh(state);
    fn.lose = 1; /* nobody looks without an interrupt */
    assert_int_equal(init(), DISK_ETIMEOUT);
}

/* Gone at any of its accesses to a register. */
static void test_gone(void **state)
{
    unsigned after = 1;

    for (; fresh(state), fn.gone_after = after, init(); after++)
        assert_int_equal(disk->dead, DISK_EGONE);
    assert_true(after > 30);
    (void)fresh(state);
    assert_int_equal(init(), DISK_OK);
    fn.gone = true;
    assert_int_equal(disk->ops->check(disk), DISK_EGONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_not_the_first, fresh),
        cmocka_unit_test_setup(test_sector_sizes, fresh),
        cmocka_unit_test_setup(test_starts, fresh),
        cmocka_unit_test_setup(test_hangs, fresh),
        cmocka_unit_test_setup(test_cannot_live_with, fresh),
        cmocka_unit_test_setup(test_few_slots, fresh),
        cmocka_unit_test_setup(test_identify, fresh),
        cmocka_unit_test_setup(test_gone, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
