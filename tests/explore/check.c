/* SPDX-License-Identifier: BSD-2-Clause */
/* The checks of states: P1 to P7 of design.md, section 2. */
#include "explore.h"
#include "unit.h"

/* ---- in every state ---- */

/* P5. If a write to (hart, id) is under way or pending, its slot must not be free for another interrupt to take. */
static void check_named(unsigned hart, unsigned id, const char *how)
{
    uint32_t slot = x.slots[hart][id];

    if (imsic_slot_state(slot) == IMSIC_FREE || imsic_slot_state(slot) == IMSIC_QUARANTINED)
        m_die("P5: (hart %u, identity %u) is free, and %s", hart, id, how);
    if (imsic_slot_state(slot) == IMSIC_OWNED && imsic_slot_owner(slot) >= X_IRQS)
        m_die("P2: another interrupt owns (hart %u, identity %u), and %s", hart, id, how);
}

static void check_under_way(void)
{
    for (unsigned h = 0; h < m.n_harts; h++) {
        const struct m_hart *hart = &m.hart[h];
        for (unsigned i = 0; i < hart->stores.n; i++)
            check_named((unsigned)((hart->stores.w[i].addr - m.hart[0].mmio) / 0x1000),
                        hart->stores.w[i].data, "a write of it is in a store buffer");
        for (unsigned i = 0; i < hart->file.inbound.n; i++)
            check_named(h, hart->file.inbound.w[i].data, "a write of it is before its file");
        for (uint64_t bits = hart->file.eip[0]; bits; bits &= bits - 1)
            check_named(h, (unsigned)__builtin_ctzll(bits), "it is pending");
    }
}

static void check_device(const struct x_dev *d)
{
    for (unsigned i = 0; i < d->dev.posted.n; i++) {
        unsigned h = x_hart_of(d->dev.posted.w[i].addr);
        if (h < X_HARTS)
            check_named(h, d->dev.posted.w[i].data, "an MSI of it is in its device's posted queue");
    }
    unsigned h = x_hart_of(d->dev.message.addr);
    if (d->dev.enabled && !d->dev.masked && h < X_HARTS)
        check_named(h, d->dev.message.data, "a device's message names it");
}

/* P2. A handler may run more often than its device had edges only as often as copies were counted. */
static void check_extra_runs(void)
{
    uint64_t allowed = x.aia.torn_copies;
    int extra = 0;

    for (unsigned d = 0; d < X_DEVS; d++) {
        for (unsigned n = 0; n < x.devs[d].n; n++)
            extra += x.devs[d].of[n].slack < 0 ? -x.devs[d].of[n].slack : 0;
        if (x.devs[d].dev.msi.posted_limit || (x_unit.present && d == 0))
            for (unsigned i = 0; i < X_IRQS; i++)
                allowed += x.irqs[i].count.resent;
    }
    if (extra > (int)allowed || (extra && !x_scenario->extra_runs))
        m_die("P2: %d handler runs without an edge, %d copies", extra, (int)allowed);
    for (unsigned h = 0; h < m.n_harts; h++)
        if (x.harts[h].unowned)
            m_die("P2: an unowned edge arrived on hart %u", h);
}

/* The bound on retiring vectors may be exceeded by what one move adds; a common move adds two. */
static void check_bound(void)
{
    for (unsigned i = 0; i < X_IRQS; i++)
        if (x.irqs[i].n_retiring > x.aia.config.max_retiring + 1)
            m_die("P7: %u vectors of an interrupt retire", x.irqs[i].n_retiring);
}

void x_check_state(void)
{
    check_under_way();
    x_unit_check(check_named);
    check_bound();
    for (unsigned d = 0; d < X_DEVS; d++)
        check_device(&x.devs[d]);
    check_extra_runs();
}

/* ---- when nothing but timers can happen ---- */

