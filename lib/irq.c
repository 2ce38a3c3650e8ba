/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors: set up, request, free. */
#include <string.h>

#include "internal.h"

#include "mmio.h"

static bool config_valid(const struct aia_config *c)
{
    bool reachable = c->files ? !c->controllers : c->controllers && c->kick;

    return c->n_harts >= 1 && c->n_harts <= AIA_MAX_HARTS && c->harts && reachable && c->irqs && c->runs &&
           c->n_irqs >= 1 && c->n_irqs < IMSIC_NO_OWNER && c->max_retiring >= 2 && trace_init(c);
}

int aia_init(struct aia *a, const struct aia_config *config)
{
    if (!config_valid(config))
        return AIA_EINVAL;
    *a = (struct aia){.config = *config};
    a->imsic = (struct imsic){
        .files = config->files,
        .n_files = config->files ? config->n_harts : 0,
        .ipi_id = config->ipi_id,
        .sync_id = config->sync_id,
        .wait_limit = config->wait_limit,
    };
    for (uint32_t i = 0; i < config->n_irqs; i++) {
        config->irqs[i].first = &config->irqs[i];
        config->irqs[i].number = i;
    }
    for (unsigned h = 0; h < config->n_harts; h++) {
        config->harts[h].aia = a;
        flow_short_way(a, h);
        config->harts[h].runs = &config->runs[h * config->n_irqs];
        ipi_close(a, h);
    }
    return imsic_init(&a->imsic);
}

static bool unused(const struct aia *a, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++)
        if (i >= a->config.n_irqs || is_used(&a->config.irqs[i]))
            return false;
    return true;
}

static void fill_in(struct aia *a, struct aia_irq *irq, struct aia_irq *first, const struct aia_request *r)
{
    /* A hart that leaves looks at every descriptor, so this one's lock may be held even now. */
    unsigned long was = irq_lock(irq);
    memset((char *)irq + offsetof(struct aia_irq, name), 0, sizeof(*irq) - offsetof(struct aia_irq, name));
    irq->name = r->name;
    irq->handler = r->handler;
    irq->context = r->context;
    irq->msi = r->msi;
    irq->affinity = r->affinity;
    irq->policy = r->policy;
    irq->order = (uint8_t)r->order;
    irq->managed = irq->parked = irq->stopped = false;
    atomic_store_explicit(&irq->flow, 0, memory_order_release); /* whose acquisition flow_begin() is */
    irq_unlock(irq, was);
    irq->first = first; /* from here on its lock is the first one's */
    for (unsigned h = 0; h < a->config.n_harts; h++)
        atomic_store_explicit(&a->config.harts[h].runs[irq->number], 0, memory_order_relaxed);
}

/* Of each message of a chain. Under irqs_lock, so that one of two requests for a message wins. */
static void set_owner(struct aia_msi *msi, struct aia_irq *irq)
{
    for (; msi; msi = msi->below)
        msi->irq = irq;
}

static bool has_owner(const struct aia_msi *msi)
{
    while (msi && !msi->irq)
        msi = msi->below;
    return msi;
}

/*
 * The first of a row of 2^order, filled in. A hart that comes or goes looks at all that are used, so none is before it is
 * whole: what it holds until then is its last owner's. AIA_OK; AIA_EBUSY: the
 * message has an interrupt; AIA_EINVAL: there is no such row.
 */
static int take_descriptors(struct aia *a, const struct aia_request *r, struct aia_irq **irq)
{
    struct aia_irq *found = NULL;
    uint32_t n = 1u << r->order;
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    bool busy = has_owner(r->msi);
    for (uint32_t i = 0; i < a->config.n_irqs && !found && !busy; i++)
        if (unused(a, i, n))
            found = &a->config.irqs[i];
    for (uint32_t i = 0; found && i < n; i++)
        fill_in(a, &found[i], found, r);
    if (found)
        set_owner(r->msi, found);
    for (uint32_t i = 0; found && i < n; i++)
        atomic_store_explicit(&found[i].used, true, memory_order_release);
    if (found && irqs_end(a) < found->number + n)
        atomic_store_explicit(&a->irqs_end, found->number + n, memory_order_relaxed);
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
    *irq = found;
    return found ? AIA_OK : busy ? AIA_EBUSY : AIA_EINVAL;
}

