/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The xHCI driver on a model of a controller (tests/host/devices/xhci_model.h): rings of several segments, scratchpads,
 * a lost interrupt, a controller that hangs at each step or is gone, and events that match no request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/kernel/random.h"
#include "xhci_model.h"

/* ---- tests ---- */

static struct xhci x;
static struct pci_device pd;

static int init(void)
{
    int error = xhci_init(&x, &pd, "xhci", XHCI_INTRS);

    if (!error)
        error = xhci_run(&x);
    xm.deliver = &x.intrs[0];
    return error;
}

static int fresh(void **state)
{
    (void)state;
    xm_reset();
    return 0;
}

static void balanced(void)
{
    assert_int_equal(x.intrs[0].strange, 0);
    assert_int_equal(xm.overruns, 0);
    assert_int_equal(xhci_events_waiting(x.intrs[0].events), 0);
    assert_int_equal(xhci_ring_room(&x.commands), XHCI_COMMANDS - 2);
}

static void test_set_up(void **state)
{
    (void)state;
    assert_int_equal(init(), XHCI_OK);
    assert_int_equal(x.n_intrs, 1);
    assert_int_equal(xm.erst_size, 4);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(x.dma.scratch_array[i], (uintptr_t)x.dma.scratch[i]);
        assert_int_equal(x.dma.scratch_array[i] % 4096, 0);
    }
    assert_int_equal(x.dma.dcbaa[0], (uintptr_t)x.dma.scratch_array);
    assert_int_equal((uintptr_t)x.dma.dcbaa % 64, 0);
    assert_int_equal((uintptr_t)x.intrs[0].erst % 64, 0);
}

/* Laps of all rings, in groups of every size, with one doorbell or many. */
static void test_laps(void **state)
{
    struct random r = {7};

    (void)state;
    assert_int_equal(init(), XHCI_OK);
    for (unsigned i = 0; i < 2000; i++)
        assert_int_equal(xhci_noops(&x, 1 + random_below(&r, 40), random_below(&r, 2)), XHCI_OK);
    assert_true(x.commands.wraps > 100 && x.intrs[0].events.wraps > 10);
    assert_int_equal(x.commands.wraps, xm.command_wraps);
    assert_int_equal(x.intrs[0].taken, xm.commands);
    balanced();
}

static void test_full_ring(void **state)
{
    struct xhci_request r[XHCI_COMMANDS];
    unsigned n = 0;

    (void)state;
    assert_int_equal(init(), XHCI_OK);
    for (unsigned lap = 0; lap < 40; lap++) { /* from every position */
        for (n = 0; n < XHCI_COMMANDS; n++)
            if (xhci_submit_command(&x, &r[n], 0, XHCI_TRB_TYPE(XHCI_NOOP_COMMAND), true))
                break;
        assert_int_equal(n, XHCI_COMMANDS - 2);
        xhci_ring_commands(&x);
        while (n)
            assert_int_equal(xhci_wait(&x, &r[--n], 100), XHCI_OK);
        assert_int_equal(xhci_noops(&x, 1, true), XHCI_OK);
    }
    balanced();
}

/* One message is lost, and no other comes however many events follow: the driver looks only after a message. */
static void test_lost_interrupt(void **state)
{
    (void)state;
    assert_int_equal(init(), XHCI_OK);
    assert_int_equal(xhci_noops(&x, 3, true), XHCI_OK);
    xm.lose = 1;
    assert_int_equal(xhci_noops(&x, 1, true), XHCI_ETIMEOUT);
    uint64_t sent = xm.messages;
    for (unsigned i = 1; i < 5; i++) {
        struct xhci_intr_state s;
        assert_int_equal(xhci_intr_state(&x, 0, &s), XHCI_OK);
        assert_int_equal(s.waiting, i);
        assert_true(s.busy);
        assert_int_equal(xhci_noops(&x, 1, true), XHCI_ETIMEOUT);
    }
    assert_int_equal(xm.messages, sent);
    (void)xhci_handler(&x.intrs[0],
                       NULL); /* the lost edge arrives: its events are taken, but end no request */
    assert_int_equal(x.intrs[0].strange, 5);
    x.intrs[0].strange = 0;
    assert_int_equal(xhci_noops(&x, 9, true), XHCI_OK);
    balanced();
}

/* Events that come while the handler runs raise a new interrupt when it clears the busy bit. */
static void test_late_events(void **state)
{
    (void)state;
    assert_int_equal(init(), XHCI_OK);
    for (unsigned i = 0; i < 500; i++) {
        xm.noise_at_erdp = 3; /* port events, between the handler's last look and its ERDP */
        assert_int_equal(xhci_noops(&x, 1, true), XHCI_OK);
        xm_settle();
        assert_int_equal(x.port_events[2], 3 * (i + 1));
    }
    balanced();
}

/* ---- a controller that hangs or is gone ---- */

static void fails_with(int error)
{
    uint64_t before = fn.now;

    assert_int_equal(init(), error);
    assert_true(fn.now - before < 5000000); /* 5 s of the model's microseconds */
}

static void test_hangs(void **state)
{
    (void)state;
    xm.stuck = XM_STUCK_CNR;
    fails_with(XHCI_ERESET);
    xm_reset();
    xm.stuck = XM_STUCK_RUNNING;
    fails_with(XHCI_EHALT);
    xm_reset();
    xm.stuck = XM_STUCK_RESET;
    fails_with(XHCI_ERESET);
    xm_reset();
    xm.stuck = XM_STUCK_HALTED;
    fails_with(XHCI_ERUN);
    xm_reset();
    fn.gone = true;
    fails_with(XHCI_EGONE);
}

