/* SPDX-License-Identifier: BSD-2-Clause */
/* The console's ns16550 by interrupts: for typed characters, and for the end of sending. */
#ifndef PAYLOAD_DRIVERS_TYPING_H
#define PAYLOAD_DRIVERS_TYPING_H

#include <stdatomic.h>

#include "payload/drivers/wire.h"

extern struct typing {
    struct wire line;       /* irq NULL: polled */
    _Atomic uint64_t n;     /* characters */
    _Atomic int asked;      /* typing_ask_empty() was called and not answered yet */
    _Atomic uint64_t empty; /* answers */
} typing;

/*
 * Read the console by interrupts from now on: console_read() returns the bytes that interrupts brought. Returns false,
 * after printing a line, if the console has no wire; the console is then polled as before. machine.uart.wire.source
 * tells in advance. May be called again.
 */
bool typing_init(void);

/* Make the UART interrupt because no byte is left to send; immediately, if none is. This interrupt needs no typing. */
void typing_ask_empty(void);

#endif
