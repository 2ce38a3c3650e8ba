/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source in MSI delivery mode, and the handler around the driver's handler of a level.
 *
 * The domain sends one MSI for an edge, and one MSI for a level too: after the MSI of a level, the domain ignores the
 * source until its line falls. So software makes the source pending again if the line is still up after the handler has
 * returned ("Special consideration for level-sensitive interrupt sources"). An MSI may also be late: the line may have fallen
 * before the handler runs.
 */
#include "aplic/source.h"

#include "aplic/direct.h"
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
 * Activate the source, write its target, read its line, and enable the source, in this order. The source is activated first,
 * because the other registers of an inactive source are read-only zero. The target comes before the enable, because the target
 * is "unspecified" until it is written. A line that is up already may or may not have become pending by the write of sourcecfg
 * ("Source configurations"), so the line is read, and the source is made pending if the line is up. This comes before the
 * enable, so that one MSI is sent, however often the source became pending. A line that rises after the read makes the source
 * pending without software.
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
 * Disable the source, which stays active. The pending bit of an inactive source is a "read-only zero" ("Source
 * configurations"), so an edge that is pending, or that comes before the next start, would be lost. A level would be seen
 * again; an edge would not.
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

/*
 * The handler has returned `result`. True if the line has stayed up through more than storm_limit runs in a row that returned
 * AIA_HANDLED. The line is read only in the second half of such a row, so a handler that takes its line down costs no further
 * read. A handler that leaves the work to a task disables the interrupt, and the task takes the line down. Such a run ends the row.
 *
 * storm_full_trap() alone would not see such a line. The next message may arrive only after the hart has ended its trap. Then no
 * trap is full, although the hart does little else. In direct delivery mode the line is pending again immediately, the traps are
 * full, and storm_full_trap() is enough.
 */
static bool is_stuck(struct aplic_source *s, const struct aia_irq *irq, bool up, enum aia_result result)
{
    uint32_t limit = s->aplic->aia->config.storm_limit;

    if (s->aplic->direct)
        return false;
    if (atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED)
        up = false;
    s->up_runs = up ? s->up_runs + (result == AIA_HANDLED) : 0;
    if (s->up_runs > limit / 2 && !aplic_asserted(s))
        s->up_runs = 0;
    if (s->up_runs <= limit)
        return false;
    s->up_runs = 0;
    return true;
}

/*
 * The handler of a level. It runs the driver's handler if the line is up. Afterwards, in direct delivery mode it unmasks the
 * line. In MSI delivery mode, if the line was up, it writes setipnum, which makes the source pending again if the line is still
 * up: the second option of "Special consideration for level-sensitive interrupt sources". On QEMU before 9.0 setipnum makes any
 * level pending; then the next run finds the line down, and ends the repetition. The fence orders the handler's writes to the
 * device before the unmask or setipnum.
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
    bool stuck = is_stuck(s, irq, up, result);
    if (s->aplic->direct)
        aia_line_done(irq); /* the claim has masked the line */
    else if (up)
        aplic_raise(s);
    if (stuck)
        aia_line_up(s->aplic->aia, irq);
    return result;
}

/* The context of a level's interrupt is the source, and the source has the context of the driver. */
static void level_moved(void *context, struct aia_irq *irq)
{
    const struct aplic_source *s = context;

    s->moved(s->context, irq);
}

bool aplic_source_level_up(struct aia_msi *msi)
{
    const struct aplic_source *s = aplic_source_of(msi);

    return aplic_is_level(s->mode) && aplic_asserted(s);
}

/* The inactive mode clears the pending bit, so that edges from before the request are forgotten. */
int aplic_source_request(struct aia_msi *msi, struct aia_request *r)
{
    struct aplic_source *s = aplic_source_of(msi);

    if (r->order)
        return AIA_EINVAL;
    aplic_write(s->aplic, SOURCECFG + 4u * s->number, APLIC_INACTIVE);
    if (aplic_is_level(s->mode)) {
        s->handler = r->handler;
        s->context = r->context;
        s->moved = r->moved;
        s->up_runs = 0;
        r->handler = level_handler;
        r->context = s;
        r->moved = r->moved ? level_moved : NULL;
    }
    return AIA_OK;
}

static const struct aia_msi_ops source_ops = {
    .start = source_start,
    .stop = source_stop,
    .store = source_store,
    .read_back = source_read_back,
    .retrigger = source_retrigger,
    .request = aplic_source_request,
    .level_up = aplic_source_level_up,
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
