/* SPDX-License-Identifier: BSD-2-Clause */
#include "xhci_model.h"

#include <assert.h>
#include <string.h>

#include "mmio.h"
#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"

#define OPER    0x40u
#define BELLS   0x1000u
#define RUNTIME 0x2000u
#define INTR    (RUNTIME + XHCI_INTR(0))

#define STOPPED 3u /* of an endpoint (6.2.3) */
#define DCIS    32u

struct xm xm;

void xm_reset(void)
{
    function_reset();
    fn.vectors = 0;
    memset(&xm, 0, sizeof(xm));
    xm.caplength = OPER;
    xm.dboff = BELLS;
    xm.rtsoff = RUNTIME;
    xm.scratches = 3;
    xm.pagesize = 1;
    xm.ports = 4;
    xm.sts = 0; /* as firmware may leave it: running */
    xm.cmd = XHCI_CMD_RUN;
}

/* ---- events ---- */

static struct xhci_erst *table(void)
{
    return (struct xhci_erst *)(uintptr_t)xm.erst;
}

static void raise(void)
{
    xm.sts |= XHCI_STS_EINT;
    if (xm.busy || !(xm.iman & XHCI_IMAN_IE) || !(xm.cmd & XHCI_CMD_INTE))
        return;
    xm.busy = true;
    xm.messages++;
    if (xm.lose)
        xm.lose--;
    else
        xm.due = true;
}

static uint64_t place(void)
{
    return table()[xm.segment].base + 16 * xm.i;
}

void xm_event(uint64_t param, uint32_t status, uint32_t control)
{
    struct xhci_trb *t = (struct xhci_trb *)(uintptr_t)place();
    unsigned segment = xm.segment, i = xm.i;

    if (++xm.i == table()[xm.segment].size) {
        xm.i = 0;
        xm.segment = (xm.segment + 1) % xm.erst_size;
    }
    if (place() == (xm.erdp & ~15ull)) { /* full: the pointer must not reach software's pointer (4.9.4) */
        xm.segment = segment;
        xm.i = i;
        xm.overruns++;
        return;
    }
    t->param = param;
    t->status = status;
    t->control = (control & ~XHCI_TRB_CYCLE) | xm.event_cycle;
    if (!xm.i && !xm.segment)
        xm.event_cycle = !xm.event_cycle;
    raise();
}

static void dequeue(uint64_t v)
{
    if (v & XHCI_ERDP_EHB) {
        for (; xm.noise_at_erdp; xm.noise_at_erdp--)
            xm_event(2u << 24, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_PORT_EVENT));
        xm.busy = false;
    }
    xm.erdp = v;
    assert((v & 7) == (uint64_t)(v - table()[0].base) / 16 / table()[0].size); /* DESI (5.5.2.3.3) */
    if ((v & XHCI_ERDP_EHB) && (v & ~15ull) != place())
        raise();
}

/* ---- endpoints ---- */

static uint32_t *context(uint64_t base, unsigned i)
{
    return (uint32_t *)(uintptr_t)(base + 32 * i);
}

static uint32_t *endpoint(unsigned slot, unsigned dci)
{
    return context(((uint64_t *)(uintptr_t)xm.dcbaa)[slot], dci);
}

static void set_state(uint32_t *ep, unsigned state)
{
    ep[0] = (ep[0] & ~7u) | state;
}

/* Add the endpoints of an input context, and let them run (4.6.5, 4.6.6). */
static void add_endpoints(uint64_t in, unsigned slot)
{
    uint32_t add = context(in, 0)[1];

    for (unsigned dci = 1; dci < DCIS; dci++)
        if (add >> dci & 1) {
            memcpy(endpoint(slot, dci), context(in, dci + 1), 32);
            set_state(endpoint(slot, dci), XHCI_EP_STATE_RUNNING);
        }
}

static void transfer_event(unsigned slot, unsigned dci, const struct xhci_trb *t, unsigned code,
                           uint32_t left)
{
    xm_event((uintptr_t)t, code << 24 | left,
             XHCI_TRB_TYPE(XHCI_TRANSFER_EVENT) | XHCI_TRB_SLOT(slot) | XHCI_TRB_EP(dci));
}

/* Execute a TRB, with the completion code that the test set. Returns false if the endpoint stops there. */
static bool transfer(unsigned slot, unsigned dci, const struct xhci_trb *t)
{
    unsigned code = xm.code ? xm.code : XHCI_SUCCESS;

    if (code == XM_NEVER) {
        xm.held = t;
        return false;
    }
    xm.code = 0;
    if (code == XHCI_SUCCESS && !(t->control & XHCI_TRB_IOC))
        return true;
    transfer_event(slot, dci, t, code, 0);
    if (code != XHCI_SUCCESS)
        set_state(endpoint(slot, dci), XHCI_EP_STATE_HALTED);
    return code == XHCI_SUCCESS;
}

