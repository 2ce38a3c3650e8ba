/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The USB disk driver (payload/drivers/usb_storage.c) on a model of a disk that fails in every way that bulk-only transport
 * has. The model is strict: an endpoint that stalled moves nothing before it was cleared at both its ends, and a disk that lost
 * step takes no command before the whole reset recovery (BOT 5.3.4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/usb_storage.h"

#define BLOCKS 4096u
#define IN     0x81
#define OUT    0x02

enum fault {
    NONE,
    SHORT_DATA,    /* half the data, and the residue says so */
    SHORT_UNSAID,  /* half the data, and a residue of 0 */
    PADDED,        /* all the bytes, and a residue of half of them */
    DATA_STALL,    /* no data, but a stall; the status then says failed */
    STATUS_STALL,  /* the status stalls once */
    STATUS_STALLS, /* the status stalls twice */
    BAD_SIGNATURE,
    BAD_TAG,
    BAD_LENGTH,
    BAD_RESIDUE,
    BAD_STATUS, /* an undefined status */
    PHASE_ERROR,
    COMMAND_STALL, /* the command stalls */
    FAILED,        /* the command fails, and there is a sense key */
    GARBLED,       /* the data fail on the wire: the controller's end halts, and the device does not know */
    LOST,          /* a transfer never ends */
    GONE,          /* a transfer never ends, and the controller does not answer */
    N_FAULTS,
};

static struct {
    enum fault fault; /* of the next READ(10); later ones have none */
    enum { COMMAND, DATA, STATUS } phase;
    bool halted[XHCI_SLOT_RINGS];  /* endpoints, at the controller's end */
    bool stalled[XHCI_SLOT_RINGS]; /* endpoints, at the device's end */
    bool lost_step;                /* only the three steps of the recovery help, in their order */
    unsigned recovered;
    unsigned not_ready; /* commands that fail at first: unit attention */
    uint8_t cbw[31], sense;
    uint32_t asked;
    enum fault now;
    unsigned stalls_left;
    unsigned requests; /* requests of any kind */
    uint8_t max_packet0;
    unsigned packet0; /* the packet size that the driver has set */
} dev;

static struct usb_storage disk;
static struct xhci x;

static uint32_t get32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* ---- control transfers ---- */

static const uint8_t configuration[] = {
    9, 2, 32, 0, 1, 1, 0, 0xc0, 0, 9, 4, 0, 0, 2, 8, 6, 0x50, 0, 7, 5, IN, 2, 0, 2, 0, 7, 5, OUT, 2, 0, 2, 0,
};

static int descriptor(const struct usb_setup *s, void *data, uint32_t *got)
{
    uint8_t device[18] = {18, 1, 0, 2, 0, 0, 0, dev.max_packet0};
    const uint8_t *from = s->value >> 8 == 1 ? device : configuration;
    uint32_t n = s->value >> 8 == 1 ? sizeof(device) : sizeof(configuration);

    *got = n < s->length ? n : s->length;
    memcpy(data, from, *got);
    return XHCI_OK;
}

int xhci_control(struct xhci *c, unsigned slot, const struct usb_setup *s, void *data, uint32_t *got)
{
    (void)c;
    assert_int_equal(slot, 1);
    assert_int_not_equal(dev.now, GONE);
    dev.requests++;
    if (s->type == 0x80 && s->request == 6)
        return descriptor(s, data, got);
    if (s->type == 0x00 && s->request == 9) {
        assert_int_equal(s->value, 1);
        return XHCI_OK;
    }
    if (s->type == 0x21 && s->request == 0xff) { /* Bulk-Only Mass Storage Reset */
        dev.recovered = 1;
        dev.phase = COMMAND;
        return XHCI_OK;
    }
    assert_int_equal(s->type, 0x02); /* CLEAR_FEATURE(ENDPOINT_HALT) */
    assert_int_equal(s->request, 1);
    unsigned ring = s->index == IN ? XHCI_BULK_IN : XHCI_BULK_OUT;
    assert_true(s->index == IN || s->index == OUT);
    assert_false(dev.halted[ring]);
    dev.stalled[ring] = false;
    if (dev.recovered == (ring == XHCI_BULK_IN ? 1 : 2) && ++dev.recovered == 3)
        dev.lost_step = false;
    return XHCI_OK;
}

int xhci_recover(struct xhci *c, unsigned slot, unsigned ring)
{
    (void)c;
    (void)slot;
    dev.halted[ring] = false;
    return XHCI_OK;
}

int xhci_attach(struct xhci *c, unsigned port, unsigned *slot)
{
    assert_false(c->slots[1].used);
    c->slots[1] = (struct xhci_slot){.used = true, .port = (uint8_t)port, .speed = 1};
    *slot = 1;
    return XHCI_OK;
}

int xhci_detach(struct xhci *c, unsigned slot)
{
    assert_true(c->slots[slot].used);
    c->slots[slot].used = false;
    return XHCI_OK;
}

int xhci_set_packet0(struct xhci *c, unsigned slot, unsigned size)
{
    (void)c;
    (void)slot;
    dev.packet0 = size;
    return XHCI_OK;
}

int xhci_configure(struct xhci *c, unsigned slot, const struct usb_endpoint *in,
                   const struct usb_endpoint *out)
{
    (void)c;
    (void)slot;
    assert_int_equal(in->address, IN);
    assert_int_equal(out->address, OUT);
    return XHCI_OK;
}

/* ---- bulk transfers ---- */

static int stall(unsigned ring)
{
    dev.halted[ring] = dev.stalled[ring] = true;
    return XHCI_ESTALL;
}

static int take_command(const uint8_t *cbw, uint32_t n)
{
    assert_int_equal(n, 31);
    assert_int_equal(get32(cbw), 0x43425355);
    memcpy(dev.cbw, cbw, 31);
    dev.asked = get32(cbw + 8);
    dev.now = cbw[15] == 0x28 ? dev.fault : NONE;
    dev.stalls_left = dev.now == STATUS_STALL ? 1 : dev.now == STATUS_STALLS ? 2 : 0;
    if (dev.now != NONE)
        dev.fault = NONE;
    if (cbw[15] == 0x25 && dev.not_ready && dev.not_ready--) {
        dev.now = FAILED;
        dev.sense = 6;
    }
    if (dev.now == GONE)
        return XHCI_EGONE;
    if (dev.now == COMMAND_STALL) {
        dev.lost_step = true;
        (void)stall(XHCI_BULK_IN);
        return stall(XHCI_BULK_OUT);
    }
    dev.phase = dev.asked ? DATA : STATUS;
    return XHCI_OK;
}

static int give_data(uint8_t *data, uint32_t n, uint32_t *got)
{
    uint32_t block =
        (uint32_t)dev.cbw[17] << 24 | (uint32_t)dev.cbw[18] << 16 | (uint32_t)dev.cbw[19] << 8 | dev.cbw[20];

    assert_int_equal(n, dev.asked);
    if (dev.now == GARBLED || dev.now == LOST) { /* it is in the middle of a command, and takes no other */
        dev.lost_step = true;
        dev.halted[XHCI_BULK_IN] = dev.now == GARBLED;
        return dev.now == GARBLED ? XHCI_ECODE : XHCI_ETIMEOUT;
    }
    dev.phase = STATUS;
    if (dev.now == DATA_STALL || dev.now == FAILED)
        return stall(XHCI_BULK_IN);
    *got = dev.now == SHORT_DATA || dev.now == SHORT_UNSAID ? n / 2 : n;
    memset(data, 0, *got);
    switch (dev.cbw[15]) {
    case 0x12: /* INQUIRY */
        memcpy(data + 8, "MODEL   A DISK          ", 24);
        break;
    case 0x25: /* READ CAPACITY: big-endian */
        data[2] = (BLOCKS - 1) >> 8;
        data[3] = (BLOCKS - 1) & 0xff;
        data[6] = 2;
        break;
    case 0x03: /* REQUEST SENSE */
        data[2] = dev.sense;
        break;
    case 0x28:
        for (uint32_t i = 0; i < *got / 512; i++)
            put32(data + i * 512, block + i);
    }
    return XHCI_OK;
}

static int give_status(uint8_t *csw, uint32_t n, uint32_t *got)
{
    assert_int_equal(n, 13);
    if (dev.stalls_left) {
        dev.stalls_left--;
        dev.lost_step = !dev.stalls_left && dev.now == STATUS_STALLS;
        return stall(XHCI_BULK_IN);
    }
    dev.phase = COMMAND;
    *got = dev.now == BAD_LENGTH ? 12 : 13;
    put32(csw, 0x53425355 + (dev.now == BAD_SIGNATURE));
    put32(csw + 4, get32(dev.cbw + 4) - (dev.now == BAD_TAG));
    put32(csw + 8, dev.now == SHORT_DATA || dev.now == PADDED   ? dev.asked / 2
                   : dev.now == BAD_RESIDUE                     ? dev.asked + 1
                   : dev.now == DATA_STALL || dev.now == FAILED ? dev.asked
                                                                : 0);
    csw[12] = dev.now == PHASE_ERROR                       ? 2
              : dev.now == BAD_STATUS                      ? 3
              : dev.now == DATA_STALL || dev.now == FAILED ? 1
                                                           : 0;
    dev.lost_step = dev.now == PHASE_ERROR || dev.now == BAD_STATUS || dev.now == BAD_RESIDUE ||
                    (dev.now >= BAD_SIGNATURE && dev.now <= BAD_LENGTH);
    return XHCI_OK;
}

int xhci_bulk(struct xhci *c, unsigned slot, unsigned ring, void *data, uint32_t n, uint32_t *got)
{
    uint32_t none;

    (void)c;
    assert_int_equal(slot, 1);
    assert_false(dev.halted[ring]);
    assert_false(dev.stalled[ring]);
    assert_false(dev.lost_step);
    assert_true(dev.requests++ < 1000);
    got = got ? got : &none;
    *got = 0;
    if (ring == XHCI_BULK_OUT) {
        assert_int_equal(dev.phase, COMMAND);
        dev.recovered = 0;
        return take_command(data, n);
    }
    return dev.phase == DATA ? give_data(data, n, got) : give_status(data, n, got);
}

/* ---- tests ---- */

static uint8_t data[64 * 512];

/* Start the driver. Checks that a disk that cannot be used keeps no slot. */
static int init(void)
{
    x.slots[1].used = false;
    int error = usb_storage_init(&disk, &x, 3);

    assert_int_equal(x.slots[1].used, !error);
    return error;
}

static int fresh(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    dev.max_packet0 = 64;
    return init();
}

static void reads(void)
{
    for (unsigned n = 1; n <= 64; n *= 4) {
        memset(data, 0xff, sizeof(data));
        assert_int_equal(usb_storage_read(&disk, 1000 + n, n, data), XHCI_OK);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(get32(data + i * 512), 1000 + n + i);
    }
}

static void test_init(void **state)
{
    (void)state;
    assert_int_equal(disk.blocks, BLOCKS);
    assert_int_equal(disk.block_size, 512);
    assert_string_equal(disk.product, "MODEL   A DISK              ");
    assert_int_equal(dev.packet0, 64);
    reads();
    assert_int_equal(disk.recoveries, 0);
}

/* Each fault has its name, and needs a reset recovery or not; after it the disk reads as before. */
static void test_faults(void **state)
{
    static const struct {
        int error;
        bool recovery;
    } want[N_FAULTS] = {
        [NONE] = {XHCI_OK, false},
        [SHORT_DATA] = {BOT_ESHORT, false},
        [SHORT_UNSAID] = {BOT_ESHORT, false},
        [PADDED] = {BOT_ESHORT, false},
        [DATA_STALL] = {BOT_EFAILED, false},
        [STATUS_STALL] = {XHCI_OK, false},
        [STATUS_STALLS] = {XHCI_ESTALL, true},
        [BAD_SIGNATURE] = {BOT_ECSW, true},
        [BAD_TAG] = {BOT_ECSW, true},
        [BAD_LENGTH] = {BOT_ECSW, true},
        [BAD_RESIDUE] = {BOT_ECSW, true},
        [BAD_STATUS] = {BOT_ECSW, true},
        [PHASE_ERROR] = {BOT_EPHASE, true},
        [COMMAND_STALL] = {XHCI_ESTALL, true},
        [FAILED] = {BOT_EFAILED, false},
        [GARBLED] = {XHCI_ECODE, true},
        [LOST] = {XHCI_ETIMEOUT, true},
        [GONE] = {XHCI_EGONE, false},
    };

    for (enum fault f = NONE; f < GONE; f++) {
        assert_int_equal(fresh(state), XHCI_OK);
        dev.fault = f;
        assert_int_equal(usb_storage_read(&disk, 100, 8, data), want[f].error);
        assert_int_equal(disk.recoveries, want[f].recovery);
        reads();
        assert_int_equal(disk.recoveries, want[f].recovery);
    }
    dev.fault = GONE; /* a device that is gone gets no more requests */
    unsigned before = dev.requests;
    assert_int_equal(usb_storage_read(&disk, 100, 8, data), want[GONE].error);
    assert_int_equal(dev.requests, before + 1);
}

static void test_sense(void **state)
{
    uint8_t key;

    (void)state;
    dev.fault = FAILED;
    dev.sense = 3;
    assert_int_equal(usb_storage_read(&disk, 100, 8, data), BOT_EFAILED);
    assert_int_equal(usb_storage_sense(&disk, &key), XHCI_OK);
    assert_int_equal(key, 3);
}

/* A disk that was just attached fails a few commands; a disk that fails them all is given up. */
static void test_unit_attention(void **state)
{
    for (unsigned n = 0; n < 6; n++) {
        assert_int_equal(fresh(state), XHCI_OK);
        dev.not_ready = n;
        assert_int_equal(init(), n < 4 ? XHCI_OK : BOT_EFAILED);
    }
}

static void test_packet0(void **state)
{
    (void)state;
    for (unsigned size = 0; size < 256; size++) {
        bool good = size == 8 || size == 16 || size == 32 || size == 64;
        dev.max_packet0 = (uint8_t)size;
        dev.packet0 = 8;
        assert_int_equal(init(), good ? XHCI_OK : USB_EDESCRIPTOR);
        assert_int_equal(dev.packet0, good ? size : 8);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_init, fresh),    cmocka_unit_test_setup(test_faults, fresh),
        cmocka_unit_test_setup(test_sense, fresh),   cmocka_unit_test_setup(test_unit_attention, fresh),
        cmocka_unit_test_setup(test_packet0, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
