/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the message again to a device that has lost it. */
#include "lib/bus.h"
#include "lib/delivery.h"
#include "lib/irq.h"
#include "lib/message.h"

#include "imsic/file.h"
#include "mmio.h"

/* True if the device still has its message. Lock held. */
static bool has_message(struct aia_irq *irq, const struct aia_message *want)
{
    struct aia_message have;
    int error = irq->msi->ops->read_back(irq->msi, &have);

    fence_io_rwio();
    return !error && have.addr == want->addr && have.data == want->data;
}

/*
 * True if start() may drop an edge of a device that is sending. start() turns a PLAIN device off, which then keeps no edges. A
 * device of another kind keeps its edges. Each chip of the chain counts.
 */
static bool start_may_drop_edge(const struct aia_msi *msi)
{
    while (msi && msi->kind != AIA_MSI_PLAIN)
        msi = msi->below;
    return msi;
}

/* Send an edge to each vector, in place of an edge that the device may have dropped in its start(). Lock held. */
static void send_each(struct aia *a, struct aia_irq *irq)
{
    for (unsigned i = 0; i < 1u << irq->order; i++) {
        count(&irq->count.resent);
        trace_irq(a, AIA_EVENT_RESEND, irq, irq[i].vec, 0);
        imsic_send(&a->imsic, irq[i].vec);
    }
}

/* irq has a vector: write its message. Lock held. */
static int write_again(struct aia *a, struct aia_irq *irq)
{
    struct aia_message want = a->delivery->message(a, irq->vec), have;
    bool slow = bus_is_slow(irq);
    bool may_drop = !slow && start_may_drop_edge(irq->msi) && has_message(irq, &want);

    trace_irq(a, AIA_EVENT_START, irq, irq->vec, 0);
    message_restore(irq->msi, &want);
    if (slow) /* bus_sync() sends the message, and waits for the answer */
        return AIA_OK;
    int error = message_verify(a, irq, &want, &have);
    if (!error && may_drop)
        send_each(a, irq);
    return error;
}

/* aia_irq_restore(), up to bus_sync(). Lock held. AIA_OK, also if irq is shut down; errors as aia_irq_restore(). */
static int restore_locked(struct aia *a, struct aia_irq *irq)
{
    if (irq->stopped || !irq->msi)
        return AIA_EINVAL;
    if (irq_is_dead(irq))
        return AIA_ESILENT;
    fence_rw_o(); /* all that the handler will read is written before the device can send */
    if (irq->vec.id)
        return write_again(a, irq);
    if (irq->parked && irq->msi->ops->restore)
        irq->msi->ops->restore(irq->msi, NULL);
    return irq->managed ? AIA_OK : AIA_EINVAL;
}

int aia_irq_restore(struct aia *a, struct aia_irq *irq)
{
    struct aia_irq *first = irq->first;

    if (!irq_is_used(irq))
        return AIA_EINVAL;
    struct aia_msi *bus = bus_lock(first);
    unsigned long was = irq_lock(first);
    struct imsic_vector v = first->vec;
    int error = restore_locked(a, first);
    irq_unlock(first, was);
    message_report_changed(a, first);
    if (!error && bus && v.id)
        error = irq_sync_or_mark_dead(a, first, (struct imsic_vector){0});
    bus_unlock(bus);
    return error;
}
