/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An xHCI USB host controller (xHCI 1.2) and the devices at its root ports. Sections in brackets are of that
 * specification.
 *
 * Only the interrupt handler takes events, and the controller sends no further interrupt until the handler has cleared
 * the event handler busy bit (4.17.2). So one lost MSI silences the interrupter for good. Controllers in the field
 * failed in this way, and for that reason this driver never polls for events.
 *
 * The caller owns all memory, in struct xhci; DMA addresses are those that the harts use. Any hart may submit requests
 * and wait. Set-up and detaching run on one hart at a time, in thread context.
 */
#ifndef PAYLOAD_DRIVERS_XHCI_H
#define PAYLOAD_DRIVERS_XHCI_H

#include <aia/aia.h>

#include "payload/drivers/xhci_ring.h"
#include "payload/pci/msi.h"

#define XHCI_INTRS      4  /* the most interrupters: for commands and ports, bulk in, bulk out, control */
#define XHCI_SLOTS      4  /* devices */
#define XHCI_SCRATCHES  16 /* scratchpad pages */
#define XHCI_PORTS      32
#define XHCI_COMMANDS   32  /* TRBs of the command ring */
#define XHCI_TRANSFERS  16  /* TRBs of an endpoint's ring */
#define XHCI_EVENTS     256 /* TRBs of an event ring segment */
#define XHCI_TIMEOUT_MS 5000

/* All events that can be pending at one time fit into one segment, even if the controller has only one interrupter. */
_Static_assert((XHCI_COMMANDS - 2) + XHCI_SLOTS * 3 * (XHCI_TRANSFERS - 2) + XHCI_PORTS < XHCI_EVENTS - 1,
               "the event ring cannot be full");

/* Functions also return the errors of pci.h and aia/error.h. No values overlap. */
enum xhci_error {
    XHCI_OK = 0,
    XHCI_ECONTROLLER = -64, /* a capability that this driver does not support */
    XHCI_EHALT = -65,       /* the controller does not halt */
    XHCI_ERESET = -66,      /* the controller's reset does not end */
    XHCI_ERUN = -67,        /* the controller does not start to run */
    XHCI_EGONE = -68,       /* the controller reads as all ones: unplugged, or its memory decoding is off */
    XHCI_EDIED = -69,       /* the controller reports a host system or controller error */
    XHCI_EFULL = -70,       /* no room on the ring */
    XHCI_ETIMEOUT = -71,    /* no completion in time */
    XHCI_ECODE = -72,       /* the completion code is an error */
    XHCI_ESTALL = -73,      /* the endpoint stalled */
    XHCI_EPORT = -74,       /* no device at the port, or the port does not come out of reset */
    XHCI_ESLOT = -75,       /* no device slot, or a slot number beyond this driver's array */
    /* A buffer that one TRB cannot hold: larger than 64 KiB or across a 64 KiB boundary. */
    XHCI_EBUFFER = -76,
    USB_EDESCRIPTOR = -77, /* a malformed descriptor */
    USB_ENOSTORAGE = -78,  /* no bulk-only mass storage interface */
    BOT_ECSW = -79,        /* no valid command status: length, signature or tag */
    BOT_EFAILED = -80,     /* the device failed the command */
    BOT_EPHASE = -81,      /* the device reports a phase error */
    BOT_ESHORT = -82,      /* fewer data than requested */
    XHCI_EPULLED = -83,    /* the device is no longer at its port */
};

/* The name and meaning of any error that these drivers return. */
const char *xhci_strerror(int error);

enum { XHCI_REQUEST_IDLE, XHCI_REQUEST_PENDING, XHCI_REQUEST_DONE };

/*
 * A command or a transfer. It belongs to the submitter before the submission, and again after it is done or forgotten.
 */
struct xhci_request {
    _Atomic uint32_t state;
    struct xhci_ring *ring;
    unsigned last;     /* the index of the last TRB */
    uint8_t code;      /* the completion code, enum xhci_code */
    uint8_t slot;      /* the slot of a transfer; after the completion, the slot that the completion names */
    uint32_t residual; /* bytes not transferred */
    uint64_t submitted;
};

