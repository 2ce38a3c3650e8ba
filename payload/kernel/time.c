/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/time.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/sbi.h"
#include <stdbool.h>

static uint64_t hz = 10000000;

/* State of the running hart. */
static _Thread_local bool have_sstc;
static _Thread_local uint64_t lazy_at = TIME_NEVER, wake_at = TIME_NEVER;
static _Thread_local uint64_t interrupts;

void time_init(uint64_t timebase)
{
    hz = timebase;
}

/* a * b / c without overflow if a < c * 2^32 or so: whole seconds and the rest are scaled separately. */
static uint64_t scale(uint64_t a, uint64_t b, uint64_t c)
{
    return a / c * b + a % c * b / c;
}

uint64_t time_to_ns(uint64_t ticks)
{
    return scale(ticks, 1000000000, hz);
}

uint64_t time_to_us(uint64_t ticks)
{
    return scale(ticks, 1000000, hz);
}

static uint64_t from(uint64_t amount, uint64_t per_second)
{
    uint64_t ticks = scale(amount, hz, per_second);
    return scale(ticks, per_second, hz) < amount ? ticks + 1 : ticks;
}

uint64_t time_from_ns(uint64_t ns)
{
    return from(ns, 1000000000);
}

uint64_t time_from_us(uint64_t us)
{
    return from(us, 1000000);
}

uint64_t time_from_ms(uint64_t ms)
{
    return from(ms, 1000);
}

uint64_t time_after(uint64_t ticks)
{
    uint64_t when = time_now() + ticks;
    return when < ticks ? TIME_NEVER : when;
}

/*
 * Program the timer for the earlier moment. The interrupt stays pending while time >= stimecmp (Sstc); SBI set_timer
 * clears it as well. So programming a later moment acknowledges the interrupt. Call with interrupts off.
 */
static void program(void)
{
    uint64_t when = lazy_at < wake_at ? lazy_at : wake_at;

    if (have_sstc)
        csr_write(CSR_STIMECMP, when);
    else
        (void)sbi_set_timer(when);
}

void time_hart_init(bool sstc)
{
    have_sstc = sstc;
    lazy_at = wake_at = TIME_NEVER;
    program();
}

void time_hart_resume(void)
{
    program();
}

void time_arm_lazy(uint64_t when)
{
    unsigned long was = csr_irq_save();

    lazy_at = when;
    program();
    csr_irq_restore(was);
}

void time_arm_wake(uint64_t when)
{
    unsigned long was = csr_irq_save();

    wake_at = when;
    program();
    csr_irq_restore(was);
}

uint64_t time_wake(void)
{
    return wake_at;
}

void time_interrupt(void)
{
    uint64_t now = time_now();
    bool lazy = now >= lazy_at;

    interrupts++;
    if (lazy)
        lazy_at = TIME_NEVER;
    if (now >= wake_at)
        wake_at = TIME_NEVER;
    program();
    if (lazy)
        irq_lazy_timer();
}

uint64_t time_interrupts(void)
{
    return interrupts;
}
