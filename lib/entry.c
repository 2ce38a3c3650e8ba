/* SPDX-License-Identifier: BSD-2-Clause */
/* What the trap handler calls: claim, see whose it is, hand over. */
#include "internal.h"

static void deliver(struct aia *a, unsigned here, unsigned id)
{
    uint32_t slot = slot_read(&a->imsic.files[here], id);
    uint32_t owner = imsic_slot_owner(slot);
    struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    trace(a, here, AIA_EVENT_CLAIM, owner, vector(here, id), imsic_slot_state(slot));
    switch (imsic_slot_state(slot)) {
    case IMSIC_OWNED:
        count_own(&a->config.harts[here].handled);
        flow_edge(a, irq, here, id);
        first_edge(a, irq); /* the handler first; irq stays: only this hart, later, can reclaim this vector */
        break;
    case IMSIC_RETIRING:
        count_own(&a->config.harts[here].forwarded);
        forward(a, irq, (struct imsic_vector){.hart = (uint16_t)here, .id = (uint16_t)id});
        break;
    default:
        if (id == a->imsic.ipi_id)
            ipi_taken(a, here);
        else
            flow_unowned(a, here, id);
    }
}

void aia_interrupt(struct aia *a)
{
    unsigned here = aia_port_hart();
    unsigned id;

    if (is_direct(a)) {
        direct_interrupt(a, here);
        return;
    }
    while ((id = imsic_claim()) != 0)
        deliver(a, here, id);
}
