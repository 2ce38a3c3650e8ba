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

/* What a hart's file holds, over a suspension that may lose it: aia_hart_save(), aia_hart_restore(). */
struct imsic_saved {
    uint64_t eip[IMSIC_WORDS], eie[IMSIC_WORDS];
    unsigned long eithreshold, eidelivery;
};

#include <aia/end.h>

#endif
