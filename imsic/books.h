/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The books of an interrupt file: the state and the owner of each identity (its slot), and which identities are free. Only the
 * allocator includes this. imsic.lock protects the free identities, and every change of a slot except one: lib/retire.c makes
 * an owned slot RETIRING under the lock of the interrupt.
 *
 * The free identities are a bitmap of at most 32 words. There is a summary word for each block size: bit w is set if word w
 * of the bitmap holds an aligned free run of that size. A block never crosses a word, so finding a block takes two
 * find-first-set operations, however many identities there are. For single identities the summary is exact. For larger
 * blocks a bit may still be set after the run in its word was broken up; the next search of that word clears the bit. So the
 * allocation of a single identity costs nothing for block sizes that are rarely requested.
 */
#ifndef IMSIC_BOOKS_H
#define IMSIC_BOOKS_H

#include <stddef.h>

#include "imsic/bits.h"
#include "imsic/slot.h"

static inline unsigned long books_lock(struct imsic *im)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&im->lock);
    return was;
}

static inline void books_unlock(struct imsic *im, unsigned long was)
{
    aia_port_unlock(&im->lock);
    aia_port_irq_restore(was);
}

/* The bits at which an aligned run of 2^k bits may begin. */
static const uint64_t books_aligned[IMSIC_MAX_ORDER + 1] = {
    ~0ull,
    0x5555555555555555ull,
    0x1111111111111111ull,
    0x0101010101010101ull,
    0x0001000100010001ull,
    0x0000000100000001ull,
};

/* The runs of 2^k bits in `free`: bit i is set if bits i .. i + 2^k - 1 are set and i is a multiple of 2^k. */
static inline uint64_t books_runs(uint64_t free, unsigned k)
{
    for (unsigned i = 0; i < k; i++)
        free &= free >> (1u << i);
    return free & books_aligned[k];
}

static inline void books_set(struct imsic_file *f, unsigned id, enum imsic_state state, uint32_t owner)
{
    atomic_store_explicit(&f->slots[id], imsic_slot(state, owner), memory_order_release);
}

/* The bits of the 2^order identities from `first` up, in their word. */
static inline uint64_t books_block(unsigned first, unsigned order)
{
    return ((1ull << (1u << order)) - 1) << first % 64;
}

/*
 * Remove the n identities `bits` of word w from the free identities. The xor clears bit w of has_run[0], which was set, if no
 * identity of the word is left. w is a size_t, because a 32-bit index would cost an instruction that extends it to an address.
 */
static inline void books_remove(struct imsic_file *f, size_t w, uint64_t bits, unsigned n)
{
    uint64_t left = f->free[w] & ~bits;

    f->free[w] = left;
    f->n_free = (uint16_t)(f->n_free - n);
    f->has_run[0] ^= (uint32_t)!left << w;
}

/* Give the 2^order free identities from `first` up to owners `owner`, `owner` + 1, ... */
static inline void books_take(struct imsic_file *f, unsigned first, unsigned order, uint32_t owner)
{
    unsigned n = 1u << order;

    books_remove(f, first / 64, books_block(first, order), n);
    for (unsigned i = 0; i < n; i++)
        books_set(f, first + i, IMSIC_OWNED, owner + i);
}

/* Make one identity free. Its slot keeps the last owner. A run of free identities may now be complete. */
static inline void books_give_back(struct imsic_file *f, unsigned id)
{
    uint32_t slot = atomic_load_explicit(&f->slots[id], memory_order_relaxed);
    unsigned w = id / 64;

    books_set(f, id, IMSIC_FREE, imsic_slot_owner(slot));
    f->free[w] |= 1ull << id % 64;
    f->n_free++;
    for (unsigned k = 0; k <= IMSIC_MAX_ORDER; k++) {
        uint64_t around = books_block(id & ~((1u << k) - 1), k);
        if ((f->free[w] & around) != around)
            break;
        f->has_run[k] |= 1u << w;
    }
}

#endif
