/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=managed: managed interrupts of two harts, for each kind of device. When both harts are offline, the interrupts are
 * shut down, as the devices' registers show. When one hart is online again, the first edge is handled there.
 */
#include "payload/kernel/work.h"
#include "payload/pci/regs.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/cycle.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "payload/load/tally.h"

#define N_SOFT 3
static struct tally softs[N_SOFT]; /* one soft device of each kind */
static struct load_device *device; /* an edu device, if there is one */
static unsigned first, second;     /* the two harts */
static unsigned owned_before;      /* owned vectors before this job's requests */

static struct aia_request request(const char *name)
{
    struct aia_request r = {.name = name, .managed = true};

    aia_hartset_add(&r.affinity, first);
    aia_hartset_add(&r.affinity, second);
    return r;
}

static _Atomic uint64_t device_runs;

static enum aia_result device_handler(void *context, struct aia_irq *irq)
{
    (void)irq;
    load_acknowledge(context, load_status(context));
    device_runs++;
    return AIA_HANDLED;
}

/* The source's enable bit, which is off while the handler of a level runs; therefore the wait. */
static bool source_enabled(const struct aplic_source *s)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(10));

    while (!aplic_enabled(s))
        if (!hart_wait_more(&w))
            return false;
    return true;
}

/* True if the device's source, or its MSI, is enabled. */
static bool device_started(void)
{
    const struct load_device *d = device;

    if (d->wire)
        return source_enabled(d->wire);
    if (d->soft)
        return d->soft->wired ? source_enabled(&d->soft->line) : d->soft->enabled;
    return pci_read16(d->edu.pd, d->edu.msi.cap + PCI_MSI_CONTROL) & PCI_MSI_CONTROL_ENABLE;
}

/* Choose two other harts where the first device's interrupt can be. With several APLICs a wire cannot reach all harts. */
static bool choose_harts(void)
{
    unsigned n = 0, two[2];

    for (unsigned h = 0; h < hart_count() && n < 2; h++)
        if (h != hart_index() && hart_is_online(h) && irq_goes(load_devices[0].irq, h))
            two[n++] = h;
    if (!check(n == 2, "%s can be on two harts other than hart %u", load_devices[0].name, hart_index()))
        return false;
    first = two[0];
    second = two[1];
    return true;
}

/* Request the managed interrupts. The device that load_init() found loses its own interrupt and gets a managed one. */
static bool set_up(void)
{
    static const char *const names[N_SOFT] = {"plain", "maskable", "store"};
    if (!choose_harts())
        return false;
    device = &load_devices[0];
    int error = aia_irq_free(&aia, device->irq);
    struct aia_request r = request(device->name);
    r.handler = device_handler;
    r.context = device;
    r.msi = load_msi(device);
    if (!error)
        error = aia_irq_request(&aia, &r, &device->irq);
    if (!check(!error, "%s: managed: %s", device->name, aia_strerror(error)))
        return false;
    for (unsigned i = 0; i < N_SOFT; i++) {
        error = tally_soft(&softs[i], (enum aia_msi_kind)i, request(names[i]));
        if (!check(!error, "%s: managed: %s", names[i], aia_strerror(error)))
            return false;
    }
    return true;
}

static void all_on(unsigned hart)
{
    bool good = device_started() && device->irq->vec.hart == hart;
    uint64_t runs = device_runs, here = aia_irq_runs(&aia, device->irq, hart);

    load_raise_bit(device, 1);
    good &= wait_for(&device_runs, runs + 1) && load_ran_on(device, hart, here);
    for (unsigned i = 0; i < N_SOFT; i++) {
        here = aia_irq_runs(&aia, softs[i].irq, hart);
        good &= tally_edge(&softs[i]) && aia_irq_runs(&aia, softs[i].irq, hart) == here + 1;
    }
    check(good, "the first edge of each is handled on hart %u", hart);
}

static void all_shut_down(void)
{
    struct imsic_stats s;
    uint64_t runs = device_runs, ours = 0;
    bool off = true;

    check(device->irq->parked || !device_started(),
          "%s: its enable bit is off, or its message is parked (test=park)", device->name);
    if (!device->irq->parked)
        load_raise_bit(device, 2);
    for (unsigned i = 0; i < N_SOFT; i++) {
        off &= !tally_started(&softs[i]);
        ours += softs[i].runs;
    }
    check(off, "the soft devices are stopped");
    aia_vector_stats(&aia, &s);
    if (irq_by_message())
        check(s.n[IMSIC_MANAGED] == 2 * (N_SOFT + 1) && s.n[IMSIC_OWNED] == owned_before,
              "two vectors are reserved for each");
    hart_sleep_until(time_after(time_from_ms(2)));
    for (unsigned i = 0; i < N_SOFT; i++)
        ours -= softs[i].runs;
    check(device_runs == runs && !ours, "no handler runs");
    if (!device->wire) /* the line of a wire stays up, for the next step */
        load_acknowledge(device, UINT32_MAX);
}

static void both_offline(unsigned a, unsigned b)
{
    all_on(device->irq->vec.hart);
    check(cycle_down(a), "hart %u offline", a);
    all_on(b);
    check(cycle_down(b), "hart %u offline", b);
    all_shut_down();
    uint64_t runs = device_runs, here = aia_irq_runs(&aia, device->irq, a);
    check(cycle_up(a), "hart %u online", a);
    if (device->wire)
        check(wait_for(&device_runs, runs + 1) && load_ran_on(device, a, here),
              "the line that went up meanwhile is handled on hart %u", a);
    all_on(a);
    check(cycle_up(b), "hart %u online", b);
    all_on(a);
}

int job_managed(void)
{
    if (!has_harts(3))
        return EXIT_MACHINE;
    irq_need_ids(N_SOFT + 1);
    (void)kinds_pci(); /* before the books: an IOMMU has its own interrupt */
    struct cycle_books before = cycle_books();
    owned_before = before.vectors.n[IMSIC_OWNED];
    if (!load_init(1))
        return EXIT_MACHINE;
    if (!set_up())
        return verdict();
    struct cycle_books requested = cycle_books();
    if (irq_by_message())
        check(requested.vectors.n[IMSIC_MANAGED] == N_SOFT + 1, "one vector is reserved for each");
    both_offline(first, second);
    both_offline(second, first);
    both_offline(first, second);
    check(cycle_same(&requested), "the books are as they were");
    check(cycle_late() == 0 && cycle_unowned() == 0, "no edge is late or unowned");
    bool freed = !aia_irq_free(&aia, device->irq);
    for (unsigned i = 0; i < N_SOFT; i++)
        freed &= !aia_irq_free(&aia, softs[i].irq);
    check(freed, "all freed");
    check(cycle_same(&before), "no vector is reserved any more");
    return verdict();
}
