/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

struct t t;

void t_fail(const char *why)
{
    print_error("model: %s\n", why);
    fail();
}

/* ---- the machine ---- */

void t_prepare(unsigned n, const uint16_t *ids)
{
    m_reset(n, ids);
    memset(&t.aia, 0, sizeof(t.aia));
    memset(t.harts, 0, sizeof(t.harts));
    memset(t.irqs, 0, sizeof(t.irqs));
    memset(t.runs, 0, sizeof(t.runs));
    memset(t.reserved, 0, sizeof(t.reserved));
    memset(t.files, 0, sizeof(t.files));
    for (unsigned h = 0; h < n; h++) {
        memset(t.slots[h], 0xff, (ids[h] + 1u) * sizeof(t.slots[h][0]));
        t.files[h].mmio = m.hart[h].mmio;
        t.files[h].msi_addr = m.hart[h].msi_addr;
        t.files[h].n_ids = ids[h];
        t.files[h].slots = t.slots[h];
    }
    m.slots = t.slots;
    m.slots_end = t.slots + M_MAX_HARTS;
    t.config = (struct aia_config){
        .n_harts = n,
        .harts = t.harts,
        .files = t.files,
        .irqs = t.irqs,
        .n_irqs = T_IRQS,
        .runs = t.runs,
        .reserved = t.reserved,
        .ipi_id = T_IPI,
        .sync_id = T_SYNC,
        .lazy_period = T_LAZY,
        .max_retiring = T_RETIRING,
        .wait_limit = T_LIMIT,
        .storm_window = T_WINDOW,
        .storm_limit = T_STORM,
    };
}

void t_init(void)
{
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_OK);
    m.aia = &t.aia;
}

void t_online(unsigned hart)
{
    m_on(hart);
    assert_int_equal(aia_hart_online_begin(&t.aia), 0);
    m.hart[hart].irqs_on = true;
}

void t_machine(unsigned n, uint16_t ids)
{
    uint16_t all[M_MAX_HARTS];

    for (unsigned h = 0; h < M_MAX_HARTS; h++)
        all[h] = ids;
    t_prepare(n, all);
    t_init();
    for (unsigned h = n; h-- > 0;)
        t_online(h);
}

/* ---- interrupts ---- */

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct t_irq *q = context;
    bool extra = q->seen == q->dev.n_raised;

    if (q->irq && q->irq != irq->first)
        m_die("a handler got another interrupt's descriptor");
    if (q->running++)
        m_die("a handler runs on hart %u and on hart %u at the same time", q->hart, m.here);
    if (m.hart[m.here].claim_unfenced || m.hart[m.here].irqs_on)
        m_die("a handler runs with interrupts on, or may read memory from before its claim");
    q->runs++;
    q->extra += extra;
    q->seen = q->dev.n_raised;
    q->hart = m.here;
    if (q->during)
        q->during(q);
    q->running--;
    return extra || q->deny ? AIA_NONE : AIA_HANDLED;
}

int t_request_as(struct t_irq *q, struct aia_request r)
{
    r.name = "test";
    r.handler = handler;
    r.context = q;
    if (!r.msi)
        r.msi = &q->dev.msi;
    return aia_irq_request(&t.aia, &r, &q->irq);
}

int t_request(struct t_irq *q, enum aia_msi_kind kind, struct aia_hartset affinity)
{
    memset(q, 0, sizeof(*q));
    m_dev_init(&q->dev, kind);
    return t_request_as(q, (struct aia_request){.affinity = affinity});
}

void t_irq(struct t_irq *q, enum aia_msi_kind kind, unsigned hart)
{
    assert_int_equal(t_request(q, kind, aia_hartset_one(hart)), AIA_OK);
    assert_int_equal(q->irq->vec.hart, hart);
}

int t_move(struct t_irq *q, unsigned hart)
{
    struct aia_hartset set = aia_hartset_one(hart);

    return aia_irq_set_affinity(&t.aia, q->irq, &set);
}

void t_fill(unsigned hart, unsigned but)
{
    for (unsigned id = 1; id <= t.files[hart].n_ids; id++)
        if (id != but)
            imsic_alloc_id(&t.aia.imsic, hart, id, 0, T_FILLER);
}

void t_unfill(unsigned hart)
{
    for (unsigned id = 1; id <= t.files[hart].n_ids; id++)
        if (t.slots[hart][id] == imsic_slot(IMSIC_OWNED, T_FILLER))
            imsic_free(&t.aia.imsic, (struct imsic_vector){(uint16_t)hart, (uint16_t)id});
}

bool t_is_free(unsigned hart, unsigned id)
{
    return imsic_slot_state(t.slots[hart][id]) == IMSIC_FREE;
}

