/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=churn: one cell of `make hotplug`. All harts raise edges of the chosen devices and move their interrupts, under the
 * chosen policies, while harts go offline and come back. An audit follows every cycle.
 */
#include "payload/kernel/args.h"
#include "payload/report/audit.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/load/fire.h"
#include "payload/load/hangs.h"
#include "payload/jobs.h"
#include <string.h>

const struct arg job_churn_args[] = {
    ARG_WORK("seconds", "how long (2)", ARG_MAX_SECONDS),
    ARG_SEED,
    ARG_ONE_OF(
        "devices",
        "edu, soft (one of each kind of message), slow, managed or all (all); wired: all except slow, by wire",
        "edu soft slow managed all wired"),
    ARG_NUMBER("caught", "an edge on a retiring vector is: 0 forwarded, 1 handled in place (0)", 0, 1),
    ARG_NUMBER("reclaim",
               "a retiring vector is reclaimed: 0 lazily, 1 after the move, 2 at the first edge (0)", 0, 2),
    HANGS_ARG,
    ARG_WORK("down", "how many harts may be offline together (2)", MACHINE_MAX_HARTS),
    ARGS_END,
};

static struct random control;
static uint64_t cycles, audits, failures;
static struct aia_policy policy;

static bool chosen(const char *what)
{
    const char *devices = args_get("devices");

    return !devices || !strcmp(devices, "all") || !strcmp(devices, "wired") || !strcmp(devices, what);
}

/* ---- devices ---- */

static struct aia_request request(const char *name)
{
    return (struct aia_request){.name = name, .affinity = aia_hartset_first(hart_count()), .policy = policy};
}

/* A managed request for two harts: the first online hart from `a` on, and the next. */
static struct aia_request managed_request(unsigned a)
{
    struct aia_request r = request("managed");

    r.managed = true;
    r.affinity = aia_hartset_one(hart_from(a));
    aia_hartset_add(&r.affinity, hart_from(hart_from(a) + 1));
    return r;
}

/* Delays of the soft devices' messages, in turn: none; within a move; across some moves; across an offline. */
static const unsigned posts_us[] = {0, 20, 200, 2000};
static unsigned n_posts;

static bool add_one_soft(unsigned kind, struct aia_request r)
{
    struct tally *t = &fire.tallies[fire.n_tallies++];
    bool good = !tally_soft(t, kind, r);

    t->random.state = random_next(&control);
    t->post_us = posts_us[n_posts++ % 4];
    return good;
}

static bool add_soft(void)
{
    static const char *const names[] = {"plain", "maskable", "store"};
    bool good = true;

    for (unsigned i = 0; i < 3; i++)
        good &= add_one_soft(i, request(names[i]));
    return good;
}

static bool add_slow(void)
{
    bool good = true;

    for (unsigned i = 0; i < 2; i++) {
        struct tally *t = &fire.tallies[fire.n_tallies++];
        good &= !tally_slow(t, 20, true, request("slow"));
        t->slow.post = i ? time_from_us(30) : 0;
    }
    return good;
}

static bool add_managed(void)
{
    bool good = true;

    for (unsigned i = 0; i < 3; i++)
        good &= add_one_soft(i, managed_request(i));
    if (!wires_wanted())
        good &= !tally_slow(&fire.tallies[fire.n_tallies++], 20, true, managed_request(1));
    return good;
}

static bool set_up(void)
{
    bool good = true;

    policy.caught = args_u64("caught", 0) ? AIA_IN_PLACE : AIA_FORWARD;
    policy.reclaim = (enum aia_reclaim)args_u64("reclaim", 0);
    fire.moves_in_8 = 3;
    n_posts = random_below(&control, 4);
    for (unsigned i = 0; i < load_n_devices; i++)
        load_devices[i].irq->policy = policy; /* before the first move */
    if (chosen("soft"))
        good &= add_soft();
    if (chosen("slow") && !wires_wanted())
        good &= add_slow();
    if (chosen("managed"))
        good &= add_managed();
    return check(good && fire.n_tallies + load_n_devices, "%u interrupts", fire.n_tallies + load_n_devices);
}

/* ---- harts ---- */

static bool down[MACHINE_MAX_HARTS];
static unsigned n_down, max_down;

static void quiet_audit(void)
{
    bool good = fire_stop_all() && audit_all() == 0;

    failures += !fire_start_all() || !good;
    audits++;
}

/* Take `hart` offline; or, if it is offline, bring it online, which ends a cycle. */
static void change(unsigned hart)
{
    if (down[hart]) {
        failures += !cycle_up(hart) || aia_hart_online_finish(&aia, hart, random_below(&control, 2)) ||
                    !fire_start(hart);
        down[hart] = false;
        n_down--;
        cycles++;
        quiet_audit();
        return;
    }
    if (n_down == max_down || hart_online_count() == 1)
        return;
    bool good = fire_stop(hart);
    if (!good || !(random_below(&control, 4) ? cycle_down(hart) : cycle_down_irqs_off(hart))) {
        failures++;
        return;
    }
    down[hart] = true;
    n_down++;
    failures += !fire_all_arrive();
}

static void churn(uint64_t seconds)
{
    uint64_t start = time_now(), end = start + time_from_ms(seconds * 1000);
    unsigned n = hart_count();

    while ((time_now() < end || hangs_awaited(end)) && hang_first() == HANG_NONE) {
        unsigned hart = random_below(&control, n);
        if (hart != hart_index() && (down[hart] || hart_is_online(hart)))
            change(hart);
        for (unsigned i = 0; i < 4; i++)
            fire_step(&control);
        irq_print_reports();
        hangs_turn(start + (end - start) / 2);
    }
    for (unsigned h = 0; h < n; h++)
        if (down[h] && hang_first() == HANG_NONE)
            change(h);
}

/* Edges that were in a soft device's posted queue when the library drained it. */
static uint64_t drained(void)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < fire.n_tallies; i++)
        n += fire.tallies[i].soft.n_drained;
    return n;
}

int job_churn(void)
{
    uint64_t seconds = args_u64("seconds", 2), seed = args_u64("seed", time_now());

    max_down = (unsigned)args_u64("down", hart_count() > 2 ? 2 : 1);
    control.state = seed;
    if (!has_harts(2) || (chosen("edu") && !load_init(LOAD_MAX)))
        return EXIT_MACHINE;
    hangs_init();
    if (!set_up())
        return verdict();
    irq_need_ids(fire.n_tallies + load_n_devices);
    struct cycle_books before = cycle_books();
    fire_init(seed);
    check(fire_start_all(), "%u harts under load, seed=%lu", hart_online_count(), seed);
    churn(seconds);
    check(fire_stop_all(), "all harts stop raising");
    check(failures == 0, "%lu operations failed", failures);
    check(fire.failed == 0, "%lu moves failed", fire.failed);
    check(fire_balanced(), "the books balance");
    check(cycle_same(&before), "vectors, reservations, timers and calls are as before");
    check(cycle_unowned() == 0, "nothing unowned");
    check(cycle_late() == 0, "nothing late");
    worked(cycles, "no hart went offline and came back");
    worked(fire_total().edges, "no edge was raised");
    hangs_note();
    print("totals: cycles %lu edges %lu moves %lu audits %lu drained %lu swept %lu lost %lu late %lu\n",
          cycles, fire_total().edges, fire.moves, audits, drained(), cycle_swept(), fire_total().lost,
          cycle_late());
    return verdict();
}
