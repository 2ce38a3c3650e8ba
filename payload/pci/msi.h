/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI's two ways to send MSIs, as struct aia_msi (include/aia/msi.h says what each operation has to do).
 *
 * Accesses to one function are taken to arrive in program order, which is what strongly ordered I/O
 * regions give. Memory is not: start() and unmask() order earlier writes to memory before the device may
 * send, write_addr() and write_data() leave that to their caller, and after read_back() and mask() what
 * the device had sent is in the interrupt file before the caller goes on.
 */
#ifndef PAYLOAD_PCI_MSI_H
#define PAYLOAD_PCI_MSI_H

#include <aia/error.h>
#include <aia/msi.h>

#include "payload/pci/pci.h"

/*
 * The MSI capability, with one message, or a block of them that moves as one. AIA_MSI_MASKABLE if it masks per vector, else AIA_MSI_PLAIN, and
 * then a write to the address and one to the data are two moments between which the device may send.
 */
struct pci_msi {
    struct aia_msi msi;
    struct aia_msi *top; /* what to request an interrupt with: msi, or the remapped one above it */
    struct pci_device *pd;
    uint32_t mask_bits;  /* the mask register's reserved bits, which software keeps */
    uint16_t cap;        /* offset of the capability */
    uint16_t data, mask; /* offsets of its data and mask registers, which follow a 32- or 64-bit address */
    uint8_t order;       /* it sends 2^order messages: the data's low bits are the device's */
    bool is64;
};

/* Find the capability, and leave it disabled, with one message. Returns PCI_OK, PCI_ENOCAP, _ECAPBAD, _ECAPLOOP or _EGONE. */
int pci_msi_init(struct pci_msi *pm, struct pci_device *pd);

/*
 * Have it send 2^order messages (7.7.1.2): consecutive identities in one file, struct aia_request's order. Before start().
 * Returns AIA_OK, or AIA_EINVAL: it offers fewer, and nothing changed.
 */
int pci_msi_set_order(struct pci_msi *pm, unsigned order);

/*
 * Whether the function can send to `addr` at all. Ask before start() for every interrupt file it might be
 * moved to. Returns AIA_OK; AIA_EADDRHI: above 4 GiB, and it has 32 bits; AIA_EINVAL: not 32-bit aligned.
 */
int pci_msi_can_send(const struct pci_msi *pm, uint64_t addr);

/*
 * What stands between message `index` of a function (2^order messages with one address) and the interrupt files, asked
 * when it is set up; it
 * returns `own` if nothing does, and NULL if the message cannot pass. It is NULL itself where nothing ever does.
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

/* One entry of it; always AIA_MSI_MASKABLE, always 64 address bits. */
struct pci_msix {
    struct aia_msi msi;
    struct aia_msi *top; /* as pci_msi.top */
    uintptr_t entry;
    uint32_t control; /* vector control without its mask bit: reserved bits, which software keeps */
    struct pci_device *pd;
    uint16_t cap, index;
};

/*
 * Find the table, mask every entry and then turn MSI-X on. The function must be enabled (pci_enable()),
 * because the table is in memory space. After a reset of the function once more, and then aia_irq_restore() for each
 * interrupt. Returns PCI_OK, what pci_find_cap() does, or AIA_ESILENT.
 */
int pci_msix_init(struct pci_msix_table *t, struct pci_device *pd);

/*
 * If `msi` is an entry of an MSI-X table that holds messages back, or has: a phrase. NULL if not, or if it is something else.
 * Looks only, at its mask bits and at the pending bit array.
 */
const char *pci_msix_holds(const struct aia_msi *msi);

/* Entry `i`, masked until start(). Returns PCI_OK or AIA_EINVAL: there is no such entry. */
int pci_msix_entry(struct pci_msix *px, const struct pci_msix_table *t, unsigned i);

#endif
