/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Direct delivery mode: the domain interrupts its harts without messages, and a hart claims the source from the domain
 * (AdvPLIC.adoc, "Interrupt delivery directly by the APLIC"; aia/controller.h).
 *
 * The pending bit of a level "is always just a copy of the rectified input value", so a claim does not clear the bit. A
 * claimed level is therefore masked until its handler has returned. Without the mask the hart would claim the level again
 * and again, and so would the hart to which the level has moved meanwhile.
 */
#include "aplic/direct.h"

#include "aplic/regs.h"
#include "aplic/source.h"
#include "lib/base.h"
#include "lib/container.h"

#define TARGET_IPRIO 0xffu

/* ---- a source ---- */

static void direct_store(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = aplic_source_of(msi);
    uint32_t index = (uint32_t)s->aplic->index[m->addr];

    aplic_write(s->aplic, TARGET + 4u * s->number, index << TARGET_INDEX_SHIFT | s->priority);
}

static void direct_start(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = aplic_source_of(msi);

    atomic_store_explicit(&s->aplic->sources[s->number], s, memory_order_relaxed);
    fence_rw_o(); /* the entry of sources[] before the first claim of the source */
    aplic_source_start(s, m);
}

/*
 * Disable the source. The source stays in sources[], because another hart may have claimed the source already. The library
 * clears msi.irq after every hart has ended the trap that it was in. From then on a claim finds no owner.
 */
static void direct_stop(struct aia_msi *msi)
{
    aplic_source_stop(aplic_source_of(msi));
}

/*
 * Read the target back: `addr` is the number of the hart, or UINT64_MAX if the target names no hart. The target of an
 * inactive source reads zero, and the priority in the target of an active source is never zero.
 */
static int direct_read_back(struct aia_msi *msi, struct aia_message *m)
{
    const struct aplic_source *s = aplic_source_of(msi);
    const struct aplic *a = s->aplic;
    uint32_t target = aplic_read(a, TARGET + 4u * s->number);

    *m = (struct aia_message){.addr = UINT64_MAX, .data = s->number};
    for (unsigned h = 0; h < a->n_harts && target & TARGET_IPRIO; h++)
        if (a->index[h] >= 0 && (uint32_t)a->index[h] == target >> TARGET_INDEX_SHIFT)
            m->addr = h;
    return target == UINT32_MAX ? AIA_ESILENT : AIA_OK;
}

static void direct_mask(struct aia_msi *msi)
{
    aplic_write(aplic_source_of(msi)->aplic, CLRIENUM, aplic_source_of(msi)->number);
}

static void direct_unmask(struct aia_msi *msi)
{
    aplic_write(aplic_source_of(msi)->aplic, SETIENUM, aplic_source_of(msi)->number);
}

static void direct_retrigger(struct aia_msi *msi)
{
    aplic_raise(aplic_source_of(msi)); /* no effect on a level, whose pending bit is its line */
}

const struct aia_msi_ops aplic_direct_ops = {
    .start = direct_start,
    .stop = direct_stop,
    .store = direct_store,
    .read_back = direct_read_back,
    .mask = direct_mask,
    .unmask = direct_unmask,
    .retrigger = direct_retrigger,
    .request = aplic_source_request,
    .level_up = aplic_source_level_up,
};

/* ---- a hart ---- */

static struct aplic *controller_aplic(const struct aia_controller *c)
{
    return container_of(c, struct aplic, controller);
}

static unsigned hart_idc(const struct aplic *a, unsigned hart)
{
    return IDC((unsigned)a->index[hart]);
}

/*
 * Claim for a hart. A forced interrupt has no source, and this read ends it: "a read of claimi that returns zero sets iforce
 * to zero".
 */
static bool controller_claim(struct aia_controller *c, unsigned hart, struct aia_msi **msi)
{
    const struct aplic *a = controller_aplic(c);
    uint32_t number = aplic_read(a, hart_idc(a, hart) + CLAIMI) >> CLAIMI_SOURCE_SHIFT;

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

static bool controller_pending(const struct aia_controller *c, unsigned hart)
{
    const struct aplic *a = controller_aplic(c);

    return aplic_read(a, hart_idc(a, hart) + TOPI) != 0;
}

/* Set a hart's delivery, and let every priority through. iforce is left as it is: the first claim clears iforce. */
static void write_idc(const struct aplic *a, unsigned hart, uint32_t delivery)
{
    aplic_write(a, hart_idc(a, hart) + ITHRESHOLD, 0); /* no threshold: every priority interrupts */
    aplic_write(a, hart_idc(a, hart) + IDELIVERY, delivery);
}

static void controller_on(struct aia_controller *c, unsigned hart)
{
    write_idc(controller_aplic(c), hart, 1);
}

static void controller_off(struct aia_controller *c, unsigned hart)
{
    const struct aplic *a = controller_aplic(c);

    write_idc(a, hart, 0);
    (void)aplic_read(a, hart_idc(a, hart) + IDELIVERY); /* the write has taken effect */
    fence_io_rwio();
}

static bool controller_delivers(const struct aia_controller *c, unsigned hart)
{
    const struct aplic *a = controller_aplic(c);

    return aplic_read(a, hart_idc(a, hart) + IDELIVERY) == 1 &&
           !aplic_read(a, hart_idc(a, hart) + ITHRESHOLD);
}

static bool controller_enabled(const struct aia_msi *msi)
{
    return aplic_enabled(container_of(msi, struct aplic_source, msi));
}

static const struct aia_controller_ops controller_ops = {
    .claim = controller_claim,
    .pending = controller_pending,
    .on = controller_on,
    .off = controller_off,
    .delivers = controller_delivers,
    .enabled = controller_enabled,
};

/* A hart that is going offline takes interrupts until it is offline. */
void aplic_direct_init(struct aplic *a)
{
    a->controller.ops = &controller_ops;
    for (unsigned h = 0; h < a->n_harts; h++)
        if (a->index[h] >= 0)
            write_idc(a, h, hart_state(a->aia, h) != AIA_HART_OFFLINE);
}
