/* SPDX-License-Identifier: BSD-2-Clause */
#include "xhci_model.h"

#include <assert.h>
#include <string.h>

#include "mmio.h"
#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/hart.h"
#include "payload/time.h"

#define REGS    XM_REGS
#define OPER    0x40u
#define BELLS   0x1000u
#define RUNTIME 0x2000u
#define INTR    (RUNTIME + XHCI_INTR(0))

struct xm xm;

void xm_reset(void)
{
    memset(&xm, 0, sizeof(xm));
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
    if (place() == (xm.erdp & ~15ull)) { /* full: the pointer must not catch up with software's (4.9.4) */
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

/* ---- commands ---- */

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
        xm_event((uintptr_t)t, XHCI_SUCCESS << 24, XHCI_TRB_TYPE(XHCI_COMMAND_EVENT) | XHCI_TRB_SLOT(1));
    }
}

/* ---- registers ---- */

static uint32_t status(void)
{
    uint32_t v = xm.sts & ~XHCI_STS_HALTED;
    bool running = (xm.cmd & XHCI_CMD_RUN && xm.stuck != XM_STUCK_HALTED) || xm.stuck == XM_STUCK_RUNNING;

    return v | (running ? 0 : XHCI_STS_HALTED) | (xm.stuck == XM_STUCK_CNR ? XHCI_STS_CNR : 0);
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    assert(size == 4);
    if (xm.gone)
        return UINT32_MAX;
    switch (a - REGS) {
    case XHCI_CAPLENGTH:
        return 0x01100000 | OPER;
    case XHCI_HCSPARAMS1:
        return 8 | 1 << 8 | xm.ports << 24;
    case XHCI_HCSPARAMS2:
        return 2 << 4 | (xm.scratches >> 5) << 21 | (xm.scratches & 31) << 27;
    case XHCI_HCCPARAMS1:
        return 1;
    case XHCI_DBOFF:
        return BELLS;
    case XHCI_RTSOFF:
        return RUNTIME;
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
        assert(status() & XHCI_STS_HALTED); /* else its effect is undefined (5.4.1) */
    xm.cmd = v & ~XHCI_CMD_RESET;
}

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    if (xm.gone)
        return;
    switch (a - REGS) {
    case OPER + XHCI_USBCMD:
        command((uint32_t)v);
        break;
    case OPER + XHCI_USBSTS:
        xm.sts &= ~(uint32_t)v;
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
    case INTR + XHCI_ERSTBA: /* last of the three: here the table is read (4.9.4) */
        assert(xm.erst_size && xm.erdp);
        xm.erst = v;
        xm.event_cycle = true;
        break;
    case INTR + XHCI_ERDP:
        if (xm.erst)
            dequeue(v);
        else
            xm.erdp = v;
        break;
    case BELLS:
        run_commands();
        break;
    default:
        break;
    }
}

bool model_mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    (void)a;
    (void)expected;
    (void)desired;
    return false;
}

void model_fence(int kind)
{
    (void)kind;
}

/* ---- time, in which messages arrive ---- */

uint64_t model_time(void)
{
    return xm.now;
}

uint64_t time_from_ms(uint64_t ms)
{
    return ms * 1000;
}

struct hart_wait hart_wait_begin(uint64_t ticks)
{
    return (struct hart_wait){.deadline = xm.now + ticks};
}

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

bool hart_wait_more(struct hart_wait *w)
{
    xm.now += 100;
    (void)take_message();
    return xm.now < w->deadline;
}

/* ---- locks ---- */

unsigned long aia_port_irq_save(void)
{
    return 0;
}

void aia_port_irq_restore(unsigned long was)
{
    (void)was;
}

void aia_port_lock(struct aia_lock *lock)
{
    assert(!lock->opaque[0]++);
}

void aia_port_unlock(struct aia_lock *lock)
{
    assert(lock->opaque[0]-- == 1);
}
