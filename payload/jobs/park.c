/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=park: a managed interrupt of one hart, through the IOMMU, while the hart goes offline and online. The device itself
 * is not stopped and continues to send. An edge that it sends while the hart is offline is kept in memory, and is handled
 * when the hart is online again.
 */
#include "payload/kernel/work.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/drivers/edu.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "payload/load/kinds.h"
#include "payload/load/raisers.h"

#define CYCLES 20u

static struct edu edu;
static struct aia_irq *irq;
static _Atomic uint64_t runs;
static _Atomic uint32_t seen;
static _Atomic uint64_t raised;

static enum aia_result handler(void *context, struct aia_irq *self)
{
    uint32_t bits = edu_status(&edu);

    (void)context;
    (void)self;
    edu_ack(&edu, bits);
    atomic_fetch_or_explicit(&seen, bits, memory_order_relaxed);
    atomic_fetch_add_explicit(&runs, 1, memory_order_release);
    return AIA_HANDLED;
}

static bool wait_idle(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(2000));

    while (edu_status(&edu))
        if (!hart_wait_more(&w))
            return false;
    return true;
}

/* Take the hart offline, raise three edges or none, bring the hart online: one handler run has seen all edges, or none ran. */
static bool offline_and_online(unsigned hart, unsigned cycle)
{
    bool edges = cycle & 1, good = cycle_down(hart) && irq->parked;
    uint64_t before = runs;

    seen = 0;
    for (unsigned i = 0; i < 3 && edges; i++)
        edu_raise(&edu, 1u << (i + cycle % 8));
    hart_sleep_until(time_after(time_from_us(500)));
    good &= runs == before;
    good &= cycle_up(hart);
    if (edges)
        good &= wait_for(&runs, before + 1) && seen == 7u << cycle % 8;
    else
        hart_sleep_until(time_after(time_from_us(500)));
    good &= runs == before + edges && irq->vec.hart == hart;
    return good;
}

/* Runs on another hart: raise edges. The device keeps a status bit until a handler run has seen it. */
static bool step(struct random *r)
{
    edu_raise(&edu, 1u << random_below(r, 32));
    raised++;
    hart_sleep_until(time_after(time_from_us(20)));
    return true;
}

/* A hart that is neither `a` nor `b`. */
static unsigned third(unsigned a, unsigned b)
{
    unsigned h = 0;

    while (h == a || h == b)
        h++;
    return h;
}

static void under_fire(unsigned hart)
{
    unsigned other = third(hart, hart_index());

    raisers_init(5, step);
    bool good = raisers_start(other);

    /* On a busy host the raiser may not have begun, or may not get a turn: each cycle waits for one edge of its own. */
    for (unsigned i = 0; i < CYCLES; i++) {
        good &= cycle_down(hart) && wait_for(&raised, raised + 1);
        good &= cycle_up(hart);
    }
    good &= raisers_stop(other);
    check(good && wait_idle(), "%u times under load: all of %lu edges were seen, in %lu runs", CYCLES, raised,
          runs);
}

int job_park(void)
{
    unsigned last = third(hart_index(), hart_index()), good = 0;
    struct aia_request r = {
        .name = "parked",
        .handler = handler,
        .affinity = aia_hartset_one(last),
        .managed = true,
    };

    if (!load_own_edu(&edu, 1) || !has_harts(3))
        return EXIT_MACHINE;
    r.msi = edu.msi.top;
    if (!r.msi->ops->park)
        return untested("this job needs an IOMMU that can park messages");
    if (!check(!aia_irq_request(&aia, &r, &irq), "a managed interrupt that can be parked"))
        return verdict();
    struct cycle_books before = cycle_books();
    for (unsigned i = 0; i < CYCLES; i++)
        good += offline_and_online(last, i);
    check(good == CYCLES, "%u of %u times: parked, and delivered when its hart was online again", good,
          CYCLES);
    under_fire(last);
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    check(iommu_check(), "the device's message has not changed");
    check(cycle_same(&before), "the books are as they were");
    check(cycle_down(last) && irq->parked && !aia_irq_free(&aia, irq) && cycle_up(last),
          "freed while parked");
    iommu_print_faults();
    return verdict();
}
