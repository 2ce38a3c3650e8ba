/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=level: a line that stays up through n handler runs gives n + 1 runs until it falls, and none afterwards, while its
 * interrupt moves without a pause. edu's line is up while edu has status bits, and the handler takes one bit at a time. The
 * handler of another device (lines.h) leaves the line up a given number of times.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/lines.h"
#include "payload/load/load.h"

#define HELD 8 /* the largest number of runs through which a line stays up, plus 1 */

const struct arg job_level_args[] = {
    ARG_WORK("rounds", "how many rounds (10000)", ARG_MAX_ROUNDS),
    ARG_SEED,
    ARGS_END,
};

static struct random moves;
static _Atomic int quit;
static _Atomic uint64_t n_moves;
static uint64_t failed_moves;

/* The number of lines that can be held: those of the edu devices, then of other devices. */
static unsigned n_held(void)
{
    return load_n_devices + n_lines;
}

static struct aia_irq *irq_of(unsigned i)
{
    return i < load_n_devices ? load_devices[i].irq : lines[i - load_n_devices]->line->irq;
}

/* Runs on another hart: move a random line's interrupt to a random hart, again and again. */
static void move_loop(void *arg)
{
    (void)arg;
    while (!atomic_load_explicit(&quit, memory_order_relaxed)) {
        struct aia_irq *irq = irq_of(random_below(&moves, n_held()));
        struct aia_hartset set = aia_hartset_one(irq_nth_hart(irq, random_below(&moves, hart_count())));
        failed_moves += aia_irq_set_affinity(&aia, irq, &set) != AIA_OK;
        n_moves++;
    }
}

/* Cause `n` + 1 runs, by one write (together) or by one write for each run, while the handler runs. */
static bool edu_round(struct load_device *d, unsigned n, bool together)
{
    uint64_t before = d->handled, empty = d->empty;
    uint32_t all = (uint32_t)((UINT64_C(2) << n) - 1);

    d->edges += n + 1;
    if (together)
        edu_raise(&d->edu, all);
    for (unsigned i = 0; i <= n && !together; i++)
        edu_raise(&d->edu, 1u << i);
    if (!wait_for(&d->handled, before + n + 1))
        return check(false, "%s: %lu runs of %u: status 0x%x, line %d, pending %d, enabled %d, flow 0x%x",
                     d->name, d->handled - before, n + 1, edu_status(&d->edu), aplic_asserted(d->wire),
                     aplic_pending(d->wire), aplic_enabled(d->wire), atomic_load(&d->irq->flow));
    return d->handled == before + n + 1 && d->empty == empty && !aplic_asserted(d->wire);
}

/* The same for another device: `n` runs leave the line up, and one more run removes the cause. */
static bool line_round(const struct line_device *d, unsigned n)
{
    const struct aplic_source *wire = d->line->source;
    uint64_t before = d->line->runs, count = atomic_load(d->count);

    atomic_store(&d->line->hold, n);
    d->ask();
    if (!wait_for(d->count, count + 1))
        return check(false, "%s: %lu runs of %u: line %d, pending %d, enabled %d, flow 0x%x", d->name,
                     d->line->runs - before, n + 1, aplic_asserted(wire), aplic_pending(wire),
                     aplic_enabled(wire), atomic_load(&d->line->irq->flow));
    uint64_t ran = d->line->runs - before;
    bool up = aplic_asserted(wire);
    return (ran == n + 1 && !up) || check(false, "%s: %lu runs of %u, hold %u, line %d", d->name, ran, n + 1,
                                          atomic_load(&d->line->hold), up);
}

static bool one_round(struct random *r, unsigned *runs)
{
    unsigned i = random_below(r, n_held());

    *runs = random_below(r, HELD);
    return i < load_n_devices ? edu_round(&load_devices[i], *runs, random_below(r, 2))
                              : line_round(lines[i - load_n_devices], *runs);
}

static void rounds(unsigned n, struct random *r)
{
    unsigned good = 0, held = 0;

    for (unsigned i = 0; i < n; i++) {
        unsigned runs;
        bool ok = one_round(r, &runs);
        good += ok;
        held += runs;
        if (!ok && i - good > 10)
            break;
    }
    hart_sleep_until(time_after(time_from_ms(5)));
    uint64_t handled = 0, empty = 0, fallen = 0;
    for (unsigned i = 0; i < load_n_devices; i++) {
        handled += load_devices[i].handled;
        empty += load_devices[i].empty;
        fallen += load_devices[i].wire->fallen;
    }
    for (unsigned i = 0; i < n_lines; i++) {
        handled += lines[i]->line->runs;
        fallen += lines[i]->line->source->fallen;
    }
    check(good == n, "%u of %u rounds: a line held through k runs gives k + 1", good, n);
    check(handled == n + (uint64_t)held, "%lu runs for %u causes", handled, n + held);
    check(empty == 0, "no run after a line fell (%lu interrupts came after the fall)", fallen);
}

int job_level(void)
{
    struct random r = {args_u64("seed", 1)};
    unsigned n = (unsigned)args_u64("rounds", 10000), mover = hart_from(hart_index() + 1);

    wires_want();
    lines_init();
    if (!load_init_edu(LOAD_MAX))
        return EXIT_MACHINE;
    if (!n_held())
        return untested("no device here has a wire that can be held up");
    irq_need_ids(n_held());
    for (unsigned i = 0; i < load_n_devices; i++)
        load_devices[i].singly = true;
    moves.state = random_next(&r);
    bool moving =
        mover != hart_index() && check(!hart_run(mover, move_loop, NULL), "hart %u moves them", mover);
    rounds(n, &r);
    bool moved = !moving || wait_for(&n_moves, 1); /* on a busy host the mover may not have had a turn yet */
    atomic_store(&quit, 1);
    if (moving)
        check(!hart_join(mover, time_from_ms(5000)) && moved && !failed_moves, "%lu moves, %lu failed",
              n_moves, failed_moves);
    check(load_balanced(), "the books balance");
    return verdict();
}
