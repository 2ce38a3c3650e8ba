/* SPDX-License-Identifier: BSD-2-Clause */
/* The command queue (command.c): "Command-Queue (CQ)". */
#ifndef IOMMU_COMMAND_H
#define IOMMU_COMMAND_H

#include "iommu/unit.h"

struct iommu_command {
    uint64_t w[2];
};

#define IOTINVAL_VMA  1ull
#define IOTINVAL_GVMA (IOTINVAL_VMA | 1ull << 7)
#define IOFENCE_C     2ull
#define IODIR_DDT     3ull
#define COMMAND_AV    (1ull << 10)
#define IOTINVAL_GV   (1ull << 33)
#define IOFENCE_PR    (1ull << 12)
#define IOFENCE_PW    (1ull << 13)
#define IODIR_DV      (1ull << 33)

/* Wait until (register & mask) == value. The register has 32 bits. Any. AIA_OK; AIA_ETIMEOUT: longer than command_limit. */
int iommu_wait(const struct aia_iommu *u, unsigned reg, uint32_t mask, uint32_t value);

/*
 * Turn the command queue off and on again, empty. This clears the queue's head and its error bits. AIA_OK; AIA_ETIMEOUT: the
 * unit does not switch the queue.
 */
int iommu_commands_on(struct aia_iommu *u);

/*
 * Execute `n` commands, then a fence, and wait until the fence is done. After an error the batch is sent again, so commands may
 * be executed twice. Any.
 * Returns AIA_OK, or the errors of aia_iommu_flush().
 */
int iommu_do(struct aia_iommu *u, const struct iommu_command *c, unsigned n);

#endif