/* An interrupter: its ring, its interrupt, its counters. The members after `irq` belong to the handler. */
struct xhci_intr {
    struct xhci *x;
    unsigned n;
    struct xhci_erst erst[XHCI_EVENT_SEGMENTS] __attribute__((aligned(64)));
    struct pci_msix msix;
    struct aia_irq *irq;
    struct xhci_events events;
    _Atomic uint64_t runs;
    _Atomic uint64_t empty;   /* runs that found no event: an earlier run had taken it */
    _Atomic uint64_t taken;   /* events */
    _Atomic uint64_t strange; /* events that match no request */
    _Atomic uint64_t ran_at;  /* the time of the handler's last run */
    char name[12];
};

/* A device. Ring 0 is endpoint 0's; `in` and `out` are the bulk endpoints' rings. */
struct xhci_slot {
    bool used;
    uint8_t port, speed;
    uint8_t dci[3]; /* device context index of each ring: 1, bulk in, bulk out */
    struct xhci_ring rings[3];
};
enum { XHCI_EP0, XHCI_BULK_IN, XHCI_BULK_OUT, XHCI_SLOT_RINGS };

/*
 * The memory that the controller reads and writes. The alignments keep each part inside a page, or inside 64 KiB, as
 * 6.1 requires.
 */
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
    unsigned order; /* plain MSI: the function has 2^order messages, one for each interrupter */
    bool ac64, is_msix;
    struct pci_msi msi;
    struct pci_msix_table table;
    struct aia_lock lock; /* protects all rings that software fills */
    _Atomic int busy;     /* dma.control and dma.input are in use; another user sleeps until they are free */
    struct xhci_ring commands;
    struct xhci_intr intrs[XHCI_INTRS];
    struct xhci_slot slots[XHCI_SLOTS + 1]; /* slot 0 does not exist */
    _Atomic uint32_t port_events[XHCI_PORTS + 1];
    _Atomic int failed; /* the error that ended the controller, once known */
    /*
     * Called by a wait after `look_ms` without a completion, and after each further look_ms: find out the reason.
     * Returns XHCI_OK to continue the wait, or the error with which the wait ends.
     */
    int (*look)(struct xhci *x, const struct xhci_request *r, unsigned waited_ms);
    unsigned look_ms;
};

/* ---- xhci.c ---- */

/*
 * Reset the controller and leave it halted, with at most `max_intrs` interrupters: as many as the function has
 * messages, and with plain MSI a power of two. Interrupts are not requested yet. pci_init() must have found the
 * function. Returns XHCI_OK, _ECONTROLLER, _EHALT, _ERESET, _EGONE; PCI_EBARBAD: the registers would lie outside the
 * BAR; or an error of pci_enable(), pci_msi_init() or pci_msix_init().
 */
int xhci_init(struct xhci *x, struct pci_device *pd, const char *name, unsigned max_intrs);

/*
 * The message to request interrupter `i`'s interrupt with. With MSI-X use xhci_handler and &x->intrs[i]. With plain MSI
 * request one block of x->order, with xhci_block_handler and x.
 */
struct aia_msi *xhci_msi(struct xhci *x, unsigned i);
enum aia_result xhci_handler(void *context, struct aia_irq *irq);
enum aia_result xhci_block_handler(void *context, struct aia_irq *irq);

/* Start the controller. All interrupts must have been requested. Returns XHCI_OK, _ERUN or _EGONE. */
int xhci_run(struct xhci *x);

/* Halt the controller. Returns XHCI_OK, _EHALT or _EGONE. */
int xhci_stop(struct xhci *x);

/*
 * Check that the controller is present and works. The check reads a register, which also drains the controller's MSIs.
 * Returns XHCI_OK, _EGONE or _EDIED.
 */
int xhci_alive(struct xhci *x);

/* Read the state of interrupter `i`, without changing anything. */
struct xhci_intr_state {
    unsigned waiting; /* events in the ring that the handler has not taken */
    uint64_t head;    /* the handler's position */
    bool busy;        /* event handler busy: an interrupt was sent and not answered */
    bool pending;     /* IMAN.IP: an interrupt is due and not sent */
    bool enabled;
    uint32_t usbsts;
};
int xhci_intr_state(struct xhci *x, unsigned i, struct xhci_intr_state *s);

