/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/xhci_errors.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/time.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/report/check.h"
#include "payload/load/usb.h"

#define LAPS 10

static struct usb_bench *const usb = &usb_benches[0];

static uint64_t data[65536 / 8] __attribute__((aligned(4096)));

static void reads(const char *after)
{
    int error = usb_read_checked(usb, 7, 3, data);

    check(!error, "the disk reads, after %s: %s", after, xhci_strerror(error));
}

/* ---- transfers ---- */

static void short_data_stage(void)
{
    uint8_t d[512];
    uint32_t got = 0;
    int error = usb_get_descriptor(&usb->x, usb->disk.slot, 2, 0, d, sizeof(d), &got);

    check(!error && got == (d[2] | (uint32_t)d[3] << 8) && got < sizeof(d),
          "control: %u bytes of %zu asked for, the data stage ends early: %s", got, sizeof(d),
          xhci_strerror(error));
}

static void control_stall(void)
{
    uint8_t d[18];
    uint32_t got;
    int error = usb_get_descriptor(&usb->x, usb->disk.slot, 0x77, 0, d, sizeof(d), NULL);

    check(error == XHCI_ESTALL, "control: a descriptor that does not exist: %s", xhci_strerror(error));
    error = usb_get_descriptor(&usb->x, usb->disk.slot, 1, 0, d, sizeof(d), &got);
    check(!error && got == sizeof(d) && d[1] == 1, "endpoint 0 still works: %s", xhci_strerror(error));
}

static void short_bulk(void)
{
    static const uint8_t test_unit_ready[6] = {0};
    struct usb_storage *u = &usb->disk;
    uint32_t got = 0, residue;

    bot_cbw(u->cbw, ++u->tag, 0, false, test_unit_ready, sizeof(test_unit_ready));
    int error = xhci_bulk(&usb->x, u->slot, XHCI_BULK_OUT, u->cbw, BOT_CBW_BYTES, NULL);
    if (!error)
        error = xhci_bulk(&usb->x, u->slot, XHCI_BULK_IN, u->csw, sizeof(u->csw), &got);
    check(!error && got == BOT_CSW_BYTES && !bot_csw(u->csw, got, u->tag, 0, &residue),
          "bulk: room for %zu, a status of %u bytes: %s", sizeof(u->csw), got, xhci_strerror(error));
}

static void bad_wrapper(void)
{
    struct usb_storage *u = &usb->disk;

    for (unsigned i = 0; i < BOT_CBW_BYTES; i++)
        u->cbw[i] = (uint8_t)i;
    int error = xhci_bulk(&usb->x, u->slot, XHCI_BULK_OUT, u->cbw, BOT_CBW_BYTES, NULL);
    check(error == XHCI_ESTALL, "bulk: not a command block: %s", xhci_strerror(error));
    error = usb_storage_recover(u);
    check(!error, "reset recovery: %s", xhci_strerror(error));
    reads("reset recovery");
}

/* ---- commands that the disk fails ---- */

static void fails(const char *what, const uint8_t *command, unsigned n, uint32_t asked)
{
    uint8_t key = 0;
    uint32_t got = 0;
    int error = usb_storage_command(&usb->disk, command, n, data, asked, &got);

    check(error == BOT_EFAILED && got == 0, "%s: %s, %u bytes", what, xhci_strerror(error), got);
    error = usb_storage_sense(&usb->disk, &key);
    check(!error && key == 5, "its sense key is illegal request: %u", key);
}

static void bad_status(void)
{
    static const uint8_t nonsense[6] = {0xff}, beyond[10] = {0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 1};

    fails("an unknown command", nonsense, sizeof(nonsense), 0);
    fails("an unknown command that promises data", nonsense, sizeof(nonsense), 512);
    fails("a read beyond the end", beyond, sizeof(beyond), 512);
    reads("bad status");
}

/* ---- rings ---- */

static void full_ring(void)
{
    static struct xhci_request r[XHCI_COMMANDS];
    unsigned n = 0, good = 0;
    int error;

    while (n < XHCI_COMMANDS &&
           !(error = xhci_submit_command(&usb->x, &r[n], 0, XHCI_TRB_TYPE(XHCI_NOOP_COMMAND), true)))
        n++;
    check(error == XHCI_EFULL, "after %u commands the ring is full: %s", n, xhci_strerror(error));
    xhci_ring_commands(&usb->x);
    for (unsigned i = 0; i < n; i++)
        good += !xhci_wait(&usb->x, &r[i], XHCI_TIMEOUT_MS);
    check(good == n, "%u of %u No-Ops at one doorbell are done", good, n);
}

static void laps(void)
{
    uint64_t commands = usb->x.commands.wraps, events = usb->x.intrs[0].events.wraps;
    struct xhci_ring *in = &usb->x.slots[usb->disk.slot].rings[XHCI_BULK_IN];
    uint64_t transfers = in->wraps;
    int error = xhci_noops(&usb->x, LAPS * XHCI_EVENTS * usb->x.n_segments, true);

    for (unsigned i = 0; i < LAPS * XHCI_TRANSFERS && !error; i++)
        error = usb_read_checked(usb, i, 1, data);
    check(!error && usb->x.commands.wraps - commands >= LAPS && in->wraps - transfers >= LAPS &&
              usb->x.intrs[0].events.wraps - events >= LAPS,
          "rings wrap: commands %lu times, transfers %lu, events %lu: %s", usb->x.commands.wraps - commands,
          in->wraps - transfers, usb->x.intrs[0].events.wraps - events, xhci_strerror(error));
}

