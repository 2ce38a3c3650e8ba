/* SPDX-License-Identifier: BSD-2-Clause */
/* What is typed at the console's ns16550, by its receive interrupt. */
#ifndef PAYLOAD_DRIVERS_TYPING_H
#define PAYLOAD_DRIVERS_TYPING_H

#include <stdatomic.h>

#include "payload/wires.h"

struct typing {
    struct aplic_source *wire;
    struct aia_irq *irq;
    void (*typed)(char c); /* interrupt context, one at a time */
    _Atomic uint64_t n;
};

/* Have `typed` called for each character from now on. False, and said, if the console has no wire. */
bool typing_init(struct typing *t, void (*typed)(char c));

#endif
