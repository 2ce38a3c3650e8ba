/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ns16550 that the device tree names, polled; for console.c. Any access may trap, at any time: then the UART is not
 * there, and is not touched again. No call waits without a bound. With interrupts off.
 */
#ifndef PAYLOAD_KERNEL_UART_H
#define PAYLOAD_KERNEL_UART_H

#include "platform/machine.h"
#include <stdbool.h>

/* `left` is called, with a reason, once the UART is not used any more: it traps, is never ready, or is not there. */
void uart_init(const struct machine_uart *u, void (*left)(const char *why));
/* Do not use it any more; `left` is not called. */
void uart_leave(void);
bool uart_is_used(void);

/*
 * False: there is none, and the byte is not sent. A UART that has been ready and is so no longer loses bytes, without a wait
 * for each.
 */
bool uart_put(char c);
/* The byte, or -1. */
int uart_get(void);
/* It interrupts while there is something to read, while nothing is left to be sent, or never (0). */
enum { UART_RECEIVED = 1u << 0, UART_EMPTY = 1u << 1 };
void uart_interrupts(unsigned when);
/* Wait, bounded, until all has left. */
void uart_drain(void);

#endif
