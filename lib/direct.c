/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Harts without interrupt files. A descriptor's vector is then a hart and its line's own number: which hart is the only
 * choice there is. The rest, flow, moves and hotplug, is that of messages, but for what a pending interrupt's place in
 * the controller makes needless.
 */
#include "internal.h"

static struct aia_controller *controller_of(const struct aia *a, unsigned hart)
{
    return a->config.controllers[hart];
}

/* Lines that name `hart`. Others may change as we look: it is only to choose by. */
static unsigned load_of(const struct aia *a, unsigned hart)
{
    unsigned n = 0;

    for (uint32_t i = 0; i < a->config.n_irqs; i++)
        n += a->config.irqs[i].vec.id && a->config.irqs[i].vec.hart == hart;
    return n;
}

int direct_least_loaded(const struct aia *a, const struct aia_irq *irq, const struct aia_hartset *set,
                        unsigned *hart)
{
    unsigned best = ~0u;

    for (unsigned h = 0; h < a->config.n_harts; h++) {
        if (!aia_hartset_has(set, h) || hart_state(a, h) != AIA_HART_ONLINE || !reaches(a, irq, h))
            continue;
        unsigned load = load_of(a, h);
        if (load < best) {
            best = load;
            *hart = h;
        }
    }
    return best == ~0u ? AIA_ENOHART : AIA_OK;
}

int direct_first(struct aia *a, const struct aia_irq *irq, struct imsic_vector *v)
{
    unsigned hart = 0;
    int error = irq->managed ? managed_choose(a, irq, &irq->affinity, &hart)
                             : direct_least_loaded(a, irq, &irq->affinity, &hart);

    if (!error)
        *v = vector(hart, irq->msi->line);
    return error;
}

/* Claimed: handle it. The interrupt; NULL: nobody's. */
static struct aia_irq *handle(struct aia *a, unsigned here, const struct aia_msi *msi)
{
    struct aia_hart *h = &a->config.harts[here];

    if (!msi) {
        trace(a, here, AIA_EVENT_UNOWNED, AIA_TRACE_NO_IRQ, vector(here, 0), 0);
        count_own(&h->unowned);
        return NULL;
    }
    trace(a, here, AIA_EVENT_CLAIM, msi->irq->number, vector(here, msi->line), IMSIC_OWNED);
    count_own(&h->handled);
    flow_edge(a, msi->irq, here, msi->line);
    return msi->irq;
}

/*
 * As others() in entry.c. The suspect is not freed before this trap ends: direct_wait_gone() waits for that. A line may fall
 * after a full trap, and the next one finds nothing: each trap that ends with nothing pending ends the streak, and
 * no count of edges could tell.
 */
bool direct_interrupt(struct aia *a, unsigned here)
{
    struct aia_controller *c = controller_of(a, here);
    struct aia_irq *suspect = NULL;
    struct aia_msi *msi;
    unsigned n = 0, left = FLOW_BURST;

    while (c->ops->claim(c, here, &msi)) {
        struct aia_irq *irq = handle(a, here, msi);
        suspect = suspect ? suspect : irq;
        n += irq && irq == suspect;
        if (--left)
            continue;
        if (!c->ops->pending(c, here))
            break;
        flow_full(a, suspect, here, suspect ? suspect->msi->line : 0, n);
        return true;
    }
    a->config.harts[here].streak++;
    return false;
}

static void nothing(void *arg)
{
    (void)arg;
}

/* What a hart has claimed it handles in that interrupt, and a call runs in another. */
int direct_wait_gone(struct aia *a)
{
    for (unsigned h = 0; h < a->config.n_harts; h++) {
        int error = aia_call(a, h, nothing, NULL);
        if (error && error != AIA_EOFFLINE)
            return error;
    }
    return AIA_OK;
}

void direct_on(struct aia *a, unsigned here)
{
    struct aia_controller *c = controller_of(a, here);

    c->ops->on(c, here);
}

int direct_off(struct aia *a, unsigned here)
{
    struct aia_controller *c = controller_of(a, here);

    c->ops->off(c, here);
    return AIA_OK;
}
