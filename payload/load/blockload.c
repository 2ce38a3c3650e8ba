/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/blockload.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"

#include "payload/drivers/ahci.h"
#include "payload/drivers/nvme.h"
#include "payload/drivers/virtio_blk.h"

#include "payload/load/pattern.h"
#include <stdio.h>
#include <string.h>

#define SETTLE_MS 30000

/* ---- requests ---- */

/* Submit a random read. One word of each pattern in the buffer is spoilt first, so that old data does not pass for the answer. */
static bool submit(struct block_device *d, struct block_slot *s, struct random *r)
{
    uint64_t room = d->disk->sectors;

    s->r.sectors = 1 + random_below(r, disk_max_sectors(d->disk));
    if (s->r.sectors > room)
        s->r.sectors = (uint32_t)room;
    s->r.lba = random_below(r, (unsigned)(room - s->r.sectors + 1));
    for (unsigned i = 0; i < s->r.sectors * block_patterns(d->disk); i++)
        ((uint64_t *)s->r.buffer)[i * PATTERN_WORDS + PATTERN_WORDS - 1] = ~s->r.lba;
    s->submitted = time_now();
    s->since = s->share->active;
    s->reported = false;
    atomic_store_explicit(&s->state, BLOCK_BUSY, memory_order_relaxed);
    if (d->disk->ops->submit(d->disk, disk_queue_of(d->disk, hart_index()), &s->r) == DISK_OK) {
        s->share->submitted++;
        return true;
    }
    atomic_store_explicit(&s->state, BLOCK_FREE, memory_order_relaxed);
    return false;
}

static void say_mismatch(const struct block_device *d, const struct block_slot *s, unsigned i)
{
    const uint64_t *sector = (const uint64_t *)s->r.buffer + i * PATTERN_WORDS;

    print("%s: sector %lu of the image holds: number %lu, tag 0x%lx instead of 0x%lx, last word 0x%lx\n",
          d->disk->name, s->r.lba * block_patterns(d->disk) + i, sector[0], sector[1], d->tag,
          sector[PATTERN_WORDS - 1]);
}

static void verify(const struct block_device *d, struct block_slot *s)
{
    unsigned each = block_patterns(d->disk);

    for (unsigned i = 0; i < s->r.sectors * each; i++) {
        if (pattern_good((uint64_t *)s->r.buffer + i * PATTERN_WORDS, s->r.lba * each + i, d->tag))
            continue;
        if (!s->share->mismatches++)
            say_mismatch(d, s, i);
    }
}

