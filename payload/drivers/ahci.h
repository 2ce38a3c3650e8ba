/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AHCI controller (Serial ATA AHCI 1.3.1) and the first disk on it: 32 command slots, READ DMA EXT, and one
 * plain MSI for everything. After an error the port is stopped, as it has to be, and what was in its slots
 * is given to it again one by one, so that the one that fails is known.
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
    unsigned next;   /* slot to be given out */
    uint32_t busy;   /* slots with a request */
    uint32_t issued; /* of these, given to the port */
    enum { AHCI_RUNS, AHCI_BROKEN, AHCI_RECOVERS, AHCI_STUCK } state;
    uint32_t error; /* task file data of the moment when it broke */
    bool blamed;    /* which request that was is known, and it has ended */
    struct disk_request *requests[DISK_DEPTH];
};

/*
 * IDENTIFY DEVICE's 256 words (ACS-3, 7.12.7). DISK_OK; DISK_EIDENTIFY: its checksum is wrong, or it has no sectors;
 * DISK_EFEATURE: no DMA, no 48-bit addresses, or a size of its sectors that is none of disk_set_sector()'s.
 */
int ahci_parse_identify(const uint16_t *words, struct disk *d);

extern const struct disk_driver ahci_driver;

#endif
