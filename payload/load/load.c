/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/load.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"

#define LOOKS 10

struct load_device load_devices[LOAD_MAX];
unsigned load_n_devices;

struct load_watch load_watch;

/*
 * The handler reads the status first: each edge whose bit is set was sent before this run, so this run handles it. The
 * handler always returns AIA_HANDLED: a run that finds no bit belongs to an edge that the run before has seen already,
 * which happens in every burst.
 */
enum aia_result load_handler(void *context, struct aia_irq *irq)
{
    struct load_device *d = context;
    uint32_t bits = load_status(d);
    uint64_t raised = atomic_load_explicit(&d->raised, memory_order_relaxed);

    aia_trace(&aia, AIA_EVENT_SEEN, irq, (struct imsic_vector){0}, bits);
    if (!bits) {
        d->empty++;
        if (load_watch.empty)
            load_watch.empty(d);
        return AIA_HANDLED;
    }
    if (d->singly)
        bits &= -bits;
    if (raised)
        histogram_add(&d->latency, time_to_ns(time_now() - raised));
    load_acknowledge(d, bits);
    d->handled++;
    d->coalesced += (unsigned)__builtin_popcount(bits) - 1;
    atomic_fetch_or_explicit(&d->seen, bits, memory_order_release);
    return AIA_HANDLED;
}

void load_moved(void *context, struct aia_irq *irq)
{
    struct load_device *d = context;
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&d->book);
    d->hart = irq->vec.hart; /* under the lock: a call for an earlier move may come later */
    aia_port_unlock(&d->book);
    aia_port_irq_restore(was);
}

bool load_placed(void)
{
    bool good = true;

    for (unsigned i = 0; i < load_n_devices; i++) {
        const struct load_device *d = &load_devices[i];
        if (hang_first() != HANG_NONE || d->hart == d->irq->vec.hart)
            continue;
        print("%s: is on hart %u, and by its moved() on hart %u\n", d->name, d->irq->vec.hart, d->hart);
        good = false;
    }
    return good;
}

/* ---- raising ---- */

static bool all_seen(struct load_device *d, uint32_t bits)
{
    return (atomic_load_explicit(&d->seen, memory_order_acquire) & bits) == bits;
}

static bool wait_seen(struct load_device *d, uint32_t bits, unsigned ms)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));

    while (!all_seen(d, bits))
        if (!hart_wait_more(&w))
            return false;
    return true;
}

static void nothing(void *arg)
{
    (void)arg;
}

/*
 * The time is up. On a busy host a hart may not have run at all for that long, so make every hart take its interrupts once
 * more, by a call, before the edges are lost. A hart takes a call before other interrupts, and may lose its host
 * processor between the two; therefore several calls, and a wait for a handler that is running. The status shows that
 * the edges were sent.
 */
static bool found(struct load_device *d, uint32_t bits)
{
    for (unsigned i = 0; i < LOOKS; i++) {
        for (unsigned h = 0; h < hart_count(); h++)
            (void)hang_call(h, nothing, NULL);
        if (wait_seen(d, bits, LOAD_LOST_MS / LOOKS))
            return true;
    }
    (void)aia_irq_synchronize(&aia, d->irq);
    return all_seen(d, bits);
}

static void look_for(struct load_device *d, uint32_t bits)
{
    if (found(d, bits))
        return;
    uint32_t missing = bits & ~atomic_load(&d->seen);
    if (!missing)
        return;
    unsigned hangs = hang_keeps(d->irq);
    if (hangs != HANG_NONE) {
        d->unknown += (unsigned)__builtin_popcount(missing);
        load_acknowledge(d, missing);
        return;
    }
    d->lost += (unsigned)__builtin_popcount(missing);
    print("%s: lost 0x%08x of 0x%08x: status 0x%08x, flow 0x%x, now at hart %u identity %u\n", d->name,
          missing, bits, load_status(d), atomic_load(&d->irq->flow), d->irq->vec.hart, d->irq->vec.id);
    for (uint32_t left = missing; left && load_watch.lost; left &= left - 1) {
        unsigned n = ((unsigned)__builtin_ctz(left) - d->first_bit) % LOAD_BURST;
        load_watch.lost(d, d->edges - (unsigned)__builtin_popcount(bits) + n, d->at[n]);
    }
    load_acknowledge(d, missing); /* the next edge with this bit is another edge */
}

/* Raise `n` edges, each with its own status bit, and wait until handler runs have seen all of them. */
static void raise_edges(struct load_device *d, unsigned n)
{
    uint32_t all = 0;

    atomic_store_explicit(&d->seen, 0, memory_order_relaxed);
    atomic_store_explicit(&d->raised, n == 1 ? time_now() : 0, memory_order_relaxed);
    d->first_bit = d->next_bit % LOAD_BURST;
    for (unsigned i = 0; i < n; i++) {
        uint32_t bit = 1u << (d->next_bit++ % LOAD_BURST);
        d->at[i] = time_now();
        load_raise_bit(d, bit);
        all |= bit;
    }
    d->edges += n;
    if (!wait_seen(d, all, LOAD_LOST_MS))
        look_for(d, all);
}

