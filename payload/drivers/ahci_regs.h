/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers, and the memory that a driver shares with the controller, for ahci.c and ahci_slots.c. Sections: AHCI
 * 1.3.1.
 */
#ifndef PAYLOAD_DRIVERS_AHCI_REGS_H
#define PAYLOAD_DRIVERS_AHCI_REGS_H

#include "payload/drivers/ahci.h"
#include "mmio.h"

/* Registers of the controller (3.1). */
#define CAP 0x00u
#define GHC 0x04u
#define IS  0x08u
#define PI  0x0cu

#define CAP_SLOTS(cap) (((cap) >> 8 & 31u) + 1)
#define CAP_64         (1u << 31)
#define GHC_RESET      1u
#define GHC_INTERRUPTS 2u
#define GHC_AHCI       (1u << 31)

/* Registers of a port (3.3). */
#define PORT(i) (0x100u + 0x80u * (i))
#define PX_CLB  0x00u
#define PX_FB   0x08u
#define PX_IS   0x10u
#define PX_IE   0x14u
#define PX_CMD  0x18u
#define PX_TFD  0x20u
#define PX_SIG  0x24u
#define PX_SSTS 0x28u
#define PX_SERR 0x30u
#define PX_CI   0x38u

#define CMD_ST     0x0001u
#define CMD_SPIN   0x0006u /* spin up, power on */
#define CMD_FRE    0x0010u
#define CMD_FR     0x4000u
#define CMD_CR     0x8000u
#define TFD_BUSY   0x88u /* BSY, DRQ */
#define SIG_DISK   0x0101u
#define SSTS_THERE 3u

/* PxIS and PxIE: a register FIS, a PIO setup FIS; errors of the task file, the host bus and the interface. */
#define INT_DONE  0x00000003u
#define INT_ERROR 0x78000000u

/* Command header, and command table with one region: 4.2.2, 4.2.3. */
struct ahci_header {
    uint32_t flags; /* 31:16 regions, 4:0 length of the FIS in words */
    _Atomic uint32_t transferred;
    uint32_t table, table_high;
    uint32_t reserved[4];
};
#define HEADER_FLAGS (1u << 16 | 5u)

struct ahci_table {
    _Alignas(128) uint8_t fis[64];
    uint8_t atapi[64];
    uint32_t address, address_high, reserved, count; /* the one region */
};

/* The memory shared with one port. */
struct ahci_memory {
    _Alignas(1024) struct ahci_header headers[DISK_DEPTH];
    _Alignas(256) uint8_t received[256];
    struct ahci_table tables[DISK_DEPTH];
};

#define READ_DMA_EXT    0x25u
#define IDENTIFY_DEVICE 0xecu

static inline uint32_t px_read(const struct ahci *a, unsigned reg)
{
    return mmio_read32(a->port + reg);
}

static inline void px_write(const struct ahci *a, unsigned reg, uint32_t v)
{
    mmio_write32(a->port + reg, v);
}

extern const struct disk_ops ahci_ops_;

/* Put a read command in a slot. Returns DISK_OK, DISK_EFULL, or the reason why the disk is dead. */
int ahci_put_(struct ahci *a, uint8_t command, struct disk_request *r);

/* Make the port stop, or start, taking commands. The wait is bounded. Return DISK_OK; DISK_ERESET; DISK_EREADY. */
int ahci_stop_commands_(struct ahci *a);
int ahci_start_commands_(struct ahci *a);

enum aia_result ahci_handler_(void *context, struct aia_irq *irq);

#endif
