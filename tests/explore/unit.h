/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The IOMMU of a scenario that says `remapped`: before device I alone, with one entry of its window. The driver's own C
 * (iommu/) runs on it; what the unit does is the search's to say:
 *
 *   u<0>  it executes its oldest command; a fence only when it has let all MSIs out (PW)      (unit.c)
 *   o<0>  it lets the oldest MSI out that it has taken in                                     (unit.c)
 *
 * An MSI is taken in when its device's posted queue lets it go (p<dev>): translated by the entry that the unit keeps, or by
 * the one in memory, which it then keeps until it executes an invalidation.
 */
#ifndef UNIT_H
#define UNIT_H

#include <aia/iommu.h>

#include "explore.h"

#define X_WINDOW 0x1000000u
#define X_UNIT   0x3010000u /* its registers */

struct x_unit {
    bool present;
    /* The driver's. */
    struct aia_iommu iommu;
    struct aia_iommu_device device;
    struct aia_iommu_msi msi;
    uint64_t table[2], file[2], ring[16], idle[1];
    uint32_t done;
    /* The unit's own. */
    uint32_t head, tail;
    bool kept;
    uint64_t entry[2];
    struct m_queue taken;
    uint64_t values[M_QUEUE]; /* of the file, as it was read for each of them: the update is not atomic */
};

extern struct x_unit x_unit;

/* For I's device: what to request its interrupt with. */
struct aia_msi *x_unit_before(struct x_dev *d);
/* Is this MSI for its window? Then it is taken in. */
bool x_unit_takes(uint64_t addr, uint32_t data);
/* Where I's MSIs go, by the books that the unit has in memory: as a message. */
struct aia_message x_unit_message(void);
/* Does an access to this address matter to it? */
bool x_unit_visible(uintptr_t where);
/* P5 of what it has taken in and what it keeps. */
void x_unit_check(void (*named)(unsigned hart, unsigned id, const char *how));

bool x_can_execute(unsigned who);
void x_execute(unsigned who);
bool x_can_let_out(unsigned who);
void x_let_out(unsigned who);

#endif
