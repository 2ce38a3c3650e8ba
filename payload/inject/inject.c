/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=inject, in a build with HOOKS=1 and a deterministic run: a move of each kind and policy is repeated, with an edge of
 * the device raised exactly before access k, for each k; then with two edges, for each pair of accesses. The old hart has
 * its interrupts on, or holds them off, or is the hart that moves. The new hart is idle or busy. At the edge the other harts
 * stand still or run on. Each edge must be handled, no other handler may run, and no edge may wait.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/inject/trial.h"
#include "csr.h"
#include <stddef.h>
#include <string.h>

#define DELAY_MAX 3000  /* the longest delay that is allowed, in instructions */
#define TIME_MAX  20000 /* the same in ns, which includes sleep; a wait for the lazy timer would take 1 ms */
#define TOLD      3     /* failures of one row that are printed */
#define GIVE_UP   20    /* failures after which a row ends */

const struct arg job_inject_args[] = {
    ARG_TEXT("kind", "only this kind of move"),
    ARG_ONE_OF("pairs", "none, some (of the default policy), all (some)", "none some all"),
    ARGS_END,
};

static struct totals {
    uint64_t points, pairs, edges, lost, foreign, extra, forwarded, copies, bad, trials, early;
    uint64_t landed[EDGE_N_WHERE]; /* edges whose delays count */
    uint64_t delay[EDGE_N_WHERE], ns[EDGE_N_WHERE];
} row, sum, lazy_1s;

static bool by_time; /* harts have no common count of instructions: delays are in ns */

static const struct policy {
    const char *name;
    struct aia_policy policy;
    unsigned lazy_us; /* 0: as given */
} policies[] = {
    {"forward, lazy", {AIA_FORWARD, AIA_RECLAIM_LAZY}, 0},
    {"forward, lazy 1 s", {AIA_FORWARD, AIA_RECLAIM_LAZY}, 1000000},
    {"forward, eager", {AIA_FORWARD, AIA_RECLAIM_EAGER}, 0},
    {"forward, first edge", {AIA_FORWARD, AIA_RECLAIM_FIRST_EDGE}, 0},
    {"in place, lazy", {AIA_IN_PLACE, AIA_RECLAIM_LAZY}, 0},
    {"in place, lazy 1 s", {AIA_IN_PLACE, AIA_RECLAIM_LAZY}, 1000000},
    {"in place, eager", {AIA_IN_PLACE, AIA_RECLAIM_EAGER}, 0},
    {"in place, first edge", {AIA_IN_PLACE, AIA_RECLAIM_FIRST_EDGE}, 0},
};
#define N_POLICIES (sizeof(policies) / sizeof(policies[0]))

static void tell(const struct trial *t, const struct trial_result *r)
{
    static const char *const olds[TRIAL_N_OLDS] = {"on", "off", "moving"};

    print("  old hart %s, new hart %s, others %s:", olds[t->old], t->busy ? "busy" : "idle",
          t->together ? "run on" : "stand still");
    for (unsigned i = 0; i < EDGES; i++)
        if (t->at[i])
            print(" %s before access %u (%s)", i && t->bystander ? "the bystander's edge" : "edge", t->at[i],
                  r->access[i] ? r->access[i] : "not made");
    print(": lost %u, foreign runs %u, extra runs %u%s%s\n", r->lost, r->foreign, r->extra,
          r->wrong ? ", " : "", r->wrong ? r->wrong : "");
}

/* Run one trial and add it to the row. False: an access before which an edge is raised was not made, or the row ends. */
static bool one(const struct trial *t)
{
    struct trial_result r = trial_run(t);
    bool good = !r.lost && !r.foreign && !r.extra && !r.wrong;

    row.trials++;
    row.early += r.early;
    row.edges += r.edges;
    row.lost += r.lost;
    row.foreign += r.foreign;
    row.extra += r.extra;
    row.forwarded += r.forwarded;
    row.copies += r.copies;
    for (unsigned w = 0; w < EDGE_N_WHERE && !t->at[1];
         w++) { /* with two edges, an edge may have to wait for the other's handler */
        row.landed[w] += r.landed[w];
        if (r.delay[w] > row.delay[w])
            row.delay[w] = r.delay[w];
        if (r.ns[w] > row.ns[w])
            row.ns[w] = r.ns[w];
    }
    if (!good && row.bad++ < TOLD)
        tell(t, &r);
    return r.edges == (t->at[1] ? 2u : 1u) && row.bad < GIVE_UP;
}

/*
 * Raise an edge before every access k; with `pairs`, two edges before every k1 and every k2 from k1 on. There is no fixed
 * number of accesses: the handling of the first edge adds some.
 */
static void inject(struct trial t, bool pairs)
{
    for (t.at[0] = 1; row.bad < GIVE_UP; t.at[0]++) {
        t.at[1] = 0;
        if (!pairs) {
            if (!one(&t))
                return;
            row.points++;
            continue;
        }
        for (t.at[1] = t.at[0]; one(&t); t.at[1]++)
            row.pairs++;
        if (t.at[1] == t.at[0])
            return;
    }
}

static void inject_all(enum trial_kind kind, bool pairs)
{
    for (unsigned i = 0; i < TRIAL_N_OLDS * 4; i++) {
        struct trial t = {.old = i / 4, .busy = i & 1, .together = i & 2};
        inject(t, false);
        if (!pairs)
            continue;
        inject(t, true);
        t.bystander = true;
        if (kind == TRIAL_TORN)
            inject(t, true);
    }
}

