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
    enum aia_result result = AIA_NONE;

    (void)irq;
    for (int c; (c = console_read()) >= 0; result = AIA_HANDLED) {
        t->typed((char)c);
        atomic_fetch_add(&t->n, 1);
    }
    return result;
}

bool typing_init(struct typing *t, void (*typed)(char c))
{
    struct aia_request r = {
        .name = "uart", .handler = handler, .context = t, .affinity = aia_hartset_first(hart_count())};

    *t = (struct typing){.wire = wires_source("uart", &machine.uart.wire), .typed = typed};
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
