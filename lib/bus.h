/* SPDX-License-Identifier: BSD-2-Clause */
/* A slow bus between the library and a device's message (aia/msi.h, bus_lock). */
#ifndef AIA_LIB_BUS_H
#define AIA_LIB_BUS_H

#include "lib/base.h"

static inline bool bus_is_slow(const struct aia_irq *irq)
{
    return irq->msi && irq->msi->ops->bus_lock;
}

/*
 * Lock irq's bus, if the bus is slow. No lock held.
 * Returns the message whose bus is locked, or NULL if the bus is not slow. bus_unlock() takes this message rather than irq,
 * because aia_irq_free() on another hart may take the message out of the descriptor meanwhile.
 */
static inline struct aia_msi *bus_lock(const struct aia_irq *irq)
{
    struct aia_msi *msi = irq->msi;

    if (!msi || !msi->ops->bus_lock)
        return NULL;
    msi->ops->bus_lock(msi);
    return msi;
}

static inline void bus_unlock(struct aia_msi *bus)
{
    if (bus)
        bus->ops->bus_unlock(bus);
}

#endif
