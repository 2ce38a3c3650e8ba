/* SPDX-License-Identifier: BSD-2-Clause */
/* Benchmarks: an interrupt, an event of the trace, an IPI, a call, and messages per second. */
#include "imsic/file.h"
#include "payload/bench/bench.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/report/trace.h"
#include "payload/report/check.h"
#include "csr.h"
#include "mmio.h"

struct bench_floor_slot bench_floor_table[IMSIC_MAX_IDS + 1];

static struct bench_device dev;

/* ---- one interrupt ---- */

static void send_here(void)
{
    imsic_send(&aia.imsic, dev.irq->vec);
    while (!(imsic_file_pending(dev.irq->vec.id / 64u) >> dev.irq->vec.id % 64u & 1))
        ; /* the message is on its way to this hart's file */
}

struct taken {
    struct bench_cost to_handler, whole;
};

/* Measure one interrupt through this trap vector (0: the present one). Interrupts are off before and after. */
static struct taken take(uintptr_t vector)
{
    struct taken t = {0};
    unsigned long was = csr_irq_save(), stvec = csr_read(stvec);
    struct bench_pair nothing = bench_take();

    csr_write(stvec, vector ? vector : stvec);
    for (unsigned i = 0; i < 3; i++) {
        send_here();
        struct bench_pair p = bench_take();
        /* Subtract the two instructions before the trap: the read of instret, and the one that enables interrupts. */
        t.to_handler = bench_less(t.to_handler, bench_between(bench_handler_at - p.begin - 2, 0));
        t.whole = bench_less(t.whole, bench_between((p.end - p.begin) - (nothing.end - nothing.begin),
                                                    time_from_ns(p.end - p.begin)));
    }
    csr_write(stvec, stvec);
    csr_irq_restore(was);
    return t;
}

static void call_handler(void *arg)
{
    (void)bench_handler(arg, NULL);
}

static void interrupt(void)
{
    bench_floor_table[dev.irq->vec.id] = (struct bench_floor_slot){call_handler, NULL};
    struct taken ours = take(0), floor = take((uintptr_t)bench_floor_entry);
    struct taken bare = take((uintptr_t)bench_bare_entry);

    bench_row("trap to handler", ours.to_handler, floor.to_handler, (struct bench_limit){BENCH_MOST, 70});
    bench_row("whole interrupt", ours.whole, floor.whole, (struct bench_limit){BENCH_FLOORS, 200});
    bench_row("trap into C", floor.whole, bare.whole, (struct bench_limit){BENCH_FREE, 0});
}

/* ---- an event of the trace ---- */

#define EVENT_MOST     30
#define EVENT_WHEN_OFF 2 /* a load and a branch; the rest of event() is its arguments */

static void event(void *arg)
{
    (void)arg;
    aia_trace(&aia, AIA_EVENT_RAISED, dev.irq, dev.irq->vec, 1);
}

/* The floor: a record written by hand, to a ring of this hart that no other hart reads meanwhile. */
static struct {
    uint64_t next;
    volatile struct {
        uint64_t time, what, arg, number;
    } records[4];
} by_hand;

static void floor_event(void *arg)
{
    uint64_t n = by_hand.next++ % 4;

    (void)arg;
    by_hand.records[n].time = csr_time();
    by_hand.records[n].what = AIA_EVENT_RAISED;
    by_hand.records[n].arg = 1;
    by_hand.records[n].number = n;
}

static void tracing(void)
{
    struct bench_limit none = {BENCH_FREE, 0};
    struct bench_cost floor = bench_measure(NULL, floor_event, NULL), off = bench_measure(NULL, event, NULL);

    struct taken untraced = take(0);
    trace_on();
    struct bench_cost on = bench_measure(NULL, event, NULL);
    struct taken traced = take(0);
    trace_off();
    on.instructions -= off.instructions - EVENT_WHEN_OFF;
    bench_row("trace event", on, floor, (struct bench_limit){BENCH_MOST, EVENT_MOST});
    bench_row("whole interrupt, traced", traced.whole, untraced.whole, none);
}

/* ---- messages a second ---- */

#define MESSAGES 10000

static uint64_t rate(uintptr_t vector)
{
    unsigned long was = csr_irq_save(), stvec = csr_read(stvec);
    uint64_t start = csr_time();

    csr_write(stvec, vector ? vector : stvec);
    for (unsigned i = 0; i < MESSAGES; i++) {
        imsic_send(&aia.imsic, dev.irq->vec);
        (void)bench_take();
    }
    csr_write(stvec, stvec);
    csr_irq_restore(was);
    return MESSAGES * 1000000000ull / time_to_ns(csr_time() - start);
}

/* ---- there and back ---- */

static unsigned here, other;
static _Atomic bool answered;
static unsigned unanswered;
#define ANSWER_MS 1000

