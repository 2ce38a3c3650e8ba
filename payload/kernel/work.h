/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waits of one hart for another, and jobs that one hart gives to another.
 *
 * Every wait for another hart goes through struct hart_wait. It has a bound, and it sleeps: under `-icount` QEMU runs
 * one hart after the other, and a pure spin would starve the hart that is waited for.
 */
#ifndef PAYLOAD_KERNEL_WORK_H
#define PAYLOAD_KERNEL_WORK_H

#include "payload/kernel/hart.h"

/*
 *    struct hart_wait w = hart_wait_begin(ticks);
 *    while (!condition)
 *        if (!hart_wait_more(&w))
 *            return HART_ETIMEOUT;
 *
 * The wait spins a little first. Then it sleeps with the timer armed, each time longer, up to HART_WAIT_SLEEP_US: the
 * condition is seen at most this much late. An interrupt ends a sleep. If interrupts are on, they are taken between two
 * calls; if interrupts are off, they stay off.
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

/* Sleep until `when`. Interrupts are taken meanwhile. */
void hart_sleep_until(uint64_t when);

/*
 * Have another hart call fn(arg) in thread context, with interrupts on. fn may stop its hart and not return. The caller
 * must know that the hart is, or will be, in hart_loop() or hart_wait_more(). Returns HART_OK, EINVAL (the calling
 * hart), EOFFLINE or EBUSY.
 */
int hart_run(unsigned index, void (*fn)(void *), void *arg);
/*
 * Wait until the hart's mailbox is empty: the posted job has returned. Returns HART_OK, EOFFLINE if the hart has
 * stopped, or ETIMEOUT.
 */
int hart_join(unsigned index, uint64_t ticks);
/* hart_run(), then hart_join(). */
int hart_call(unsigned index, void (*fn)(void *), void *arg, uint64_t ticks);

/* Run the jobs that hart_run() posts, and sleep between them, for ever. */
_Noreturn void hart_loop(void);
/* Run the job in the running hart's mailbox. Returns false if there was none. */
bool hart_poll(void);

#endif
