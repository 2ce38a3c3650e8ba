/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's IOMMU, where there is one: every PCI function behind it gets a context, and the messages that pci/msi.c
 * and msix.c set up from then on are remapped.
 */
#ifndef PAYLOAD_DRIVERS_IOMMU_H
#define PAYLOAD_DRIVERS_IOMMU_H

#include <aia/iommu.h>

#include "payload/pci/pci.h"

#define IOMMU_DEVICES  24  /* functions behind it, at most */
#define IOMMU_MESSAGES 32u /* of a function, at most: those that follow are not to be had */

extern struct aia_iommu iommu;

/*
 * Once, after pci_init() and before any driver; thread. A unit that cannot be used is named, and the functions behind it,
 * or behind one that is not ours, are left out, unless iommu=off.
 */
void iommu_start(struct pci *p);

/* Are messages remapped? And where none are: why. */
bool iommu_remaps(void);
const char *iommu_why_not(void);

/* The device that this function is; NULL: it is behind no IOMMU of ours. */
struct aia_iommu_device *iommu_device(const struct pci_device *pd);

/* For tests: the unit is to read all its tables anew; the latest fault. */
int iommu_forget(void);
struct aia_iommu_fault iommu_last_fault(void);

/* Print the faults since the last call. Thread. */
void iommu_print_faults(void);
/* A line for each remapped message, and the unit's own counters; nothing without one. */
void iommu_print(void);
/* Does every device still have the message that it was given? Says which do not. */
bool iommu_check(void);

#endif