static void run_transfers(unsigned slot, unsigned dci)
{
    uint32_t *ep = endpoint(slot, dci);

    if (XHCI_EP_STATE(ep[0]) == STOPPED)
        set_state(ep, XHCI_EP_STATE_RUNNING);
    while (XHCI_EP_STATE(ep[0]) == XHCI_EP_STATE_RUNNING && !xm.held) {
        uint64_t at = ep[2] | (uint64_t)ep[3] << 32;
        const struct xhci_trb *t = (const struct xhci_trb *)(uintptr_t)(at & ~15ull);
        uint32_t control = t->control;
        if ((control & 1) != (at & 1) || (XHCI_TYPE_OF(control) != XHCI_LINK && !transfer(slot, dci, t)))
            return;
        at = XHCI_TYPE_OF(control) == XHCI_LINK ? t->param | ((at & 1) ^ 1) : at + 16;
        ep[2] = (uint32_t)at;
        ep[3] = (uint32_t)(at >> 32);
    }
}

/* Stop an endpoint (4.6.9): report the TRB at which it is; the controller owns this TRB no more. */
static unsigned stop_endpoint(unsigned slot, unsigned dci)
{
    uint32_t *ep = endpoint(slot, dci);

    xm.stops++;
    if (xm.halts_first && xm.held) { /* the endpoint has failed just before the command */
        xm.halts_first = false;
        transfer_event(slot, dci, xm.held, XHCI_TRANSACTION_ERROR, 0);
        xm.held = NULL;
        set_state(ep, XHCI_EP_STATE_HALTED);
    }
    if (XHCI_EP_STATE(ep[0]) != XHCI_EP_STATE_RUNNING)
        return XHCI_CONTEXT_STATE;
    set_state(ep, STOPPED);
    if (xm.held)
        transfer_event(slot, dci, xm.held, XHCI_STOPPED, 0);
    xm.held = NULL;
    return XHCI_SUCCESS;
}

static unsigned change_endpoint(unsigned slot, unsigned dci, const struct xhci_trb *t)
{
    uint32_t *ep = endpoint(slot, dci);

    if (XHCI_TYPE_OF(t->control) == XHCI_STOP_ENDPOINT)
        return stop_endpoint(slot, dci);
    if (XHCI_TYPE_OF(t->control) == XHCI_RESET_ENDPOINT) {
        xm.resets++;
        if (XHCI_EP_STATE(ep[0]) != XHCI_EP_STATE_HALTED)
            return XHCI_CONTEXT_STATE;
        set_state(ep, STOPPED);
        return XHCI_SUCCESS;
    }
    if (XHCI_EP_STATE(ep[0]) != STOPPED)
        return XHCI_CONTEXT_STATE;
    ep[2] = (uint32_t)t->param;
    ep[3] = (uint32_t)(t->param >> 32);
    return XHCI_SUCCESS;
}

/* ---- commands ---- */

static unsigned run_command(const struct xhci_trb *t)
{
    uint32_t control = t->control;
    unsigned slot = XHCI_SLOT_OF(control);

    switch (XHCI_TYPE_OF(control)) {
    case XHCI_ADDRESS_DEVICE:
    case XHCI_CONFIGURE_ENDPOINT:
        add_endpoints(t->param, slot);
        return XHCI_SUCCESS;
    case XHCI_STOP_ENDPOINT:
    case XHCI_RESET_ENDPOINT:
    case XHCI_SET_TR_DEQUEUE:
        return change_endpoint(slot, XHCI_EP_OF(control), t);
    default:
        return XHCI_SUCCESS;
    }
}

static void run_commands(void)
{
    for (;;) {
        struct xhci_trb *t = (struct xhci_trb *)(uintptr_t)xm.command;
        uint32_t control = t->control;

        if ((control & XHCI_TRB_CYCLE) != xm.command_cycle)
            return;
        if (XHCI_TYPE_OF(control) == XHCI_LINK) {
            xm.command = t->param;
            xm.command_cycle ^= (control & XHCI_TRB_TC) != 0;
            xm.command_wraps++;
            continue;
        }
        xm.commands++;
        xm.command += 16;
        unsigned code = run_command(t);
        xm_event((uintptr_t)t, code << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT) | XHCI_TRB_SLOT(1));
    }
}

/* ---- ports ---- */

static void write_port(unsigned port, uint32_t v)
{
    uint32_t *sc = &xm.portsc[port];

    *sc &= ~(v & XHCI_PORT_CHANGES);
    if (!(v & XHCI_PORT_RESET) || xm.stuck == XM_STUCK_PORT)
        return;
    *sc |= XHCI_PORT_PRC | XHCI_PORT_ENABLED;
    xm_event((uint64_t)port << 24, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_PORT_EVENT));
}

