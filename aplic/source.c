/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source in MSI delivery mode, and the handler around the driver's handler of a level.
 *
 * The domain sends one MSI for an edge, and one MSI for a level too: after the MSI of a level, the domain ignores the
 * source until its line falls. So software makes the source pending again if the line is still up after the handler
 * ("Special consideration for level-sensitive interrupt sources"). An MSI may also be late: the line may have fallen before
 * the handler runs.
 */
#include "aplic/source.h"

#include "aplic/controller.h"
#include "aplic/domain.h"
#include "aplic/regs.h"

bool aplic_asserted(const struct aplic_source *s)
{
    bool up = aplic_bit(s->aplic, IN_CLRIP, s->number);

    if (s->mode == APLIC_DETACHED)
        return false;
    return up != (s->aplic->raw_inputs && (s->mode == APLIC_EDGE_FALL || s->mode == APLIC_LEVEL_LOW));
}

bool aplic_pending(const struct aplic_source *s)
{
    return aplic_bit(s->aplic, SETIP, s->number);
}

bool aplic_enabled(const struct aplic_source *s)
{
    return aplic_bit(s->aplic, SETIE, s->number);
}

void aplic_raise(const struct aplic_source *s)
{
    aplic_write(s->aplic, SETIPNUM, s->number);
}

static void source_store(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = aplic_source_of(msi);

    aplic_write(s->aplic, TARGET + 4u * s->number, aplic_target(s->aplic, m));
}

/*
 * The order is: activate, target, look, enable. The source is activated first, because the other registers of an inactive
 * source are read-only zero. The target comes before the enable, because the target is "unspecified" until it is written. A
 * line that is up already may or may not have become pending by the write of sourcecfg ("Source configurations"), so the
 * line is read, and the source is made pending if the line is up. This comes before the enable, so that one MSI is sent,
 * however often the source became pending. A line that rises after the look becomes pending by itself.
 */
void aplic_source_start(struct aplic_source *s, const struct aia_message *m)
{
    aplic_write(s->aplic, SOURCECFG + 4u * s->number, (uint32_t)s->mode);
    s->msi.ops->store(&s->msi, m);
    fence_all();
    if (aplic_asserted(s))
        aplic_raise(s);
    aplic_write(s->aplic, SETIENUM, s->number);
}

/*
 * The source stays active. The pending bit of an inactive source is a "read-only zero" ("Source configurations"), so an edge
 * that is pending, or that comes before the next start, would be lost. A level would be seen again; an edge would not.
 */
void aplic_source_stop(struct aplic_source *s)
{
    aplic_write(s->aplic, CLRIENUM, s->number);
}

static void source_start(struct aia_msi *msi, const struct aia_message *m)
{
    aplic_source_start(aplic_source_of(msi), m);
}

static void source_stop(struct aia_msi *msi)
{
    aplic_source_stop(aplic_source_of(msi));
}

/*
 * Read the target back. From this read on, new interrupts go to the target that was written before. The read does not prove
 * that MSIs sent before have arrived; msi.barrier proves that. The target of an inactive source reads zero.
 */
static int source_read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct aplic_source *s = aplic_source_of(msi);
    uint32_t target = aplic_read(s->aplic, TARGET + 4u * s->number);

    *m = aplic_message(s->aplic, target);
    return target == UINT32_MAX ? AIA_ESILENT : AIA_OK;
}

static void source_retrigger(struct aia_msi *msi)
{
    aplic_raise(aplic_source_of(msi)); /* no effect on a level whose line has fallen */
}

static const struct aia_msi_ops source_ops = {
    .start = source_start,
    .stop = source_stop,
    .store = source_store,
    .read_back = source_read_back,
    .retrigger = source_retrigger,
};

void aplic_source_fill(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode)
{
    *s = (struct aplic_source){
        .msi = {.ops = &source_ops, .kind = AIA_MSI_STORE, .barrier = &a->barrier},
        .aplic = a,
        .number = (uint16_t)number,
        .mode = mode,
        .priority = 1,
    };
    if (a->direct) {
        s->msi.ops = &aplic_direct_ops;
        s->msi.barrier = NULL;
        s->msi.controller = &a->controller;
        s->msi.line = (uint16_t)number;
    }
}

/*
 * The handler of a level. It runs the driver's handler if the line is up. Afterwards it writes setipnum, which makes the
 * source pending again if the line is still up: the second option of "Special consideration for level-sensitive interrupt
 * sources". On QEMU before 9.0 setipnum makes any level pending; then the next run finds the line down, and ends the
 * repetition. The fence before setipnum orders the handler's writes to the device before it.
 */
static enum aia_result level_handler(void *context, struct aia_irq *irq)
{
    struct aplic_source *s = context;
    enum aia_result result = AIA_NONE;
    bool up = aplic_asserted(s);

    fence_io_rwio(); /* the read of the line before the reads of the handler */
    if (up)
        result = s->handler(s->context, irq);
    else
        atomic_fetch_add_explicit(&s->fallen, 1, memory_order_relaxed);
    fence_all();
    if (s->aplic->direct)
        aia_line_done(irq); /* the claim has masked the line */
    else if (up)
        aplic_raise(s);
    return result;
}

/* The context of a level's interrupt is the source, and the driver's is in the source. */
static void level_moved(void *context, struct aia_irq *irq)
{
    const struct aplic_source *s = context;

    s->moved(s->context, irq);
}

struct aia_request aplic_request(struct aplic_source *s, const struct aia_request *r)
{
    struct aia_request q = *r;
    bool busy = s->msi.irq; /* aia_irq_request() will return AIA_EBUSY: change nothing */

    if (!busy) /* this clears the pending bit: edges from before the request are unowned */
        aplic_write(s->aplic, SOURCECFG + 4u * s->number, APLIC_INACTIVE);
    q.msi = &s->msi;
    q.order = 0;
    if (aplic_is_level(s->mode)) {
        s->handler = busy ? s->handler : r->handler;
        s->context = busy ? s->context : r->context;
        s->moved = busy ? s->moved : r->moved;
        q.handler = r->handler ? level_handler : NULL;
        q.context = s;
        q.moved = r->moved ? level_moved : NULL;
    }
    return q;
}
