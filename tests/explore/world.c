/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine of a scenario, its devices and handlers, and which memory its state is. */
#include "imsic/slot.h"
#include "imsic/vector.h"
#include "explore.h"
#include "actions.h"
#include "unit.h"
#include "mmio.h"

#include <stdatomic.h>

struct world x;
const struct scenario *x_scenario;

#define FILLER 0xfffff0u /* the owner that x_fill() gives to identities */
#define LAZY   10u

/* ---- memory ---- */

struct region x_regions[192];
unsigned x_n_regions, x_n_library;

struct hole {
    const char *from, *to;
    bool counter; /* false: the word never changes, or the explorer does not look at it */
};
static struct hole holes[96];
static unsigned n_holes;

#define HOLE(first, last, is_counter) \
    (holes[n_holes++] = (struct hole){(const char *)&(first), (const char *)(&(last) + 1), is_counter})

/* Only counters, and the records of storms, which no scenario has. If a field is added among them, look at it here. */
#define COUNTERS(type, first, last, n)                                                            \
    _Static_assert(offsetof(type, last) - offsetof(type, first) == ((n)-1) * sizeof(aia_counter), \
                   "more than counters")
COUNTERS(struct aia_hart, handled, swept, 3);
COUNTERS(struct aia_hart, late, reclaimed, 4);
COUNTERS(struct aia_irq_counts, moves, kept, 4);

/* Find the words that are not part of a state, in order of address. */
static void find_holes(void)
{
    n_holes = 0;
    HOLE(x.aia.config, x.aia.config, false);
    HOLE(x.aia.updates[0], x.aia.updates[AIA_N_UPDATES - 1], true);
    HOLE(x.aia.displaced, x.aia.displaced, true);
    for (unsigned h = 0; h < X_HARTS; h++) {
        HOLE(x.harts[h].storm, x.harts[h].swept, true);
        HOLE(x.harts[h].late, x.harts[h].reclaimed, true);
    }
    for (unsigned h = 0; h < X_HARTS; h++) {
        HOLE(x.files[h].free[1], x.files[h].free[IMSIC_WORDS - 1], false);
        HOLE(x.files[h].retiring[1], x.files[h].retiring[IMSIC_WORDS - 1], false);
        HOLE(x.files[h].quarantined[1], x.files[h].quarantined[IMSIC_WORDS - 1], false);
    }
    for (unsigned i = 0; i < X_IRQS; i++) {
        HOLE(x.irqs[i].storm, x.irqs[i].count.kept, true);
        HOLE(x.irqs[i].count.unhandled, x.irqs[i].count.unhandled, true);
    }
    HOLE(x.runs[0], x.runs[X_IRQS * X_HARTS - 1], true);
    HOLE(m.step, m.step, false);
}

bool x_is_counter(const volatile void *p)
{
    const char *at = (const char *)(uintptr_t)p;

    for (unsigned i = 0; i < n_holes; i++)
        if (at >= holes[i].from && at < holes[i].to)
            return holes[i].counter;
    for (unsigned i = 0; i < X_IRQS; i++)
        if (at == (const char *)&x.irqs[i].count.resent)
            return true;
    for (unsigned h = 0; h < X_HARTS; h++)
        if (at == (const char *)&x.harts[h].unowned)
            return true;
    return at == (const char *)&x.aia.torn_copies;
}

void x_set_counters(int byte)
{
    for (unsigned i = 0; i < n_holes; i++)
        if (holes[i].counter)
            memset((char *)(uintptr_t)holes[i].from, byte, (size_t)(holes[i].to - holes[i].from));
}

static void add_regions(char *from, const char *to)
{
    for (unsigned i = 0; i < n_holes; i++) {
        if (holes[i].from < from || holes[i].to > to)
            continue;
        if (holes[i].from > from)
            x_regions[x_n_regions++] = (struct region){from, (size_t)(holes[i].from - from)};
        from += holes[i].to - from;
    }
    if (from < to)
        x_regions[x_n_regions++] = (struct region){from, (size_t)(to - from)};
}

static void find_regions(void)
{
    x_n_regions = 0;
    find_holes();
    add_regions((char *)&x, (char *)x.devs);
    x_n_library = x_n_regions;
    add_regions((char *)x.devs, (char *)&x.devs[X_DEVS]);
    add_regions((char *)x.hart, (char *)(&x + 1));
    if (x_unit.present)
        add_regions((char *)&x_unit, (char *)(&x_unit + 1));
    add_regions((char *)m.hart, (char *)&m.hart[m.n_harts]);
    add_regions((char *)m.devs, (char *)(&m.n_devs + 1));
    add_regions((char *)&m.now, (char *)(&m.now + 1));
}

/* ---- devices and handlers ---- */

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct x_dev *d = context;
    char name = (char)('I' + (d - x.devs));
    unsigned n = (unsigned)(irq - irq->first);

    x_tell("hart %u: handler of %c begins", m.here, name);
    if (n >= d->n)
        m_die("P2: %c's handler runs for message %u, which it does not have", name, n);
    if (d->of[n].running)
        m_die("P4: the handler of %c runs on two harts at the same time", name);
    if (m.hart[m.here].claim_unfenced || m.hart[m.here].irqs_on)
        m_die("a handler runs with interrupts on, or may read memory from before its claim");
    d->of[n].running = true;
    d->of[n].unseen = false;
    d->of[n].slack--;
    x_stop(X_HANDLER);
    d->of[n].running = false;
    x_tell("hart %u: handler of %c ends", m.here, name);
    return AIA_HANDLED;
}

