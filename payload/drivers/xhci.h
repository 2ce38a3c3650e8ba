/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An xHCI USB host controller (xHCI 1.2) and the devices at its root ports. Sections in brackets are that
 * specification's.
 *
 * Events are taken in the interrupt handler and nowhere else, and the controller sends no further interrupt until
 * the handler has cleared the event handler busy bit (4.17.2): one lost MSI, and the interrupter is silent for
 * good. That is how the controllers in the field died, and why this driver looks nowhere else.
 *
 * The caller owns all memory, in struct xhci; DMA addresses are those that the harts use. Any hart may submit and wait;
 * what sets up or takes down is for one at a time, in thread context.
 */
#ifndef PAYLOAD_DRIVERS_XHCI_H
#define PAYLOAD_DRIVERS_XHCI_H

#include <aia/aia.h>

#include "payload/drivers/xhci_ring.h"
#include "payload/pci/msi.h"

#define XHCI_INTRS      4  /* interrupters used at most: for commands and ports, bulk in, bulk out, control */
#define XHCI_SLOTS      4  /* devices */
#define XHCI_SCRATCHES  16 /* scratchpad pages */
#define XHCI_PORTS      32
#define XHCI_COMMANDS   32  /* TRBs of the command ring */
#define XHCI_TRANSFERS  16  /* of an endpoint's */
#define XHCI_EVENTS     256 /* of an event ring segment */
#define XHCI_TIMEOUT_MS 5000

/* What can be told of at once, by the one interrupter that a controller may have, fits into one segment of it. */
_Static_assert((XHCI_COMMANDS - 2) + XHCI_SLOTS * 3 * (XHCI_TRANSFERS - 2) + XHCI_PORTS < XHCI_EVENTS - 1,
               "the event ring cannot be full");

/* Besides these, functions return what pci.h and aia/error.h name; none overlap. */
enum xhci_error {
    XHCI_OK = 0,
    XHCI_ECONTROLLER = -64, /* a capability that this driver cannot live with */
    XHCI_EHALT = -65,       /* it does not halt */
    XHCI_ERESET = -66,      /* its reset does not end */
    XHCI_ERUN = -67,        /* it does not start to run */
    XHCI_EGONE = -68,       /* its registers read as all ones: unplugged, or its memory decoding is off */
    XHCI_EDIED = -69,       /* it reports a host system or controller error */
    XHCI_EFULL = -70,       /* no room on the ring */
    XHCI_ETIMEOUT = -71,    /* no completion in time */
    XHCI_ECODE = -72,       /* the completion code is an error */
    XHCI_ESTALL = -73,      /* the endpoint stalled */
    XHCI_EPORT = -74,       /* no device there, or its port does not come out of reset */
    XHCI_ESLOT = -75,       /* no device slot, or one that this driver has no room for */
    XHCI_EBUFFER = -76,     /* a buffer that one TRB cannot hold: above 64 KiB or across such a boundary */
    USB_EDESCRIPTOR = -77,  /* a malformed descriptor */
    USB_ENOSTORAGE = -78,   /* no bulk-only mass storage interface */
    BOT_ECSW = -79,         /* no valid command status: length, signature or tag */
    BOT_EFAILED = -80,      /* the device failed the command */
    BOT_EPHASE = -81,       /* the device reports a phase error */
    BOT_ESHORT = -82,       /* fewer data than asked for */
    XHCI_EPULLED = -83,     /* the device is no longer at its port */
};

/* The error's name and meaning; any error that the drivers here return. */
const char *xhci_strerror(int error);

enum { XHCI_REQUEST_IDLE, XHCI_REQUEST_PENDING, XHCI_REQUEST_DONE };

/* A command or a transfer. The submitter's until submitted, and again once it is done or forgotten. */
struct xhci_request {
    _Atomic uint32_t state;
    struct xhci_ring *ring;
    unsigned last;     /* index of its last TRB */
    uint8_t code;      /* enum xhci_code, of the completion */
    uint8_t slot;      /* that a transfer is for; then, that the completion names */
    uint32_t residual; /* bytes not transferred */
    uint64_t submitted;
};

