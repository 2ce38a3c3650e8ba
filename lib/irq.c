/* SPDX-License-Identifier: BSD-2-Clause */
/* An interrupt from its request to its end: descriptors, and the start and stop of messages. */
#include "lib/irq.h"
#include "lib/bus.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/ipi.h"
#include "lib/managed.h"
#include "lib/message.h"
#include "lib/report.h"
#include "lib/retire.h"

#include "imsic/file.h"
#include "imsic/vector.h"
#include "mmio.h"

static bool config_valid(const struct aia_config *c)
{
    bool delivered = c->files ? !c->controllers : c->controllers && c->kick;

    return c->n_harts >= 1 && c->n_harts <= AIA_MAX_HARTS && c->harts && delivered && c->irqs && c->runs &&
           c->n_irqs >= 1 && c->n_irqs < IMSIC_NO_OWNER && c->max_retiring >= 2 && trace_init(c);
}

static bool same_layout(const struct aia_layout *other)
{
    static const struct aia_layout own = AIA_LAYOUT;

    for (unsigned i = 0; i < sizeof(own.n) / sizeof(own.n[0]); i++)
        if (own.n[i] != other->n[i])
            return false;
    return true;
}

int aia_init_checked(struct aia *a, const struct aia_config *config, const struct aia_layout *layout)
{
    if (!same_layout(layout))
        return AIA_ELAYOUT;
    if (!config_valid(config))
        return AIA_EINVAL;
    *a = (struct aia){.delivery = config->files ? &delivery_imsic : &delivery_direct};
    a->config = *config;
    aia_port_lock_init(&a->irqs_lock, "aia descriptors");
    aia_port_lock_init(&a->probe_lock, "aia probe");
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
        aia_port_lock_init(&config->irqs[i].lock, "aia irq");
    }
    for (unsigned h = 0; h < config->n_harts; h++) {
        config->harts[h].aia = a;
        flow_short_way(a, h);
        config->harts[h].runs = &config->runs[h * config->n_irqs];
        ipi_close(a, h);
    }
    return imsic_init(&a->imsic);
}

/* True if `n` descriptors from `first` up exist and are free. */
static bool are_unused(const struct aia *a, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++)
        if (i >= a->config.n_irqs || irq_is_used(&a->config.irqs[i]))
            return false;
    return true;
}

static void fill_in(struct aia *a, struct aia_irq *irq, struct aia_irq *first, const struct aia_request *r)
{
    /* A hart that saw this descriptor in use may hold its lock even now. */
    unsigned long was = irq_lock(irq);
    irq->name = r->name;
    irq->handler = r->handler;
    irq->context = r->context;
    irq->moved = r->moved;
    irq->msi = r->msi;
    irq->affinity = r->affinity;
    irq->policy = r->policy;
    irq->order = (uint8_t)r->order;
    irq->managed = irq->parked = irq->stopped = false; /* `waits` is false since managed_release() */
    irq->vec = (struct imsic_vector){0};
    irq->retiring_on = (struct aia_hartset){{0}};
    irq->retired_at = 0;
    atomic_store_explicit(&irq->n_retiring, 0, memory_order_relaxed);
    atomic_store_explicit(&irq->drained_at, 0, memory_order_relaxed);
    atomic_store_explicit(&irq->streak_runs, 0, memory_order_relaxed);
    atomic_store_explicit(&irq->changed, 0, memory_order_relaxed);
    irq->storm = (struct aia_storm){0};
    irq->count = (struct aia_irq_counts){0};
    atomic_store_explicit(&irq->flow, 0, memory_order_release); /* flow_begin() acquires this */
    irq_unlock(irq, was);
    irq->first = first; /* from here on the lock of the first descriptor is the lock of the block */
    for (unsigned h = 0; h < a->config.n_harts; h++)
        atomic_store_explicit(&a->config.harts[h].runs[irq->number], 0, memory_order_relaxed);
}

/* Set the interrupt of each message of a chain. Under irqs_lock, so that only one of two requests for a message succeeds. */
static void set_interrupt(struct aia_msi *msi, struct aia_irq *irq)
{
    for (; msi; msi = msi->below)
        msi->irq = irq;
}

/* True if a message of the chain belongs to an interrupt. */
static bool has_interrupt(const struct aia_msi *msi)
{
    while (msi && !msi->irq)
        msi = msi->below;
    return msi;
}

/* Let each message of a chain prepare the request (aia_msi_ops.request). AIA_OK or AIA_EINVAL. */
static int prepare(struct aia_msi *msi, struct aia_request *r)
{
    int error = AIA_OK;

    for (; msi && !error; msi = msi->below)
        if (msi->ops->request)
            error = msi->ops->request(msi, r);
    return error;
}

