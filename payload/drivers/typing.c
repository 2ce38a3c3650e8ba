/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/typing.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/payload.h"

/* The line is up while there is something to read. */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct typing *t = context;
    unsigned n = console_receive();

    (void)irq;
    atomic_fetch_add(&t->n, n);
    return n ? AIA_HANDLED : AIA_NONE;
}

bool typing_init(struct typing *t)
{
    struct aia_request r = {
        .name = "uart", .handler = handler, .context = t, .affinity = aia_hartset_first(hart_count())};

    *t = (struct typing){.wire = wires_source("uart", &machine.uart.wire)};
    if (!t->wire)
        return false;
    r = aplic_request(t->wire, &r);
    int error = aia_irq_request(&aia, &r, &t->irq);
    if (error)
        print("uart: no interrupt: %s\n", aia_strerror(error));
    else
        console_receive_interrupt(true);
    return !error;
}
