/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts coming and going, as design section 6. Offline of hart H is a sequence of states (aia.h), each of which
 * is entered by one function here:
 *
 *   1. can the others hold what H holds?               aia_hart_leave, in thread context on any hart
 *   2. close H: nothing migrates back                  CLOSED
 *   3. move everything away, H still taking interrupts EVACUATED
 *   4. on H, interrupts off: force what is left,       aia_hart_dying, on H: FORCED
 *      run the last IPIs and calls,                    QUIET
 *      sweep all of eip,                               SWEPT
 *      stop delivery                                   OFFLINE
 *   5. HSM hart_stop, and its confirmation             the embedder
 *
 * After 4 no message names H, every edge sent to it has been seen, and all its vectors are free; its file
 * stays closed until it is back, so none is given out.
 */
#include "internal.h"

static void set_state(struct aia *a, unsigned hart, enum aia_hart_state state)
{
    atomic_store_explicit(&a->config.harts[hart].state, state, memory_order_release);
    aia_trace(a, AIA_EVENT_HART, NULL, vector(hart, 0), state);
}

struct aia_hartset aia_online(const struct aia *a)
{
    struct aia_hartset s = {{0}};

    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (hart_state(a, h) != AIA_HART_OFFLINE)
            aia_hartset_add(&s, h);
    return s;
}

/* ---- coming ---- */

static void open_hart(struct aia *a, unsigned hart)
{
    if (!is_direct(a))
        imsic_open(&a->imsic, hart);
}

/* An edge that reached H's file while H was away: tell of it, and give it to whom it was meant for. */
static void late_edge(struct aia *a, unsigned here, unsigned id)
{
    uint32_t owner = imsic_slot_owner(slot_read(&a->imsic.files[here], id));
    struct imsic_vector v = {.hart = (uint16_t)here, .id = (uint16_t)id};
    struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    count_own(&a->config.harts[here].late);
    trace(a, here, AIA_EVENT_LATE, owner, v, 0);
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_LATE, .vec = v, .irq = irq});
    if (irq && is_used(irq) && !send_on(a, irq)) /* it is shut down: its restart sends it */
        atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_PENDING, memory_order_release);
}

static int find_late(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    int late = 0;

    imsic_sync(&a->imsic, f); /* if it times out, what has arrived is all there is to see */
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = imsic_file_take(f, w); bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            if (id == a->imsic.ipi_id || id == a->imsic.sync_id)
                continue; /* the work of a late IPI was taken when its word was closed */
            late_edge(a, here, id);
            late++;
        }
    }
    return late;
}

static int may_enter(struct aia *a, unsigned hart, enum aia_hart_state next)
{
    return a->config.may_enter ? a->config.may_enter(a->config.may_enter_arg, hart, next) : AIA_OK;
}

static int empty_file(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    int late = 0;

    imsic_file_off(f);
    if (a->config.harts[here].was_online)
        late = find_late(a, here);
    else
        imsic_file_clear(f);
    return late;
}

static void start_file(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    imsic_file_on(&a->imsic, f);
    for (unsigned id = 1; id <= f->n_ids; id++)
        imsic_clear_shut(&a->imsic, (struct imsic_vector){.hart = (uint16_t)here, .id = (uint16_t)id});
}

int aia_hart_online(struct aia *a)
{
    unsigned here = aia_port_hart();
    struct aia_hart *h = &a->config.harts[here];
    int error, late;

    if (hart_state(a, here) != AIA_HART_OFFLINE)
        return AIA_EINVAL;
    late = is_direct(a) ? 0 : empty_file(a, here);
    error = may_enter(a, here, AIA_HART_ONLINE);
    if (error)
        return error;
    if (is_direct(a))
        direct_on(a, here);
    else
        start_file(a, here);
    h->was_online = true;
    ipi_open(a, here);
    set_state(a, here, AIA_HART_ONLINE);
    open_hart(a, here);
    return late;
}

/* Has it to do with the return of `hart`? Behind the lock, for it may just be given back, its message with it. */
static bool wants(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    if (!is_used(irq) || irq->first != irq)
        return false;
    unsigned long was = irq_lock(irq);
    bool it_does =
        is_used(irq) && aia_hartset_has(&irq->affinity, hart) && !is_dead(irq) && reaches(a, irq, hart);
    irq_unlock(irq, was);
    return it_does;
}

