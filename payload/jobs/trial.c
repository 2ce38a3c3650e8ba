/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/trial.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/payload.h"
#include "payload/time.h"
#include "payload/drivers/soft.h"
#include "payload/jobs/check.h"
#include "payload/jobs/load.h"
#include "payload/jobs/trial_place.h"
#include "csr.h"
#include <string.h>

#define ANSWER_US   300 /* an edge without a handler run by then is lost */
#define TOGETHER_US 3   /* what the others may run at an edge, at most */
#define HOLD_US \
    40 /* a hart that holds its interrupts off does so for no longer, if it is itself called for */

/*
 * The clock. Under -icount instret counts the instructions of all harts together, 1 ns each: the finest there is. Harts
 * have turns, and one that waits gives its turn away only by sleeping: so all waits here sleep at once and are woken,
 * not polled, and whoever has just sent an interrupt to another hart lets it have its turn (access_hook). Then a delay
 * is what the harts on the edge's way have retired; of others there is what a busy hart spins in its turns.
 */
static unsigned long hook_time; /* spent in the hook, which is no part of any delay */
static unsigned long hook_cost; /* of each call, what it cannot see itself */

static unsigned long now(void)
{
    return csr_read(instret) - hook_time;
}

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

/* ---- edges ---- */

static struct edge {
    _Atomic int raised, answered;
    bool of_neighbour;
    unsigned hart; /* that its message named */
    enum trial_where where;
    unsigned long ready; /* since when that hart may take interrupts; 0: it may not yet */
    unsigned long delay;
    const char *access;
} edges[TRIAL_EDGES];

static const struct trial *trial;
static _Atomic bool armed;
static _Atomic unsigned accesses;
static _Atomic uint64_t runs, neighbour_runs;
static unsigned mover;
static bool moving;                     /* the call has not returned yet */
static unsigned off[MACHINE_MAX_HARTS]; /* nested csr_irq_save() of the library */
static bool held;                       /* the old hart holds its interrupts off */
static unsigned long last_access;
static _Thread_local bool in_hook;

static bool waits(const struct edge *e)
{
    return e->raised && !e->answered;
}

static bool all_answered(void)
{
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (waits(&edges[i]))
            return false;
    return true;
}

enum aia_result trial_handler(void *context, struct aia_irq *irq)
{
    unsigned long t = now();

    (void)context;
    (void)irq;
    runs++;
    for (unsigned i = 0; i < TRIAL_EDGES; i++) {
        struct edge *e = &edges[i];
        if (e->of_neighbour || !waits(e))
            continue;
        e->delay = e->ready && (long)(t - e->ready) > 0 ? t - e->ready : 0;
        e->answered = 1;
    }
    if (armed && hart_index() != mover)
        hart_kick(mover);
    return AIA_HANDLED;
}

enum aia_result trial_neighbour_handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    neighbour_runs++;
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (edges[i].of_neighbour && edges[i].raised)
            edges[i].answered = 1;
    return AIA_HANDLED;
}

static void ready_on(unsigned hart)
{
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (edges[i].raised && !edges[i].ready && edges[i].hart == hart)
            edges[i].ready = now();
}

/* May the hart that the edge goes to take it now? One whose turn does not come while the mover runs may not. */
static bool may_take(unsigned hart)
{
    if (hart == place.old && held)
        return false;
    return !off[hart] && (trial->together || !moving || hart == hart_index());
}

/* An edge waits that another hart could take, or send on. */
static bool others_needed(void)
{
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (waits(&edges[i]) && edges[i].ready && hart_index() != place.new)
            return true;
    return false;
}

/*
 * The running hart sleeps, in small pieces, whatever its interrupts are: the others have their turns. If they have
 * made all accesses they can, and the edge waits for us, the rest of the time here is no part of its delay.
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
    unsigned long idle = now() - last_access;
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (waits(&edges[i]) && edges[i].ready)
            edges[i].ready += idle;
    time_arm_wake(before);
    csr_set(sstatus, was);
}

static void raise_edge(unsigned i, const char *what)
{
    struct edge *e = &edges[i];
    struct aia_message m;

    e->of_neighbour = i && trial->neighbour;
    if (e->of_neighbour)
        e->where = TRIAL_ON_OLD;
    else if (place_look(&m))
        e->where = TRIAL_KEPT;
    else
        e->where = m.addr == machine.harts[place.old].imsic_addr ? TRIAL_ON_OLD : TRIAL_ON_NEW;
    e->hart = e->where == TRIAL_ON_OLD ? place.old : place.new;
    e->access = what;
    if (may_take(e->hart))
        e->ready = now();
    e->raised = 1;
    if (e->of_neighbour)
        place_raise_neighbour();
    else
        place_raise();
}

/*
 * The running hart has its interrupts on again. A torn move is made on the old hart, in an interrupt if another hart
 * asked for it, and all the while its interrupts are off: whatever came before its end could not be taken before it.
 */
static void may_now_take(unsigned here)
{
    for (unsigned i = 0; i < TRIAL_EDGES && moving && place.kind == TRIAL_TORN && here == place.old; i++)
        if (waits(&edges[i]) && edges[i].hart == here)
            edges[i].ready = 0;
    ready_on(here);
}

/* csr_irq_save and csr_irq_restore tell when a hart may take interrupts; no other accessor has such a name. */
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
    /* imsic_send() has just written; or an unlock, for which others waited. */
    yield = (!strcmp(what, "fence_io_w") || (irq_lock_waiting && !off[hart_index()])) && others_needed();
    for (unsigned i = 0; i < TRIAL_EDGES; i++)
        if (trial->at[i] == n) {
            raise_edge(i, what);
            yield |= trial->together && edges[i].hart != hart_index();
        }
    hook_time += csr_read(instret) - begun + hook_cost;
    last_access = now();
    if (yield)
        let_others_run();
    in_hook = false;
}

