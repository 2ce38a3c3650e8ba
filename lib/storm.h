/* SPDX-License-Identifier: BSD-2-Clause */
/* Storms: the count of unwelcome edges, and the quarantine (storm.c). */
#ifndef AIA_LIB_STORM_H
#define AIA_LIB_STORM_H

#include "lib/base.h"

/* Count one more event in `s`. Returns how many events came before it in the present storm_window. Any. */
uint32_t storm_tally(const struct aia *a, struct aia_storm *s);

/* Count an unwelcome edge. True if there are now more than storm_limit within the window. Any. */
bool storm_count(const struct aia *a, struct aia_storm *s);

/*
 * Count an edge of irq at identity `id` of this hart that did no good, because it was unhandled or kept. If irq storms now,
 * shut irq off. Own, off.
 */
void storm_unwelcome(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);

/*
 * Count and report an edge at identity `id` of this hart, which has no owner. If such edges storm now, quarantine the identity.
 * Own, off.
 */
void storm_unowned(struct aia *a, unsigned here, unsigned id);

/*
 * A trap takes at most this many edges. Without this bound an edge that is always pending again would keep the hart in one trap
 * for ever, and no timer interrupt and no software interrupt would be taken.
 */
#define STORM_FULL_TRAP 16u

/*
 * Count a full trap: the trap has taken STORM_FULL_TRAP edges, and more is pending. irq is one of the first interrupts of the
 * trap, or NULL; `n` of the edges are irq's, at identity `id`. Full traps one after the other are a streak, which leaves the
 * hart no time for anything else. aia_hart.streak is the streak's number. An interrupt that has run more than storm_limit times
 * in one streak is shut off, whatever its handler returns. Own, off.
 */
void storm_full_trap(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, unsigned n);

/* Let irq's edges through again on every hart, when irq was enabled after it stormed. Any. */
void storm_end(struct aia *a, struct aia_irq *irq);

/* Enable the quarantined identities of this hart that are free, or whose owner does not storm any more. Own, off. */
void storm_reopen(struct aia *a, unsigned here);

/* Disable identity `id` of this hart in eie. Its pending bit still latches edges. Own, off. */
void storm_quarantine(struct aia *a, unsigned here, unsigned id);

#endif
