/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit: one hart's interrupt file or controller, and the messages of the interrupts on this hart, are compared with the
 * library's books.
 */
#include "lib/audit.h"
#include "lib/delivery.h"
#include "lib/retire.h"

#include "imsic/file.h"
#include "mmio.h"

struct audit {
    struct aia *a;
    unsigned here;
    void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner);
    void *arg;
    unsigned n;
};

const char *aia_finding_name(enum aia_finding finding)
{
    static const char *const names[] = {
        [AIA_PENDING_UNOWNED] = "pending but unowned",
        [AIA_OWNED_DISABLED] = "owned but disabled",
        [AIA_LEAKED] = "vector leaked: its owner does not know of it",
        [AIA_TWO_OWNERS] = "two owners: an interrupt has the vector, and the slot names another interrupt",
        [AIA_RETIRING_LONG] = "retiring for too long: its reclaim has failed",
        [AIA_MESSAGE_FREE] = "the device's message names a free vector",
        [AIA_MESSAGE_ELSEWHERE] = "the device's message does not name its vector",
        [AIA_SOURCE_UNOWNED] = "source enabled but unowned",
        [AIA_COUNT_WRONG] = "free identities miscounted",
        [AIA_DELIVERY_OFF] = "delivery is off",
    };

    _Static_assert(sizeof(names) / sizeof(names[0]) == AIA_N_FINDINGS, "a name for each finding");
    return (unsigned)finding < AIA_N_FINDINGS ? names[finding] : "unknown finding";
}

static void find_at(struct audit *t, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    t->n++;
    t->found(t->arg, finding, v, owner);
}

static void find(struct audit *t, enum aia_finding finding, unsigned id, uint32_t owner)
{
    find_at(t, finding, (struct imsic_vector){.hart = (uint16_t)t->here, .id = (uint16_t)id}, owner);
}

/* True if the vector is the vector of `owner`. */
static bool knows(const struct aia *a, uint32_t owner, unsigned hart, unsigned id)
{
    const struct aia_irq *irq = owner < a->config.n_irqs ? &a->config.irqs[owner] : NULL;

    return irq && irq_is_used(irq) && irq->vec.hart == hart && irq->vec.id == id;
}

/*
 * True if a reclaim will not free the vector: its hart's list of retiring vectors lacks the vector, or a reclaim has failed
 * after the drain was due. A vector that no reclaim has tried yet is as it should be, however long it retires. The library
 * does not record when each vector began to retire, only when irq's latest one did: retired_at. That is not earlier than the time
 * of any other vector of irq, so a failure before the vector began to retire never counts.
 */
static bool not_reclaimed(const struct audit *t, const struct aia_irq *irq, unsigned id)
{
    const struct imsic_file *f = &t->a->imsic.files[t->here];
    aia_word bits = atomic_load_explicit(&f->retiring[id / AIA_WORD_BITS], memory_order_relaxed);

    if (!(bits >> id % AIA_WORD_BITS & 1))
        return true;
    return f->failed_at > irq->first->retired_at && !moment_left(retire_drained_at(f, irq), f->failed_at);
}

static void audit_retiring(struct audit *t, unsigned id, uint32_t owner)
{
    const struct aia_irq *irq = owner < t->a->config.n_irqs ? &t->a->config.irqs[owner] : NULL;

    if (!irq || !irq_is_used(irq))
        find(t, AIA_LEAKED, id, owner);
    else if (not_reclaimed(t, irq, id))
        find(t, AIA_RETIRING_LONG, id, owner);
}

/* Audit one identity. True if the books have the identity as free. */
static inline bool audit_id(struct audit *t, const struct imsic_file *f, unsigned id, bool pending,
                            bool enabled)
{
    uint32_t slot = slot_read(f, id), owner = imsic_slot_owner(slot);
    bool is_quarantined = f->quarantined[id / 64] >> id % 64 & 1;

    switch (imsic_slot_state(slot)) {
    case IMSIC_OWNED:
        if (!knows(t->a, owner, t->here, id))
            find(t, AIA_LEAKED, id, owner);
        if (!enabled && !is_quarantined)
            find(t, AIA_OWNED_DISABLED, id, owner);
        return false;
    case IMSIC_RETIRING:
        audit_retiring(t, id, owner);
        return false;
    case IMSIC_FREE:
        if (pending)
            find(t, AIA_PENDING_UNOWNED, id, owner);
        if (!enabled) /* the next owner relies on the enable bit */
            find(t, AIA_OWNED_DISABLED, id, owner);
        return true;
    default:
        if (id == t->a->imsic.ipi_id && !enabled)
            find(t, AIA_OWNED_DISABLED, id, owner);
        if (id == t->a->imsic.sync_id && pending &&
            !f->sync_owed) /* no sync is owed, so a device has sent sync_id */
            find(t, AIA_PENDING_UNOWNED, id, owner);
        return false;
    }
}

