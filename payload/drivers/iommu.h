/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's IOMMU, if there is one. Every PCI function behind the IOMMU gets a context. The messages that pci/msi.c
 * and msix.c set up after iommu_start() are remapped.
 */
#ifndef PAYLOAD_DRIVERS_IOMMU_H
#define PAYLOAD_DRIVERS_IOMMU_H

#include <aia/iommu.h>

#include "payload/pci/pci.h"

#define IOMMU_DEVICES  24  /* the most functions behind the IOMMU */
#define IOMMU_MESSAGES 32u /* the most messages of a function; further messages cannot be used */

extern struct aia_iommu iommu;

/*
 * Start the IOMMU. Once, after pci_init() and before any driver; thread context. If a unit cannot be used, a line says
 * so, and the functions behind it are left out; so are the functions behind another IOMMU. With iommu=off they are
 * used.
 */
void iommu_start(struct pci *p);

/* iommu_remaps(): true if messages are remapped. iommu_why_not(): the reason why they are not. */
bool iommu_remaps(void);
const char *iommu_why_not(void);

/* The IOMMU's device for this function. NULL: the function is not behind the IOMMU that is in use. */
struct aia_iommu_device *iommu_device(const struct pci_device *pd);

/* For tests. iommu_forget(): make the unit read all its tables again. iommu_last_fault(): the latest fault. */
int iommu_forget(void);
struct aia_iommu_fault iommu_last_fault(void);

/* Print the faults since the last call. Thread context. */
void iommu_print_faults(void);
/* Print a line for each remapped message, and the unit's counters; nothing without a unit. */
void iommu_print(void);
/*
 * Check that every device still has the message that it was given. Print each difference. Returns true if there is
 * none.
 */
bool iommu_check(void);

#endif
