/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and formats of the IOMMU, and what the files of its driver share. Sections are the IOMMU specification's. */
#ifndef IOMMU_INTERNAL_H
#define IOMMU_INTERNAL_H

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

#define DDTP_MODE 15u
#define DDTP_OFF  0u
#define DDTP_BARE 1u
#define DDTP_BUSY 16u /* modes of 1, 2 and 3 levels are 2, 3 and 4 */

/* In cqcsr and fqcsr alike. */
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

/* ---- commands: "Command-Queue (CQ)" ---- */

struct iommu_command {
    uint64_t w[2];
};

#define IOTINVAL_GVMA (1ull | 1ull << 7)
#define IOFENCE_C     2ull
#define IODIR_DDT     3ull
#define COMMAND_AV    (1ull << 10)
#define IOTINVAL_GV   (1ull << 33)
#define IOFENCE_PR    (1ull << 12)
#define IOFENCE_PW    (1ull << 13)
#define IODIR_DV      (1ull << 33)

/* ---- tables: "Device-Directory-Table (DDT)", "Device-context fields"; AIA, IOMMU.adoc, "MSI page tables" ---- */

#define PAGE   4096u
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

/* A message as the unit's notice: (hart, identity) in one doubleword. */
#define NOTICE_ADDR(w) (((w) >> 10 & 0xfffffffffffull) << 12)
#define NOTICE_ID(w)   ((uint32_t)((w)&0x3ff) | (uint32_t)((w) >> 60 & 1) << 10)

static inline uint64_t ppn(uint64_t addr)
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

/* ---- command.c ---- */

int iommu_commands_on(struct aia_iommu *u);

/* Have `n` commands done, and a fence behind them. Any. As aia_iommu_flush(). */
int iommu_do(struct aia_iommu *u, const struct iommu_command *c, unsigned n);

/* Wait until (register & mask) == value; it is 32 bits wide. AIA_OK or AIA_ETIMEOUT. */
int iommu_wait(const struct aia_iommu *u, unsigned reg, uint32_t mask, uint32_t value);

/* ---- directory.c ---- */

/* n pages of zeros, aligned to as many, a power of two; NULL: there are no more. */
void *iommu_pages(struct aia_iommu *u, uint32_t n);

/* Tables that every context needs, and as many levels as max_id does. */
int iommu_directory_init(struct aia_iommu *u);

/* The place of a device's context; NULL: no pages for it. */
uint64_t *iommu_context(struct aia_iommu *u, uint32_t id);

/* The commands behind a change of a valid context ("Changing device directory table entry"). */
int iommu_forget_device(struct aia_iommu *u, uint32_t id, uint16_t gscid);

/* A context for what is not attached: nothing passes, nothing is reported. AIA_EINVAL: it is attached by now. */
int iommu_shut_out(struct aia_iommu *u, uint32_t id);

struct aia_iommu_device *iommu_find(struct aia_iommu *u, uint32_t id); /* NULL: none that is attached */

/* ---- fault.c ---- */

int iommu_faults_on(struct aia_iommu *u);

#endif