/*
 * Fill in a block of n descriptors that are free. A hart that goes online or offline looks at every descriptor in use, so each
 * descriptor is marked used only after it is filled in. Until then it holds values of the previous request.
 */
static void fill_in_block(struct aia *a, struct aia_irq *block, uint32_t n, const struct aia_request *r)
{
    for (uint32_t i = 0; i < n; i++)
        fill_in(a, &block[i], block, r);
    set_interrupt(r->msi, block);
    for (uint32_t i = 0; i < n; i++)
        atomic_store_explicit(&block[i].used, true, memory_order_release);
    if (irqs_end(a) < block->number + n)
        atomic_store_explicit(&a->irqs_end, block->number + n, memory_order_relaxed);
}

/*
 * Take a block of 2^order descriptors and fill them in. *irq is the first of the block. The messages prepare a copy of the
 * request. prepare() changes the device, so it is called only after it is known that none of the messages has an interrupt.
 * AIA_OK, or:
 *   AIA_EBUSY   the message belongs to another interrupt
 *   AIA_EINVAL  no such block is free, or the message cannot serve the request
 */
static int take_descriptors(struct aia *a, const struct aia_request *request, struct aia_irq **irq)
{
    struct aia_request r = *request;
    struct aia_irq *found = NULL;
    uint32_t n = 1u << r.order;
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&a->irqs_lock);
    bool busy = has_interrupt(r.msi);
    for (uint32_t i = 0; i < a->config.n_irqs && !found && !busy; i++)
        if (are_unused(a, i, n))
            found = &a->config.irqs[i];
    if (found && prepare(r.msi, &r))
        found = NULL;
    if (found)
        fill_in_block(a, found, n, &r);
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
    set_interrupt(irq->msi, NULL); /* no hart handles a claim of irq's line any more */
    for (unsigned i = 0; i < 1u << irq->order; i++) {
        atomic_store_explicit(&irq[i].used, false, memory_order_relaxed);
        irq[i].msi =
            NULL; /* the message is the caller's again: a hart that comes or goes must not use the message */
    }
    aia_port_unlock(&irq->lock);
    aia_port_unlock(&a->irqs_lock);
    aia_port_irq_restore(was);
}

/*
 * Let the device send `want`. If the device sent while its message was parked, send an edge in place of that now. The lock is
 * held, so a later drain of the vector covers this edge too.
 */
static void start_message(struct aia *a, struct aia_irq *irq, const struct aia_message *want)
{
    if (!irq->parked) {
        irq->msi->ops->start(irq->msi, want);
        return;
    }
    irq->parked = false;
    if (!irq->msi->ops->unpark(irq->msi, want))
        return;
    count(&irq->count.resent);
    trace_irq(a, AIA_EVENT_RESEND, irq, irq->vec, 0);
    imsic_send(&a->imsic, irq->vec);
}

int irq_start(struct aia *a, struct aia_irq *irq)
{
    struct imsic_vector v = {0};
    int error = AIA_OK;

    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    if (!irq->vec.id && !irq->stopped)
        error = a->delivery->allocate(a, irq, &v);
    if (!v.id) {
        irq_unlock(irq, was);
        bus_unlock(bus);
        return error;
    }
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = vector_after(v, i);
    if (irq->managed)
        managed_started(a, irq);
    struct aia_message want = a->delivery->message(a, v), have;
    fence_rw_o(); /* the slot has the owner of the vector before a message can go there */
    trace_irq(a, AIA_EVENT_START, irq, v, 0);
    start_message(a, irq, &want);
    if (!bus_is_slow(irq))
        error = message_verify(a, irq, &want, &have);
    irq_unlock(irq, was);
    message_report_changed(a, irq);
    if (bus_is_slow(irq))
        error = irq_sync_or_mark_dead(a, irq, (struct imsic_vector){0});
    bus_unlock(bus);
    return error;
}

/* True if a message, and each message below it, was initialized. */
static bool has_operations(const struct aia_msi *msi)
{
    for (; msi; msi = msi->below)
        if (!msi->ops)
            return false;
    return true;
}

static bool request_valid(const struct aia *a, const struct aia_request *r)
{
    return r->handler && r->msi && has_operations(r->msi) && a->delivery->accepts(a, r);
}