bool load_step(struct random *r)
{
    unsigned first = random_below(r, load_n_devices);

    for (unsigned i = 0; i < load_n_devices; i++) {
        struct load_device *d = &load_devices[(first + i) % load_n_devices];
        if (atomic_load(&d->wanted) || atomic_exchange_explicit(&d->taken, 1, memory_order_acquire))
            continue;
        raise_edges(d, random_below(r, 4) ? 1 : 1 + random_below(r, LOAD_BURST));
        atomic_store_explicit(&d->taken, 0, memory_order_release);
        return true;
    }
    return false;
}

/* The wait ends: a hart that raises on the device now finishes, because load_step() is bounded. */
bool load_raise(struct load_device *d)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));

    atomic_store(&d->wanted, 1);
    while (atomic_exchange_explicit(&d->taken, 1, memory_order_acquire))
        hang_wait_more(&w);
    uint64_t lost = d->lost + d->unknown;
    raise_edges(d, 1);
    bool good = d->lost + d->unknown == lost;
    atomic_store_explicit(&d->taken, 0, memory_order_release);
    atomic_store(&d->wanted, 0);
    return good;
}

/* ---- books ---- */

bool load_balanced(void)
{
    bool good = true;

    for (unsigned i = 0; i < load_n_devices; i++) {
        struct load_device *d = &load_devices[i];
        uint64_t seen = d->handled + d->coalesced + d->lost;
        unsigned hangs = hang_keeps(d->irq);
        hangs = hangs == HANG_NONE ? hang_first()
                                   : hangs; /* the hart may have raised, or it blocks the hart that has */
        if (hangs != HANG_NONE && !d->lost && d->edges > seen) {
            print("%s: %lu edges unknown, hart %u hangs\n", d->name, d->edges - seen, hangs);
            good = false;
        } else if (d->lost || d->edges != d->handled + d->coalesced) {
            print("%s: books do not balance: edges %lu, handled %lu + coalesced %lu, lost %lu\n", d->name,
                  d->edges, d->handled, d->coalesced, d->lost);
            good = false;
        }
    }
    return good;
}

bool load_ran_on(const struct load_device *d, unsigned hart, uint64_t before)
{
    uint64_t n = aia_irq_runs(&aia, d->irq, hart) - before;

    return n == 1 || (n == 2 && d->wire);
}

void load_print(void)
{
    print("\n%-6s %9s %9s %9s %9s %6s %7s %9s %7s %7s %7s\n", "device", "edges", "handled", "coalesced",
          "forwarded", "lost", "empty", "moves", "p50 us", "p99 us", "max us");
    for (unsigned i = 0; i < load_n_devices; i++) {
        struct load_device *d = &load_devices[i];
        print("%-6s %9lu %9lu %9lu %9lu %6lu %7lu %9lu %7u %7u %7u\n", d->name, d->edges, d->handled,
              d->coalesced, d->irq->count.forwarded, d->lost, d->empty, d->irq->count.moves,
              histogram_us(histogram_quantile(&d->latency, 500)),
              histogram_us(histogram_quantile(&d->latency, 990)), histogram_us(d->latency.max));
    }
}

/* ---- as a kind of load (kinds.h) ---- */

static bool find_edu(const struct load_kind *kind, unsigned *n)
{
    unsigned before = load_n_devices;
    bool good = load_init_edu(LOAD_MAX);

    (void)kind;
    *n = load_n_devices - before;
    return good;
}

static bool find_soft(const struct load_kind *kind, unsigned *n)
{
    unsigned before = load_n_devices;
    bool good = load_add_soft(LOAD_MAX);

    (void)kind;
    *n = load_n_devices - before;
    return good;
}

static bool step(const struct load_kind *kind, struct random *r)
{
    (void)kind;
    return load_step(r);
}

static unsigned irqs(const struct load_kind *kind, struct aia_irq **list, unsigned max)
{
    unsigned n = 0;

    (void)kind;
    for (; n < load_n_devices && n < max; n++)
        list[n] = load_devices[n].irq;
    return n;
}

static void count(const struct load_kind *kind, uint64_t *completions, uint64_t *lost)
{
    (void)kind;
    for (unsigned i = 0; i < load_n_devices; i++) {
        *completions += load_devices[i].edges;
        *lost += load_devices[i].lost;
    }
}

static void print_all(const struct load_kind *kind)
{
    (void)kind;
    load_print();
}

static bool balanced(const struct load_kind *kind)
{
    (void)kind;
    return load_balanced();
}

const struct load_kind load_kind_edu = {
    .name = "edu",
    .noun = "device",
    .find = find_edu,
    .step = step,
    .irqs = irqs,
    .count = count,
    .print = print_all,
    .balanced = balanced,
};
const struct load_kind load_kind_soft = {
    .name = "soft", .noun = "device", .find = find_soft, .with = &load_kind_edu};
