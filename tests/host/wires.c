/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "wires.h"

struct am w_models[W_DOMAINS];
struct aplic w_domains[W_DOMAINS];

const enum aplic_mode w_modes[W_MODES] = {APLIC_EDGE_RISE, APLIC_EDGE_FALL, APLIC_LEVEL_HIGH,
                                          APLIC_LEVEL_LOW};

/*
 * The behaviour of QEMU's versions. 9.2 and newer have CFG_PENDS; older versions do not. Versions before 9.0 have SETIP_ANY
 * and RAW_INPUTS. All versions so far have LEVEL_LATCHED. Three faults are in every entry of this table: no register is
 * reset before 11.1 (am_init() leaves junk), and writes to in_clrip or clripnum before 10.0, or to setipnum_le before 9.0,
 * are wrong (AM_SHUN keeps the driver off these registers).
 */
const unsigned w_hows[W_HOWS] = {0,
                                 AM_CFG_PENDS,
                                 AM_SETIP_ANY,
                                 AM_LEVEL_LATCHED,
                                 AM_RAW_INPUTS,
                                 AM_SETIP_ANY | AM_RAW_INPUTS,
                                 AM_CFG_PENDS | AM_SETIP_ANY | AM_RAW_INPUTS};
const unsigned w_direct_hows[W_DIRECT_HOWS] = {0, AM_CFG_PENDS, AM_LEVEL_LATCHED,
                                               AM_LEVEL_LATCHED | AM_RAW_INPUTS};

unsigned w_denied;
unsigned w_sources = 96;
static unsigned used;
static int16_t indexes[W_DOMAINS][M_MAX_HARTS];
static struct aplic_source *_Atomic by_number[W_DOMAINS][APLIC_MAX_SOURCES + 1];
static struct aia_controller *controllers[M_MAX_HARTS];

void w_machine(unsigned n, unsigned how)
{
    used = w_denied = 0;
    t_machine(n, 63);
    am_init(&w_model, w_sources, how | AM_SHUN, 0, n);
    w_domain = (struct aplic){
        .mmio = w_model.chip.base,
        .n_sources = (uint16_t)w_sources,
        .wait_limit = T_LIMIT,
        .layout = {.base = m.hart[0].msi_addr, .hart_shift = 14, .hart_bits = 3},
    };
    assert_int_equal(aplic_init(&w_domain, &t.aia), AIA_OK);
}

static void kick(unsigned hart)
{
    m.hart[hart].soft = true;
}

static void direct_domain(unsigned d, unsigned n, unsigned n_each, unsigned how)
{
    am_init(&w_models[d], w_sources, how | AM_SHUN, d * n_each, n_each);
    for (unsigned h = 0; h < n; h++) {
        indexes[d][h] = (int16_t)(h / n_each == d ? (int)(h % n_each) : -1);
        if (h / n_each == d)
            controllers[h] = &w_domains[d].controller;
    }
    memset(by_number[d], 0, sizeof(by_number[d]));
    w_domains[d] = (struct aplic){
        .mmio = w_models[d].chip.base,
        .n_sources = (uint16_t)w_sources,
        .wait_limit = T_LIMIT,
        .direct = true,
        .index = indexes[d],
        .n_harts = n,
        .sources = by_number[d],
    };
}

void w_direct_machine(unsigned n, unsigned n_each, unsigned how)
{
    uint16_t ids[M_MAX_HARTS];

    for (unsigned h = 0; h < M_MAX_HARTS; h++)
        ids[h] = 63;
    t_prepare(n, ids);
    for (unsigned h = 0; h < n; h++)
        m.hart[h].file.eidelivery = 0; /* nothing is delivered, as if the file did not exist */
    used = w_denied = 0;
    for (unsigned d = 0; d < n / n_each; d++)
        direct_domain(d, n, n_each, how);
    t.config.files = NULL;
    t.config.controllers = controllers;
    t.config.kick = kick;
    t_init();
    for (unsigned d = 0; d < n / n_each; d++)
        assert_int_equal(aplic_init(&w_domains[d], &t.aia), AIA_OK);
    for (unsigned h = n; h-- > 0;)
        t_online(h);
}

void w_use(unsigned domain)
{
    used = domain;
}

static bool inverted(const struct wire *w)
{
    return w->source.mode == APLIC_EDGE_FALL || w->source.mode == APLIC_LEVEL_LOW;
}

static bool is_level(const struct wire *w)
{
    return w->source.mode >= APLIC_LEVEL_HIGH;
}

static void drive(struct wire *w, bool asserted)
{
    am_wire(w->domain, w->source.number, asserted != inverted(w));
}

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct wire *w = context;

    if (w->irq && w->irq != irq)
        m_die("a handler got another interrupt's descriptor");
    if (w->running++)
        m_die("a wire's handler runs on hart %u and on hart %u at the same time", w->hart, m.here);
    if (m.hart[m.here].claim_unfenced || m.hart[m.here].irqs_on)
        m_die("a handler runs with interrupts on, or may read memory from before its claim");
    w->hart = m.here;
    w->runs++;
    w->seen = w->raised;
    if (is_level(w) && !w->causes)
        w->idle++;
    if (w->during)
        w->during(w);
    if (is_level(w) && w->causes && --w->causes == 0)
        drive(w, false);
    w->running--;
    return AIA_HANDLED;
}

void w_source(struct wire *w, unsigned number, enum aplic_mode mode)
{
    memset(w, 0, sizeof(*w));
    w->domain = &w_models[used];
    assert_int_equal(aplic_source_init(&w->source, &w_domains[used], number, mode), AIA_OK);
    drive(w, false);
}

static int request(struct wire *w, struct aia_request r)
{
    r.name = "wire";
    r.handler = handler;
    r.context = w;
    r.msi = &w->source.msi;
    return aia_irq_request(&t.aia, &r, &w->irq);
}

int w_request(struct wire *w, struct aia_hartset affinity)
{
    return request(w, (struct aia_request){.affinity = affinity});
}

int w_request_managed(struct wire *w, struct aia_hartset affinity)
{
    return request(w, (struct aia_request){.affinity = affinity, .managed = true});
}

void w_irq(struct wire *w, unsigned number, enum aplic_mode mode, unsigned hart)
{
    w_source(w, number, mode);
    assert_int_equal(w_request(w, aia_hartset_one(hart)), AIA_OK);
    assert_int_equal(w->irq->vec.hart, hart);
}

int w_move(struct wire *w, unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);

    return aia_irq_set_affinity(&t.aia, w->irq, &set);
}

void w_edge(struct wire *w)
{
    w->raised++;
    drive(w, true);
    drive(w, false);
}

void w_cause(struct wire *w, unsigned n)
{
    w->raised += n;
    w->causes += n;
    drive(w, true);
}

void w_rise(void *wire)
{
    struct wire *w = wire;

    if (is_level(w))
        w_cause(w, 1);
    else
        w_edge(w);
}

enum aia_result w_deny(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    w_denied++;
    return AIA_NONE;
}

void w_check(struct wire *w)
{
    m_settle();
    assert_int_equal(w->seen, w->raised);
    assert_int_equal(w->causes, 0);
    assert_int_equal(w->idle, 0);
}
