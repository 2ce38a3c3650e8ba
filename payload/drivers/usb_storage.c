/* SPDX-License-Identifier: BSD-2-Clause */
/* Enumeration of a mass storage device, and its commands. */
#include "payload/drivers/usb_storage.h"
#include "payload/drivers/xhci_regs.h"
#include <string.h>

/* Requests (USB 2.0, table 9-4; BOT 3.1). */
#define CLEAR_FEATURE     1u
#define GET_DESCRIPTOR    6u
#define SET_CONFIGURATION 9u
#define BOT_RESET         0xffu
#define TO_DEVICE         0x00u
#define TO_ENDPOINT       0x02u
#define TO_INTERFACE      0x21u /* class */
#define FROM_DEVICE       0x80u

#define DEVICE_DESCRIPTOR        1u
#define CONFIGURATION_DESCRIPTOR 2u

#define READY_TRIES 4 /* a newly attached device answers its first commands with unit attention */

int usb_get_descriptor(struct xhci *x, unsigned slot, unsigned type, unsigned index, void *data,
                       uint16_t length, uint32_t *got)
{
    const struct usb_setup s = {FROM_DEVICE, GET_DESCRIPTOR, (uint16_t)(type << 8 | index), 0, length};

    return xhci_control(x, slot, &s, data, got);
}

/* Read the size of endpoint 0's packets from the first eight bytes of the device descriptor (4.3, step 7). */
static int learn_packet0(struct xhci *x, unsigned slot)
{
    uint8_t d[8];
    uint32_t got;
    int error = usb_get_descriptor(x, slot, DEVICE_DESCRIPTOR, 0, d, sizeof(d), &got);

    if (error)
        return error;
    if (got != sizeof(d) || d[0] < 18 || d[1] != DEVICE_DESCRIPTOR)
        return USB_EDESCRIPTOR;
    if (x->slots[slot].speed != XHCI_FULL || d[7] == 8)
        return XHCI_OK;
    if (d[7] != 16 && d[7] != 32 && d[7] != 64)
        return USB_EDESCRIPTOR;
    return xhci_set_packet0(x, slot, d[7]);
}

/*
 * Find the storage interface. The request is for more bytes than the descriptor has, so the data stage ends early, as
 * with every device.
 */
static int find_interface(struct usb_storage *u)
{
    uint32_t got;
    int error =
        usb_get_descriptor(u->x, u->slot, CONFIGURATION_DESCRIPTOR, 0, u->small, sizeof(u->small), &got);

    if (error)
        return error;
    uint32_t total = got >= 9 ? u->small[2] | (uint32_t)u->small[3] << 8 : 0;
    if (total < 9 || total > got)
        return USB_EDESCRIPTOR;
    return usb_find_storage(u->small, total, &u->at);
}

static int set_configuration(struct usb_storage *u)
{
    const struct usb_setup s = {TO_DEVICE, SET_CONFIGURATION, u->at.configuration, 0, 0};

    return xhci_control(u->x, u->slot, &s, NULL, NULL);
}

static int clear_halt(struct usb_storage *u, unsigned ring)
{
    const struct usb_endpoint *e = ring == XHCI_BULK_IN ? &u->at.in : &u->at.out;
    const struct usb_setup s = {TO_ENDPOINT, CLEAR_FEATURE, 0, e->address, 0};
    int error = xhci_recover(u->x, u->slot, ring);

    return error ? error : xhci_control(u->x, u->slot, &s, NULL, NULL);
}

int usb_storage_recover(struct usb_storage *u)
{
    const struct usb_setup s = {TO_INTERFACE, BOT_RESET, 0, u->at.interface, 0};
    int error = xhci_control(u->x, u->slot, &s, NULL, NULL);

    u->recoveries++;
    if (!error)
        error = clear_halt(u, XHCI_BULK_IN);
    return error ? error : clear_halt(u, XHCI_BULK_OUT);
}

/* Read the command status; after a stall, once more (BOT, figure 2). */
static int read_csw(struct usb_storage *u, uint32_t asked)
{
    uint32_t got;
    int error = xhci_bulk(u->x, u->slot, XHCI_BULK_IN, u->csw, BOT_CSW_BYTES, &got);

    if (error == XHCI_ESTALL) {
        error = clear_halt(u, XHCI_BULK_IN);
        if (!error)
            error = xhci_bulk(u->x, u->slot, XHCI_BULK_IN, u->csw, BOT_CSW_BYTES, &got);
    }
    return error ? error : bot_csw(u->csw, got, u->tag, asked, &u->residue);
}

static int exchange(struct usb_storage *u, void *data, uint32_t length, uint32_t *moved)
{
    int error = xhci_bulk(u->x, u->slot, XHCI_BULK_OUT, u->cbw, BOT_CBW_BYTES, NULL);

    *moved = 0;
    if (error)
        return error;
    if (length)
        error = xhci_bulk(u->x, u->slot, XHCI_BULK_IN, data, length, moved);
    if (error == XHCI_ESTALL)
        error = clear_halt(u, XHCI_BULK_IN);
    return error ? error : read_csw(u, length);
}

