/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables in memory (directory.c): "Device-Directory-Table (DDT)", "Device-context fields"; AIA, IOMMU.adoc, "MSI page
 * tables".
 */
#ifndef IOMMU_DIRECTORY_H
#define IOMMU_DIRECTORY_H

#include "iommu/unit.h"

#define PTE_V  1ull
#define ID_MAX 0xffffffu

enum { DC_TC, DC_IOHGATP, DC_TA, DC_FSC, DC_MSIPTP, DC_MSI_MASK, DC_MSI_PATTERN, DC_WORDS = 8 };

#define TC_V   1ull
#define TC_DTF 16ull
#define SV39X4 (8ull << 60)
#define MSI_PT (1ull << 60) /* msiptp.MODE: Flat */
#define GSCID  44u          /* in iohgatp, in IOTINVAL */

#define MSI_BASIC (3ull << 1)
#define MSI_MRIF  (1ull << 1)

/*
 * The second doubleword of an MSI PTE in MRIF mode: the notice, which is the address of a hart's file and an identity. The
 * first doubleword of an MSI PTE in basic mode has the page of the hart's file in the same bits, so NOTICE_ADDR() reads that, too.
 */
#define NOTICE_ADDR(w) (((w) >> 10 & 0xfffffffffffull) << 12)
#define NOTICE_ID(w)   ((uint32_t)((w)&0x3ff) | (uint32_t)((w) >> 60 & 1) << 10)

/* Take n pages of zeros, n being a power of two, aligned to n pages. NULL: too few pages are left. */
void *iommu_pages(struct aia_iommu *u, uint32_t n);

/* Take the tables that every context needs, and choose the number of levels for max_id. AIA_OK; AIA_ENOMEM: too few pages. */
int iommu_directory_init(struct aia_iommu *u);

/* The place of a device's context. Missing tables are made. NULL: no pages are left, or the id needs more levels. */
uint64_t *iommu_context(struct aia_iommu *u, uint32_t id);

/* The attached device with this id, or NULL. */
struct aia_iommu_device *iommu_find(struct aia_iommu *u, uint32_t id);

/*
 * Send the commands that have to follow a change of a valid context ("Changing device directory table entry").
 * Returns AIA_OK, or the errors of aia_iommu_flush().
 */
int iommu_forget_device(struct aia_iommu *u, uint32_t id, uint16_t gscid);

/*
 * Make a context for an id that is not attached: every access of the device is refused, and no fault is reported.
 * Returns AIA_OK, or:
 *   AIA_EINVAL   the id has been attached meanwhile
 *   AIA_ENOMEM   no pages are left for the context, or the id needs more levels than the directory has
 *   the errors of aia_iommu_flush()
 */
int iommu_cut_off_id(struct aia_iommu *u, uint32_t id);

#endif