void t_force(enum aia_update how, struct t_irq *q, struct t_irq *other, unsigned from, unsigned to)
{
    static const enum aia_msi_kind kinds[AIA_N_UPDATES] = {
        [AIA_UPDATE_STORE] = AIA_MSI_STORE,
        [AIA_UPDATE_MASKED] = AIA_MSI_MASKABLE,
    };

    t_irq(q, kinds[how], from);
    t_irq(other, AIA_MSI_PLAIN, from);
    if (how == AIA_UPDATE_TORN)
        t_fill(to, other->irq->vec.id);
    else if (how == AIA_UPDATE_COMMON)
        imsic_alloc_id(&t.aia.imsic, to, q->irq->vec.id, 0, T_FILLER);
}

/* ---- hotplug ---- */

int t_offline_finish(unsigned hart, unsigned by)
{
    m_on(hart);
    m.hart[hart].irqs_on = false;
    int error = aia_hart_offline_finish(&t.aia);
    m.hart[hart].irqs_on = error != AIA_OK;
    m_on(by);
    if (!error)
        m_stop(hart);
    return error;
}

int t_offline(unsigned hart, unsigned by)
{
    m_on(by);
    int error = aia_hart_offline_begin(&t.aia, hart);

    return error ? error : t_offline_finish(hart, by);
}

int t_online_again(unsigned hart, unsigned by)
{
    m_start(hart);
    m_on(hart);
    m.hart[hart].irqs_on = false;
    int late = aia_hart_online_begin(&t.aia);
    m.hart[hart].irqs_on = true;
    m_on(by);
    return late;
}

struct imsic_stats t_stats(void)
{
    struct imsic_stats s;

    aia_vector_stats(&t.aia, &s);
    return s;
}

void t_same_stats(struct imsic_stats before)
{
    struct imsic_stats now = t_stats();

    assert_memory_equal(&now, &before, sizeof(now));
}

/* ---- what must hold ---- */

void t_check(struct t_irq *q)
{
    m_settle();
    assert_int_equal(q->seen, q->dev.n_raised);
}

void t_check_quiet(const struct t_irq *q)
{
    assert_int_equal(q->dev.n_raised, 0);
    assert_int_equal(q->runs, 0);
}

static void found(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner)
{
    unsigned *n = arg;

    (void)owner;
    if (*n < 64) {
        t.found[*n] = finding;
        t.found_at[(*n)++] = v;
    }
}

unsigned t_audit(unsigned hart)
{
    unsigned here = m.here, n = 0;

    m_on(hart);
    unsigned long was = aia_port_irq_save();
    unsigned returned = aia_audit(&t.aia, found, &n);
    aia_port_irq_restore(was);
    assert_int_equal(returned, n);
    m_on(here);
    return n;
}

void t_check_books(void)
{
    m_pass(T_FOREVER);
    for (unsigned h = 0; h < m.n_harts; h++)
        if (!m.hart[h].stopped && t_audit(h))
            fail_msg("hart %u id %u: %s", h, t.found_at[0].id, aia_finding_name(t.found[0]));
        else if (t.files[h].n_retiring)
            fail_msg("hart %u: %u vectors still retire", h, t.files[h].n_retiring);
}

unsigned t_reported(unsigned what)
{
    unsigned n = 0;

    for (unsigned i = 0; i < m.n_reports; i++)
        n += m.reports[i].what == what;
    return n;
}

/* ---- an interrupt of each kind ---- */

struct t_irq t_kind[T_KINDS];

void t_machine_of_kinds(unsigned n_harts, uint32_t lag)
{
    t_machine(n_harts, 63);
    for (unsigned i = 0; i < T_KINDS; i++)
        t_irq(&t_kind[i], (enum aia_msi_kind)i, 1);
    m.inbound_lag = m.store_lag = m.post_lag = lag;
}

void t_edges(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < T_KINDS; i++)
        m_raise(&t_kind[i].dev);
}

void t_check_kinds(void)
{
    for (unsigned i = 0; i < T_KINDS; i++) {
        t_check(&t_kind[i]);
        m_raise(&t_kind[i].dev);
        t_check(&t_kind[i]);
    }
    t_check_books();
    for (unsigned h = 0; h < m.n_harts; h++) {
        assert_int_equal(t.harts[h].unowned, 0);
        assert_int_equal(t.harts[h].late, 0);
    }
}

/* ---- at an access ---- */

static struct {
    unsigned long left;
    bool fine, done;
    void (*fn)(void *arg);
    void *arg;
} at;

static void at_hook(const struct m_event *e, void *arg)
{
    (void)arg;
    if (at.done || (e->kind == M_ATOMIC && !at.fine) || at.left--)
        return;
    at.done = true;
    at.fn(at.arg);
}

void t_at(unsigned long k, bool fine, void (*fn)(void *arg), void *arg)
{
    at.left = k;
    at.fine = fine;
    at.done = false;
    at.fn = fn;
    at.arg = arg;
    m.hook = at_hook;
}

bool t_at_done(void)
{
    m.hook = NULL;
    return at.done;
}

uint64_t t_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ull; /* splitmix64 */

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}
