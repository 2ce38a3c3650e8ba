/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A USB mass storage device behind an xHCI, by bulk-only transport (USB Mass Storage Class, Bulk-Only Transport 1.0,
 * here "BOT") and a few SCSI commands. One command at a time, from any hart; the caller must hold the device by
 * usb_storage_take().
 */
#ifndef PAYLOAD_DRIVERS_USB_STORAGE_H
#define PAYLOAD_DRIVERS_USB_STORAGE_H

#include "payload/drivers/xhci.h"

#define USB_STORAGE_MAX 65536u /* the most bytes of one read: one TRB holds them */

/* ---- descriptors: pure ---- */

struct usb_storage_interface {
    uint8_t configuration, interface;
    struct usb_endpoint in, out;
};

/*
 * Find the first bulk-only SCSI interface (class 8, 6, 0x50) and its two bulk endpoints in a configuration descriptor
 * and the `n` bytes that it heads. Returns
 * - XHCI_OK;
 * - USB_EDESCRIPTOR: a length of 0, a length that leads outside the bytes, or an impossible endpoint;
 * - USB_ENOSTORAGE.
 */
int usb_find_storage(const uint8_t *d, size_t n, struct usb_storage_interface *found);

/* ---- wrappers: pure ---- */

#define BOT_CBW_BYTES 31
#define BOT_CSW_BYTES 13

/* Fill in a command block wrapper (BOT 5.1) with `length` bytes of data, from the device, or to the device if `out`. */
void bot_cbw(uint8_t cbw[BOT_CBW_BYTES], uint32_t tag, uint32_t length, bool out, const uint8_t *command,
             unsigned command_length);

/*
 * Check a command status wrapper of `n` bytes: valid (BOT 6.3.1: 13 bytes, signature, tag) and meaningful (6.3.2: a
 * residue no larger than the request). Sets *residue unless it returns BOT_ECSW. Returns XHCI_OK, BOT_ECSW, BOT_EFAILED
 * or BOT_EPHASE.
 */
int bot_csw(const uint8_t *csw, size_t n, uint32_t tag, uint32_t asked, uint32_t *residue);

/* ---- the device ---- */

struct usb_storage {
    struct xhci *x;
    unsigned slot;
    struct usb_storage_interface at;
    _Atomic int taken;
    uint32_t tag;
    uint32_t residue;   /* the residue of the last command */
    uint8_t scsi_error; /* the sense key of the last failed command, after usb_storage_sense() */
    uint64_t blocks;
    uint32_t block_size;
    char product[29]; /* vendor and product, from INQUIRY */
    uint64_t recoveries;
    uint8_t cbw[64] __attribute__((aligned(64)));
    uint8_t csw[64] __attribute__((aligned(64)));
    uint8_t small[512] __attribute__((aligned(512)));
};

/*
 * Enumerate the device at `port` and identify it by INQUIRY and READ CAPACITY. Returns any error of xhci_strerror();
 * after an error the slot is given back.
 */
int usb_storage_init(struct usb_storage *u, struct xhci *x, unsigned port);

bool usb_storage_take(struct usb_storage *u); /* false: another hart holds the device */
void usb_storage_give(struct usb_storage *u);

/*
 * Run one command with its data. `*got`, unless NULL, is the number of data bytes that the device confirms. A stalled
 * data stage is cleared and the status read (BOT 6.7.2). An invalid status, a phase error, or a transfer that failed or
 * timed out leads to reset recovery (BOT 5.3.4).
 */
int usb_storage_command(struct usb_storage *u, const uint8_t *command, unsigned length, void *data,
                        uint32_t data_length, uint32_t *got);

/* READ(10): read `n` blocks into a buffer that one TRB can hold. BOT_ESHORT: fewer bytes came. */
int usb_storage_read(struct usb_storage *u, uint32_t block, unsigned n, void *data);

/* REQUEST SENSE: set *key to the sense key of the last failure. */
int usb_storage_sense(struct usb_storage *u, uint8_t *key);

/* Reset recovery: Bulk-Only Mass Storage Reset, then clear the halts of both endpoints (BOT 5.3.4). */
int usb_storage_recover(struct usb_storage *u);

/* Read a descriptor as far as it fits. *got is the number of bytes read (USB 2.0, 9.4.3). */
int usb_get_descriptor(struct xhci *x, unsigned slot, unsigned type, unsigned index, void *data,
                       uint16_t length, uint32_t *got);

#endif
