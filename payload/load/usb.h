/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A USB controller and the disk on it, as load with books: bursts of No-Op commands, and reads whose data is compared with
 * what scripts/image wrote.
 */
#ifndef PAYLOAD_LOAD_USB_H
#define PAYLOAD_LOAD_USB_H

#include "payload/drivers/usb_storage.h"
#include "payload/kernel/random.h"

#define USB_MAX     2   /* controllers */
#define USB_LOOK_MS 200 /* after this time a request that has not ended is looked into (wedge.h) */

struct usb_bench {
    struct xhci x;
    struct usb_storage disk;
    uint64_t *buffer;  /* used by the hart that has taken the disk */
    uint64_t tag;      /* of the disk's image */
    bool freed;        /* the interrupts are freed */
    _Atomic int ended; /* the error that ended the load; 0: the load continues */
    _Atomic uint64_t ended_at;
    /* With pull_expected, the disk may be pulled, and the controller continues without the disk. */
    _Atomic int pull_expected, disk_error;
    uint64_t disk_asked_at, disk_error_at;     /* the start and the end of the last read */
    uint64_t noops_then;                       /* `noops` at the end of the last read */
    _Atomic uint64_t noops, reads, bytes;      /* completed */
    _Atomic uint64_t mismatches;               /* blocks that hold wrong data */
    _Atomic uint64_t wedges;                   /* interrupts that the look found lost */
    _Atomic uint64_t silent_since[XHCI_INTRS]; /* when the handler had last run before the latest of these */
};

extern struct usb_bench usb_benches[USB_MAX];

/* The n-th usable xHCI controller; NULL: there are fewer. */
struct pci_device *usb_find(const struct pci *pci, unsigned n);

/*
 * Start this controller, with as many interrupts as it has and at most max_intrs, and the first disk on it. False: the
 * controller should work and does not, and the reason was printed; or it is of no use and is left out by name: pd->error.
 */
bool usb_init(struct usb_bench *u, struct pci_device *pd, const char *name, unsigned max_intrs);

/* Read `n` blocks from `block` on, and compare. Wrong blocks are counted. Returns XHCI_OK, or the driver's error. */
int usb_read_checked(struct usb_bench *u, uint32_t block, unsigned n, uint64_t *buffer);

/* Do one step: a read, if no other hart reads, or a burst of No-Ops. False: the load has ended, and `ended` says why. */
bool usb_step(struct usb_bench *u, struct random *r);

/* Free the interrupts. Context: thread. Returns AIA_OK, or the first error of aia_irq_free(). */
int usb_free_interrupts(struct usb_bench *u);

/* Take the controller off the bus and free its interrupts. Context: thread. Returns AIA_OK, or the first error of aia_irq_free(). */
int usb_give_up(struct usb_bench *u);

/* Make the controller stop answering: switch off its memory decoding and bus mastering. */
void usb_unplug(struct usb_bench *u);

/* Print the figures. usb_balanced() is true if no interrupt is lost, no data is wrong, and each event matches a request. */
void usb_print(const struct usb_bench *u);
bool usb_balanced(const struct usb_bench *u);

#endif
