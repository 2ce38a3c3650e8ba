/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts of values by size. The width of a bucket is at most one sixteenth of its values. */
#ifndef PAYLOAD_LOAD_HISTOGRAM_H
#define PAYLOAD_LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS (61 * 16)

struct histogram {
    uint64_t n, max;
    uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);

/* Add all of `from` to `h`. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/* The value that `per_mille` of 1000 values do not exceed, rounded up to the end of its bucket; 0 if there is no value. */
uint64_t histogram_quantile(const struct histogram *h, unsigned per_mille);

/* Nanoseconds as microseconds, rounded, for a column of a table. */
static inline unsigned histogram_us(uint64_t ns)
{
    return (unsigned)((ns + 500) / 1000);
}

#endif
