/* SPDX-License-Identifier: BSD-2-Clause */
/* Root ports, device slots and their contexts (4.3, 4.5, 4.6, 6.2). */
#include "payload/drivers/xhci.h"
#include "payload/drivers/xhci_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include <string.h>

#define PORT_MS 1000

static uint32_t port_read(const struct xhci *x, unsigned port)
{
    return mmio_read32(x->oper + XHCI_PORTSC(port));
}

/* Write a port's register. Bits that act when written as one must not be written back as they are read (5.4.8). */
static void port_write(const struct xhci *x, unsigned port, uint32_t bits)
{
    mmio_write32(x->oper + XHCI_PORTSC(port), (port_read(x, port) & XHCI_PORT_KEEP) | bits);
}

unsigned xhci_port_connected(struct xhci *x, unsigned after)
{
    for (unsigned p = after + 1; p <= x->n_ports; p++) {
        uint32_t v = port_read(x, p);
        if (v != UINT32_MAX && v & XHCI_PORT_CONNECTED)
            return p;
    }
    return 0;
}

int xhci_present_(const struct xhci *x, unsigned slot)
{
    return port_read(x, x->slots[slot].port) & XHCI_PORT_CONNECTED ? XHCI_OK : XHCI_EPULLED;
}

/*
 * Reset a port. A port status change event reports the end of the reset, but only if no change bit was set before
 * (4.19.2), so the bits are cleared first. The driver waits for the event, not for the register.
 */
static int reset_port(struct xhci *x, unsigned port, unsigned *speed)
{
    uint32_t before = atomic_load_explicit(&x->port_events[port], memory_order_acquire), v;
    struct hart_wait w = hart_wait_begin(time_from_ms(PORT_MS));

    port_write(x, port, XHCI_PORT_CHANGES);
    port_write(x, port, XHCI_PORT_RESET);
    while (atomic_load_explicit(&x->port_events[port], memory_order_acquire) == before ||
           !((v = port_read(x, port)) & XHCI_PORT_PRC))
        if (!hart_wait_more(&w)) {
            int error = xhci_alive(x);
            return error ? error : XHCI_EPORT;
        }
    port_write(x, port, XHCI_PORT_CHANGES);
    if (v == UINT32_MAX)
        return XHCI_EGONE;
    *speed = XHCI_PORT_SPEED(v);
    return v & XHCI_PORT_CONNECTED && v & XHCI_PORT_ENABLED ? XHCI_OK : XHCI_EPORT;
}

uint32_t *xhci_context_(struct xhci *x, uint8_t *base, unsigned i)
{
    return (uint32_t *)(void *)(base + (size_t)i * x->context_size);
}

/* The parts of the input context (6.2.5): the list of given contexts, the slot's context, the endpoints' contexts. */
static uint32_t *input(struct xhci *x, unsigned i)
{
    return xhci_context_(x, x->dma.input, i);
}

static uint32_t *endpoint(struct xhci *x, unsigned dci)
{
    return input(x, dci + 1);
}

/* Fill in an endpoint context (6.2.3): three tries, and its ring from the start. */
static void fill_endpoint(struct xhci *x, unsigned slot, unsigned ring, unsigned type, unsigned packet,
                          unsigned burst)
{
    struct xhci_slot *s = &x->slots[slot];
    uint32_t *c = endpoint(x, s->dci[ring]);
    uint64_t dequeue;

    xhci_ring_init(&s->rings[ring], x->dma.transfers[slot - 1][ring], XHCI_TRANSFERS);
    dequeue = (uintptr_t)s->rings[ring].trbs | 1;
    c[1] = XHCI_EP_ERRORS(3) | XHCI_EP_TYPE(type) | XHCI_EP_BURST(burst) | XHCI_EP_MAX_PACKET(packet);
    c[2] = (uint32_t)dequeue;
    c[3] = (uint32_t)(dequeue >> 32);
    c[4] = type == XHCI_EP_TYPE_CONTROL ? 8 : 4096; /* average TRB length, a hint (4.14.1.1) */
}

static void fill_slot(struct xhci *x, unsigned slot, unsigned entries)
{
    struct xhci_slot *s = &x->slots[slot];
    uint32_t *c = input(x, 1);

    c[0] = XHCI_SLOT_SPEED(s->speed) | XHCI_SLOT_ENTRIES(entries);
    c[1] = XHCI_SLOT_PORT(s->port);
    c[2] = XHCI_SLOT_INTR(0);
}

static void begin_input(struct xhci *x, uint32_t contexts)
{
    memset(x->dma.input, 0, sizeof(x->dma.input));
    input(x, 0)[1] = contexts;
}

