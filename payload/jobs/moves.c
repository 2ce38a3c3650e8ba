/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=moves: each kind of move, one at a time, on an idle machine. The next edge is handled on the new hart, and an edge
 * that is pending on the old hart is forwarded.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "payload/load/load.h"
#include "csr.h"

#define SETTLE_MS 2000 /* the lazy timer's period is 1 ms, but on a busy host a hart may not run for long */

static struct load_device *dev;

/* The next hart where the interrupt can be. A wire may not reach all harts. */
static unsigned next_hart(unsigned hart)
{
    do
        hart = hart_from(hart + 1);
    while (!irq_goes(dev->irq, hart));
    return hart;
}

/*
 * Raise one edge; the handler must run on the hart where the interrupt is. The handler of a level can run once more after
 * its line has fallen, on the hart where the interrupt was before a move. That run would take the edge, so wait for its end
 * first.
 */
static bool edge_arrives(void)
{
    claims_done();
    bool idle = !aia_irq_synchronize(&aia, dev->irq);
    unsigned hart = dev->irq->vec.hart;
    uint64_t runs = aia_irq_runs(&aia, dev->irq, hart), handled = dev->handled;

    dev->edges++;
    load_raise_bit(dev, 1);
    bool came = wait_for(&dev->handled, handled + 1), here = load_ran_on(dev, hart, runs);
    if (!idle || !came || !here)
        print("%s: on hart %u: %s, %s, %lu runs there\n", dev->name, hart,
              idle ? "idle before" : "busy before", came ? "handled" : "not handled",
              aia_irq_runs(&aia, dev->irq, hart) - runs);
    return idle && came && here;
}

/* The handler of a blocker: an interrupt that only occupies an identity. */
static enum aia_result never(void *context, struct aia_irq *irq)
{
    (void)context;
    (void)irq;
    return AIA_NONE;
}

static struct soft blockers[IRQ_MAX];
static struct aia_irq *blocker_irqs[IRQ_MAX];
static unsigned n_blockers;

static int block(unsigned hart)
{
    struct soft *s = &blockers[n_blockers];
    struct aia_request q = {
        .name = "blocker", .handler = never, .msi = &s->msi, .affinity = aia_hartset_one(hart)};

    soft_init(s, AIA_MSI_STORE);
    int error = aia_irq_request(&aia, &q, &blocker_irqs[n_blockers]);
    n_blockers += !error;
    return error;
}

static void unblock(void)
{
    unsigned good = 0, n = n_blockers;

    while (n_blockers)
        good += !aia_irq_free(&aia, blocker_irqs[--n_blockers]);
    check(good == n, "%u blockers freed", good);
}

static uint64_t total_updates(void)
{
    uint64_t n = 0;

    for (unsigned k = 0; k < AIA_N_UPDATES; k++)
        n += aia.updates[k];
    return n;
}

/* Wait until all retiring vectors are reclaimed: an identity that is still retiring on the new hart cannot be used. */
static void settle(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(SETTLE_MS));

    while (atomic_load(&dev->irq->n_retiring))
        require(hart_wait_more(&w), "%s: a vector retires for more than %u ms", dev->name, SETTLE_MS);
}

static void by(enum aia_update kind, const char *name, unsigned to)
{
    uint64_t before = aia.updates[kind], all = total_updates();

    settle();
    must_move(dev->irq, to);
    check(aia.updates[kind] == before + 1 && total_updates() == all + 1, "move to hart %u by %s", to, name);
    check(edge_arrives(), "the next edge runs there");
}

/* Occupy all identities of both harts, then free one on `to` that is not the one in use here: no identity is common. */
static void by_torn(unsigned to)
{
    unsigned here = dev->irq->vec.hart;

    settle();
    while (!block(here))
        ;
    while (!block(to))
        ;
    check(n_blockers > 2, "%u blockers leave no vector on harts %u and %u", n_blockers, here, to);
    /* Free one on `to` that is not the device's identity on `here`. */
    for (unsigned i = 0; i < n_blockers; i++) {
        struct imsic_vector v = blocker_irqs[i]->vec;
        if (v.hart != to || v.id == dev->irq->vec.id)
            continue;
        check(!aia_irq_free(&aia, blocker_irqs[i]), "identity %u of hart %u is free again", v.id, to);
        blocker_irqs[i] = blocker_irqs[--n_blockers];
        break;
    }
    by(AIA_UPDATE_TORN, "both, watched on the old hart", to);
    unblock();
}