static void give_back_descriptors(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    aia_port_lock(&irq->lock);
    set_owner(irq->msi, NULL); /* no hart has a claim of its line in hand any more */
    for (unsigned i = 0; i < 1u << irq->order; i++) {
        atomic_store_explicit(&irq[i].used, false, memory_order_relaxed);
        irq[i].msi = NULL; /* it is the caller's again: harts that come or go must not look at it */
    }
    aia_port_unlock(&irq->lock);
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
}

static int first_vector(struct aia *a, struct aia_irq *irq, struct imsic_vector *v)
{
    unsigned hart;

    if (is_direct(a))
        return direct_first(a, irq, v);
    if (irq->managed) {
        int error = managed_choose(a, irq, &irq->affinity, &hart);
        return error ? error : managed_activate(a, irq, hart, v);
    }
    return imsic_alloc_any(&a->imsic, &irq->affinity, irq->order, irq->number, v);
}

/* Let it send, to `want`. What came while it was parked is sent now: under the lock, so the vector's drain covers it. */
static void start_message(struct aia *a, struct aia_irq *irq, const struct aia_message *want)
{
    if (!irq->parked) {
        irq->msi->ops->start(irq->msi, want);
        return;
    }
    irq->parked = false;
    if (!irq->msi->ops->unpark(irq->msi, want))
        return;
    count(&irq->resent);
    trace_irq(a, AIA_EVENT_RESEND, irq, irq->vec, 0);
    imsic_send(&a->imsic, irq->vec);
}

int start(struct aia *a, struct aia_irq *irq)
{
    struct imsic_vector v = {0};
    int error = AIA_OK;

    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    if (!irq->vec.id && !irq->stopped)
        error = first_vector(a, irq, &v);
    if (!v.id) {
        irq_unlock(irq, was);
        bus_unlock(bus);
        return error;
    }
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = vector_after(v, i);
    struct aia_message want = message_to(a, v), have;
    fence_rw_o(); /* the slot names its owner before a message can name it */
    trace_irq(a, AIA_EVENT_START, irq, v, 0);
    start_message(a, irq, &want);
    if (!is_slow(irq))
        error = message_is(a, irq, &want, &have);
    irq_unlock(irq, was);
    report_changed(irq);
    if (is_slow(irq))
        error = sync_or_die(a, irq, (struct imsic_vector){0});
    bus_unlock(bus);
    return error;
}

static bool request_valid(const struct aia *a, const struct aia_request *r)
{
    if (!r->handler || !r->msi || is_direct(a) != (r->msi->controller != NULL))
        return false;
    if (r->msi->controller) /* a line has its number, on every hart */
        return !r->order;
    return r->managed ? !r->order && a->config.reserved : r->order <= IMSIC_MAX_ORDER;
}

/* Is there a hart in its affinity that it can come to, once that is online? */
static bool reachable(const struct aia *a, const struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (aia_hartset_has(&irq->affinity, h) && reaches(a, irq, h))
            return true;
    return false;
}

int aia_irq_request(struct aia *a, const struct aia_request *r, struct aia_irq **out)
{
    struct aia_irq *irq;

    *out = NULL;
    if (!request_valid(a, r))
        return AIA_EINVAL;
    int error = take_descriptors(a, r, &irq);
    if (error)
        return error;
    error = !reachable(a, irq) ? AIA_ENOHART : r->managed ? managed_reserve(a, irq) : AIA_OK;
    if (!error)
        error = start(a, irq);
    if (error == AIA_ENOHART && irq->managed) /* it waits for a hart of its set */
        error = AIA_OK;
    *out = irq;
    if (!error)
        return AIA_OK;
    if (!aia_irq_free(a, irq)) /* it may have a vector, and have sent before it fell silent */
        *out = NULL;
    return error;
}

/* The device sends no more: what it sent is drained, and its vector retires. Lock held. */
static void stopped(struct aia *a, struct aia_irq *irq)
{
    struct aia_message have;
    struct imsic_vector v = irq->vec;

    trace_irq(a, AIA_EVENT_STOP, irq, v, 0);
    drain(a, irq, &have);
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = (struct imsic_vector){0};
    retire_block(a, irq, v);
}

void stop(struct aia *a, struct aia_irq *irq)
{
    if (irq->vec.id || irq->parked)
        irq->msi->ops->stop(irq->msi);
    irq->parked = false;
    if (irq->vec.id)
        stopped(a, irq);
}

