/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/bench/bench.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "csr.h"
#include "lib/container.h"
#include <stdio.h>

#define ROUNDS 5

uint64_t bench_accesses;

static void nothing(void *arg)
{
    (void)arg;
}

static struct bench_cost once(void (*op)(void *arg), void *arg)
{
    uint64_t accesses = bench_accesses, time = csr_time();
    uint64_t start = csr_read(instret);

    op(arg);
    struct bench_cost c = bench_between(csr_read(instret) - start, csr_time() - time);
    c.accesses = bench_accesses - accesses;
    return c;
}

struct bench_cost bench_between(uint64_t instructions, uint64_t ticks)
{
    return (struct bench_cost){.instructions = instructions, .ns = time_to_ns(ticks)};
}

struct bench_cost bench_less(struct bench_cost a, struct bench_cost b)
{
    return !a.instructions || (b.instructions && b.instructions < a.instructions) ? b : a;
}

/* The result is the cheapest round, because a timer interrupt may come during any round. */
struct bench_cost bench_measure(void (*prepare)(void *arg), void (*op)(void *arg), void *arg)
{
    struct bench_cost best = {0}, empty = {0};

    for (unsigned i = 0; i < ROUNDS; i++) {
        empty = bench_less(empty, once(nothing, NULL));
        if (prepare)
            prepare(arg);
        best = bench_less(best, once(op, arg));
    }
    best.instructions -= empty.instructions;
    return best;
}

/* ---- the table ---- */

static const char *limit_text(struct bench_limit limit, char text[static 24])
{
    if (limit.bound == BENCH_FREE)
        return "-";
    (void)snprintf(text, 24, limit.bound == BENCH_MOST ? "%lu" : "%lu%%", limit.most);
    return text;
}

static bool within(struct bench_cost cost, struct bench_cost floor, struct bench_limit limit)
{
    return limit.bound == BENCH_FREE || (limit.bound == BENCH_MOST && cost.instructions <= limit.most) ||
           (limit.bound == BENCH_FLOORS && cost.instructions * 100 <= floor.instructions * limit.most);
}

void bench_row(const char *name, struct bench_cost cost, struct bench_cost floor, struct bench_limit limit)
{
    char text[24];

    print("bench %-24s %8lu %8lu %8lu %9lu %8s\n", name, cost.instructions, floor.instructions, cost.accesses,
          cost.ns, limit_text(limit, text));
    if (!within(cost, floor, limit))
        check(false, "%s: %lu instructions, the limit is %s", name, cost.instructions, text);
}

void bench_figure(const char *name, uint64_t value, const char *unit)
{
    print("figure %-23s %8lu %s\n", name, value, unit);
}

/* ---- the device ---- */

static struct bench_device *device(struct aia_msi *msi)
{
    return container_of(msi, struct bench_device, msi);
}

static void write_addr(struct aia_msi *msi, uint64_t addr)
{
    device(msi)->addr = addr;
    bench_accesses++;
}

static void write_data(struct aia_msi *msi, uint32_t data)
{
    device(msi)->data = data;
    bench_accesses++;
}

static void mask(struct aia_msi *msi)
{
    device(msi)->masked = true;
    bench_accesses++;
}

static void unmask(struct aia_msi *msi)
{
    device(msi)->masked = false;
    bench_accesses++;
}

/* Counts as one access, as the store to an ims or to an APLIC's target is. */
static void store(struct aia_msi *msi, const struct aia_message *m)
{
    device(msi)->addr = m->addr;
    device(msi)->data = m->data;
    bench_accesses++;
}

static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    m->addr = device(msi)->addr;
    m->data = device(msi)->data;
    bench_accesses += 2;
    return AIA_OK;
}

static const struct aia_msi_ops ops = {
    .start = store,
    .stop = mask,
    .write_addr = write_addr,
    .write_data = write_data,
    .mask = mask,
    .unmask = unmask,
    .store = store,
    .read_back = read_back,
};

bool bench_request(struct bench_device *d, enum aia_msi_kind kind, unsigned order, struct aia_hartset set)
{
    struct aia_request r = {
        .name = "bench",
        .handler = bench_handler,
        .msi = &d->msi,
        .affinity = set,
        .order = order,
    };

    d->msi = (struct aia_msi){.ops = &ops, .kind = kind};
    int error = aia_irq_request(&aia, &r, &d->irq);
    return !error || check(false, "request: %s", aia_strerror(error));
}

/* ---- an idle machine ---- */

static void add_timers(void *arg)
{
    *(uint64_t *)arg += time_interrupts();
}

static uint64_t timers(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        if (hart_is_online(h))
            (void)aia_call(&aia, h, add_timers, &n);
    return n;
}

static uint64_t externals(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++) {
        const struct aia_hart *x = &aia.config.harts[h];
        n += x->handled + x->forwarded + x->unowned + x->ipis_taken;
    }
    return n;
}

static void bench_idle(void)
{
    uint64_t t = timers(), e = externals();
    uint64_t end = time_after(time_from_ms(1000)), start = csr_read(instret);

    hart_sleep_until(end);
    uint64_t instructions = csr_read(instret) - start;
    bool no_external = externals() == e; /* before timers(), which sends IPIs to the other harts */
    t = timers() - t;
    check(no_external, "an idle second brings no external interrupt to any hart");
    check(t == 1, "an idle second brings one timer interrupt, at its end (%lu)", t);
    bench_figure("idle second", instructions, "instructions");
}

/* ---- memory ---- */

static void bench_sizes(void)
{
    unsigned words = 3 * IMSIC_WORDS * (unsigned)sizeof(uint64_t); /* free, retiring, quarantined */

    bench_figure("bytes per vector", sizeof(_Atomic uint32_t), "bytes");
    bench_figure("bytes per interrupt", sizeof(struct aia_irq), "bytes");
    bench_figure("bytes per interrupt, hart", sizeof(aia_counter) + sizeof(uint16_t), "bytes");
    bench_figure("bytes per hart", sizeof(struct aia_hart) + sizeof(struct imsic_file), "bytes");
    bench_figure("bytes of bitmaps per hart", words, "bytes");
}

bool bench_counts(void)
{
    uint64_t start = csr_read(instret);

    bench_count_2000();
    uint64_t n = csr_read(instret) - start;
    return n >= 2000 && n <= 2010;
}

int job_bench(void)
{
    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!machine.aia.imsic.present || !bench_counts())
        return untested("this job needs interrupt files and exact counts: make run ICOUNT=1");
    irq_spins = 0;
    print("      %-24s %8s %8s %8s %9s %8s\n", "", "instr", "floor", "accesses", "ns", "limit");
    bench_irq();
    bench_alloc();
    bench_move();
    bench_hart();
    bench_idle();
    bench_sizes();
    return verdict();
}
