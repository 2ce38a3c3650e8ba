/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IMSIC: interrupt files, and the allocator of their vectors (AIA, IMSIC.adoc).
 *
 * A vector is a hart and an identity in that hart's S-level interrupt file. Its slot says whose it is.
 * Every implemented identity is enabled in eie from the moment its hart comes online, whether it is
 * owned or not: a vector is then live as soon as its slot says so, on any hart, without asking that
 * hart for a write to its own eie. An identity nobody owns that fires
 * is counted, and shut off if it storms.
 */
#ifndef AIA_IMSIC_H
#define AIA_IMSIC_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/hartset.h>
#include <aia/msi.h>
#include <aia/port.h>

#include <aia/begin.h>

#define IMSIC_MAX_IDS   2047 /* IMSIC.adoc, "Interrupt files and interrupt identities" */
#define IMSIC_WORDS     32   /* 64 identities each */
#define IMSIC_MAX_ORDER 5    /* largest block: 32 identities, what multi-message MSI can ask for */

struct imsic_vector {
    uint16_t hart;
    uint16_t id; /* 0: no vector */
};

/* What a slot says of its vector. */
enum imsic_state {
    IMSIC_FREE,        /* nobody's; the owner field still names the last one, for edges found late */
    IMSIC_OWNED,       /* fires its owner's handler */
    IMSIC_RETIRING,    /* its owner's until now: forwards to the owner's present vector */
    IMSIC_INTERNAL,    /* the library's own: IPI, sync */
    IMSIC_QUARANTINED, /* nobody's, and disabled because it stormed */
    IMSIC_MANAGED,     /* kept for its owner, a managed interrupt, to come back to */
    IMSIC_N_STATES,
};

#define IMSIC_NO_OWNER 0xffffffu

static inline uint32_t imsic_slot(enum imsic_state state, uint32_t owner)
{
    return owner << 8 | (uint32_t)state;
}

static inline enum imsic_state imsic_slot_state(uint32_t slot)
{
    return (enum imsic_state)(slot & 0xff);
}

static inline uint32_t imsic_slot_owner(uint32_t slot)
{
    return slot >> 8;
}

/* One hart's S-level interrupt file and the books on it. */
struct imsic_file {
    /* From the embedder, before imsic_init(). */
    uintptr_t mmio;          /* where harts write seteipnum_le */
    uint64_t msi_addr;       /* where devices do: its physical address */
    uint16_t n_ids;          /* identities 1 .. n_ids are implemented */
    _Atomic uint32_t *slots; /* n_ids + 1 words */

    /* The allocator's, under imsic.lock. */
    bool open;                  /* may be allocated from */
    uint16_t n_free;            /* set bits in free[] */
    uint64_t free[IMSIC_WORDS]; /* bit set: identity free */
    uint32_t
        has_run[IMSIC_MAX_ORDER + 1]; /* [k] bit w: free[w] holds an aligned run of 2^k, or has for k > 0 */

    /* Set by whoever retires a vector, cleared by the file's own hart when it reclaims it. */
    _Atomic aia_word retiring[IMSIC_WORDS * 64 / AIA_WORD_BITS];
    _Atomic uint32_t n_retiring;
    _Atomic aia_word drained_at; /* what retired here and only time can prove drained, is by then */

    /* The file's own hart's. */
    uint64_t quarantined[IMSIC_WORDS]; /* identities disabled in eie because they stormed */
    uint16_t sync_owed; /* sync_id if a sync timed out and its write has still to arrive, else 0 */
};

struct imsic {
    struct aia_lock lock;
    struct imsic_file *files; /* one for each hart, by index */
    unsigned n_files;
    uint16_t ipi_id;     /* identity that carries the IPIs */
    uint16_t sync_id;    /* identity that proves that earlier writes have arrived; never enabled */
    uint64_t wait_limit; /* bound of a wait for the file, ticks */
};

struct imsic_stats {
    uint32_t n[IMSIC_N_STATES]; /* identities in each state, over all files */
};

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

/* ---- interrupt files ---- */

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
struct imsic_saved {
    uint64_t eip[IMSIC_WORDS], eie[IMSIC_WORDS];
    unsigned long eithreshold, eidelivery;
};
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
