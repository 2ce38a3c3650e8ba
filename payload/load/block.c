/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/block.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "payload/load/pattern.h"
#include <stdio.h>

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

bool block_step(struct block_device *d, struct random *r)
{
    struct block_share *h = &d->shares[hart_index()];
    bool did = false, more = true;

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

unsigned block_outstanding(struct block_device *d)
{
    unsigned n = 0;

    for (unsigned h = 0; h < BLOCK_HARTS; h++) {
        tick(&d->shares[h]);
        for (unsigned k = 0; k < DISK_DEPTH; k++) {
            struct block_slot *s = &d->shares[h].slots[k];
            if (block_busy(s) && overdue(d, s))
                look_into(d, s);
            if (atomic_load_explicit(&s->state, memory_order_acquire) == BLOCK_DONE)
                harvest(d, s);
            n += block_busy(s) && !s->reported; /* a lost request does not end */
        }
    }
    return n;
}
