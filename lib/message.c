/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing the message of a device that may be sending. What the device can send between two writes of the library decides how
 * the message is changed (design.md, section 4). The old message is (old hart, a). The new message is (new hart, b), or
 * (new hart, c) if c is a common identity:
 *
 *   device      what changes            update   what the device may send during the change
 *   STORE       anything                STORE    the old or the new message
 *   STORE_LOW   all but upper address   STORE    the old or the new message
 *   MASKABLE    anything                MASKED   nothing; the device keeps the edge and sends the new message afterwards
 *   PLAIN       address                 ADDR     the old or the new message; identity a is the interrupt's on both harts
 *   PLAIN       both, common identity   COMMON   (old hart, a), (old hart, c), (new hart, c); all are the interrupt's
 *   PLAIN       both, none in common    TORN     also (old hart, b), perhaps another interrupt's vector: see copy_torn()
 *   PLAIN, STORE_LOW  upper address     -        refused: with half an address the device would write to a wrong place
 *
 * A multi-message MSI is changed in the same ways. Its block of identities moves as one.
 */
#include "lib/message.h"
#include "lib/delivery.h"
#include "lib/managed.h"
#include "lib/report.h"

#include "imsic/file.h"
#include "imsic/vector.h"
#include "mmio.h"

static bool same_upper(const struct aia *a, unsigned x, unsigned y)
{
    return a->imsic.files[x].msi_addr >> 32 == a->imsic.files[y].msi_addr >> 32;
}

/*
 * message_plan() for a plain message. Prefer the same identity on the new hart, then a common identity, then any identity. Lock
 * held.
 */
static int plan_plain(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u)
{
    struct imsic *im = &a->imsic;
    uint32_t owner = irq->number;
    uint16_t common;

    if (imsic_alloc_id(im, to, u->from.id, irq->order, owner) == AIA_OK) {
        u->kind = AIA_UPDATE_ADDR;
        u->to = vector(to, u->from.id);
        return AIA_OK;
    }
    if (imsic_alloc_common(im, u->from.hart, to, irq->order, owner, &common) == AIA_OK) {
        u->kind = AIA_UPDATE_COMMON;
        u->middle = vector(u->from.hart, common);
        u->to = vector(to, common);
        return AIA_OK;
    }
    if (u->from.hart != aia_port_hart())
        return AIA_ECONTEXT; /* the old hart's eip can be read only on that hart */
    u->kind = AIA_UPDATE_TORN;
    int error = imsic_alloc(im, to, irq->order, owner, &u->to);
    if (error || u->to.id + (1u << irq->order) - 1 <= im->files[u->from.hart].n_ids)
        return error;
    /* The old hart's file does not implement the identity. It would ignore a torn message, and the edge would be lost. */
    for (unsigned i = 0; i < 1u << irq->order; i++)
        imsic_free(im, vector_after(u->to, i));
    return AIA_ENOVEC;
}

int message_plan(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u)
{
    enum aia_msi_kind kind = irq->msi->kind;

    *u = (struct update){.from = irq->vec, .kind = AIA_UPDATE_STORE, .ring = trace_ring(a)};
    if ((kind == AIA_MSI_PLAIN || kind == AIA_MSI_STORE_LOW) && !same_upper(a, u->from.hart, to))
        return AIA_EADDRHI;
    if (kind == AIA_MSI_PLAIN && !irq->managed)
        return plan_plain(a, irq, to, u);
    if (kind == AIA_MSI_PLAIN) /* managed: one identity is reserved on all harts */
        u->kind = AIA_UPDATE_ADDR;
    if (kind == AIA_MSI_MASKABLE)
        u->kind = AIA_UPDATE_MASKED;
    if (irq->managed)
        return managed_activate(a, irq, to, &u->to);
    return imsic_alloc(&a->imsic, to, irq->order, irq->number, &u->to);
}

