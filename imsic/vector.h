/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator of vectors (vector.c, reserve.c). */
#ifndef IMSIC_VECTOR_H
#define IMSIC_VECTOR_H

#include <aia/imsic.h>

#include <aia/begin.h> /* not installed, but linked by the payload and the tests */

/* ---- the allocator. Any hart, interrupts on or off, any lock held but imsic.lock. ---- */

/*
 * Make the books of all files: every identity free but ipi_id and sync_id, every file closed.
 * files, n_files, ipi_id, sync_id, wait_limit must be set. Once, before anything else.
 * Returns AIA_OK, or AIA_EINVAL if n_ids or a reserved identity is out of range.
 */
int imsic_init(struct imsic *im);

/*
 * Allocate a block of 2^order identities in a row, aligned to their number (multi-message MSI sends
 * base | n), for owners `owner`, `owner` + 1, ..., and mark their slots owned. Order 0 is one identity.
 * imsic_alloc: the lowest that are free on `hart`; `*first` is the lowest of them.
 * imsic_alloc_any: the same on the open hart of `set` that has most free identities; AIA_ENOHART if none is open.
 * imsic_alloc_id: identity `id` of `hart` and those that follow.
 * imsic_alloc_common: the same identities on two harts; `from` may be closed, for it is where an interrupt
 *   is leaving.
 * All return AIA_OK, or AIA_ENOVEC with nothing changed (also when a file is closed), or AIA_EINVAL.
 * Time does not depend on the number of identities: at most IMSIC_WORDS steps for a common one.
 */
int imsic_alloc(struct imsic *im, unsigned hart, unsigned order, uint32_t owner, struct imsic_vector *first);
int imsic_alloc_any(struct imsic *im, const struct aia_hartset *set, unsigned order, uint32_t owner,
                    struct imsic_vector *first);
int imsic_alloc_id(struct imsic *im, unsigned hart, unsigned id, unsigned order, uint32_t owner);
int imsic_alloc_common(struct imsic *im, unsigned from, unsigned to, unsigned order, uint32_t owner,
                       uint16_t *id);

/*
 * Managed interrupts. Reserve one identity on each hart of `set`, open or not, and note it in ids[hart]: the
 * same one on all if there is one, or if `kind` needs that. AIA_OK, or AIA_ENOVEC with nothing changed.
 * imsic_activate: from kept to owned, false if it is not kept (it retires yet). imsic_deactivate: back, after its drain.
 */
int imsic_reserve(struct imsic *im, const struct aia_hartset *set, enum aia_msi_kind kind, uint32_t owner,
                  uint16_t *ids);
bool imsic_activate(struct imsic *im, struct imsic_vector v);
void imsic_deactivate(struct imsic *im, struct imsic_vector v);

/* Free one vector. The caller has proof that nothing can still arrive there. */
void imsic_free(struct imsic *im, struct imsic_vector v);

/*
 * Clear the pending bit of `v`, which is on the running hart, unless it has an owner, whose edge it may be: what a
 * half-changed message left where nobody waits for it. Interrupts off.
 */
void imsic_clear_unowned(struct imsic *im, struct imsic_vector v);

/*
 * A stormed vector is about to be disabled: keep it from being allocated (false: it has found an owner meanwhile); give it
 * back. One that is kept for a managed interrupt stays that: who activates it has it enabled again.
 */
bool imsic_quarantine(struct imsic *im, struct imsic_vector v);
void imsic_unquarantine(struct imsic *im, struct imsic_vector v);

/* Open a hart's file to allocation, or close it; what is allocated stays. */
void imsic_open(struct imsic *im, unsigned hart);
void imsic_close(struct imsic *im, unsigned hart);

/* The open hart of `set` with most free identities that has a block of 2^order. AIA_OK, AIA_ENOHART or AIA_ENOVEC. */
int imsic_least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order, unsigned *hart);

/* Sum of the identities of all open files but `hart`'s that are free, or will be when they have retired. */
unsigned imsic_room_elsewhere(struct imsic *im, unsigned hart);

void imsic_stats(struct imsic *im, struct imsic_stats *stats);

#include <aia/end.h>

#endif
