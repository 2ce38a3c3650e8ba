/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/inject/trial_place.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/load/soft.h"
#include "payload/bench/bench.h"
#include "payload/report/check.h"
#include "payload/load/load.h"
#include <string.h>

struct place place;

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
    trial_calibrate();
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

bool place_prepare(bool old_is_mover)
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

enum aia_update place_update(void)
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

bool place_look(struct aia_message *m)
{
    if (is_plain())
        return plain()->ops->read_back(plain(), m) != AIA_OK;
    *m = soft_look(&soft);
    return !soft.entry && soft.masked;
}

void place_raise(void)
{
    if (is_plain())
        load_raise_bit(&load_devices[0], 1);
    else
        soft_raise(&soft);
}

void place_raise_neighbour(void)
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
        .handler = trial_handler,
        .msi = device(kind),
        .affinity = aia_hartset_one(hart_index()),
        .policy = policy,
    };
    struct aia_request n = {
        .name = "bystander",
        .handler = trial_neighbour_handler,
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
