/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/histogram.h"

/* Values below 16 have a bucket each; above, the leading bit and the next four bits select the bucket. */
static unsigned bucket(uint64_t v)
{
    if (v < 16)
        return (unsigned)v;
    unsigned top = 63 - (unsigned)__builtin_clzll(v);
    return (top - 3) * 16 + (unsigned)(v >> (top - 4) & 15);
}

static uint64_t bucket_end(unsigned b)
{
    if (b < 16)
        return b;
    unsigned shift = b / 16 - 1;
    return ((16ull + b % 16 + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->n++;
    h->buckets[bucket(value)]++;
    if (value > h->max)
        h->max = value;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
    h->n += from->n;
    if (from->max > h->max)
        h->max = from->max;
    for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++)
        h->buckets[b] += from->buckets[b];
}

uint64_t histogram_quantile(const struct histogram *h, unsigned per_mille)
{
    uint64_t rank = (h->n * per_mille + 999) / 1000, sum = 0;

    for (unsigned b = 0; b < HISTOGRAM_BUCKETS; b++) {
        sum += h->buckets[b];
        if (sum && sum >= rank)
            return bucket_end(b) < h->max ? bucket_end(b) : h->max;
    }
    return 0;
}
