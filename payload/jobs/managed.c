/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=managed: interrupts that belong to two harts, of each kind of device. Both harts go: the devices are shut
 * down, as their registers say; one comes back: its first edge is handled there.
 */
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/pci/regs.h"
#include "payload/time.h"
#include "payload/jobs/check.h"
#include "payload/jobs/cycle.h"
#include "payload/jobs/jobs.h"
#include "payload/jobs/load.h"
#include "payload/jobs/tally.h"

#define N_SOFT 3
static struct tally softs[N_SOFT]; /* one of each kind that a device may be */
static struct load_device *edu;
static unsigned first, second; /* the set */
static unsigned owned_before;  /* vectors, of nobody here */

static struct aia_request request(const char *name)
{
    struct aia_request r = {.name = name, .managed = true};

    aia_hartset_add(&r.affinity, first);
    aia_hartset_add(&r.affinity, second);
    return r;
}

static _Atomic uint64_t edu_runs;

static enum aia_result edu_handler(void *context, struct aia_irq *irq)
{
    struct edu *e = context;

    (void)irq;
    edu_ack(e, edu_status(e));
    edu_runs++;
    return AIA_HANDLED;
}

/* Its MSI enable bit; or, by wire, its source's, which is off for as long as the handler of a level runs. */
static bool edu_started(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(10));

    while (edu->wire && !aplic_enabled(edu->wire))
        if (!hart_wait_more(&w))
            return false;
    if (edu->wire)
        return true;
    return pci_read16(edu->edu.pd, edu->edu.msi.cap + PCI_MSI_CONTROL) & PCI_MSI_CONTROL_ENABLE;
}

/* Two harts other than ours that the first device's interrupt can come to: by wire not all, where there are several APLICs. */
static bool choose_harts(void)
{
    unsigned n = 0, two[2];

    for (unsigned h = 0; h < hart_count() && n < 2; h++)
        if (h != hart_index() && irq_goes(load_devices[0].irq, h))
            two[n++] = h;
    if (!check(n == 2, "edu can come to two harts other than hart %u", hart_index()))
        return false;
    first = two[0];
    second = two[1];
    return true;
}

/* The device that load_init() found is its own, and becomes ours. */
static bool set_up(void)
{
    static const char *const names[N_SOFT] = {"plain", "maskable", "store"};
    if (!choose_harts())
        return false;
    edu = &load_devices[0];
    struct aia_request r = request("edu");
    r.handler = edu_handler;
    r.context = &edu->edu;
    r.msi = edu->edu.msi.top;
    if (edu->wire)
        r = aplic_request(edu->wire, &r);
    if (!check(!aia_irq_free(&aia, edu->irq) && !aia_irq_request(&aia, &r, &edu->irq), "edu: managed"))
        return false;
    for (unsigned i = 0; i < N_SOFT; i++) {
        int error = tally_soft(&softs[i], (enum aia_msi_kind)i, request(names[i]));
        if (!check(!error, "%s: managed: %s", names[i], aia_strerror(error)))
            return false;
    }
    return true;
}

static void all_on(unsigned hart)
{
    bool good = edu_started() && edu->irq->vec.hart == hart;
    uint64_t runs = edu_runs, here = aia_irq_runs(&aia, edu->irq, hart);

    edu_raise(&edu->edu, 1);
    good &= wait_for(&edu_runs, runs + 1) && load_ran_on(edu, hart, here);
    for (unsigned i = 0; i < N_SOFT; i++) {
        here = aia_irq_runs(&aia, softs[i].irq, hart);
        good &= tally_edge(&softs[i]) && aia_irq_runs(&aia, softs[i].irq, hart) == here + 1;
    }
    check(good, "the first edge of each is handled on hart %u", hart);
}

static void all_shut_down(void)
{
    struct imsic_stats s;
    uint64_t runs = edu_runs, ours = 0;
    bool off = true;

    check(edu->irq->parked || !edu_started(), "edu: its enable bit is off, or it is parked (test=park)");
    if (!edu->irq->parked)
        edu_raise(&edu->edu, 2);
    for (unsigned i = 0; i < N_SOFT; i++) {
        off &= !tally_started(&softs[i]);
        ours += softs[i].runs;
    }
    check(off, "the others are off");
    aia_vector_stats(&aia, &s);
    if (irq_by_message())
        check(s.n[IMSIC_MANAGED] == 2 * (N_SOFT + 1) && s.n[IMSIC_OWNED] == owned_before,
              "two vectors are kept for each");
    hart_sleep_until(time_after(time_from_ms(2)));
    for (unsigned i = 0; i < N_SOFT; i++)
        ours -= softs[i].runs;
    check(edu_runs == runs && !ours, "and nothing runs");
    if (!edu->wire) /* else its line stays up */
        edu_ack(&edu->edu, UINT32_MAX);
}

static void go_and_come(unsigned a, unsigned b)
{
    all_on(edu->irq->vec.hart);
    check(cycle_down(a), "hart %u goes", a);
    all_on(b);
    check(cycle_down(b), "hart %u goes", b);
    all_shut_down();
    uint64_t runs = edu_runs, here = aia_irq_runs(&aia, edu->irq, a);
    check(cycle_up(a), "hart %u is back", a);
    if (edu->wire)
        check(wait_for(&edu_runs, runs + 1) && load_ran_on(edu, a, here),
              "the line that was up meanwhile is handled there");
    all_on(a);
    check(cycle_up(b), "hart %u is back", b);
    all_on(a);
}

int job_managed(void)
{
    if (!has_harts(3))
        return EXIT_MACHINE;
    irq_need_ids(N_SOFT + 1);
    (void)kinds_pci(); /* an IOMMU has an interrupt of its own */
    struct cycle_books before = cycle_books();
    owned_before = before.vectors.n[IMSIC_OWNED];
    if (!load_init(1, 1))
        return untested("it takes an edu device");
    if (!set_up())
        return verdict();
    struct cycle_books requested = cycle_books();
    if (irq_by_message())
        check(requested.vectors.n[IMSIC_MANAGED] == N_SOFT + 1, "one vector of each is kept for later");
    go_and_come(first, second);
    go_and_come(second, first);
    go_and_come(first, second);
    check(cycle_same(&requested), "the books are as they were");
    check(cycle_late() == 0 && cycle_spurious() == 0, "nothing late, nothing spurious");
    bool freed = !aia_irq_free(&aia, edu->irq);
    for (unsigned i = 0; i < N_SOFT; i++)
        freed &= !aia_irq_free(&aia, softs[i].irq);
    check(freed, "all freed");
    check(cycle_same(&before), "no vector is kept any more");
    return verdict();
}
