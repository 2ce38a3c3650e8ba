/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of harts, by number: 0 .. AIA_MAX_HARTS - 1. The caller passes no larger number. */
#ifndef AIA_HARTSET_H
#define AIA_HARTSET_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/config.h>

#include <aia/begin.h>

#define AIA_HARTSET_WORDS ((AIA_MAX_HARTS + 63) / 64)

struct aia_hartset {
    uint64_t bits[AIA_HARTSET_WORDS];
};

static inline void aia_hartset_add(struct aia_hartset *s, unsigned hart)
{
    s->bits[hart / 64] |= 1ull << hart % 64;
}

static inline void aia_hartset_remove(struct aia_hartset *s, unsigned hart)
{
    s->bits[hart / 64] &= ~(1ull << hart % 64);
}

static inline bool aia_hartset_has(const struct aia_hartset *s, unsigned hart)
{
    return s->bits[hart / 64] >> hart % 64 & 1;
}

/* The set of one hart. */
static inline struct aia_hartset aia_hartset_one(unsigned hart)
{
    struct aia_hartset s = {{0}};
    aia_hartset_add(&s, hart);
    return s;
}

/* The set of harts 0 .. n - 1. */
static inline struct aia_hartset aia_hartset_first(unsigned n)
{
    struct aia_hartset s = {{0}};
    for (unsigned w = 0; w < AIA_HARTSET_WORDS && n > w * 64; w++)
        s.bits[w] = n - w * 64 >= 64 ? ~0ull : (1ull << (n - w * 64)) - 1;
    return s;
}

#include <aia/end.h>

#endif