static void test_cannot_live_with(void **state)
{
    (void)state;
    xm.scratches = XHCI_SCRATCHES + 1;
    fails_with(XHCI_ECONTROLLER);
    xm_reset();
    xm.pagesize = 2;
    fails_with(XHCI_ECONTROLLER);
    xm_reset();
    xm.ports = 0;
    fails_with(XHCI_ECONTROLLER);
    xm_reset();
    fn.msi_error = PCI_ENOCAP;
    fails_with(PCI_ENOCAP);
}

static void test_dies(void **state)
{
    (void)state;
    assert_int_equal(init(), XHCI_OK);
    xm.lose = 1;
    xm.sts |= XHCI_STS_HSE;
    assert_int_equal(xhci_noops(&x, 1, true), XHCI_EDIED);
    xm_reset();
    assert_int_equal(init(), XHCI_OK);
    fn.gone = true;
    assert_int_equal(xhci_noops(&x, 1, true), XHCI_EGONE);
    assert_int_equal(xhci_noops(&x, 1, true), XHCI_EGONE);
    assert_int_equal(xhci_stop(&x), XHCI_EGONE);
}

/* ---- events that match no request ---- */

static void test_strange_events(void **state)
{
    const uint64_t base = (uintptr_t)x.dma.commands;
    const uint64_t where[] = {
        0,          base - 16,    base + 8, base + 16 * (XHCI_COMMANDS - 1), base + 16 * XHCI_COMMANDS,
        UINT64_MAX, base + 16 * 9};
    unsigned n = 0;

    (void)state;
    assert_int_equal(init(), XHCI_OK);
    for (unsigned i = 0; i < sizeof(where) / sizeof(where[0]);
         i++, n++) /* the last place is in the ring, but not in use */
        xm_event(where[i], XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT));
    xm_settle();
    for (unsigned slot = 0; slot < 256; slot++, n++) /* slots that do not exist or are not in use */
        xm_event(base, XHCI_SUCCESS << 24,
                 XHCI_TRB_TYPE(XHCI_TRANSFER_EVENT) | XHCI_TRB_SLOT(slot) | XHCI_TRB_EP(31));
    xm_settle();
    for (unsigned port = 0; port < 256; port++) {
        xm_event((uint64_t)port << 24, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_PORT_EVENT));
        n += port < 1 || port > xm.ports;
    }
    xm_settle();
    for (unsigned type = 35; type < 64; type++, n++)
        xm_event(0, 0, XHCI_TRB_TYPE(type));
    xm_settle();
    assert_int_equal(xm.overruns, 0);
    assert_int_equal(x.intrs[0].strange, n);
    assert_int_equal(xhci_noops(&x, 100, true), XHCI_OK);
    assert_int_equal(xhci_ring_room(&x.commands), XHCI_COMMANDS - 2);
}

/* An event ends a request if it names one of the request's TRBs, not if it names an address near them. */
static void test_address_near_request(void **state)
{
    struct xhci_request r;

    (void)state;
    assert_int_equal(init(), XHCI_OK);
    assert_int_equal(xhci_submit_command(&x, &r, 0, XHCI_TRB_TYPE(XHCI_NOOP_COMMAND), true), XHCI_OK);
    for (unsigned offset = 1; offset < 32; offset++)
        xm_event((uintptr_t)x.dma.commands + offset, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT));
    xm_settle();
    assert_int_equal(x.intrs[0].strange, 31);
    assert_int_equal(r.state, XHCI_REQUEST_PENDING);
    assert_int_equal(xhci_ring_index(&x.commands, (uintptr_t)&x.dma.commands[XHCI_COMMANDS - 2]),
                     XHCI_COMMANDS - 2);
    assert_int_equal(xhci_ring_index(&x.commands, (uintptr_t)&x.dma.commands[XHCI_COMMANDS - 1]),
                     -1); /* link */
    xm_event((uintptr_t)x.dma.commands, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT));
    assert_int_equal(xhci_wait(&x, &r, 100), XHCI_OK);
}

static void test_twice_done(void **state)
{
    (void)state;
    assert_int_equal(init(), XHCI_OK);
    assert_int_equal(xhci_noops(&x, 4, true), XHCI_OK);
    xm_event((uintptr_t)&x.dma.commands[2], XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT));
    xm_settle();
    assert_int_equal(x.intrs[0].strange, 1);
    assert_int_equal(xhci_ring_room(&x.commands), XHCI_COMMANDS - 2);
    assert_int_equal(xhci_noops(&x, 100, false), XHCI_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_set_up, fresh),
        cmocka_unit_test_setup(test_laps, fresh),
        cmocka_unit_test_setup(test_full_ring, fresh),
        cmocka_unit_test_setup(test_lost_interrupt, fresh),
        cmocka_unit_test_setup(test_late_events, fresh),
        cmocka_unit_test_setup(test_hangs, fresh),
        cmocka_unit_test_setup(test_cannot_live_with, fresh),
        cmocka_unit_test_setup(test_dies, fresh),
        cmocka_unit_test_setup(test_strange_events, fresh),
        cmocka_unit_test_setup(test_address_near_request, fresh),
        cmocka_unit_test_setup(test_twice_done, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
