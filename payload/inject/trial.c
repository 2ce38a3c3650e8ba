/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/inject/trial.h"
#include "payload/kernel/work.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/report/check.h"
#include "payload/load/load.h"
#include "payload/load/soft.h"
#include "payload/bench/bench.h"
#include <string.h>

/* Where the interrupt is before its move, and what is free for it there. */
static struct {
    enum trial_kind kind;
    struct aia_irq *irq, *neighbour;
    unsigned old, new; /* harts */
    unsigned torn;     /* identity of J on the old hart that a torn message would name */
} place;

static struct soft soft, neighbour;
static struct aia_ims_entry entry;
static uint64_t blocked[MACHINE_MAX_HARTS]; /* identities that are J's */
static struct imsic_stats stats;

const char *trial_kind_name(enum trial_kind kind)
{
    static const char *const names[TRIAL_N_KINDS] = {
        "address", "common", "torn", "masked", "store", "descriptor", "descriptor16",
    };

    return names[kind];
}

bool trial_has(enum trial_kind kind)
{
    for (unsigned h = 0; h < hart_count() && kind == TRIAL_WHOLE; h++)
        if (!machine.harts[h].zacas)
            return false;
    return true;
}

bool trial_init(void)
{
    if (!has_harts(3))
        return false;
    irq_most_ids(63); /* a word of them */
    if (!bench_counts()) {
        (void)untested("it takes exact counts: make run ICOUNT=1");
        return false;
    }
    if (!load_init(1))
        return false;
    irq_spins = 0;
    edges_calibrate();
    return !aia_irq_free(&aia, load_devices[0].irq); /* only the device: we have a handler of our own */
}

/* ---- blocking ---- */

/* The library's books say that these vectors are J's, as if it had many messages. */
static void block_but(unsigned hart, uint64_t keep)
{
    uint32_t owner = (uint32_t)(place.neighbour - aia.config.irqs);

    for (unsigned id = 1; id <= aia.imsic.files[hart].n_ids; id++)
        if (!(keep >> id & 1) && imsic_alloc_id(&aia.imsic, hart, id, 0, owner) == AIA_OK)
            blocked[hart] |= 1ull << id;
}

static void unblock(unsigned hart, uint64_t ids)
{
    for (uint64_t bits = blocked[hart] & ids; bits; bits &= bits - 1) {
        uint16_t id = (uint16_t)__builtin_ctzll(bits);
        imsic_free(&aia.imsic, (struct imsic_vector){.hart = (uint16_t)hart, .id = id});
        blocked[hart] &= ~(1ull << id);
    }
}

static bool reclaim_now(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(10));

    for (unsigned h = 0; h < hart_count(); h++)
        if (aia.imsic.files[h].n_retiring)
            (void)aia_ipi_send(&aia, h, AIA_IPI_RECLAIM);
    while (place.irq->n_retiring)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

/* An identity that is neither the interrupt's, nor the bystander's, nor reserved. */
static uint64_t another(void)
{
    unsigned id = 1;

    while (id == place.irq->vec.id || id == place.neighbour->vec.id || id == aia.imsic.ipi_id ||
           id == aia.imsic.sync_id)
        id++;
    return 1ull << id;
}

/* Put I on the old hart, the mover's own or another, and leave free what its kind of move needs, and no more. */
static bool prepare(bool old_is_mover)
{
    unsigned here = hart_index(), next = hart_from(here + 1), old = old_is_mover ? here : next;

    place.old = old;
    place.new = hart_from(next + 1);
    if (place.irq->vec.hart != old) {
        unblock(old, 1ull << place.irq->vec.id); /* so that it goes there by its address alone */
        must_move(place.irq, old);
    }
    if (!reclaim_now())
        return false;
    uint64_t other = another(), on_old = 0, on_new = other;
    if (place.kind == TRIAL_ADDR)
        on_new = 1ull << place.irq->vec.id;
    if (place.kind == TRIAL_COMMON)
        on_old = other;
    place.torn = (unsigned)__builtin_ctzll(other);
    unblock(old, on_old);
    unblock(place.new, on_new);
    block_but(old, on_old);
    block_but(place.new, on_new);
    return true;
}

static enum aia_update expected_update(void)
{
    static const enum aia_update updates[TRIAL_N_KINDS] = {
        AIA_UPDATE_ADDR,  AIA_UPDATE_COMMON, AIA_UPDATE_TORN,  AIA_UPDATE_MASKED,
        AIA_UPDATE_STORE, AIA_UPDATE_STORE,  AIA_UPDATE_STORE,
    };

    return updates[place.kind];
}

/* ---- the device ---- */

static bool is_plain(void)
{
    return place.kind <= TRIAL_TORN;
}

static struct aia_msi *plain(void)
{
    return load_msi(&load_devices[0]);
}

static bool look(struct aia_message *m)
{
    if (is_plain())
        return plain()->ops->read_back(plain(), m) != AIA_OK;
    *m = soft_look(&soft);
    return !soft.entry && soft.masked;
}

static void raise(void)
{
    if (is_plain())
        load_raise_bit(&load_devices[0], 1);
    else
        soft_raise(&soft);
}

static void raise_neighbour(void)
{
    imsic_send(&aia.imsic, (struct imsic_vector){.hart = (uint16_t)place.old, .id = (uint16_t)place.torn});
}