void shut_down(struct aia *a, struct aia_irq *irq)
{
    if (!irq->vec.id || !irq->msi->ops->park) {
        stop(a, irq);
        return;
    }
    irq->msi->ops->park(irq->msi);
    irq->parked = true;
    stopped(a, irq);
}

void shut_down_wait(struct aia *a, struct aia_irq *irq)
{
    if (is_slow(irq)) { /* such a bus parks nothing */
        stop_wait(a, irq);
        return;
    }
    unsigned long was = irq_lock(irq);
    shut_down(a, irq);
    irq_unlock(irq, was);
}

/* Its vector stays its own until the device has acknowledged that it sends no more. */
void stop_wait(struct aia *a, struct aia_irq *irq)
{
    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    if (!is_slow(irq)) {
        stop(a, irq);
    } else if (irq->vec.id) {
        irq->msi->ops->stop(irq->msi);
        irq_unlock(irq, was);
        int error = sync_or_die(a, irq, (struct imsic_vector){0});
        was = irq_lock(irq);
        if (!error)
            stopped(a, irq);
    }
    irq_unlock(irq, was);
    bus_unlock(bus);
}

/* Nothing but time can prove any more that what it sent has arrived. */
static void undrained(struct aia *a, struct aia_irq *irq)
{
    atomic_store_explicit(&irq->drained_at, moment_after(aia_port_time(), a->config.wait_limit),
                          memory_order_release);
}

/* Disable for good; vec and `other`, if any, retire. Lock held. */
static void give_up(struct aia *a, struct aia_irq *irq, struct imsic_vector other)
{
    struct imsic_vector v = irq->vec;

    trace_irq(a, AIA_EVENT_DEAD, irq, v, 0);
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED | AIA_FLOW_DEAD, memory_order_acq_rel);
    undrained(a, irq);
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = (struct imsic_vector){0};
    if (v.id)
        retire_block(a, irq, v);
    if (other.id)
        retire_block(a, irq, other);
}

int sync_or_die(struct aia *a, struct aia_irq *irq, struct imsic_vector other)
{
    int error = bus_sync(irq);

    if (!error)
        return AIA_OK;
    unsigned long was = irq_lock(irq);
    struct imsic_vector v = irq->vec;
    give_up(a, irq, other);
    irq_unlock(irq, was);
    irq->msi->ops->reset(irq->msi);
    aia_port_report(&(struct aia_report){.what = AIA_REPORT_DEAD, .vec = v, .irq = irq});
    return error;
}

/*
 * Wait until no vector of `irq` is left. Its handler does not run any more then: it runs in the interrupt of
 * some hart that had one, and that hart does not reclaim while it is in there.
 */
static int wait_gone(struct aia *a, struct aia_irq *irq)
{
    if (is_direct(a))
        return direct_wait_gone(a);

    struct aia_hartset all = aia_hartset_first(a->config.n_harts);
    aia_word drained = atomic_load_explicit(&irq->first->drained_at, memory_order_relaxed);
    uint64_t now = aia_port_time(), left = moment_left(drained, now);
    uint64_t end = later(later(now, left), a->config.wait_limit);

    while (atomic_load_explicit(&irq->n_retiring, memory_order_acquire)) {
        if (aia_port_time() > end || moment_never(left))
            return AIA_ETIMEOUT;
        if (!moment_left(drained, aia_port_time()))
            reclaim_ask(a, &all);
        aia_port_relax();
    }
    return AIA_OK;
}

void aia_irq_stop(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);

    irq->first->stopped = true;
    irq_unlock(irq->first, was);
    stop_wait(a, irq->first);
}

int aia_irq_free(struct aia *a, struct aia_irq *irq)
{
    int error = AIA_OK;

    if (irq->first != irq || !is_used(irq))
        return AIA_EINVAL;
    aia_irq_stop(a, irq);
    for (unsigned i = 0; i < 1u << irq->order && !error; i++)
        error = wait_gone(a, &irq[i]);
    if (error)
        return error;
    if (irq->managed)
        managed_release(a, irq);
    give_back_descriptors(a, irq);
    return AIA_OK;
}

void aia_vector_stats(struct aia *a, struct imsic_stats *stats)
{
    imsic_stats(&a->imsic, stats);
}
