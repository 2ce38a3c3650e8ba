/* SPDX-License-Identifier: BSD-2-Clause */
/* For iommu.c: the PCI functions behind the unit. */
#ifndef PAYLOAD_DRIVERS_IOMMU_FUNCTIONS_H
#define PAYLOAD_DRIVERS_IOMMU_FUNCTIONS_H

#include "payload/drivers/iommu.h"

/* If `error` is an error, print "iommu: WHAT: reason". Returns true if it is none. */
bool iommu_say(const char *what, int error);

/* True if this function is the unit itself. */
bool iommu_is_unit(const struct pci_device *pd);

/* The largest id at the unit of any function. */
uint32_t iommu_max_id(const struct pci *p);

/*
 * Attach all functions that are behind the unit according to the tree. Each function gets the memory access of its
 * class, or every function gets AIA_IOMMU_BARE. A function that the unit cannot take is left out.
 */
void iommu_attach_all(struct pci *p, enum aia_iommu_dma most);
unsigned iommu_n_functions(void);

/* Remap the messages that are set up from now on in this way. */
void iommu_remap(enum aia_iommu_mode how);

/* Leave out the functions that are behind the unit in use (`ours`), or behind another unit, according to the tree. */
void iommu_leave_out(struct pci *p, bool ours);

/* Add to the text of a fault whose message it was, if it came under the id of another function. */
void iommu_print_sender(const struct aia_iommu_fault *f);
/* Print a line for each remapped message. */
void iommu_functions_print(void);
/*
 * Check that every device still has the message that it was given. Print each difference. Returns true if there is
 * none.
 */
bool iommu_functions_unchanged(void);

#endif
