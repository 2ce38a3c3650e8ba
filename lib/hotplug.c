/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts going offline and coming back (design.md, section 6). Hart H goes offline through a sequence of states (aia/config.h).
 * One function enters each state. When H comes back, or when a step fails, the states are undone, last first. The way out:
 *
 *   aia_hart_offline_begin(), in thread context on any hart
 *     1. check that the other harts have room for the interrupts on H
 *     2. close H: no move to H begins any more; one may still end on H      CLOSED
 *     3. move every interrupt away, while H still takes interrupts; wait    EVACUATED
 *        for drains that only time proves
 *   aia_hart_offline_finish(), on H with interrupts off
 *     4. move away each interrupt that has come to H since                 FORCED
 *        run the last IPIs and calls                                       QUIET
 *        sweep all of eip                                                  SWEPT
 *        stop delivery                                                     OFFLINE
 *   the embedder
 *     5. HSM hart_stop, and its confirmation
 *
 * After 4 no message names H, every edge that was sent to H has been seen, and no vector of H is owned or retires. H's file
 * stays closed until H is back, so no vector of H is allocated.
 */
#include "lib/affinity.h"
#include "lib/delivery.h"
#include "lib/ipi.h"
#include "lib/managed.h"

#include "imsic/vector.h"

static void set_state(struct aia *a, unsigned hart, enum aia_hart_state state)
{
    atomic_store_explicit(&a->config.harts[hart].state, state, memory_order_release);
    aia_trace(a, AIA_EVENT_HART, NULL, vector(hart, 0), state);
}

struct aia_hartset aia_online(const struct aia *a)
{
    struct aia_hartset s = {{0}};

    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (hart_state(a, h) == AIA_HART_ONLINE)
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

static int evacuate(struct aia *a, unsigned hart,
                    int (*away)(struct aia *a, struct aia_irq *irq, unsigned hart))
{
    for (uint32_t i = 0; i < irqs_end(a); i++) {
        struct aia_irq *irq = &a->config.irqs[i];
        bool look = irq_is_used(irq) && irq->first == irq; /* a block moves as one */
        int error = look ? away(a, irq, hart) : AIA_OK;
        if (error)
            return error;
    }
    return AIA_OK;
}

/*
 * Wait for requests that take a descriptor now, by taking and releasing irqs_lock. evacuate() sees the interrupt of such a
 * request. A later request finds the hart closed.
 */
static void wait_for_requests(struct aia *a)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
}

static int close_hart(struct aia *a, unsigned hart)
{
    a->delivery->close(a, hart);
    return AIA_OK;
}

static void open_hart(struct aia *a, unsigned hart)
{
    a->delivery->open(a, hart);
}

static int evacuate_hart(struct aia *a, unsigned hart)
{
    wait_for_requests(a);
    int error = evacuate(a, hart, affinity_move_off);

    return error ? error : a->delivery->settle(a, hart);
}

static int force_away(struct aia *a, unsigned here)
{
    return evacuate(a, here, affinity_force_off);
}

static int hush(struct aia *a, unsigned here)
{
    ipi_close(a, here);
    return AIA_OK;
}

/* resume() does the work of an AIA_IPI_REOPEN that was refused while this hart was QUIET. storm_end() relies on that. */
static void unhush(struct aia *a, unsigned here)
{
    ipi_open(a, here);
    a->delivery->resume(a, here);
}

static int sweep_hart(struct aia *a, unsigned here)
{
    return a->delivery->sweep(a, here);
}

static int stop_delivery(struct aia *a, unsigned here)
{
    a->delivery->off(a, here);
    return AIA_OK;
}

static void start_delivery(struct aia *a, unsigned here)
{
    a->delivery->on(a, here);
}

/*
 * The states on the way out. A step has the function that enters the state, and the function that undoes the step, or NULL if
 * there is nothing to undo. The order is that of enum aia_hart_state, but OFFLINE comes last. QUIET comes before SWEPT: with
 * SWEPT first no work would be lost, but an IPI that is sent between the two would stay pending in the file of a hart that has
 * gone.
 */
