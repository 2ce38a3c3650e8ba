/* SPDX-License-Identifier: BSD-2-Clause */
/* A domain's control region (AdvPLIC.adoc, "Memory-mapped control region for an interrupt domain"). */
#ifndef APLIC_REGS_H
#define APLIC_REGS_H

#include <stddef.h>

#include <aia/aplic.h>

#include "mmio.h"

#define DOMAINCFG    0x0000u
#define SOURCECFG    0x0000u /* + 4 * source; source 0 does not exist, so the offset is that of domaincfg */
#define MMSIADDRCFG  0x1bc0u
#define MMSIADDRCFGH 0x1bc4u
#define SMSIADDRCFG  0x1bc8u
#define SMSIADDRCFGH 0x1bccu
#define SETIP        0x1c00u
#define SETIPNUM     0x1cdcu
#define IN_CLRIP     0x1d00u
#define CLRIPNUM     0x1ddcu
#define SETIE        0x1e00u
#define SETIENUM     0x1edcu
#define CLRIE        0x1f00u
#define CLRIENUM     0x1fdcu
#define SETIPNUM_LE  0x2000u
#define SETIPNUM_BE  0x2004u
#define GENMSI       0x3000u
#define TARGET       0x3000u /* + 4 * source; likewise the offset is that of genmsi */

#define DOMAINCFG_FIXED 0x80000000u /* bits 31:24 */
#define DOMAINCFG_IE    0x100u
#define DOMAINCFG_DM    0x4u /* MSI delivery mode */

#define SOURCECFG_D  0x400u /* delegated; the low bits are then the number of the child domain */
#define SOURCECFG_SM 0x7u

/* The interrupt delivery control structure (IDC) of a hart. */
#define IDC(index) (0x4000u + 32u * (index))
#define IDELIVERY  0x00u
#define IFORCE     0x04u
#define ITHRESHOLD 0x08u
#define TOPI       0x18u
#define CLAIMI     0x1cu

#define CLAIMI_SOURCE_SHIFT 16

#define TARGET_INDEX_SHIFT 18 /* in target and in genmsi */
#define TARGET_EIID        0x7ffu
#define GENMSI_BUSY        0x1000u

static inline uint32_t aplic_read(const struct aplic *a, unsigned reg)
{
    return mmio_read32(a->mmio + reg);
}

static inline void aplic_write(const struct aplic *a, unsigned reg, uint32_t v)
{
    mmio_write32(a->mmio + reg, v);
}

/* The bit of a source in an array of 32 registers of 32 bits each. */
static inline bool aplic_bit(const struct aplic *a, unsigned array, unsigned source)
{
    return aplic_read(a, array + source / 32 * 4) >> source % 32 & 1;
}

#endif
