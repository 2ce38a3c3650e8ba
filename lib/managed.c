/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Managed interrupts, for example those of a device's queues, which belong to certain harts only. When such an interrupt is
 * requested, a vector is reserved on each hart of its affinity. So a restart cannot fail for want of a vector. The slots of the
 * reserved vectors that the interrupt does not use now are MANAGED. A vector that the interrupt has left becomes MANAGED again
 * after its drain, and not FREE. A line of a controller has its number on every hart, so nothing is reserved for a line.
 */
#include "lib/managed.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/irq.h"
#include "lib/report.h"
#include "lib/retire.h"

#include "imsic/vector.h"

/*
 * A request and a hart may come at the same time. Each makes an atomic step on n_waiting, and the one whose step is later sees
 * what the other did before its step. So either the request finds the hart online, or the hart finds the interrupt that waits.
 */
static void set_waits(struct aia *a, struct aia_irq *irq, bool waits)
{
    if (atomic_load_explicit(&irq->waits, memory_order_relaxed) == waits)
        return;
    atomic_store_explicit(&irq->waits, waits, memory_order_relaxed);
    atomic_fetch_add_explicit(&a->n_waiting, waits ? 1 : -1u, memory_order_acq_rel);
}

void managed_started(struct aia *a, struct aia_irq *irq)
{
    set_waits(a, irq, false);
}

bool managed_any_waits(struct aia *a)
{
    return atomic_fetch_add_explicit(&a->n_waiting, 0, memory_order_acq_rel) != 0;
}

void managed_start(struct aia *a, struct aia_irq *irq, unsigned hart)
{
    if (!atomic_load_explicit(&irq->waits, memory_order_relaxed))
        return;
    if (irq_start(a, irq)) {
        report_event(a, AIA_REPORT_NOT_STARTED, vector(hart, irq->vec.id), irq);
        return;
    }
    flow_resume(a, irq);
    if (irq->moved)
        irq->moved(irq->context, irq);
}

int managed_reserve(struct aia *a, struct aia_irq *irq)
{
    /* Under the lock: another hart that comes online may start irq, and must find irq managed with its reserved vectors. */
    unsigned long was = irq_lock(irq);
    int error = a->delivery->reserve(a, irq);

    irq->managed = !error;
    if (irq->managed)
        set_waits(a, irq, true);
    irq_unlock(irq, was);
    return error;
}

void managed_release(struct aia *a, struct aia_irq *irq)
{
    set_waits(a, irq, false);
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        if (aia_hartset_has(&irq->affinity, h)) {
            imsic_free(&a->imsic, vector(h, managed_ids(a, irq)[h]));
            /* The next owner needs the identity enabled. A storm may have disabled it. */
            aia_ipi_send(a, h, AIA_IPI_REOPEN);
        }
}

int managed_activate(struct aia *a, struct aia_irq *irq, unsigned hart, struct imsic_vector *v)
{
    struct imsic_vector reserved = vector(hart, managed_ids(a, irq)[hart]);

    if (!imsic_activate(&a->imsic, reserved))
        return AIA_EAGAIN;
    /* Enable the identity, if a storm of unowned edges has disabled it. */
    aia_ipi_send(a, hart, AIA_IPI_REOPEN);
    *v = reserved;
    return AIA_OK;
}

int managed_choose(const struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                   unsigned *hart)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (aia_hartset_has(set, h) && hart_state(a, h) == AIA_HART_ONLINE && delivery_reaches(a, irq, h)) {
            *hart = h;
            return AIA_OK;
        }
    return AIA_ENOHART;
}

int managed_restart(struct aia *a, struct aia_irq *irq)
{
    uint64_t end = wait_end(a);
    bool was_shut_down = !irq->vec.id;
    int error;

    /* The reserved vector may still be retiring. Its hart is back, and can prove the drain. */
    while ((error = irq_start(a, irq)) == AIA_EAGAIN && aia_port_time() <= end) {
        retire_hasten(a, &irq->affinity);
        aia_port_relax();
    }
    if (!error)
        flow_resume(a, irq);
    if (was_shut_down && irq->vec.id && irq->moved)
        irq->moved(irq->context, irq);
    return error;
}
