/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A USB controller and the disk on it, as load with books: No-Op commands in storms, and reads whose content is
 * compared with what scripts/image wrote.
 */
#ifndef PAYLOAD_LOAD_USB_H
#define PAYLOAD_LOAD_USB_H

#include "payload/drivers/usb_storage.h"
#include "payload/kernel/random.h"

#define USB_MAX     2   /* controllers */
#define USB_LOOK_MS 200 /* a request not done by then is looked into (wedge.h) */

struct usb_bench {
    struct xhci x;
    struct usb_storage disk;
    uint64_t *buffer;  /* of whoever has taken the disk */
    uint64_t tag;      /* of the image on it */
    bool freed;        /* its interrupts are given back */
    _Atomic int ended; /* the first error that ends the load; 0: it goes on */
    _Atomic uint64_t ended_at;
    /* With pull_expected, the disk may go, and the controller go on without. */
    _Atomic int pull_expected, disk_error;
    uint64_t disk_asked_at, disk_error_at; /* the start of the last read, its end */
    uint64_t noops_then;
    _Atomic uint64_t noops, reads, bytes;      /* done */
    _Atomic uint64_t mismatches;               /* sectors read that hold something else */
    _Atomic uint64_t wedges;                   /* interrupts that the look found lost */
    _Atomic uint64_t silent_since[XHCI_INTRS]; /* when its handler had last run, at the last of these */
};

extern struct usb_bench usb_benches[USB_MAX];

/* The n-th usable xHCI controller; NULL: there are fewer. */
struct pci_device *usb_find(const struct pci *pci, unsigned n);

/*
 * Start this controller with as many interrupts as it has, and the first disk on it. False: it ought to work, and does not,
 * and why is printed; or it has nothing for us, and is left out by name: pd->error.
 */
bool usb_init(struct usb_bench *u, struct pci_device *pd, const char *name, unsigned max_intrs);

/* `n` blocks from `block` on, and compare. An error of the driver's; what differs is counted. */
int usb_read_checked(struct usb_bench *u, uint32_t block, unsigned n, uint64_t *buffer);

/* One step: a read, if nobody else reads, or a storm. False: the load has ended, and `ended` says why. */
bool usb_step(struct usb_bench *u, struct random *r);

/* Give its interrupts back. AIA_OK, or the first error of aia_irq_free(). Thread. */
int usb_free_interrupts(struct usb_bench *u);

/* It is off the bus, and its interrupts are given back. AIA_OK, or the first error of aia_irq_free(). Thread. */
int usb_shut(struct usb_bench *u);

/* The controller stops answering: its memory decoding and bus mastering go off. */
void usb_unplug(struct usb_bench *u);

/* Figures; and whether all is well: nothing lost, nothing different, no event that matches nothing. */
void usb_print(const struct usb_bench *u);
bool usb_balanced(const struct usb_bench *u);

#endif
