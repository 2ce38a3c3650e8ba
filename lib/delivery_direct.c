/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Direct delivery: controllers interrupt the harts (delivery.h, aia/controller.h). A line's vector is a hart and the line's own
 * number, so only the hart can be chosen. A pending edge stays in the controller until a hart claims the line. So a move leaves
 * nothing on the old hart: no vector retires, and no vector is drained.
 */
#include "lib/audit.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/managed.h"
#include "lib/storm.h"

static struct aia_controller *controller_of(const struct aia *a, unsigned hart)
{
    return a->config.controllers[hart];
}

/* ---- requests ---- */

static bool accepts_line(const struct aia *a, const struct aia_request *r)
{
    (void)a;
    return r->msi->controller && !r->order;
}

/* A line reaches only the harts of its controller. */
static bool reaches_own_harts(const struct aia *a, const struct aia_irq *irq, unsigned hart)
{
    return controller_of(a, hart) == irq->msi->controller;
}

/* A line has its number on every hart. */
static int reserve_nothing(struct aia *a, struct aia_irq *irq)
{
    (void)a, (void)irq;
    return AIA_OK;
}

/* Count the lines on `hart`. Other harts may move lines meanwhile. The count is only a hint for a choice. */
static unsigned count_lines(const struct aia *a, unsigned hart)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < a->config.n_irqs; i++)
        n += a->config.irqs[i].vec.id && a->config.irqs[i].vec.hart == hart;
    return n;
}

static int least_loaded_hart(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                             unsigned *hart)
{
    unsigned best = ~0u;

    for (unsigned h = 0; h < a->config.n_harts; h++) {
        if (!aia_hartset_has(set, h) || hart_state(a, h) != AIA_HART_ONLINE || !reaches_own_harts(a, irq, h))
            continue;
        unsigned load = count_lines(a, h);
        if (load < best) {
            best = load;
            *hart = h;
        }
    }
    return best == ~0u ? AIA_ENOHART : AIA_OK;
}

static int allocate_line(struct aia *a, struct aia_irq *irq, struct imsic_vector *v)
{
    unsigned hart = 0;
    int error = irq->managed ? managed_choose(a, irq, &irq->affinity, &hart)
                             : least_loaded_hart(a, irq, &irq->affinity, &hart);

    if (!error)
        *v = vector(hart, irq->msi->line);
    return error;
}

static void nothing(void *arg)
{
    (void)arg;
}

/*
 * Wait until no hart runs irq's handler. A call that has run on a hart proves that the trap in which the hart claimed irq's
 * line has ended. Thread. AIA_OK; AIA_ETIMEOUT: a hart does not answer.
 */
static int wait_for_each_hart(struct aia *a, struct aia_irq *irq)
{
    (void)irq;
    for (unsigned h = 0; h < a->config.n_harts; h++) {
        int error = aia_call(a, h, nothing, NULL);
        if (error && error != AIA_EOFFLINE)
            return error;
    }
    return AIA_OK;
}

/* ---- moves ---- */

static struct aia_message message_to_line(const struct aia *a, struct imsic_vector v)
{
    (void)a;
    return (struct aia_message){.addr = v.hart, .data = v.id};
}

static int plan_line(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u)
{
    *u = (struct update){
        .kind = AIA_UPDATE_STORE, .from = irq->vec, .to = vector(to, irq->vec.id), .ring = trace_ring(a)};
    return AIA_OK;
}

/* A pending edge is in the controller, and goes to the hart where the line is now. */
static void retire_nothing(struct aia *a, struct aia_irq *irq, struct imsic_vector v)
{
    (void)a, (void)irq, (void)v;
}

/* ---- edges ---- */

/* Handle the line that was claimed. `msi` is NULL if the line has no owner. Returns the owner, or NULL. */
static struct aia_irq *take_line(struct aia *a, unsigned here, const struct aia_msi *msi)
{
    struct aia_hart *h = &a->config.harts[here];

    if (!msi) {
        trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, vector(here, 0), 0);
        count_own(&h->unowned);
        return NULL;
    }
    trace(a, here, AIA_EVENT_CLAIM, msi->irq->number, vector(here, msi->line), IMSIC_OWNED);
    count_own(&h->handled);
    flow_edge(a, msi->irq, here, msi->line);
    return msi->irq;
}

