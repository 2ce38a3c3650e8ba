/* SPDX-License-Identifier: BSD-2-Clause */
/* Edges that do no good, and what is done about too many of them (storm.c). */
#ifndef AIA_LIB_STORM_H
#define AIA_LIB_STORM_H

#include "lib/base.h"

/* Count one more unwelcome edge. True if there are now as many within the window as make a storm. Any. */
bool storm_count(const struct aia *a, struct aia_storm *s);

/* An edge of irq at identity `id` of this hart did no good: unhandled, or kept while disabled. Own, off. */
void storm_unwelcome(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id);

/* Identity `id` of this hart fired, and has no owner. Own, off. */
void storm_unowned(struct aia *a, unsigned here, unsigned id);

/*
 * A trap takes at most this many edges. The hart takes an external interrupt before a timer's and a software
 * interrupt, so without this bound an edge that is always pending again would keep the hart in one trap for ever.
 */
#define STORM_FULL_TRAP 16u

/*
 * A trap is full: it has taken STORM_FULL_TRAP edges, and more is pending. irq is the suspect, one of the first to fire in the
 * trap: `n` of the edges are irq's, at identity `id`. Full traps
 * one after the other are a streak, and a streak leaves the hart no time for anything else. An interrupt that has run
 * storm_limit times in one streak storms, whatever its handler returns. aia_hart.streak is the streak's number. `irq`
 * may be NULL. Own, off.
 */
void storm_full_trap(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, unsigned n);

/* The interrupt was enabled again after it stormed: let its edges through, on every hart. Any. */
void storm_end(struct aia *a, struct aia_irq *irq);

/* Enable the quarantined identities of this hart that are free again, or whose owner does not storm any more. Own, off. */
void storm_reopen(struct aia *a, unsigned here);

/* Disable identity `id` of this hart in eie. Its pending bit still latches edges. Own, off. */
void storm_quarantine(struct aia *a, unsigned here, unsigned id);

#endif
