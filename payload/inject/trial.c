/* SPDX-License-Identifier: BSD-2-Clause */
/* One trial: the other harts in their parts, the move, and what came of it. */
#include "payload/inject/trial.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/inject/trial_edge.h"
#include "payload/inject/trial_place.h"
#include "csr.h"

#define ANSWER_US 300 /* an edge without a handler run by then is lost */
#define HOLD_US   40  /* a hart that is itself called for holds its interrupts off for no longer */

/* All waits sleep at once (trial_edge.c, the clock). */
static struct hart_wait sleepy(uint64_t us)
{
    struct hart_wait w = hart_wait_begin(time_from_us(us));

    w.spins = 0;
    return w;
}

static bool more(struct hart_wait *w, unsigned us)
{
    w->sleep = time_from_us(us);
    return hart_wait_more(w);
}

/* ---- the other harts ---- */

static _Atomic int stop_busy, busy_on, release, hold_on;

/* A hart that is never idle, interrupts on. */
static void busy(void *arg)
{
    (void)arg;
    busy_on = 1;
    while (!stop_busy)
        edges_lap(&stop_busy);
    time_arm_wake(TIME_NEVER);
    busy_on = 0;
}

static void hold(void *arg)
{
    unsigned long was = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
    struct hart_wait w = sleepy(arg ? HOLD_US : 1000000);

    edges_hold(true);
    hold_on = 1;
    while (!release && more(&w, 1)) /* an interrupt keeps it from sleeping, but its timer gives turns away */
        ;
    edges_hold(false);
    csr_set(sstatus, was);
    hold_on = 0;
}

static bool wait_flag(_Atomic int *flag, int want)
{
    struct hart_wait w = sleepy(10000);

    while (*flag != want)
        if (!more(&w, 1))
            return false;
    return true;
}

static bool others_begin(const struct trial *t)
{
    bool good = true;

    stop_busy = release = 0;
    if (t->busy)
        good = !hart_run(place.new, busy, NULL) && wait_flag(&busy_on, 1);
    if (t->old == TRIAL_OLD_OFF) {
        void *bounded = place.kind == TRIAL_TORN ? &place : NULL;
        good = good && !hart_run(place.old, hold, bounded) && wait_flag(&hold_on, 1);
    }
    return good;
}

static bool others_end(const struct trial *t)
{
    bool good = true;

    stop_busy = release = 1;
    if (t->old == TRIAL_OLD_OFF)
        good = !hart_join(place.old, time_from_ms(10));
    if (t->busy)
        good = good && !hart_join(place.new, time_from_ms(10));
    return good;
}

/* ---- the trial ---- */

static void wait_answered(void)
{
    struct hart_wait w = sleepy(ANSWER_US);

    while (!edges_all_answered() && more(&w, ANSWER_US)) /* or woken by the handler */
        ;
}

/* Until all that retired is free again: soon, or when the lazy timer has come, which an idle machine skips to. */
static bool wait_reclaimed(bool *early)
{
    static const unsigned us[] = {5, 20, 100};

    for (unsigned i = 0; i < 3 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(time_from_us(us[i])));
    *early = !place.irq->n_retiring;
    for (unsigned i = 0; i < 2 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(aia.config.lazy_period + time_from_us(20)));
    return !place.irq->n_retiring;
}

static uint64_t strays(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned + aia.config.harts[h].late;
    return n;
}

static void note_edges(struct trial_result *r)
{
    for (unsigned i = 0; i < TRIAL_EDGES; i++) {
        const struct edge *e = &edges[i];
        if (!e->raised)
            continue;
        r->edges++;
        r->lost += !e->answered;
        r->access[i] = e->access;
        if (!e->of_neighbour)
            r->landed[e->where]++;
        if (!e->of_neighbour && e->delay.instret > r->delay[e->where])
            r->delay[e->where] = e->delay.instret;
        if (!e->of_neighbour && e->delay.ns > r->ns[e->where])
            r->ns[e->where] = e->delay.ns;
    }
}

/* The move, and all that comes of it. */
static void play(const struct trial *t, struct trial_result *r)
{
    struct aia_hartset set = aia_hartset_one(place.new);
    const char *wrong = NULL;

    if (!others_begin(t)) {
        r->wrong = "the other harts do not do as they are told";
        return;
    }
    edges_begin(t);
    int error = aia_irq_set_affinity(&aia, place.irq, &set);
    edges_moved();
    if (error)
        wrong = aia_strerror(error);
    release = 1;
    wait_answered();
    if (!others_end(t))
        wrong = "the other harts do not come back";
    if (!wait_reclaimed(&r->early))
        wrong = "a vector is not reclaimed";
    wait_answered();
    r->accesses = edges_end();
    r->wrong = wrong;
}

struct trial_result trial_run(const struct trial *t)
{
    struct trial_result r = {0};

    if (!place_prepare(t->old == TRIAL_OLD_SELF)) {
        r.wrong = "the interrupt cannot be put in its place";
        return r;
    }
    enum aia_update kind = place_update();
    uint64_t stray = strays(), copies = aia.torn_copies, before = edge_runs, neighbours = edge_neighbour_runs;
    uint64_t forwarded = place.irq->count.forwarded, resent = place.irq->count.resent,
             updates = aia.updates[kind];

    play(t, &r);
    note_edges(&r);
    if (!r.wrong && aia.updates[kind] != updates + 1)
        r.wrong = "not the update it should be";
    r.copies = (unsigned)(aia.torn_copies - copies);
    r.forwarded = (unsigned)(place.irq->count.forwarded - forwarded);
    uint64_t own = edges[1].raised && edges[1].of_neighbour, allowed = own + r.copies;
    r.stray = (unsigned)(strays() - stray);
    if (edge_neighbour_runs - neighbours > allowed)
        r.stray += (unsigned)(edge_neighbour_runs - neighbours - allowed);
    uint64_t most = r.edges - own + r.copies + (place.irq->count.resent - resent);
    if (edge_runs - before > most)
        r.phantom = (unsigned)(edge_runs - before - most);
    return r;
}
