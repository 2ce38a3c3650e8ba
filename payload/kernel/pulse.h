/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each hart did last, kept by itself for the others: plain stores, at steps that are no part of an interrupt's or a
 * move's path. hang.h reads it where a hart is waited for in vain.
 */
#ifndef PAYLOAD_KERNEL_PULSE_H
#define PAYLOAD_KERNEL_PULSE_H

#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum pulse_step {
    PULSE_NONE,   /* has not been here yet */
    PULSE_ENTERS, /* has come up */
    PULSE_WORKS,  /* runs its job */
    PULSE_WAITS,  /* begins a sleep that its own timer ends */
    PULSE_IDLE,   /* has no job: sleeps until it is interrupted */
};

struct pulse {
    _Atomic uint64_t step_at, trap_at, sbi_at, irqs_at;
    _Atomic uint64_t sbi; /* the call that it is in: extension << 8 | function; 0: none */
    _Atomic unsigned step;
    _Atomic unsigned trap;       /* cause of the last interrupt but external ones */
    _Atomic bool in_trap;        /* and is still in it */
    _Atomic bool irqs_off;       /* by hart_irq_save() */
    void (*_Atomic job)(void *); /* the last one that it began */
} __attribute__((aligned(64)));

extern struct pulse pulses[MACHINE_MAX_HARTS];

#define PULSE_SET(field, v) atomic_store_explicit(&pulses[hart_index()].field, v, memory_order_relaxed)

static inline void pulse_step(enum pulse_step step)
{
    PULSE_SET(step, step);
    PULSE_SET(step_at, time_now());
}

/* Into the firmware, by a call as sbi_call_name() has it; out of it: PULSE_SET(sbi, 0). */
static inline void pulse_sbi(uint64_t call)
{
    PULSE_SET(sbi_at, time_now());
    PULSE_SET(sbi, call);
}

/* Interrupts off for longer than a few instructions: a hart that hangs then hangs of its own. */
static inline unsigned long hart_irq_save(void)
{
    unsigned long was = csr_irq_save();

    if (was)
        PULSE_SET(irqs_at, time_now());
    if (was)
        PULSE_SET(irqs_off, true);
    return was;
}

static inline void hart_irq_restore(unsigned long was)
{
    if (was)
        PULSE_SET(irqs_off, false);
    csr_irq_restore(was);
}

#endif
