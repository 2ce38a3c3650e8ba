/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's machine, with an IOMMU between the devices and the harts. Include this file first. */
#ifndef IOMMU_BENCH_H
#define IOMMU_BENCH_H

#include "fixture.h"

#include <aia/iommu.h>

#include "model/iommu_model.h"

#define B_WINDOW 0x1000000u
#define B_MEMORY 0x80000000u /* bus and physical addresses that translated devices may reach */
#define B_STORM  20u

/* An interrupt whose messages pass through the IOMMU. q.dev is the device. */
struct b_irq {
    struct t_irq q;
    struct aia_iommu_device device;
    struct aia_iommu_msi msi;
};

extern struct aia_iommu b_unit;
extern struct aia_iommu_config b_config;
extern struct aia_iommu_fault b_faults[64]; /* faults reported so far */
extern unsigned b_n_faults;

/* Make n harts of 63 identities, and an IOMMU after reset. The test may change b_config before b_up(). */
void b_machine(unsigned n);
/* Initialize the driver for the IOMMU, with the directory on. */
void b_up(void);
/* Attach device `id` and request its interrupt on `hart`. */
void b_irq(struct b_irq *b, uint32_t id, enum aia_iommu_mode mode, enum aia_msi_kind kind, unsigned hart);

#endif
