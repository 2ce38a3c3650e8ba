/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/uart.h"
#include "payload/kernel/time.h"
#include "payload/kernel/trap.h"
#include "guarded.h"

/* ns16550 registers (data sheet, "Line Status Register"). */
enum { UART_DATA = 0, UART_IER = 1, UART_LSR = 5 };
enum { IER_RECEIVED = 1u << 0, IER_THR_EMPTY = 1u << 1, IER_ALWAYS_0 = 0xf0u };
enum { LSR_READY = 1u << 0, LSR_THR_EMPTY = 1u << 5, LSR_IDLE = 1u << 6 };

#define FIRST_MS  100   /* the wait for a UART that may not exist */
#define WAIT_MS   10000 /* the wait for a UART that has been ready: a busy host may not read it for a while */
#define MAX_SPINS 10000000u /* the bound if the clock stands still */

static struct machine_uart uart; /* present: the UART is used */
static void (*say_given_up)(const char *why);
static bool was_ready, stuck; /* ready at some time; not ready now, after a wait that timed out */

void uart_give_up(void)
{
    uart.present = false;
}

bool uart_is_used(void)
{
    return uart.present;
}

static void give_up(const char *why)
{
    uart_give_up();
    say_given_up(why);
}

/* End an access that trap_guard_begin() began. Returns false, and gives the UART up, if the access trapped. */
static bool worked_out(void)
{
    bool good = trap_guard_end() == TRAP_NONE;

    if (!good)
        give_up("traps");
    return good;
}

static uintptr_t address(unsigned reg)
{
    return (uintptr_t)uart.base + ((uintptr_t)reg << uart.reg_shift);
}

/* Read a register; 0 if the access traps. */
static uint32_t read_reg(unsigned reg)
{
    trap_guard_begin();
    uint64_t v = guarded_load(address(reg), uart.reg_io_width);
    return worked_out() ? v & 0xff : 0;
}

static void write_reg(unsigned reg, uint8_t v)
{
    trap_guard_begin();
    guarded_store(address(reg), uart.reg_io_width, v);
    (void)worked_out();
}

static bool lsr_has(uint32_t lsr)
{
    return uart.present && read_reg(UART_LSR) & lsr;
}

/* Wait for a bit of LSR. Returns false after the wait's bound, or if the UART is not used any more. */
static bool wait_for_lsr(uint32_t lsr)
{
    if (lsr_has(lsr))
        return true;
    uint64_t start = time_now(), deadline = time_after(time_from_ms(was_ready ? WAIT_MS : FIRST_MS));
    for (unsigned spins = 0; !lsr_has(lsr); spins++) {
        uint64_t now = time_now();
        bool stands_still = spins >= MAX_SPINS && now == start;
        if (!uart.present || stands_still || now >= deadline)
            return false;
    }
    return true;
}

/* A bus without a device at the address may read as all ones. A ns16550 has zeros among these bits. */
void uart_init(const struct machine_uart *u, void (*given_up)(const char *why))
{
    uart = *u;
    say_given_up = given_up;
    was_ready = stuck = false;
    if (lsr_has(LSR_READY) && (read_reg(UART_IER) & IER_ALWAYS_0) == IER_ALWAYS_0)
        give_up("is not there");
}

bool uart_put(char c)
{
    if (!uart.present)
        return false;
    if (stuck ? lsr_has(LSR_THR_EMPTY) : wait_for_lsr(LSR_THR_EMPTY)) {
        was_ready = true;
        stuck = false;
        write_reg(UART_DATA, (uint8_t)c);
    } else if (was_ready) {
        stuck = true;
    } else if (uart.present) {
        give_up("is never ready");
    }
    return uart.present;
}

int uart_get(void)
{
    if (!lsr_has(LSR_READY))
        return -1;
    uint32_t c = read_reg(UART_DATA);
    return uart.present ? (int)c : -1;
}

void uart_interrupts(unsigned when)
{
    if (uart.present)
        write_reg(UART_IER, (uint8_t)((when & UART_RECEIVED ? IER_RECEIVED : 0) |
                                      (when & UART_EMPTY ? IER_THR_EMPTY : 0)));
}

void uart_drain(void)
{
    if (uart.present && !stuck)
        (void)wait_for_lsr(LSR_IDLE);
}
