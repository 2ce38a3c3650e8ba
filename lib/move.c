/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moving an interrupt from old = (A, a) to new = (B, b) (design.md, section 5):
 *
 *   1. allocate b on B        message_plan(): from here a message that names (B, b) runs the handler
 *   2. update the message     message_write(): new edges go to B
 *   3. drain the device       message_write(): earlier edges have left the device. The first half of the drain
 *   4. a retires              retire.c: an edge that is caught there is forwarded
 *   5. reclaim a              retire.c, on A: earlier edges have arrived and were seen. The second half of the drain
 *
 * The caller's move ends with 4, so another move may follow immediately: a caught edge is forwarded to where the interrupt
 * is then, and not to where this move took the interrupt. Every write that can make a vector pending is made under the
 * interrupt's lock or by a device. So when a vector retires, all such writes have been made, and the reclaim only has to wait
 * for their arrival.
 */
#include "lib/move.h"
#include "lib/bus.h"
#include "lib/delivery.h"
#include "lib/irq.h"
#include "lib/message.h"

#include "mmio.h"

/* The message names u->to, and the device has been drained: the interrupt is there now. Lock held. */
static void finish_move(struct aia *a, struct aia_irq *irq, const struct update *u)
{
    for (unsigned i = 0; i < 1u << irq->order; i++)
        irq[i].vec = vector_after(u->to, i);
    count(&irq->count.moves);
    a->delivery->retire(a, irq, u->from);
    if (u->middle.id)
        a->delivery->retire(a, irq, u->middle);
}

int move_irq(struct aia *a, struct aia_irq *irq, unsigned to)
{
    struct update u;
    int error = a->delivery->plan(a, irq, to, &u);

    if (error)
        return error;
    trace_to(u.ring, AIA_EVENT_MOVE, irq, u.from, trace_vector(u.to));
    error = message_write(a, irq, &u);
    if (!error) {
        trace_to(u.ring, AIA_EVENT_MOVED, irq, u.to, 0);
        finish_move(a, irq, &u);
        return AIA_OK;
    }
    message_undo(a, irq, &u);
    trace_to(u.ring, AIA_EVENT_MOVED, irq, u.from, (uint64_t)-error);
    a->delivery->retire(a, irq, u.to);
    if (u.middle.id)
        a->delivery->retire(a, irq, u.middle);
    return error;
}

int move_irq_slow(struct aia *a, struct aia_irq *irq, unsigned to, unsigned long was)
{
    struct update u;
    struct aia_message want, have;
    int error = a->delivery->plan(a, irq, to, &u);

    if (error)
        return error;
    trace_irq(a, AIA_EVENT_MOVE, irq, u.from, trace_vector(u.to));
    want = a->delivery->message(a, u.to);
    fence_rw_o(); /* the slot has the owner of the vector before a message can go there */
    irq->msi->ops->store(irq->msi, &want);
    irq_unlock(irq, was); /* both vectors are irq's: an edge at either vector runs the handler */
    error = irq_sync_or_mark_dead(a, irq, u.to);
    (void)irq_lock(irq); /* the caller's irq_unlock() takes `was` */
    if (error) {
        trace_irq(a, AIA_EVENT_MOVED, irq, u.from, (uint64_t)-error);
        return error;
    }
    trace_irq(a, AIA_EVENT_MESSAGE, irq, u.to, u.kind);
    message_drain(a, irq, &have);
    count(&a->updates[u.kind]);
    trace_irq(a, AIA_EVENT_MOVED, irq, u.to, 0);
    finish_move(a, irq, &u);
    return AIA_OK;
}
