/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=bench: the cost of operations in retired instructions. Each cost is printed beside its floor: the same work as a
 * short sequence written by hand, measured in the same run. This needs ICOUNT=1, where instret counts exactly, and counts
 * the instructions of all harts together.
 */
#ifndef PAYLOAD_BENCH_BENCH_H
#define PAYLOAD_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "payload/kernel/irq.h"

/* The cost of one operation. */
struct bench_cost {
    uint64_t instructions;
    uint64_t ns;       /* of virtual time; the clock ticks every 100 ns on QEMU's virt */
    uint64_t accesses; /* accesses to a device's registers */
};

/*
 * Measure op(arg) in several rounds. Returns the cost of the cheapest round, less the cost of a call of an empty function.
 * prepare(arg) runs before each round and is not counted; it may be NULL.
 */
struct bench_cost bench_measure(void (*prepare)(void *arg), void (*op)(void *arg), void *arg);
/* The difference of two reads of instret, and of the clock, as a cost. */
struct bench_cost bench_between(uint64_t instructions, uint64_t ticks);
/* The cost with fewer instructions. A cost of 0 instructions stands for "not measured", and is not chosen. */
struct bench_cost bench_less(struct bench_cost a, struct bench_cost b);

/* The limit of a cost: none, a number of instructions, or a percentage of the floor. */
enum bench_bound { BENCH_FREE, BENCH_MOST, BENCH_FLOORS };
struct bench_limit {
    enum bench_bound bound;
    uint64_t most;
};

/* Print one line of the table. A cost over its limit is a failed check. */
void bench_row(const char *name, struct bench_cost cost, struct bench_cost floor, struct bench_limit limit);
/* Print a figure of another unit. */
void bench_figure(const char *name, uint64_t value, const char *unit);

/* A device of one message. Its registers are memory, and their accesses are counted. */
struct bench_device {
    struct aia_msi msi;
    volatile uint64_t addr;
    volatile uint32_t data;
    volatile bool masked;
    struct aia_irq *irq;
};
extern uint64_t bench_accesses;
/* Request the device's interrupt, with bench_handler, on `set`. */
bool bench_request(struct bench_device *d, enum aia_msi_kind kind, unsigned order, struct aia_hartset set);

/* The parts: bench_irq.c, bench_alloc.c, bench_move.c, bench_hart.c. */
void bench_irq(void);
void bench_alloc(void);
void bench_move(void);
void bench_hart(void);

/* ---- bench_floor.S ---- */

/* Stores instret, read by its first instruction, to bench_handler_at. */
enum aia_result bench_handler(void *context, struct aia_irq *irq);
extern uint64_t bench_handler_at;

/* Read instret, enable interrupts, disable interrupts, read instret. */
struct bench_pair {
    uint64_t begin, end;
};
struct bench_pair bench_take(void);

/*
 * Trap vectors. bench_floor_entry does the minimum for an interrupt: it saves the registers that a C function may clobber,
 * claims until nothing is pending, calls through a table, and restores the registers. bench_bare_entry only claims and
 * returns.
 */
void bench_floor_entry(void);
void bench_bare_entry(void);
struct bench_floor_slot {
    void (*fn)(void *arg);
    void *arg;
};
extern struct bench_floor_slot bench_floor_table[IMSIC_MAX_IDS + 1];

/* Execute 2000 instructions: 1000 times two. */
void bench_count_2000(void);

/* True if instret counts instructions exactly. */
bool bench_counts(void);

#endif
