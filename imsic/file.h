/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt files: their messages, their registers, and the proof that a message has arrived (file.c). */
#ifndef IMSIC_FILE_H
#define IMSIC_FILE_H

#include <aia/imsic.h>

#include <aia/begin.h> /* not installed, but linked by the payload and the tests */

/* The message that makes `v` pending (IMSIC.adoc, "MSI encoding"). Any context. */
struct aia_message imsic_message(const struct imsic *im, struct imsic_vector v);

/*
 * Make `v` pending by a write to its hart's seteipnum_le. Memory writes before the call are visible to
 * whoever takes the interrupt; the write precedes, in global memory order, all memory writes after the
 * call. It does not prove arrival: that is imsic_sync()'s. Any hart, any context.
 */
void imsic_send(const struct imsic *im, struct imsic_vector v);

/* All that follow work on the running hart's own file, which `f` must be, with interrupts off. */

/* Stop delivery, disable all. What is pending stays, to be looked at. */
void imsic_file_off(struct imsic_file *f);

/* Clear everything pending: what reset leaves is unspecified (IMSIC.adoc, "Reset and revealed state"). */
void imsic_file_clear(struct imsic_file *f);

/* Enable every identity but sync_id, threshold 0, delivery on. */
void imsic_file_on(const struct imsic *im, struct imsic_file *f);

/* Is delivery from this hart's file to the hart on? */
bool imsic_file_delivers(void);

/*
 * What a hart's file holds, over a suspension that may lose it: save before, restore after; what has become
 * pending meanwhile stays. imsic_file_off() is not needed: the hart's interrupts are off.
 */
void imsic_file_save(const struct imsic_file *f, struct imsic_saved *saved);
void imsic_file_restore(const struct imsic_file *f, const struct imsic_saved *saved);

/* Number of 64-identity words in the file. */
static inline unsigned imsic_file_words(const struct imsic_file *f)
{
    return f->n_ids / 64u + 1;
}

/* The pending and the enable bits of identities 64 * w .. 64 * w + 63. */
uint64_t imsic_file_pending(unsigned w);
uint64_t imsic_file_enabled(unsigned w);

/* The pending bits of a word, and exactly these cleared: what comes between the two stays. */
uint64_t imsic_file_take(const struct imsic_file *f, unsigned w);

void imsic_file_clear_pending(unsigned id);
void imsic_file_set_enabled(unsigned id);
void imsic_file_clear_enabled(unsigned id);

/*
 * Wait until every write to this file that precedes the call in global memory order has taken effect in
 * eip. Writes to one file take effect in that order, "though arbitrarily delayed" (IMSIC.adoc, "Memory
 * region for an interrupt file"), so a write of our own, seen to arrive, proves it of all before.
 * Returns AIA_OK, or AIA_ETIMEOUT after imsic.wait_limit.
 */
int imsic_sync(const struct imsic *im, struct imsic_file *f);

/*
 * Likewise of what `b` has sent to this file: one more message of its, with the same identity, that is seen to
 * arrive. One at a time is under way to a file, and one that did not arrive in time has to come before another is
 * believed, so the identity can be shared.
 */
int imsic_sync_behind(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b);

#include <aia/end.h>

#endif
