/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU of a scenario that has `remapped`: between device I and the harts, with one entry in I's window. The driver's own
 * C (iommu/) runs on it. The search decides when the unit does what:
 *
 *   u<0>  it executes its oldest command; a fence only after it has let all MSIs out (PW)     (unit.c)
 *   o<0>  it lets out the oldest MSI that it has taken in                                     (unit.c)
 *
 * The unit takes an MSI in when the MSI leaves its device's posted queue (p<dev>). The unit translates the MSI by the entry
 * that it keeps. If it keeps none, it reads the entry in memory, and keeps that until it executes an invalidation.
 */
#ifndef UNIT_H
#define UNIT_H

#include <aia/iommu.h>

#include "explore.h"

#define X_WINDOW 0x1000000u
#define X_UNIT   0x3010000u /* address of the unit's registers */

struct x_unit {
    bool present;
    /* The driver's memory. */
    struct aia_iommu iommu;
    struct aia_iommu_device device;
    struct aia_iommu_msi msi;
    uint64_t table[2], file[2], ring[16], idle[1];
    uint32_t done;
    /* The unit's own state. */
    uint32_t head, tail;
    bool kept;
    uint64_t entry[2];
    struct m_queue taken;
    uint64_t values[M_QUEUE]; /* for each: the file's word as it was read; the update is not atomic */
};

extern struct x_unit x_unit;

/* Put the unit between I's device and the harts. Returns the chip for which to request I's interrupt. */
struct aia_msi *x_unit_before(struct x_dev *d);
/* If the MSI is for I's window, take it in. Returns whether it was. */
bool x_unit_takes(uint64_t addr, uint32_t data);
/* Where I's MSIs go by the unit's tables in memory, as a message. */
struct aia_message x_unit_message(void);
/* Whether others can notice an access to this address of the unit. */
bool x_unit_visible(uintptr_t where);
/* Check P5 for the MSIs that the unit has taken in and the entry that it keeps. */
void x_unit_check(void (*named)(unsigned hart, unsigned id, const char *how));

bool x_can_execute(unsigned who);
void x_execute(unsigned who);
bool x_can_let_out(unsigned who);
void x_let_out(unsigned who);

#endif
