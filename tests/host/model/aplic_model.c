/* SPDX-License-Identifier: BSD-2-Clause */
/* The control region of an APLIC domain. What is modelled: see aplic_model.h. */
#include <string.h>

#include "aplic_model.h"
#include "aplic_state.h"

static uint32_t fix_domaincfg(const struct am *d, uint32_t v)
{
    uint32_t want = v & (AM_IE | AM_DM | AM_BE);

    if (d->how & AM_NO_MSI)
        want &= ~AM_DM;
    if (d->how & AM_NO_DIRECT)
        want |= AM_DM;
    return AM_FIXED | want;
}

static void write_domaincfg(struct am *d, uint32_t v)
{
    uint32_t old = d->domaincfg;

    d->domaincfg = fix_domaincfg(d, old & AM_BE ? __builtin_bswap32(v) : v);
    for (unsigned i = 1; i <= d->n_sources; i++) {
        /* "If domaincfg.DM is changed, the target registers obtain UNSPECIFIED values" */
        if ((old ^ d->domaincfg) & AM_DM && d->source[i].mode)
            d->source[i].target = 0x1d;
        am_consider(d, i, false);
    }
}

/* "Source configurations" */
static void write_sourcecfg(struct am *d, unsigned i, uint32_t v)
{
    struct am_source *s = &d->source[i];
    uint32_t mode = v & 7, was = s->mode;

    if (v & 0x400 || mode == 2 || mode == 3)
        mode = 0; /* a leaf domain cannot delegate; modes 2 and 3 are reserved */
    s->mode = mode;
    if (!mode) {
        s->pending = s->enabled = false;
        s->target = 0;
        return;
    }
    if (!was)
        s->target = 0x2f; /* UNSPECIFIED */
    if (d->how & AM_CFG_PENDS && am_input(s))
        s->pending = true;
    am_consider(d, i, false);
}

static void write_target(struct am *d, unsigned i, uint32_t v)
{
    struct am_source *s = &d->source[i];

    if (m.hart[m.here].slots_dirty)
        m_die("hart %u: target written after a slot without a fence rw, o between", m.here);
    if (!s->mode)
        return;
    if (v >> 18 >= d->n_harts || v & 0x3f000)
        m_die("hart %u: source %u gets a target of %#x", m.here, i, v); /* WLRL */
    if (d->domaincfg & AM_DM)
        s->target = v & ~0x3f800u;
    else
        s->target = (v & ~0x3ffffu) | (v & 0xff ? v & 0xff : 1);
    am_consider(d, i, false);
}

static void write_genmsi(struct am *d, uint32_t v)
{
    if (!(d->domaincfg & AM_DM))
        return;
    if (d->genmsi & AM_BUSY) {
        d->ignored++;
        return;
    }
    d->genmsi = (v & ~0x3f800u) | AM_BUSY;
    d->busy_until = m.step + d->busy_steps;
}

/* Call `fn` for each source whose bit is set in one register of a bit array. */
static void each(struct am *d, unsigned word, uint32_t bits, void (*fn)(struct am *d, unsigned i))
{
    for (; bits; bits &= bits - 1) {
        unsigned i = word * 32 + (unsigned)__builtin_ctz(bits);
        if (i >= 1 && i <= d->n_sources && d->source[i].mode)
            fn(d, i);
    }
}

static void one(struct am *d, uint32_t i, void (*fn)(struct am *d, unsigned i))
{
    if (i >= 1 && i <= d->n_sources && d->source[i].mode)
        fn(d, i);
}

static uint32_t gather(const struct am *d, unsigned word, bool (*fn)(const struct am *d, unsigned i))
{
    uint32_t v = 0;

    for (unsigned b = 0; b < 32; b++)
        if (word * 32 + b >= 1 && word * 32 + b <= d->n_sources)
            v |= (uint32_t)fn(d, word * 32 + b) << b;
    return v;
}

static bool is_pending(const struct am *d, unsigned i)
{
    return d->source[i].pending;
}

static bool is_enabled(const struct am *d, unsigned i)
{
    return d->source[i].enabled;
}

static bool reads_up(const struct am *d, unsigned i)
{
    return d->how & AM_RAW_INPUTS ? d->source[i].wire : am_input(&d->source[i]);
}

static void enable(struct am *d, unsigned i)
{
    d->source[i].enabled = true;
    am_consider(d, i, false);
}

static void disable(struct am *d, unsigned i)
{
    d->source[i].enabled = false;
}

static struct am_source *source_at(struct am *d, unsigned offset)
{
    unsigned i = offset % 0x1000 / 4;
    static struct am_source none;

    none = (struct am_source){.absent = true};
    return i >= 1 && i <= d->n_sources && !d->source[i].absent ? &d->source[i] : &none;
}

