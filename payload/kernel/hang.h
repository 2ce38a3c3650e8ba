/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hart that is waited for in vain: does it hang, and who holds it? A hart that hangs takes no interrupt and makes no step;
 * what others know of it is its pulse (pulse.h), the library's books, what was sent to it, and what the firmware says.
 */
#ifndef PAYLOAD_KERNEL_HANG_H
#define PAYLOAD_KERNEL_HANG_H

#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include <stdbool.h>

#define HANG_NONE   (~0u)
#define HANG_END_MS 20000 /* longer than all that waits for a hart which goes on */

/*
 * After a wait in vain: ask every hart for a sign, for a second at most, and say of each one that gives none what is known of
 * it, once. Who comes with further waits HANG_END_MS after one was found ends the run. Thread context, interrupts on.
 */
void hang_look(void);

/* Was it found to hang, and has it not gone on since? And the first such hart, or HANG_NONE. */
bool hang_is(unsigned hart);
unsigned hang_first(void);

/* The hart that hangs and may hold an edge of this interrupt, or HANG_NONE. */
unsigned hang_keeps(const struct aia_irq *irq);

/* aia_call(), but of a hart that hangs at once AIA_ETIMEOUT; and a wait in vain is looked into. */
int hang_call(unsigned hart, void (*fn)(void *arg), void *arg);

/* hart_join() of a hart that may wait for another, which hangs: a wait in vain is looked into, and then goes on. */
int hang_join(unsigned hart, uint64_t ticks);

/* For a wait that has no end but with a hart that hangs, begun with HANG_END_MS: what is to be said, and the end of the run. */
void hang_wait_more(struct hart_wait *w);

/* The job cannot go on. If a hart hangs, that is why, and this the end of the run; else it returns. */
void hang_end(void);

/* The same for a job that needs this hart: if it hangs, or has not come since it was started, the run ends. */
void hang_end_without(unsigned hart);

/* A loop that works for `hart` calls this at each turn: if `hart` has made no step for HANG_END_MS, the run ends. */
void hang_watch(unsigned hart);

#endif