static const char *const waits[] = {
    [X_LOCK] = "for a lock",
    [X_WAIT] = "for another hart",
    [X_HANDLER] = "in a handler",
    [X_ACCESS] = "before an access",
    [X_WINDOW] = "before it takes an interrupt",
};

void x_check_quiet(void)
{
    for (unsigned h = 0; h < m.n_harts; h++) {
        const struct x_hart *hart = &x.hart[h];
        bool idle = hart->stop == X_IDLE || hart->stop == X_OFF;
        if (!idle && !(x_scenario->needs_time && hart->stop == X_WAIT))
            m_die("P3: hart %u waits %s, and only a timer could end that, or nothing", h, waits[hart->stop]);
        if (idle && hart->job < X_JOBS && x_scenario->job[h][hart->job].run && !x_scenario->needs_time)
            m_die("P3: hart %u has never begun its job %u", h, hart->job);
    }
    for (unsigned h = 0; h < m.n_harts; h++)
        if (x.ipi_unseen[h])
            m_die("P1: an IPI to hart %u is lost", h);
    for (unsigned h = 0; x_scenario->prompt && h < m.n_harts; h++)
        if (x.files[h].n_retiring)
            m_die("P3: a vector of hart %u waits for a timer", h);
    for (unsigned d = 0; d < X_DEVS; d++)
        for (unsigned n = 0; n < x.devs[d].n; n++)
            if (x.devs[d].of[n].unseen)
                m_die(
                    "P1: an edge of %c is lost, or waits for a timer: no run of its handler has begun since",
                    'I' + (char)d);
}

/* ---- at the end ---- */

static void found(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    (void)arg;
    m_die("P7: audit of hart %u, identity %u: %s (owner %u)", v.hart, v.id, aia_finding_name(finding), owner);
}

static void check_hart(unsigned h)
{
    const struct imsic_file *f = &x.files[h];

    if (f->n_retiring || f->retiring[0])
        m_die("P7: hart %u: %u vectors still retire after its timer", h, f->n_retiring);
    if (m.hart[h].stopped) {
        if (m.hart[h].file.eip[0] & ~(x_scenario->late_ipis ? 1ull << X_IPI : 0))
            m_die("P7: hart %u is off with something pending", h);
        if (m.hart[h].file.eidelivery)
            m_die("P7: hart %u is off and its file delivers", h);
        return;
    }
    if (!m.hart[h].irqs_on || x.harts[h].state != AIA_HART_ONLINE || !f->open)
        m_die("P7: hart %u is not back to normal", h);
    if (x.harts[h].ipis || x.harts[h].calls)
        m_die("P7: hart %u has IPIs or calls that no hart will run", h);
    m.here = h;
    m.hart[h].irqs_on = false;
    aia_audit(&x.aia, found, NULL);
}

void x_check_end(void)
{
    x_check_quiet();
    for (unsigned d = 0; d < X_DEVS; d++) {
        const struct x_dev *dev = &x.devs[d];
        if (dev->irq && (!dev->irq->vec.id || dev->irq->n_retiring))
            m_die("P7: %c has no vector, or still has %u that retire", 'I' + (char)d, dev->irq->n_retiring);
        if (dev->irq && dev->book != dev->irq->vec.hart)
            m_die("P7: %c is on hart %u, and the latest moved() saw hart %u", 'I' + (char)d,
                  dev->irq->vec.hart, dev->book);
        bool remapped = x_unit.present && d == 0;
        struct aia_message message = remapped ? x_unit_message() : dev->dev.message;
        if (dev->irq && (message.data != dev->irq->vec.id || x_hart_of(message.addr) != dev->irq->vec.hart ||
                         dev->dev.masked))
            m_die("P7: %c's message differs from the books", 'I' + (char)d);
    }
    x_exploring = false;
    m.hook = NULL;
    x_unfill();
    for (unsigned h = 0; h < m.n_harts; h++)
        check_hart(h);
    if (x_scenario->check)
        x_scenario->check();
}
