/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The books on a file's identities: whose each is, in its slot, and which are free. Private to the allocator; all under
 * imsic.lock.
 *
 * A file's free identities are a bitmap of at most 32 words, and above it one summary word for each block size: bit w
 * says that word w holds an aligned free run of that size. A block never crosses a word, so finding one takes two
 * find-first-set, however many identities there are. For single identities the summary is exact. For larger blocks it
 * may say so of a word that has been broken up since: who looks there finds out, and corrects it; an allocation then
 * does not pay for block sizes that hardly anybody asks for.
 */
#ifndef IMSIC_BOOKS_H
#define IMSIC_BOOKS_H

#include <stddef.h>

#include <aia/imsic.h>

#include "imsic/bits.h"

static inline unsigned long lock(struct imsic *im)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&im->lock);
    return was;
}

static inline void unlock(struct imsic *im, unsigned long was)
{
    aia_port_unlock(&im->lock);
    aia_port_irq_restore(was);
}

/* Where an aligned run of 2^k bits may begin. */
static const uint64_t aligned[IMSIC_MAX_ORDER + 1] = {
    ~0ull,
    0x5555555555555555ull,
    0x1111111111111111ull,
    0x0101010101010101ull,
    0x0001000100010001ull,
    0x0000000100000001ull,
};

/* Bit i set: bits i .. i + 2^k - 1 of `free` are all set, and i is a multiple of 2^k. */
static inline uint64_t runs(uint64_t free, unsigned k)
{
    for (unsigned i = 0; i < k; i++)
        free &= free >> (1u << i);
    return free & aligned[k];
}

static inline void set_slot(struct imsic_file *f, unsigned id, enum imsic_state state, uint32_t owner)
{
    atomic_store_explicit(&f->slots[id], imsic_slot(state, owner), memory_order_release);
}

/* The 2^order bits of a word from identity `first` up. */
static inline uint64_t block(unsigned first, unsigned order)
{
    return ((1ull << (1u << order)) - 1) << first % 64;
}

/* Not free any more: `bits`, n of them, of word w. */
static inline void remove_free(struct imsic_file *f, size_t w, uint64_t bits, unsigned n)
{
    uint64_t left = f->free[w] & ~bits;

    f->free[w] = left;
    f->n_free = (uint16_t)(f->n_free - n);
    f->has_run[0] ^= (uint32_t)!left << w;
}

/* Take a block out of the free ones and give its identities to `owner` and those after it. */
static inline void take(struct imsic_file *f, unsigned first, unsigned order, uint32_t owner)
{
    unsigned n = 1u << order;

    remove_free(f, first / 64, block(first, order), n);
    for (unsigned i = 0; i < n; i++)
        set_slot(f, first + i, IMSIC_OWNED, owner + i);
}

/* Put one identity back; the slot keeps the name of its last owner. It may be what a block lacked. */
static inline void give_back(struct imsic_file *f, unsigned id)
{
    uint32_t slot = atomic_load_explicit(&f->slots[id], memory_order_relaxed);
    unsigned w = id / 64;

    set_slot(f, id, IMSIC_FREE, imsic_slot_owner(slot));
    f->free[w] |= 1ull << id % 64;
    f->n_free++;
    for (unsigned k = 0; k <= IMSIC_MAX_ORDER; k++) {
        uint64_t around = block(id & ~((1u << k) - 1), k);
        if ((f->free[w] & around) != around)
            break;
        f->has_run[k] |= 1u << w;
    }
}

#endif
