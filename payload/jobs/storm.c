/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=storm: the source of a storm is stopped and reported, and can be used again. An unowned identity is quarantined; an
 * interrupt is disabled.
 */
#include "imsic/file.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"

/* Each edge must be a separate run, so a hart must get the host's processor as many times. */
#define HIT_MS 20000

#define UNOWNED 42 /* an unowned identity */

static struct soft soft;
static struct aia_irq *irq;
static _Atomic uint64_t runs;
static bool finds; /* the handler returns AIA_HANDLED, else AIA_NONE */

static enum aia_result handler(void *context, struct aia_irq *i)
{
    (void)context;
    (void)i;
    runs++;
    return finds ? AIA_HANDLED : AIA_NONE;
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

/* Send edges until `what` is reported, for HIT_MS at most. Returns the number of edges; 0: it was not reported. */
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

    check(n > aia.config.storm_limit, "unowned identity on hart %u: quarantined after %u edges", hart, n);
    uint64_t counted = aia.config.harts[hart].unowned;
    check(counted > unowned && counted - unowned <= n, "%lu of them were counted unowned", counted - unowned);
    for (unsigned i = 0; i < 1000; i++)
        send_to_target();
    check(aia.config.harts[hart].unowned == counted, "after that no further edge is counted");
    aia_vector_stats(&aia, &stats);
    check(stats.n[IMSIC_QUARANTINED] == 1, "one identity is quarantined");
}

static void owned(unsigned hart)
{
    finds = false;
    must_move(irq, hart);
    unsigned n = hit(raise_soft, AIA_REPORT_STORM_IRQ);
    check(n > aia.config.storm_limit,
          "interrupt whose handler finds nothing, on hart %u: disabled after %u edges", hart, n);
    uint64_t ran = runs;
    for (unsigned i = 0; i < 1000; i++)
        soft_raise(&soft);
    check(runs == ran, "its handler runs no more");
    finds = true;
    aia_irq_enable(&aia, irq);
    check(wait_for(&runs, ran + 1), "after enable the kept edge is handled");
    ran = runs;
    soft_raise(&soft);
    check(wait_for(&runs, ran + 1), "the next edge is handled");
}

/* ---- a level that its handler does not take down, although it returns AIA_HANDLED ---- */

static struct aplic_source line;
static _Atomic uint64_t loud_runs, loud_ticks;

/* The first run sets the timer to now. The timer interrupt must come before the last run. */
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

/* Nothing drives a spare source, so its line is low: as APLIC_LEVEL_LOW it interrupts for ever. */
static void loud(unsigned hart)
{
    struct aia_request q = {.name = "loud", .handler = loud_handler, .affinity = aia_hartset_one(hart)};
    struct aia_irq *i;
    unsigned before = irq_reports(AIA_REPORT_LEVEL_UP);

    if (!wires_spare(&line, hart))
        return;
    loud_runs = loud_ticks = 0;
    int error = aplic_source_init(&line, line.aplic, line.number, APLIC_LEVEL_LOW);
    q.msi = &line.msi;
    error = error ? error : aia_irq_request(&aia, &q, &i);
    if (!check(!error, "a level that is up for ever, on hart %u: %s", hart, aia_strerror(error)))
        return;
    uint64_t end = time_after(time_from_ms(HIT_MS));
    while (irq_reports(AIA_REPORT_LEVEL_UP) == before && time_now() < end)
        aia_port_relax();
    check(irq_reports(AIA_REPORT_LEVEL_UP) == before + 1 && loud_runs > aia.config.storm_limit,
          "the level is disabled after %lu runs, all of which returned AIA_HANDLED", loud_runs);
    check(loud_ticks > 0, "hart %u took a timer interrupt meanwhile", hart);
    uint64_t ran = runs;
    soft_raise(&soft);
    check(wait_for(&runs, ran + 1), "hart %u takes other interrupts", hart);
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
        check(!e.step, "hart %u offline", other);
        e = hotplug_online(other);
        check(!e.step, "hart %u online", other);
        check(aia.config.harts[other].late == 0, "no edge is late");
        struct imsic_stats stats;
        aia_vector_stats(&aia, &stats);
        check(stats.n[IMSIC_QUARANTINED] == 0, "no identity is quarantined any more");
    }
    check(!aia_irq_free(&aia, irq), "freed");
    return verdict();
}
