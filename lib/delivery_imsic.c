/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delivery by messages to the harts' interrupt files (delivery.h). A file latches a message whether its hart runs or not.
 */
#include "lib/audit.h"
#include "lib/delivery.h"
#include "lib/entry.h"
#include "lib/managed.h"
#include "lib/probe.h"
#include "lib/report.h"
#include "lib/retire.h"
#include "lib/storm.h"

#include "imsic/file.h"
#include "imsic/vector.h"

/* ---- requests ---- */

static bool accepts_message(const struct aia *a, const struct aia_request *r)
{
    if (r->msi->controller)
        return false;
    return r->managed ? !r->order && a->config.reserved : r->order <= IMSIC_MAX_ORDER;
}

static int reserve_vectors(struct aia *a, struct aia_irq *irq)
{
    return imsic_reserve(&a->imsic, &irq->affinity, irq->msi->kind, irq->number, managed_ids(a, irq));
}

static int allocate_vector(struct aia *a, struct aia_irq *irq, struct imsic_vector *v)
{
    unsigned hart;

    if (!irq->managed)
        return imsic_alloc_any(&a->imsic, &irq->affinity, irq->order, irq->number, v);
    int error = managed_choose(a, irq, &irq->affinity, &hart);
    return error ? error : managed_activate(a, irq, hart, v);
}

/*
 * Wait until every vector of irq has been reclaimed. No hart runs the handler then: a hart runs the handler for an edge at one
 * of its own vectors, and reclaims no vector before the handler has returned. Thread.
 * AIA_OK; AIA_ETIMEOUT: a vector was not reclaimed in time.
 */
static int wait_for_reclaim_of_all(struct aia *a, struct aia_irq *irq)
{
    struct aia_hartset all = aia_hartset_first(a->config.n_harts);
    aia_word drained = atomic_load_explicit(&irq->first->drained_at, memory_order_relaxed);
    uint64_t now = aia_port_time(), left = moment_left(drained, now);
    uint64_t end = later(later(now, left), a->config.wait_limit);

    while (atomic_load_explicit(&irq->n_retiring, memory_order_acquire)) {
        if (aia_port_time() > end || moment_never(left))
            return AIA_ETIMEOUT;
        if (!moment_left(drained, aia_port_time()))
            retire_hasten(a, &all);
        aia_port_relax();
    }
    return AIA_OK;
}

/* ---- moves ---- */

static int least_loaded_file(struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                             unsigned *hart)
{
    return imsic_least_loaded(&a->imsic, set, irq->order, hart);
}

static struct aia_message message_to_file(const struct aia *a, struct imsic_vector v)
{
    return imsic_message(&a->imsic, v);
}

/* ---- edges ---- */

static void resend_message(struct aia *a, struct aia_irq *irq)
{
    if (irq->msi->ops->retrigger)
        irq->msi->ops->retrigger(irq->msi);
    else
        imsic_send(&a->imsic, irq->vec);
}

static void quarantine_stormed(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    (void)irq;
    if (id) /* 0: irq has left this hart, so there is no identity to quarantine */
        storm_quarantine(a, here, id);
}

/* storm_end() has asked each hart already. */
static void let_through_nothing(struct aia *a, struct aia_irq *irq)
{
    (void)a, (void)irq;
}

static void kick_by_message(struct aia *a, unsigned hart)
{
    imsic_send(&a->imsic, vector(hart, a->imsic.ipi_id));
}

/* ---- harts going ---- */

/* Count the interrupts on `hart` that are not managed. A managed interrupt has a reserved vector on its next hart. */
static unsigned count_held(struct aia *a, unsigned hart)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < irqs_end(a); i++) {
        struct aia_irq *irq = &a->config.irqs[i];
        if (!irq_is_used(irq))
            continue;
        struct aia_irq *first = irq->first;
        unsigned long was = irq_lock(first);
        n += irq->vec.id && irq->vec.hart == hart && !irq->managed;
        irq_unlock(first, was);
    }
    return n;
}

/*
 * True if the other harts have room for the interrupts on `hart`. count_held() takes a lock for each interrupt, so it is not
 * called if there is room for every descriptor that was ever in use.
 */
static bool files_have_room(struct aia *a, unsigned hart)
{
    unsigned room = imsic_room_elsewhere(&a->imsic, hart);

    return room >= irqs_end(a) || count_held(a, hart) <= room;
}

static void open_file(struct aia *a, unsigned hart)
{
    imsic_open(&a->imsic, hart);
}

static void close_file(struct aia *a, unsigned hart)
{
    imsic_close(&a->imsic, hart);
}

