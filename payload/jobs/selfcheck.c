/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=selfcheck: docs/porting.md's first step. It tries the things that everything else needs, one after the other, and
 * prints a line before each: a step that hangs, traps or panics does so right after its line. It needs no device.
 */
#include "payload/jobs/selfcheck.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/load/soft.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "csr.h"
#include <string.h>

static unsigned n_steps;

static struct soft device;
static _Atomic uint64_t edges;
static _Atomic unsigned edge_hart;

void selfcheck_step(const char *fmt, ...)
{
    const char *job = args_get("test");
    va_list ap;

    if (!job || strcmp(job, "selfcheck"))
        return;
    print("selfcheck %u: ", ++n_steps);
    va_start(ap, fmt);
    vprint(fmt, ap);
    va_end(ap);
    print("\n");
}

#define CLOCK_READS 10000000u /* a clock that does not tick during so many reads stands still */

/* Check the clock and the timer. No wait here uses the timer, because it may not work. */
static bool step_timer(void)
{
    uint64_t begin = time_now(), interrupts = time_interrupts();
    unsigned reads = 0;

    selfcheck_step("the clock, at %lu Hz", machine.aia.timebase);
    while (time_now() == begin && reads < CLOCK_READS)
        reads++;
    if (!check(reads < CLOCK_READS, "the clock ticks"))
        return false;
    selfcheck_step("the timer, in 20 ms");
    begin = time_now();
    time_arm_wake(time_after(time_from_ms(20)));
    while (time_interrupts() == interrupts && time_now() - begin < time_from_ms(1000))
        hart_pause();
    uint64_t us = time_to_us(time_now() - begin);
    return check(time_interrupts() > interrupts && us >= 20000 && us < 1000000,
                 "its interrupt came after %lu us", us);
}

static enum aia_result on_edge(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    atomic_store(&edge_hart, hart_index());
    atomic_fetch_add(&edges, 1);
    return AIA_HANDLED;
}

/*
 * Check that an edge arrives on the hart whose file it was sent to. The handler of the edge before must have returned first,
 * because a hart that runs a handler also reruns the handler for an edge that comes to another hart.
 */
static bool edge_to(struct aia_irq *irq, unsigned hart)
{
    uint64_t before = edges;

    if (aia_irq_synchronize(&aia, irq))
        return check(false, "the handler of the edge before has returned");
    soft_raise(&device);
    return check(wait_for(&edges, before + 1), "the message at 0x%lx, identity %u, arrives",
                 soft_look(&device).addr, soft_look(&device).data) &&
           check(edge_hart == hart, "at hart %u: it came at hart %u", hart, edge_hart);
}

/* Check an interrupt of this hart. Without interrupt files this is left out, because an interrupt then needs a device. */
static bool step_interrupt(unsigned hart)
{
    static struct aia_irq *irq;
    struct aia_request request = {
        .name = "selfcheck", .handler = on_edge, .msi = &device.msi, .affinity = aia_hartset_one(hart)};

    if (!irq_by_message())
        return true;
    selfcheck_step("hart %u (id %lu): an interrupt, file 0x%lx", hart, machine.aia.harts[hart].hartid,
                   machine.aia.harts[hart].imsic_addr);
    if (!irq)
        soft_init(&device, AIA_MSI_MASKABLE);
    int error =
        irq ? aia_irq_set_affinity(&aia, irq, &request.affinity) : aia_irq_request(&aia, &request, &irq);
    return check(!error, "it is set up: %s", aia_strerror(error)) && edge_to(irq, hart);
}

static void note_hart(void *arg)
{
    *(unsigned *)arg = hart_index();
}

static bool step_call(unsigned hart)
{
    unsigned ran = MACHINE_MAX_HARTS;

    selfcheck_step("hart %u: an IPI", hart);
    int error = aia_call(&aia, hart, note_hart, &ran);
    return check(!error, "a call: %s", aia_strerror(error)) && check(ran == hart, "ran on hart %u", ran);
}

static bool step_hotplug(unsigned hart)
{
    selfcheck_step("hart %u: offline and online again", hart);
    struct hotplug_error e = hotplug_offline(hart);
    if (!check(!e.step, "offline: %s: %s", e.step ? e.step : "done", e.why ? e.why : "STOPPED"))
        return false;
    e = hotplug_online(hart);
    return check(!e.step, "online: %s: %s", e.step ? e.step : "done", e.why ? e.why : "it takes interrupts");
}

static bool step_online(unsigned hart)
{
    selfcheck_step("hart %u (id %lu) is online", hart, machine.aia.harts[hart].hartid);
    return check(hart_is_online(hart), "it is %s", hart_state_name(hart_state(hart)));
}

static bool all_harts(bool (*step)(unsigned hart))
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (!step(h))
            return false;
    return true;
}

static bool other_harts(bool (*step)(unsigned hart))
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart_index() && !step(h))
            return false;
    return true;
}

int job_selfcheck(void)
{
    if (all_harts(step_online) && step_timer() && all_harts(step_interrupt) && other_harts(step_call) &&
        other_harts(step_hotplug)) {
        selfcheck_step("the verdict, and the end of the machine");
        return verdict();
    }
    print("selfcheck: stopped at step %u\nVERDICT: FAIL\n", n_steps);
    return EXIT_FAIL;
}
