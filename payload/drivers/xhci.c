/* SPDX-License-Identifier: BSD-2-Clause */
/* The controller: reset, set-up, its interrupters and their handler. */
#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include <stdio.h>
#include <string.h>

#define HALT_MS  100  /* 16 ms by 5.4.1.1 */
#define RESET_MS 1000 /* no bound in the specification */

#define CAPABILITY_BYTES 0x1cu /* the size of the registers used here */

#define ERDP_EVERY 32 /* events between two writes of ERDP, which give room back to the controller */

static uint32_t oper_read(const struct xhci *x, unsigned reg)
{
    return mmio_read32(x->oper + reg);
}

static void oper_write(const struct xhci *x, unsigned reg, uint32_t v)
{
    mmio_write32(x->oper + reg, v);
}

static uintptr_t intr_reg(const struct xhci *x, unsigned i, unsigned reg)
{
    return x->runtime + XHCI_INTR(i) + reg;
}

/* Write a 64-bit register (5.1): by one access if the controller supports it, else the low half first. */
static void write64(const struct xhci *x, uintptr_t reg, uint64_t v)
{
    if (x->ac64) {
        mmio_write64(reg, v);
        return;
    }
    mmio_write32(reg, (uint32_t)v);
    mmio_write32(reg + 4, 0);
}

/* All ones are no valid status: its reserved bits read as zero (5.4.2). */
int xhci_alive(struct xhci *x)
{
    uint32_t sts = oper_read(x, XHCI_USBSTS);

    fence_io_rwio();
    if (sts == UINT32_MAX)
        return XHCI_EGONE;
    return sts & (XHCI_STS_HSE | XHCI_STS_HCE) ? XHCI_EDIED : XHCI_OK;
}

/* Wait until the masked bits of a register have a value. Returns `error` if they do not get it in time. */
static int wait_bits(const struct xhci *x, unsigned reg, uint32_t mask, uint32_t want, unsigned ms, int error)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));
    uint32_t v;

    while (((v = oper_read(x, reg)) & mask) != want || v == UINT32_MAX) {
        if (v == UINT32_MAX)
            return XHCI_EGONE;
        if (!hart_wait_more(&w))
            return error;
    }
    return XHCI_OK;
}

int xhci_stop(struct xhci *x)
{
    uint32_t cmd = oper_read(x, XHCI_USBCMD);

    if (cmd == UINT32_MAX)
        return XHCI_EGONE;
    oper_write(x, XHCI_USBCMD, cmd & ~(XHCI_CMD_RUN | XHCI_CMD_INTE));
    return wait_bits(x, XHCI_USBSTS, XHCI_STS_HALTED, XHCI_STS_HALTED, HALT_MS, XHCI_EHALT);
}

/* Halt first, or the reset is undefined (5.4.1). No register may be written before CNR is clear (4.2). */
static int reset(struct xhci *x)
{
    int error = wait_bits(x, XHCI_USBSTS, XHCI_STS_CNR, 0, RESET_MS, XHCI_ERESET);

    if (!error)
        error = xhci_stop(x);
    if (error)
        return error;
    oper_write(x, XHCI_USBCMD, XHCI_CMD_RESET);
    error = wait_bits(x, XHCI_USBCMD, XHCI_CMD_RESET, 0, RESET_MS, XHCI_ERESET);
    return error ? error : wait_bits(x, XHCI_USBSTS, XHCI_STS_CNR, 0, RESET_MS, XHCI_ERESET);
}

/* Find the registers. Only a broken controller names offsets outside its BAR. */
static int find_registers(struct xhci *x)
{
    uint64_t size = pci_bar_size(x->pd, 0);
    uint64_t oper = mmio_read32(x->regs + XHCI_CAPLENGTH) & 0xff;
    uint64_t runtime = mmio_read32(x->regs + XHCI_RTSOFF) & ~31u;
    uint64_t doorbells = mmio_read32(x->regs + XHCI_DBOFF) & ~3u;

    if (oper < CAPABILITY_BYTES)
        return XHCI_ECONTROLLER;
    if (oper + XHCI_PORTSC(x->n_ports + 1) > size || runtime + XHCI_INTR(XHCI_INTRS) > size ||
        doorbells + 4 * (XHCI_SLOTS + 1) > size)
        return PCI_EBARBAD;
    x->oper = x->regs + oper;
    x->runtime = x->regs + runtime;
    x->doorbells = x->regs + doorbells;
    return XHCI_OK;
}

