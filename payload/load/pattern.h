/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The pattern that scripts/image writes to a disk: each sector holds its own number, the disk's tag, and 62 words computed
 * from both. So the right sector is told apart from a sector of another place, disk or time, and from half a sector.
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
