/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of all the requests (blockload.h). */
#include "payload/load/blockload.h"
#include "payload/kernel/console.h"
#include <string.h>

static void sum(const struct block_device *d, struct block_share *total)
{
    memset(total, 0, sizeof(*total));
    for (unsigned h = 0; h < BLOCK_HARTS; h++) {
        const struct block_share *s = &d->shares[h];
        total->submitted += s->submitted;
        total->completed += s->completed;
        total->bytes += s->bytes;
        total->mismatches += s->mismatches;
        total->failed += s->failed;
        total->abandoned += s->abandoned;
        total->lost += s->lost;
        total->twice += s->twice;
        histogram_merge(&total->latency, &s->latency);
    }
}

static struct block_share total_; /* too large for a stack; the controlling hart's */

static bool balanced_device(const struct block_device *d)
{
    const struct block_share *t = &total_;
    bool dead = atomic_load(&d->disk->dead) != 0;

    sum(d, &total_);
    if (t->submitted == t->completed && !t->mismatches && t->failed == t->abandoned && !t->lost &&
        !t->twice && !d->disk->bogus && dead == d->unplugged)
        return true;
    print(
        "%s: books do not balance: submitted %lu, completed %lu, mismatches %lu, failed %lu, lost %lu, twice %lu, "
        "bogus %lu%s\n",
        d->disk->name, t->submitted, t->completed, t->mismatches, t->failed - t->abandoned, t->lost, t->twice,
        d->disk->bogus,
        dead == d->unplugged ? ""
        : dead               ? ", given up"
                             : ", unplugged and not noticed");
    return false;
}

bool block_balanced(const struct load_kind *kind)
{
    bool good = true;

    for (unsigned i = 0; i < block_n_devices; i++)
        if (block_devices[i].kind == kind)
            good &= balanced_device(&block_devices[i]);
    return good;
}

static unsigned us(uint64_t ns)
{
    return (unsigned)((ns + 500) / 1000);
}

void block_print(const struct load_kind *kind)
{
    static bool titled;

    if (!titled)
        print("\n%-8s %9s %7s %10s %6s %7s %9s %9s %9s %7s %7s %7s\n", "disk", "completed", "MiB",
              "mismatches", "lost", "failed", "interrupts", "empty", "moves", "p50 us", "p99 us", "max us");
    titled = true;
    for (unsigned i = 0; i < block_n_devices; i++) {
        const struct block_device *d = &block_devices[i];
        uint64_t moves = 0;
        if (d->kind != kind)
            continue;
        sum(d, &total_);
        for (unsigned k = 0; k < d->disk->n_irqs; k++)
            moves += d->disk->irqs[k]->count.moves;
        print("%-8s %9lu %7lu %10lu %6lu %7lu %10lu %9lu %9lu %7u %7u %7u\n", d->disk->name, total_.completed,
              total_.bytes >> 20, total_.mismatches, total_.lost, total_.failed, d->disk->runs,
              d->disk->empty, moves, us(histogram_quantile(&total_.latency, 500)),
              us(histogram_quantile(&total_.latency, 990)), us(total_.latency.max));
    }
}