/* Read the controller's capabilities. */
static int capabilities(struct xhci *x)
{
    uint32_t p1 = mmio_read32(x->regs + XHCI_HCSPARAMS1), p2 = mmio_read32(x->regs + XHCI_HCSPARAMS2);
    uint32_t hcc = mmio_read32(x->regs + XHCI_HCCPARAMS1);
    unsigned segments = 1u << XHCI_ERST_MAX(p2);

    if (p1 == UINT32_MAX)
        return XHCI_EGONE;
    x->n_ports = XHCI_MAX_PORTS(p1) < XHCI_PORTS ? XHCI_MAX_PORTS(p1) : XHCI_PORTS;
    x->n_segments = segments < XHCI_EVENT_SEGMENTS ? segments : XHCI_EVENT_SEGMENTS;
    x->n_intrs = XHCI_MAX_INTRS(p1);
    x->context_size = XHCI_CSZ(hcc) ? 64 : 32;
    x->ac64 = XHCI_AC64(hcc);
    if (!x->n_ports || !x->n_intrs || XHCI_SCRATCH(p2) > XHCI_SCRATCHES || XHCI_MAX_SLOTS(p1) < XHCI_SLOTS ||
        (!x->ac64 && (uintptr_t)(&x->dma + 1) > UINT32_MAX))
        return XHCI_ECONTROLLER;
    for (unsigned i = 0; i < XHCI_SCRATCH(p2); i++)
        x->dma.scratch_array[i] = (uintptr_t)x->dma.scratch[i];
    x->dma.dcbaa[0] = XHCI_SCRATCH(p2) ? (uintptr_t)x->dma.scratch_array : 0;
    return find_registers(x);
}

/*
 * Use as many messages as the function offers and the driver needs: a block, whose numbers are those of the
 * interrupters (4.17.1).
 */
static int find_block(struct xhci *x, unsigned most)
{
    unsigned order = 0;
    int error = pci_msi_init(&x->msi, x->pd);

    while (!error && 2u << order <= most && !pci_msi_set_order(&x->msi, order + 1))
        order++;
    x->order = order;
    x->n_intrs = 1u << order;
    return error;
}

/* Use MSI-X if the function has it, with an entry for each interrupter; else plain MSI. */
static int find_messages(struct xhci *x, unsigned max_intrs)
{
    unsigned most = max_intrs < XHCI_INTRS ? max_intrs : XHCI_INTRS;
    int error = pci_msix_init(&x->table, x->pd);

    most = x->n_intrs < most ? x->n_intrs : most;
    x->is_msix = !error;
    if (error == PCI_ENOCAP)
        return find_block(x, most);
    x->n_intrs = x->table.n < most ? x->table.n : most;
    for (unsigned i = 0; i < x->n_intrs && !error; i++)
        error = pci_msix_entry(&x->intrs[i].msix, &x->table, i);
    return error;
}

/* The table's address goes last: writing it makes the controller read the table (4.9.4). */
static void set_up_intr(struct xhci *x, unsigned i)
{
    struct xhci_intr *xi = &x->intrs[i];

    xi->x = x;
    xi->n = i;
    (void)snprintf(xi->name, sizeof(xi->name), x->n_intrs > 1 ? "%s.%u" : "%s", x->name, i);
    xhci_events_init(&xi->events, xi->erst, x->dma.events[i], x->n_segments, XHCI_EVENTS);
    fence_rw_o();
    mmio_write32(intr_reg(x, i, XHCI_IMOD), 0); /* no moderation: the driver wants each interrupt */
    mmio_write32(intr_reg(x, i, XHCI_ERSTSZ), x->n_segments);
    write64(x, intr_reg(x, i, XHCI_ERDP), xhci_events_dequeue(&xi->events));
    write64(x, intr_reg(x, i, XHCI_ERSTBA), (uintptr_t)xi->erst);
}

/* Set the controller up in the order of 4.2. */
static void set_up(struct xhci *x)
{
    xhci_ring_init(&x->commands, x->dma.commands, XHCI_COMMANDS);
    fence_rw_o();
    oper_write(x, XHCI_CONFIG, XHCI_SLOTS);
    write64(x, x->oper + XHCI_DCBAAP, (uintptr_t)x->dma.dcbaa);
    write64(x, x->oper + XHCI_CRCR, (uintptr_t)x->dma.commands | XHCI_CRCR_RCS);
    for (unsigned i = 0; i < x->n_intrs; i++)
        set_up_intr(x, i);
}

