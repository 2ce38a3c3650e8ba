/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=slow: devices whose message changes by a command, played by a hart: commands are answered after a while, or never.
 * Moves and hotplug continue. The interrupt of a device that does not answer is dead and reported; other interrupts are not
 * affected.
 */
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/tally.h"

#define N 4 /* three devices that answer, and one that will not */
static struct tally slows[N];
static _Atomic int quit;

static void play(void *arg)
{
    (void)arg;
    while (!atomic_load(&quit)) {
        for (unsigned i = 0; i < N; i++)
            slow_poll(&slows[i].slow);
        hart_pause();
    }
}

static bool all_arrive(unsigned n)
{
    bool good = true;

    for (unsigned i = 0; i < n; i++)
        good &= tally_edge(&slows[i]);
    return good;
}

static bool request_all(unsigned hart)
{
    static const char *const names[N] = {"slow0", "slow1", "slow2", "silent"};

    for (unsigned i = 0; i < N; i++) {
        struct aia_request r = {.name = names[i], .affinity = aia_hartset_one(hart), .managed = i == 2};
        int error = tally_slow(&slows[i], 50 + 100 * i, false, r);
        if (!check(!error, "%s: requested, and its start acknowledged: %s", names[i], aia_strerror(error)))
            return false;
    }
    return true;
}

/* The number of commands sent so far. */
static uint64_t commands(void)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < N; i++)
        n += slows[i].slow.sent;
    return n;
}

static void moves(unsigned from, unsigned to)
{
    uint64_t before = commands();
    unsigned good = 0;

    for (unsigned round = 0; round < 20; round++)
        for (unsigned i = 0; i < 2; i++) {
            must_move(slows[i].irq, round % 2 ? from : to);
            good += tally_edge(&slows[i]);
        }
    check(good == 40, "%u of 40 edges arrive after a move", good);
    check(commands() == before + 40, "a move is one command");
    aia_irq_disable(&aia, slows[0].irq);
    aia_irq_enable(&aia, slows[0].irq);
    check(commands() == before + 40, "disable and enable send no command");
}

static void hart_goes_offline(unsigned hart)
{
    uint64_t before = commands();

    check(cycle_down(hart), "hart %u offline", hart);
    check(commands() == before + N, "a command for each interrupt, also for the one shut down");
    check(!tally_started(&slows[2]), "the managed interrupt is shut down");
    check(tally_edge(&slows[0]) && tally_edge(&slows[1]) && tally_edge(&slows[3]),
          "the other devices work, on other harts");
    check(cycle_up(hart), "hart %u online", hart);
    check(all_arrive(N), "all devices work");
}

static void silence(unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);

    must_move(slows[3].irq, hart);
    atomic_store(&slows[3].slow.silent, true);
    uint64_t start = time_now();
    check(cycle_down(hart), "hart %u offline although one device does not answer, in %lu ms", hart,
          time_to_us(time_now() - start) / 1000);
    check(atomic_load(&slows[3].irq->flow) & AIA_FLOW_DEAD, "the interrupt of that device is dead");
    check(slows[3].slow.resets == 1 && !slows[3].slow.enabled, "the device was reset");
    check(irq_reports(AIA_REPORT_DEAD) == 1, "and it was reported");
    int error = aia_irq_set_affinity(&aia, slows[3].irq, &set);
    check(error == AIA_ESILENT || error == AIA_ENOHART, "a move of the dead interrupt: %s",
          aia_strerror(error));
    check(tally_edge(&slows[0]) && tally_edge(&slows[1]), "the other devices work, on other harts");
    check(cycle_up(hart), "hart %u online", hart);
    check(all_arrive(3), "all other devices work");
}

int job_slow(void)
{
    unsigned self = hart_index(), hart = hart_from(self + 1), player = hart_from(hart + 1);

    if (!has_harts(3))
        return EXIT_MACHINE;
    irq_need_ids(N);
    for (unsigned i = 0; i < N; i++)
        slow_init(&slows[i].slow, 0, 0);
    check(!hart_run(player, play, NULL), "hart %u plays the devices", player);
    struct cycle_books before = cycle_books();
    if (!request_all(hart))
        return verdict();
    check(all_arrive(N), "all devices work");
    moves(hart, self);
    for (unsigned i = 0; i < 2; i++)
        must_move(slows[i].irq, hart);
    for (unsigned i = 0; i < 3; i++) {
        hart_goes_offline(hart);
        for (unsigned k = 0; k < N; k++)
            if (k != 2)
                must_move(slows[k].irq, hart);
    }
    silence(hart);
    bool freed = true;
    for (unsigned i = 0; i < N; i++)
        freed &= !aia_irq_free(&aia, slows[i].irq);
    check(freed, "all freed");
    before.jobs = 1; /* of the hart that plays the devices */
    check(cycle_same(&before), "nothing has leaked");
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    atomic_store(&quit, 1);
    check(!hart_join(player, time_from_ms(1000)), "hart %u stops playing", player);
    return verdict();
}
