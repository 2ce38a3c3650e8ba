/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Benchmarks: a move of each kind, by the hart where the interrupt is, and the reclaim there. The identities that are free
 * decide the kind (lib/message.c). The floor is the device accesses and the fence before them.
 */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/bench/bench.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/panic.h"
#include "payload/report/check.h"
#include "csr.h"
#include "mmio.h"

#define PLAIN_MOST 900

static struct bench_device dev, blocker, bare; /* bare: the device of the floors */
static unsigned here, other;
static struct aia_hartset to;
static uint64_t taken[2]
                     [IMSIC_WORDS]; /* identities that the blocker owns: [0] on this hart, [1] on the other */

/* Make the blocker own each identity of `hart` except `keep`. unblock() frees all its identities. */
static void block_but(unsigned hart, unsigned keep)
{
    for (unsigned id = 1; id <= aia.imsic.files[hart].n_ids; id++)
        if (id != keep && !imsic_alloc_id(&aia.imsic, hart, id, 0, (uint32_t)(blocker.irq - aia.config.irqs)))
            taken[hart == other][id / 64] |= 1ull << id % 64;
}

static void unblock(void)
{
    for (unsigned i = 0; i < 2; i++)
        for (unsigned id = 1; id <= IMSIC_MAX_IDS; id++)
            if (taken[i][id / 64] >> id % 64 & 1) {
                imsic_free(&aia.imsic,
                           (struct imsic_vector){.hart = (uint16_t)(i ? other : here), .id = (uint16_t)id});
                taken[i][id / 64] &= ~(1ull << id % 64);
            }
}

static void reclaim_here(void *arg)
{
    (void)arg;
    unsigned long was = csr_irq_save();
    aia_timer(&aia);
    csr_irq_restore(was);
}

static void reclaim_all(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (hart_is_online(h))
            (void)aia_call(&aia, h, reclaim_here, NULL);
}

/* Move the interrupt to this hart, and leave those identities free that this kind of move needs. */
static void prepare(void *arg)
{
    enum aia_update kind = *(enum aia_update *)arg;

    unblock();
    must_move(dev.irq, here);
    reclaim_all();
    unsigned id = dev.irq->vec.id, free = id == 100 ? 101 : 100;
    to = aia_hartset_one(other);
    if (kind == AIA_UPDATE_COMMON || kind == AIA_UPDATE_TORN)
        block_but(other, free);
    if (kind == AIA_UPDATE_TORN)
        block_but(here, id);
}

static void move(void *arg)
{
    (void)arg;
    (void)aia_irq_set_affinity(&aia, dev.irq, &to);
}

static void floor_addr(void *arg)
{
    (void)arg;
    fence_rw_o();
    bare.addr = 1;
    (void)bare.data;
}

static void floor_both(void *arg)
{
    (void)arg;
    fence_rw_o();
    bare.data = 1;
    bare.addr = 1;
    (void)bare.addr;
    (void)bare.data;
}

static void floor_masked(void *arg)
{
    (void)arg;
    fence_rw_o();
    bare.masked = true;
    bare.addr = 1;
    bare.data = 1;
    bare.masked = false;
    (void)bare.addr;
    (void)bare.data;
}

static const struct row {
    const char *name;
    enum aia_msi_kind device;
    unsigned order;
    enum aia_update update;
    void (*floor)(void *arg);
    struct bench_limit limit;
} rows[] = {
    {"move: address", AIA_MSI_PLAIN, 0, AIA_UPDATE_ADDR, floor_addr, {BENCH_MOST, PLAIN_MOST}},
    {"move: common identity", AIA_MSI_PLAIN, 0, AIA_UPDATE_COMMON, floor_both, {BENCH_FREE, 0}},
    {"move: torn and watched", AIA_MSI_PLAIN, 0, AIA_UPDATE_TORN, floor_both, {BENCH_FREE, 0}},
    {"move: masked", AIA_MSI_MASKABLE, 0, AIA_UPDATE_MASKED, floor_masked, {BENCH_FREE, 0}},
    {"move: one store", AIA_MSI_STORE, 0, AIA_UPDATE_STORE, floor_both, {BENCH_FREE, 0}},
    {"move: a block of 8", AIA_MSI_MASKABLE, 3, AIA_UPDATE_MASKED, floor_masked, {BENCH_FREE, 0}},
};

static void one_kind(const struct row *r)
{
    enum aia_update update = r->update;
    struct aia_hartset set = aia_hartset_one(here);

    if (!bench_request(&dev, r->device, r->order, set) || !bench_request(&blocker, AIA_MSI_STORE, 0, set))
        return;
    uint64_t before = aia.updates[update];
    struct bench_cost c = bench_measure(prepare, move, &update), f = bench_measure(NULL, r->floor, NULL);
    uint64_t n = aia.updates[update] - before;
    check(n >= 5, "%s: each move was of this kind", r->name);
    bench_row(r->name, c, f, r->limit);
    unblock();
    check(!aia_irq_free(&aia, blocker.irq) && !aia_irq_free(&aia, dev.irq), "%s: all interrupts are freed",
          r->name);
}

/* ---- reclaim on this hart, after a move away ---- */

static void prepare_reclaim(void *arg)
{
    enum aia_update update = AIA_UPDATE_STORE;

    (void)arg;
    prepare(&update);
    move(NULL);
}

static void reclaim(void *arg)
{
    (void)arg;
    aia_timer(&aia);
}

/* The floor: a sync of this hart, and a read of the vector's pending bit. */
static void floor_reclaim(void *arg)
{
    (void)arg;
    mmio_write32(aia.imsic.files[here].mmio, aia.imsic.sync_id);
    while (!(imsic_file_pending(aia.imsic.sync_id / 64u) >> aia.imsic.sync_id % 64u & 1))
        ;
    imsic_file_clear_pending(aia.imsic.sync_id);
    (void)imsic_file_pending(0);
}

static void bench_reclaim(void)
{
    if (!bench_request(&dev, AIA_MSI_STORE, 0, aia_hartset_one(here)) ||
        !bench_request(&blocker, AIA_MSI_STORE, 0, aia_hartset_one(here)))
        return;
    struct bench_cost c = bench_measure(prepare_reclaim, reclaim, NULL);
    unsigned long was = csr_irq_save();
    struct bench_cost f = bench_measure(NULL, floor_reclaim, NULL);
    csr_irq_restore(was);
    bench_row("reclaim of one vector", c, f, (struct bench_limit){BENCH_FREE, 0});
    (void)aia_irq_free(&aia, blocker.irq);
    (void)aia_irq_free(&aia, dev.irq);
}

void bench_move(void)
{
    here = hart_index();
    other = hart_from(here + 1);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        one_kind(&rows[i]);
    bench_reclaim();
}