int xhci_init(struct xhci *x, struct pci_device *pd, const char *name, unsigned max_intrs)
{
    int error = pci_enable(pd);

    memset(x, 0, sizeof(*x));
    x->pd = pd;
    x->name = name;
    x->regs = pci_bar(pd, 0);
    if (!error)
        error = x->regs ? capabilities(x) : XHCI_ECONTROLLER;
    if (!error)
        error = reset(x);
    if (!error && !(oper_read(x, XHCI_PAGESIZE) & 1)) /* 4 KiB pages */
        error = XHCI_ECONTROLLER;
    if (!error)
        error = find_messages(x, max_intrs);
    if (!error)
        set_up(x);
    return error;
}

struct aia_msi *xhci_msi(struct xhci *x, unsigned i)
{
    return x->is_msix ? x->intrs[i].msix.top : x->msi.top;
}

int xhci_run(struct xhci *x)
{
    for (unsigned i = 0; i < x->n_intrs; i++)
        mmio_write32(intr_reg(x, i, XHCI_IMAN), XHCI_IMAN_IE | XHCI_IMAN_IP);
    oper_write(x, XHCI_USBCMD, XHCI_CMD_RUN | XHCI_CMD_INTE);
    return wait_bits(x, XHCI_USBSTS, XHCI_STS_HALTED, 0, HALT_MS, XHCI_ERUN);
}

int xhci_intr_state(struct xhci *x, unsigned i, struct xhci_intr_state *s)
{
    uint32_t iman = mmio_read32(intr_reg(x, i, XHCI_IMAN)), erdp = mmio_read32(intr_reg(x, i, XHCI_ERDP));
    uint32_t sts = oper_read(x, XHCI_USBSTS);

    fence_io_rwio();
    if (sts == UINT32_MAX)
        return XHCI_EGONE;
    *s = (struct xhci_intr_state){
        .waiting = xhci_events_waiting(x->intrs[i].events),
        .head = atomic_load(&x->intrs[i].taken),
        .busy = erdp & XHCI_ERDP_EHB,
        .pending = iman & XHCI_IMAN_IP,
        .enabled = iman & XHCI_IMAN_IE,
        .usbsts = sts,
    };
    return sts & (XHCI_STS_HSE | XHCI_STS_HCE) ? XHCI_EDIED : XHCI_OK;
}

/* ---- the handler ---- */

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    /* One handler, which never runs on two harts at the same time. */
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

/*
 * Find the request of an event, and mark the request done if the event completes it. Returns false if the event matches
 * no TRB. Lock held.
 */
static bool complete(struct xhci_ring *ring, const struct xhci_trb *event)
{
    int i = ring ? xhci_ring_index(ring, event->param) : -1;
    struct xhci_request *r = i < 0 ? NULL : ring->owners[i];
    uint8_t code = (uint8_t)XHCI_CODE_OF(event->status);

    if (i < 0)
        return false;
    if (!r) /* a forgotten request: its room is free again; or a stop, which was intended (4.6.9) */
        return xhci_ring_complete(ring, (unsigned)i) && code >= XHCI_STOPPED && code <= XHCI_STOPPED_SHORT;
    if (XHCI_LENGTH_OF(event->status))
        r->residual = XHCI_LENGTH_OF(event->status);
    /* A data stage that ends early has an event of its own; the event of the status stage still comes (4.11.5.2). */
    if ((unsigned)i != r->last && code == XHCI_SHORT_PACKET)
        return true;
    r->code = code;
    r->slot = (uint8_t)XHCI_SLOT_OF(event->control);
    (void)xhci_ring_complete(ring, r->last);
    atomic_store_explicit(&r->state, XHCI_REQUEST_DONE, memory_order_release);
    return true;
}

static bool port_event(struct xhci *x, const struct xhci_trb *event)
{
    unsigned port = (unsigned)(event->param >> 24 & 0xff);

    if (port < 1 || port > x->n_ports)
        return false;
    atomic_fetch_add_explicit(&x->port_events[port], 1, memory_order_release);
    return true;
}