/* Wait until the answer comes. The wake timer bounds the wait; the floor's trap vector takes no timer interrupt, so poll it. */
static void wait_answer(void)
{
    unsigned long was = csr_irq_save();

    time_arm_wake(time_after(time_from_ms(ANSWER_MS)));
    while (!answered && time_now() < time_wake()) {
        hart_wfi();
        if (csr_read(sip) & SIE_STIE)
            continue;
        csr_irq_restore(SSTATUS_SIE);
        (void)csr_irq_save();
    }
    time_arm_wake(TIME_NEVER);
    unanswered += !answered;
    csr_irq_restore(was);
}

static void on_ipi(unsigned n)
{
    if (hart_index() == other)
        (void)aia_ipi_send(&aia, here, n);
    else
        answered = true;
}

static void there_and_back(void *arg)
{
    (void)arg;
    answered = false;
    (void)aia_ipi_send(&aia, other, IRQ_IPI_TEST);
    wait_answer();
}

static void nothing(void *arg)
{
    (void)arg;
}

static void call(void *arg)
{
    (void)arg;
    (void)aia_call(&aia, other, nothing, NULL);
}

/* The same by hand: an identity on each of the two harts, whose handlers are one store each. */
static struct bench_device there, back;
static _Atomic bool ready, done;

static void answer(void *mmio)
{
    mmio_write32((uintptr_t)mmio, back.irq->vec.id);
}

static void call_and_answer(void *mmio)
{
    nothing(NULL);
    mmio_write32((uintptr_t)mmio, back.irq->vec.id);
}

static void note(void *arg)
{
    (void)arg;
    answered = true;
}

static void floor_there_and_back(void *arg)
{
    (void)arg;
    answered = false;
    fence_rw_o();
    mmio_write32(aia.imsic.files[other].mmio, there.irq->vec.id);
    wait_answer();
}

/* Call fn with the floor's trap vector, which handles only the external interrupt. */
static void with_floor(void (*fn)(void *arg), void *arg)
{
    unsigned long was = csr_irq_save(), stvec = csr_read(stvec), sie = csr_read(sie);

    csr_write(sie, SIE_SEIE | SIE_STIE);
    csr_write(stvec, (uintptr_t)bench_floor_entry);
    fn(arg);
    csr_write(stvec, stvec);
    csr_write(sie, sie);
    csr_irq_restore(was);
}

/* The job of the other hart: sleep, and answer. */
static void serve(void *arg)
{
    (void)arg;
    ready = true;
    while (!done) {
        hart_wfi();
        csr_irq_restore(SSTATUS_SIE);
        (void)csr_irq_save();
    }
}

static void serve_with_floor(void *arg)
{
    with_floor(serve, arg);
}

static struct bench_cost floors[2];

static void measure_floors(void *arg)
{
    void (*const fns[])(void *) = {answer, call_and_answer};

    (void)arg;
    for (unsigned i = 0; i < 2; i++) {
        bench_floor_table[there.irq->vec.id] =
            (struct bench_floor_slot){fns[i], (void *)aia.imsic.files[here].mmio};
        floors[i] = bench_measure(NULL, floor_there_and_back, NULL);
    }
    done = true;
    floor_there_and_back(NULL); /* wakes the other hart, so that it sees `done` */
}

static void cross_hart(void)
{
    struct bench_limit none = {BENCH_FREE, 0};

    here = hart_index();
    other = hart_from(here + 1);
    irq_test_ipi(on_ipi);
    struct bench_cost ipi = bench_measure(NULL, there_and_back, NULL), c = bench_measure(NULL, call, NULL);
    if (!bench_request(&there, AIA_MSI_STORE, 0, aia_hartset_one(other)) ||
        !bench_request(&back, AIA_MSI_STORE, 0, aia_hartset_one(here)))
        return;
    bench_floor_table[back.irq->vec.id] = (struct bench_floor_slot){note, NULL};
    check(!hart_run(other, serve_with_floor, NULL), "hart %u answers", other);
    struct hart_wait w = hart_wait_begin(time_from_ms(ANSWER_MS));
    while (!ready && hart_wait_more(&w))
        ;
    with_floor(measure_floors, NULL);
    check(!unanswered, "all messages are answered");
    check(!hart_join(other, time_from_ms(1000)), "hart %u ends", other);
    bench_row("IPI there and back", ipi, floors[0], none);
    bench_row("cross-hart call", c, floors[1], none);
    (void)aia_irq_free(&aia, there.irq);
    (void)aia_irq_free(&aia, back.irq);
}

void bench_irq(void)
{
    if (!bench_request(&dev, AIA_MSI_STORE, 0, aia_hartset_one(hart_index())))
        return;
    interrupt();
    tracing();
    uint64_t ours = rate(0), floor = rate((uintptr_t)bench_floor_entry);
    cross_hart();
    bench_figure("messages a second", ours, "sent and handled by one hart, at an instruction a nanosecond");
    bench_figure("messages a second, floor", floor, "the same");
    (void)aia_irq_free(&aia, dev.irq);
}
