/* SPDX-License-Identifier: BSD-2-Clause */
/* test=storm: what fires without end and helps nobody is shut off, reported, and can be had again. */
#include "imsic/file.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"

/* Each edge must be a run of its own, so as many times a hart has to get its turn on the host. */
#define HIT_MS 20000

#define UNOWNED 42 /* an identity that nobody has asked for */

static struct soft soft;
static struct aia_irq *irq;
static _Atomic uint64_t runs;
static bool mine; /* whether the handler finds something */

static enum aia_result handler(void *context, struct aia_irq *i)
{
    (void)context;
    (void)i;
    runs++;
    return mine ? AIA_HANDLED : AIA_NONE;
}

static struct imsic_vector target;

static void raise_soft(void)
{
    soft_raise(&soft);
}

static void send_to_target(void)
{
    imsic_send(&aia.imsic, target);
}

/* Send until `what` is reported, for HIT_MS at most; returns how many edges it took, 0: too many. */
static unsigned hit(void (*send)(void), int what)
{
    unsigned before = irq_reports(what);
    uint64_t end = time_after(time_from_ms(HIT_MS));

    for (unsigned n = 1; time_now() < end; n++) {
        send();
        if (irq_reports(what) != before)
            return n;
    }
    return 0;
}

static void unowned(unsigned hart)
{
    struct imsic_stats stats;
    uint64_t unowned = aia.config.harts[hart].unowned;
    target = (struct imsic_vector){.hart = (uint16_t)hart, .id = UNOWNED};
    unsigned n = hit(send_to_target, AIA_REPORT_STORM_UNOWNED);

    check(n > aia.config.storm_limit, "unowned identity on hart %u: shut off after %u edges", hart, n);
    uint64_t counted = aia.config.harts[hart].unowned;
    check(counted > unowned && counted - unowned <= n, "%lu of them were counted unowned", counted - unowned);
    for (unsigned i = 0; i < 1000; i++)
        send_to_target();
    check(aia.config.harts[hart].unowned == counted, "after that it costs nothing more");
    aia_vector_stats(&aia, &stats);
    check(stats.n[IMSIC_QUARANTINED] == 1, "one identity is out of use");
}

static void owned(unsigned hart)
{
    mine = false;
    must_move(irq, hart);
    unsigned n = hit(raise_soft, AIA_REPORT_STORM_IRQ);
    check(n > aia.config.storm_limit, "interrupt nobody handles, on hart %u: disabled after %u edges", hart,
          n);
    uint64_t ran = runs;
    for (unsigned i = 0; i < 1000; i++)
        soft_raise(&soft);
    check(runs == ran, "its handler runs no more");
    mine = true;
    aia_irq_enable(&aia, irq);
    check(wait_for(&runs, ran + 1), "enabled again, the edge that waited is handled");
    ran = runs;
    soft_raise(&soft);
    check(wait_for(&runs, ran + 1), "and so is the next");
}

/* ---- a level that its handler does not quieten, and does not know ---- */

static struct aplic_source line;
static _Atomic uint64_t loud_runs, loud_ticks;

/* The first run asks for a timer interrupt, which has its turn before the last one. */
static enum aia_result loud_handler(void *context, struct aia_irq *i)
{
    static uint64_t before;

    (void)context;
    (void)i;
    if (!loud_runs++) {
        before = time_interrupts();
        aia_port_timer(time_now());
    }
    loud_ticks = time_interrupts() - before;
    return AIA_HANDLED;
}

/* Nothing drives a source to spare, so its line is low: a level that is up for ever. */
static void loud(unsigned hart)
{
    struct aia_request q = {.name = "loud", .handler = loud_handler, .affinity = aia_hartset_one(hart)};
    struct aia_irq *i;
    unsigned before = irq_reports(AIA_REPORT_STORM_IRQ);

    if (!wires_spare(&line, hart))
        return;
    loud_runs = loud_ticks = 0;
    int error = aplic_source_init(&line, line.aplic, line.number, APLIC_LEVEL_LOW);
    q = aplic_request(&line, &q);
    error = error ? error : aia_irq_request(&aia, &q, &i);
    if (!check(!error, "a level that is up for ever, on hart %u: %s", hart, aia_strerror(error)))
        return;
    uint64_t end = time_after(time_from_ms(HIT_MS));
    while (irq_reports(AIA_REPORT_STORM_IRQ) == before && time_now() < end)
        aia_port_relax();
    check(irq_reports(AIA_REPORT_STORM_IRQ) == before + 1 && loud_runs > aia.config.storm_limit,
          "the level is shut off after %lu runs, all of which had something", loud_runs);
    check(loud_ticks > 0, "its hart took a timer interrupt meanwhile");
    uint64_t ran = runs;
    soft_raise(&soft);
    check(wait_for(&runs, ran + 1), "and takes others");
    error = aia_irq_free(&aia, i);
    check(!error, "freed: %s", aia_strerror(error));
}

int job_storm(void)
{
    unsigned other = hart_from(hart_index() + 1);
    struct aia_request q = {
        .name = "soft", .handler = handler, .msi = &soft.msi, .affinity = aia_hartset_one(other)};

    irq_need_ids(UNOWNED);
    aia.config.storm_window = time_from_ms(HIT_MS); /* as long as hit() tries */
    soft_init(&soft, AIA_MSI_STORE);
    int error = aia_irq_request(&aia, &q, &irq);
    if (!check(!error, "request: %s", aia_strerror(error)))
        return verdict();
    owned(hart_index());
    owned(other);
    loud(other);
    if (irq_by_message())
        unowned(other);
    if (other != hart_index()) {
        must_move(irq, hart_index());
        struct hotplug_error e = hotplug_offline(other);
        check(!e.step, "hart %u goes offline", other);
        e = hotplug_online(other);
        check(!e.step, "and comes back");
        check(aia.config.harts[other].late == 0, "with no edge late");
        struct imsic_stats stats;
        aia_vector_stats(&aia, &stats);
        check(stats.n[IMSIC_QUARANTINED] == 0, "and with every identity in use again");
    }
    check(!aia_irq_free(&aia, irq), "freed");
    return verdict();
}
