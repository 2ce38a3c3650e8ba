/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=ims: messages in memory. A device, played by another hart, reads its message while the library changes it, sends
 * late, and does not answer. Where a fault must not happen, a wrong way of doing the same is tried too, which shows that
 * the test would see the fault.
 */
#include "imsic/file.h"
#include "payload/kernel/work.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"
#include "mmio.h"

#define MOVES      500
#define RECLAIM_MS 20000 /* on a busy host a hart may not run for long */

static struct soft soft, filler;
static struct aia_ims_entry entry;
static struct aia_irq *irq, *filler_irq;
static _Atomic uint64_t runs;
static unsigned here, other; /* the interrupt is on one of these two harts */

static enum aia_result handler(void *context, struct aia_irq *i)
{
    (void)context;
    (void)i;
    runs++;
    return AIA_HANDLED;
}

static bool request(struct aia_msi *msi, struct aia_irq **out)
{
    struct aia_request r = {
        .name = "soft",
        .handler = handler,
        .msi = msi,
        .affinity = aia_hartset_one(here),
        .policy = {.reclaim = AIA_RECLAIM_EAGER},
    };
    int error = aia_irq_request(&aia, &r, out);

    return !error || check(false, "request: %s", aia_strerror(error));
}

/* Make the device, with its message in memory, and request its interrupt. */
static bool begin(enum aia_msi_kind kind, uint64_t posted_limit)
{
    int error = soft_init_entry(&soft, &entry, kind, posted_limit);

    return error ? check(false, "message in memory: %s", aia_strerror(error)) : request(&soft.msi, &irq);
}

static void free_irq(void)
{
    int error = aia_irq_free(&aia, irq);

    check(!error, "freed: %s", aia_strerror(error));
}

static bool reclaimed(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(RECLAIM_MS));

    while (irq->n_retiring)
        if (!hart_wait_more(&w))
            return false;
    return true;
}

static void move_across(void)
{
    must_move(irq, irq->vec.hart == here ? other : here);
}

/* ---- torn reads ---- */

static _Atomic int stop_looking;
static _Atomic uint64_t looks, halves;
static struct aia_message
    whole[2]; /* the two messages that the library writes: one for each hart, with different identities */

static bool is_whole(const struct aia_message *m)
{
    return (m->addr == whole[0].addr && m->data == whole[0].data) ||
           (m->addr == whole[1].addr && m->data == whole[1].data);
}

/* The device reads its message again and again. */
static void look(void *arg)
{
    struct hart_wait w = hart_wait_begin(TIME_NEVER);

    (void)arg;
    while (!stop_looking) {
        struct aia_message m = soft_look(&soft);
        halves += !is_whole(&m);
        looks++;
        w.sleep = time_from_us(1); /* lets other harts run where harts take turns (icount) */
        if (looks % 8 == 0)
            (void)hart_wait_more(&w);
    }
}

/* Wait until the device has read its message once from beginning to end. */
static void let_it_look(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(100));
    uint64_t from = looks;

    while (looks < from + 2 && hart_wait_more(&w))
        ;
}

static const struct aia_msi_ops *right;

static void store_with_looks(struct aia_msi *msi, const struct aia_message *m)
{
    let_it_look();
    right->store(msi, m);
    let_it_look();
}

/* A wrong store: a driver that is not careful writes so, or a compiler splits the store. */
static void store_in_two(struct aia_msi *msi, const struct aia_message *m)
{
    (void)msi;
    mmio_write32((uintptr_t)&entry.address_lo, (uint32_t)m->addr);
    let_it_look();
    mmio_write32((uintptr_t)&entry.data, m->data);
    let_it_look();
}

/* The store comes between the first two pieces of a read: the device waits there for the store, and the store for the device. */
static _Atomic int between, pieces;

static void wait_between(int want)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(100));

    while (between != want && !stop_looking && hart_wait_more(&w))
        ;
}

static void until_stored(struct soft *s)
{
    (void)s;
    if (pieces++ % 3)
        return;
    between = 1;
    wait_between(0);
}

