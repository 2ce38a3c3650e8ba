/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the `time` CSR, in ticks of the device tree's timebase; and the running hart's timer, by stimecmp on a hart
 * with Sstc, else by SBI.
 *
 * A hart has one timer with two users: the library's lazy timer, at whose moment irq_lazy_timer() is called, and the
 * deadline of a wait, which only has to end a wfi. The timer is programmed for the earlier moment.
 */
#ifndef PAYLOAD_KERNEL_TIME_H
#define PAYLOAD_KERNEL_TIME_H

#include "csr.h"
#include <stdbool.h>
#include <stdint.h>

#define TIME_NEVER UINT64_MAX

static inline uint64_t time_now(void)
{
    return csr_time();
}

/* Set the ticks per second. Once, on the boot hart. Before this call one tick is 100 ns. */
void time_init(uint64_t hz);
/* Set which timer the hart has, at every start of a hart. Both users are disarmed. */
void time_hart_init(bool sstc);

/* These do not overflow for any argument whose result fits in 64 bits. */
uint64_t time_to_ns(uint64_t ticks);
uint64_t time_to_us(uint64_t ticks);
uint64_t time_from_ns(uint64_t ns); /* rounded up: a wait is never shorter than requested */
uint64_t time_from_us(uint64_t us);
uint64_t time_from_ms(uint64_t ms);
/* Program the timer again after a suspension that has lost it. Interrupts off. */
void time_hart_resume(void);
/* now + ticks, or TIME_NEVER where that would overflow. */
uint64_t time_after(uint64_t ticks);

/* Arm the running hart's timer. TIME_NEVER disarms it. Any context. */
void time_arm_lazy(uint64_t when);
void time_arm_wake(uint64_t when);
uint64_t time_wake(void); /* the moment that time_arm_wake() set last, if it has not come yet */

/* Handle the timer interrupt. */
void time_interrupt(void);
/* The number of timer interrupts that the running hart has taken. */
uint64_t time_interrupts(void);

#endif