int aia_hart_return(struct aia *a, unsigned hart, enum aia_return others)
{
    int first = AIA_OK;

    if (hart >= a->config.n_harts)
        return AIA_EINVAL;
    if (hart_state(a, hart) != AIA_HART_ONLINE)
        return AIA_EOFFLINE;
    for (uint32_t i = 0; i < irqs_end(a); i++) {
        struct aia_irq *irq = &a->config.irqs[i];
        if (!wants(a, irq, hart))
            continue;
        int error = irq->managed              ? managed_restart(a, irq)
                    : others == AIA_COME_BACK ? move_back(a, irq)
                                              : AIA_OK;
        if (!first)
            first = error;
    }
    return first;
}

void aia_hart_save(const struct aia *a, struct imsic_saved *saved)
{
    if (!is_direct(a)) /* a controller keeps its own */
        imsic_file_save(&a->imsic.files[aia_port_hart()], saved);
}

void aia_hart_restore(const struct aia *a, const struct imsic_saved *saved)
{
    if (!is_direct(a))
        imsic_file_restore(&a->imsic.files[aia_port_hart()], saved);
}

/* ---- going ---- */

static unsigned count_online(const struct aia *a)
{
    unsigned n = 0;

    for (unsigned h = 0; h < a->config.n_harts; h++)
        n += hart_state(a, h) == AIA_HART_ONLINE;
    return n;
}

static unsigned count_held(struct aia *a, unsigned hart)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < irqs_end(a); i++) {
        struct aia_irq *irq = &a->config.irqs[i];
        if (!is_used(irq))
            continue;
        unsigned long was = irq_lock(irq);
        n += irq->vec.id && irq->vec.hart == hart && !irq->managed; /* those have their own vectors kept */
        irq_unlock(irq, was);
    }
    return n;
}

/* Can the others not hold what the hart holds? To count takes a lock each: not where there is room for all there are. */
static bool too_full(struct aia *a, unsigned hart)
{
    unsigned room = imsic_room_elsewhere(&a->imsic, hart);

    return room < irqs_end(a) && count_held(a, hart) > room;
}

static int evacuate(struct aia *a, unsigned hart,
                    int (*away)(struct aia *a, struct aia_irq *irq, unsigned hart))
{
    for (uint32_t i = 0; i < irqs_end(a); i++) {
        struct aia_irq *irq = &a->config.irqs[i];
        bool look = is_used(irq) && irq->first == irq; /* a block moves as one */
        int error = look ? away(a, irq, hart) : AIA_OK;
        if (error)
            return error;
    }
    return AIA_OK;
}

/*
 * Wait until time has proven the drain of those devices of which nothing else can (posted_limit). The hart is closed
 * and evacuated: nothing puts that off any more.
 */
static void wait_posted(struct aia *a, unsigned hart)
{
    const struct imsic_file *f = &a->imsic.files[hart];

    /* Where nothing retires that moment may be any one of long ago. */
    while (atomic_load_explicit(&f->n_retiring, memory_order_acquire) &&
           moment_left(atomic_load_explicit(&f->drained_at, memory_order_relaxed), aia_port_time()))
        aia_port_relax();
}

static int close_hart(struct aia *a, unsigned hart)
{
    if (!is_direct(a)) /* else its state says it all: there are no vectors */
        imsic_close(&a->imsic, hart);
    return AIA_OK;
}

/* Whoever takes a descriptor from now on finds the hart closed; who has taken one is seen. */
static void meet_requests(struct aia *a)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
}

static int evacuate_hart(struct aia *a, unsigned hart)
{
    meet_requests(a);
    int error = evacuate(a, hart, move_off_wait);

    if (!error && !is_direct(a)) /* else nothing is under way to a hart: it waits in the controller */
        wait_posted(a, hart);
    return error;
}

static int force_away(struct aia *a, unsigned here)
{
    return evacuate(a, here, move_off);
}

static int hush(struct aia *a, unsigned here)
{
    ipi_close(a, here);
    return AIA_OK;
}

