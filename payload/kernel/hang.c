/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/hang.h"
#include "payload/kernel/console.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/pulse.h"
#include "payload/kernel/sbi.h"
#include "payload/kernel/symbols.h"
#include <stdio.h>

/* The time in which a hart must give a sign. A busy host may not run a hart for a while. */
#define SIGN_MS 1000
#define STEP_MS 4000 /* No step of the payload's own code takes as long, except waits. */
/* How often a join is repeated: a job that waits for a hart that hangs waits several times. */
#define JOINS 4

struct pulse pulses[MACHINE_MAX_HARTS];

/* The signs that a hart makes progress. `step` changes with each step, `interrupts` with each interrupt taken. */
struct signs {
    uint64_t step, interrupts;
};

static struct {
    bool hangs;
    struct signs signs;  /* at the moment when the hart was found to hang */
    uint64_t never_came; /* the started_at of the start whose failure was printed */
} found[MACHINE_MAX_HARTS];

static struct signs signs_of(unsigned hart)
{
    const struct pulse *p = &pulses[hart];
    const struct aia_hart *h = &aia.config.harts[hart];

    return (struct signs){
        .step = p->step_at + p->sbi_at + p->sbi,
        .interrupts = h->handled + h->forwarded + h->unowned + h->ipis_taken + p->trap_at,
    };
}

static bool same(struct signs a, struct signs b)
{
    return a.step == b.step && a.interrupts == b.interrupts;
}

bool hang_is(unsigned hart)
{
    return found[hart].hangs && same(found[hart].signs, signs_of(hart));
}

unsigned hang_first(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (hang_is(h))
            return h;
    return HANG_NONE;
}

/* ---- the report on one hart ---- */

struct text {
    char s[200];
    size_t n;
};

