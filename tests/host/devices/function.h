/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small replacement for what a driver needs: one PCI function whose BAR is a model of a device, interrupts without a
 * library, and a clock that advances while software waits. It is linked by name (mk/test.mk) instead of payload/pci, lib and
 * payload/kernel/hart.c. The model of the device is in a file of its own.
 */
#ifndef FUNCTION_H
#define FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/aia.h>

#include "payload/drivers/disk.h"

#define FUNCTION_REGS 0x40000000ul /* address of the registers, whichever BAR the driver asks for */
#define FUNCTION_IRQS 24

struct function {
    /* Set by the test. */
    uint64_t bar_size; /* 0: no BAR */
    unsigned vectors;  /* of its MSI-X; 0: it has no MSI-X */
    unsigned order;    /* its plain MSI has 2^order messages */
    int msi_error;     /* the return value of pci_msi_init() */
    unsigned harts;
    uint32_t offline;    /* harts, as bits */
    bool gone;           /* its registers read as ones */
    unsigned lose;       /* the next so many messages are lost */
    unsigned gone_after; /* it is gone after so many accesses; 0: never */

    /* Read by the test. */
    uint64_t now;     /* microseconds */
    uint16_t command; /* of configuration space */
    uint32_t freed;   /* interrupts that the driver has freed, as bits */
    unsigned n_irqs;

    /* Used by the device's model. */
    bool
        fenced; /* a fence of earlier memory accesses, and nothing else, came after the last register access */
    uint64_t due;
    struct aia_irq irqs[FUNCTION_IRQS];
};
extern struct function fn;

/* Start with four harts, 32 MSI-X vectors and a large BAR. */
void function_reset(void);

/* The device sends message `i`. The message arrives at the next function_deliver(), or while software waits. */
void function_send(unsigned i);
bool function_deliver(void); /* false: no message was under way */

/*
 * Start a disk in at most `most` microseconds of this clock. Returns the error of the driver. Checks that a driver that
 * failed has freed all its interrupts, and that its device can write to memory no more.
 */
int function_start(const struct disk_driver *driver, uint64_t most, struct disk **disk);

/* Defined by the device's model. Offsets are into the BAR. device_idle() is called while time passes. */
uint64_t device_read(uintptr_t at, unsigned size);
void device_write(uintptr_t at, uint64_t v, unsigned size);
void device_idle(void);

#endif
