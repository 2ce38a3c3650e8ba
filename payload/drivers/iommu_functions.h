/* SPDX-License-Identifier: BSD-2-Clause */
/* For iommu.c: the PCI functions behind the unit, which is iommu.c's. */
#ifndef PAYLOAD_DRIVERS_IOMMU_FUNCTIONS_H
#define PAYLOAD_DRIVERS_IOMMU_FUNCTIONS_H

#include "payload/drivers/iommu.h"

/* What went wrong, if anything did, as a line: "iommu: WHAT: why". True: nothing did. */
bool iommu_say(const char *what, int error);

/* Is this function the unit itself? */
bool iommu_is_unit(const struct pci_device *pd);

/* The largest id at the unit that a function has. */
uint32_t iommu_max_id(const struct pci *p);

/*
 * Attach all functions that the tree has behind the unit, each with the access to memory of its class, or all with
 * AIA_IOMMU_BARE. One that the unit cannot take is left out.
 */
void iommu_attach_all(struct pci *p, enum aia_iommu_dma most);
unsigned iommu_n_functions(void);

/* Messages that are set up from now on are remapped in this way. */
void iommu_remap(enum aia_iommu_mode how);

/* Leave out the functions that the tree has behind a unit, ours or another. */
void iommu_leave_out(struct pci *p, bool ours);

/* After the text of a fault: whose message it was, if it came under the id of another. */
void iommu_print_sender(const struct aia_iommu_fault *f);
/* A line for each remapped message. */
void iommu_functions_print(void);
/* Does every device still have the message that it was given? Says which do not. */
bool iommu_functions_unchanged(void);

#endif
