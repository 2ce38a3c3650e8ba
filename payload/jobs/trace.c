/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=trace: the cost of an event of the trace. Run with ICOUNT=1 SMP=2, where instret counts the instructions of all harts
 * together. Each operation is done with tracing off and on. The cost of an event is the difference, divided by the number of
 * records, plus the load and branch of an event when tracing is off. A traced interrupt takes the slow path (lib/entry.c),
 * whatever it records; the cost of the slow path is measured without a trace, and printed separately.
 */
#include "payload/report/trace.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/bench/bench.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/tally.h"
#include "csr.h"

#define TIMES    32
#define WHEN_OFF 2
#define LIMIT    30

static struct tally device;
static unsigned other;

static void edge(void)
{
    (void)tally_send(&device); /* this hart takes it immediately */
}

static void mask(void)
{
    aia_irq_disable(&aia, device.irq);
    aia_irq_enable(&aia, device.irq);
}

static void mask_edge(void)
{
    aia_irq_disable(&aia, device.irq);
    (void)tally_send(&device);
    aia_irq_enable(&aia, device.irq);
}

static void ipi(void)
{
    (void)aia_ipi_send(&aia, hart_index(), IRQ_IPI_WAKE);
}

static void own(void)
{
    aia_trace(&aia, AIA_EVENT_RAISED, device.irq, (struct imsic_vector){0}, 1);
}

/* Move the interrupt to the other hart. The old vector retires on this hart, so the other hart has nothing to do. */
static void away(void)
{
    must_move(device.irq, other);
}

static void drained(void *arg)
{
    (void)arg;
    aia_timer(&aia);
}

/* Move the interrupt back, and make every hart reclaim its vectors. */
static void back(void)
{
    must_move(device.irq, hart_index());
    for (unsigned h = 0; h < hart_count(); h++)
        (void)aia_call(&aia, h, drained, NULL);
}

static void nothing(void) {}

static uint64_t records(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += atomic_load(&aia.config.trace[h].next);
    return n;
}

static struct {
    uint64_t instructions, records;
} sum;

static void run(void (*operation)(void), void (*undo)(void))
{
    sum.instructions = sum.records = 0;
    for (unsigned i = 0; i < TIMES; i++) {
        uint64_t n = records(), start = csr_read(instret);
        operation();
        sum.instructions += csr_read(instret) - start;
        sum.records += records() - n;
        undo();
    }
}

/* Make interrupts take the slow path, as tracing does; trace_off() undoes this. */
static void take_slow_path(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        aia.config.harts[h].slots = NULL;
}

static void measure(const char *what, void (*operation)(void), void (*undo)(void), unsigned expected)
{
    run(operation, undo); /* the first time costs more, and is not counted */
    run(operation, undo);
    uint64_t usual = sum.instructions;
    take_slow_path();
    run(operation, undo);
    uint64_t off = sum.instructions;
    trace_on();
    run(operation, undo);
    trace_off();
    uint64_t n = sum.records, hundredths = n ? (sum.instructions - off) * 100 / n + 100 * WHEN_OFF : 0;
    check(n == TIMES * expected && sum.instructions > off && hundredths <= 100 * LIMIT,
          "%s: %lu.%02lu instructions an event, limit %u; %lu events; the slow path: %lu", what,
          hundredths / 100, hundredths % 100, LIMIT, n / TIMES, (off - usual) / TIMES);
}

int job_trace(void)
{
    struct aia_request r = {.name = "soft", .affinity = aia_hartset_one(hart_index())};

    other = hart_from(hart_index() + 1);
    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!bench_counts())
        return untested("this job needs exact counts: make run ICOUNT=1");
    if (!check(!tally_soft(&device, AIA_MSI_PLAIN, r), "a device"))
        return verdict();
    trace_on(); /* the first call clears the trace's memory */
    trace_off();
    measure("an edge, claimed, its handler begins and ends", edge, nothing, 3);
    measure("disabled and enabled", mask, nothing, 2);
    measure("the same, with a kept edge between", mask_edge, nothing, 8);
    measure("an IPI to this hart, sent, claimed and taken", ipi, nothing, 3);
    measure("a move: begun, written, made, and its vector retires", away, back, 4);
    trace_print(8, NULL);
    measure("the embedder's own", own, nothing, 1);
    return verdict();
}