/* The embedder's book of where the interrupts are. One step: no hart stops here. */
static void moved(void *context, struct aia_irq *irq)
{
    struct x_dev *d = context;

    if (m.hart[m.here].n_locks != (x.own.opaque[0] == m.here + 1u))
        m_die("moved() is called with a lock of the library held");
    d->book = (uint8_t)irq->vec.hart;
}

void x_request(unsigned dev, enum aia_msi_kind kind, unsigned hart, unsigned errors)
{
    struct x_dev *d = &x.devs[dev];
    struct aia_request r = {
        .name = "explored",
        .handler = handler,
        .context = d,
        .msi = &d->dev.msi,
        .affinity = aia_hartset_one(hart),
        .policy = x_scenario->policy,
        .order = x_scenario->order,
        .managed = x_scenario->managed,
        .moved = moved,
    };

    m_dev_init(&d->dev, kind);
    if (x_scenario->remapped && dev == 0)
        r.msi = x_unit_before(d);
    d->n = (uint8_t)(1u << x_scenario->order);
    int error = aia_irq_request(&x.aia, &r, &d->irq);
    if (error)
        d->irq = NULL;
    else
        d->book = (uint8_t)d->irq->vec.hart;
    if (error && !(errors >> -error & 1))
        m_die("P6: request of %c: %s", 'I' + (char)dev, aia_strerror(error));
}

void x_raise(unsigned dev)
{
    struct x_dev *d = &x.devs[dev];
    unsigned n = d->n > 1 ? d->edges % d->n : 0;

    x_tell("device %c raises%s: its message is (hart %u, identity %u)%s", 'I' + (char)dev,
           n ? " its second message" : "", x_hart_of(d->dev.message.addr), d->dev.message.data | n,
           d->dev.masked ? ", masked" : "");
    d->edges--;
    d->of[n].unseen = true;
    d->of[n].slack++;
    d->dev.message.data |= n;
    m_raise(&d->dev);
    d->dev.message.data &= ~n;
    d->dev.n_raised = 0;
}

/* ---- the machine ---- */

void x_fill(unsigned hart, unsigned but)
{
    for (unsigned id = 1; id <= X_IDS; id++)
        if (id != but)
            imsic_alloc_id(&x.aia.imsic, hart, id, 0, FILLER);
}

void x_unfill(void)
{
    for (unsigned h = 0; h < m.n_harts; h++)
        for (unsigned id = 1; id <= X_IDS; id++)
            if (x.slots[h][id] == imsic_slot(IMSIC_OWNED, FILLER))
                imsic_free(&x.aia.imsic, (struct imsic_vector){(uint16_t)h, (uint16_t)id});
}

static void configure(unsigned n)
{
    struct aia_config config = {
        .n_harts = n,
        .harts = x.harts,
        .files = x.files,
        .irqs = x.irqs,
        .n_irqs = X_IRQS,
        .runs = x.runs,
        .reserved = x.reserved,
        .ipi_id = X_IPI,
        .sync_id = X_SYNC,
        .lazy_period = LAZY,
        .max_retiring = 4,
        .wait_limit = 25,
        .storm_window = 1000000,
        .storm_limit = 1000000,
    };

    for (unsigned h = 0; h < n; h++) {
        x.files[h].mmio = m.hart[h].mmio;
        x.files[h].msi_addr = m.hart[h].msi_addr;
        x.files[h].n_ids = X_IDS;
        x.files[h].slots = x.slots[h];
    }
    if (aia_init(&x.aia, &config))
        m_die("aia_init");
    m.aia = &x.aia;
}

void x_set_up(const struct scenario *s)
{
    uint16_t ids[X_HARTS];

    for (unsigned h = 0; h < X_HARTS; h++)
        ids[h] = X_IDS;
    x_exploring = false;
    x_scenario = s;
    memset(&x, 0, sizeof(x));
    memset(&x_unit, 0, sizeof(x_unit));
    m_reset(s->n_harts, ids);
    m.slots = x.slots;
    m.slots_end = x.slots + X_HARTS;
    m.store_lag = m.inbound_lag = m.post_lag = M_NEVER;
    m.n_log = M_LOG;
    configure(s->n_harts);
    for (unsigned h = s->n_harts; h-- > 0;) {
        m.here = h;
        if (aia_hart_online_begin(&x.aia))
            m_die("aia_hart_online_begin");
        m.hart[h].irqs_on = true;
    }
    s->set_up();
    m.here = 0;
    for (unsigned d = 0; d < X_DEVS; d++)
        x.devs[d].edges = s->edges[d];
    x_sched_reset();
    find_regions();
    m.hook = x_access;
    x_exploring = true;
    for (unsigned h = 0; h < s->n_harts; h++) /* let each hart run until it is idle */
        x_go(h, X_GO);
}