static void bad_requests(void)
{
    struct xhci_request r;
    int error =
        xhci_command(&usb->x, &r, 0, XHCI_TRB_TYPE(XHCI_STOP_ENDPOINT) | XHCI_TRB_SLOT(3) | XHCI_TRB_EP(1));

    check(error == XHCI_ECODE && r.code == XHCI_SLOT_NOT_ENABLED,
          "a command for a slot that is not enabled: %s %u", xhci_strerror(error), r.code);
    error = xhci_bulk(&usb->x, usb->disk.slot, XHCI_BULK_IN, (uint8_t *)data + 512, 65536, NULL);
    check(error == XHCI_EBUFFER, "a buffer across 64 KiB: %s", xhci_strerror(error));
}

static void empty_port(void)
{
    unsigned port = 1, slot;

    while (port <= usb->x.n_ports && port == xhci_port_connected(&usb->x, port - 1))
        port++;
    uint64_t before = time_now();
    int error = xhci_attach(&usb->x, port, &slot);
    check(error == XHCI_EPORT, "port %u, without a device, after %lu ms: %s", port,
          time_to_us(time_now() - before) / 1000, xhci_strerror(error));
}

/* Without the interrupt a command is not done: only the handler completes it, and no poll. */
static void kept_interrupt(void)
{
    struct aia_irq *irq = usb->x.intrs[0].irq;

    aia_irq_disable(&aia, irq);
    int error = xhci_noops(&usb->x, 1, true);
    check(error == XHCI_ETIMEOUT && usb->wedges == 1, "without its interrupt a command is not done: %s",
          xhci_strerror(error));
    usb->wedges = 0;
    usb->x.intrs[0].strange = 0;
    aia_irq_enable(&aia, irq);
    error = xhci_noops(&usb->x, 1, true);
    check(!error && usb->x.intrs[0].strange == 1,
          "with the interrupt both commands complete, the first after its time limit: %s",
          xhci_strerror(error));
    usb->x.intrs[0].strange = 0;
}

/* ---- interrupts ---- */

/* A read, a control transfer and No-Ops, whose events use all interrupters. */
static int use_all(void)
{
    uint8_t d[18];
    int error = usb_read_checked(usb, 7, 3, data);

    if (!error)
        error = usb_get_descriptor(&usb->x, usb->disk.slot, 1, 0, d, sizeof(d), NULL);
    return error ? error : xhci_noops(&usb->x, 3, true);
}

/* The number of handler runs since `before` on the interrupt's own hart. Runs on other harts are added to *elsewhere. */
static uint64_t runs_at_home(const struct aia_irq *irq, const uint64_t *before, uint64_t *elsewhere)
{
    uint64_t own = 0;

    for (unsigned h = 0; h < hart_count(); h++) {
        uint64_t n = aia_irq_runs(&aia, irq, h) - before[h];
        *(h == irq->vec.hart ? &own : elsewhere) += n;
    }
    return own;
}

/*
 * Put each MSI-X interrupter on another hart, or the block of messages on each hart in turn: each interrupter's handler runs
 * on its own hart only.
 */
static void own_harts(unsigned first)
{
    static uint64_t before[XHCI_INTRS][MACHINE_MAX_HARTS];
    struct xhci *x = &usb->x;
    uint64_t elsewhere = 0;
    unsigned good = 0, used = 0;
    int error = AIA_OK;

    for (unsigned i = 0; i < x->n_intrs && !error; i += 1u << x->order) {
        struct aia_hartset set = aia_hartset_one(hart_from(first + i));
        error = aia_irq_set_affinity(&aia, x->intrs[i].irq, &set);
    }
    claims_done();
    for (unsigned i = 0; i < x->n_intrs; i++)
        for (unsigned h = 0; h < hart_count(); h++)
            before[i][h] = aia_irq_runs(&aia, x->intrs[i].irq, h);
    if (!error)
        error = use_all();
    for (unsigned i = 0; i < x->n_intrs; i++) {
        good += runs_at_home(x->intrs[i].irq, before[i], &elsewhere) != 0;
        used |= 1u << x->intrs[i].irq->vec.hart;
    }
    check(!error && good == x->n_intrs && !elsewhere,
          "%u interrupters on %u harts: %u ran on their own hart, %lu runs elsewhere: %s", x->n_intrs,
          (unsigned)__builtin_popcount(used), good, elsewhere, xhci_strerror(error));
}

void usb_errors(void)
{
    for (unsigned h = 0; h < hart_count() && hart_count() == hart_online_count() && hart_count() <= 32; h++)
        own_harts(h);
    reads("enumeration");
    short_data_stage();
    control_stall();
    short_bulk();
    bad_wrapper();
    bad_status();
    bad_requests();
    full_ring();
    laps();
    empty_port();
    kept_interrupt();
    reads("all error paths");
}
