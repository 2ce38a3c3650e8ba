/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time that one hart notes and others read. */
#ifndef AIA_MOMENT_H
#define AIA_MOMENT_H

#include <stdint.h>

#include <aia/config.h>

/*
 * A moment that harts exchange, in one word: ticks on RV64; on RV32 2^20 of them, rounded up, so that it wraps after years.
 * 0 has passed always.
 */
#define MOMENT_SHIFT (AIA_WORD_BITS == 64 ? 0u : 20u)

static inline aia_word moment(uint64_t ticks)
{
    aia_word m = (aia_word)((ticks + (1ull << MOMENT_SHIFT) - 1) >> MOMENT_SHIFT);

    return m ? m : 1;
}

/* How many ticks from `now` until it has passed: 0, it has. */
static inline uint64_t moment_left(aia_word m, uint64_t now)
{
    aia_word left = m - (aia_word)(now >> MOMENT_SHIFT);

    return !m || left >> (AIA_WORD_BITS - 1) ? 0 : (uint64_t)left << MOMENT_SHIFT;
}

/* The earlier of two. */
static inline aia_word moment_first(aia_word m, aia_word n)
{
    return !m || !n ? 0 : (aia_word)(n - m) >> (AIA_WORD_BITS - 1) ? n : m;
}

#endif
