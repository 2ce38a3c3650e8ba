/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's machine with an IOMMU before its devices. Include this first. */
#ifndef IOMMU_BENCH_H
#define IOMMU_BENCH_H

#include "fixture.h"

#include <aia/iommu.h>

#include "model/iommu_model.h"

#define B_WINDOW 0x1000000u
#define B_MEMORY 0x80000000u /* bus and physical addresses that translated devices may reach */
#define B_STORM  20u

/* An interrupt through the unit: q.dev is the device's own end. */
struct b_irq {
    struct t_irq q;
    struct aia_iommu_device device;
    struct aia_iommu_msi msi;
};

extern struct aia_iommu b_unit;
extern struct aia_iommu_config b_config;
extern struct aia_iommu_fault b_faults[64]; /* reported so far */
extern unsigned b_n_faults;

/* n harts of 63 identities, and a unit after reset; b_config is what b_up() will use. */
void b_machine(unsigned n);
/* Take the unit over, with directory on. */
void b_up(void);
/* Attach device `id` and request its interrupt on `hart`. */
void b_irq(struct b_irq *b, uint32_t id, enum aia_iommu_mode mode, enum aia_msi_kind kind, unsigned hart);

#endif
