/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=bench: what things cost, in retired instructions, each beside its floor: the same work as the shortest sequence
 * that we could write by hand, measured in the same run. Needs ICOUNT=1, where instret counts exactly, and the
 * instructions of all harts together.
 */
#ifndef PAYLOAD_BENCH_BENCH_H
#define PAYLOAD_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/kernel/irq.h"

/* What one operation took. */
struct bench_cost {
    uint64_t instructions;
    uint64_t ns;       /* of virtual time; the clock ticks every 100 ns on QEMU's virt */
    uint64_t accesses; /* that a device's registers saw */
};

/* `op(arg)` once, less what calling nothing costs. `prepare`, not counted, may be NULL. Of several rounds, the cheapest. */
struct bench_cost bench_measure(void (*prepare)(void *arg), void (*op)(void *arg), void *arg);
/* The difference of two reads of instret, and of the clock, as a cost. */
struct bench_cost bench_between(uint64_t instructions, uint64_t ticks);
/* The one that took fewer instructions; one without any was never measured. */
struct bench_cost bench_less(struct bench_cost a, struct bench_cost b);

/* What a figure may be at most: a number of instructions, hundredths of its floor, or nothing. */
enum bench_bound { BENCH_FREE, BENCH_MOST, BENCH_FLOORS };
struct bench_limit {
    enum bench_bound bound;
    uint64_t most;
};

/* One line of the table; over its limit, a failed check. */
void bench_row(const char *name, struct bench_cost cost, struct bench_cost floor, struct bench_limit limit);
/* A figure of another unit: a line of its own. */
void bench_figure(const char *name, uint64_t value, const char *unit);

/* A device of one message whose registers are memory, and which counts how often they are accessed. */
struct bench_device {
    struct aia_msi msi;
    volatile uint64_t addr;
    volatile uint32_t data;
    volatile bool masked;
    struct aia_irq *irq;
};
extern uint64_t bench_accesses;
/* Request its interrupt, with bench_handler, on `set`. */
bool bench_request(struct bench_device *d, enum aia_msi_kind kind, unsigned order, struct aia_hartset set);

/* The parts: bench_irq.c, bench_alloc.c, bench_move.c, bench_hart.c. */
void bench_irq(void);
void bench_alloc(void);
void bench_move(void);
void bench_hart(void);

/* ---- bench_floor.S ---- */

/* Notes instret at its first instruction. */
enum aia_result bench_handler(void *context, struct aia_irq *irq);
extern uint64_t bench_handler_at;

/* instret; interrupts on; off; instret. */
struct bench_pair {
    uint64_t begin, end;
};
struct bench_pair bench_take(void);

/*
 * Trap vectors. The shortest that does what an interrupt must: save what a C function may clobber, claim until nothing
 * is pending, call through a table, restore. And one that only claims and returns.
 */
void bench_floor_entry(void);
void bench_bare_entry(void);
struct bench_floor_slot {
    void (*fn)(void *arg);
    void *arg;
};
extern struct bench_floor_slot bench_floor_table[IMSIC_MAX_IDS + 1];

/* 1000 times two instructions. */
void bench_count_2000(void);

/* Does instret count instructions, and nothing else? */
bool bench_counts(void);

#endif