static const struct step {
    enum aia_hart_state state;
    int (*enter)(struct aia *a, unsigned hart);
    void (*undo)(struct aia *a, unsigned hart);
} steps[] = {
    {AIA_HART_CLOSED, close_hart, open_hart}, {AIA_HART_EVACUATED, evacuate_hart, NULL},
    {AIA_HART_FORCED, force_away, NULL},      {AIA_HART_QUIET, hush, unhush},
    {AIA_HART_SWEPT, sweep_hart, NULL},       {AIA_HART_OFFLINE, stop_delivery, start_delivery},
};
#define N_STEPS (sizeof(steps) / sizeof(steps[0]))
_Static_assert(N_STEPS == AIA_HART_SWEPT - AIA_HART_ONLINE + 1, "a step for each state on the way out");

/* True if the return of `hart` concerns irq. Under the lock, because another hart may be freeing irq and its message. */
static inline __attribute__((always_inline)) bool is_concerned(struct aia *a, struct aia_irq *irq,
                                                               unsigned hart)
{
    if (!irq_is_used(irq) || irq->first != irq)
        return false;
    unsigned long was = irq_lock(irq);
    bool concerned = irq_is_used(irq) && aia_hartset_has(&irq->affinity, hart) && !irq_is_dead(irq) &&
                     delivery_reaches(a, irq, hart);
    irq_unlock(irq, was);
    return concerned;
}

/* Start the interrupts that have `hart` in their affinity and have waited since their request for an online hart there. */
static void start_waiting(struct aia *a, unsigned hart)
{
    if (!managed_any_waits(a))
        return;
    for (uint32_t i = 0; i < irqs_end(a); i++)
        if (is_concerned(a, &a->config.irqs[i], hart))
            managed_start(a, &a->config.irqs[i], hart);
}

/* Undo the first n steps, last first. */
static void undo_steps(struct aia *a, unsigned hart, unsigned n)
{
    while (n-- > 0) {
        if (steps[n].undo)
            steps[n].undo(a, hart);
        if (steps[n].state == AIA_HART_CLOSED) /* after open(): a hart that is ONLINE gives out vectors */
            set_state(a, hart, AIA_HART_ONLINE);
    }
    start_waiting(a, hart);
}

void aia_hart_offline_cancel(struct aia *a, unsigned hart)
{
    enum aia_hart_state state = hart < a->config.n_harts ? hart_state(a, hart) : AIA_HART_OFFLINE;

    if (state > AIA_HART_ONLINE)
        undo_steps(a, hart, state - AIA_HART_ONLINE);
}

/* Enter the states after the present one, up to and including `last`. */
static int enter_states(struct aia *a, unsigned hart, enum aia_hart_state last)
{
    const struct step *s = &steps[hart_state(a, hart) - AIA_HART_ONLINE];

    for (;; s++) {
        int error = may_enter(a, hart, s->state);
        if (!error)
            error = s->enter(a, hart);
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
    if (!a->delivery->has_room(a, hart))
        return AIA_ENOVEC;
    int error = enter_states(a, hart, AIA_HART_EVACUATED);
    if (error) /* managed interrupts may have been shut down already */
        (void)aia_hart_online_finish(a, hart, AIA_DISPLACED_STAY);
    return error;
}

int aia_hart_offline_finish(struct aia *a)
{
    unsigned here = aia_port_hart();

    if (hart_state(a, here) != AIA_HART_EVACUATED)
        return AIA_EINVAL;
    return enter_states(a, here, AIA_HART_OFFLINE);
}

/* ---- coming ---- */

int aia_hart_online_begin(struct aia *a)
{
    unsigned here = aia_port_hart();

    if (hart_state(a, here) != AIA_HART_OFFLINE)
        return AIA_EINVAL;
    int error = may_enter(a, here, AIA_HART_ONLINE);
    if (error)
        return error;
    int late = a->delivery->take_late(a, here);
    if (late < 0)
        return late;
    undo_steps(a, here, N_STEPS);
    return late;
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
        if (!is_concerned(a, irq, hart))
            continue;
        int error = irq->managed                     ? managed_restart(a, irq)
                    : others == AIA_DISPLACED_RETURN ? affinity_return(a, irq)
                                                     : AIA_OK;
        if (!first)
            first = error;
    }
    return first;
}

/* ---- a suspension ---- */

void aia_hart_save(const struct aia *a, struct imsic_saved *saved)
{
    a->delivery->save(a, saved);
}

void aia_hart_restore(const struct aia *a, const struct imsic_saved *saved)
{
    a->delivery->restore(a, saved);
}