void trial_calibrate(void)
{
    static const struct trial none;
    const unsigned n = 100;

    trial = &none;
    armed = true;
    unsigned long begun = now();
    for (unsigned i = 0; i < n; i++)
        access_hook("mmio_write32");
    hook_cost = (now() - begun) / n;
    armed = false;
}

/* ---- the other harts ---- */

static _Atomic int stop_busy, busy_on, release, hold_on;

/* A hart that is never idle, interrupts on. Arming its timer gives the next hart its turn (docs: -icount). */
static void busy(void *arg)
{
    (void)arg;
    busy_on = 1;
    while (!stop_busy) {
        time_arm_wake(time_now() + time_from_us(5));
        for (unsigned i = 0; i < 10 && !stop_busy; i++)
            hart_pause();
    }
    time_arm_wake(TIME_NEVER);
    busy_on = 0;
}

static void hold(void *arg)
{
    unsigned long was = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
    struct hart_wait w = sleepy(arg ? HOLD_US : 1000000);

    held = true;
    hold_on = 1;
    while (!release &&
           more(&w, 1)) /* with an interrupt pending it does not sleep, but its timer gives turns away */
        ;
    held = false;
    ready_on(hart_index());
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

static bool others_begin(const struct trial *t)
{
    bool good = true;

    stop_busy = release = 0;
    if (t->busy)
        good = !hart_run(place.new, busy, NULL) && wait_flag(&busy_on, 1);
    if (t->old == TRIAL_OLD_OFF) {
        void *bounded = place.kind == TRIAL_TORN ? &held : NULL;
        good = good && !hart_run(place.old, hold, bounded) && wait_flag(&hold_on, 1);
    }
    return good;
}

static bool others_end(const struct trial *t)
{
    bool good = true;

    stop_busy = release = 1;
    if (t->old == TRIAL_OLD_OFF)
        good = !hart_join(place.old, time_from_ms(10));
    if (t->busy)
        good = good && !hart_join(place.new, time_from_ms(10));
    return good;
}

/* ---- the trial ---- */

static void wait_answered(void)
{
    struct hart_wait w = sleepy(ANSWER_US);

    while (!all_answered() && more(&w, ANSWER_US)) /* or woken by the handler */
        ;
}

/* Until all that retired is free again: soon, or when the lazy timer has come, which an idle machine skips to. */
static bool wait_reclaimed(void)
{
    static const unsigned us[] = {5, 20, 100};

    for (unsigned i = 0; i < 3 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(time_from_us(us[i])));
    for (unsigned i = 0; i < 2 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(aia.config.lazy_period + time_from_us(20)));
    return !place.irq->n_retiring;
}

static uint64_t strays(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].spurious + aia.config.harts[h].late;
    return n;
}

static void note_edges(struct trial_result *r)
{
    for (unsigned i = 0; i < TRIAL_EDGES; i++) {
        const struct edge *e = &edges[i];
        if (!e->raised)
            continue;
        r->edges++;
        r->lost += !e->answered;
        r->access[i] = e->access;
        if (!e->of_neighbour && e->delay > r->delay[e->where])
            r->delay[e->where] = e->delay;
    }
}

/* The move, and all that comes of it. */
static const char *play(const struct trial *t)
{
    struct aia_hartset set = aia_hartset_one(place.new);
    const char *wrong = NULL;

    if (!others_begin(t))
        return "the other harts do not do as they are told";
    memset(edges, 0, sizeof(edges));
    memset(off, 0, sizeof(off));
    accesses = 0;
    trial = t;
    mover = hart_index();
    moving = true;
    armed = true;
    int error = aia_irq_set_affinity(&aia, place.irq, &set);
    moving = false;
    if (error)
        wrong = aia_strerror(error);
    if (!held)
        ready_on(place.old);
    ready_on(place.new);
    if (others_needed())
        let_others_run();
    release = 1;
    wait_answered();
    if (!others_end(t))
        wrong = "the other harts do not come back";
    if (!wait_reclaimed())
        wrong = "a vector is not reclaimed";
    wait_answered();
    armed = false;
    return wrong;
}

struct trial_result trial_run(const struct trial *t)
{
    struct trial_result r = {0};

    if (!place_prepare(t->old == TRIAL_OLD_SELF)) {
        r.wrong = "the interrupt cannot be put in its place";
        return r;
    }
    enum aia_update kind = place_update();
    uint64_t stray = strays(), copies = aia.torn_copies, before = runs, neighbours = neighbour_runs;
    uint64_t forwarded = place.irq->forwarded, resent = place.irq->resent, updates = aia.updates[kind];

    r.wrong = play(t);
    r.accesses = accesses;
    note_edges(&r);
    if (!r.wrong && aia.updates[kind] != updates + 1)
        r.wrong = "not the update it should be";
    r.copies = (unsigned)(aia.torn_copies - copies);
    r.reinjected = (unsigned)(place.irq->forwarded - forwarded);
    uint64_t own = edges[1].raised && edges[1].of_neighbour, allowed = own + r.copies;
    r.stray = (unsigned)(strays() - stray);
    if (neighbour_runs - neighbours > allowed)
        r.stray += (unsigned)(neighbour_runs - neighbours - allowed);
    uint64_t most = r.edges - own + r.copies + (place.irq->resent - resent);
    if (runs - before > most)
        r.phantom = (unsigned)(runs - before - most);
    return r;
}
