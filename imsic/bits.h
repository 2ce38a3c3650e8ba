/* SPDX-License-Identifier: BSD-2-Clause */
/* Find the first set bit. Without the Zbb extension the compiler's built-in is a call of thirty instructions. */
#ifndef IMSIC_BITS_H
#define IMSIC_BITS_H

#include <stdint.h>

/* The number of a bit, by the top 6 bits of that bit times a de Bruijn sequence (bits.c). */
extern const uint8_t imsic_bit_of[64];

/* The number of the lowest set bit of v. v is not 0. */
static inline unsigned lowest_bit(uint64_t v)
{
#if defined(__riscv) && !defined(__riscv_zbb)
    return imsic_bit_of[(v & -v) * 0x022fdd63cc95386dull >> 58];
#else
    return (unsigned)__builtin_ctzll(v);
#endif
}

#endif