static bool take(struct xhci *x, const struct xhci_trb *event)
{
    uint32_t control = event->control;
    bool known = false;

    aia_port_lock(&x->lock);
    switch (XHCI_TYPE_OF(control)) {
    case XHCI_COMMAND_EVENT:
        known = complete(&x->commands, event);
        break;
    case XHCI_TRANSFER_EVENT:
        known = complete(xhci_ring_of_(x, XHCI_SLOT_OF(control), XHCI_EP_OF(control)), event);
        break;
    case XHCI_PORT_EVENT:
        known = port_event(x, event);
        break;
    default: /* a full event ring loses events: nothing can be trusted after that (4.9.4) */
        if (XHCI_CODE_OF(event->status) == XHCI_EVENT_RING_FULL)
            atomic_store(&x->failed, XHCI_EDIED);
    }
    aia_port_unlock(&x->lock);
    return known;
}

/* Give events back by the new dequeue pointer. They have been read; from now on the controller may overwrite them. */
static void write_dequeue(struct xhci *x, struct xhci_intr *xi, uint64_t busy)
{
    fence_rw_o();
    write64(x, intr_reg(x, xi->n, XHCI_ERDP), xhci_events_dequeue(&xi->events) | busy);
}

static unsigned take_all(struct xhci *x, struct xhci_intr *xi)
{
    unsigned n = 0;
    struct xhci_trb event;

    while (n < XHCI_EVENTS && xhci_events_peek(&xi->events, &event)) {
        if (!take(x, &event))
            add(&xi->strange, 1);
        xhci_events_next(&xi->events);
        if (++n % ERDP_EVERY == 0)
            write_dequeue(x, xi, 0);
    }
    return n;
}

/*
 * Clear EINT before IP (5.4.2), and IP if the message did not clear it (5.5.2.1). Then take the events. Last write the
 * dequeue pointer with the busy bit, which a one clears. Events after that pointer, which may exist by now or because a
 * run takes a bounded number, make the controller interrupt again (4.17.2): no event stays unhandled.
 */
enum aia_result xhci_handler(void *context, struct aia_irq *irq)
{
    struct xhci_intr *xi = context;
    struct xhci *x = xi->x;
    uint32_t iman;

    (void)irq;
    atomic_store_explicit(&xi->ran_at, time_now(), memory_order_relaxed);
    add(&xi->runs, 1);
    oper_write(x, XHCI_USBSTS, XHCI_STS_EINT);
    iman = mmio_read32(intr_reg(x, xi->n, XHCI_IMAN));
    fence_io_rwio();
    if (iman == UINT32_MAX) { /* unplugged: the ring has no more events */
        atomic_store(&x->failed, XHCI_EGONE);
        return AIA_HANDLED;
    }
    if (iman & XHCI_IMAN_IP)
        mmio_write32(intr_reg(x, xi->n, XHCI_IMAN), iman);
    unsigned n = take_all(x, xi);
    add(&xi->taken, n);
    add(&xi->empty, n == 0);
    write_dequeue(x, xi, XHCI_ERDP_EHB);
    return AIA_HANDLED;
}

enum aia_result xhci_block_handler(void *context, struct aia_irq *irq)
{
    struct xhci *x = context;

    return xhci_handler(&x->intrs[irq - irq->first], irq);
}

const char *xhci_strerror(int error)
{
    static const char *const text[] = {
        "XHCI_ECONTROLLER: the controller has a capability that this driver does not support",
        "XHCI_EHALT: the controller does not halt",
        "XHCI_ERESET: the controller's reset does not end",
        "XHCI_ERUN: the controller does not start to run",
        "XHCI_EGONE: the controller reads as all ones: unplugged, or not decoding",
        "XHCI_EDIED: the controller reports a system or internal error",
        "XHCI_EFULL: no room on the ring",
        "XHCI_ETIMEOUT: no completion in time",
        "XHCI_ECODE: completed with an error",
        "XHCI_ESTALL: the endpoint stalled",
        "XHCI_EPORT: no device at the port, or it does not come out of reset",
        "XHCI_ESLOT: no device slot",
        "XHCI_EBUFFER: a buffer that one TRB cannot hold",
        "USB_EDESCRIPTOR: a malformed descriptor",
        "USB_ENOSTORAGE: no bulk-only mass storage interface",
        "BOT_ECSW: no valid command status",
        "BOT_EFAILED: the device failed the command",
        "BOT_EPHASE: the device reports a phase error",
        "BOT_ESHORT: fewer data than requested",
        "XHCI_EPULLED: the device is no longer at its port",
    };
    const char *pci = pci_strerror(error);

    if (error <= XHCI_ECONTROLLER && error >= XHCI_EPULLED)
        return text[XHCI_ECONTROLLER - error];
    return pci ? pci : aia_strerror(error);
}