/* An interrupter: its ring, its interrupt, its books. What follows `irq` is the handler's. */
struct xhci_intr {
    struct xhci *x;
    unsigned n;
    struct xhci_erst erst[XHCI_EVENT_SEGMENTS] __attribute__((aligned(64)));
    struct pci_msix msix;
    struct aia_irq *irq;
    struct xhci_events events;
    _Atomic uint64_t runs;
    _Atomic uint64_t empty;   /* runs that found no event: the one before had taken it */
    _Atomic uint64_t taken;   /* events */
    _Atomic uint64_t strange; /* events that match nothing asked for */
    _Atomic uint64_t ran_at;  /* when the handler last ran */
    char name[12];
};

/* A device. Endpoint 0's ring is ring 0; `in` and `out` the bulk endpoints'. */
struct xhci_slot {
    bool used;
    uint8_t port, speed;
    uint8_t dci[3]; /* device context index of each ring: 1, bulk in, bulk out */
    struct xhci_ring rings[3];
};
enum { XHCI_EP0, XHCI_BULK_IN, XHCI_BULK_OUT, XHCI_SLOT_RINGS };

/* What the controller reads and writes. Nothing in it may cross a page or 64 KiB as 6.1 says: see the alignments. */
struct xhci_dma {
    struct xhci_trb commands[XHCI_COMMANDS] __attribute__((aligned(512)));
    struct xhci_trb events[XHCI_INTRS][XHCI_EVENT_SEGMENTS * XHCI_EVENTS] __attribute__((aligned(16384)));
    struct xhci_trb transfers[XHCI_SLOTS][XHCI_SLOT_RINGS][XHCI_TRANSFERS] __attribute__((aligned(256)));
    uint8_t input[4096] __attribute__((aligned(4096)));
    uint8_t output[XHCI_SLOTS][2048] __attribute__((aligned(2048)));
    uint64_t dcbaa[256] __attribute__((aligned(2048)));
    uint64_t scratch_array[XHCI_SCRATCHES] __attribute__((aligned(128)));
    uint8_t scratch[XHCI_SCRATCHES][4096] __attribute__((aligned(4096)));
    uint8_t control[1024] __attribute__((aligned(1024))); /* data stage of control transfers */
};

struct xhci {
    struct xhci_dma dma;
    struct pci_device *pd;
    const char *name;
    uintptr_t regs, oper, runtime, doorbells;
    unsigned n_ports, n_intrs, n_segments, context_size;
    unsigned order; /* plain MSI: it has 2^order messages, one for each interrupter */
    bool ac64, is_msix;
    struct pci_msi msi;
    struct pci_msix_table table;
    struct aia_lock lock; /* of all rings that software fills */
    _Atomic int busy;     /* dma.control and dma.input are in use: whoever wants them sleeps */
    struct xhci_ring commands;
    struct xhci_intr intrs[XHCI_INTRS];
    struct xhci_slot slots[XHCI_SLOTS + 1]; /* [0] is no slot */
    _Atomic uint32_t port_events[XHCI_PORTS + 1];
    _Atomic int failed; /* the error that it died of, once known */
    /*
     * Called by a wait after `look_ms` without completion, and after each further look_ms: find out why. Returns
     * XHCI_OK to go on waiting, or the error that the wait is to end with.
     */
    int (*look)(struct xhci *x, const struct xhci_request *r, unsigned waited_ms);
    unsigned look_ms;
};

/* ---- xhci.c ---- */

/*
 * Reset the controller, and leave it halted, with at most `max_intrs` interrupters: as many as it has messages, and a power
 * of two with plain MSI. Interrupts are not requested yet. The function must have been found by pci_init().
 * XHCI_OK, _ECONTROLLER, _EHALT, _ERESET, _EGONE, PCI_EBARBAD: its registers would lie outside its BAR; or what pci_enable(),
 * pci_msi_init() and pci_msix_init() return.
 */
int xhci_init(struct xhci *x, struct pci_device *pd, const char *name, unsigned max_intrs);

/*
 * What to request interrupts for: with MSI-X the message of interrupter `i`, with xhci_handler and &x->intrs[i]; with plain
 * MSI one block of x->order, with xhci_block_handler and x.
 */
struct aia_msi *xhci_msi(struct xhci *x, unsigned i);
enum aia_result xhci_handler(void *context, struct aia_irq *irq);
enum aia_result xhci_block_handler(void *context, struct aia_irq *irq);

/* Run. All interrupts must have been requested. XHCI_OK, _ERUN, _EGONE. */
int xhci_run(struct xhci *x);

/* Halt. XHCI_OK, _EHALT, _EGONE. */
int xhci_stop(struct xhci *x);

