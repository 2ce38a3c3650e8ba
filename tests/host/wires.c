/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "wires.h"

struct am w_model;
struct aplic w_domain;

void w_machine(unsigned n, unsigned how)
{
    t_machine(n, 63);
    am_init(&w_model, 96, how, 0, n);
    w_domain = (struct aplic){
        .mmio = w_model.base,
        .n_sources = 96,
        .wait_limit = T_LIMIT,
        .layout = {.base = m.hart[0].msi_addr, .hart_shift = 14, .hart_bits = 3},
    };
    assert_int_equal(aplic_init(&w_domain), AIA_OK);
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
        m_die("a handler got another's descriptor");
    if (w->running++)
        m_die("a wire's handler runs on harts %u and %u at once", w->hart, m.here);
    if (m.hart[m.here].claim_unfenced || m.hart[m.here].irqs_on)
        m_die("a handler runs with interrupts on, or may read what is older than its claim");
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
    w->domain = &w_model;
    assert_int_equal(aplic_source_init(&w->source, &w_domain, number, mode), AIA_OK);
    drive(w, false);
}

int w_request(struct wire *w, struct aia_hartset affinity)
{
    struct aia_request r = {.name = "wire", .handler = handler, .context = w, .affinity = affinity};

    r = aplic_request(&w->source, &r);
    return aia_irq_request(&t.aia, &r, &w->irq);
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

void w_check(struct wire *w)
{
    m_settle();
    assert_int_equal(w->seen, w->raised);
    assert_int_equal(w->causes, 0);
    assert_int_equal(w->idle, 0);
}
