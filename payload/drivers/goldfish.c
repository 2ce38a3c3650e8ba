/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/goldfish.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/trap.h"
#include "mmio.h"

#define TIME_LOW        0x00u /* reading it latches TIME_HIGH */
#define TIME_HIGH       0x04u
#define ALARM_LOW       0x08u /* writing it sets the alarm */
#define ALARM_HIGH      0x0cu
#define IRQ_ENABLED     0x10u
#define CLEAR_ALARM     0x14u
#define CLEAR_INTERRUPT 0x1cu

/* The line is up from the alarm to the write of CLEAR_INTERRUPT. */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct goldfish *g = context;

    (void)irq;
    if (wire_is_held(&g->line))
        return AIA_HANDLED;
    mmio_write32(g->regs + CLEAR_INTERRUPT, 1);
    atomic_fetch_add(&g->alarms, 1);
    return AIA_HANDLED;
}

bool goldfish_init(struct goldfish *g)
{
    struct aia_request r = {
        .name = "rtc", .handler = handler, .context = g, .affinity = aia_hartset_first(hart_count())};

    if (!machine.rtc.present) {
        print("rtc: none: %s\n", machine_without(MACHINE_PART_RTC));
        return false;
    }
    if (!trap_answers("rtc", (uintptr_t)machine.rtc.base))
        return false;
    *g = (struct goldfish){.regs = (uintptr_t)machine.rtc.base,
                           .line.source = wires_source("rtc", &machine.rtc.wire)};
    if (!g->line.source)
        return false;
    mmio_write32(g->regs + CLEAR_ALARM, 1);
    mmio_write32(g->regs + CLEAR_INTERRUPT, 1);
    r.msi = &g->line.source->msi;
    int error = aia_irq_request(&aia, &r, &g->line.irq);
    if (error)
        print("rtc: no interrupt: %s\n", aia_strerror(error));
    else
        mmio_write32(g->regs + IRQ_ENABLED, 1);
    return !error;
}

uint64_t goldfish_now(const struct goldfish *g)
{
    uint32_t low = mmio_read32(g->regs + TIME_LOW);

    return (uint64_t)mmio_read32(g->regs + TIME_HIGH) << 32 | low;
}

void goldfish_alarm(struct goldfish *g, uint64_t when)
{
    mmio_write32(g->regs + ALARM_HIGH, (uint32_t)(when >> 32));
    mmio_write32(g->regs + ALARM_LOW, (uint32_t)when);
}