static struct aia_msi *device(enum trial_kind kind)
{
    switch (kind) {
    case TRIAL_MASKED:
        soft_init(&soft, AIA_MSI_MASKABLE);
        return &soft.msi;
    case TRIAL_STORE:
        soft_init(&soft, AIA_MSI_STORE);
        return &soft.msi;
    case TRIAL_STORE_LOW:
        (void)soft_init_entry(&soft, &entry, AIA_MSI_STORE_LOW, 0);
        return &soft.msi;
    case TRIAL_WHOLE:
        (void)soft_init_entry(&soft, &entry, AIA_MSI_STORE, 0);
        return &soft.msi;
    default:
        return plain();
    }
}

bool trial_begin(enum trial_kind kind, struct aia_policy policy)
{
    struct aia_request r = {
        .name = trial_kind_name(kind),
        .handler = edges_handler,
        .msi = device(kind),
        .affinity = aia_hartset_one(hart_index()),
        .policy = policy,
    };
    struct aia_request n = {
        .name = "bystander",
        .handler = edges_neighbour_handler,
        .msi = &neighbour.msi,
        .affinity = aia_hartset_one(hart_index()),
    };

    aia_vector_stats(&aia, &stats);
    soft_init(&neighbour, AIA_MSI_STORE);
    place.kind = kind;
    int error = aia_irq_request(&aia, &n, &place.neighbour);
    if (!error)
        error = aia_irq_request(&aia, &r, &place.irq);
    return !error || check(false, "%s: request: %s", r.name, aia_strerror(error));
}

bool trial_end(void)
{
    struct imsic_stats after;
    const char *name = place.irq->name;

    for (unsigned h = 0; h < hart_count(); h++)
        unblock(h, UINT64_MAX);
    int error = aia_irq_free(&aia, place.irq);
    if (!error)
        error = aia_irq_free(&aia, place.neighbour);
    aia_vector_stats(&aia, &after);
    bool same = !memcmp(&stats, &after, sizeof(after));
    return (!error && same) || check(false, "%s: all vectors free again: %s", name, aia_strerror(error));
}

/* ---- the trial ---- */

/* Until all that retired is free again: soon, or when the lazy timer has come, which an idle machine skips to. */
static bool wait_reclaimed(bool *early)
{
    static const unsigned us[] = {5, 20, 100};

    for (unsigned i = 0; i < 3 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(time_from_us(us[i])));
    *early = !place.irq->n_retiring;
    for (unsigned i = 0; i < 2 && place.irq->n_retiring; i++)
        hart_sleep_until(time_after(aia.config.lazy_period + time_from_us(20)));
    return !place.irq->n_retiring;
}

static uint64_t strays(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned + aia.config.harts[h].late;
    return n;
}

static void note_edges(struct trial_result *r)
{
    for (unsigned i = 0; i < EDGES; i++) {
        const struct edge *e = &edges[i];
        if (!e->raised)
            continue;
        r->edges++;
        r->lost += !e->answered;
        r->access[i] = e->access;
        if (!e->of_neighbour)
            r->landed[e->where]++;
        if (!e->of_neighbour && e->delay.instret > r->delay[e->where])
            r->delay[e->where] = e->delay.instret;
        if (!e->of_neighbour && e->delay.ns > r->ns[e->where])
            r->ns[e->where] = e->delay.ns;
    }
}

/* The move, and all that comes of it. */
static void play(const struct trial *t, struct trial_result *r)
{
    static struct edges_plan plan;
    struct aia_hartset set = aia_hartset_one(place.new);
    const char *wrong = NULL;

    plan = (struct edges_plan){
        .old = place.old,
        .new = place.new,
        .torn = place.kind == TRIAL_TORN,
        .busy = t->busy,
        .hold = t->old == TRIAL_OLD_OFF,
        .together = t->together,
        .neighbour = t->neighbour,
        .at = {t->at[0], t->at[1]},
        .look = look,
        .raise = raise,
        .raise_neighbour = raise_neighbour,
    };
    if (!edges_begin(&plan)) {
        r->wrong = "the other harts do not do as they are told";
        return;
    }
    int error = aia_irq_set_affinity(&aia, place.irq, &set);
    edges_moved();
    if (error)
        wrong = aia_strerror(error);
    edges_wait();
    if (!edges_others_end())
        wrong = "the other harts do not come back";
    if (!wait_reclaimed(&r->early))
        wrong = "a vector is not reclaimed";
    edges_wait();
    r->accesses = edges_end();
    r->wrong = wrong;
}

struct trial_result trial_run(const struct trial *t)
{
    struct trial_result r = {0};

    if (!prepare(t->old == TRIAL_OLD_SELF)) {
        r.wrong = "the interrupt cannot be put in its place";
        return r;
    }
    enum aia_update kind = expected_update();
    uint64_t stray = strays(), copies = aia.torn_copies, before = edge_runs, neighbours = edge_neighbour_runs;
    uint64_t forwarded = place.irq->count.forwarded, resent = place.irq->count.resent,
             updates = aia.updates[kind];

    play(t, &r);
    note_edges(&r);
    if (!r.wrong && aia.updates[kind] != updates + 1)
        r.wrong = "not the update it should be";
    r.copies = (unsigned)(aia.torn_copies - copies);
    r.forwarded = (unsigned)(place.irq->count.forwarded - forwarded);
    uint64_t own = edges[1].raised && edges[1].of_neighbour, allowed = own + r.copies;
    r.stray = (unsigned)(strays() - stray);
    if (edge_neighbour_runs - neighbours > allowed)
        r.stray += (unsigned)(edge_neighbour_runs - neighbours - allowed);
    uint64_t most = r.edges - own + r.copies + (place.irq->count.resent - resent);
    if (edge_runs - before > most)
        r.phantom = (unsigned)(edge_runs - before - most);
    return r;
}