/* Is it there, and well? XHCI_OK, _EGONE, _EDIED. A read of a register, which pushes its MSIs. */
int xhci_alive(struct xhci *x);

/* What interrupter `i` says of itself, without changing anything. */
struct xhci_intr_state {
    unsigned waiting; /* events in its ring that the handler has not taken */
    uint64_t head;    /* the handler's position */
    bool busy;        /* event handler busy: an interrupt was sent, and not answered */
    bool pending;     /* IMAN.IP: an interrupt is due, and not sent */
    bool enabled;
    uint32_t usbsts;
};
int xhci_intr_state(struct xhci *x, unsigned i, struct xhci_intr_state *s);

/* ---- xhci_command.c: requests ---- */

/* Wait for `r`, at most `ms`; it is forgotten if this fails. XHCI_OK, _ETIMEOUT, _ECODE, _ESTALL, _EGONE, _EDIED, _EPULLED. */
int xhci_wait(struct xhci *x, struct xhci_request *r, unsigned ms);

/* Put a command on the ring, and ring its doorbell unless more follow. XHCI_OK, _EFULL. */
int xhci_submit_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control, bool more);

/* The doorbell for commands that were submitted with `more`. */
void xhci_ring_commands(struct xhci *x);

/* The same, and wait. r->slot is the slot that the completion names. */
int xhci_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control);

/* `n` No-Ops, as many at a time as the ring has room for, one doorbell each if `bells`; wait for all. */
int xhci_noops(struct xhci *x, unsigned n, bool bells);

/* Put one Normal TRB on a bulk endpoint's ring and ring its doorbell. XHCI_OK, _EFULL, _EBUFFER. */
int xhci_submit_bulk(struct xhci *x, unsigned slot, unsigned ring, struct xhci_request *r, void *data,
                     uint32_t length);
/*
 * The same, and wait. `*got`, unless NULL: bytes transferred. After an error the buffer is the caller's again, as long as
 * the controller answers; after XHCI_ESTALL and _ECODE the endpoint has halted, and xhci_recover() is due.
 */
int xhci_bulk(struct xhci *x, unsigned slot, unsigned ring, void *data, uint32_t length, uint32_t *got);

/* The setup packet of a control transfer (USB 2.0, 9.3). */
struct usb_setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

/* A control transfer on endpoint 0, at most 1024 bytes. After an error the endpoint is ready for the next one. */
int xhci_control(struct xhci *x, unsigned slot, const struct usb_setup *setup, void *data, uint32_t *got);

/*
 * After an error: Reset Endpoint if it halted (4.6.8), Stop Endpoint if it runs (4.6.9), and go on with the next transfer
 * (4.6.10). All that is on the ring is forgotten.
 */
int xhci_recover(struct xhci *x, unsigned slot, unsigned ring);

/* ---- xhci_device.c: slots ---- */

/* A root port with a device, above `after`; 0: none. */
unsigned xhci_port_connected(struct xhci *x, unsigned after);

/* Reset the port, take a slot, give the device an address. *slot is it. */
int xhci_attach(struct xhci *x, unsigned port, unsigned *slot);

/* Endpoint 0's packets are `size` bytes: full-speed devices tell only when asked (4.3). */
int xhci_set_packet0(struct xhci *x, unsigned slot, unsigned size);

/* An endpoint descriptor's content that matters here (USB 2.0, 9.6.6; USB 3.2, 9.6.7). */
struct usb_endpoint {
    uint8_t address;
    uint8_t burst;
    uint16_t max_packet;
};

/* Set up the two bulk endpoints (4.6.6). */
int xhci_configure(struct xhci *x, unsigned slot, const struct usb_endpoint *in,
                   const struct usb_endpoint *out);

/* Give the slot back. */
int xhci_detach(struct xhci *x, unsigned slot);

/* Of these files among themselves: dma.control and dma.input are the caller's between the two. XHCI_OK, _ETIMEOUT. */
int xhci_take_(struct xhci *x);
void xhci_give_(struct xhci *x);
/* Is a device at this slot's port? XHCI_OK, _EPULLED. */
int xhci_present_(const struct xhci *x, unsigned slot);
/* The ring that a transfer event is of; NULL: none of ours. */
struct xhci_ring *xhci_ring_of_(struct xhci *x, unsigned slot, unsigned dci);
/* A context in dma.output or dma.input: 0 is the slot's, or the input control context (6.2.5). */
uint32_t *xhci_context_(struct xhci *x, uint8_t *base, unsigned i);

#endif