static void add(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct text *t, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(t->s + t->n, sizeof(t->s) - t->n, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->n = t->n + (unsigned)n < sizeof(t->s) ? t->n + (unsigned)n : sizeof(t->s) - 1;
}

static void add_since(struct text *t, uint64_t when)
{
    uint64_t now = time_now(), ms = now > when ? time_to_us(now - when) / 1000 : 0;

    if (when)
        add(t, "%lu.%02lu s", ms / 1000, ms % 1000 / 10);
    else
        add(t, "the start");
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t last_sign(const struct pulse *p)
{
    return later(later(p->step_at, p->trap_at), later(p->sbi_at, p->irqs_at));
}

/* The name of the job that the hart began last. The boot hart runs the job of test=NAME. */
static const char *job_of(unsigned hart)
{
    uintptr_t offset, function = (uintptr_t)atomic_load(&pulses[hart].job);
    const char *name = function ? symbol_at(function, &offset) : NULL;

    return name ? name : hart == hart_boot_index() ? "the job itself" : "no job yet";
}

/* True if vectors of irq retire on this hart. */
static bool retires_on(const struct aia_irq *irq, unsigned hart)
{
    return atomic_load(&irq->n_retiring) && aia_hartset_has(&irq->retiring_on, hart);
}

/* The interrupt whose handler runs on this hart according to the books, or NULL. */
static const struct aia_irq *handler_on(unsigned hart)
{
    for (unsigned i = 0; i < aia.config.n_irqs; i++) {
        const struct aia_irq *irq = &aia.config.irqs[i];
        if (irq->used && irq->vec.hart == hart && (atomic_load(&irq->flow) & AIA_FLOW_RUNNING))
            return irq;
    }
    return NULL;
}

/* Add what keeps the hart from going on. */
static void add_cause(struct text *t, unsigned hart, bool pending)
{
    const struct pulse *p = &pulses[hart];
    const struct aia_irq *irq = handler_on(hart);
    bool sleeps = p->step == PULSE_WAITS || p->step == PULSE_IDLE;

    if (p->sbi)
        add(t, "the firmware does not come back");
    else if (irq)
        add(t, "the handler of %s, the firmware or the machine holds it", irq_name(irq));
    else if (p->in_trap)
        add(t, "the payload's trap handler, the firmware or the machine holds it");
    else if (p->irqs_off)
        add(t, "the payload's own code keeps interrupts off, in %s", job_of(hart));
    else if (pending || sleeps)
        add(t, "the firmware or the machine holds it");
    else
        add(t, "nothing was sent to wake it");
}

/* "no progress since 1.92 s, not in an SBI call, interrupts on, IPI pending: the firmware or the machine holds it" */
static void say_state(unsigned hart)
{
    const struct pulse *p = &pulses[hart];
    struct text t = {.n = 0};
    bool pending = atomic_load(&aia.config.harts[hart].ipis) != 0;

    add(&t, "no progress since ");
    add_since(&t, last_sign(p));
    if (p->sbi) {
        add(&t, ", in SBI call %s since ", sbi_call_name(p->sbi));
        add_since(&t, p->sbi_at);
    } else {
        add(&t, ", not in an SBI call");
    }
    add(&t, ", interrupts %s", p->irqs_off ? "off since " : "on");
    if (p->irqs_off)
        add_since(&t, p->irqs_at);
    add(&t, ", %sIPI pending: ", pending ? "" : "no ");
    add_cause(&t, hart, pending);
    print("hart %u: %s\n", hart, t.s);
}

static void say_never_came(unsigned hart)
{
    struct text t = {.n = 0};

    add_since(&t, harts[hart].started_at);
    print(
        "hart %u: started %s ago, and has not come to the payload's first instruction; the firmware says %s: "
        "the firmware or the machine holds it\n",
        hart, t.s, sbi_hsm_state_name(sbi_hart_status(harts[hart].hartid)));
}

static void say_last(unsigned hart)
{
    static const char *const steps[] = {"none", "came up", "at work", "a sleep that its timer ends",
                                        "idle, until it is interrupted"};
    const struct pulse *p = &pulses[hart];
    const struct aia_hart *h = &aia.config.harts[hart];
    struct text t = {.n = 0};

    add(&t, "last step %s, since ", steps[p->step]);
    add_since(&t, p->step_at);
    add(&t, ", in %s; last trap %s", job_of(hart),
        !p->trap_at    ? "none"
        : p->trap == 5 ? "its timer, "
                       : "a software interrupt, ");
    if (p->trap_at)
        add_since(&t, p->trap_at);
    add(&t, "%s; %lu IPIs and %lu edges taken", p->trap_at ? " ago" : "", h->ipis_taken, h->handled);
    print("hart %u: %s; the firmware says %s\n", hart, t.s,
          sbi_hsm_state_name(sbi_hart_status(harts[hart].hartid)));
}

/* Only the hart itself can read its eip. So print what the books have sent to the hart. */
static void say_sent(unsigned hart)
{
    const struct aia_hart *h = &aia.config.harts[hart];
    const struct aia_call *calls = atomic_load(&h->calls);
    struct text t = {.n = 0};

    add(&t, "sent and not taken: IPIs 0x%x%s%s", atomic_load(&h->ipis) & 0x7fffffffu,
        calls > (const struct aia_call *)1 ? ", a call" : "",
        atomic_load(&harts[hart].job) ? ", the job" : "");
    add(&t, "; interrupts of");
    size_t before = t.n;
    for (unsigned i = 0; i < aia.config.n_irqs; i++) {
        const struct aia_irq *irq = &aia.config.irqs[i];
        bool there = irq->used && irq->vec.id && irq->vec.hart == hart;
        if (there && t.n < sizeof(t.s) - 48)
            add(&t, " %s (identity %u)", irq_name(irq), irq->vec.id);
        else if (irq->used && retires_on(irq, hart) && t.n < sizeof(t.s) - 48)
            add(&t, " %s (retiring)", irq_name(irq));
    }
    print("hart %u: %s%s come to this hart\n", hart, t.s, t.n == before ? " no device" : "");
}

/* The hart takes interrupts, but its job makes no step. */
static void say_busy(unsigned hart)
{
    struct text t = {.n = 0};

    add_since(&t, pulses[hart].step_at);
    print("hart %u: it takes interrupts, and has made no step in %s since %s: the payload's own code\n", hart,
          job_of(hart), t.s);
}

static void explain(unsigned hart)
{
    unsigned long was = console_lock();

    say_state(hart);
    say_last(hart);
    say_sent(hart);
    console_unlock(was);
}

/* True if a hart was started and has not come. No hart waits for it, and it holds no edge: a load goes on without it. */
static bool has_not_come(unsigned hart)
{
    return hart_state(hart) == HART_FAILED && sbi_hart_status(harts[hart].hartid) != SBI_HSM_STOPPED;
}

/* Print a failed start, once for each start. */
static void look_for_start(unsigned hart)
{
    uint64_t started = harts[hart].started_at;

    if (found[hart].never_came == started || !has_not_come(hart))
        return;
    found[hart].never_came = started;
    say_never_came(hart);
}

/* ---- the search for harts that hang ---- */

/* True if the hart should make progress. A hart that is stopped should not. */
static bool is_up(unsigned hart)
{
    enum hart_state state = hart_state(hart);

    if (hart == hart_index() || state == HART_ABSENT || state == HART_STOPPED || state == HART_FAILED)
        return false;
    return state == HART_ONLINE || sbi_hart_status(harts[hart].hartid) != SBI_HSM_STOPPED;
}

/* The number of harts that were asked for a sign and have not given one. */
static unsigned without_sign(const struct signs *before, const bool *asked)
{
    unsigned n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += asked[h] && same(before[h], signs_of(h));
    return n;
}

static void ask_all(struct signs *before, bool *asked)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(SIGN_MS));

    for (unsigned h = 0; h < hart_count(); h++) {
        asked[h] = is_up(h) && !hang_is(h);
        before[h] = signs_of(h);
        if (asked[h])
            (void)aia_ipi_send(&aia, h, IRQ_IPI_WAKE);
    }
    while (without_sign(before, asked) && hart_wait_more(&w))
        ;
}

