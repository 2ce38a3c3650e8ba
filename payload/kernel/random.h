/* SPDX-License-Identifier: BSD-2-Clause */
/* Pseudo-random numbers: splitmix64. The same seed gives the same numbers. Each user has its own state. */
#ifndef PAYLOAD_KERNEL_RANDOM_H
#define PAYLOAD_KERNEL_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* A number from 0 to n - 1. */
static inline unsigned random_below(struct random *r, unsigned n)
{
    return (unsigned)((random_next(r) >> 32) * n >> 32);
}

#endif
