/* SPDX-License-Identifier: BSD-2-Clause */
/* One hart's interrupt file against the books. */
#include "internal.h"

struct audit {
    struct aia *a;
    unsigned here;
    void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner);
    void *arg;
    unsigned n;
};

const char *aia_finding_name(enum aia_finding finding)
{
    static const char *const names[AIA_N_FINDINGS] = {
        [AIA_PENDING_UNOWNED] = "pending but unowned",
        [AIA_OWNED_DISABLED] = "owned but disabled",
        [AIA_LEAKED] = "vector leaked: its owner does not know of it",
        [AIA_STILL_RETIRING] = "still retiring",
        [AIA_COUNT_WRONG] = "free identities miscounted",
        [AIA_DELIVERY_OFF] = "delivery is off",
    };

    return (unsigned)finding < AIA_N_FINDINGS ? names[finding] : "unknown finding";
}

static void find(struct audit *t, enum aia_finding finding, unsigned id, uint32_t owner)
{
    t->n++;
    t->found(t->arg, finding, (struct imsic_vector){.hart = (uint16_t)t->here, .id = (uint16_t)id}, owner);
}

static bool knows(const struct aia *a, uint32_t owner, unsigned hart, unsigned id)
{
    const struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    return irq && irq->used && irq->vec.hart == hart && irq->vec.id == id;
}

/* One identity; true if the books have it free. */
static bool audit_id(struct audit *t, unsigned id, bool pending, bool enabled)
{
    const struct imsic_file *f = &t->a->imsic.files[t->here];
    uint32_t slot = slot_read(f, id), owner = imsic_slot_owner(slot);
    bool is_shut = f->shut[id / 64] >> id % 64 & 1;

    switch (imsic_slot_state(slot)) {
    case IMSIC_OWNED:
        if (!knows(t->a, owner, t->here, id))
            find(t, AIA_LEAKED, id, owner);
        if (!enabled && !is_shut)
            find(t, AIA_OWNED_DISABLED, id, owner);
        return false;
    case IMSIC_RETIRING:
        find(t, AIA_STILL_RETIRING, id, owner);
        return false;
    case IMSIC_FREE:
        if (pending)
            find(t, AIA_PENDING_UNOWNED, id, owner);
        if (!enabled) /* as good as owned: the next owner counts on it */
            find(t, AIA_OWNED_DISABLED, id, owner);
        return true;
    default:
        if (id == t->a->imsic.ipi_id && !enabled)
            find(t, AIA_OWNED_DISABLED, id, owner);
        return false;
    }
}

/* The lines that the books have on this hart: each has to name it, and be let through unless it is disabled. */
static void audit_direct(struct audit *t)
{
    const struct aia_config *c = &t->a->config;
    const struct aia_controller *controller = c->controllers[t->here];
    struct aia_message m;

    for (uint32_t i = 0; i < c->n_irqs; i++) {
        struct aia_irq *irq = &c->irqs[i];
        if (!irq->used || !irq->vec.id || irq->vec.hart != t->here)
            continue;
        bool disabled = atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED;
        if (irq->msi->ops->read_back(irq->msi, &m) || m.addr != t->here || m.data != irq->vec.id)
            find(t, AIA_LEAKED, irq->vec.id, i);
        if (!disabled && !controller->ops->enabled(irq->msi))
            find(t, AIA_OWNED_DISABLED, irq->vec.id, i);
    }
    if (!controller->ops->delivers(controller, t->here))
        find(t, AIA_DELIVERY_OFF, 0, IMSIC_NO_OWNER);
}

unsigned aia_audit(struct aia *a,
                   void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner),
                   void *arg)
{
    struct audit t = {.a = a, .here = aia_port_hart(), .found = found, .arg = arg};
    if (is_direct(a)) {
        audit_direct(&t);
        return t.n;
    }
    const struct imsic_file *f = &a->imsic.files[t.here];
    unsigned n_free = 0;

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        uint64_t pending = imsic_file_pending(w), enabled = imsic_file_enabled(w);
        for (unsigned bit = 0; bit < 64; bit++) {
            unsigned id = w * 64 + bit;
            if (id >= 1 && id <= f->n_ids)
                n_free += audit_id(&t, id, pending >> bit & 1, enabled >> bit & 1);
        }
    }
    if (n_free != f->n_free)
        find(&t, AIA_COUNT_WRONG, 0, IMSIC_NO_OWNER);
    if (!imsic_file_delivers())
        find(&t, AIA_DELIVERY_OFF, 0, IMSIC_NO_OWNER);
    return t.n;
}
