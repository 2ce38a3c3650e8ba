/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration space: the registers (PCI Express Base, 7.5), and their access through ECAM. */
#ifndef PAYLOAD_PCI_REGS_H
#define PAYLOAD_PCI_REGS_H

#include "mmio.h"
#include "payload/pci/pci.h"

#define PCI_ID      0x00u
#define PCI_COMMAND 0x04u
#define PCI_STATUS  0x06u
#define PCI_CLASS   0x08u /* with the revision in the low byte */
#define PCI_HEADER  0x0eu
#define PCI_BAR0    0x10u
#define PCI_ROM     0x30u /* type 0 */
#define PCI_CAP_PTR 0x34u

#define PCI_INTERRUPT_PIN 0x3du /* 1 to 4: INTA to INTD; 0: none */

/* Type 1: bridges. */
#define PCI_BUSES         0x18u /* primary, secondary, subordinate, latency timer */
#define PCI_IO_BASE_LIMIT 0x1cu
#define PCI_MEM_BASE      0x20u
#define PCI_MEM_LIMIT     0x22u
#define PCI_PREF_BASE     0x24u
#define PCI_PREF_LIMIT    0x26u
#define PCI_PREF_BASE_HI  0x28u
#define PCI_PREF_LIMIT_HI 0x2cu
#define PCI_BRIDGE_ROM    0x38u

#define PCI_COMMAND_IO     0x0001u
#define PCI_COMMAND_MEM    0x0002u
#define PCI_COMMAND_MASTER 0x0004u
#define PCI_COMMAND_NOINTX 0x0400u

#define PCI_STATUS_CAPS 0x10u

#define PCI_HEADER_BRIDGE 0x01u
#define PCI_HEADER_TYPE   0x7fu
#define PCI_HEADER_MULTI  0x80u

#define PCI_BAR_IO       0x1u
#define PCI_BAR_TYPE     0x6u
#define PCI_BAR_TYPE_32  0x0u
#define PCI_BAR_TYPE_64  0x4u
#define PCI_BAR_PREFETCH 0x8u
#define PCI_BAR_FLAGS    0xfu

#define PCI_PREF_IS64 0x1u /* low four bits of PREF_BASE */

#define PCI_CAP_MSI     0x05u
#define PCI_CAP_EXPRESS 0x10u
#define PCI_CAP_MSIX    0x11u

#define PCI_MSI_CONTROL            2u
#define PCI_MSI_CONTROL_ENABLE     0x0001u
#define PCI_MSI_CONTROL_CAPABLE(c) ((c) >> 1 & 7u) /* the number of messages offered, as a power of two */
#define PCI_MSI_CONTROL_COUNT      0x0070u         /* multiple message enable */
#define PCI_MSI_CONTROL_64         0x0080u
#define PCI_MSI_CONTROL_MASK       0x0100u

#define PCI_MSIX_CONTROL        2u
#define PCI_MSIX_CONTROL_SIZE   0x07ffu
#define PCI_MSIX_CONTROL_MASK   0x4000u
#define PCI_MSIX_CONTROL_ENABLE 0x8000u
#define PCI_MSIX_TABLE          4u /* the offset, and the number of the BAR */
#define PCI_MSIX_PENDING        8u
#define PCI_MSIX_BAR            7u
#define PCI_MSIX_SIZE           12u

/* In the MSI-X table. */
#define PCI_MSIX_ENTRY         16u
#define PCI_MSIX_ENTRY_ADDR    0u
#define PCI_MSIX_ENTRY_ADDR_HI 4u
#define PCI_MSIX_ENTRY_DATA    8u
#define PCI_MSIX_ENTRY_CONTROL 12u
#define PCI_MSIX_ENTRY_MASKED  1u

/*
 * Each access has the register's own width. Writing ones clears a status register's bits, so a 32-bit write to its
 * neighbour, the command register, would clear them.
 */
static inline uint8_t pci_read8(const struct pci_device *pd, unsigned reg)
{
    return mmio_read8(pd->cfg + reg);
}

static inline uint16_t pci_read16(const struct pci_device *pd, unsigned reg)
{
    return mmio_read16(pd->cfg + reg);
}

static inline uint32_t pci_read32(const struct pci_device *pd, unsigned reg)
{
    return mmio_read32(pd->cfg + reg);
}

static inline void pci_write8(const struct pci_device *pd, unsigned reg, uint8_t v)
{
    mmio_write8(pd->cfg + reg, v);
}

static inline void pci_write16(const struct pci_device *pd, unsigned reg, uint16_t v)
{
    mmio_write16(pd->cfg + reg, v);
}

static inline void pci_write32(const struct pci_device *pd, unsigned reg, uint32_t v)
{
    mmio_write32(pd->cfg + reg, v);
}

#endif
