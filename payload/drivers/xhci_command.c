/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests: commands, bulk and control transfers, and the wait for their ends. */
#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include <string.h>

#define NOOPS       8 /* the most No-Ops that one caller has in flight */
#define TRB_BYTES   65536u
#define CONTROL_MAX sizeof(((struct xhci_dma *)0)->control)

#define ENDPOINT_CHANGED 1 /* the endpoint's state changed between the read of it and the command */

static unsigned long lock(struct xhci *x)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&x->lock);
    return was;
}

static void unlock(struct xhci *x, unsigned long was)
{
    aia_port_unlock(&x->lock);
    aia_port_irq_restore(was);
}

/* Order the TRBs before the doorbell (4.7). */
static void doorbell(struct xhci *x, unsigned slot, uint32_t target)
{
    fence_rw_o();
    mmio_write32(x->doorbells + 4 * slot, target);
}

static void begin(struct xhci_request *r, struct xhci_ring *ring, unsigned slot)
{
    r->ring = ring;
    r->code = 0;
    r->slot = (uint8_t)slot;
    r->residual = 0;
    r->submitted = time_now();
    atomic_store_explicit(&r->state, XHCI_REQUEST_PENDING, memory_order_relaxed);
}

static void forget(struct xhci *x, struct xhci_request *r)
{
    unsigned long was = lock(x);

    xhci_ring_forget(r->ring, r);
    atomic_store(&r->state, XHCI_REQUEST_IDLE);
    unlock(x, was);
}

static bool done(const struct xhci_request *r)
{
    return atomic_load_explicit(&r->state, memory_order_acquire) == XHCI_REQUEST_DONE;
}

static int judge(const struct xhci_request *r)
{
    if (r->code == XHCI_SUCCESS || r->code == XHCI_SHORT_PACKET)
        return XHCI_OK;
    return r->code == XHCI_STALL ? XHCI_ESTALL : XHCI_ECODE;
}

/* Wait for one slice. XHCI_ETIMEOUT: the slice is over and the request is not done. */
static int wait_slice(struct xhci *x, const struct xhci_request *r, unsigned ms)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));

    while (!done(r)) {
        int failed = atomic_load_explicit(&x->failed, memory_order_relaxed);
        if (failed)
            return failed;
        if (!hart_wait_more(&w))
            return XHCI_ETIMEOUT;
    }
    return XHCI_OK;
}

/* After a slice: read whether a longer wait makes sense. */
static int look(struct xhci *x, const struct xhci_request *r, unsigned waited)
{
    int error = xhci_alive(x);

    if (error)
        atomic_store(&x->failed, error);
    else if (r->slot)
        error = xhci_present_(x, r->slot);
    if (!error && x->look)
        error = x->look(x, r, waited);
    return error;
}

int xhci_wait(struct xhci *x, struct xhci_request *r, unsigned ms)
{
    unsigned slice = x->look_ms && x->look_ms < ms ? x->look_ms : ms;
    int error = XHCI_ETIMEOUT;

    for (unsigned waited = 0; waited < ms && error == XHCI_ETIMEOUT;) {
        error = wait_slice(x, r, slice);
        waited += slice;
        if (error != XHCI_ETIMEOUT)
            break;
        int found = look(x, r, waited);
        if (done(r))
            error = XHCI_OK;
        else if (found) {
            error = found;
            break;
        }
    }
    if (!error)
        return judge(r);
    forget(x, r);
    return error;
}

/* ---- commands ---- */

int xhci_submit_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control, bool more)
{
    unsigned long was = lock(x);
    int error = xhci_ring_room(&x->commands) ? XHCI_OK : XHCI_EFULL;

    if (!error) {
        begin(r, &x->commands, 0);
        r->last = x->commands.next; /* before the push: the event may come immediately after it */
        (void)xhci_ring_push(&x->commands, param, 0, control, r);
    }
    unlock(x, was);
    if (!error && !more)
        doorbell(x, 0, 0);
    return error;
}

void xhci_ring_commands(struct xhci *x)
{
    doorbell(x, 0, 0);
}

/*
 * Submit a command, and wait while the ring is full. Room comes when other commands complete; if it never comes, the
 * controller is at fault. Commands submitted with `more` may fill the ring while their submitter waits for room. So a
 * submitter that waits rings the doorbell first.
 */