/*
 * True for the errors after which host and device may disagree on the transport's state, and a reset of the transport
 * helps. A reset does not help if the device or the controller is gone.
 */
static bool out_of_step(int error)
{
    return error == BOT_ECSW || error == BOT_EPHASE || error == XHCI_ESTALL || error == XHCI_ECODE ||
           error == XHCI_ETIMEOUT;
}

int usb_storage_command(struct usb_storage *u, const uint8_t *command, unsigned length, void *data,
                        uint32_t data_length, uint32_t *got)
{
    uint32_t moved;

    u->tag++;
    u->residue = 0;
    bot_cbw(u->cbw, u->tag, data_length, false, command, length);
    int error = exchange(u, data, data_length, &moved);
    if (out_of_step(error)) {
        int e = usb_storage_recover(u);
        error = e ? e : error;
    }
    if (got) /* the bytes that the device confirms, but no more than arrived: the device may pad (BOT 6.7.2) */
        *got =
            u->residue <= data_length && data_length - u->residue < moved ? data_length - u->residue : moved;
    return error;
}

int usb_storage_read(struct usb_storage *u, uint32_t block, unsigned n, void *data)
{
    const uint8_t command[10] = {0x28,
                                 0,
                                 (uint8_t)(block >> 24),
                                 (uint8_t)(block >> 16),
                                 (uint8_t)(block >> 8),
                                 (uint8_t)block,
                                 0,
                                 (uint8_t)(n >> 8),
                                 (uint8_t)n};
    uint32_t want = n * u->block_size, got;
    int error = usb_storage_command(u, command, sizeof(command), data, want, &got);

    return error ? error : got == want ? XHCI_OK : BOT_ESHORT;
}

int usb_storage_sense(struct usb_storage *u, uint8_t *key)
{
    static const uint8_t command[6] = {0x03, 0, 0, 0, 18};
    uint32_t got;
    int error = usb_storage_command(u, command, sizeof(command), u->small, 18, &got);

    *key = 0;
    if (error)
        return error;
    if (got < 3)
        return BOT_ESHORT;
    *key = u->small[2] & 15;
    return XHCI_OK;
}

static int inquiry(struct usb_storage *u)
{
    static const uint8_t command[6] = {0x12, 0, 0, 0, 36};
    uint32_t got;
    int error = usb_storage_command(u, command, sizeof(command), u->small, 36, &got);

    if (error)
        return error;
    if (got < 32)
        return BOT_ESHORT;
    memcpy(u->product, u->small + 8, sizeof(u->product) - 1);
    /* ASCII by the standard; real devices send any byte. */
    for (size_t i = 0; i < sizeof(u->product) - 1; i++)
        if (u->product[i] < ' ' || u->product[i] > '~')
            u->product[i] = ' ';
    return XHCI_OK;
}

static uint32_t big_endian(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int capacity(struct usb_storage *u)
{
    static const uint8_t command[10] = {0x25};
    uint32_t got;
    int error = BOT_EFAILED;

    for (unsigned i = 0; i < READY_TRIES && error == BOT_EFAILED; i++) {
        error = usb_storage_command(u, command, sizeof(command), u->small, 8, &got);
        if (error == BOT_EFAILED) {
            int e = usb_storage_sense(u, &u->scsi_error);
            error = e ? e : error;
        }
    }
    if (error)
        return error;
    if (got != 8)
        return BOT_ESHORT;
    u->blocks = (uint64_t)big_endian(u->small) + 1;
    u->block_size = big_endian(u->small + 4);
    return u->block_size < 512 || u->block_size > 4096 || u->block_size % 512 ? USB_EDESCRIPTOR : XHCI_OK;
}

static int enumerate(struct usb_storage *u)
{
    int error = learn_packet0(u->x, u->slot);

    if (!error)
        error = find_interface(u);
    if (!error)
        error = xhci_configure(u->x, u->slot, &u->at.in, &u->at.out);
    if (!error)
        error = set_configuration(u);
    if (!error)
        error = inquiry(u);
    return error ? error : capacity(u);
}

int usb_storage_init(struct usb_storage *u, struct xhci *x, unsigned port)
{
    memset(u, 0, sizeof(*u));
    u->x = x;
    int error = xhci_attach(x, port, &u->slot);
    if (error)
        return error;
    error = enumerate(u);
    if (error)
        (void)xhci_detach(x, u->slot);
    return error;
}

bool usb_storage_take(struct usb_storage *u)
{
    return !atomic_exchange_explicit(&u->taken, 1, memory_order_acquire);
}

void usb_storage_give(struct usb_storage *u)
{
    atomic_store_explicit(&u->taken, 0, memory_order_release);
}
