/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver stands on, in small: one PCI function whose BAR is a model of a device, interrupts without a library, a
 * clock that goes on while somebody waits. Linked by name (mk/test.mk), in the place of payload/pci, lib and payload/kernel/hart.c; the
 * model of the device is in a file of its own.
 */
#ifndef FUNCTION_H
#define FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/aia.h>

#include "payload/drivers/disk.h"

#define FUNCTION_REGS 0x40000000ul /* its registers, whichever BAR it is asked for */
#define FUNCTION_IRQS 24

struct function {
    /* The test's. */
    uint64_t bar_size; /* 0: no BAR */
    unsigned vectors;  /* of its MSI-X; 0: it has none */
    unsigned order;    /* of its plain MSI: it offers 2^order messages */
    int msi_error;     /* what pci_msi_init() is to return */
    unsigned harts;
    uint32_t offline;    /* harts, as bits */
    bool gone;           /* its registers read as ones */
    unsigned lose;       /* so many messages from now on get lost */
    unsigned gone_after; /* so many accesses; 0: never */

    /* For the test to look at. */
    uint64_t now;     /* microseconds */
    uint16_t command; /* of configuration space */
    uint32_t freed;   /* interrupts that were given back, as bits */
    unsigned n_irqs;

    /* For the model: */
    bool fenced; /* nothing but a fence of earlier memory accesses came since the last access to a register */
    uint64_t due;
    struct aia_irq irqs[FUNCTION_IRQS];
};
extern struct function fn;

/* Four harts, 32 MSI-X vectors, a large BAR. */
void function_reset(void);

/* The device sends message `i`, which arrives at the next function_deliver(), or while somebody waits. */
void function_send(unsigned i);
bool function_deliver(void); /* false: there was none */

/*
 * Bring a disk up, in `most` microseconds of this clock. Returns what its driver does; one that failed can write to memory
 * no more, and has given all its interrupts back.
 */
int function_start(const struct disk_driver *driver, uint64_t most, struct disk **disk);

/* Of the device's model. Offsets into the BAR. idle(): time passes. */
uint64_t device_read(uintptr_t at, unsigned size);
void device_write(uintptr_t at, uint64_t v, unsigned size);
void device_idle(void);

#endif
