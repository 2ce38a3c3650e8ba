/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/tally.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/time.h"
#include <stdio.h>

#define LATE_MS 100  /* an edge not seen by then is looked for */
#define LOST_MS 2000 /* and lost, if it is not then */

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
    return aia_irq_request(&aia, &r, &t->irq);
}

int tally_soft(struct tally *t, enum aia_msi_kind kind, struct aia_request r)
{
    *t = (struct tally){.device = TALLY_SOFT};
    soft_init(&t->soft, kind);
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
    return t->device == TALLY_SOFT ? t->soft.enabled : t->slow.enabled;
}

void tally_send(struct tally *t)
{
    atomic_fetch_add(&t->sent, 1);
    if (t->device == TALLY_SOFT)
        soft_raise(&t->soft);
    else
        slow_raise(&t->slow);
}

static bool wait_seen(struct tally *t, uint64_t n, unsigned ms)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));

    while (atomic_load_explicit(&t->seen, memory_order_acquire) < n) {
        if (t->device == TALLY_SLOW && t->slow.plays_itself)
            slow_poll(&t->slow);
        if (!hart_wait_more(&w))
            return false;
    }
    return true;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* On a busy host a hart may not have run at all: as load.c, have each take its interrupts once more. */
static bool look_for(struct tally *t, uint64_t n)
{
    for (unsigned h = 0; h < hart_count(); h++)
        (void)aia_call(&aia, h, nothing, NULL);
    if (wait_seen(t, n, LOST_MS)) {
        t->delayed++;
        return true;
    }
    t->lost++;
    print("%s: lost edge %lu, seen %lu: flow 0x%x, now at hart %u identity %u\n", t->name, n,
          atomic_load(&t->seen), atomic_load(&t->irq->flow), t->irq->vec.hart, t->irq->vec.id);
    return false;
}

/* A device that was shut down before it could send owes nothing. */
static bool sent_for_nothing(struct tally *t, uint64_t n)
{
    uint64_t last = n;

    return !tally_started(t) && atomic_compare_exchange_strong(&t->sent, &last, n - 1);
}

bool tally_edge(struct tally *t)
{
    tally_send(t);
    uint64_t n = atomic_load(&t->sent);
    if (wait_seen(t, n, LATE_MS) || sent_for_nothing(t, n))
        return true;
    return look_for(t, n);
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
    bool good = !t->lost && !t->wrong && t->seen == t->sent;

    if (!good)
        print("%s: sent %lu, seen %lu, lost %lu, two at once %lu\n", t->name, t->sent, t->seen, t->lost,
              t->wrong);
    return good;
}
