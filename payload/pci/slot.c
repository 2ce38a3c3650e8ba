/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/pci/slot.h"
#include "payload/kernel/work.h"
#include "payload/pci/regs.h"
#include "payload/kernel/time.h"

/* Registers of the PCI Express capability (7.5.3), and its length up to the slot's registers. */
#define FLAGS       0x02u
#define SLOT        0x0100u /* in FLAGS: the port has a slot */
#define SLOT_CAP    0x14u
#define CAP_POWER   0x00000002u /* the slot has a power controller */
#define CAP_SILENT  0x00040000u /* commands complete immediately, without a report */
#define SLOT_CTL    0x18u
#define CTL_LED     0x0300u /* power indicator */
#define CTL_LED_OFF 0x0300u
#define CTL_OFF     0x0400u
#define SLOT_STS    0x1au   /* cleared by writing ones */
#define STS_PRESSED 0x0001u /* attention button */
#define STS_DONE    0x0010u /* command completed */
#define LENGTH      0x1cu

#define COMMAND_MS 1000 /* 6.7.3.2 */

static int slot_cap(const struct pci_device *port)
{
    int cap = port->bridge ? pci_find_cap(port, PCI_CAP_EXPRESS, LENGTH) : PCI_ENOCAP;

    if (cap < 0)
        return cap;
    return pci_read16(port, (unsigned)cap + FLAGS) & SLOT &&
                   pci_read32(port, (unsigned)cap + SLOT_CAP) & CAP_POWER
               ? cap
               : PCI_ENOCAP;
}

struct pci_device *pci_slot_of(const struct pci_device *pd)
{
    struct pci_device *port = pd->parent;

    while (port && slot_cap(port) < 0)
        port = port->parent;
    return port;
}

bool pci_slot_pressed(const struct pci_device *port)
{
    int cap = slot_cap(port);

    if (cap < 0 || !(pci_read16(port, (unsigned)cap + SLOT_STS) & STS_PRESSED))
        return false;
    pci_write16(port, (unsigned)cap + SLOT_STS, STS_PRESSED);
    return true;
}

int pci_slot_power_off(const struct pci_device *port)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(COMMAND_MS));
    int cap = slot_cap(port);

    if (cap < 0)
        return cap;
    unsigned at = (unsigned)cap;
    uint16_t control = pci_read16(port, at + SLOT_CTL);
    pci_write16(port, at + SLOT_STS, STS_DONE); /* clears the report of an earlier command */
    pci_write16(port, at + SLOT_CTL, (uint16_t)((control & ~CTL_LED) | CTL_LED_OFF | CTL_OFF));
    if (pci_read32(port, at + SLOT_CAP) & CAP_SILENT)
        return PCI_OK;
    while (!(pci_read16(port, at + SLOT_STS) & STS_DONE))
        if (!hart_wait_more(&w))
            return PCI_ESLOT;
    return PCI_OK;
}