/* Write the message, in the order that the kind of update needs. Lock held. */
static void write_steps(struct aia_msi *msi, const struct update *u, const struct aia_message *m)
{
    switch (u->kind) {
    case AIA_UPDATE_STORE:
        msi->ops->store(msi, m);
        break;
    case AIA_UPDATE_MASKED:
        msi->ops->mask(msi);
        msi->ops->write_addr(msi, m->addr);
        msi->ops->write_data(msi, m->data);
        msi->ops->unmask(msi);
        break;
    case AIA_UPDATE_ADDR:
        msi->ops->write_addr(msi, m->addr);
        break;
    case AIA_UPDATE_COMMON: /* the half-written message names a vector of the interrupt */
    case AIA_UPDATE_TORN:   /* the half-written message goes to the old hart, where copy_torn() reads eip */
        msi->ops->write_data(msi, m->data);
        msi->ops->write_addr(msi, m->addr);
        break;
    case AIA_N_UPDATES:
        break;
    }
}

/*
 * Send a copy of each edge that went to (old hart, new identity), which may be another interrupt's vector. This is the old
 * hart, with interrupts off, so no claim has cleared the pending bit there. If the bit is set, send an edge to the new vector.
 * Leave the bit set for the owner of (old hart, new identity), because the edge may be that owner's own. irq's handler, or that
 * owner's, may run once too often, but no edge is lost. If (old hart, new identity) has no owner, the edge was irq's own, and the
 * bit is cleared. Lock held.
 */
static int copy_torn(struct aia *a, const struct aia_irq *irq, const struct update *u)
{
    int error = imsic_sync(&a->imsic, &a->imsic.files[u->from.hart]);

    for (unsigned i = 0; i < 1u << irq->order && !error; i++) {
        struct imsic_vector v = vector_after(u->to, i);
        if (imsic_file_pending(v.id / 64u) >> v.id % 64u & 1) {
            count(&a->torn_copies);
            trace_to(u->ring, AIA_EVENT_RESEND, irq, v, 0);
            imsic_send(&a->imsic, v);
            imsic_clear_unowned(&a->imsic, vector(u->from.hart, v.id));
        }
    }
    return error;
}

/* Send an edge to each new vector, because a device that a read-back does not drain may have lost an edge. Lock held. */
static void resend_undrained(struct aia *a, struct aia_irq *irq, const struct update *u)
{
    for (unsigned i = 0; i < 1u << irq->order; i++) {
        count(&irq->count.resent);
        trace_to(u->ring, AIA_EVENT_RESEND, irq, vector_after(u->to, i), 0);
        imsic_send(&a->imsic, vector_after(u->to, i));
    }
}

int message_drain(struct aia *a, struct aia_irq *irq, struct aia_message *have)
{
    int error = irq->msi->ops->read_back(irq->msi, have);
    bool answers = !error || error == AIA_ECHANGED;
    uint64_t posted = answers ? irq->msi->posted_limit : a->config.wait_limit;

    fence_io_rwio();
    atomic_store_explicit(&irq->drained_at, posted ? moment_after(aia_port_time(), posted) : 0,
                          memory_order_release);
    return error;
}

/*
 * True if no device has answered the read. Such a read has all bits set. No interrupt file has such an address: files are
 * aligned.
 */
static bool all_ones(const struct aia_message *m)
{
    return (uint32_t)m->addr == UINT32_MAX && (uint16_t)m->data == UINT16_MAX;
}

/*
 * The error of a verification that has failed: `error`, if the read-back returned one. Else the device has another message than
 * the one that was written: AIA_ESILENT if all bits of the message are set, otherwise AIA_ECHANGED. AIA_ECHANGED is counted.
 */
static __attribute__((noinline)) int mismatch_error(struct aia_irq *irq, int error,
                                                    const struct aia_message *have)
{
    if (!error)
        error = all_ones(have) ? AIA_ESILENT : AIA_ECHANGED;
    if (error == AIA_ECHANGED)
        atomic_fetch_add_explicit(&irq->changed, 1, memory_order_relaxed);
    return error;
}

static inline int verify(struct aia *a, struct aia_irq *irq, const struct aia_message *want,
                         struct aia_message *have)
{
    int error = message_drain(a, irq, have);

    return error || have->addr != want->addr || have->data != want->data ? mismatch_error(irq, error, have)
                                                                         : AIA_OK;
}

