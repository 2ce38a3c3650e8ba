/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the AHCI driver starts a controller (payload/drivers/ahci.c): the order of its steps, and every way in which a step
 * fails. And right and wrong answers to IDENTIFY DEVICE.
 */
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

    for (unsigned i = 0; i < 4;
         i++) { /* all ones is a valid list of 32 ports, and does not mean that it is gone */
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

/* A device that is not a disk is passed over, and its port is off before the disk's port is started. */
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
        {&am.cap, 31 << 8, DISK_EFEATURE}, /* 32-bit addresses: the driver's memory is above 4 GiB */
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
    am.ports = 2; /* a port whose registers would be after the end of the BAR */
    assert_int_equal(init(), PCI_EBARBAD);
    (void)fresh(state);
    fn.msi_error = PCI_ENOCAP;
    assert_int_equal(init(), PCI_ENOCAP);
}

/* A controller with fewer than 32 slots takes so many commands together, and no more. */
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
    fn.lose = 1; /* the driver looks only after an interrupt */
    assert_int_equal(init(), DISK_ETIMEOUT);
}

/* The controller is gone from any of the driver's register accesses on. */
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

/* ---- the disk's answer to IDENTIFY DEVICE ---- */

static uint16_t words[256];

static void sign(void)
{
    unsigned sum = 0;

    words[255] = 0xa5;
    for (unsigned i = 0; i < 256; i++)
        sum += (words[i] & 0xffu) + (words[i] >> 8);
    words[255] = (uint16_t)(0xa5 | (0u - sum) << 8);
}

static void drive(void)
{
    memset(words, 0, sizeof(words));
    words[49] = 0x0300;
    words[83] = 0x4400;
    words[100] = 0x6789;
    words[101] = 0x2345;
    words[102] = 0x0001;
    words[106] = 0x6003; /* eight logical sectors in a physical one */
    sign();
}

static uint32_t sector_size;

static int identify(void)
{
    struct disk d = {.sectors = 0};
    int error = ahci_parse_identify(words, &d);

    if (!error)
        assert_int_equal(d.sectors, 0x123456789);
    sector_size = d.sector_size;
    return error;
}

static void change(unsigned word, uint16_t value, int expected)
{
    drive();
    words[word] = value;
    sign();
    assert_int_equal(identify(), expected);
}

static void ahci_identify(void **state)
{
    (void)state;
    drive();
    assert_int_equal(identify(), DISK_OK);
    words[100] ^= 1; /* the checksum is wrong now */
    assert_int_equal(identify(), DISK_EIDENTIFY);
    drive();
    words[255] = 0; /* an older disk: no checksum */
    assert_int_equal(identify(), DISK_OK);
    change(49, 0x0200, DISK_EFEATURE);  /* no DMA */
    change(83, 0x4000, DISK_EFEATURE);  /* 28-bit addresses */
    change(83, 0xc400, DISK_EFEATURE);  /* not valid */
    change(106, 0x5000, DISK_EFEATURE); /* long sectors */
    change(106, 0x1000, DISK_OK);       /* the word is not valid, so sectors are not long */
    assert_int_equal(sector_size, 512);
    change(103, 1, DISK_EIDENTIFY); /* more than 48 bits */
    for (unsigned size = 256; size <= 16384; size *= 2) {
        drive();
        words[106] = 0x5000;
        words[117] = (uint16_t)(size / 2);
        sign();
        assert_int_equal(identify(), size < 512 || size > 4096 ? DISK_EFEATURE : DISK_OK);
        assert_int_equal(sector_size, size < 512 || size > 4096 ? 0 : size);
    }
    words[117] = 264; /* 528 bytes */
    sign();
    assert_int_equal(identify(), DISK_EFEATURE);
    words[117] = 2048;
    words[118] = 1;
    sign();
    assert_int_equal(identify(), DISK_EFEATURE);
    memset(words, 0, sizeof(words));
    assert_int_equal(identify(), DISK_EFEATURE);
    drive();
    words[100] = words[101] = words[102] = 0;
    sign();
    assert_int_equal(identify(), DISK_EIDENTIFY);
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
        cmocka_unit_test(ahci_identify),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
