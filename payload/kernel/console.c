/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/time.h"
#include "payload/kernel/trap.h"
#include "payload/kernel/uart.h"
#include "platform/board.h"
#include "csr.h"
#include <stdatomic.h>
#include <stdio.h>

static bool board_failed; /* The board's put or get has trapped. */

/* Report on the firmware's console that the console `what` is not used any more, and why. */
static void say_not_used(const char *what, const char *why)
{
    const char *const words[] = {"\r\nconsole: ", what, " ", why, ": it is not used any more\r\n"};

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        for (const char *c = words[i]; *c; c++)
            sbi_putchar(*c);
}

static void uart_given_up(const char *why)
{
    say_not_used("the UART of the device tree", why);
}

static void call_put(void *c)
{
    board.put(*(const char *)c);
}

static void call_get(void *c)
{
    *(int *)c = board.get();
}

/* Call the board's put or get. Returns false if the call has trapped; then neither is called again. */
static bool try_board(void (*call)(void *), void *c)
{
    if (trap_guard_call(call, c) == TRAP_NONE)
        return true;
    board_failed = true;
    say_not_used("that of the board", "traps");
    return false;
}

static bool board_put(char c)
{
    return try_board(call_put, &c);
}

static int board_get(void)
{
    int c = -1;

    return try_board(call_get, &c) ? c : -1;
}

static void put(char c)
{
    unsigned long was = csr_irq_save();

    if (!board.put || board_failed || !board_put(c))
        if (!uart_put(c))
            sbi_putchar(c);
    csr_irq_restore(was);
}

void console_by_firmware(void)
{
    uart_give_up();
    board_failed = true;
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
        uart_init(u, uart_given_up);
}

#define LOCK_WAIT_MS  100   /* in a panic */
#define OWNER_WAIT_MS 10000 /* longer than several print() calls under one lock take on a slow line */

/*
 * The index + 1 of the hart that holds the lock, 0 if none does. With it a trap inside print() sees that its own hart
 * holds the lock.
 */
static atomic_uint owner;
static unsigned depth;

static bool try_lock(unsigned self)
{
    unsigned none = 0;

    if (atomic_load_explicit(&owner, memory_order_relaxed) == self ||
        atomic_compare_exchange_strong_explicit(&owner, &none, self, memory_order_acquire,
                                                memory_order_relaxed)) {
        depth++;
        return true;
    }
    return false;
}

/* Take the lock. If another hart keeps the lock for longer than `ms`, take the lock away from that hart. */
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

    take_lock(OWNER_WAIT_MS); /* A hart that hangs inside print() does not silence the other harts. */
    return was;
}

void console_lock_panic(void)
{
    take_lock(LOCK_WAIT_MS);
}

void console_unlock(unsigned long was)
{
    if (atomic_load_explicit(&owner, memory_order_relaxed) == hart_index() + 1 && --depth == 0)
        atomic_store_explicit(&owner, 0, memory_order_release);
    csr_irq_restore(was);
}

void vprint(const char *fmt, va_list ap)
{
    /* The last print() began with \r, as a progress line does: the next such line replaces it. */
    static bool over;
    unsigned long was = console_lock();

    if (over && *fmt != '\r' && *fmt != '\n')
        putchar('\n'); /* This text does not replace the progress line. */
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
    unsigned long was = csr_irq_save();
    int c = board.get && !board_failed ? board_get() : uart_is_used() ? uart_get() : sbi_getchar();

    csr_irq_restore(was);
    return c;
}

/*
 * Bytes that were received and not yet read. One interrupt handler puts bytes in, and one reader takes bytes out. The
 * indices are not reduced to the size of the array.
 */
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
            continue; /* The reader is too slow: drop the byte, which in the UART would keep the line up. */
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

    if (!atomic_load(&typed.on)) /* With interrupts only the handler may poll. */
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

static void set_interrupts(bool empty)
{
    unsigned long was = csr_irq_save();

    uart_interrupts((atomic_load(&typed.on) ? UART_RECEIVED : 0) | (empty ? UART_EMPTY : 0));
    csr_irq_restore(was);
}

void console_receive_interrupt(bool on)
{
    atomic_store(&typed.on, on && uart_is_used());
    set_interrupts(false);
}

void console_empty_interrupt(bool on)
{
    set_interrupts(on);
}

void console_drain(void)
{
    unsigned long was = csr_irq_save();

    uart_drain();
    csr_irq_restore(was);
}
