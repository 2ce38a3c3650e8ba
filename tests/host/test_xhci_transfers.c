/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The xHCI driver's devices and transfers on a model of a controller: an error of any kind leaves the endpoint ready for the
 * next transfer, and the buffer to the caller; several harts use one command ring.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "xhci_model.h"

static struct xhci x;
static struct pci_device pd;
static unsigned slot;

static const struct usb_endpoint in = {.address = 0x81, .max_packet = 512},
                                 out = {.address = 0x02, .max_packet = 512};
static const struct usb_setup get = {0x80, 6, 0x100, 0, 18}, set = {0x00, 9, 1, 0, 0};

static uint8_t data[512];

static int attach(void)
{
    for (unsigned port = 1; port <= XM_PORTS; port++)
        xm.portsc[port] = port == 3 ? XHCI_PORT_CONNECTED | XHCI_HIGH << 10 : 0;
    assert_int_equal(xhci_port_connected(&x, 0), 3);
    return xhci_attach(&x, 3, &slot);
}

static int start(void **state)
{
    (void)state;
    xm_reset();
    assert_int_equal(xhci_init(&x, &pd, "xhci", XHCI_INTRS), XHCI_OK);
    assert_int_equal(xhci_run(&x), XHCI_OK);
    xm.deliver = &x.intrs[0];
    return 0;
}

static int fresh(void **state)
{
    (void)start(state);
    assert_int_equal(attach(), XHCI_OK);
    return xhci_configure(&x, slot, &in, &out);
}

static void works(void)
{
    uint32_t got;

    for (unsigned i = 0; i < 2 * XHCI_TRANSFERS; i++) {
        assert_int_equal(xhci_control(&x, slot, i & 1 ? &get : &set, data, NULL), XHCI_OK);
        assert_int_equal(xhci_bulk(&x, slot, XHCI_BULK_IN, data, sizeof(data), &got), XHCI_OK);
        assert_int_equal(got, sizeof(data));
        assert_int_equal(xhci_bulk(&x, slot, XHCI_BULK_OUT, data, 31, NULL), XHCI_OK);
    }
    assert_null(xm.held);
    assert_int_equal(x.intrs[0].strange, 0);
    assert_int_equal(xm.overruns, 0);
}

static void test_works(void **state)
{
    (void)state;
    works();
    assert_int_equal(x.port_events[3], 1);
    assert_int_equal(xm.stops + xm.resets, 0);
    assert_int_equal(xhci_detach(&x, slot), XHCI_OK);
}

/* An error of any kind in any stage: endpoint 0 takes the next setup packet. */
static void test_control_errors(void **state)
{
    static const uint8_t codes[] = {XHCI_STALL, XHCI_TRANSACTION_ERROR, XHCI_TRB_ERROR};

    for (unsigned i = 0; i < sizeof(codes); i++) {
        assert_int_equal(fresh(state), XHCI_OK);
        xm.code = codes[i];
        assert_int_equal(xhci_control(&x, slot, &get, data, NULL),
                         codes[i] == XHCI_STALL ? XHCI_ESTALL : XHCI_ECODE);
        assert_int_equal(xm.resets, 1);
        works();
    }
}

/* A transfer never ends: when the caller gets the error, the controller does not use the buffer any more. */
static void test_no_end(void **state)
{
    (void)state;
    xm.code = XM_NEVER;
    assert_int_equal(xhci_control(&x, slot, &get, data, NULL), XHCI_ETIMEOUT);
    assert_null(xm.held);
    xm.code = 0;
    works();
    for (unsigned ring = XHCI_BULK_IN; ring <= XHCI_BULK_OUT; ring++) {
        xm.code = XM_NEVER;
        assert_int_equal(xhci_bulk(&x, slot, ring, data, 31, NULL), XHCI_ETIMEOUT);
        assert_null(xm.held);
        xm.code = 0;
        works();
    }
    assert_int_equal(xm.stops, 3);
}

/* The same if the device is pulled, which the controller need not report. */
static void test_pulled(void **state)
{
    (void)state;
    xm.code = XM_NEVER;
    xm.portsc[3] = 0;
    assert_int_equal(xhci_bulk(&x, slot, XHCI_BULK_IN, data, sizeof(data), NULL), XHCI_EPULLED);
    assert_null(xm.held);
}

