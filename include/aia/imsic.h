/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt files and their vectors (AIA, IMSIC.adoc): the memory that an embedder gives for each hart, and the state that it may
 * read.
 *
 * A vector is a hart and an identity in that hart's S-level interrupt file. The vector's slot holds its state and its owner. Every
 * implemented identity except sync_id is enabled in eie while its hart is online, whether an interrupt owns it or not. So a vector
 * becomes live by a write to its slot, which any hart can do; only the hart itself could write its eie. An edge on an unowned
 * identity is counted, and the identity is quarantined if it storms.
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
#define IMSIC_MAX_ORDER 5    /* the largest block has 32 identities, the limit of multi-message MSI */

struct imsic_vector {
    uint16_t hart;
    uint16_t id; /* 0: no vector */
};

/* The state of a vector, in its slot. */
enum imsic_state {
    IMSIC_FREE,        /* unowned; the slot still names the last owner, for edges that are found late */
    IMSIC_OWNED,       /* its edges run the owner's handler */
    IMSIC_RETIRING,    /* its owner has moved away: edges are forwarded to the owner's present vector */
    IMSIC_INTERNAL,    /* the library's own identity: for IPIs, or sync_id */
    IMSIC_QUARANTINED, /* unowned, and disabled because it stormed */
    IMSIC_MANAGED, /* reserved for its owner, a managed interrupt, which is on another hart or shut down */
    IMSIC_N_STATES,
};

#define IMSIC_NO_OWNER 0xffffffu

/* The state of a vector, from its slot. */
static inline enum imsic_state imsic_slot_state(uint32_t slot)
{
    return (enum imsic_state)(slot & 0xff);
}

/* The number of the owner's descriptor, from a slot; of a free vector the last owner's. IMSIC_NO_OWNER: there was none. */
static inline uint32_t imsic_slot_owner(uint32_t slot)
{
    return slot >> 8;
}

/* The S-level interrupt file of a hart, and the library's books on it. */
struct imsic_file {
    /* The embedder sets these before aia_init(). */
    uintptr_t mmio;          /* where harts write seteipnum_le */
    uint64_t msi_addr;       /* where devices write: the physical address of the file */
    uint16_t n_ids;          /* identities 1 .. n_ids are implemented */
    _Atomic uint32_t *slots; /* n_ids + 1 words */

    /* The library's: the allocator, under imsic.lock. */
    bool open;          /* vectors of this file may be allocated */
    uint16_t n_free;    /* set bits in free[] */
    uint16_t sync_owed; /* own hart: sync_id while the write of a sync that timed out is under way; else 0 */
    uint64_t free[IMSIC_WORDS]; /* bit set: the identity is free */
    /* [k] bit w: free[w] has an aligned run of 2^k. For k > 0 the run may be gone. */
    uint32_t has_run[IMSIC_MAX_ORDER + 1];

    /* The library's: the hart that retires a vector sets its bit, and the file's own hart clears it at the reclaim. */
    _Atomic aia_word retiring[IMSIC_WORDS * 64 / AIA_WORD_BITS];
    _Atomic uint32_t n_retiring;
    _Atomic aia_word drained_at; /* when time has drained the devices of all retiring vectors */

    /* The library's: written by the file's own hart. */
    uint64_t quarantined[IMSIC_WORDS]; /* identities disabled in eie because they stormed */
    uint64_t failed_at;                /* when a reclaim last failed to prove a drain; 0: never */
};

/* All interrupt files. The library's. */
struct imsic {
    struct aia_lock lock;
    struct imsic_file *files; /* one for each hart, by number */
    unsigned n_files;
    uint16_t ipi_id;     /* the identity of the IPIs */
    uint16_t sync_id;    /* the identity that proves that earlier writes have arrived; never enabled */
    uint64_t wait_limit; /* ticks that a wait for a file may last */
};

struct imsic_stats {
    uint32_t n[IMSIC_N_STATES]; /* identities in each state, over all files */
};

/* The state of a hart's file during a suspension: aia_hart_save(), aia_hart_restore(). */
struct imsic_saved {
    uint64_t eip[IMSIC_WORDS], eie[IMSIC_WORDS];
    unsigned long eithreshold, eidelivery;
};

#include <aia/end.h>

#endif