/* The vector that a message names. Identity 0: no hart's file has the address, or that file has no such identity. */
static struct imsic_vector named_by(const struct aia *a, const struct aia_message *m)
{
    for (unsigned h = 0; h < a->config.n_harts; h++)
        if (a->imsic.files[h].msi_addr == m->addr && m->data <= a->imsic.files[h].n_ids)
            return (struct imsic_vector){.hart = (uint16_t)h, .id = (uint16_t)m->data};
    return (struct imsic_vector){0};
}

static bool has_no_owner(const struct aia *a, struct imsic_vector v)
{
    enum imsic_state state = imsic_slot_state(slot_read(&a->imsic.files[v.hart], v.id));

    return state == IMSIC_FREE || state == IMSIC_QUARANTINED;
}

/* Compare the message that the device has with the books. A block has one message, that of its first descriptor. */
static void audit_message(struct audit *t, struct aia_irq *irq)
{
    struct aia_message m;
    unsigned long was = irq_lock(irq);
    int error = irq->msi->ops->read_back(irq->msi, &m);

    fence_io_rwio(); /* the read completes before the unlock */
    irq_unlock(irq, was);
    if (error) /* there is no message to compare */
        return;
    struct imsic_vector v = named_by(t->a, &m);
    if (v.id && has_no_owner(t->a, v))
        find_at(t, AIA_MESSAGE_FREE, v, irq->number);
    else if (v.hart != irq->vec.hart || v.id != irq->vec.id)
        find(t, AIA_MESSAGE_ELSEWHERE, irq->vec.id, irq->number);
}

/* Audit the interrupts that the books have on this hart. An interrupt whose device is dead has no message any more. */
static void audit_irqs(struct audit *t)
{
    for (uint32_t i = 0; i < irqs_end(t->a); i++) {
        struct aia_irq *irq = &t->a->config.irqs[i];
        if (!irq_is_used(irq) || !irq->vec.id || irq->vec.hart != t->here)
            continue;
        uint32_t slot = slot_read(&t->a->imsic.files[t->here], irq->vec.id);
        if (imsic_slot_state(slot) == IMSIC_OWNED && imsic_slot_owner(slot) != i)
            find(t, AIA_TWO_OWNERS, irq->vec.id, i);
        if (irq->first == irq && !irq_is_dead(irq))
            audit_message(t, irq);
    }
}

void audit_imsic(struct audit *t)
{
    const struct imsic_file *f = &t->a->imsic.files[t->here];
    unsigned n_free = 0;

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        uint64_t pending = imsic_file_pending(w), enabled = imsic_file_enabled(w);
        for (unsigned bit = 0; bit < 64; bit++) {
            unsigned id = w * 64 + bit;
            if (id >= 1 && id <= f->n_ids)
                n_free += audit_id(t, f, id, pending >> bit & 1, enabled >> bit & 1);
        }
    }
    audit_irqs(t);
    if (n_free != f->n_free)
        find(t, AIA_COUNT_WRONG, 0, IMSIC_NO_OWNER);
    if (!imsic_file_delivers())
        find(t, AIA_DELIVERY_OFF, 0, IMSIC_NO_OWNER);
}

/* Audit a line. It must name this hart, and be enabled unless irq is disabled. */
static void audit_line(struct audit *t, const struct aia_controller *controller, struct aia_irq *irq)
{
    struct aia_message m;
    unsigned long was = irq_lock(irq);
    bool disabled = atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DISABLED;
    int error = irq->msi->ops->read_back(irq->msi, &m);
    bool enabled = controller->ops->enabled(irq->msi);

    fence_io_rwio(); /* the reads complete before the unlock */
    irq_unlock(irq, was);
    if (error || m.addr != t->here || m.data != irq->vec.id)
        find(t, AIA_MESSAGE_ELSEWHERE, irq->vec.id, irq->number);
    if (!disabled && !enabled)
        find(t, AIA_OWNED_DISABLED, irq->vec.id, irq->number);
}

/* Audit the lines that the books have on this hart. */
void audit_direct(struct audit *t)
{
    const struct aia_config *c = &t->a->config;
    const struct aia_controller *controller = c->controllers[t->here];

    for (uint32_t i = 0; i < c->n_irqs; i++) {
        struct aia_irq *irq = &c->irqs[i];
        if (irq_is_used(irq) && irq->vec.id && irq->vec.hart == t->here)
            audit_line(t, controller, irq);
    }
    if (!controller->ops->delivers(controller, t->here))
        find(t, AIA_DELIVERY_OFF, 0, IMSIC_NO_OWNER);
}

unsigned aia_audit(struct aia *a,
                   void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner),
                   void *arg)
{
    struct audit t = {.a = a, .here = aia_port_hart(), .found = found, .arg = arg};

    a->delivery->audit(&t);
    return t.n;
}
