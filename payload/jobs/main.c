/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The main job: does this machine, with this firmware, lose an interrupt when affinity changes or a hart
 * goes away? All harts raise device interrupts; meanwhile the boot hart moves these interrupts about and
 * takes the other harts offline and back, one at a time.
 */
#include "payload/args.h"
#include "payload/audit.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/hotplug.h"
#include "payload/irq.h"
#include "payload/panic.h"
#include "payload/time.h"
#include "payload/jobs/jobs.h"
#include "payload/jobs/load.h"
#include "payload/jobs/naive.h"
#include "payload/jobs/raisers.h"

#define MOVES_PER_TURN 8

const struct arg job_main_args[] = {
    {"seconds", "how long (5)"},
    {"seed", "what was drawn at random, again"},
    {"nomove", "move no interrupt"},
    {"nohotplug", "take no hart offline"},
    {"naive", "move without the library's care, to see what it is for: FAIL is expected"},
    {"pressure", "soft devices too; every way to change a message must be used. With ids= small (8)"},
    {NULL, NULL},
};

static struct {
    uint64_t seed;
    struct random control;
    unsigned turn; /* the hart that goes next */
    bool down;     /* it is offline now */
    uint64_t moves, offlines, onlines;
    unsigned failures; /* of operations: moves and hotplug */
    bool naive;
} job;

static void report(const char *what, unsigned h, struct hotplug_error e)
{
    print("hart %u: %s failed at %s: %s\n", h, what, e.step, e.why);
    job.failures++;
}

/* One change: the hart whose turn it is goes offline, or comes back and the turn goes on. */
static void change_a_hart(void)
{
    struct hotplug_error e;

    if (job.down) {
        e = hotplug_online(job.turn);
        if (e.step) {
            report("online", job.turn, e);
        } else {
            job.onlines++;
            job.failures += !raisers_start(job.turn);
        }
        job.down = false;
        return;
    }
    do
        job.turn = (job.turn + 1) % hart_count();
    while (job.turn == hart_index() || !hart_is_online(job.turn));
    if (!raisers_stop(job.turn)) {
        job.failures++;
        return;
    }
    e = hotplug_offline(job.turn);
    if (e.step) {
        report("offline", job.turn, e);
        job.failures += !raisers_start(job.turn);
    } else {
        job.offlines++;
        job.down = true;
    }
}

/* Move some interrupts, each to a hart drawn at random among those that are online. */
static void move_some(void)
{
    for (unsigned i = 0; i < MOVES_PER_TURN; i++) {
        struct load_device *d = &load_devices[random_below(&job.control, load_n_devices)];
        unsigned to = random_below(&job.control, hart_count());
        if (!hart_is_online(to) || to == d->irq->vec.hart || !irq_goes(d->irq, to))
            continue;
        struct aia_hartset set = aia_hartset_one(to);
        int error = job.naive ? naive_move(d, to) : aia_irq_set_affinity(&aia, d->irq, &set);
        if (error) {
            print("%s: move to hart %u: %s\n", d->name, to, aia_strerror(error));
            job.failures++;
        } else {
            job.moves++;
        }
    }
}

static void progress(uint64_t start)
{
    uint64_t edges = 0, lost = 0;

    for (unsigned i = 0; i < load_n_devices; i++) {
        edges += load_devices[i].edges;
        lost += load_devices[i].lost;
    }
    uint64_t ds = time_to_us(time_now() - start) / 100000;
    print("\r%3lu.%lu s  edges %lu  moves %lu  offlines %lu  lost %lu ", ds / 10, ds % 10, edges, job.moves,
          job.offlines, lost);
}

static void control(uint64_t seconds)
{
    uint64_t start = time_now(), end = start + time_from_ms(seconds * 1000);
    uint64_t next_change = start, next_progress = start;
    bool hotplug = hart_online_count() > 1 && !args_get("nohotplug") && !job.naive;
    bool moves = hart_online_count() > 1 && !args_get("nomove");

    while (time_now() < end) {
        if (moves)
            move_some();
        if (hotplug && time_now() >= next_change) {
            change_a_hart();
            next_change = time_now() + time_from_ms(2);
        }
        if (hart_online_count() == 1)
            (void)load_step(&job.control); /* nobody else is there to do it */
        if (time_now() >= next_progress) {
            progress(start);
            next_progress += time_from_ms(500);
        }
        irq_print_reports();
    }
    progress(start);
    print("\n");
    if (job.down)
        change_a_hart();
}

static void print_harts(void)
{
    print("\n%-5s %10s %10s %9s %9s %6s %9s %10s\n", "hart", "handled", "re-inject", "swept", "spurious",
          "late", "IPIs", "reclaimed");
    for (unsigned h = 0; h < hart_count(); h++) {
        struct aia_hart *s = &aia.config.harts[h];
        print("%-5u %10lu %10lu %9lu %9lu %6lu %9lu %10lu\n", h, s->handled, s->forwarded, s->swept,
              s->spurious, s->late, s->ipis_taken, s->reclaimed);
    }
}

static void print_totals(uint64_t seconds)
{
    print("\nmoves %lu (%lu/s): address only %lu, common identity %lu, torn and watched %lu (%lu copies), "
          "masked %lu, one store %lu\n",
          job.moves, job.moves / seconds, aia.updates[AIA_UPDATE_ADDR], aia.updates[AIA_UPDATE_COMMON],
          aia.updates[AIA_UPDATE_TORN], aia.torn_copies, aia.updates[AIA_UPDATE_MASKED],
          aia.updates[AIA_UPDATE_STORE]);
    print(
        "offlines %lu, onlines %lu, interrupts that had to leave their affinity %lu, failed operations %u\n",
        job.offlines, job.onlines, aia.strayed, job.failures);
}

static bool strays(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].spurious + aia.config.harts[h].late;
    if (n)
        print("%lu edges were spurious or late\n", n);
    return n != 0;
}

/* With `pressure`: none of the ways to change a message was left out. */
static bool all_updates(void)
{
    static const char *const names[AIA_N_UPDATES] = {"one store", "masked", "address only", "common identity",
                                                     "torn and watched"};
    bool good = true;

    for (unsigned u = 0; u < AIA_N_UPDATES; u++)
        if (!aia.updates[u]) {
            print("no message was changed by: %s\n", names[u]);
            good = false;
        }
    return good;
}

int job_main(void)
{
    uint64_t seconds = args_u64("seconds", 5);

    job.seed = args_u64("seed", time_now());
    job.control.state = job.seed;
    raisers_init(job.seed);
    job.naive = args_get("naive");
    if (!load_init(1, LOAD_MAX) || (args_get("pressure") && !job.naive && !load_add_soft()))
        return EXIT_MACHINE;
    if (job.naive)
        naive_init();
    print("%u devices, %u harts, %lu s, seed=%lu\n", load_n_devices, hart_online_count(), seconds, job.seed);

    job.failures += !raisers_start_all();
    control(seconds);
    job.failures += !raisers_stop_all();
    irq_print_reports();

    load_print();
    print_harts();
    print_totals(seconds);
    bool good = !job.naive || !naive_print();
    good &= load_balanced();
    good &= !strays();
    good &= audit_all() == 0;
    good &= !job.failures;
    good &= !args_get("pressure") || all_updates();
    print("VERDICT: %s\n", good ? "PASS" : "FAIL");
    return good ? EXIT_PASS : EXIT_FAIL;
}