/*
 * Wait for the drains that only time proves: of devices with a posted_limit, and of devices that did not answer. The hart is
 * closed and evacuated, so nothing makes these drains later any more.
 */
static int settle_file(struct aia *a, unsigned hart)
{
    uint64_t left;

    while ((left = retire_drain_left(a, hart)) != 0) {
        if (moment_never(left))
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

/* True if the identity is the library's own. Its pending bit stands for no work: ipi_close() has done all IPIs. */
static bool is_internal(const struct aia *a, unsigned id)
{
    return id == a->imsic.ipi_id || id == a->imsic.sync_id;
}

/*
 * Forward every edge that has an owner, free the vectors, and count the other edges. retire_reclaim() waits for the messages
 * that are under way. No vector of this hart can begin to retire any more. So after retire_reclaim() each edge in eip is
 * unowned.
 */
static int sweep_file(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    struct aia_hart *h = &a->config.harts[here];
    uint64_t before = atomic_load_explicit(&h->forwarded, memory_order_relaxed);
    int error = retire_reclaim(a, here);

    if (!error && atomic_load_explicit(&f->n_retiring, memory_order_relaxed))
        error = AIA_EAGAIN; /* an interrupt whose drain only time proves was moved away after EVACUATED */
    if (error)
        return error;
    atomic_fetch_add_explicit(&h->swept, atomic_load_explicit(&h->forwarded, memory_order_relaxed) - before,
                              memory_order_relaxed);
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = imsic_file_take(f, w); bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            if (is_internal(a, id))
                continue;
            trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, vector(here, id), 0);
            count_own(&h->unowned);
        }
    }
    return AIA_OK;
}

static void turn_file_off(struct aia *a, unsigned here)
{
    imsic_file_off(&a->imsic.files[here]);
}

/* ---- harts coming ---- */

/*
 * Report an edge that reached this hart's file while the hart was away, and forward the edge to its owner. The drain of its
 * vector had been proven. So the device broke its posted_limit, or something else wrote to the file. If the descriptor has been
 * freed and requested again since, the new owner's handler runs once too often. That is better than a lost edge.
 */
static void take_late_edge(struct aia *a, unsigned here, unsigned id)
{
    uint32_t owner = imsic_slot_owner(slot_read(&a->imsic.files[here], id));
    struct imsic_vector v = vector(here, id);
    struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    count_own(&a->config.harts[here].late);
    trace(a, here, AIA_EVENT_LATE, owner, v, 0);
    report_event(a, AIA_REPORT_LATE, v, irq);
    if (irq && irq_is_used(irq) && !retire_forward(a, irq)) /* irq is shut down: its restart sends the edge */
        atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_PENDING, memory_order_release);
}

static int take_late_edges(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    int late = 0;

    imsic_file_off(f);
    if (!a->config.harts[here].was_online) {
        imsic_file_clear(f);
        return probe_hart(a, here);
    }
    imsic_sync(&a->imsic, f); /* after a time-out, only the edges that have arrived are taken */
    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = imsic_file_take(f, w); bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            if (is_internal(a, id))
                continue;
            take_late_edge(a, here, id);
            late++;
        }
    }
    return late;
}

static void turn_file_on(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    a->config.harts[here].was_online = true;
    imsic_file_on(&a->imsic, f);
    for (unsigned id = 1; id <= f->n_ids; id++)
        imsic_unquarantine(&a->imsic, vector(here, id));
}

/* ---- a suspension ---- */

static void save_file(const struct aia *a, struct imsic_saved *saved)
{
    imsic_file_save(&a->imsic.files[aia_port_hart()], saved);
}

static void restore_file(const struct aia *a, const struct imsic_saved *saved)
{
    imsic_file_restore(&a->imsic.files[aia_port_hart()], saved);
}

const struct aia_delivery delivery_imsic = {
    .accepts = accepts_message,
    .reaches = NULL,
    .reserve = reserve_vectors,
    .allocate = allocate_vector,
    .wait_gone = wait_for_reclaim_of_all,
    .least_loaded = least_loaded_file,
    .plan = message_plan,
    .message = message_to_file,
    .retire = retire_block,
    .interrupt = entry_traced,
    .resend = resend_message,
    .refuse_edges = quarantine_stormed,
    .let_through = let_through_nothing,
    .kick = kick_by_message,
    .has_room = files_have_room,
    .open = open_file,
    .close = close_file,
    .settle = settle_file,
    .sweep = sweep_file,
    .take_late = take_late_edges,
    .on = turn_file_on,
    .off = turn_file_off,
    .resume = storm_reopen,
    .save = save_file,
    .restore = restore_file,
    .audit = audit_imsic,
};
