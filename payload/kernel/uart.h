/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ns16550 of the device tree, polled; for console.c. Any access may trap, at any time; then the UART is given up
 * and not accessed again. No call waits without a bound. Interrupts must be off.
 */
#ifndef PAYLOAD_KERNEL_UART_H
#define PAYLOAD_KERNEL_UART_H

#include "platform/machine.h"
#include <stdbool.h>

/*
 * Begin to use the UART. `given_up` is called, with a reason, when the UART is given up: it traps, is never ready, or does
 * not exist.
 */
void uart_init(const struct machine_uart *u, void (*given_up)(const char *why));
/* Give the UART up. `given_up` is not called. */
void uart_give_up(void);
bool uart_is_used(void);

/*
 * Send a byte. Returns false if there is no UART to send to. If a UART stops being ready, its bytes are dropped,
 * without a wait for each.
 */
bool uart_put(char c);
/* Read a byte; -1 if there is none. */
int uart_get(void);
/* Set when the UART interrupts: while there is a byte to read, while no byte is left to send, or never (0). */
enum { UART_RECEIVED = 1u << 0, UART_EMPTY = 1u << 1 };
void uart_interrupts(unsigned when);
/* Wait until the UART has sent all bytes. The wait is bounded. */
void uart_drain(void);

#endif
