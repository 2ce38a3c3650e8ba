/* SPDX-License-Identifier: BSD-2-Clause */
/* test=errors: an operation that cannot be done is refused with its error and changes nothing. */
#include "payload/kernel/hart.h"
#include "payload/kernel/hotplug.h"
#include "payload/drivers/wires.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include <string.h>

static struct soft softs[IRQ_MAX];
static struct aia_irq *irqs[IRQ_MAX];
static _Atomic uint64_t runs;

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    runs++;
    return AIA_HANDLED;
}

static int request(unsigned i, enum aia_msi_kind kind, struct aia_hartset set)
{
    struct aia_request q = {.name = "soft", .handler = handler, .msi = &softs[i].msi, .affinity = set};

    soft_init(&softs[i], kind);
    return aia_irq_request(&aia, &q, &irqs[i]);
}

static void edge_arrives(unsigned i)
{
    uint64_t before = runs;

    soft_raise(&softs[i]);
    check(wait_for(&runs, before + 1), "the next edge of interrupt %u is handled", i);
}

static bool same(const struct imsic_stats *a)
{
    struct imsic_stats b;

    aia_vector_stats(&aia, &b);
    return !memcmp(a, &b, sizeof(b));
}

static void silent_device(unsigned to)
{
    struct aia_hartset set = aia_hartset_one(to);
    struct imsic_vector v = irqs[0]->vec;

    softs[0].silent = true;
    int error = aia_irq_set_affinity(&aia, irqs[0], &set);
    check(error == AIA_ESILENT, "a move while the device does not answer: %s", aia_strerror(error));
    check(irqs[0]->vec.hart == v.hart && irqs[0]->vec.id == v.id, "the interrupt has not moved");
    softs[0].silent = false;
    edge_arrives(0);
}

static void offline_harts(unsigned self)
{
    bool went[MACHINE_MAX_HARTS] = {false};
    struct hotplug_error e;

    for (unsigned h = 0; h < hart_count(); h++) {
        if (h == self || !hart_is_online(h))
            continue;
        e = hotplug_offline(h);
        went[h] = check(!e.step, "hart %u offline", h);
        struct aia_hartset set = aia_hartset_one(h);
        int error = aia_irq_set_affinity(&aia, irqs[0], &set);
        check(error == AIA_ENOHART, "a move to the offline hart: %s", aia_strerror(error));
        check(request(1, AIA_MSI_STORE, set) == AIA_ENOHART, "a request on the offline hart: no online hart");
        check(aia_ipi_send(&aia, h, IRQ_IPI_WAKE) == AIA_EOFFLINE, "an IPI to the offline hart: not online");
    }
    int error = aia_hart_offline_begin(&aia, self);
    check(error == AIA_ELAST, "an offline of the last hart: %s", aia_strerror(error));
    edge_arrives(0);
    for (unsigned h = 0; h < hart_count(); h++)
        if (went[h]) {
            e = hotplug_online(h);
            check(!e.step, "hart %u online", h);
        }
}

/* Use up every identity, of which each hart has `ids`. Run with ids= small enough for the descriptors to suffice. */
static void exhaust(unsigned other, unsigned ids)
{
    struct aia_hartset all = aia_hartset_first(hart_count());
    struct imsic_stats full;
    unsigned n = 1, away = (hart_count() - hart_online_count()) * ids;
    int error;

    while (n < IRQ_MAX && !(error = request(n, AIA_MSI_PLAIN, all)))
        n++;
    check(error == AIA_ENOVEC, "after %u interrupts: %s", n, aia_strerror(error));
    aia_vector_stats(&aia, &full);
    check(full.n[IMSIC_FREE] == away, "no identity is free");
    struct aia_hartset set = aia_hartset_one(hart_from(irqs[0]->vec.hart + 1));
    error = aia_irq_set_affinity(&aia, irqs[0], &set);
    check(error == AIA_ENOVEC, "a move: %s", aia_strerror(error));
    error = aia_hart_offline_begin(&aia, other);
    check(error == AIA_ENOVEC, "taking hart %u offline: %s", other, aia_strerror(error));
    check(same(&full), "the books are as they were");
    edge_arrives(0);
    edge_arrives(n - 1);
    for (error = 0; n > 1 && !error;)
        error = aia_irq_free(&aia, irqs[--n]);
    check(!error, "all freed: %s", aia_strerror(error));
}

int job_errors(void)
{
    unsigned self = hart_index(), other = hart_from(self + 1);
    struct imsic_stats before;

    if (!has_harts(2))
        return EXIT_MACHINE;
    irq_most_ids((IRQ_MAX - 1) / hart_count() + 2);
    aia_vector_stats(&aia, &before);
    int error = request(0, AIA_MSI_PLAIN, aia_hartset_first(hart_count()));
    if (!check(!error, "request: %s", aia_strerror(error)))
        return verdict();
    edge_arrives(0);
    if (!wires_wanted()) /* an APLIC is never absent */
        silent_device(hart_from(irqs[0]->vec.hart + 1));
    must_move(irqs[0], self);
    offline_harts(self);
    if (irq_by_message()) /* without interrupt files an interrupt needs no identity */
        exhaust(other, before.n[IMSIC_FREE] / hart_count());
    check(!aia_irq_free(&aia, irqs[0]), "freed");
    check(same(&before), "nothing has leaked");
    return verdict();
}
