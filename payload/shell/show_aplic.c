/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `aplic`: the APLIC domains, decoded (AdvPLIC.adoc, "Memory-mapped control region for an interrupt domain"). */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/drivers/wires.h"

static const char *mode_name(enum aplic_mode mode)
{
    static const char *const names[] = {
        [APLIC_INACTIVE] = "inactive",      [APLIC_DETACHED] = "detached",
        [APLIC_EDGE_RISE] = "edge, rising", [APLIC_EDGE_FALL] = "edge, falling",
        [APLIC_LEVEL_HIGH] = "level, high", [APLIC_LEVEL_LOW] = "level, low",
    };

    return (unsigned)mode <= APLIC_LEVEL_LOW && names[mode] ? names[mode] : "reserved";
}

static const struct aia_irq *irq_on(const struct aplic *a, unsigned number)
{
    const struct aia_irq *irq;

    for (unsigned n = 0; (irq = nth_irq(n)); n++)
        if (aplic_number(a, irq->msi) == number)
            return irq;
    return NULL;
}

static void print_source(const struct aplic *a, unsigned number, const struct aplic_look *look)
{
    const struct aia_irq *irq = irq_on(a, number);

    print("    source %-5u %-14s ip%c ie%c in%c ", number, mode_name(look->mode), look->pending ? '+' : '-',
          look->enabled ? '+' : '-', look->input ? '+' : '-');
    if (!a->direct)
        print("to address 0x%lx data 0x%x: %s\n", look->message.addr, look->message.data,
              name_message(&look->message));
    else if (look->message.addr < hart_count())
        print("to hart %lu, priority %u: %s\n", look->message.addr, look->priority,
              irq ? irq_name(irq) : "unowned");
    else
        print("to no hart of this domain: %s\n", irq ? irq_name(irq) : "unowned");
}

static void print_hart(const struct aplic *a, unsigned hart)
{
    struct aplic_hart_look look;

    aplic_look_hart(a, hart, &look);
    print("    hart %u, index %d: delivery %s, threshold %u%s, ", hart, a->index[hart],
          look.delivers ? "on" : "off", look.threshold, look.forced ? ", forced" : "");
    if (look.top)
        print("would claim source %u of priority %u\n", look.top, look.top_priority);
    else
        print("nothing to claim\n");
}

static void show(const struct aplic *a)
{
    struct aplic_domain_look domain;
    unsigned inactive = 0, delegated = 0;

    aplic_look_domain(a, &domain);
    print("APLIC at 0x%lx: %u sources, interrupts %s, %s\n", a->mmio, a->n_sources,
          domain.enabled ? "enabled" : "disabled", domain.by_message ? "by message" : "directly");
    for (unsigned h = 0; a->direct && h < a->n_harts; h++)
        if (a->index[h] >= 0)
            print_hart(a, h);
    for (unsigned i = 1; i <= a->n_sources; i++) {
        struct aplic_look look;
        aplic_look(a, i, &look);
        delegated += look.delegated;
        inactive += !look.delegated && look.mode == APLIC_INACTIVE;
        if (look.mode != APLIC_INACTIVE)
            print_source(a, i, &look);
    }
    print("    %u sources inactive, %u delegated\n", inactive, delegated);
}

enum command_result command_aplic(int argc, char *argv[])
{
    const struct aplic *a;

    if (!arg_count(argc, argv, 0, 0))
        return COMMAND_FAILED;
    if (!wires_domain(0)) {
        print("aplic: this machine has no APLIC for its harts' supervisor level\n");
        return COMMAND_FAILED;
    }
    for (unsigned n = 0; (a = wires_domain(n)); n++)
        show(a);
    return COMMAND_OK;
}
