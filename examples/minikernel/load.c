/* SPDX-License-Identifier: BSD-2-Clause */
/* Each hart moves the interrupt to itself, again and again, while the first hart sends edges. */
#include "kernel.h"

enum { EDGES = 500 };

static _Atomic bool moving;

void load_or_idle(struct aia_irq *irq)
{
    const struct aia_hartset here = aia_hartset_one(aia_port_hart());

    if (!moving) {
        __asm__ volatile("wfi");
        return;
    }
    aia_port_irq_restore(SIE); /* a move may wait, so interrupts are on */
    int error = aia_irq_set_affinity(&aia, irq, &here);
    check(!error || error == AIA_EAGAIN, aia_strerror(error)); /* AIA_EAGAIN: the other harts were faster */
    aia_port_irq_save();
}

void load(struct aia_irq *irq)
{
    uint64_t before = irq->count.moves, end = aia_port_time() + HANG;

    moving = true;
    for (unsigned h = 0; h < HARTS; h++) aia_ipi_send(&aia, h, AIA_IPI_CALL); /* this ends a hart's wfi */
    /* On a busy host two harts may run alone for all these edges, and none of the others moves the interrupt meanwhile. */
    for (unsigned i = 0; i < EDGES || irq->count.moves - before < EDGES / 10; i++) {
        check(aia_port_time() < end, "the interrupt did not move\n");
        edge();
    }
    moving = false;
    say("500 edges while harts moved the interrupt: lost 0\n");
}
