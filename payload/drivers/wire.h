/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's wire. A job may ask the device's handler to leave the wire up. */
#ifndef PAYLOAD_DRIVERS_WIRE_H
#define PAYLOAD_DRIVERS_WIRE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "payload/drivers/wires.h"

struct wire {
    struct aplic_source *source;
    struct aia_irq *irq;
    _Atomic unsigned hold; /* the number of further handler runs that leave the wire up */
    _Atomic uint64_t runs; /* handler runs */
};

/* A handler calls this first. Returns true if this run must leave the wire up and do nothing. */
static inline bool wire_is_held(struct wire *w)
{
    atomic_fetch_add(&w->runs, 1);
    if (!atomic_load(&w->hold))
        return false;
    atomic_fetch_sub(&w->hold, 1);
    return true;
}

#endif
