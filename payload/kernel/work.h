/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How one hart waits for another, and hands it work.
 *
 * Every wait for another hart goes through struct hart_wait, which has a bound, and sleeps: under
 * `-icount` QEMU runs one hart at a time, and a pure spin starves the hart that is waited for.
 */
#ifndef PAYLOAD_KERNEL_WORK_H
#define PAYLOAD_KERNEL_WORK_H

#include "payload/kernel/hart.h"

/*
 *  struct hart_wait w = hart_wait_begin(ticks);
 *  while (!condition)
 *      if (!hart_wait_more(&w))
 *          return HART_ETIMEOUT;
 *
 * Pauses a little first, then sleeps with the timer armed, ever longer up to HART_WAIT_SLEEP_US: the
 * condition is seen late by at most that much. An interrupt ends a sleep. With interrupts on they are
 * taken between two calls; with interrupts off they stay off.
 */
#define HART_WAIT_SPINS    64
#define HART_WAIT_SLEEP_US 100
struct hart_wait {
    uint64_t deadline; /* in ticks; UINT64_MAX: none */
    uint64_t sleep;    /* the next sleep, in ticks */
    unsigned spins;
};
struct hart_wait hart_wait_begin(uint64_t ticks);
bool hart_wait_more(struct hart_wait *w);

/* Sleep until `when`, taking interrupts. */
void hart_sleep_until(uint64_t when);

/*
 * Have another hart call fn(arg) in thread context, interrupts on. It may stop its hart and not return.
 * EINVAL for the calling hart, EOFFLINE, EBUSY. Whoever calls must know that the hart is, or will be,
 * in hart_loop() or hart_wait_more().
 */
int hart_run(unsigned index, void (*fn)(void *), void *arg);
/* Wait until its mailbox is empty: what was posted has returned. EOFFLINE if it has stopped, ETIMEOUT. */
int hart_join(unsigned index, uint64_t ticks);
/* hart_run and hart_join. */
int hart_call(unsigned index, void (*fn)(void *), void *arg, uint64_t ticks);

/* Sleep and run what hart_run() posts, for ever. */
_Noreturn void hart_loop(void);
/* Run the job in the running hart's mailbox, if there is one. True if there was. */
bool hart_poll(void);

#endif
