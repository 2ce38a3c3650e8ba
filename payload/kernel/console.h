/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: the UART the device tree names, polled, or read by interrupt (drivers/typing.h); before that is known, and where there is none,
 * the firmware's. picolibc's stdout goes there too, but only print() keeps the harts apart.
 */
#ifndef PAYLOAD_KERNEL_CONSOLE_H
#define PAYLOAD_KERNEL_CONSOLE_H

#include "platform/machine.h"
#include <stdarg.h>
#include <stdbool.h>

/*
 * Once machine is known. NULL: stay with the firmware's. So does a UART that is not there: that traps, at whichever access,
 * or that is never ready. A board's console is tried before, until it traps.
 */
void console_init(const struct machine_uart *uart);
/* From here on the firmware's, whatever there is. */
void console_by_firmware(void);

/*
 * printf, whole: under a lock with interrupts off, so that what one call prints is never mixed with
 * another's. Any hart, any context; a hart that is in print() already (a trap there) goes on unlocked.
 * Slow: a line takes milliseconds at 115200 baud, with interrupts off.
 */
void print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vprint(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* For several print() in one piece. Nests. Interrupts are off between the two. */
unsigned long console_lock(void);
void console_unlock(unsigned long was);
/* For panic: take the lock, or after a bounded wait do without. */
void console_lock_panic(void);

/* The next byte typed, or -1 where there is none yet. One reader at a time. */
int console_read(void);

/* Has ^C been typed? It is taken then, and what was typed before it; the rest is for console_read(). By its reader. */
bool console_interrupted(void);

/*
 * Whether the UART is to interrupt while there is something to read; then console_receive() is its handler's, and
 * console_read() has what that took. It returns how many bytes: those that nobody reads in time are dropped.
 */
void console_receive_interrupt(bool on);
unsigned console_receive(void);

/* Whether the UART is to interrupt while nothing is left to be sent. */
void console_empty_interrupt(bool on);

/* Wait, bounded, until all has left. */
void console_drain(void);

#endif
