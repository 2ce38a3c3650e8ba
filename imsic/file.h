/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt files: their messages, their registers, and the proof that a message has arrived (file.c). */
#ifndef IMSIC_FILE_H
#define IMSIC_FILE_H

#include <aia/imsic.h>

/* The message that makes `v` pending (IMSIC.adoc, "MSI encoding"). Any context. */
struct aia_message imsic_message(const struct imsic *im, struct imsic_vector v);

/*
 * Make `v` pending by a write to its hart's seteipnum_le. Memory writes before the call are visible to the hart that takes
 * the interrupt. In global memory order the write precedes all memory writes after the call. The call does not prove that the
 * write has arrived; imsic_sync() does. Any hart, any context.
 */
void imsic_send(const struct imsic *im, struct imsic_vector v);

/* The functions below work on the running hart's own file, which `f` must be. Own, off. */

/* Stop delivery and disable every identity. Pending bits stay. */
void imsic_file_off(struct imsic_file *f);

/*
 * Clear every pending bit except that of a late sync (sync_owed): after a reset their values are unspecified (IMSIC.adoc,
 * "Reset and revealed state").
 */
void imsic_file_clear(struct imsic_file *f);

/* Enable every identity except sync_id, set the threshold to 0, and start delivery. */
void imsic_file_on(const struct imsic *im, struct imsic_file *f);

/* True if the file delivers interrupts to the hart. */
bool imsic_file_delivers(void);

/*
 * Save the state of a hart's file before a suspension that may lose the state, and restore the state afterwards. Pending bits
 * that were set meanwhile stay set. imsic_file_off() is not needed, because the hart's interrupts are off.
 */
void imsic_file_save(const struct imsic_file *f, struct imsic_saved *saved);
void imsic_file_restore(const struct imsic_file *f, const struct imsic_saved *saved);

/* The number of words, of 64 identities each, in the file. */
static inline unsigned imsic_file_words(const struct imsic_file *f)
{
    return f->n_ids / 64u + 1;
}

/* The pending and the enable bits of identities 64 * w .. 64 * w + 63. */
uint64_t imsic_file_pending(unsigned w);
uint64_t imsic_file_enabled(unsigned w);

/*
 * Read the pending bits of a word, and clear the bits that were set, except that of a late sync (sync_owed). A bit that is set
 * after the read stays set.
 */
uint64_t imsic_file_take(const struct imsic_file *f, unsigned w);

void imsic_file_clear_pending(unsigned id);
void imsic_file_set_enabled(unsigned id);
void imsic_file_clear_enabled(unsigned id);

/*
 * Wait until every write to this file that precedes the call in global memory order has taken effect in eip. Writes to one file
 * take effect in that order, "though arbitrarily delayed" (IMSIC.adoc, "Memory region for an interrupt file"). So this
 * hart writes to its own file, and when that write has taken effect, all earlier writes have too.
 * Returns AIA_OK, or AIA_ETIMEOUT after imsic.wait_limit.
 */
int imsic_sync(const struct imsic *im, struct imsic_file *f);

/*
 * Wait until every message that the unit of `b` has sent to this file has taken effect: the unit sends one more message, with
 * sync_id, and this hart waits for that message. imsic_sync() uses the same identity. So only one such message is under way to
 * a file at a time, and after a timeout the late message has to arrive before another sync begins.
 * Returns AIA_OK, or:
 *   AIA_ETIMEOUT  the message has not arrived after imsic.wait_limit
 *   the error of b->send()
 */
int imsic_sync_after(const struct imsic *im, struct imsic_file *f, struct aia_barrier *b);

/*
 * Send the identity of the IPIs to this file, by `b` or, if `b` is NULL, by a write, and wait until it has arrived. Its pending
 * bit is cleared before the message is sent, and again after the message has arrived. So IPIs that come meanwhile are lost, unless
 * the caller looks for them.
 * Returns AIA_OK, AIA_ETIMEOUT, or the error of b->send().
 */
int imsic_probe(const struct imsic *im, const struct imsic_file *f, struct aia_barrier *b);

#endif
