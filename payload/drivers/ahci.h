/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AHCI controller (Serial ATA AHCI 1.3.1) and its first disk: 32 command slots, READ DMA EXT, and one plain MSI for
 * all events. An error stops the port. The driver then issues the requests that were in the slots again, one by one, so
 * that it learns which request fails.
 */
#ifndef PAYLOAD_DRIVERS_AHCI_H
#define PAYLOAD_DRIVERS_AHCI_H

#include "payload/drivers/disk.h"
#include "payload/pci/msi.h"

struct ahci_memory;

struct ahci {
    struct disk disk;
    struct aia_lock lock;
    struct pci_msi msi;
    uintptr_t regs, port;
    struct ahci_memory *memory;
    unsigned n_slots;
    unsigned next;   /* the next slot to use */
    uint32_t busy;   /* slots with a request */
    uint32_t issued; /* the busy slots that were issued to the port */
    enum { AHCI_RUNS, AHCI_BROKEN, AHCI_RECOVERS, AHCI_STUCK } state;
    uint32_t error; /* task file data at the moment of the error */
    bool blamed;    /* the failed request is known and has ended */
    struct disk_request *requests[DISK_DEPTH];
};

/*
 * Read the 256 words of IDENTIFY DEVICE (ACS-3, 7.12.7). Returns
 * - DISK_OK;
 * - DISK_EIDENTIFY: the checksum is wrong, or the disk has no sectors;
 * - DISK_EFEATURE: no DMA, no 48-bit addresses, or a sector size that disk_set_sector() refuses.
 */
int ahci_parse_identify(const uint16_t *words, struct disk *d);

extern const struct disk_driver ahci_driver;

#endif
