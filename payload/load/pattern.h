/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What scripts/image writes into a disk: each sector its own number, the disk's tag, and 62 words that follow from
 * both, so that a sector of another place, another disk, another time or half of it is told from the right one.
 */
#ifndef PAYLOAD_LOAD_PATTERN_H
#define PAYLOAD_LOAD_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#define PATTERN_WORDS 64u

static inline uint64_t pattern_next(uint64_t word)
{
    return word * 6364136223846793005u + 1442695040888963407u;
}

static inline bool pattern_good(const uint64_t *sector, uint64_t lba, uint64_t tag)
{
    uint64_t word = (tag << 32) + lba, wrong = (sector[0] ^ lba) | (sector[1] ^ tag);

    for (unsigned i = 2; i < PATTERN_WORDS; i++) {
        word = pattern_next(word);
        wrong |= sector[i] ^ word;
    }
    return !wrong;
}

#endif
