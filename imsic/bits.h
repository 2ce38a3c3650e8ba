/* SPDX-License-Identifier: BSD-2-Clause */
/* Find-first-set, where the instruction set may lack it: then a compiler's built-in is a call of thirty instructions. */
#ifndef IMSIC_BITS_H
#define IMSIC_BITS_H

#include <stdint.h>

/* The number of the lowest bit that is set; v is not 0. */
static inline unsigned lowest_bit(uint64_t v)
{
#if defined(__riscv) && !defined(__riscv_zbb)
    /* The lowest bit alone times a de Bruijn sequence has a different top 6 bits for each. */
    static const uint8_t bit_of[64] = {
        0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42,
        22, 9,  24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
        23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
    };
    return bit_of[(v & -v) * 0x022fdd63cc95386dull >> 58];
#else
    return (unsigned)__builtin_ctzll(v);
#endif
}

#endif
