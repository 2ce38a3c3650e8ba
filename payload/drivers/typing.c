/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/typing.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/payload.h"

struct typing typing;

/* The line is up while there is something to read. */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    unsigned n = console_receive();

    (void)context;
    (void)irq;
    atomic_fetch_add(&typing.n, n);
    return n ? AIA_HANDLED : AIA_NONE;
}

bool typing_init(void)
{
    struct aia_request r = {.name = "uart", .handler = handler, .affinity = aia_hartset_first(hart_count())};

    if (!typing.irq) {
        typing.wire = wires_source("uart", &machine.uart.wire);
        if (!typing.wire)
            return false;
        r = aplic_request(typing.wire, &r);
        int error = aia_irq_request(&aia, &r, &typing.irq);
        if (error) {
            print("uart: no interrupt: %s\n", aia_strerror(error));
            return false;
        }
    }
    console_receive_interrupt(true);
    return true;
}