uint32_t am_read(struct am *d, unsigned o)
{
    if (o == 0)
        return d->domaincfg & AM_BE ? __builtin_bswap32(d->domaincfg) : d->domaincfg;
    if (d->domaincfg & AM_BE)
        m_die("hart %u: big-endian APLIC read at %#x", m.here, o);
    if (o < 0x1000)
        return source_at(d, o)->mode;
    if (o >= 0x1bc0 && o < 0x1bd0 && d->how & AM_MACHINE)
        return d->msiaddrcfg[(o - 0x1bc0) / 4];
    if (o >= 0x1c00 && o < 0x1c80)
        return gather(d, (o - 0x1c00) / 4, is_pending);
    if (o >= 0x1d00 && o < 0x1d80)
        return gather(d, (o - 0x1d00) / 4, reads_up);
    if (o >= 0x1e00 && o < 0x1e80)
        return gather(d, (o - 0x1e00) / 4, is_enabled);
    if ((o >= 0x1f00 && o < 0x1f80) || o == 0x1cdc || o == 0x1ddc || o == 0x1edc || o == 0x1fdc ||
        o == 0x2000)
        return 0;
    if (o == 0x3000)
        return d->genmsi;
    if (o > 0x3000 && o < 0x4000)
        return source_at(d, o)->target;
    if (o >= 0x4000 && o < 0x4000 + 32 * d->n_harts)
        return am_idc_read(d, (o - 0x4000) / 32, o % 32);
    m_die("hart %u: APLIC read at %#x", m.here, o);
}

static void write_array(struct am *d, unsigned o, uint32_t v)
{
    unsigned word = o % 0x100 / 4;
    void (*const fns[])(struct am *, unsigned) = {am_set_pending, am_clear_pending, enable, disable};

    if (word < 32)
        each(d, word, v, fns[(o - 0x1c00) >> 8]);
    else if (o % 0x100 == 0xdc)
        one(d, v, fns[(o - 0x1c00) >> 8]);
    else
        m_die("hart %u: APLIC write at %#x", m.here, o);
}

void am_write(struct am *d, unsigned o, uint32_t v)
{
    if (o && d->domaincfg & AM_BE)
        m_die("hart %u: big-endian APLIC written at %#x", m.here, o);
    if (o == 0)
        write_domaincfg(d, v);
    else if (o < 0x1000 && !source_at(d, o)->absent)
        write_sourcecfg(d, o / 4, v);
    else if (o >= 0x1c00 && o < 0x2000)
        write_array(d, o, v);
    else if (o == 0x2000)
        one(d, v, am_set_pending);
    else if (o == 0x3000)
        write_genmsi(d, v);
    else if (o > 0x3000 && o < 0x4000 && !source_at(d, o)->absent)
        write_target(d, (o - 0x3000) / 4, v);
    else if (o >= 0x4000 && o < 0x4000 + 32 * d->n_harts)
        am_idc_write(d, (o - 0x4000) / 32, o % 32, v);
    else if (o >= 0x4000 || (o >= 0x1000 && o < 0x3000))
        m_die("hart %u: APLIC write at %#x", m.here, o);
}

static uint64_t chip_read(struct m_chip *c, unsigned offset, unsigned size)
{
    if (size != 4 || offset % 4)
        m_die("hart %u: access fault: %u bytes at %#x of an APLIC", m.here, size, offset);
    return am_read((struct am *)c, offset);
}

static void chip_write(struct m_chip *c, unsigned offset, uint64_t v, unsigned size)
{
    if (size != 4 || offset % 4)
        m_die("hart %u: access fault: %u bytes at %#x of an APLIC", m.here, size, offset);
    if (((struct am *)c)->how & AM_SHUN && ((offset >= 0x1d00 && offset < 0x1e00) || offset == 0x2000))
        m_die("hart %u: APLIC write at %#x, which some implementations do not do correctly", m.here, offset);
    am_write((struct am *)c, offset, (uint32_t)v);
}

void am_init(struct am *d, unsigned n_sources, unsigned how, unsigned first, unsigned n)
{
    uint32_t junk = 0x2545f491;

    if (m.n_chips == M_CHIPS)
        m_die("too many chips");
    memset(d, 0, sizeof(*d));
    d->chip = (struct m_chip){
        .base = AM_BASE(m.n_chips),
        .size = 0x8000,
        .read = chip_read,
        .write = chip_write,
        .step = am_step,
        .poll = am_poll,
        .settle = am_settle,
        .signals = am_signals,
    };
    d->n_sources = n_sources;
    d->how = how;
    d->first_hart = first;
    d->n_harts = n;
    d->busy_steps = 5;
    d->domaincfg = AM_FIXED | (how & AM_NO_DIRECT ? AM_DM : 0) | (how & AM_BIG_ENDIAN_BOOT ? AM_BE : 0);
    /* "all its state becomes valid and consistent but otherwise UNSPECIFIED, except for" domaincfg (Reset). */
    for (unsigned i = 1; i <= n_sources; i++) {
        struct am_source *s = &d->source[i];
        junk = junk * 1664525u + 1013904223u;
        s->mode = junk >> 29;
        s->mode = s->mode == 2 || s->mode == 3 ? 0 : s->mode;
        s->pending = s->mode && junk >> 28 & 1;
        s->enabled = s->mode && junk >> 27 & 1;
        s->target = s->mode ? junk & 7u : 0;
        am_consider(d, i, false);
    }
    for (unsigned h = 0; h < n; h++)
        d->idc[h] = (struct am_idc){.delivery = true, .force = h & 1, .threshold = 3};
    m.chips[m.n_chips++] = &d->chip;
}