static void store_between(struct aia_msi *msi, const struct aia_message *m)
{
    wait_between(1);
    right->store(msi, m);
    between = 0;
}

static void race(unsigned device_hart, void (*store)(struct aia_msi *msi, const struct aia_message *m))
{
    struct aia_msi_ops ops = *right;

    ops.store = store ? store : right->store;
    soft.ims.msi.ops = &ops;
    looks = halves = 0;
    stop_looking = 0;
    check(!hart_run(device_hart, look, NULL), "hart %u plays the device, which reads %u bytes at a time",
          device_hart, soft.piece);
    for (unsigned i = 0; i < MOVES; i++) {
        move_across();
        if (!reclaimed())
            check(false, "the old vector is reclaimed");
    }
    stop_looking = 1;
    check(!hart_join(device_hart, time_from_ms(1000)), "%u moves, %lu reads", MOVES, looks);
    soft.ims.msi.ops = right;
}

static void torn_reads(unsigned device_hart, enum aia_msi_kind kind)
{
    if (!begin(kind, 0))
        return;
    right = soft.ims.msi.ops;
    whole[0] = imsic_message(&aia.imsic, irq->vec);
    move_across();
    whole[1] = imsic_message(&aia.imsic, irq->vec);
    check(whole[0].data != whole[1].data && reclaimed(),
          "the message has identity %u on one hart, %u on the other", whole[0].data, whole[1].data);
    race(device_hart, store_with_looks);
    check(!halves && looks, "one store: no read sees a torn message");
    race(device_hart, NULL);
    check(!halves && looks, "one store, reads at any time: no read sees a torn message");
    race(device_hart, store_in_two);
    check(halves, "two stores: %lu reads see a torn message", halves);
    soft.piece = 4;
    soft.between = until_stored;
    race(device_hart, store_between);
    check(halves, "one store, a device that reads in pieces of 4 bytes: %lu reads see a torn message",
          halves);
    free_irq();
}

/* ---- the ctrl word belongs to the driver ---- */

static _Atomic int stop_driver;
static uint32_t driver_writes;

static void drive(void *arg)
{
    struct hart_wait w = hart_wait_begin(TIME_NEVER);
    _Atomic uint32_t *ctrl = (_Atomic uint32_t *)&entry.ctrl;

    (void)arg;
    for (driver_writes = 0; !stop_driver; driver_writes++) {
        atomic_fetch_add(ctrl, 1u << 8);
        (void)hart_wait_more(&w);
        w.sleep = time_from_us(1);
    }
}

static void control_word(unsigned driver_hart)
{
    if (!begin(AIA_MSI_STORE, 0))
        return;
    entry.ctrl &= AIA_IMS_MASKED;
    stop_driver = 0;
    check(!hart_run(driver_hart, drive, NULL), "hart %u plays the driver", driver_hart);
    for (unsigned i = 0; i < MOVES; i++)
        move_across();
    stop_driver = 1;
    check(!hart_join(driver_hart, time_from_ms(1000)) && entry.ctrl >> 8 == (driver_writes & 0xffffff),
          "stores of sixteen bytes: of %u writes to ctrl during %u moves none is lost", driver_writes, MOVES);
    free_irq();
}

/* ---- late messages ---- */

static uint64_t unowned(void)
{
    uint64_t n = 0;

    for (unsigned h = 0; h < hart_count(); h++)
        n += aia.config.harts[h].unowned;
    return n;
}

static void sleep_ms(unsigned ms)
{
    hart_sleep_until(time_after(time_from_ms(ms)));
}

static void late_drained(uint64_t delay)
{
    if (!begin(AIA_MSI_STORE_LOW, 0))
        return;
    soft.delay = delay;
    uint64_t before = runs;
    soft_raise(&soft);
    check(runs == before && soft.n_posted == 1, "a message is in the device's posted queue");
    move_across();
    check(wait_for(&runs, before + 1) && !soft.n_posted,
          "the drain of a move pushes the message out, and it is handled");
    check(reclaimed() && runs == before + 1, "it is handled once, and the old vector is reclaimed");
    free_irq();
}

