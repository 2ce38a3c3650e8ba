/* SPDX-License-Identifier: BSD-2-Clause */
/* An APLIC domain's pending bits, its MSIs under way, and its harts' interrupt delivery control. */
#include <string.h>

#include "aplic_state.h"

static bool is_level(const struct am_source *s)
{
    return s->mode >= 6;
}

static bool msi_mode(const struct am *d)
{
    return d->domaincfg & AM_DM;
}

/* ---- MSIs: "Interrupt forwarding by MSIs" ---- */

static void send(struct am *d, uint32_t target, bool extempore)
{
    if (d->n_way == M_QUEUE)
        m_die("an APLIC has too many MSIs under way");
    d->way[d->n_way++] = (struct am_msi){target >> 18, target & 0x7ff, extempore, m.step};
}

static void arrive(struct am *d, unsigned n)
{
    struct am_msi w = d->way[n];

    memmove(d->way + n, d->way + n + 1, (--d->n_way - n) * sizeof(w));
    m_fabric_post(0x28000000u + 0x4000u * (d->first_hart + w.index), w.id);
}

/* "Once it has left the APLIC and the APLIC is able to accept a new write to genmsi, Busy reverts to false." */
static void end_busy(struct am *d)
{
    if (!(d->genmsi & AM_BUSY) || d->dead || m.step < d->busy_until)
        return;
    d->genmsi &= ~AM_BUSY;
    d->extempore++;
    send(d, d->genmsi, true);
}

static void arrive_due(struct am *d)
{
    while (d->n_way && d->lag != M_NEVER && m.step - d->way[0].since >= d->lag)
        arrive(d, 0);
}

void am_step(struct m_chip *c)
{
    struct am *d = (struct am *)c;

    end_busy(d);
    arrive_due(d);
}

void am_poll(struct m_chip *c, unsigned hart)
{
    struct am *d = (struct am *)c;
    unsigned first = M_QUEUE, last = M_QUEUE;

    for (unsigned n = 0; n < d->n_way; n++) {
        if (d->first_hart + d->way[n].index != hart)
            continue;
        if (first == M_QUEUE)
            first = n;
        if (d->way[n].extempore)
            last = n;
    }
    if (last != M_QUEUE)
        arrive(d, first); /* the message, or an earlier one that it must not overtake */
}

bool am_settle(struct m_chip *c)
{
    struct am *d = (struct am *)c;

    if (d->genmsi & AM_BUSY && !d->dead) {
        d->busy_until = 0;
        end_busy(d);
    }
    bool moved = d->n_way != 0;
    while (d->n_way)
        arrive(d, 0);
    return moved;
}

/* ---- "Precise effects on interrupt-pending bits" ---- */

void am_consider(struct am *d, unsigned i, bool rose)
{
    struct am_source *s = &d->source[i];

    if (rose)
        s->pending = true;
    if (is_level(s) && !am_input(s) && !(d->how & (AM_SETIP_ANY | AM_LEVEL_LATCHED)))
        s->pending = false;
    if (is_level(s) && am_input(s) && !msi_mode(d))
        s->pending = true;
    if (msi_mode(d) && d->domaincfg & AM_IE && s->pending && s->enabled) {
        s->pending = false;
        s->forwarded++;
        send(d, s->target, false);
        arrive_due(d);
    }
}

void am_wire(struct am *d, unsigned i, bool high)
{
    struct am_source *s = &d->source[i];
    bool before = am_input(s);

    s->wire = high;
    am_consider(d, i, am_input(s) && !before);
}

void am_set_pending(struct am *d, unsigned i)
{
    struct am_source *s = &d->source[i];

    if (is_level(s) && !msi_mode(d))
        return;
    if (is_level(s) && !am_input(s) && !(d->how & AM_SETIP_ANY))
        return;
    s->pending = true;
    am_consider(d, i, false);
}

void am_clear_pending(struct am *d, unsigned i)
{
    struct am_source *s = &d->source[i];

    if (!is_level(s) || msi_mode(d))
        s->pending = false;
}

/* ---- "Interrupt delivery directly by the APLIC" ---- */

static uint32_t topi(const struct am *d, unsigned index)
{
    uint32_t best = 0;

    for (unsigned i = 1; i <= d->n_sources; i++) {
        const struct am_source *s = &d->source[i];
        uint32_t prio = s->target & 0xff;
        if (!s->pending || !s->enabled || s->target >> 18 != index)
            continue;
        if (d->idc[index].threshold && prio >= d->idc[index].threshold)
            continue;
        if (!best || prio < (best & 0xff))
            best = i << 16 | prio;
    }
    return best;
}

static uint32_t claim(struct am *d, unsigned index)
{
    uint32_t top = topi(d, index);
    struct am_source *s = &d->source[top >> 16];

    if (!top) {
        d->idc[index].force = false;
        return 0;
    }
    if (++s->forwarded == 100000)
        m_die("source %u is claimed without end", top >> 16);
    s->pending = is_level(s) && am_input(s);
    m.hart[m.here].claim_unfenced = true;
    return top;
}

uint32_t am_idc_read(struct am *d, unsigned index, unsigned reg)
{
    switch (reg) {
    case 0x00:
        return d->idc[index].delivery;
    case 0x04:
        return d->idc[index].force;
    case 0x08:
        return d->idc[index].threshold;
    case 0x18:
        return topi(d, index);
    case 0x1c:
        if (d->first_hart + index != m.here || m.hart[m.here].irqs_on)
            m_die("hart %u claims for hart %u, or with interrupts on", m.here, d->first_hart + index);
        return claim(d, index);
    default:
        m_die("hart %u: IDC read at %#x", m.here, reg);
    }
}

void am_idc_write(struct am *d, unsigned index, unsigned reg, uint32_t v)
{
    if (reg == 0x00)
        d->idc[index].delivery = v & 1;
    else if (reg == 0x04)
        d->idc[index].force = v & 1;
    else if (reg == 0x08)
        d->idc[index].threshold = v & 0xff;
    else
        m_die("hart %u: IDC write at %#x", m.here, reg);
}

bool am_signals(const struct m_chip *c, unsigned hart)
{
    const struct am *d = (const struct am *)c;
    unsigned index = hart - d->first_hart;

    return !msi_mode(d) && d->domaincfg & AM_IE && index < d->n_harts && d->idc[index].delivery &&
           (d->idc[index].force || topi(d, index));
}