static void add_row(struct totals *total)
{
    uint64_t *to = (uint64_t *)total;
    const uint64_t *from = (const uint64_t *)&row;

    for (unsigned i = 0; i < offsetof(struct totals, delay) / sizeof(*to); i++)
        to[i] += from[i];
    for (unsigned w = 0; w < EDGE_N_WHERE; w++)
        if (row.delay[w] > total->delay[w])
            total->delay[w] = row.delay[w];
}

/*
 * True if vectors were reclaimed as the policy says: eager, each time before the lazy timer; at the first edge, in some
 * trials before the timer; lazy, never before the timer.
 */
static bool reclaimed_as_asked(enum aia_reclaim reclaim)
{
    return reclaim == AIA_RECLAIM_EAGER        ? row.early == row.trials
           : reclaim == AIA_RECLAIM_FIRST_EDGE ? row.early > 0
                                               : !row.early;
}

static void note_instret(void *arg)
{
    *(unsigned long *)arg = csr_read(instret);
}

/* True if all harts count instructions by one clock (edge.c). Then each other hart's count lies between two counts of this hart taken before and after. */
static bool is_one_clock(void)
{
    for (unsigned h = 0; h < hart_count(); h++) {
        unsigned long theirs = 0, before = csr_read(instret);
        if (!hart_is_online(h) || aia_call(&aia, h, note_instret, &theirs))
            continue;
        unsigned long after = csr_read(instret);
        if (theirs < before || theirs > after)
            return false;
    }
    return true;
}

static void run_row(enum trial_kind kind, const struct policy *p, bool pairs)
{
    uint64_t lazy = aia.config.lazy_period;
    struct trial count = {.old = TRIAL_OLD_SELF};

    row = (struct totals){0};
    if (!trial_begin(kind, p->policy))
        return;
    if (p->lazy_us)
        aia.config.lazy_period = time_from_us(p->lazy_us);
    unsigned accesses = trial_run(&count).accesses;
    inject_all(kind, pairs);
    aia.config.lazy_period = lazy;
    by_time |= !is_one_clock();
    if (by_time)
        memcpy(row.delay, row.ns, sizeof(row.delay));
    bool free = trial_end();
    print("%-12s %-20s %4u %7lu %8lu %8lu %5lu %5lu %9lu %7lu %6lu %6lu %6lu\n", trial_kind_name(kind),
          p->name, accesses, row.points, row.pairs, row.edges, row.lost, row.foreign + row.extra,
          row.forwarded, row.copies, row.delay[EDGE_ON_OLD], row.delay[EDGE_ON_NEW], row.delay[EDGE_KEPT]);
    if (row.bad || !row.points || !free)
        check(false, "%s, %s: %lu trials failed", trial_kind_name(kind), p->name, row.bad);
    if (!reclaimed_as_asked(p->policy.reclaim))
        check(false, "%s, %s: %lu of %lu times reclaimed before the lazy timer", trial_kind_name(kind),
              p->name, row.early, row.trials);
    add_row(&sum);
    if (p->lazy_us)
        add_row(&lazy_1s);
}

static bool hooked(void)
{
    struct trial t = {.old = TRIAL_OLD_SELF};

    if (!trial_begin(TRIAL_ADDR, policies[0].policy))
        return false;
    unsigned accesses = trial_run(&t).accesses;
    if (!accesses)
        (void)untested("this job needs a build with a hook at each access: make HOOKS=1");
    return trial_end() && accesses;
}

/* True if the delays of edges that went there are within the limit. A delay of 0 shows that the clock does not work. */
static bool soon(const struct totals *t, enum edge_where where)
{
    return t->landed[where] && t->delay[where] && t->delay[where] < (by_time ? TIME_MAX : DELAY_MAX);
}

static void check_delays(const struct totals *t, const char *when)
{
    check(soon(t, EDGE_ON_OLD),
          "an edge that lands on the old vector runs its handler within %lu %s%s; %lu did",
          t->delay[EDGE_ON_OLD], by_time ? "ns" : "instructions", when, t->landed[EDGE_ON_OLD]);
    check(soon(t, EDGE_ON_NEW),
          "an edge that lands on the new vector, hart idle or busy, within %lu%s; %lu did",
          t->delay[EDGE_ON_NEW], when, t->landed[EDGE_ON_NEW]);
}

/* Refuse kind= if there is no such kind. */
static void check_kind(const char *only)
{
    for (unsigned kind = 0; kind < TRIAL_N_KINDS && only; kind++)
        if (!strcmp(only, trial_kind_name(kind)))
            return;
    if (only)
        args_refuse("kind", "no such kind of move");
}

int job_inject(void)
{
    const char *only = args_get("kind"), *pairs = args_get("pairs");

    check_kind(only);
    if (!trial_init() || !hooked())
        return EXIT_MACHINE;
    print("%-12s %-20s %4s %7s %8s %8s %5s %5s %9s %7s  max delay: old, new, kept\n", "move",
          "caught, reclaim", "K", "points", "pairs", "edges", "lost", "extra", "forwarded", "copies");
    for (unsigned kind = 0; kind < TRIAL_N_KINDS; kind++) {
        if (!trial_has(kind) || (only && strcmp(only, trial_kind_name(kind))))
            continue;
        for (unsigned p = 0; p < N_POLICIES; p++)
            run_row(kind, &policies[p],
                    pairs ? !strcmp(pairs, "all") || (p == 0 && strcmp(pairs, "none")) : p == 0);
    }
    worked(sum.points, "these harts have no such moves");
    check(!sum.bad, "%lu single points, %lu pairs, %lu edges: %lu lost, %lu foreign runs, %lu extra runs",
          sum.points, sum.pairs, sum.edges, sum.lost, sum.foreign, sum.extra);
    check_delays(&sum, "");
    check_delays(&lazy_1s, ", with a lazy timer of 1 s");
    return verdict();
}
