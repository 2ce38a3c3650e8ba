/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts with interrupt files: what a hart's coming and going means for its file (hotplug.c). The file latches what is
 * sent to it whether its hart runs or not.
 */
#include "internal.h"

/* ---- coming ---- */

/*
 * An edge that reached H's file while H was away: tell of it, and give it to whom it was meant for. Its drain had been
 * proven, so it was forged, or its device or its posted_limit does not keep what it says. If the descriptor has been freed
 * since and is another's, that one runs once too often: better than one that is dropped.
 */
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

static int take_late(struct aia *a, unsigned here)
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

int file_late(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    int late = 0;

    imsic_file_off(f);
    if (a->config.harts[here].was_online)
        late = take_late(a, here);
    else
        imsic_file_clear(f);
    return late;
}

void file_on(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    a->config.harts[here].was_online = true;
    imsic_file_on(&a->imsic, f);
    for (unsigned id = 1; id <= f->n_ids; id++)
        imsic_unquarantine(&a->imsic, (struct imsic_vector){.hart = (uint16_t)here, .id = (uint16_t)id});
}

void file_open(struct aia *a, unsigned hart)
{
    imsic_open(&a->imsic, hart);
}

/* ---- going ---- */

int file_close(struct aia *a, unsigned hart)
{
    imsic_close(&a->imsic, hart);
    return AIA_OK;
}

/*
 * Wait until time has proven the drain of those devices whose drain nothing else proves (posted_limit). The hart is closed
 * and evacuated: nothing puts that off any more.
 */
int file_settle(struct aia *a, unsigned hart)
{
    uint64_t left;

    while ((left = drain_left(a, hart)) != 0) {
        if (moment_never(left))
            return AIA_ETIMEOUT;
        aia_port_relax();
    }
    return AIA_OK;
}

/*
 * The sweep: every edge that was sent here is in eip by now, or on its way. reclaim() waits for the
 * latter, sends all that have an owner on to where that is now, and frees their vectors: nothing can begin to
 * retire any more, so that is all of them. What is left in eip is nobody's.
 */
int file_sweep(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];
    struct aia_hart *h = &a->config.harts[here];
    uint64_t before = atomic_load_explicit(&h->forwarded, memory_order_relaxed);
    int error = reclaim(a, here);

    if (!error && atomic_load_explicit(&f->n_retiring, memory_order_relaxed))
        error = AIA_EAGAIN; /* a device without proof of drain was moved since aia_hart_offline_begin() */
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
            count_own(&h->unowned);
        }
    }
    return AIA_OK;
}

int file_off(struct aia *a, unsigned here)
{
    imsic_file_off(&a->imsic.files[here]);
    return AIA_OK;
}

/* ---- a suspension ---- */

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
