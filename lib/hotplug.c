/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts coming and going, as design section 6. Offline of hart H is a sequence of states (aia.h), each of which
 * is entered by one function; back ONLINE they are undone, last first:
 *
 *   1. can the others hold what H holds?               aia_hart_offline_begin, in thread context on any hart
 *   2. close H: nothing migrates back                  CLOSED
 *   3. move everything away, H still taking interrupts EVACUATED
 *   4. on H, interrupts off: force what is left,       aia_hart_offline_finish, on H: FORCED
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

/* ---- going ---- */

static int may_enter(struct aia *a, unsigned hart, enum aia_hart_state next)
{
    return a->config.may_enter ? a->config.may_enter(a->config.may_enter_arg, hart, next) : AIA_OK;
}

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
        struct aia_irq *first = irq->first;
        unsigned long was = irq_lock(first);
        n += irq->vec.id && irq->vec.hart == hart && !irq->managed; /* those have their own vectors kept */
        irq_unlock(first, was);
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
    return evacuate(a, hart, move_off_wait);
}

static int evacuate_file(struct aia *a, unsigned hart)
{
    int error = evacuate_hart(a, hart);

    return error ? error : file_settle(a, hart);
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

/* AIA_IPI_REOPEN may have been refused meanwhile, and its sender relies on this look (flow.c, reopen()). */
static void unhush(struct aia *a, unsigned here)
{
    ipi_open(a, here);
    if (!is_direct(a))
        flow_reopen(a, here);
}

/* How a state is entered and how that is undone; NULL: there is nothing to do. */
struct entry {
    int (*enter)(struct aia *a, unsigned hart);
    void (*undo)(struct aia *a, unsigned hart);
};

/*
 * The states on the way out, in the order of their enum but OFFLINE, which is last. What is pending for a hart without a
 * file waits in the controller, and goes to where its line is now. QUIET before SWEPT: no work is lost the other way round,
 * but an IPI that is sent between the two would be left pending in the file of a hart that has gone.
 */
static const struct step {
    enum aia_hart_state state;
    struct entry file, direct; /* of a hart with an interrupt file; of one without */
} steps[] = {
    {AIA_HART_CLOSED, {file_close, file_open}, {NULL, NULL}},
    {AIA_HART_EVACUATED, {evacuate_file, NULL}, {evacuate_hart, NULL}},
    {AIA_HART_FORCED, {force_away, NULL}, {force_away, NULL}},
    {AIA_HART_QUIET, {hush, unhush}, {hush, unhush}},
    {AIA_HART_SWEPT, {file_sweep, NULL}, {NULL, NULL}},
    {AIA_HART_OFFLINE, {file_off, file_on}, {direct_off, direct_on}},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

static const struct entry *entry(const struct aia *a, const struct step *s)
{
    return is_direct(a) ? &s->direct : &s->file;
}

/* Undo the first n steps, last first. */
static void come_back(struct aia *a, unsigned hart, unsigned n)
{
    while (n-- > 0) {
        if (steps[n].state == AIA_HART_CLOSED) /* who finds it open must find it online */
            set_state(a, hart, AIA_HART_ONLINE);
        if (entry(a, &steps[n])->undo)
            entry(a, &steps[n])->undo(a, hart);
    }
}

void aia_hart_offline_cancel(struct aia *a, unsigned hart)
{
    enum aia_hart_state state = hart < a->config.n_harts ? hart_state(a, hart) : AIA_HART_OFFLINE;

    if (state > AIA_HART_ONLINE)
        come_back(a, hart, state - AIA_HART_ONLINE);
}

/* Pass the states behind the present one, up to and including `last`. */
static int pass(struct aia *a, unsigned hart, enum aia_hart_state last)
{
    const struct step *s = &steps[hart_state(a, hart) - AIA_HART_ONLINE];

    for (;; s++) {
        int error = may_enter(a, hart, s->state);
        if (!error && entry(a, s)->enter)
            error = entry(a, s)->enter(a, hart);
        if (error) {
            aia_hart_offline_cancel(a, hart);
            return error;
        }
        set_state(a, hart, s->state);
        if (s->state == last)
            return AIA_OK;
    }
}

int aia_hart_offline_begin(struct aia *a, unsigned hart)
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
        (void)aia_hart_online_finish(a, hart, AIA_DISPLACED_STAY);
    return error;
}

int aia_hart_offline_finish(struct aia *a)
{
    unsigned here = aia_port_hart();

    if (hart_state(a, here) != AIA_HART_EVACUATED)
        return AIA_EINVAL;
    return pass(a, here, AIA_HART_OFFLINE);
}

/* ---- coming ---- */

int aia_hart_online_begin(struct aia *a)
{
    unsigned here = aia_port_hart();
    int error, late;

    if (hart_state(a, here) != AIA_HART_OFFLINE)
        return AIA_EINVAL;
    late = is_direct(a) ? 0 : file_late(a, here);
    error = may_enter(a, here, AIA_HART_ONLINE);
    if (error)
        return error;
    come_back(a, here, N_STEPS);
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

int aia_hart_online_finish(struct aia *a, unsigned hart, enum aia_displaced others)
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
        int error = irq->managed                     ? managed_restart(a, irq)
                    : others == AIA_DISPLACED_RETURN ? move_back(a, irq)
                                                     : AIA_OK;
        if (!first)
            first = error;
    }
    return first;
}