static void look(void)
{
    static struct signs before[MACHINE_MAX_HARTS];
    static bool asked[MACHINE_MAX_HARTS];

    ask_all(before, asked);
    for (unsigned h = 0; h < hart_count(); h++) {
        struct signs now = signs_of(h);
        look_for_start(h);
        if (!asked[h] || now.step != before[h].step)
            continue;
        if (same(before[h], now)) {
            found[h].signs = now;
            found[h].hangs = true;
            explain(h);
        } else if (pulses[h].step == PULSE_WORKS && time_now() > pulses[h].step_at + time_from_ms(STEP_MS)) {
            say_busy(h);
        }
    }
}

static _Noreturn void end(const char *what)
{
    print("\n%s: the run ends here\n", what);
    look();
    print("VERDICT: FAIL\n");
    machine_exit(EXIT_FAIL);
}

void hang_look(void)
{
    static _Atomic int looking;
    static uint64_t first_found;
    struct hart_wait w = hart_wait_begin(TIME_NEVER);

    while (atomic_exchange(&looking, 1))
        (void)hart_wait_more(&w);
    look();
    if (hang_first() == HANG_NONE)
        first_found = 0;
    else if (!first_found)
        first_found = time_now();
    else if (time_now() > first_found + time_from_ms(HANG_END_MS))
        end("more waits for a hart that hangs");
    atomic_store(&looking, 0);
}

/* ---- waits that end when a hart hangs ---- */

unsigned hang_keeps(const struct aia_irq *irq)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (hang_is(h) &&
            (irq->vec.hart == h || retires_on(irq, h) || (atomic_load(&irq->flow) & AIA_FLOW_RUNNING)))
            return h;
    return HANG_NONE;
}

int hang_call(unsigned hart, void (*fn)(void *arg), void *arg)
{
    unsigned here = hart_index();
    bool stuck = hart != here && atomic_load(&aia.config.harts[here].call.state) != 0;

    if (hang_is(hart) || (stuck && hang_first() != HANG_NONE))
        return AIA_ETIMEOUT; /* stuck: the only call of this hart is on the list of a hart that hangs */
    int error = aia_call(&aia, hart, fn, arg);
    if (error == AIA_ETIMEOUT)
        hang_look();
    return error;
}

int hang_join(unsigned hart, uint64_t ticks)
{
    int error = hart_join(hart, ticks);

    if (error == HART_ETIMEOUT)
        hang_look();
    for (unsigned i = 0; error == HART_ETIMEOUT && hang_first() != HANG_NONE && !hang_is(hart) && i < JOINS;
         i++)
        error = hart_join(hart, ticks);
    return error;
}

void hang_wait_more(struct hart_wait *w)
{
    if (!hart_wait_more(w))
        end("what this hart waits for is not given back");
}

static const char no_job[] = "the job cannot go on without a hart that hangs";

void hang_end(void)
{
    hang_look();
    if (hang_first() != HANG_NONE)
        end(no_job);
}

void hang_end_without(unsigned hart)
{
    hang_look();
    if (hang_is(hart) || has_not_come(hart))
        end(no_job);
}

void hang_watch(unsigned hart)
{
    uint64_t last = last_sign(&pulses[hart]); /* read before the time is read below */

    if (time_now() - last > time_from_ms(HANG_END_MS) && hart_is_online(hart))
        end("the hart that leads the job makes no step");
}
