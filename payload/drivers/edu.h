/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's "edu" teaching device (docs/specs/edu.rst there): a register that raises an interrupt, and a
 * plain MSI to send it with. Its 32 status bits are free for the caller's use: a bit per edge tells the
 * handler exactly which edges it sees, because bits stay until acknowledged, however often MSIs merge.
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
    uint32_t dma_value; /* what the engine fetches */
    bool dma_fetched;   /* its buffer has it */
};

/*
 * Enable the function, check that it lives, clear its status and find its MSI, which is left off: its
 * start operation is for the interrupt core to call. Returns PCI_OK, PCI_EDEVICE (other ids, no BAR 0,
 * wrong identification, liveness check failed), or what pci_enable() and pci_msi_init() do.
 */
int edu_init(struct edu *e, struct pci_device *pd);

/*
 * Set status bits and send one MSI. Writes to memory before are in place for the handler. `bits` must not
 * be 0. The write is posted: it is the device that raises, some time after the return.
 */
void edu_raise(struct edu *e, uint32_t bits);

/* The status bits set and not yet acknowledged. As a read, it also lets every MSI sent before arrive. */
uint32_t edu_status(struct edu *e);

/* Clear status bits. Acknowledge only what edu_status() returned, or an edge that came since is lost. */
void edu_ack(struct edu *e, uint32_t bits);

/*
 * Its DMA engine, one transfer at a time, which takes a tenth of a second. edu_dma_idle(): none is under way.
 * edu_dma_write(): have the device write `value`, four bytes, to bus address `to`, whatever is there; the first call
 * fetches the value and the next, with the engine idle, writes it. Returns how many writes it began: 0 or 1.
 * edu_dma_send(): write whatever its buffer holds, without a fetch.
 */
bool edu_dma_idle(struct edu *e);
unsigned edu_dma_write(struct edu *e, uint64_t to, uint32_t value);
void edu_dma_send(struct edu *e, uint64_t to);

#endif
