/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A USB controller and the disk on it, as load with books: No-Op commands in storms, and reads whose content is
 * compared with what scripts/image wrote.
 */
#ifndef PAYLOAD_JOBS_USB_H
#define PAYLOAD_JOBS_USB_H

#include "payload/drivers/usb_storage.h"
#include "payload/random.h"

#define USB_LOOK_MS 200 /* a request not done by then is looked into (wedge.h) */

extern struct usb_bench {
    struct xhci x;
    struct usb_storage disk;
    _Atomic int ended; /* the first error that ends the load; 0: it goes on */
    _Atomic uint64_t ended_at;
    /* With pull_expected, the disk may go, and the controller go on without. */
    _Atomic int pull_expected, disk_error;
    uint64_t disk_asked_at, disk_error_at; /* the start of the last read, its end */
    uint64_t noops_then;
    _Atomic uint64_t noops, reads, bytes; /* done */
    _Atomic uint64_t mismatches;          /* sectors read that hold something else */
    _Atomic uint64_t wedges;              /* interrupts that the look found lost */
} usb;

/* Find the first xHCI controller of these, start it with as many interrupts as it has, and its disk. Says what is wrong. */
bool usb_init(const struct pci *pci, unsigned max_intrs);

/* `n` blocks from `block` on, and compare. An error of the driver's; what differs is counted. */
int usb_read_checked(uint32_t block, unsigned n, uint64_t *buffer);

/* One step: a read, if nobody else reads, or a storm. False: the load has ended, and usb.ended says why. */
bool usb_step(struct random *r);

/* The controller stops answering: its memory decoding and bus mastering go off. */
void usb_unplug(void);

/* Figures; and whether all is well: nothing lost, nothing different, no event that matches nothing. */
void usb_print(void);
bool usb_balanced(void);

#endif
