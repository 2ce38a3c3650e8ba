/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's "edu" teaching device (docs/specs/edu.rst there): a register that raises an interrupt, and a plain MSI that
 * sends it. The caller may use all 32 status bits: with one bit for each edge the handler knows exactly which edges it
 * has found, because a bit stays set until it is acknowledged, however many MSIs merge.
 */
#ifndef PAYLOAD_DRIVERS_EDU_H
#define PAYLOAD_DRIVERS_EDU_H

#include "payload/pci/msi.h"

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8

struct edu {
    struct pci_msi msi;
    struct pci_device *pd;
    uintptr_t regs;
    uint32_t dma_value; /* the value that the engine fetches */
    bool dma_fetched;   /* the engine's buffer holds the value */
};

/*
 * Enable the function, check that it works, clear its status and find its MSI. The MSI stays off until the library
 * calls its start(). Returns PCI_OK; PCI_EDEVICE (other ids, no BAR 0, wrong identification, liveness check failed); or
 * an error of pci_enable() or pci_msi_init().
 */
int edu_init(struct edu *e, struct pci_device *pd);

/*
 * Set status bits and send one MSI. The handler sees the caller's earlier writes to memory. `bits` must not be 0. The
 * write is posted: the device sends the MSI some time after the return.
 */
void edu_raise(struct edu *e, uint32_t bits);

/* The status bits that are set and not acknowledged. The read also waits until every earlier MSI has arrived. */
uint32_t edu_status(struct edu *e);

/* Clear status bits. Acknowledge only bits that edu_status() returned: otherwise an edge that came later is lost. */
void edu_ack(struct edu *e, uint32_t bits);

/*
 * The DMA engine: one transfer at a time, of about a tenth of a second.
 * - edu_dma_idle(): true if no transfer is under way.
 * - edu_dma_write(): have the device write `value`, four bytes, to bus address `to`. The first call fetches the value;
 *   the next call, with the engine idle, writes it. Returns the number of writes that it began: 0 or 1.
 * - edu_dma_send(): write the buffer's content, without a fetch.
 */
bool edu_dma_idle(struct edu *e);
unsigned edu_dma_write(struct edu *e, uint64_t to, uint32_t value);
void edu_dma_send(struct edu *e, uint64_t to);

#endif
