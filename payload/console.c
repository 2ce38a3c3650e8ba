/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/sbi.h"
#include "payload/time.h"
#include "platform/board.h"
#include "csr.h"
#include "mmio.h"
#include <stdatomic.h>
#include <stdio.h>

/* ns16550 registers (data sheet, "Line Status Register"). */
enum { UART_DATA = 0, UART_IER = 1, UART_LSR = 5 };
enum { IER_RECEIVED = 1u << 0, IER_THR_EMPTY = 1u << 1 };
enum { LSR_READY = 1u << 0, LSR_THR_EMPTY = 1u << 5, LSR_IDLE = 1u << 6 };

#define UART_WAIT_MS  100
#define OWNER_WAIT_MS 10000 /* what several prints in one piece take on a slow line, and more */

static struct machine_uart uart;

static uint32_t uart_read(unsigned reg)
{
    uintptr_t a = uart.base + ((uintptr_t)reg << uart.reg_shift);

    switch (uart.reg_io_width) {
    case 4:
        return mmio_read32(a);
    case 2:
        return mmio_read16(a);
    default:
        return mmio_read8(a);
    }
}

static void uart_write(unsigned reg, uint8_t v)
{
    uintptr_t a = uart.base + ((uintptr_t)reg << uart.reg_shift);

    switch (uart.reg_io_width) {
    case 4:
        mmio_write32(a, v);
        break;
    case 2:
        mmio_write16(a, v);
        break;
    default:
        mmio_write8(a, v);
    }
}

/* False: the UART is stuck. Its output is then lost, but nothing hangs. */
static bool uart_wait(uint32_t lsr)
{
    if (uart_read(UART_LSR) & lsr)
        return true;
    uint64_t deadline = time_after(time_from_ms(UART_WAIT_MS));
    while (!(uart_read(UART_LSR) & lsr))
        if (time_now() >= deadline)
            return false;
    return true;
}

static void put(char c)
{
    if (board.put)
        board.put(c);
    else if (!uart.present)
        sbi_putchar(c);
    else if (uart_wait(LSR_THR_EMPTY))
        uart_write(UART_DATA, (uint8_t)c);
}

/* picolibc's output function. */
static int stdio_put(char c, FILE *f)
{
    (void)f;
    if (c == '\n')
        put('\r');
    put(c);
    return (unsigned char)c;
}

static FILE console_file = FDEV_SETUP_STREAM(stdio_put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console_file;
FILE *const stderr = &console_file;

void console_init(const struct machine_uart *u)
{
    if (u && u->present)
        uart = *u;
}

/* The lock's owner is a hart's index + 1, so that a trap inside print() finds itself there. */
static atomic_uint owner;
static unsigned depth;

static bool try_lock(unsigned self)
{
    unsigned nobody = 0;

    if (atomic_load_explicit(&owner, memory_order_relaxed) == self ||
        atomic_compare_exchange_strong_explicit(&owner, &nobody, self, memory_order_acquire,
                                                memory_order_relaxed)) {
        depth++;
        return true;
    }
    return false;
}

/* Without its owner's leave, if it keeps the lock for longer than that. */
static void take_lock(unsigned ms)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));

    while (!try_lock(hart_index() + 1)) {
        if (hart_wait_more(&w))
            continue;
        atomic_store(&owner, hart_index() + 1);
        depth = 1;
        return;
    }
}

unsigned long console_lock(void)
{
    unsigned long was = csr_irq_save();

    take_lock(OWNER_WAIT_MS); /* a hart that hangs while it prints does not silence the others */
    return was;
}

void console_lock_panic(void)
{
    take_lock(UART_WAIT_MS);
}

void console_unlock(unsigned long was)
{
    if (atomic_load_explicit(&owner, memory_order_relaxed) == hart_index() + 1 && --depth == 0)
        atomic_store_explicit(&owner, 0, memory_order_release);
    csr_irq_restore(was);
}

void vprint(const char *fmt, va_list ap)
{
    static bool over; /* what was printed last is to be written over, as progress is: it began with \r */
    unsigned long was = console_lock();

    if (over && *fmt != '\r' && *fmt != '\n')
        putchar('\n'); /* this is not part of it */
    over = *fmt == '\r';
    vfprintf(stdout, fmt, ap);
    console_unlock(was);
}

void print(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
}

static int poll(void)
{
    if (board.get)
        return board.get();
    if (!uart.present)
        return sbi_getchar();
    if (!(uart_read(UART_LSR) & LSR_READY))
        return -1;
    return (int)(uart_read(UART_DATA) & 0xff);
}

/* What was received and not yet read: one interrupt handler puts, one reader takes. Indices run freely. */
static struct {
    char bytes[256];
    _Atomic unsigned put, taken;
    atomic_bool on;
} typed;

unsigned console_receive(void)
{
    unsigned n = 0, put = atomic_load_explicit(&typed.put, memory_order_relaxed);

    for (int c; n < sizeof(typed.bytes) && (c = poll()) >= 0; n++) {
        if (put - atomic_load_explicit(&typed.taken, memory_order_acquire) == sizeof(typed.bytes))
            continue; /* nobody reads: it is taken from the UART all the same, whose line would stay up */
        typed.bytes[put++ % sizeof(typed.bytes)] = (char)c;
        atomic_store_explicit(&typed.put, put, memory_order_release);
    }
    return n;
}

int console_read(void)
{
    unsigned taken = atomic_load_explicit(&typed.taken, memory_order_relaxed);

    if (atomic_load_explicit(&typed.put, memory_order_acquire) == taken)
        return atomic_load(&typed.on) ? -1 : poll();
    int c = (unsigned char)typed.bytes[taken % sizeof(typed.bytes)];
    atomic_store_explicit(&typed.taken, taken + 1, memory_order_release);
    return c;
}

bool console_interrupted(void)
{
    unsigned taken = atomic_load_explicit(&typed.taken, memory_order_relaxed);
    int c;

    if (!atomic_load(&typed.on)) /* else the interrupt handler's */
        while (atomic_load(&typed.put) - taken < sizeof(typed.bytes) && (c = poll()) >= 0) {
            unsigned put = atomic_load(&typed.put);
            typed.bytes[put % sizeof(typed.bytes)] = (char)c;
            atomic_store(&typed.put, put + 1);
        }
    for (unsigned at = taken; at != atomic_load_explicit(&typed.put, memory_order_acquire); at++)
        if (typed.bytes[at % sizeof(typed.bytes)] == 3) {
            atomic_store_explicit(&typed.taken, at + 1, memory_order_release);
            return true;
        }
    return false;
}

void console_receive_interrupt(bool on)
{
    atomic_store(&typed.on, on && uart.present);
    console_empty_interrupt(false);
}

void console_empty_interrupt(bool on)
{
    unsigned enabled = (atomic_load(&typed.on) ? IER_RECEIVED : 0) | (on ? IER_THR_EMPTY : 0);

    if (uart.present)
        uart_write(UART_IER, (uint8_t)enabled);
}

void console_drain(void)
{
    if (uart.present)
        (void)uart_wait(LSR_IDLE);
}