/* The old hart holds its interrupts off while an edge comes and the interrupt moves: the retiring vector forwards the edge. */
#define HOLD_MS 5000 /* a bound; on a busy host a hart may not run for long */
static _Atomic int hold, held;

static void hold_off(void *arg)
{
    unsigned long was = csr_irq_save();
    struct hart_wait w = hart_wait_begin(time_from_ms(HOLD_MS));

    (void)arg;
    atomic_store(&held, 1);
    while (atomic_load(&hold) && hart_wait_more(&w))
        ;
    csr_irq_restore(was);
    atomic_store(&held, 0);
}

static void forwards(unsigned from, unsigned to, unsigned then)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(HOLD_MS));
    uint64_t handled = dev->handled, forwarded = dev->irq->count.forwarded;

    must_move(dev->irq, from);
    uint64_t ran = aia_irq_runs(&aia, dev->irq, then), ran_on_way = aia_irq_runs(&aia, dev->irq, to);
    atomic_store(&hold, 1);
    check(!hart_run(from, hold_off, NULL), "hart %u holds its interrupts off", from);
    while (!atomic_load(&held) && hart_wait_more(&w))
        ;
    dev->edges++;
    load_raise_bit(dev, 1);
    must_move(dev->irq, to);
    if (then != to)
        must_move(dev->irq, then);
    atomic_store(&hold, 0);
    check(wait_for(&dev->handled, handled + 1), "the edge that was pending there is handled");
    /* Without interrupt files the edge was pending in the controller, so a hart on the way may take it. */
    bool on_way = !irq_by_message() && load_ran_on(dev, to, ran_on_way);
    check((on_way || load_ran_on(dev, then, ran)) &&
              dev->irq->count.forwarded == forwarded + irq_by_message(),
          "on hart %u, forwarded %s", on_way ? to : then, irq_by_message() ? "once" : "never");
    check(!hart_join(from, time_from_ms(HOLD_MS)), "hart %u takes interrupts again", from);
}

static void chain(void)
{
    unsigned n = hart_count(), good = 0, rounds = 50 * n;

    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned j = 0; j < 1 + i % 5; j++)
            must_move(dev->irq, next_hart(dev->irq->vec.hart));
        good += edge_arrives();
    }
    check(good == rounds, "%u of %u edges arrive after chains of 1 to 5 moves", good, rounds);
}

static void by_plain_message(unsigned here, unsigned other)
{
    by(AIA_UPDATE_ADDR, "address only", other);
    by(AIA_UPDATE_ADDR, "address only", here);
    settle();
    check(!block(other), "the device's identity is taken on hart %u", other);
    by(AIA_UPDATE_COMMON, "common identity", other);
    unblock();
    must_move(dev->irq, here);
    by_torn(other);
    by_torn(here);
}

int job_moves(void)
{
    if (!has_harts(2))
        return EXIT_MACHINE;
    if (!load_init(1))
        return EXIT_MACHINE;
    irq_need_ids(2);
    if (!wires_wanted())
        irq_most_ids(IRQ_MAX);
    dev = &load_devices[0];
    unsigned self = hart_index(), here = irq_goes(dev->irq, self) ? self : next_hart(self);
    unsigned other = next_hart(here), third = next_hart(other);

    must_move(dev->irq, here);
    check(edge_arrives(), "an edge arrives");
    if (wires_wanted()) {
        by(AIA_UPDATE_STORE, "one store", other);
        by(AIA_UPDATE_STORE, "one store", here);
    } else {
        by_plain_message(here, other);
    }
    forwards(other, here, here);
    if (third != here)
        forwards(other, third, here);
    chain();
    check(load_balanced(), "the books balance");
    return verdict();
}
