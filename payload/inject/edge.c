/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/file.h"
#include "payload/inject/edge.h"
#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include <string.h>

#define ANSWER_US   300 /* an edge without a handler run after this time is lost */
#define HOLD_US     40 /* the longest time for which a hart that the move has to call holds its interrupts off */
#define TOGETHER_US 3 /* the longest time for which the other harts run at an edge */

/*
 * The clock. Under -icount instret counts the instructions of all harts together, 1 ns each, which is the finest clock.
 * Harts take turns, and a hart that waits gives its turn away only by sleeping. Therefore all waits here sleep immediately
 * and are woken, and a hart that has sent an interrupt to another hart lets this hart have a turn (access_hook). A delay is
 * then the number of instructions of the harts on the edge's way. The instructions that a busy hart spins in its turns are
 * subtracted, because harts of a real machine do not wait for each other's turns. QEMU 11 counts for each hart separately
 * (inject.c): then the clock is time, which includes sleep, and which ticks every 100 ns.
 */
static unsigned long hook_time; /* instructions spent in the hook, which are subtracted from each delay */
static unsigned long hook_cost; /* instructions of each call of the hook that the hook itself cannot count */

static volatile unsigned long laps; /* loops that a busy hart has ended */
static unsigned long lap_cost;      /* instructions of each loop */

static struct moment now(void)
{
    unsigned long subtract = hook_time + laps * lap_cost;

    return (struct moment){csr_read(instret) - subtract, time_to_ns(time_now()) - subtract};
}

/* One loop of a busy hart. Arming the timer gives the next hart its turn. */
static void lap(const _Atomic int *stop)
{
    time_arm_wake(time_now() + time_from_us(5));
    for (unsigned i = 0; i < 10 && !*stop; i++)
        hart_pause();
    laps++;
}

static unsigned long since(unsigned long now, unsigned long then)
{
    return (long)(now - then) > 0 ? now - then : 0;
}

/* ---- edges ---- */

struct edge edges[EDGES];
_Atomic uint64_t edge_runs, edge_bystander_runs;

static const struct edges_plan *plan;
static _Atomic bool armed;
static _Atomic unsigned accesses;
static unsigned mover;
static bool moving;                     /* the call that moves has not returned */
static unsigned off[MACHINE_MAX_HARTS]; /* depth of the library's nested csr_irq_save() on each hart */
static bool held;                       /* the old hart holds its interrupts off */
static struct moment last_access;
static _Thread_local bool in_hook;

static bool waits(const struct edge *e)
{
    return e->raised && !e->answered;
}

static bool all_answered(void)
{
    for (unsigned i = 0; i < EDGES; i++)
        if (waits(&edges[i]))
            return false;
    return true;
}

enum aia_result edges_handler(void *context, struct aia_irq *irq)
{
    struct moment t = now();

    (void)context;
    (void)irq;
    edge_runs++;
    for (unsigned i = 0; i < EDGES; i++) {
        struct edge *e = &edges[i];
        if (e->of_bystander || !waits(e))
            continue;
        e->delay.instret = e->ready ? since(t.instret, e->could.instret) : 0;
        e->delay.ns = e->ready ? since(t.ns, e->could.ns) : 0;
        e->answered = 1;
    }
    if (armed && hart_index() != mover)
        hart_kick(mover);
    return AIA_HANDLED;
}

enum aia_result edges_bystander_handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    edge_bystander_runs++;
    for (unsigned i = 0; i < EDGES; i++)
        if (edges[i].of_bystander && edges[i].raised)
            edges[i].answered = 1;
    return AIA_HANDLED;
}

/* Note that the edge's hart may take it. The time is stored first: the handler may run between the two stores. */
static void can_take(struct edge *e)
{
    e->could = now();
    atomic_thread_fence(memory_order_release);
    e->ready = true;
}

static void ready_on(unsigned hart)
{
    for (unsigned i = 0; i < EDGES; i++)
        if (edges[i].raised && !edges[i].ready && edges[i].hart == hart)
            can_take(&edges[i]);
}

/* True if the edge's hart may take the edge now. A hart that gets no turn while the mover runs may not. */
static bool may_take(unsigned hart)
{
    if (hart == plan->old && held)
        return false;
    return !off[hart] && (plan->together || !moving || hart == hart_index());
}

/* True if an edge is unanswered that another hart can handle or forward. */
static bool others_needed(void)
{
    for (unsigned i = 0; i < EDGES; i++)
        if (waits(&edges[i]) && edges[i].ready && hart_index() != plan->new)
            return true;
    return false;
}

/*
 * Put the running hart to sleep, in short steps, so that the other harts get their turns. When the other harts have made all
 * accesses that they can make, and the edge waits for the running hart, the rest of the time here is not part of the edge's
 * delay.
 */
static void let_others_run(void)
{
    uint64_t end = time_after(time_from_us(TOGETHER_US));
    unsigned long was = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
    uint64_t before = time_wake();

    last_access = now();
    while (!all_answered() && time_now() < end && !(irq_lock_waiting && off[hart_index()])) {
        time_arm_wake(time_now() + 2);
        hart_wfi();
    }
    struct moment end_of_idle = now();
    for (unsigned i = 0; i < EDGES; i++)
        if (waits(&edges[i]) && edges[i].ready) {
            edges[i].could.instret += end_of_idle.instret - last_access.instret;
            edges[i].could.ns += end_of_idle.ns - last_access.ns;
        }
    time_arm_wake(before);
    csr_set(sstatus, was);
}