/* False: the host was so busy that posted_limit was over before the late message came. Nothing is proven then. */
static bool late_within(uint64_t posted_limit, uint64_t delay)
{
    if (!begin(AIA_MSI_STORE_LOW, posted_limit))
        return true;
    soft.delay = delay;
    uint64_t before = runs, begun = time_now();
    soft_raise(&soft);
    uint64_t due = time_after(delay);
    move_across();
    check(wait_for(&runs, before + 1), "a device without a drain: the move resends one edge");
    while (time_now() < due)
        hart_sleep_until(due);
    bool retires = irq->n_retiring == 1;
    soft_poll(&soft);
    bool in_time = time_now() - begun < posted_limit;
    if (in_time) {
        check(retires, "long after the lazy period the old vector is still retiring");
        check(wait_for(&runs, before + 2), "the late message is handled");
    }
    check(reclaimed() && time_now() - begun >= posted_limit,
          "after posted_limit the old vector is reclaimed");
    free_irq();
    return in_time;
}

static void late_undrained(uint64_t delay)
{
    unsigned tries = 4;
    uint64_t posted_limit = 50 * delay;

    while (!late_within(posted_limit, delay) && --tries)
        posted_limit *= 4;
    check(tries, "the late message came before posted_limit");
}

/* A device whose read-back does not drain, although it should. Its late message is lost, and the library counts it as unowned. */
static void late_liar(uint64_t delay)
{
    soft_init(&soft, AIA_MSI_STORE);
    if (!request(&soft.msi, &irq))
        return;
    soft.delay = delay;
    soft.undrained = true;
    uint64_t before = runs, unowned_before = unowned();
    soft_raise(&soft);
    move_across();
    check(reclaimed(), "a device whose read-back does not drain: its old vector is reclaimed");
    hart_sleep_until(time_after(delay));
    soft_poll(&soft);
    sleep_ms(2);
    check(runs == before && unowned() == unowned_before + 1,
          "its late message is lost, and counted as unowned");
    free_irq();
}

static void silent(void)
{
    if (!begin(AIA_MSI_STORE_LOW, 0))
        return;
    struct aia_hartset set = aia_hartset_one(other);
    struct imsic_vector v = irq->vec;
    uint64_t before = runs;
    soft.silent = true;
    int error = aia_irq_set_affinity(&aia, irq, &set);
    check(error == AIA_ESILENT && irq->vec.hart == v.hart && irq->vec.id == v.id,
          "the interrupt of a device that never answers does not move: %s", aia_strerror(error));
    soft.silent = false;
    soft_raise(&soft);
    check(wait_for(&runs, before + 1), "its next edge is handled on the same hart");
    free_irq();
}

static bool zacas(void)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (!machine.aia.harts[h].zacas)
            return false;
    return true;
}

int job_ims(void)
{
    uint64_t delay = 3 * aia.config.lazy_period;

    here = hart_index();
    other = hart_from(here + 1);
    unsigned device_hart = hart_from(other + 1);
    soft_init(&filler, AIA_MSI_STORE);
    if (!has_harts(3))
        return EXIT_MACHINE;
    irq_need_ids(2);
    if (!request(&filler.msi, &filler_irq))
        return verdict();
    struct aia_ims d;
    check(aia_ims_init(&d, (struct aia_ims_entry *)((uintptr_t)&entry + 8), AIA_MSI_STORE_LOW, NULL, 1) ==
              AIA_EINVAL,
          "a message across a cache line is refused");
    torn_reads(device_hart, AIA_MSI_STORE_LOW);
    if (zacas()) {
        torn_reads(device_hart, AIA_MSI_STORE);
        control_word(device_hart);
    }
    late_drained(delay);
    late_undrained(delay);
    late_liar(delay);
    silent();
    check(!aia_irq_free(&aia, filler_irq), "all freed");
    return verdict();
}
