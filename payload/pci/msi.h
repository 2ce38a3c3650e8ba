/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI's two ways to send MSIs, as struct aia_msi (include/aia/msi.h specifies the operations).
 *
 * Accesses to one function arrive in program order, which strongly ordered I/O regions guarantee. Memory has no such
 * order. So start() and unmask() order earlier writes to memory before the device may send; write_addr() and
 * write_data() leave that to their caller. After read_back() and mask(), every message that the device had sent is in
 * its interrupt file.
 */
#ifndef PAYLOAD_PCI_MSI_H
#define PAYLOAD_PCI_MSI_H

#include <aia/error.h>
#include <aia/msi.h>

#include "payload/pci/pci.h"

/*
 * The MSI capability, with one message, or with a block of messages that moves as one. The kind is AIA_MSI_MASKABLE if
 * the function has per-vector masking, else AIA_MSI_PLAIN. In a plain message the address and the data are written one
 * after the other, and the device may send between the two writes.
 */
struct pci_msi {
    struct aia_msi msi;
    struct aia_msi *top; /* the message to request an interrupt with: msi, or the remapped message above it */
    struct pci_device *pd;
    uint32_t mask_bits;  /* the mask register's reserved bits, which software preserves */
    uint16_t cap;        /* offset of the capability */
    uint16_t data, mask; /* offsets of the data and mask registers, which follow a 32- or 64-bit address */
    uint8_t order;       /* the function sends 2^order messages: the device sets the data's low bits */
    bool is64;
};

/*
 * Find the capability and leave it disabled, with one message. Returns PCI_OK, PCI_ENOCAP, _ECAPBAD, _ECAPLOOP or
 * _EGONE.
 */
int pci_msi_init(struct pci_msi *pm, struct pci_device *pd);

/*
 * Set the function to 2^order messages (7.7.1.2): consecutive identities in one file, as with struct aia_request's
 * order. Before start(). Returns AIA_OK, or AIA_EINVAL, with nothing changed, if the function offers fewer.
 */
int pci_msi_set_order(struct pci_msi *pm, unsigned order);

/*
 * Check that the function can send to `addr`. Call before start() for every interrupt file to which the message may
 * move. Returns AIA_OK; AIA_EADDRHI: above 4 GiB, and the function has 32 address bits; AIA_EINVAL: not 32-bit aligned.
 */
int pci_msi_can_send(const struct pci_msi *pm, uint64_t addr);

/*
 * Called when message `index` of a function (2^order messages with one address) is set up. Returns the message above
 * `own` in the chain, if an IOMMU remaps it; `own` if nothing does; NULL if the message cannot pass. The pointer itself
 * is NULL if there is no remapping.
 */
extern struct aia_msi *(*pci_remap)(const struct pci_device *pd, unsigned index, unsigned order,
                                    struct aia_msi *own);

/* A function's MSI-X table. */
struct pci_msix_table {
    struct pci_device *pd;
    uintptr_t base;
    unsigned n; /* entries */
    uint16_t cap;
};

/* One entry of the table; always AIA_MSI_MASKABLE, always with 64 address bits. */
struct pci_msix {
    struct aia_msi msi;
    struct aia_msi *top; /* as pci_msi.top */
    uintptr_t entry;
    uint32_t control; /* vector control without its mask bit: reserved bits, which software preserves */
    struct pci_device *pd;
    uint16_t cap, index;
};

/*
 * Find the table, mask every entry, then turn MSI-X on. The table is in memory space, so the function must be enabled
 * (pci_enable()). After a reset of the function call this again, and then aia_irq_restore() for each interrupt. Returns
 * PCI_OK, an error of pci_find_cap(), or AIA_ESILENT.
 */
int pci_msix_init(struct pci_msix_table *t, struct pci_device *pd);

/*
 * If `msi` is an entry of an MSI-X table that holds its message back, or did, return a phrase that says so. Otherwise,
 * or if `msi` is another kind of message, return NULL. Only reads the mask bits and the pending bit array.
 */
const char *pci_msix_holds(const struct aia_msi *msi);

/* Set up entry `i`, masked until start(). Returns PCI_OK, or AIA_EINVAL if there is no such entry. */
int pci_msix_entry(struct pci_msix *px, const struct pci_msix_table *t, unsigned i);

#endif
