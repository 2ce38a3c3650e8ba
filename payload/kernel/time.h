/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the `time` CSR, in ticks of the timebase that the device tree gives, and the running hart's
 * timer, by stimecmp (Sstc) where the hart has it, else by SBI.
 *
 * A hart has one timer and two users of it: the library's lazy timer, whose moment calls
 * irq_lazy_timer(), and the deadline of a wait, which only has to end a wfi. The earlier is programmed.
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

/* Once, on the boot hart: ticks per second. Until then one tick is 100 ns. */
void time_init(uint64_t hz);
/* On every hart when it starts: which timer it has. Both users are disarmed. */
void time_hart_init(bool sstc);

/* No overflow for any argument whose result fits in 64 bits. */
uint64_t time_to_ns(uint64_t ticks);
uint64_t time_to_us(uint64_t ticks);
uint64_t time_from_ns(uint64_t ns); /* rounded up: a wait is never shorter than asked for */
uint64_t time_from_us(uint64_t us);
uint64_t time_from_ms(uint64_t ms);
/* After a suspension that has lost the timer. Interrupts off. */
void time_hart_resume(void);
/* now + ticks, or TIME_NEVER where that would overflow. */
uint64_t time_after(uint64_t ticks);

/* The running hart's timer; TIME_NEVER disarms. Any context. */
void time_arm_lazy(uint64_t when);
void time_arm_wake(uint64_t when);
uint64_t time_wake(void); /* what time_arm_wake() last set, if it has not come yet */

/* The timer interrupt. */
void time_interrupt(void);
/* How many timer interrupts the running hart has had. */
uint64_t time_interrupts(void);

#endif
