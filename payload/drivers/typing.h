/* SPDX-License-Identifier: BSD-2-Clause */
/* What is typed at the console's ns16550, by its receive interrupt. */
#ifndef PAYLOAD_DRIVERS_TYPING_H
#define PAYLOAD_DRIVERS_TYPING_H

#include <stdatomic.h>

#include "payload/wires.h"

extern struct typing {
    struct aplic_source *wire;
    struct aia_irq *irq; /* NULL: polled */
    _Atomic uint64_t n;  /* characters */
} typing;

/*
 * From now on console_read() has what interrupts have brought. False, and said, if the console has no wire: it is polled
 * as before. machine.uart.wire.source tells beforehand. May be called again.
 */
bool typing_init(void);

#endif
