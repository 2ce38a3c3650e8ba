/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/tally.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include "lib/container.h"
#include <stddef.h>
#include <stdio.h>

#define LATE_MS 100  /* after this time without a handler run, an edge is looked for */
#define LOST_MS 2000 /* after this further time, the edge is lost */

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct tally *t = context;
    uint64_t sent = atomic_load(&t->sent);

    (void)irq;
    if (atomic_fetch_add(&t->inside, 1))
        atomic_fetch_add(&t->wrong, 1);
    if (sent > atomic_load(&t->seen))
        atomic_store(&t->seen, sent);
    atomic_fetch_add(&t->runs, 1);
    atomic_fetch_sub(&t->inside, 1);
    return AIA_HANDLED;
}

static int request(struct tally *t, struct aia_msi *msi, struct aia_request r)
{
    (void)snprintf(t->name, sizeof(t->name), "%s", r.name);
    r.name = t->name;
    r.handler = handler;
    r.context = t;
    r.msi = msi;
    int error = aia_irq_request(&aia, &r, &t->irq);
    irq_had_ids(error);
    return error;
}

/* ---- sending: an edge of a device that is not started is not counted ---- */

static unsigned long lock(struct tally *t)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));
    unsigned long was = csr_irq_save();

    while (atomic_exchange_explicit(&t->lock, 1, memory_order_acquire))
        hang_wait_more(&w);
    return was;
}

static void unlock(struct tally *t, unsigned long was)
{
    atomic_store_explicit(&t->lock, 0, memory_order_release);
    csr_irq_restore(was);
}

static struct tally *tally_of(struct aia_msi *msi)
{
    return container_of(msi, struct tally, soft.msi);
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct tally *t = tally_of(msi);
    unsigned long was = lock(t);

    t->real->start(msi, m);
    t->started = 1;
    unlock(t, was);
}

static void stop(struct aia_msi *msi)
{
    struct tally *t = tally_of(msi);
    unsigned long was = lock(t);

    t->started = 0;
    t->real->stop(msi);
    unlock(t, was);
}

int tally_soft(struct tally *t, enum aia_msi_kind kind, struct aia_request r)
{
    unsigned near = 0;

    while (near + 1 < hart_count() && !aia_hartset_has(&r.affinity, near))
        near++;
    *t = (struct tally){.device = TALLY_SOFT};
    soft_init_near(&t->soft, kind, near);
    t->real = t->soft.msi.ops;
    t->ops = *t->real;
    t->ops.start = start;
    t->ops.stop = stop;
    t->soft.msi.ops = &t->ops;
    return request(t, &t->soft.msi, r);
}

int tally_slow(struct tally *t, uint64_t delay_us, bool plays_itself, struct aia_request r)
{
    *t = (struct tally){.device = TALLY_SLOW};
    slow_init(&t->slow, time_from_us(delay_us), time_from_ms(500));
    t->slow.plays_itself = plays_itself;
    return request(t, &t->slow.msi, r);
}

bool tally_started(const struct tally *t)
{
    return t->device == TALLY_SOFT ? t->started : t->slow.enabled;
}

/* Called with `lock` held, which also protects `random` and the delay. */
static void send_soft(struct tally *t)
{
    if (t->post_us)
        t->soft.delay = time_from_us(1 + random_below(&t->random, t->post_us));
    soft_raise(&t->soft);
}

bool tally_send(struct tally *t)
{
    unsigned long was = lock(t);
    bool sent = t->device == TALLY_SLOW || t->started;

    uint64_t n = atomic_fetch_add(&t->sent, 1) + 1;
    if (t->device == TALLY_SLOW)
        sent = slow_raise(&t->slow);
    else if (sent)
        send_soft(t);
    if (sent)
        atomic_store(&t->last, n);
    t->edges += sent;
    unlock(t, was);
    return sent;
}

void tally_poll(struct tally *t)
{
    if (t->device == TALLY_SOFT && t->post_us)
        soft_poll(&t->soft);
    else if (t->device == TALLY_SLOW)
        slow_poll(&t->slow);
}

static bool wait_seen(struct tally *t, uint64_t n, unsigned ms)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));

    while (atomic_load_explicit(&t->seen, memory_order_acquire) < n) {
        if (t->device == TALLY_SOFT || t->slow.plays_itself)
            tally_poll(t);
        if (!hart_wait_more(&w))
            return false;
    }
    return true;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* On a busy host a hart may not have run at all. As load.c does, make each hart take its interrupts once more. */
static bool look_for(struct tally *t, uint64_t n)
{
    for (unsigned h = 0; h < hart_count(); h++)
        (void)hang_call(h, nothing, NULL);
    if (wait_seen(t, n, LOST_MS)) {
        t->delayed++;
        return true;
    }
    if (hang_keeps(t->irq) != HANG_NONE) {
        t->unknown++;
        return false;
    }
    t->lost++;
    print("%s: lost edge %lu, seen %lu: flow 0x%x, now at hart %u identity %u\n", t->name, n,
          atomic_load(&t->seen), atomic_load(&t->irq->flow), t->irq->vec.hart, t->irq->vec.id);
    return false;
}

bool tally_edge(struct tally *t)
{
    if (!tally_send(t))
        return false;
    uint64_t n = atomic_load(&t->last);
    return wait_seen(t, n, LATE_MS) || look_for(t, n);
}

bool tally_step(struct tally *t)
{
    if (!tally_started(t) || atomic_exchange_explicit(&t->taken, 1, memory_order_acquire))
        return false;
    (void)tally_edge(t);
    atomic_store_explicit(&t->taken, 0, memory_order_release);
    return true;
}

bool tally_balanced(const struct tally *t)
{
    bool good = !t->lost && !t->unknown && !t->wrong && t->seen >= t->last;
    unsigned hangs = hang_keeps(t->irq);

    hangs = hangs == HANG_NONE ? hang_first() : hangs;
    if (hangs != HANG_NONE && !good && !t->lost && !t->wrong)
        print("%s: last edge sent %lu, seen %lu: unknown, hart %u hangs\n", t->name, t->last, t->seen, hangs);
    else if (!good)
        print("%s: last edge sent %lu, seen %lu, lost %lu, overlapping runs %lu\n", t->name, t->last, t->seen,
              t->lost, t->wrong);
    return good;
}