/* ---- xhci_command.c: requests ---- */

/*
 * Wait for `r`, at most `ms`. If the wait fails, `r` is forgotten. Returns XHCI_OK, _ETIMEOUT, _ECODE, _ESTALL, _EGONE,
 * _EDIED or _EPULLED.
 */
int xhci_wait(struct xhci *x, struct xhci_request *r, unsigned ms);

/* Put a command on the ring, and ring the doorbell unless more commands follow. Returns XHCI_OK or _EFULL. */
int xhci_submit_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control, bool more);

/* Ring the doorbell for commands that were submitted with `more`. */
void xhci_ring_commands(struct xhci *x);

/* Submit a command and wait for it. r->slot is the slot that the completion names. */
int xhci_command(struct xhci *x, struct xhci_request *r, uint64_t param, uint32_t control);

/* Submit `n` No-Ops, as many at a time as the ring has room for, with one doorbell each if `bells`; wait for all. */
int xhci_noops(struct xhci *x, unsigned n, bool bells);

/* Put one Normal TRB on a bulk endpoint's ring and ring its doorbell. Returns XHCI_OK, _EFULL or _EBUFFER. */
int xhci_submit_bulk(struct xhci *x, unsigned slot, unsigned ring, struct xhci_request *r, void *data,
                     uint32_t length);
/*
 * Submit a bulk transfer and wait for it. `*got`, unless NULL, is the number of bytes transferred. After an error the
 * caller may use the buffer again, as long as the controller answers. After XHCI_ESTALL and _ECODE the endpoint has
 * halted, and the caller must call xhci_recover().
 */
int xhci_bulk(struct xhci *x, unsigned slot, unsigned ring, void *data, uint32_t length, uint32_t *got);

/* The setup packet of a control transfer (USB 2.0, 9.3). */
struct usb_setup {
    uint8_t type, request;
    uint16_t value, index, length;
};

/*
 * Run a control transfer on endpoint 0, of at most 1024 bytes. After an error the endpoint is ready for the next
 * transfer.
 */
int xhci_control(struct xhci *x, unsigned slot, const struct usb_setup *setup, void *data, uint32_t *got);

/*
 * Recover an endpoint after an error: Reset Endpoint if it halted (4.6.8), Stop Endpoint if it runs (4.6.9), then
 * continue with the next transfer (4.6.10). All requests on the ring are forgotten.
 */
int xhci_recover(struct xhci *x, unsigned slot, unsigned ring);

/* ---- xhci_device.c: slots ---- */

/* The first root port above `after` with a device; 0: none. */
unsigned xhci_port_connected(struct xhci *x, unsigned after);

/* Reset the port, allocate a slot, and give the device an address. *slot is the slot. */
int xhci_attach(struct xhci *x, unsigned port, unsigned *slot);

/* Set the size of endpoint 0's packets: the size of a full-speed device is known only from its descriptor (4.3). */
int xhci_set_packet0(struct xhci *x, unsigned slot, unsigned size);

/* The content of an endpoint descriptor that the driver uses (USB 2.0, 9.6.6; USB 3.2, 9.6.7). */
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

/*
 * For these files alone: dma.control and dma.input belong to the caller between the two calls. xhci_take_() returns
 * XHCI_OK or _ETIMEOUT.
 */
int xhci_take_(struct xhci *x);
void xhci_give_(struct xhci *x);
/* Check that a device is at this slot's port. Returns XHCI_OK or _EPULLED. */
int xhci_present_(const struct xhci *x, unsigned slot);
/* The ring of a transfer event; NULL: no ring of this driver. */
struct xhci_ring *xhci_ring_of_(struct xhci *x, unsigned slot, unsigned dci);
/* A context in dma.output or dma.input. 0 is the slot's context, or the input control context (6.2.5). */
uint32_t *xhci_context_(struct xhci *x, uint8_t *base, unsigned i);

#endif
