/* SPDX-License-Identifier: BSD-2-Clause */
/* The fault queue (fault.c): "Fault/Event-Queue (FQ)". */
#ifndef IOMMU_FAULT_H
#define IOMMU_FAULT_H

#include <aia/iommu.h>

/* Turn the fault queue on, without its interrupt. AIA_OK; AIA_ETIMEOUT: the unit does not switch the queue. */
int iommu_faults_on(struct aia_iommu *u);

#endif