static void raise_edge(unsigned i, const char *what)
{
    struct edge *e = &edges[i];
    struct aia_message m;

    e->of_bystander = i && plan->bystander;
    if (e->of_bystander)
        e->where = EDGE_ON_OLD;
    else if (plan->look(&m))
        e->where = EDGE_KEPT;
    else
        e->where = m.addr == machine.aia.harts[plan->old].imsic_addr ? EDGE_ON_OLD : EDGE_ON_NEW;
    e->hart = e->where == EDGE_ON_OLD ? plan->old : plan->new;
    e->access = what;
    if (may_take(e->hart))
        can_take(e);
    e->raised = 1;
    if (e->of_bystander)
        plan->raise_bystander();
    else
        plan->raise();
}

/*
 * The running hart has its interrupts on again. A torn move runs on the old hart, in an interrupt if another hart asked for
 * the move, with interrupts off: the old hart could not take an edge before the end of the move.
 */
static void may_now_take(unsigned here)
{
    for (unsigned i = 0; i < EDGES && moving && plan->torn && here == plan->old; i++)
        if (waits(&edges[i]) && edges[i].hart == here)
            edges[i].ready = false;
    ready_on(here);
}

/* Follow csr_irq_save and csr_irq_restore, to know when a hart may take interrupts. No other accessor's name matches. */
static void note_irqs(unsigned here, const char *what)
{
    if (what[0] != 'c' || what[6] != 'q')
        return;
    if (what[8] == 's')
        off[here]++;
    else if (off[here] && !--off[here])
        may_now_take(here);
}

void access_hook(const char *what);
void access_hook(const char *what)
{
    bool yield;

    if (!armed || in_hook)
        return;
    unsigned long begun = csr_read(instret);
    in_hook = true;
    unsigned n = ++accesses;
    note_irqs(hart_index(), what);
    /* After imsic_send()'s write, and after an unlock for which other harts waited. */
    yield = (!strcmp(what, "fence_io_w") || (irq_lock_waiting && !off[hart_index()])) && others_needed();
    for (unsigned i = 0; i < EDGES; i++)
        if (plan->at[i] == n) {
            raise_edge(i, what);
            yield |= plan->together && edges[i].hart != hart_index();
        }
    hook_time += csr_read(instret) - begun + hook_cost;
    last_access = now();
    if (yield)
        let_others_run();
    in_hook = false;
}

/* ---- the other harts ---- */

/* A wait that sleeps immediately (see the clock, above). */
static struct hart_wait sleepy(uint64_t us)
{
    struct hart_wait w = hart_wait_begin(time_from_us(us));

    w.spins = 0;
    return w;
}

static bool more(struct hart_wait *w, unsigned us)
{
    w->sleep = time_from_us(us);
    return hart_wait_more(w);
}

static _Atomic int stop_busy, busy_on, release, hold_on;

/* Note whether the running hart, which is the old hart, holds its interrupts off. */
static void set_held(bool hold)
{
    held = hold;
    if (!hold)
        ready_on(hart_index());
}

/* The job of a busy new hart: it is never idle, with interrupts on. */
static void busy(void *arg)
{
    (void)arg;
    busy_on = 1;
    while (!stop_busy)
        lap(&stop_busy);
    time_arm_wake(TIME_NEVER);
    busy_on = 0;
}

static void hold(void *arg)
{
    unsigned long was = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
    struct hart_wait w = sleepy(arg ? HOLD_US : 1000000);

    set_held(true);
    hold_on = 1;
    while (!release &&
           more(&w, 1)) /* a pending interrupt prevents sleep, but the timer still gives turns away */
        ;
    set_held(false);
    csr_set(sstatus, was);
    hold_on = 0;
}

static bool wait_flag(_Atomic int *flag, int want)
{
    struct hart_wait w = sleepy(10000);

    while (*flag != want)
        if (!more(&w, 1))
            return false;
    return true;
}

static bool others_begin(void)
{
    bool good = true;

    stop_busy = release = 0;
    if (plan->busy)
        good = !hart_run(plan->new, busy, NULL) && wait_flag(&busy_on, 1);
    if (plan->hold) {
        void *bounded = plan->torn ? &release : NULL;
        good = good && !hart_run(plan->old, hold, bounded) && wait_flag(&hold_on, 1);
    }
    return good;
}

bool edges_others_end(void)
{
    bool good = true;

    stop_busy = release = 1;
    if (plan->hold)
        good = !hart_join(plan->old, time_from_ms(10));
    if (plan->busy)
        good = good && !hart_join(plan->new, time_from_ms(10));
    return good;
}

/* ---- for the hart that moves ---- */

bool edges_begin(const struct edges_plan *p)
{
    plan = p;
    if (!others_begin())
        return false;
    memset(edges, 0, sizeof(edges));
    memset(off, 0, sizeof(off));
    accesses = 0;
    mover = hart_index();
    moving = true;
    armed = true;
    return true;
}

void edges_moved(void)
{
    moving = false;
    if (!held)
        ready_on(plan->old);
    ready_on(plan->new);
    if (others_needed())
        let_others_run();
    release = 1;
}

void edges_wait(void)
{
    struct hart_wait w = sleepy(ANSWER_US);

    while (!all_answered() && more(&w, ANSWER_US)) /* the handler may wake the hart earlier */
        ;
}

unsigned edges_end(void)
{
    armed = false;
    return accesses;
}

void edges_calibrate(void)
{
    static const struct edges_plan none;
    static const _Atomic int never;
    const unsigned n = 100;

    plan = &none;
    armed = true;
    unsigned long begun = now().instret;
    for (unsigned i = 0; i < n; i++)
        access_hook("mmio_write32");
    hook_cost = (now().instret - begun) / n;
    armed = false;

    begun = csr_read(instret);
    for (unsigned i = 0; i < n; i++)
        lap(&never);
    lap_cost = (csr_read(instret) - begun) / n;
    time_arm_wake(TIME_NEVER);
}