static int input_command(struct xhci *x, unsigned slot, enum xhci_trb_type type)
{
    struct xhci_request r;

    return xhci_command(x, &r, (uintptr_t)x->dma.input, XHCI_TRB_TYPE(type) | XHCI_TRB_SLOT(slot));
}

static int enable_slot(struct xhci *x, unsigned *slot)
{
    struct xhci_request r;
    int error = xhci_command(x, &r, 0, XHCI_TRB_TYPE(XHCI_ENABLE_SLOT));

    if (error == XHCI_ECODE && r.code == XHCI_NO_SLOTS)
        return XHCI_ESLOT;
    if (error)
        return error;
    if (r.slot < 1 || r.slot > XHCI_SLOTS || x->slots[r.slot].used)
        return XHCI_ESLOT;
    *slot = r.slot;
    return XHCI_OK;
}

/* The size of endpoint 0's packets before the device was asked (4.3, USB 3.2 9.6.1). */
static unsigned first_packet0(unsigned speed)
{
    return speed >= XHCI_SUPER ? 512 : speed == XHCI_HIGH ? 64 : 8;
}

static int address(struct xhci *x, unsigned slot)
{
    struct xhci_slot *s = &x->slots[slot];
    int error = xhci_take_(x);

    if (error)
        return error;
    memset(x->dma.output[slot - 1], 0, sizeof(x->dma.output[0]));
    x->dma.dcbaa[slot] = (uintptr_t)x->dma.output[slot - 1];
    begin_input(x, 3); /* slot and endpoint 0 */
    fill_slot(x, slot, 1);
    fill_endpoint(x, slot, XHCI_EP0, XHCI_EP_TYPE_CONTROL, first_packet0(s->speed), 0);
    error = input_command(x, slot, XHCI_ADDRESS_DEVICE);
    xhci_give_(x);
    return error;
}

int xhci_attach(struct xhci *x, unsigned port, unsigned *slot)
{
    unsigned speed;
    int error = reset_port(x, port, &speed);

    if (!error)
        error = enable_slot(x, slot);
    if (error)
        return error;
    x->slots[*slot] =
        (struct xhci_slot){.used = true, .port = (uint8_t)port, .speed = (uint8_t)speed, .dci = {1}};
    error = address(x, *slot);
    if (error)
        (void)xhci_detach(x, *slot);
    return error;
}

/* Evaluate Context uses endpoint 0's packet size and nothing else of that context (4.6.7). */
int xhci_set_packet0(struct xhci *x, unsigned slot, unsigned size)
{
    int error = xhci_take_(x);

    if (error)
        return error;
    begin_input(x, 2);
    endpoint(x, 1)[1] = XHCI_EP_ERRORS(3) | XHCI_EP_TYPE(XHCI_EP_TYPE_CONTROL) | XHCI_EP_MAX_PACKET(size);
    error = input_command(x, slot, XHCI_EVALUATE_CONTEXT);
    xhci_give_(x);
    return error;
}

/* The device context index (4.5.1): two for each endpoint number; the IN direction is the higher. */
static uint8_t dci_of(uint8_t addr)
{
    return (uint8_t)((addr & 15) * 2 + (addr >> 7));
}

int xhci_configure(struct xhci *x, unsigned slot, const struct usb_endpoint *in,
                   const struct usb_endpoint *out)
{
    struct xhci_slot *s = &x->slots[slot];
    uint8_t dci_in = dci_of(in->address), dci_out = dci_of(out->address);
    int error = xhci_take_(x);

    if (error)
        return error;
    s->dci[XHCI_BULK_IN] = dci_in;
    s->dci[XHCI_BULK_OUT] = dci_out;
    begin_input(x, 1u | 1u << dci_in | 1u << dci_out);
    fill_slot(x, slot, dci_in > dci_out ? dci_in : dci_out);
    fill_endpoint(x, slot, XHCI_BULK_IN, XHCI_EP_TYPE_BULK_IN, in->max_packet, in->burst);
    fill_endpoint(x, slot, XHCI_BULK_OUT, XHCI_EP_TYPE_BULK_OUT, out->max_packet, out->burst);
    error = input_command(x, slot, XHCI_CONFIGURE_ENDPOINT);
    xhci_give_(x);
    return error;
}

int xhci_detach(struct xhci *x, unsigned slot)
{
    struct xhci_request r;
    int error = xhci_command(x, &r, 0, XHCI_TRB_TYPE(XHCI_DISABLE_SLOT) | XHCI_TRB_SLOT(slot));

    if (!error) {
        x->slots[slot].used = false;
        x->dma.dcbaa[slot] = 0;
    }
    return error;
}
