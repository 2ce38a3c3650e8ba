/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A search for harts that hang, after a wait has timed out. A hart that hangs takes no interrupt and makes no step. The
 * report on such a hart uses its pulse (pulse.h), the library's books, what was sent to the hart, and the state
 * according to the firmware.
 */
#ifndef PAYLOAD_KERNEL_HANG_H
#define PAYLOAD_KERNEL_HANG_H

#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include <stdbool.h>

#define HANG_NONE   (~0u)
#define HANG_END_MS 20000 /* longer than any wait for a hart that makes progress */

/*
 * After a wait has timed out: ask every hart for a sign, for a second at most, and print a report once for each hart
 * that gives none. If a further wait times out HANG_END_MS after the first such hart was found, end the run. Thread
 * context, interrupts on.
 */
void hang_look(void);

/*
 * hang_is(): true if the hart was found to hang and has made no progress since. hang_first(): the first such hart, or
 * HANG_NONE.
 */
bool hang_is(unsigned hart);
unsigned hang_first(void);

/* A hart that hangs and may hold an edge of this interrupt, or HANG_NONE. */
unsigned hang_keeps(const struct aia_irq *irq);

/* aia_call(). Returns AIA_ETIMEOUT without a wait if the hart hangs. Calls hang_look() if the call times out. */
int hang_call(unsigned hart, void (*fn)(void *arg), void *arg);

/* hart_join() of a hart that may itself wait for a hart that hangs. After a timeout call hang_look() and wait again. */
int hang_join(unsigned hart, uint64_t ticks);

/*
 * For a wait of HANG_END_MS that only a hart that hangs can make time out. At the timeout print the report and end the
 * run.
 */
void hang_wait_more(struct hart_wait *w);

/* For a job that cannot go on. If a hart hangs, print the report and end the run; else return. */
void hang_end(void);

/* hang_end() for a job that needs this hart: end the run if the hart hangs, or has not come since its last start. */
void hang_end_without(unsigned hart);

/* A loop that serves `hart` calls this at each turn. If `hart` has made no step for HANG_END_MS, end the run. */
void hang_watch(unsigned hart);

#endif