static int submit_soon(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control, bool more)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(XHCI_TIMEOUT_MS));
    int error;

    while ((error = xhci_submit_command(x, r, param, control, more)) == XHCI_EFULL) {
        int failed = atomic_load_explicit(&x->failed, memory_order_relaxed);
        if (failed)
            return failed;
        xhci_ring_commands(x);
        if (!hart_wait_more(&w))
            break;
    }
    return error;
}

int xhci_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control)
{
    int error = submit_soon(x, r, param, control, false);

    return error ? error : xhci_wait(x, r, XHCI_TIMEOUT_MS);
}

static int noop_batch(struct xhci *x, unsigned n, bool bells)
{
    struct xhci_request r[NOOPS];
    unsigned sent = 0;
    int error = XHCI_OK;

    for (; sent < n && !error; sent += !error)
        error = submit_soon(x, &r[sent], 0, XHCI_TRB_TYPE(XHCI_NOOP_COMMAND), !bells);
    if (sent && !bells)
        xhci_ring_commands(x);
    for (unsigned i = 0; i < sent; i++) {
        int e = xhci_wait(x, &r[i], XHCI_TIMEOUT_MS); /* wait for every request: they are on this stack */
        error = error ? error : e;
    }
    return error;
}

int xhci_noops(struct xhci *x, unsigned n, bool bells)
{
    int error = XHCI_OK;

    for (unsigned k; n && !error; n -= k) {
        k = n < NOOPS ? n : NOOPS;
        error = noop_batch(x, k, bells);
    }
    return error;
}

/* ---- transfers ---- */

struct xhci_ring *xhci_ring_of_(struct xhci *x, unsigned slot, unsigned dci)
{
    if (slot < 1 || slot > XHCI_SLOTS || !x->slots[slot].used)
        return NULL;
    for (unsigned i = 0; i < XHCI_SLOT_RINGS; i++)
        if (dci && x->slots[slot].dci[i] == dci)
            return &x->slots[slot].rings[i];
    return NULL;
}

int xhci_submit_bulk(struct xhci *x, unsigned slot, unsigned ring, struct xhci_request *r, void *data,
                     uint32_t length)
{
    struct xhci_ring *q = &x->slots[slot].rings[ring];
    uint64_t at = (uintptr_t)data;

    /* A TRB's buffer must not cross a 64 KiB boundary (6.4.1, table 6-20). */
    if (length > TRB_BYTES || at % TRB_BYTES + length > TRB_BYTES)
        return XHCI_EBUFFER;
    unsigned long was = lock(x);
    int error = xhci_ring_room(q) ? XHCI_OK : XHCI_EFULL;
    if (!error) {
        begin(r, q, slot);
        r->last = q->next;
        (void)xhci_ring_push(q, at, length | XHCI_TRB_INTR(ring % x->n_intrs),
                             XHCI_TRB_TYPE(XHCI_NORMAL) | XHCI_TRB_IOC | XHCI_TRB_ISP, r);
    }
    unlock(x, was);
    if (!error)
        doorbell(x, slot, x->slots[slot].dci[ring]);
    return error;
}

int xhci_bulk(struct xhci *x, unsigned slot, unsigned ring, void *data, uint32_t length, uint32_t *got)
{
    struct xhci_request r;
    int error = xhci_submit_bulk(x, slot, ring, &r, data, length);

    if (!error)
        error = xhci_wait(x, &r, XHCI_TIMEOUT_MS);
    /* Otherwise the controller may still use the buffer. */
    if (error == XHCI_ETIMEOUT || error == XHCI_EPULLED)
        (void)xhci_recover(x, slot, ring);
    if (got)
        *got = !error && r.residual <= length ? length - r.residual : 0;
    return error;
}

int xhci_take_(struct xhci *x)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(2 * XHCI_TIMEOUT_MS));

    while (atomic_exchange_explicit(&x->busy, 1, memory_order_acquire))
        if (!hart_wait_more(&w))
            return XHCI_ETIMEOUT;
    return XHCI_OK;
}

void xhci_give_(struct xhci *x)
{
    atomic_store_explicit(&x->busy, 0, memory_order_release);
}

/*
 * Put the setup, data and status stages on the ring (4.11.2.2). Only the status stage has an event, unless an earlier
 * stage fails or a data stage ends early. The endpoint is idle, so the controller sees the three stages together, at
 * the doorbell.
 */
