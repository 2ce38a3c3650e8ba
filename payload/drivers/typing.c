/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/typing.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"

struct typing typing;

/*
 * The line is up while there is a byte to read; and, if typing_ask_empty() asked for it, while no byte is left to send.
 */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    if (wire_is_held(&typing.line))
        return AIA_HANDLED;
    unsigned n = console_receive();
    bool asked = atomic_exchange(&typing.asked, 0);
    if (asked) {
        console_empty_interrupt(false);
        atomic_fetch_add(&typing.empty, 1);
    }
    atomic_fetch_add(&typing.n, n);
    return n || asked ? AIA_HANDLED : AIA_NONE;
}

void typing_ask_empty(void)
{
    atomic_store(&typing.asked, 1);
    console_empty_interrupt(true);
}

bool typing_init(void)
{
    struct aia_request r = {.name = "uart", .handler = handler, .affinity = aia_hartset_first(hart_count())};

    if (!typing.line.irq) {
        typing.line.source = wires_source("uart", &machine.uart.wire);
        if (!typing.line.source)
            return false;
        r.msi = &typing.line.source->msi;
        int error = aia_irq_request(&aia, &r, &typing.line.irq);
        if (error) {
            print("uart: no interrupt: %s\n", aia_strerror(error));
            return false;
        }
    }
    console_receive_interrupt(true);
    return true;
}