int message_verify(struct aia *a, struct aia_irq *irq, const struct aia_message *want,
                   struct aia_message *have)
{
    return verify(a, irq, want, have);
}

void message_report_change(struct aia *a, struct aia_irq *irq)
{
    unsigned long was = irq_lock(irq->first);
    struct imsic_vector v = irq->vec;

    irq_unlock(irq->first, was);
    if (atomic_exchange_explicit(&irq->changed, 0, memory_order_relaxed))
        report_event(a, AIA_REPORT_CHANGED, v, irq);
}

/*
 * Put the old message back. ADDR, COMMON and TORN write the address first, then the data, so that the half-written message is
 * the same as in write_steps().
 */
void message_undo(struct aia *a, struct aia_irq *irq, const struct update *u)
{
    struct aia_msi *msi = irq->msi;
    struct aia_message old = a->delivery->message(a, u->from), have;

    switch (u->kind) {
    case AIA_UPDATE_ADDR: /* the data too: a device that has lost its message has neither */
    case AIA_UPDATE_COMMON:
    case AIA_UPDATE_TORN:
        msi->ops->write_addr(msi, old.addr);
        msi->ops->write_data(msi, old.data);
        break;
    default:
        write_steps(msi, u, &old);
    }
    trace_to(u->ring, AIA_EVENT_MESSAGE, irq, u->from, u->kind);
    message_drain(a, irq, &have);
    if (u->kind != AIA_UPDATE_TORN)
        return;
    /*
     * The half-written message may have arrived, or may still arrive, at a vector of another interrupt. Send irq an edge in
     * either case. At an identity without an owner, the pending bit is cleared, so that the next owner does not get the edge.
     */
    for (unsigned i = 0; i < 1u << irq->order; i++) {
        count(&a->torn_copies);
        trace_to(u->ring, AIA_EVENT_RESEND, irq, vector_after(u->from, i), 0);
        imsic_send(&a->imsic, vector_after(u->from, i));
        imsic_clear_unowned(&a->imsic, vector(u->from.hart, u->to.id + i));
    }
}

void message_restore(struct aia_msi *msi, const struct aia_message *m)
{
    if (msi->ops->restore)
        msi->ops->restore(msi, m);
    else
        msi->ops->start(msi, m);
    if (msi->kind == AIA_MSI_MASKABLE) /* a reset has masked the message, too */
        msi->ops->unmask(msi);
}

/*
 * The device has lost its message, for example by a reset, and the old hart goes offline. Write the whole new message. If
 * the device does not take the message, the hart may go offline anyway, unless the device's message names that hart.
 */
static int write_whole_message(struct aia *a, struct aia_irq *irq, const struct update *u,
                               const struct aia_message *want)
{
    struct aia_message old = a->delivery->message(a, u->from), have;

    message_restore(irq->msi, want);
    int error = message_verify(a, irq, want, &have);
    return error == AIA_ECHANGED && have.addr != old.addr ? AIA_OK : error;
}

int message_write(struct aia *a, struct aia_irq *irq, const struct update *u)
{
    struct aia_message want = a->delivery->message(a, u->to), have;

    fence_rw_o(); /* the slots have the owners of the vectors before a message can go there */
    write_steps(irq->msi, u, &want);
    trace_to(u->ring, AIA_EVENT_MESSAGE, irq, u->to, u->kind);
    /*
     * The drain's first half: the read-back pushes the messages to the old vector out of the device. The second half, the wait
     * until these messages have arrived in eip, is drain_file() in retire.c, when the old hart reclaims the vector.
     */
    int error = verify(a, irq, &want, &have);
    if (error == AIA_ECHANGED && hart_state(a, u->from.hart) != AIA_HART_ONLINE)
        error = write_whole_message(a, irq, u, &want);
    if (!error && u->kind == AIA_UPDATE_TORN)
        error = copy_torn(a, irq, u);
    if (error)
        return error;
    if (irq->msi->posted_limit)
        resend_undrained(a, irq, u);
    count(&a->updates[u->kind]);
    return AIA_OK;
}
