/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Storms. An edge is unwelcome if its identity has no owner, if its handler returns AIA_NONE, or if its interrupt is disabled.
 * After more than storm_limit unwelcome edges within storm_window:
 *
 *   an interrupt   is disabled (AIA_FLOW_STORMED), and its edges are refused where it fires: its identity is quarantined, or its
 *                  line masked
 *   an identity    that has no owner is quarantined, and kept from the allocator
 *   the identity   of the IPIs is only reported, after too many IPIs with nothing to do: without IPIs nothing works
 *
 * An interrupt that takes all the time of its hart is disabled in the same way: storm_full_trap(). So is a level
 * whose line stays up although its handler returns AIA_HANDLED again and again: aia_line_up().
 *
 * A quarantined identity is disabled in eie. Its pending bit still latches an edge, so no edge is lost: the edge is
 * claimed after storm_reopen(), unless a reclaim or a sweep has found the edge before.
 */
#include "lib/storm.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/report.h"

#include "imsic/file.h"
#include "imsic/vector.h"

/* Several harts may count at the same time. The few edges that one of them miscounts then do not matter. */
uint32_t storm_tally(const struct aia *a, struct aia_storm *s)
{
    aia_word now = (aia_word)aia_port_time();

    if ((aia_word)(now - atomic_load_explicit(&s->since, memory_order_relaxed)) > a->config.storm_window) {
        atomic_store_explicit(&s->since, now, memory_order_relaxed);
        atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    }
    return atomic_fetch_add_explicit(&s->count, 1, memory_order_relaxed);
}

bool storm_count(const struct aia *a, struct aia_storm *s)
{
    if (storm_tally(a, s) < a->config.storm_limit)
        return false;
    atomic_store_explicit(&s->count, 0, memory_order_relaxed);
    return true;
}

static bool has_stormed(const struct aia *a, uint32_t irq)
{
    return atomic_load_explicit(&a->config.irqs[irq].flow, memory_order_relaxed) & AIA_FLOW_STORMED;
}

/* Refuse the interrupt's edges where it fires, and disable the interrupt. `why` is the report. */
static void disable_stormed(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id,
                            enum aia_report_what why)
{
    /* Before the flags: an enable that sees STORMED must find the edges refused. */
    a->delivery->refuse_edges(a, irq, here, id);
    atomic_fetch_or_explicit(&irq->flow, AIA_FLOW_DISABLED | AIA_FLOW_STORMED, memory_order_acq_rel);
    trace(a, here, AIA_EVENT_STORM, irq->number, vector(here, id), 0);
    report_event(a, why, vector(here, id), irq);
}

void storm_unwelcome(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id)
{
    if (storm_count(a, &irq->storm))
        disable_stormed(a, irq, here, id, AIA_REPORT_STORM_IRQ);
}

/* True if irq is a level whose line is up. */
static bool is_up(struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);
    struct aia_msi *msi = irq->msi;

    while (msi && !msi->ops->level_up)
        msi = msi->below;
    bool up = msi && msi->ops->level_up(msi);
    irq_unlock(irq->first, was);
    return up;
}

void aia_line_up(struct aia *a, struct aia_irq *irq)
{
    unsigned here = aia_port_hart();

    if (!has_stormed(a, irq->number))
        disable_stormed(a, irq, here, flow_id_here(irq, here), AIA_REPORT_LEVEL_UP);
}

void storm_full_trap(struct aia *a, struct aia_irq *irq, unsigned here, unsigned id, unsigned n)
{
    if (!irq || has_stormed(a, irq->number))
        return;
    /* A number that is unique among the recent streaks of all harts. */
    uint16_t streak = (uint16_t)(a->config.harts[here].streak * a->config.n_harts + here + 1);
    if (atomic_load_explicit(&irq->streak, memory_order_relaxed) != streak)
        atomic_store_explicit(&irq->streak_runs, 0, memory_order_relaxed);
    atomic_store_explicit(&irq->streak, streak, memory_order_relaxed);
    if (atomic_fetch_add_explicit(&irq->streak_runs, n, memory_order_relaxed) + n <= a->config.storm_limit)
        return;
    atomic_store_explicit(&irq->streak_runs, 0, memory_order_relaxed);
    disable_stormed(a, irq, here, id, is_up(irq) ? AIA_REPORT_LEVEL_UP : AIA_REPORT_STORM_IRQ);
}

void storm_quarantine(struct aia *a, unsigned here, unsigned id)
{
    imsic_file_clear_enabled(id);
    a->imsic.files[here].quarantined[id / 64] |= 1ull << id % 64;
}

void storm_unowned(struct aia *a, unsigned here, unsigned id)
{
    struct aia_hart *h = &a->config.harts[here];
    struct imsic_vector v = vector(here, id);

    trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, v, 0);
    count_own(&h->unowned);
    report_event(a, AIA_REPORT_UNOWNED, v, NULL);
    if (!storm_count(a, &h->storm))
        return;
    if (!imsic_quarantine(&a->imsic, v))
        return; /* the identity has an owner by now, and the owner did not storm */
    storm_quarantine(a, here, id);
    trace(a, here, AIA_EVENT_STORM, AIA_TRACE_NO_IRQ, v, 0);
    report_event(a, AIA_REPORT_STORM_UNOWNED, v, NULL);
}

void storm_reopen(struct aia *a, unsigned here)
{
    struct imsic_file *f = &a->imsic.files[here];

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = f->quarantined[w]; bits; bits &= bits - 1) {
            unsigned id = w * 64 + lowest_bit(bits);
            uint32_t slot = slot_read(f, id);
            enum imsic_state state = imsic_slot_state(slot);

            /* A FREE identity was quarantined while it was reserved for an interrupt that has been freed since. */
            if (state != IMSIC_FREE && state != IMSIC_OWNED && state != IMSIC_RETIRING)
                continue;
            if (state != IMSIC_FREE && has_stormed(a, imsic_slot_owner(slot)))
                continue;
            f->quarantined[w] &= ~(1ull << id % 64);
            imsic_file_set_enabled(id);
        }
    }
}

/*
 * After a storm an edge may be pending, or may still come, where irq is, where irq was when it stormed, and where a slow bus is
 * moving irq to: on any hart. So each hart is asked to look at its quarantined identities. A hart that takes no IPIs is offline
 * or leaving. An offline hart enables all its identities when it comes back (turn_file_on()). A leaving hart that stays after all
 * looks without being asked (hotplug.c, unhush()).
 */
void storm_end(struct aia *a, struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        aia_ipi_send(a, h, AIA_IPI_REOPEN);
    a->delivery->let_through(a, irq);
}
