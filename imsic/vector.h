/* SPDX-License-Identifier: BSD-2-Clause */
/* The allocator of vectors (vector.c, reserve.c). */
#ifndef IMSIC_VECTOR_H
#define IMSIC_VECTOR_H

#include <aia/imsic.h>

/* All functions: any hart, interrupts on or off, any lock held except imsic.lock. */

/*
 * Set up the books of all files: every identity is free except ipi_id and sync_id, and every file is closed. files, n_files,
 * ipi_id, sync_id and wait_limit must be set. Call it once, before the other functions.
 * Returns AIA_OK, or AIA_EINVAL if n_ids, ipi_id or sync_id is out of range.
 */
int imsic_init(struct imsic *im);

/*
 * Allocate a block of 2^order consecutive identities for owners `owner`, `owner` + 1, ..., and mark their slots owned. The
 * block is aligned to its size, because multi-message MSI sends base | n. Order 0 is one identity.
 *   imsic_alloc         the lowest free block of `hart`; `*first` is the first vector of the block
 *   imsic_alloc_any     the lowest free block of the hart that imsic_least_loaded() finds
 *   imsic_alloc_id      the block that begins at identity `id` of `hart`
 *   imsic_alloc_common  the same block on two harts; `from`, the hart that the interrupt leaves, may be closed
 * The time of a search in one file does not depend on the number of identities. A common block takes at most IMSIC_WORDS steps.
 * All return AIA_OK, or, with nothing changed:
 *   AIA_EINVAL   an argument is out of range
 *   AIA_ENOVEC   no such block is free, or the file is closed
 *   AIA_ENOHART  imsic_alloc_any: no hart in `set` is open
 */
int imsic_alloc(struct imsic *im, unsigned hart, unsigned order, uint32_t owner, struct imsic_vector *first);
int imsic_alloc_any(struct imsic *im, const struct aia_hartset *set, unsigned order, uint32_t owner,
                    struct imsic_vector *first);
int imsic_alloc_id(struct imsic *im, unsigned hart, unsigned id, unsigned order, uint32_t owner);
int imsic_alloc_common(struct imsic *im, unsigned from, unsigned to, unsigned order, uint32_t owner,
                       uint16_t *id);

/*
 * Managed interrupts.
 * imsic_reserve: reserve one identity on each hart of `set`, open or closed, and write it to ids[hart]. All harts get the
 *   same identity if one is free on all of them; kind AIA_MSI_PLAIN requires that. AIA_OK, or AIA_ENOVEC with nothing changed.
 * imsic_activate: change a reserved vector to owned. False: the vector is not reserved, for example because it still retires.
 * imsic_deactivate: change a retiring vector back to reserved. The caller has proven its drain.
 */
int imsic_reserve(struct imsic *im, const struct aia_hartset *set, enum aia_msi_kind kind, uint32_t owner,
                  uint16_t *ids);
bool imsic_activate(struct imsic *im, struct imsic_vector v);
void imsic_deactivate(struct imsic *im, struct imsic_vector v);

/* Free one vector. The caller has proven that no message can still arrive there. */
void imsic_free(struct imsic *im, struct imsic_vector v);

/*
 * Clear the pending bit of `v`, a vector of the running hart, if `v` is free or reserved. A torn message may have set the bit.
 * In the other states the bit may be an edge that has an owner, or is quarantined. Interrupts off.
 */
void imsic_clear_unowned(struct imsic *im, struct imsic_vector v);

/*
 * imsic_quarantine: take a vector that storms, and that is about to be disabled, out of the allocator. A vector that is reserved
 *   for a managed interrupt stays reserved; managed_activate() lets the hart enable the identity again. False: the vector has
 *   got an owner meanwhile.
 * imsic_unquarantine: make a quarantined vector free.
 */
bool imsic_quarantine(struct imsic *im, struct imsic_vector v);
void imsic_unquarantine(struct imsic *im, struct imsic_vector v);

/* Open a hart's file to allocation, or close it. Allocated vectors stay. */
void imsic_open(struct imsic *im, unsigned hart);
void imsic_close(struct imsic *im, unsigned hart);

/* Of the open harts in `set` with a free block of 2^order, the hart with the most free identities. AIA_OK, AIA_ENOHART or AIA_ENOVEC. */
int imsic_least_loaded(struct imsic *im, const struct aia_hartset *set, unsigned order, unsigned *hart);

/*
 * The number of identities, on all open harts except `hart`, that are free or retire now. A retiring vector of a managed
 * interrupt is counted too, although it will be reserved and not free.
 */
unsigned imsic_room_elsewhere(struct imsic *im, unsigned hart);

/* Count the vectors of all files by state. */
void imsic_stats(struct imsic *im, struct imsic_stats *stats);

#endif