/* An endpoint may halt by itself between the read of its state and the command that stops it (4.6.9). */
static void test_halts_first(void **state)
{
    (void)state;
    xm.code = XM_NEVER;
    xm.halts_first = true;
    assert_int_equal(xhci_bulk(&x, slot, XHCI_BULK_IN, data, sizeof(data), NULL), XHCI_ETIMEOUT);
    xm.code = 0;
    assert_int_equal(x.intrs[0].strange, 1); /* the failure of a transfer that was given up */
    x.intrs[0].strange = 0;
    works();
}

/* ---- ports ---- */

static void test_port(void **state)
{
    (void)state;
    xm.stuck = XM_STUCK_PORT;
    assert_int_equal(attach(), XHCI_EPORT);
    fn.gone = true;
    assert_int_equal(xhci_attach(&x, 3, &slot), XHCI_EGONE);
}

/* ---- wrong answers of a bad controller ---- */

/* A slot that is in use has no rings yet: its events match no TRB. */
static void test_event_before_ring(void **state)
{
    static const uint64_t where[] = {0, 16, 1600, 0x7ffffff0, UINT64_MAX & ~15ull};
    unsigned n = 0;

    (void)state;
    x.slots[1] = (struct xhci_slot){.used = true, .dci = {1, 3, 4}};
    for (unsigned dci = 1; dci < 5; dci++)
        for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]); i++, n++)
            xm_event(where[i], XHCI_SUCCESS << 24,
                     XHCI_TRB_TYPE(XHCI_TRANSFER_EVENT) | XHCI_TRB_SLOT(1) | XHCI_TRB_EP(dci));
    xm_settle();
    assert_int_equal(x.intrs[0].strange, n);
}

static int init_with(uint32_t caplength, uint32_t dboff, uint32_t rtsoff, uint64_t bar_size)
{
    xm_reset();
    xm.caplength = caplength;
    xm.dboff = dboff;
    xm.rtsoff = rtsoff;
    fn.bar_size = bar_size;
    return xhci_init(&x, &pd, "xhci", 1);
}

/* The controller's offsets of its registers are checked: addresses after the end of its BAR are not its registers. */
static void test_registers_outside(void **state)
{
    (void)state;
    assert_int_equal(init_with(0x40, 0x1000, 0x2000, 0x3000), XHCI_OK);
    assert_int_equal(init_with(0, 0x1000, 0x2000, 0x3000), XHCI_ECONTROLLER);
    assert_int_equal(init_with(0xff, 0x20, 0x40, 0x400), PCI_EBARBAD);
    assert_int_equal(init_with(0x40, 0xfffffffc, 0x2000, 0x3000), PCI_EBARBAD);
    assert_int_equal(init_with(0x40, 0x2ff0, 0x2000, 0x3000), PCI_EBARBAD);
    assert_int_equal(init_with(0x40, 0x1000, 0xffffffe0, 0x3000), PCI_EBARBAD);
    assert_int_equal(init_with(0x40, 0x1000, 0x2fe0, 0x3000), PCI_EBARBAD);
}

/* ---- several harts ---- */

/* Other harts have filled the ring and rung no doorbell yet: each waits for room, and so does this hart. */
static void test_full_of_silent_commands(void **state)
{
    struct xhci_request r[XHCI_COMMANDS];
    unsigned n = 0;

    (void)state;
    while (!xhci_submit_command(&x, &r[n], 0, XHCI_TRB_TYPE(XHCI_NOOP_COMMAND), true))
        n++;
    uint64_t before = fn.now;
    assert_int_equal(xhci_noops(&x, 3, false), XHCI_OK);
    assert_true(fn.now - before < 100000);
    while (n)
        assert_int_equal(xhci_wait(&x, &r[--n], 100), XHCI_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_works, fresh),
        cmocka_unit_test_setup(test_control_errors, fresh),
        cmocka_unit_test_setup(test_no_end, fresh),
        cmocka_unit_test_setup(test_pulled, fresh),
        cmocka_unit_test_setup(test_halts_first, fresh),
        cmocka_unit_test_setup(test_port, start),
        cmocka_unit_test_setup(test_event_before_ring, start),
        cmocka_unit_test_setup(test_registers_outside, start),
        cmocka_unit_test_setup(test_full_of_silent_commands, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
