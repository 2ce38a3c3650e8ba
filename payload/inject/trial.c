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

/* The interrupts and harts of the present trial. */
static struct {
    enum trial_kind kind;
    struct aia_irq *irq, *bystander;
    unsigned old, new; /* harts */
    unsigned torn;     /* the bystander's identity on the old hart that a torn message would name */
} place;

static struct soft soft, bystander;
static struct aia_ims_entry entry;
static uint64_t blocked[MACHINE_MAX_HARTS]; /* identities that the bystander owns */
static struct imsic_stats stats;

const char *trial_kind_name(enum trial_kind kind)
{
    static const char *const names[TRIAL_N_KINDS] = {
        "address", "common", "torn", "masked", "store", "ims", "ims16",
    };

    return names[kind];
}

bool trial_has(enum trial_kind kind)
{
    for (unsigned h = 0; h < hart_count() && kind == TRIAL_WHOLE; h++)
        if (!machine.aia.harts[h].zacas)
            return false;
    return true;
}

bool trial_init(void)
{
    if (!has_harts(3))
        return false;
    irq_most_ids(63); /* `blocked` has one word for each hart */
    if (!bench_counts()) {
        (void)untested("this job needs exact counts: make run ICOUNT=1");
        return false;
    }
    if (!load_init(1))
        return false;
    irq_spins = 0;
    edges_calibrate();
    /* Only the device is needed: trials have their own handler. */
    return !aia_irq_free(&aia, load_devices[0].irq);
}

/* ---- blocking ---- */

/* Make the bystander own all identities of `hart` except those in `keep`, as if it had many messages. */
static void block_but(unsigned hart, uint64_t keep)
{
    uint32_t owner = (uint32_t)(place.bystander - aia.config.irqs);

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

/* An identity that is neither the interrupt's, nor the bystander's, nor internal. */
static uint64_t another(void)
{
    unsigned id = 1;

    while (id == place.irq->vec.id || id == place.bystander->vec.id || id == aia.imsic.ipi_id ||
           id == aia.imsic.sync_id)
        id++;
    return 1ull << id;
}

/*
 * Put the interrupt on the old hart, which is the mover or another hart, and leave exactly those identities free that its
 * kind of move needs.
 */
static bool prepare(bool old_is_mover)
{
    unsigned here = hart_index(), next = hart_from(here + 1), old = old_is_mover ? here : next;

    place.old = old;
    place.new = hart_from(next + 1);
    if (place.irq->vec.hart != old) {
        unblock(old, 1ull << place.irq->vec.id); /* so that this move changes the address only */
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

static void raise_bystander(void)
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
        .handler = edges_bystander_handler,
        .msi = &bystander.msi,
        .affinity = aia_hartset_one(hart_index()),
    };

    aia_vector_stats(&aia, &stats);
    soft_init(&bystander, AIA_MSI_STORE);
    place.kind = kind;
    int error = aia_irq_request(&aia, &n, &place.bystander);
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
        error = aia_irq_free(&aia, place.bystander);
    aia_vector_stats(&aia, &after);
    bool same = !memcmp(&stats, &after, sizeof(after));
    return (!error && same) || check(false, "%s: all vectors free again: %s", name, aia_strerror(error));
}

/* ---- the trial ---- */

/* Wait until all retiring vectors are reclaimed: early, or by the lazy timer, to which an idle machine under -icount skips. */
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

static uint64_t foreign_edges(void)
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
        if (!e->of_bystander)
            r->landed[e->where]++;
        if (!e->of_bystander && e->delay.instret > r->delay[e->where])
            r->delay[e->where] = e->delay.instret;
        if (!e->of_bystander && e->delay.ns > r->ns[e->where])
            r->ns[e->where] = e->delay.ns;
    }
}

/* Make the move, and wait for all its edges and for the reclaim. */
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
        .bystander = t->bystander,
        .at = {t->at[0], t->at[1]},
        .look = look,
        .raise = raise,
        .raise_bystander = raise_bystander,
    };
    if (!edges_begin(&plan)) {
        r->wrong = "the other harts do not start their parts";
        return;
    }
    int error = aia_irq_set_affinity(&aia, place.irq, &set);
    edges_moved();
    if (error)
        wrong = aia_strerror(error);
    edges_wait();
    if (!edges_others_end())
        wrong = "the other harts do not end their parts";
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
    uint64_t foreign = foreign_edges(), copies = aia.torn_copies, before = edge_runs,
             bystanders = edge_bystander_runs;
    uint64_t forwarded = place.irq->count.forwarded, resent = place.irq->count.resent,
             updates = aia.updates[kind];

    play(t, &r);
    note_edges(&r);
    if (!r.wrong && aia.updates[kind] != updates + 1)
        r.wrong = "the message was changed by another update";
    r.copies = (unsigned)(aia.torn_copies - copies);
    r.forwarded = (unsigned)(place.irq->count.forwarded - forwarded);
    uint64_t own = edges[1].raised && edges[1].of_bystander, allowed = own + r.copies;
    r.foreign = (unsigned)(foreign_edges() - foreign);
    if (edge_bystander_runs - bystanders > allowed)
        r.foreign += (unsigned)(edge_bystander_runs - bystanders - allowed);
    uint64_t most = r.edges - own + r.copies + (place.irq->count.resent - resent);
    if (edge_runs - before > most)
        r.extra = (unsigned)(edge_runs - before - most);
    return r;
}