/* ---- registers ---- */

static uint32_t status(void)
{
    uint32_t v = xm.sts & ~XHCI_STS_HALTED;
    bool running = (xm.cmd & XHCI_CMD_RUN && xm.stuck != XM_STUCK_HALTED) || xm.stuck == XM_STUCK_RUNNING;

    return v | (running ? 0 : XHCI_STS_HALTED) | (xm.stuck == XM_STUCK_CNR ? XHCI_STS_CNR : 0);
}

uint64_t device_read(uintptr_t at, unsigned size)
{
    assert(size == 4);
    if (at >= OPER + XHCI_PORTSC(1) && at < OPER + XHCI_PORTSC(XM_PORTS))
        return xm.portsc[(at - OPER - XHCI_PORTSC(1)) / 16 + 1];
    switch (at) {
    case XHCI_CAPLENGTH:
        return 0x01100000 | xm.caplength;
    case XHCI_HCSPARAMS1:
        return 8 | 1 << 8 | xm.ports << 24;
    case XHCI_HCSPARAMS2:
        return 2 << 4 | (xm.scratches >> 5) << 21 | (xm.scratches & 31) << 27;
    case XHCI_HCCPARAMS1:
        return 1;
    case XHCI_DBOFF:
        return xm.dboff;
    case XHCI_RTSOFF:
        return xm.rtsoff;
    case OPER + XHCI_USBCMD:
        return xm.cmd | (xm.stuck == XM_STUCK_RESET && xm.ran ? XHCI_CMD_RESET : 0);
    case OPER + XHCI_USBSTS:
        return status();
    case OPER + XHCI_PAGESIZE:
        return xm.pagesize;
    case INTR + XHCI_IMAN:
        return xm.iman;
    case INTR + XHCI_ERDP:
        return (uint32_t)(xm.erdp & ~8ull) | (xm.busy ? XHCI_ERDP_EHB : 0);
    default:
        return 0;
    }
}

static void command(uint32_t v)
{
    xm.ran |= (v & XHCI_CMD_RESET) != 0;
    if (v & XHCI_CMD_RESET)
        assert(status() & XHCI_STS_HALTED); /* otherwise the effect is undefined (5.4.1) */
    xm.cmd = v & ~XHCI_CMD_RESET;
}

void device_write(uintptr_t at, uint64_t v, unsigned size)
{
    if (at >= OPER + XHCI_PORTSC(1) && at < OPER + XHCI_PORTSC(XM_PORTS)) {
        write_port((unsigned)(at - OPER - XHCI_PORTSC(1)) / 16 + 1, (uint32_t)v);
        return;
    }
    if (at > BELLS && at < BELLS + 4 * 256) {
        assert(fn.fenced); /* the TRBs are in memory (4.7) */
        run_transfers((unsigned)(at - BELLS) / 4, (unsigned)v);
        return;
    }
    switch (at) {
    case OPER + XHCI_USBCMD:
        command((uint32_t)v);
        break;
    case OPER + XHCI_USBSTS:
        xm.sts &= ~(uint32_t)v;
        break;
    case OPER + XHCI_DCBAAP:
        xm.dcbaa = v;
        break;
    case OPER + XHCI_CRCR:
        assert(size == 8);
        xm.command = v & ~63ull;
        xm.command_cycle = v & XHCI_CRCR_RCS;
        break;
    case INTR + XHCI_IMAN:
        xm.iman = v & XHCI_IMAN_IE;
        break;
    case INTR + XHCI_ERSTSZ:
        xm.erst_size = (uint32_t)v;
        break;
    case INTR + XHCI_ERSTBA: /* written last of the three registers: now the table is read (4.9.4) */
        assert(xm.erst_size && xm.erdp);
        xm.erst = v;
        xm.event_cycle = true;
        break;
    case INTR + XHCI_ERDP:
        assert(fn.fenced || !xm.erst); /* software has read the events: from now on they may be overwritten */
        if (xm.erst)
            dequeue(v);
        else
            xm.erdp = v;
        break;
    case BELLS:
        assert(fn.fenced);
        run_commands();
        break;
    default:
        break;
    }
}

/* ---- time, in which messages arrive ---- */

static bool take_message(void)
{
    bool due = xm.due && xm.deliver;

    xm.due &= !due;
    if (due)
        (void)xhci_handler(xm.deliver, NULL);
    return due;
}

void xm_settle(void)
{
    while (take_message())
        ;
}

void device_idle(void)
{
    (void)take_message();
}
