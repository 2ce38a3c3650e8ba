/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: the UART that the device tree names. The UART is polled, or read by interrupt (drivers/typing.h). Before
 * the UART is known, and where there is none, the firmware's console is used. picolibc's stdout goes there too, but
 * only print() keeps the output of several harts separate.
 */
#ifndef PAYLOAD_KERNEL_CONSOLE_H
#define PAYLOAD_KERNEL_CONSOLE_H

#include "platform/machine.h"
#include <stdarg.h>
#include <stdbool.h>

/*
 * Once, when `machine` is known. With NULL the firmware's console stays in use. The firmware's console also takes over
 * if an access to the UART traps, at any time, or if the UART is never ready. The board's console is tried before the
 * UART, until the board's console traps.
 */
void console_init(const struct machine_uart *uart);
/* Use only the firmware's console from now on. */
void console_by_firmware(void);

/*
 * printf() under a lock with interrupts off: the output of one call is never mixed with the output of another call. Any
 * hart, any context. If a trap occurs inside print(), the trap's handler can print without waiting for the lock. Slow:
 * a line takes milliseconds at 115200 baud, with interrupts off.
 */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprint(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* Keep several print() calls together. Nests. Interrupts are off between the two calls. */
unsigned long console_lock(void);
void console_unlock(unsigned long was);
/* For panic(): take the lock. After a bounded wait, take the lock away from its owner. */
void console_lock_panic(void);

/* The next byte typed, or -1 if there is none yet. One reader at a time. */
int console_read(void);

/*
 * True if ^C was typed. Then ^C and all bytes typed before it are removed; later bytes stay for console_read(). Only
 * the reader of console_read() may call this.
 */
bool console_interrupted(void);

/*
 * Set whether the UART interrupts while there is a byte to read. While it does, the interrupt's handler calls
 * console_receive(), and console_read() returns the bytes that console_receive() has stored. console_receive() returns
 * the number of bytes taken from the UART; bytes that the reader does not read in time are dropped.
 */
void console_receive_interrupt(bool on);
unsigned console_receive(void);

/* Set whether the UART interrupts while it has no byte left to send. */
void console_empty_interrupt(bool on);

/* Wait until the UART has sent all bytes. The wait is bounded. */
void console_drain(void);

#endif