/*
 * The sweep: every edge that was sent here is in eip by now, or on its way. reclaim() waits for the
 * latter, sends all that have an owner on to where that is now, and frees their vectors: nothing can begin to
 * retire any more, so that is all of them. What is left in eip is nobody's.
 */
static int sweep_file(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    struct aia_hart *h = &a->config.harts[here];
    uint64_t before = atomic_load_explicit(&h->forwarded, memory_order_relaxed);
    int error = reclaim(a, here);

    if (!error && atomic_load_explicit(&f->n_retiring, memory_order_relaxed))
        error = AIA_EAGAIN; /* a device without proof of drain was moved since aia_hart_leave() */
    if (error)
        return error;
    atomic_fetch_add_explicit(&h->swept, atomic_load_explicit(&h->forwarded, memory_order_relaxed) - before,
                              memory_order_relaxed);
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = imsic_file_take(f, w); bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            /* The work of the IPIs was done when their word was closed. */
            if (id == a->imsic.ipi_id || id == a->imsic.sync_id)
                continue;
            trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, vector(here, id), 0);
            count_own(&h->spurious);
        }
    }
    return AIA_OK;
}

static int sweep(struct aia *a, unsigned here)
{
    /* Without a file there is nothing to sweep: what was pending here has gone with its line. */
    return is_direct(a) ? AIA_OK : sweep_file(a, here);
}

static int silence(struct aia *a, unsigned here)
{
    if (is_direct(a))
        direct_off(a, here);
    else
        imsic_file_off(&a->imsic.files[here]);
    return AIA_OK;
}

static const struct step {
    enum aia_hart_state state;
    int (*enter)(struct aia *a, unsigned hart);
    void (*undo)(struct aia *a, unsigned hart); /* NULL: nothing to undo */
} steps[] = {
    {AIA_HART_CLOSED, close_hart, open_hart},
    {AIA_HART_EVACUATED, evacuate_hart, NULL},
    {AIA_HART_FORCED, force_away, NULL},
    {AIA_HART_QUIET, hush, ipi_open},
    {AIA_HART_SWEPT, sweep, NULL},
    {AIA_HART_OFFLINE, silence, NULL},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

/* From the present state, undo what was done on the way to it, last first. */
void aia_hart_stay(struct aia *a, unsigned hart)
{
    enum aia_hart_state state = hart < a->config.n_harts ? hart_state(a, hart) : AIA_HART_OFFLINE;

    if (state == AIA_HART_OFFLINE) /* only aia_hart_online() undoes that */
        return;
    set_state(a, hart, AIA_HART_ONLINE); /* first: who finds it open must find it online */
    for (unsigned i = N_STEPS; i-- > 0;)
        if (steps[i].state != AIA_HART_OFFLINE && steps[i].state <= state && steps[i].undo)
            steps[i].undo(a, hart);
}

/* Pass the states behind the present one, up to and including `last`. */
static int pass(struct aia *a, unsigned hart, enum aia_hart_state last)
{
    for (unsigned i = 0; i < N_STEPS; i++) {
        if (steps[i].state != AIA_HART_OFFLINE && steps[i].state <= hart_state(a, hart))
            continue;
        int error = may_enter(a, hart, steps[i].state);
        if (!error)
            error = steps[i].enter(a, hart);
        if (error) {
            aia_hart_stay(a, hart);
            return error;
        }
        set_state(a, hart, steps[i].state);
        if (steps[i].state == last)
            break;
    }
    return AIA_OK;
}

int aia_hart_leave(struct aia *a, unsigned hart)
{
    if (hart >= a->config.n_harts)
        return AIA_EINVAL;
    if (hart_state(a, hart) != AIA_HART_ONLINE)
        return AIA_EOFFLINE;
    if (count_online(a) == 1)
        return AIA_ELAST;
    if (!is_direct(a) && too_full(a, hart))
        return AIA_ENOVEC;
    int error = pass(a, hart, AIA_HART_EVACUATED);
    if (error) /* managed interrupts may have been shut down already */
        (void)aia_hart_return(a, hart, AIA_STAY_AWAY);
    return error;
}

int aia_hart_dying(struct aia *a)
{
    unsigned here = aia_port_hart();

    if (hart_state(a, here) != AIA_HART_EVACUATED)
        return AIA_EINVAL;
    return pass(a, here, AIA_HART_OFFLINE);
}