static int control_stages(struct xhci *x, unsigned slot, const struct usb_setup *s, struct xhci_request *r)
{
    struct xhci_ring *q = &x->slots[slot].rings[XHCI_EP0];
    bool in = s->type & 0x80;
    uint32_t transfer = XHCI_TRB_TRT(!s->length ? 0 : in ? 3 : 2), direction = in ? XHCI_TRB_IN : 0;
    uint32_t status = s->length && in ? 0 : XHCI_TRB_IN; /* the opposite direction of the data */
    uint32_t to = XHCI_TRB_INTR((XHCI_INTRS - 1) % x->n_intrs);
    uint64_t packet = (uint64_t)s->length << 48 | (uint64_t)s->index << 32 | (uint64_t)s->value << 16 |
                      (uint64_t)s->request << 8 | s->type;
    unsigned long was = lock(x);

    if (xhci_ring_room(q) < 3) {
        unlock(x, was);
        return XHCI_EFULL;
    }
    begin(r, q, slot);
    r->last = (q->next + (s->length ? 2u : 1u)) % (q->n - 1);
    (void)xhci_ring_push(q, packet, 8 | to, XHCI_TRB_TYPE(XHCI_SETUP) | XHCI_TRB_IDT | transfer, r);
    if (s->length)
        (void)xhci_ring_push(q, (uintptr_t)x->dma.control, s->length | to,
                             XHCI_TRB_TYPE(XHCI_DATA) | XHCI_TRB_ISP | direction, r);
    (void)xhci_ring_push(q, 0, to, XHCI_TRB_TYPE(XHCI_STATUS) | XHCI_TRB_IOC | status, r);
    unlock(x, was);
    doorbell(x, slot, x->slots[slot].dci[XHCI_EP0]);
    return XHCI_OK;
}

int xhci_control(struct xhci *x, unsigned slot, const struct usb_setup *setup, void *data, uint32_t *got)
{
    struct xhci_request r;
    bool in = setup->type & 0x80;
    int error = setup->length > CONTROL_MAX ? XHCI_EBUFFER : xhci_take_(x);

    if (error)
        return error;
    if (!in && setup->length)
        memcpy(x->dma.control, data, setup->length);
    error = control_stages(x, slot, setup, &r);
    if (!error)
        error = xhci_wait(x, &r, XHCI_TIMEOUT_MS);
    uint32_t n = !error && r.residual <= setup->length ? setup->length - r.residual : 0;
    if (in && n)
        memcpy(data, x->dma.control, n);
    if (got)
        *got = n;
    if (error && error != XHCI_EFULL && error != XHCI_EGONE && error != XHCI_EDIED) {
        /* The device itself recovers by the next setup packet (USB 2.0, 8.5.3.4). */
        int e = xhci_recover(x, slot, XHCI_EP0);
        error = e ? e : error;
    }
    xhci_give_(x);
    return error;
}

/* Stop an endpoint that runs, or reset an endpoint that has halted, so that its ring may be changed. */
static int come_to_rest(struct xhci *x, unsigned slot, unsigned ring)
{
    uint8_t dci = x->slots[slot].dci[ring];
    const uint32_t *context = xhci_context_(x, x->dma.output[slot - 1], dci);
    uint32_t where = XHCI_TRB_SLOT(slot) | XHCI_TRB_EP(dci);
    uint32_t state = XHCI_EP_STATE(*(const volatile uint32_t *)context);
    struct xhci_request r;

    if (state == XHCI_EP_STATE_HALTED)
        return xhci_command(x, &r, 0, XHCI_TRB_TYPE(XHCI_RESET_ENDPOINT) | where);
    if (state != XHCI_EP_STATE_RUNNING)
        return XHCI_OK;
    int error = xhci_command(x, &r, 0, XHCI_TRB_TYPE(XHCI_STOP_ENDPOINT) | where);
    return error == XHCI_ECODE && r.code == XHCI_CONTEXT_STATE ? ENDPOINT_CHANGED : error;
}

int xhci_recover(struct xhci *x, unsigned slot, unsigned ring)
{
    struct xhci_slot *s = &x->slots[slot];
    uint32_t where = XHCI_TRB_SLOT(slot) | XHCI_TRB_EP(s->dci[ring]);
    struct xhci_request r;
    int error = come_to_rest(x, slot, ring);

    /* The endpoint halted by itself before the command arrived (4.6.9). From now on it stays halted. */
    if (error == ENDPOINT_CHANGED)
        error = come_to_rest(x, slot, ring);
    if (error)
        return error == ENDPOINT_CHANGED ? XHCI_ECODE : error;
    unsigned long was = lock(x);
    uint64_t from = xhci_ring_restart(&s->rings[ring]);
    unlock(x, was);
    return xhci_command(x, &r, from, XHCI_TRB_TYPE(XHCI_SET_TR_DEQUEUE) | where);
}