/* Enter a request that ended into the books. */
static void harvest(struct block_device *d, struct block_slot *s)
{
    struct block_share *h = s->share;

    h->completed++;
    atomic_store_explicit(&d->explained, 0, memory_order_relaxed); /* the device works again */
    histogram_add(&h->latency, time_to_ns(s->completed - s->submitted));
    if (s->r.status == DISK_OK) {
        h->bytes += s->r.sectors * d->disk->sector_size;
        verify(d, s);
    } else {
        if (!h->failed++)
            print("%s: %u sectors at %lu: %s (0x%x)\n", d->disk->name, s->r.sectors, s->r.lba,
                  disk_strerror(s->r.status), s->r.detail);
        h->abandoned += atomic_load(&d->disk->dead) != 0;
    }
    atomic_store_explicit(&s->state, BLOCK_FREE, memory_order_relaxed);
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Make every hart take its interrupts once more, by a call. False: a hart did not answer, so nothing is proven. */
static bool all_took_theirs(void)
{
    hart_sleep_until(time_after(time_from_ms(BLOCK_LOOK_MS)));
    for (unsigned h = 0; h < hart_count(); h++) {
        int error = hang_call(h, nothing, NULL);
        if (error && error != AIA_EOFFLINE)
            return false;
    }
    return true;
}

/* For wedge.h: a request whose completion lies in memory. The device is assumed to have sent the interrupt. */
struct hanging {
    struct block_device *d;
    struct block_slot *s;
};

static int hanging_state(void *context, struct wedge_state *st)
{
    struct hanging *t = context;
    unsigned n = t->d->disk->ops->unseen(t->d->disk);

    (void)snprintf(st->holds, sizeof(st->holds), "%u completion%s in memory", n, n == 1 ? " lies" : "s lie");
    st->waits = st->sent = n != 0;
    st->progress = !block_busy(t->s);
    st->ran_at = t->s->submitted; /* no interrupt for this request has come since */
    return t->d->disk->ops->check(t->d->disk);
}

static void explain(struct block_device *d, struct block_slot *s)
{
    unsigned hart = (unsigned)(s->share - d->shares);
    struct hanging t = {d, s};
    const struct wedge_source source = {d->disk->name, disk_irq_of(d->disk, disk_queue_of(d->disk, hart)),
                                        hanging_state, disk_strerror, &t};

    if (!atomic_exchange(&d->explained, 1) &&
        wedge_look(&source) == WEDGE_SLOW) /* one line, because one edge may be lost for several requests */
        atomic_store(&d->explained, 0);    /* nothing was printed, so the next request may be explained */
}

/*
 * Find out why a request is overdue:
 *   the device is gone;
 *   the device has not completed the request;
 *   the device has completed it, and no interrupt came although every hart has taken its interrupts since: lost.
 */
static void look_into(struct block_device *d, struct block_slot *s)
{
    const struct disk_ops *ops = d->disk->ops;
    unsigned before = ops->unseen(d->disk), now = 0;
    int error = ops->check(d->disk);

    s->since = s->share->active; /* without a result the request is overdue again later */
    if (!error) {
        if (!all_took_theirs() || !block_busy(s))
            return;
        now = ops->unseen(d->disk);
        error = !now && !before ? DISK_ETIMEOUT : DISK_OK;
    }
    if (atomic_load(&d->disk->dead) || atomic_load(&d->suspect))
        return; /* the disk is being given up; what it reports no longer counts */
    if (error) {
        (void)atomic_exchange(&d->suspect, error);
    } else if (now && before) {
        s->reported = true;
        s->share->lost++;
        explain(d, s);
    }
}

/*
 * Add the time in which this hart ran. On a busy host all harts and the device may stand still for seconds, and the time
 * in which a hart is offline does not count either.
 */
static void tick(struct block_share *h)
{
    uint64_t now = time_now(), most = time_from_ms(1), passed = now - h->seen;

    h->active += passed < most ? passed : most;
    h->seen = now;
}

static bool overdue(struct block_device *d, struct block_slot *s)
{
    return !s->reported && !atomic_load(&d->suspect) &&
           s->share->active - s->since > time_from_ms(BLOCK_LOST_MS) && block_busy(s);
}

static bool step_device(struct block_device *d, struct random *r, bool more)
{
    struct block_share *h = &d->shares[hart_index()];
    bool did = false;

    tick(h);
    for (unsigned i = 0; i < DISK_DEPTH; i++) {
        struct block_slot *s = &h->slots[i];
        int state = atomic_load_explicit(&s->state, memory_order_acquire);
        if (state == BLOCK_DONE) {
            harvest(d, s);
            did = true;
        } else if (state == BLOCK_FREE && more) {
            more = submit(d, s, r); /* false: the queue is full; no more submissions in this turn */
            did |= more;
        } else if (state == BLOCK_BUSY && overdue(d, s)) {
            look_into(d, s);
        }
    }
    if (d->disk->ops->service) {
        int error = d->disk->ops->service(d->disk);
        if (error)
            (void)atomic_exchange(&d->suspect, error);
    }
    return did;
}

static bool step(const struct load_kind *kind, struct random *r)
{
    bool did = false;

    for (unsigned i = 0; i < block_n_devices && hart_index() < BLOCK_HARTS; i++)
        if (block_devices[i].kind == kind)
            did |= step_device(&block_devices[i], r, true);
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
        for (unsigned h = 0; h < BLOCK_HARTS && block_devices[i].kind == kind; h++) {
            tick(&block_devices[i].shares[h]);
            for (unsigned k = 0; k < DISK_DEPTH; k++) {
                struct block_slot *s = &block_devices[i].shares[h].slots[k];
                if (block_busy(s) && overdue(&block_devices[i], s))
                    look_into(&block_devices[i], s);
                if (atomic_load_explicit(&s->state, memory_order_acquire) == BLOCK_DONE)
                    harvest(&block_devices[i], s);
                n += block_busy(s) && !s->reported; /* a lost request does not end */
            }
        }
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

static unsigned us(uint64_t ns)
{
    return (unsigned)((ns + 500) / 1000);
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
              d->disk->empty, moves, us(histogram_quantile(&total_.latency, 500)),
              us(histogram_quantile(&total_.latency, 990)), us(total_.latency.max));
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
