/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Managed interrupts: a queue's, say, that belongs to certain harts and to no others. A vector is reserved on
 * each of them when the interrupt is requested, so a restart cannot fail for want of one. The slots of those
 * it does not use now are MANAGED; a drained one goes back to that, not to FREE. A line of a controller has its number
 * on every hart, so nothing needs to be reserved for it.
 */
#include "lib/managed.h"
#include "lib/delivery.h"
#include "lib/flow.h"
#include "lib/irq.h"
#include "lib/retire.h"

#include "imsic/vector.h"

int managed_reserve(struct aia *a, struct aia_irq *irq)
{
    /* By the lock a hart's return on another hart, which may start it, finds it managed with what is reserved or not at all. */
    unsigned long was = irq_lock(irq);
    int error = a->delivery->reserve(a, irq);

    irq->managed = !error;
    irq_unlock(irq, was);
    return error;
}

void managed_release(struct aia *a, struct aia_irq *irq)
{
    for (unsigned h = 0; h < a->imsic.n_files; h++)
        if (aia_hartset_has(&irq->affinity, h)) {
            imsic_free(&a->imsic, vector(h, managed_ids(a, irq)[h]));
            aia_ipi_send(a, h, AIA_IPI_REOPEN); /* as below, for its next owner */
        }
}

int managed_activate(struct aia *a, struct aia_irq *irq, unsigned hart, struct imsic_vector *v)
{
    struct imsic_vector kept = {.hart = (uint16_t)hart, .id = managed_ids(a, irq)[hart]};

    if (!imsic_activate(&a->imsic, kept))
        return AIA_EAGAIN;
    aia_ipi_send(a, hart, AIA_IPI_REOPEN); /* it may have been shut off, as nobody's (flow_unowned) */
    *v = kept;
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
    int error;

    /* What was kept for it may still be draining since it left; that hart is back, and can prove it. */
    while ((error = irq_start(a, irq)) == AIA_EAGAIN && aia_port_time() <= end) {
        retire_ask(a, &irq->affinity);
        aia_port_relax();
    }
    if (!error)
        flow_resume(a, irq);
    return error;
}
