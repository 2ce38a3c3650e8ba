/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last actions of each hart, recorded by the hart itself for the other harts. The records are plain stores, made
 * only at steps outside the paths of interrupts and moves. hang.h reads them after a wait for a hart has timed out.
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
    PULSE_NONE,   /* the hart has not started yet */
    PULSE_ENTERS, /* the hart has come up */
    PULSE_WORKS,  /* the hart runs its job */
    PULSE_WAITS,  /* the hart sleeps until its own timer */
    PULSE_IDLE,   /* the hart has no job and sleeps until an interrupt */
};

struct pulse {
    _Atomic uint64_t step_at, trap_at, sbi_at, irqs_at;
    _Atomic uint64_t sbi; /* the SBI call that the hart is in: extension << 8 | function; 0: none */
    _Atomic unsigned step;
    _Atomic unsigned trap;       /* cause of the last interrupt that was not external */
    _Atomic bool in_trap;        /* the hart is still in that interrupt */
    _Atomic bool irqs_off;       /* set by hart_irq_save() */
    void (*_Atomic job)(void *); /* the job that the hart began last */
} __attribute__((aligned(64)));

extern struct pulse pulses[MACHINE_MAX_HARTS];

#define PULSE_SET(field, v) atomic_store_explicit(&pulses[hart_index()].field, v, memory_order_relaxed)

static inline void pulse_step(enum pulse_step step)
{
    PULSE_SET(step, step);
    PULSE_SET(step_at, time_now());
}

/* Record an entry into the firmware; `call` is as in sbi_call_name(). PULSE_SET(sbi, 0) records the return. */
static inline void pulse_sbi(uint64_t call)
{
    PULSE_SET(sbi_at, time_now());
    PULSE_SET(sbi, call);
}

/*
 * Turn interrupts off for longer than a few instructions, and record it: a hart that hangs here hangs in the payload's
 * own code.
 */
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
