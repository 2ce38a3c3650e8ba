/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of an IOMMU, and helpers for every file of its driver. Sections are those of the IOMMU specification. */
#ifndef IOMMU_UNIT_H
#define IOMMU_UNIT_H

#include <stddef.h>

#include <aia/iommu.h>

/* ---- registers: "Register layout" ---- */

#define CAPABILITIES 0u
#define FCTL         8u
#define DDTP         16u
#define CQB          24u
#define CQH          32u
#define CQT          36u
#define FQB          40u
#define FQH          48u
#define FQT          52u
#define CQCSR        72u
#define FQCSR        76u
#define PQCSR        80u
#define IPSR         84u
#define ICVEC        760u
#define MSI_CFG_TBL  768u

#define CAP_SV39X4   (1ull << 17)
#define CAP_MSI_FLAT (1ull << 22)
#define CAP_MSI_MRIF (1ull << 23)
#define CAP_IGS(c)   ((unsigned)((c) >> 28) & 3)
#define CAP_PAS(c)   ((unsigned)((c) >> 32) & 63)
#define IGS_MSI      0u
#define IGS_WSI      1u
#define IGS_BOTH     2u

#define FCTL_BE  1u
#define FCTL_WSI 2u
#define FCTL_GXL 4u

#define DDTP_MODE 15u /* DDTP_OFF, DDTP_BARE, or for a directory its number of levels + 1 */
#define DDTP_OFF  0u
#define DDTP_BARE 1u
#define DDTP_BUSY 16u

/* Bits of cqcsr and fqcsr. */
#define QUEUE_ENABLE    1u
#define QUEUE_INTERRUPT 2u
#define QUEUE_FAULT     (1u << 8) /* cqmf, fqmf */
#define QUEUE_ON        (1u << 16)
#define QUEUE_BUSY      (1u << 17)
#define CQ_TIMEOUT      (1u << 9)
#define CQ_ILLEGAL      (1u << 10)
#define CQ_ERRORS       (QUEUE_FAULT | CQ_TIMEOUT | CQ_ILLEGAL)
#define FQ_OVERFLOW     (1u << 9)

#define IPSR_FIP 2u

/* ---- memory that the unit reads and writes ---- */

#define PAGE 4096u

/* The field of a register or of a table entry that holds a physical address. */
static inline uint64_t iommu_ppn(uint64_t addr)
{
    return addr >> 12 << 10;
}

static inline uint64_t iommu_phys(const struct aia_iommu *u, const void *p)
{
    return (uint64_t)(uintptr_t)p + u->config.phys_offset;
}

static inline void *iommu_pointer(const struct aia_iommu *u, uint64_t phys)
{
    return (void *)(uintptr_t)(phys - u->config.phys_offset);
}

static inline void iommu_count(aia_counter *c)
{
    atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

#endif
