/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsers of bytes from a device, which may be any bytes. No register and no other code is used here. */
#include "payload/drivers/usb_storage.h"
#include <string.h>

/* Descriptor types (USB 2.0, table 9-5; USB 3.2, table 9-6). */
#define CONFIGURATION 2u
#define INTERFACE     4u
#define ENDPOINT      5u
#define COMPANION     48u

#define CBW_SIGNATURE 0x43425355u
#define CSW_SIGNATURE 0x53425355u

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* The least length of each type of descriptor. */
static unsigned shortest(uint8_t type)
{
    switch (type) {
    case CONFIGURATION:
    case INTERFACE:
        return 9;
    case ENDPOINT:
        return 7;
    case COMPANION:
        return 6;
    default:
        return 2;
    }
}

/*
 * Class 8 mass storage, subclass 6 SCSI, protocol 0x50 bulk-only; the alternate setting that is active by default (BOT
 * 4.3).
 */
static bool is_storage(const uint8_t *d)
{
    return d[3] == 0 && d[5] == 8 && d[6] == 6 && d[7] == 0x50;
}

/*
 * Read a bulk endpoint, the first of its direction. Returns NULL if the endpoint is of another kind, or a second one.
 */
static struct usb_endpoint *take_endpoint(struct usb_storage_interface *at, const uint8_t *d)
{
    struct usb_endpoint *e = d[2] & 0x80 ? &at->in : &at->out;

    if ((d[3] & 3) != 2 || e->address)
        return NULL;
    *e = (struct usb_endpoint){.address = d[2], .max_packet = get16(d + 4) & 0x7ff};
    return e;
}

/*
 * Check an endpoint: endpoint 0 is no bulk endpoint, reserved bits are zero, the packet size is not 0 (USB 2.0, 9.6.6).
 */
static bool sane(const struct usb_endpoint *e)
{
    return (e->address & 15) && !(e->address & 0x70) && e->max_packet && e->burst <= 15;
}

int usb_find_storage(const uint8_t *d, size_t n, struct usb_storage_interface *found)
{
    struct usb_storage_interface at = {0};
    struct usb_endpoint *last = NULL;
    bool inside = false, known = false;

    if (n < 9 || d[1] != CONFIGURATION)
        return USB_EDESCRIPTOR;
    at.configuration = d[5];
    for (size_t i = 0; i < n; i += d[i]) {
        const uint8_t *p = d + i;
        if (n - i < 2 || p[0] > n - i || p[0] < shortest(p[1]))
            return USB_EDESCRIPTOR;
        if (p[1] == INTERFACE) {
            inside = !known && is_storage(p);
            known |= inside;
            at.interface = inside ? p[2] : at.interface;
            last = NULL;
        } else if (p[1] == ENDPOINT) {
            last = inside ? take_endpoint(&at, p) : NULL;
        } else if (p[1] == COMPANION && last) {
            last->burst = p[2];
        }
    }
    if (!known || !at.in.address || !at.out.address)
        return USB_ENOSTORAGE;
    *found = at;
    return sane(&at.in) && sane(&at.out) ? XHCI_OK : USB_EDESCRIPTOR;
}

void bot_cbw(uint8_t cbw[BOT_CBW_BYTES], uint32_t tag, uint32_t length, bool out, const uint8_t *command,
             unsigned command_length)
{
    unsigned n = command_length < 16 ? command_length : 16;

    memset(cbw, 0, BOT_CBW_BYTES);
    put32(cbw, CBW_SIGNATURE);
    put32(cbw + 4, tag);
    put32(cbw + 8, length);
    cbw[12] = out ? 0 : 0x80;
    cbw[14] = (uint8_t)n;
    memcpy(cbw + 15, command, n);
}

int bot_csw(const uint8_t *csw, size_t n, uint32_t tag, uint32_t asked, uint32_t *residue)
{
    if (n != BOT_CSW_BYTES || get32(csw) != CSW_SIGNATURE || get32(csw + 4) != tag)
        return BOT_ECSW;
    *residue = get32(csw + 8);
    if (csw[12] == 2)
        return BOT_EPHASE;
    if (csw[12] > 2 || *residue > asked)
        return BOT_ECSW;
    return csw[12] ? BOT_EFAILED : XHCI_OK;
}
