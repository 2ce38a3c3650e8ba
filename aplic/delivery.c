/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Direct delivery mode: the domain signals to its harts itself, and a hart asks it what for (AdvPLIC.adoc, "Interrupt
 * delivery directly by the APLIC"). The pending bit of a level "is always just a copy of the rectified input value", a
 * claim does not clear it: a level that is claimed is masked until its handler is done, or the hart would claim it for
 * ever, and other harts would where it has moved to meanwhile.
 */
#include "regs.h"
#include "lib/container.h"

#define TARGET_IPRIO 0xffu

static struct aplic_source *self(struct aia_msi *msi)
{
    return container_of(msi, struct aplic_source, msi);
}

/* ---- a source ---- */

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = self(msi);
    uint32_t index = (uint32_t)s->aplic->index[m->addr];

    aplic_write(s->aplic, TARGET + 4u * s->number, index << TARGET_INDEX_SHIFT | s->priority);
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = self(msi);

    atomic_store_explicit(&s->aplic->sources[s->number], s, memory_order_relaxed);
    fence_rw_o(); /* who claims it finds it */
    aplic_source_start_(s, m);
}

/*
 * It is still found: another hart may have claimed it a moment ago. When every hart has been through its interrupts, and
 * not before, the library takes msi.irq away.
 */
static void stop(struct aia_msi *msi)
{
    aplic_source_stop_(self(msi));
}

/* An inactive source names no hart: its target reads zero, and the priority in an active one's is never zero. */
static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    const struct aplic_source *s = self(msi);
    const struct aplic *a = s->aplic;
    uint32_t target = aplic_read(a, TARGET + 4u * s->number);

    *m = (struct aia_message){.addr = UINT64_MAX, .data = s->number};
    for (unsigned h = 0; h < a->n_harts && target & TARGET_IPRIO; h++)
        if (a->index[h] >= 0 && (uint32_t)a->index[h] == target >> TARGET_INDEX_SHIFT)
            m->addr = h;
    return target == UINT32_MAX ? AIA_ESILENT : AIA_OK;
}

static void mask(struct aia_msi *msi)
{
    aplic_write(self(msi)->aplic, CLRIENUM, self(msi)->number);
}

static void unmask(struct aia_msi *msi)
{
    aplic_write(self(msi)->aplic, SETIENUM, self(msi)->number);
}

static void retrigger(struct aia_msi *msi)
{
    aplic_raise(self(msi)); /* of a level: nothing, its pending bit is its line */
}

const struct aia_msi_ops aplic_direct_ops_ = {
    .start = start,
    .stop = stop,
    .store = store,
    .read_back = read_back,
    .mask = mask,
    .unmask = unmask,
    .retrigger = retrigger,
};

/* ---- a hart ---- */

static struct aplic *of(const struct aia_controller *c)
{
    return container_of(c, struct aplic, controller);
}

static unsigned idc(const struct aplic *a, unsigned hart)
{
    return IDC((unsigned)a->index[hart]);
}

/* "A read of claimi that returns zero sets iforce to zero": so a forced interrupt, which is of nothing, ends here. */
static bool claim(struct aia_controller *c, unsigned hart, struct aia_msi **msi)
{
    const struct aplic *a = of(c);
    uint32_t number = aplic_read(a, idc(a, hart) + CLAIMI) >> CLAIMI_SOURCE_SHIFT;

    fence_io_rwio();
    if (!number)
        return false;
    struct aplic_source *s =
        number <= a->n_sources ? atomic_load_explicit(&a->sources[number], memory_order_relaxed) : NULL;
    if (s && !s->msi.irq)
        s = NULL;
    if (!s || aplic_is_level(s->mode))
        aplic_write(a, CLRIENUM, number);
    *msi = s ? &s->msi : NULL;
    return true;
}

static bool pending(const struct aia_controller *c, unsigned hart)
{
    return aplic_read(of(c), idc(of(c), hart) + TOPI) != 0;
}

static void write_idc(const struct aplic *a, unsigned hart, uint32_t delivery)
{
    aplic_write(a, idc(a, hart) + ITHRESHOLD, 0); /* none: all priorities. iforce ends with the first claim */
    aplic_write(a, idc(a, hart) + IDELIVERY, delivery);
}

static void on(struct aia_controller *c, unsigned hart)
{
    write_idc(of(c), hart, 1);
}

static void off(struct aia_controller *c, unsigned hart)
{
    write_idc(of(c), hart, 0);
    (void)aplic_read(of(c), idc(of(c), hart) + IDELIVERY); /* it has taken effect */
    fence_io_rwio();
}

static bool delivers(const struct aia_controller *c, unsigned hart)
{
    const struct aplic *a = of(c);

    return aplic_read(a, idc(a, hart) + IDELIVERY) == 1 && !aplic_read(a, idc(a, hart) + ITHRESHOLD);
}

static bool enabled(const struct aia_msi *msi)
{
    return aplic_enabled(container_of(msi, struct aplic_source, msi));
}

static const struct aia_controller_ops controller_ops = {
    .claim = claim,
    .pending = pending,
    .on = on,
    .off = off,
    .delivers = delivers,
    .enabled = enabled,
};

void aplic_direct_init_(struct aplic *a, const struct aia_hartset *online)
{
    a->controller.ops = &controller_ops;
    for (unsigned h = 0; h < a->n_harts; h++)
        if (a->index[h] >= 0)
            write_idc(a, h, aia_hartset_has(online, h));
}