/*
 * Claim lines and handle them, as many as one trap may take. True: more is pending. `suspect` is the first interrupt of this
 * trap. It is not freed before the trap ends, because wait_for_each_hart() waits for the end.
 *
 * A trap that ends with nothing pending ends the streak. Such a trap may have taken no edge, because the line fell after the full
 * trap before it. has_rested() in entry.c, which compares counts of edges, would miss that trap. So this function itself counts
 * the streaks.
 */
static bool take_lines(struct aia_hart *h)
{
    struct aia *a = h->aia;
    unsigned here = aia_port_hart();
    struct aia_controller *c = controller_of(a, here);
    struct aia_irq *suspect = NULL;
    struct aia_msi *msi;
    unsigned n = 0, left = STORM_FULL_TRAP;

    while (c->ops->claim(c, here, &msi)) {
        struct aia_irq *irq = take_line(a, here, msi);
        suspect = suspect ? suspect : irq;
        n += irq && irq == suspect;
        if (--left)
            continue;
        if (!c->ops->pending(c, here))
            break;
        storm_full_trap(a, suspect, here, suspect ? suspect->msi->line : 0, n);
        return true;
    }
    h->streak++;
    return false;
}

/* unmask() lets a level interrupt again, if its line is up. retrigger(), if there is one, makes a source of edges pending. */
static void resend_line(struct aia *a, struct aia_irq *irq)
{
    (void)a;
    irq->msi->ops->unmask(irq->msi);
    if (irq->msi->ops->retrigger)
        irq->msi->ops->retrigger(irq->msi);
}

static void mask_line(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    unsigned long was = irq_lock(irq->first);

    (void)a, (void)here, (void)id;
    irq->msi->ops->mask(irq->msi);
    irq_unlock(irq->first, was);
}

/* The controller has kept the edges that came while the line was masked. */
static void unmask_line(struct aia *a, struct aia_irq *irq)
{
    (void)a;
    aia_line_done(irq);
}

static void kick_by_port(struct aia *a, unsigned hart)
{
    a->config.kick(hart);
}

/* ---- harts coming and going ---- */

static bool always_has_room(struct aia *a, unsigned hart)
{
    (void)a, (void)hart;
    return true;
}

static void nothing_to_do(struct aia *a, unsigned hart)
{
    (void)a, (void)hart;
}

/* Nothing is under way to `hart`, and nothing is pending there. */
static int nothing_left(struct aia *a, unsigned hart)
{
    (void)a, (void)hart;
    return 0;
}

static void turn_delivery_on(struct aia *a, unsigned here)
{
    struct aia_controller *c = controller_of(a, here);

    c->ops->on(c, here);
}

static void turn_delivery_off(struct aia *a, unsigned here)
{
    struct aia_controller *c = controller_of(a, here);

    c->ops->off(c, here);
}

/* A controller keeps its state over a suspension of the hart. */
static void save_nothing(const struct aia *a, struct imsic_saved *saved)
{
    (void)a, (void)saved;
}

static void restore_nothing(const struct aia *a, const struct imsic_saved *saved)
{
    (void)a, (void)saved;
}

const struct aia_delivery delivery_direct = {
    .accepts = accepts_line,
    .reaches = reaches_own_harts,
    .reserve = reserve_nothing,
    .allocate = allocate_line,
    .wait_gone = wait_for_each_hart,
    .least_loaded = least_loaded_hart,
    .plan = plan_line,
    .message = message_to_line,
    .retire = retire_nothing,
    .interrupt = take_lines,
    .resend = resend_line,
    .refuse_edges = mask_line,
    .let_through = unmask_line,
    .kick = kick_by_port,
    .has_room = always_has_room,
    .open = nothing_to_do,
    .close = nothing_to_do,
    .settle = nothing_left,
    .sweep = nothing_left,
    .take_late = nothing_left,
    .on = turn_delivery_on,
    .off = turn_delivery_off,
    .resume = nothing_to_do,
    .save = save_nothing,
    .restore = restore_nothing,
    .audit = audit_direct,
};
