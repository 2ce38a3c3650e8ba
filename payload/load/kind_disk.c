/* SPDX-License-Identifier: BSD-2-Clause */
/* Disks as kinds of load (kinds.h): NVMe, AHCI and virtio, which differ only in their driver. block.h has the work on a disk. */
#include "payload/load/block.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "payload/drivers/ahci.h"
#include "payload/drivers/nvme.h"
#include "payload/drivers/virtio_blk.h"
#include <string.h>

#define SETTLE_MS 30000

static bool step(const struct load_kind *kind, struct random *r)
{
    bool did = false;

    for (unsigned i = 0; i < block_n_devices && hart_index() < BLOCK_HARTS; i++)
        if (block_devices[i].kind == kind)
            did |= block_step(&block_devices[i], r);
    return did;
}

/* ---- on the controlling hart ---- */

/* Give up each disk that a hart found not to answer, and print its name. */
static void service(const struct load_kind *kind)
{
    for (unsigned i = 0; i < block_n_devices; i++) {
        struct block_device *d = &block_devices[i];
        int why = atomic_load(&d->suspect);
        if (d->kind != kind || !why || atomic_load(&d->disk->dead))
            continue;
        print("%s: given up: %s\n", d->disk->name, disk_strerror(why));
        disk_kill(d->disk, why);
    }
}

static unsigned outstanding(const struct load_kind *kind)
{
    unsigned n = 0;

    for (unsigned i = 0; i < block_n_devices; i++)
        if (block_devices[i].kind == kind)
            n += block_outstanding(&block_devices[i]);
    return n;
}

static bool settle(const struct load_kind *kind)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(SETTLE_MS));
    bool good = true;
    unsigned n;

    while ((n = outstanding(kind)) != 0) {
        for (unsigned i = 0; i < block_n_devices; i++)
            if (block_devices[i].kind == kind && block_devices[i].disk->ops->service)
                (void)block_devices[i].disk->ops->service(block_devices[i].disk);
        service(kind);
        unsigned hangs = hang_first();
        if (hangs != HANG_NONE)
            print("%s: %u requests unknown: hart %u hangs\n", kind->name, n, hangs);
        else if (!hart_wait_more(&w))
            print("%s: %u requests have not ended\n", kind->name, n);
        else
            continue;
        return false;
    }
    for (unsigned i = 0; i < block_n_devices; i++)
        if (block_devices[i].kind == kind && !atomic_load(&block_devices[i].disk->dead))
            good &= block_queues_work(&block_devices[i]);
    return good;
}

static unsigned irqs(const struct load_kind *kind, struct aia_irq **list, unsigned max)
{
    unsigned n = 0;

    for (unsigned i = 0; i < block_n_devices; i++)
        for (unsigned k = 0; block_devices[i].kind == kind && k < block_devices[i].disk->n_irqs && n < max;
             k++)
            if (!block_devices[i].disk->irqs[k]->managed)
                list[n++] = block_devices[i].disk->irqs[k];
    return n;
}

static void count(const struct load_kind *kind, uint64_t *completions, uint64_t *lost)
{
    for (unsigned i = 0; i < block_n_devices; i++)
        for (unsigned h = 0; h < BLOCK_HARTS && block_devices[i].kind == kind; h++) {
            *completions += block_devices[i].shares[h].completed;
            *lost += block_devices[i].shares[h].lost;
        }
}

static struct block_device *find(const struct load_kind *kind, const char *name)
{
    for (unsigned i = 0; i < block_n_devices; i++)
        if (block_devices[i].kind == kind && !strcmp(block_devices[i].disk->name, name))
            return &block_devices[i];
    return NULL;
}

static struct pci_device *device(const struct load_kind *kind, const char *name)
{
    const struct block_device *d = find(kind, name);

    return d ? d->disk->pd : NULL;
}

static void unplug(const struct load_kind *kind, const char *name)
{
    find(kind, name)->unplugged = true;
}

/* ---- the books ---- */

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

static struct block_share total_; /* too large for a stack; used by the controlling hart */

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

static bool balanced(const struct load_kind *kind)
{
    bool good = true;

    for (unsigned i = 0; i < block_n_devices; i++)
        if (block_devices[i].kind == kind)
            good &= balanced_device(&block_devices[i]);
    return good;
}

static void print_books(const struct load_kind *kind)
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
              d->disk->empty, moves, histogram_us(histogram_quantile(&total_.latency, 500)),
              histogram_us(histogram_quantile(&total_.latency, 990)), histogram_us(total_.latency.max));
    }
}

/* The kinds differ only in their driver. */
#define BLOCK_KIND(which)                                                                          \
    {                                                                                              \
        .name = #which, .noun = "disk", .data = &which##_driver, .find = block_find, .step = step, \
        .irqs = irqs, .service = service, .settle = settle, .count = count, .print = print_books,  \
        .balanced = balanced, .device = device, .unplug = unplug,                                  \
    }
const struct load_kind load_kind_nvme = BLOCK_KIND(nvme);
const struct load_kind load_kind_ahci = BLOCK_KIND(ahci);
const struct load_kind load_kind_virtio = BLOCK_KIND(virtio);
