/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time: the end of a wait, and moments that one hart records and other harts read. A duration may be UINT64_MAX. */
#ifndef AIA_MOMENT_H
#define AIA_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/config.h>

/* The time `ticks` after `now`. Beyond the clock's range: UINT64_MAX, which never passes. */
static inline uint64_t later(uint64_t now, uint64_t ticks)
{
    uint64_t when = now + ticks;

    return when < now ? UINT64_MAX : when;
}

/*
 * A moment that harts exchange, in one word. On RV64 it counts ticks. On RV32 it counts units of 2^20 ticks, so that it wraps
 * only after years. It is rounded up, so that it is never too early. The moment 0 has always passed.
 */
#define MOMENT_SHIFT (AIA_WORD_BITS == 64 ? 0u : 20u)

static inline aia_word moment(uint64_t ticks)
{
    aia_word m = (aia_word)((ticks + (1ull << MOMENT_SHIFT) - 1) >> MOMENT_SHIFT);

    return m ? m : 1;
}

/*
 * The farthest that a moment may be ahead: a quarter of a word's range. If two moments differed by more than half of the range,
 * moment_first() would return the later one.
 */
#define MOMENT_FAR (1ull << (AIA_WORD_BITS - 2 + MOMENT_SHIFT))

static inline aia_word moment_after(uint64_t now, uint64_t ticks)
{
    return moment(later(now, ticks < MOMENT_FAR ? ticks : MOMENT_FAR));
}

/* The ticks from `now` until moment `m` has passed. 0: it has passed. */
static inline uint64_t moment_left(aia_word m, uint64_t now)
{
    aia_word left = m - (aia_word)(now >> MOMENT_SHIFT);

    return !m || left >> (AIA_WORD_BITS - 1) ? 0 : (uint64_t)left << MOMENT_SHIFT;
}

/* True if the wait is longer than any real one. A caller treats it as endless. */
static inline bool moment_never(uint64_t left)
{
    return left > MOMENT_FAR / 2;
}

/* The earlier of two moments. */
static inline aia_word moment_first(aia_word m, aia_word n)
{
    return !m || !n ? 0 : (aia_word)(n - m) >> (AIA_WORD_BITS - 1) ? n : m;
}

#endif
