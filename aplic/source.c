/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source in MSI delivery mode, and what its handler is wrapped in.
 *
 * An edge is forwarded once. A level too: when its MSI is sent the source is ignored until its line falls, so whoever
 * handles it has to see to it that a line still up is heard of again ("Special consideration for level-sensitive
 * interrupt sources"). And an MSI may be late: the line it is about may have fallen since.
 */
#include "regs.h"
#include "lib/container.h"

static struct aplic_source *self(struct aia_msi *msi)
{
    return container_of(msi, struct aplic_source, msi);
}

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

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    struct aplic_source *s = self(msi);

    aplic_write(s->aplic, TARGET + 4u * s->number, aplic_target_(s->aplic, m));
}

/*
 * Active first, for an inactive source's other registers are read-only zero; then the target, which is "unspecified"
 * until then; then enabled. A line that is up already may or may not have become pending by the write of sourcecfg
 * ("Source configurations"), so it is looked for, before the enable, which sends one MSI for however often it was made
 * pending. After that look a line that rises is a transition, and pending by itself.
 */
void aplic_source_start_(struct aplic_source *s, const struct aia_message *m)
{
    aplic_write(s->aplic, SOURCECFG + 4u * s->number, (uint32_t)s->mode);
    s->msi.ops->store(&s->msi, m);
    fence_all();
    if (aplic_asserted(s))
        aplic_raise(s);
    aplic_write(s->aplic, SETIENUM, s->number);
}

/*
 * It stays active: an inactive source's pending bit is a "read-only zero" ("Source configurations"), and an edge that
 * waits there, or comes before the next start, would be forgotten. Nobody tells us of it again, as a level does.
 */
void aplic_source_stop_(struct aplic_source *s)
{
    aplic_write(s->aplic, CLRIENUM, s->number);
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    aplic_source_start_(self(msi), m);
}

static void stop(struct aia_msi *msi)
{
    aplic_source_stop_(self(msi));
}

/*
 * Read after the write, the target is what new interrupts go to. It proves nothing of MSIs sent before: that is
 * msi.barrier's. An inactive source's reads zero.
 */
static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct aplic_source *s = self(msi);
    uint32_t target = aplic_read(s->aplic, TARGET + 4u * s->number);

    *m = aplic_message_(s->aplic, target);
    return target == UINT32_MAX ? AIA_ESILENT : AIA_OK;
}

static void retrigger(struct aia_msi *msi)
{
    aplic_raise(self(msi)); /* of a level: nothing, if its line has fallen */
}

static const struct aia_msi_ops msi_ops = {
    .start = start,
    .stop = stop,
    .store = store,
    .read_back = read_back,
    .retrigger = retrigger,
};

void aplic_source_ops_(struct aplic_source *s, struct aplic *a, unsigned number, enum aplic_mode mode)
{
    *s = (struct aplic_source){
        .msi = {.ops = &msi_ops, .kind = AIA_MSI_STORE, .barrier = &a->barrier},
        .aplic = a,
        .number = (uint16_t)number,
        .mode = mode,
        .priority = 1,
    };
    if (a->direct) {
        s->msi.ops = &aplic_direct_ops_;
        s->msi.barrier = NULL;
        s->msi.controller = &a->controller;
        s->msi.line = (uint16_t)number;
    }
}

/*
 * The specification's second option: setipnum when the handler is done, which makes a line pending that is still up, and
 * its interrupt come again. There are implementations where it makes any level pending (QEMU before 9.0); together with
 * the look before the handler, that ends after one round as well. The fence: what the handler told the device has been
 * told before.
 */
static enum aia_result level_handler(void *context, struct aia_irq *irq)
{
    struct aplic_source *s = context;
    enum aia_result result = AIA_NONE;
    bool up = aplic_asserted(s);

    fence_io_rwio(); /* what the handler reads is not older than the line */
    if (up)
        result = s->handler(s->context, irq);
    else
        atomic_fetch_add_explicit(&s->fallen, 1, memory_order_relaxed);
    fence_all();
    if (s->aplic->direct)
        aia_line_done(irq); /* it was masked when it was claimed */
    else if (up)
        aplic_raise(s);
    return result;
}

struct aia_request aplic_request(struct aplic_source *s, const struct aia_request *r)
{
    struct aia_request q = *r;
    bool busy = s->msi.irq; /* aia_irq_request() refuses it: what it has is left alone */

    if (!busy)
        aplic_write(s->aplic, SOURCECFG + 4u * s->number, APLIC_INACTIVE); /* what came before is nobody's */
    q.msi = &s->msi;
    q.order = 0;
    if (aplic_is_level(s->mode)) {
        s->handler = busy ? s->handler : r->handler;
        s->context = busy ? s->context : r->context;
        q.handler = r->handler ? level_handler : NULL;
        q.context = s;
    }
    return q;
}
