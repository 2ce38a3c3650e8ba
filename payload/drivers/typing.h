/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's ns16550 by its interrupts: what is typed at it, and that it can take more to send. */
#ifndef PAYLOAD_DRIVERS_TYPING_H
#define PAYLOAD_DRIVERS_TYPING_H

#include <stdatomic.h>

#include "payload/drivers/wire.h"

extern struct typing {
    struct wire line;       /* irq NULL: polled */
    _Atomic uint64_t n;     /* characters */
    _Atomic int asked;      /* typing_ask_empty(), and not yet answered */
    _Atomic uint64_t empty; /* answers */
} typing;

/*
 * From now on console_read() has what interrupts have brought. False, and said, if the console has no wire: it is polled
 * as before. machine.uart.wire.source tells beforehand. May be called again.
 */
bool typing_init(void);

/* Have it interrupt because nothing is left to be sent: at once, if nothing is. It takes nobody who types. */
void typing_ask_empty(void);

#endif
