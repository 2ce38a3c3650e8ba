/* SPDX-License-Identifier: BSD-2-Clause */
/* What a USB device sends is parsed without trust: descriptors and command status, good, malformed and random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/usb_storage.h"
#include "payload/kernel/random.h"

/* The descriptors of a SuperSpeed disk: configuration, interface, two endpoints with their companions. */
static const uint8_t disk[] = {
    9, 2, 44,   0, 1, 7, 0, 0xc0, 0,               /* configuration 7 */
    9, 4, 3,    0, 2, 8, 6, 0x50, 0,               /* interface 3: SCSI by bulk-only transport */
    7, 5, 0x81, 2, 0, 4, 0, 6,    48, 15, 0, 0, 0, /* in, 1024 bytes, bursts of 16 */
    7, 5, 0x02, 2, 0, 4, 0, 6,    48, 3,  0, 0, 0, /* out */
};

/* Parse a copy of exactly this size: a read after its end is found. */
static int parse(const uint8_t *d, size_t n, struct usb_storage_interface *at)
{
    uint8_t *copy = malloc(n ? n : 1);

    memcpy(copy, d, n);
    int error = usb_find_storage(copy, n, at);
    free(copy);
    return error;
}

static int parse_with(size_t i, uint8_t value)
{
    struct usb_storage_interface at;
    uint8_t d[sizeof(disk)];

    memcpy(d, disk, sizeof(d));
    d[i] = value;
    return parse(d, sizeof(d), &at);
}

static void test_disk(void **state)
{
    struct usb_storage_interface at;

    (void)state;
    assert_int_equal(parse(disk, sizeof(disk), &at), XHCI_OK);
    assert_int_equal(at.configuration, 7);
    assert_int_equal(at.interface, 3);
    assert_int_equal(at.in.address, 0x81);
    assert_int_equal(at.in.max_packet, 1024);
    assert_int_equal(at.in.burst, 15);
    assert_int_equal(at.out.address, 0x02);
    assert_int_equal(at.out.burst, 3);
}

static void test_cut_short(void **state)
{
    struct usb_storage_interface at;

    (void)state;
    for (size_t n = 0; n < sizeof(disk); n++) /* 38: all but the last companion, which is optional */
        assert_int_equal(!parse(disk, n, &at), n == 38);
}

static void test_malformed(void **state)
{
    (void)state;
    assert_int_equal(parse_with(0, 0), USB_EDESCRIPTOR);     /* a length of 0 */
    assert_int_equal(parse_with(9, 0), USB_EDESCRIPTOR);     /* the same, further on */
    assert_int_equal(parse_with(9, 1), USB_EDESCRIPTOR);     /* too short for its type */
    assert_int_equal(parse_with(9, 8), USB_EDESCRIPTOR);     /* shorter than an interface */
    assert_int_equal(parse_with(18, 6), USB_EDESCRIPTOR);    /* shorter than an endpoint */
    assert_int_equal(parse_with(25, 5), USB_EDESCRIPTOR);    /* shorter than a companion */
    assert_int_equal(parse_with(38, 7), USB_EDESCRIPTOR);    /* beyond the end */
    assert_int_equal(parse_with(1, 4), USB_EDESCRIPTOR);     /* no configuration at all */
    assert_int_equal(parse_with(20, 0x80), USB_EDESCRIPTOR); /* endpoint 0 */
    assert_int_equal(parse_with(20, 0xf1), USB_EDESCRIPTOR); /* reserved bits */
    assert_int_equal(parse_with(27, 16), USB_EDESCRIPTOR);   /* a burst of 17 */
    assert_int_equal(parse_with(23, 0),
                     USB_EDESCRIPTOR); /* packets of 0 bytes: 0x400 without its high byte */
}

static void test_other_devices(void **state)
{
    (void)state;
    assert_int_equal(parse_with(14, 3), USB_ENOSTORAGE);    /* a human interface */
    assert_int_equal(parse_with(16, 0x62), USB_ENOSTORAGE); /* UAS */
    assert_int_equal(parse_with(12, 1), USB_ENOSTORAGE);    /* an alternate setting, which is off */
    assert_int_equal(parse_with(21, 3), USB_ENOSTORAGE);    /* an interrupt endpoint instead of a bulk one */
    assert_int_equal(parse_with(20, 0x01), USB_ENOSTORAGE); /* two OUT endpoints */
}

/* Random bytes: parsing ends, reads nothing outside, and accepts only what can be used. */
static void test_random(void **state)
{
    struct random r = {1};

    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        struct usb_storage_interface at;
        uint8_t d[sizeof(disk)];

        memcpy(d, disk, sizeof(d));
        for (unsigned k = random_below(&r, 4); k < 4; k++)
            d[random_below(&r, sizeof(d))] = (uint8_t)random_next(&r);
        if (!parse(d, random_below(&r, sizeof(d) + 1), &at)) {
            assert_true(at.in.address & 0x80 && at.in.address & 15 && at.in.max_packet);
            assert_true(!(at.out.address & 0x80) && at.out.address & 15 && at.out.max_packet);
        }
    }
}

/* ---- wrappers ---- */

static const uint8_t good[BOT_CSW_BYTES] = {'U', 'S', 'B', 'S', 0x44, 0x33, 0x22, 0x11, 5, 0, 0, 0, 0};

static int csw_with(size_t i, uint8_t value, size_t n)
{
    uint8_t csw[64] = {0};
    uint32_t residue;

    memcpy(csw, good, sizeof(good));
    csw[i] = value;
    return bot_csw(csw, n, 0x11223344, 512, &residue);
}

static void test_csw(void **state)
{
    uint32_t residue = 0;

    (void)state;
    assert_int_equal(bot_csw(good, sizeof(good), 0x11223344, 512, &residue), XHCI_OK);
    assert_int_equal(residue, 5);
    assert_int_equal(csw_with(12, 1, 13), BOT_EFAILED);
    assert_int_equal(csw_with(12, 2, 13), BOT_EPHASE);
    assert_int_equal(csw_with(12, 3, 13), BOT_ECSW);
    assert_int_equal(csw_with(0, 'u', 13), BOT_ECSW);
    assert_int_equal(csw_with(4, 0x45, 13), BOT_ECSW); /* the tag of another command */
    assert_int_equal(csw_with(9, 2, 13), BOT_ECSW);    /* 517 left of 512 */
    assert_int_equal(csw_with(12, 0, 12), BOT_ECSW);
    assert_int_equal(csw_with(12, 0, 14), BOT_ECSW);
    assert_int_equal(csw_with(12, 0, 0), BOT_ECSW);
}

static void test_cbw(void **state)
{
    static const uint8_t command[20] = {0x28, 1, 2, 3};
    uint8_t cbw[BOT_CBW_BYTES];

    (void)state;
    bot_cbw(cbw, 0x11223344, 0x10000, false, command, 10);
    assert_memory_equal(cbw, "USBC\x44\x33\x22\x11\0\0\1\0\x80\0\x0a\x28\1\2\3", 19);
    bot_cbw(cbw, 1, 0, true, command, 20); /* a command that is too long is cut */
    assert_int_equal(cbw[12], 0);
    assert_int_equal(cbw[14], 16);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disk),      cmocka_unit_test(test_cut_short),
        cmocka_unit_test(test_malformed), cmocka_unit_test(test_other_devices),
        cmocka_unit_test(test_random),    cmocka_unit_test(test_csw),
        cmocka_unit_test(test_cbw),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