/* True if irq's affinity has a hart that irq can be delivered to, online or not. */
static bool can_be_delivered(const struct aia *a, const struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (aia_hartset_has(&irq->affinity, h) && delivery_reaches(a, irq, h))
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
    error = !can_be_delivered(a, irq) ? AIA_ENOHART : r->managed ? managed_reserve(a, irq) : AIA_OK;
    if (!error)
        error = irq_start(a, irq);
    if (error == AIA_ENOHART && irq->managed && !bus_is_slow(irq)) /* irq waits for a hart of its affinity */
        error = AIA_OK;
    *out = irq;
    if (!error)
        return AIA_OK;
    if (!aia_irq_free(a, irq)) /* else the caller has to free irq: a vector of irq still retires */
        *out = NULL;
    return error;
}

/* Drain the device, which sends no more or whose message is parked, and let irq's vector retire. Lock held. */
static void drain_stopped(struct aia *a, struct aia_irq *irq)
{
    struct aia_message have;
    struct imsic_vector v = irq->vec;

    trace_irq(a, AIA_EVENT_STOP, irq, v, 0);
    message_drain(a, irq, &have);
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = (struct imsic_vector){0};
    a->delivery->retire(a, irq, v);
}

/* Stop the message. An edge that is still under way runs the handler on the hart where it arrives. Lock held. */
static void stop_message(struct aia *a, struct aia_irq *irq)
{
    if (irq->vec.id || irq->parked)
        irq->msi->ops->stop(irq->msi);
    irq->parked = false;
    if (irq->vec.id)
        drain_stopped(a, irq);
}

/* The same, also if irq's bus is slow. Thread, no lock held. */
static void stop_message_slow(struct aia *a, struct aia_irq *irq)
{
    struct aia_msi *bus = bus_lock(irq);
    unsigned long was = irq_lock(irq);
    if (!bus_is_slow(irq)) {
        stop_message(a, irq);
    } else if (irq->vec.id) {
        irq->msi->ops->stop(irq->msi);
        irq_unlock(irq, was); /* the vector stays irq's until the device has acknowledged the stop */
        int error = irq_sync_or_mark_dead(a, irq, (struct imsic_vector){0});
        was = irq_lock(irq);
        if (!error)
            drain_stopped(a, irq);
    }
    irq_unlock(irq, was);
    bus_unlock(bus);
}

void irq_shut_down(struct aia *a, struct aia_irq *irq)
{
    if (!irq->vec.id || !irq->msi->ops->park) {
        stop_message(a, irq);
        return;
    }
    irq->msi->ops->park(irq->msi);
    irq->parked = true;
    drain_stopped(a, irq);
}

void irq_shut_down_slow(struct aia *a, struct aia_irq *irq)
{
    if (bus_is_slow(irq)) { /* a slow bus parks nothing */
        stop_message_slow(a, irq);
        return;
    }
    unsigned long was = irq_lock(irq);
    irq_shut_down(a, irq);
    irq_unlock(irq, was);
}

/* Disable irq for good. irq's vector and `other`, if any, retire: only time can prove their drain. Lock held. */
static void mark_dead(struct aia *a, struct aia_irq *irq, struct imsic_vector other)
{
    struct imsic_vector v = irq->vec;

    trace_irq(a, AIA_EVENT_DEAD, irq, v, 0);
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED | AIA_FLOW_DEAD, memory_order_acq_rel);
    atomic_store_explicit(&irq->drained_at, moment_after(aia_port_time(), a->config.wait_limit),
                          memory_order_release);
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = (struct imsic_vector){0};
    if (v.id)
        a->delivery->retire(a, irq, v);
    if (other.id)
        a->delivery->retire(a, irq, other);
}

int irq_sync_or_mark_dead(struct aia *a, struct aia_irq *irq, struct imsic_vector other)
{
    int error = bus_is_slow(irq) ? irq->msi->ops->bus_sync(irq->msi) : AIA_OK;

    if (!error)
        return AIA_OK;
    unsigned long was = irq_lock(irq);
    struct imsic_vector v = irq->vec;
    mark_dead(a, irq, other);
    irq_unlock(irq, was);
    irq->msi->ops->reset(irq->msi);
    report_event(a, AIA_REPORT_DEAD, v, irq);
    return error;
}

void aia_irq_stop(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);

    irq->first->stopped = true;
    irq_unlock(irq->first, was);
    stop_message_slow(a, irq->first);
}

int aia_irq_free(struct aia *a, struct aia_irq *irq)
{
    int error = AIA_OK;

    if (irq->first != irq || !irq_is_used(irq))
        return AIA_EINVAL;
    aia_irq_stop(a, irq);
    for (unsigned i = 0; i < 1u << irq->order && !error; i++)
        error = a->delivery->wait_gone(a, &irq[i]);
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
