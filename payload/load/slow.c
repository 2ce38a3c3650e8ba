/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/slow.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "csr.h"
#include "mmio.h"
#include "lib/container.h"

static struct slow *slow_of(struct aia_msi *msi)
{
    return container_of(msi, struct slow, msi);
}

static unsigned long lock(struct slow *s)
{
    unsigned long was = csr_irq_save();

    if (!atomic_exchange_explicit(&s->lock, 1, memory_order_acquire))
        return was;
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));
    while (atomic_exchange_explicit(&s->lock, 1, memory_order_acquire))
        hang_wait_more(&w);
    return was;
}

static void unlock(struct slow *s, unsigned long was)
{
    atomic_store_explicit(&s->lock, 0, memory_order_release);
    csr_irq_restore(was);
}

/* ---- the device ---- */

/* Send the posted message on to the hart. Locked. */
static void push(struct slow *s)
{
    if (!s->posted_due)
        return;
    s->posted_due = 0;
    fence_rw_o();
    mmio_write32((uintptr_t)s->posted.addr, s->posted.data);
    fence_io_w();
}

bool slow_raise(struct slow *s)
{
    unsigned long was = lock(s);
    bool sends = s->enabled;

    if (sends) {
        push(s); /* messages arrive in the order in which they were sent */
        s->posted = s->message;
        s->posted_due = time_after(s->post);
        if (!s->post)
            push(s);
    }
    unlock(s, was);
    return sends;
}

static void post_due(struct slow *s)
{
    unsigned long was = lock(s);

    if (s->posted_due && time_now() >= s->posted_due)
        push(s);
    unlock(s, was);
}

void slow_poll(struct slow *s)
{
    post_due(s);
    uint64_t n = atomic_load_explicit(&s->sent, memory_order_acquire);

    if (n == atomic_load_explicit(&s->answered, memory_order_relaxed) || atomic_load(&s->silent))
        return;
    unsigned long was = lock(s);
    if (n == atomic_load_explicit(&s->answered, memory_order_relaxed)) { /* another hart has answered */
        unlock(s, was);
        return;
    }
    if (!s->taken)
        s->taken = time_now();
    if (time_now() - s->taken >= s->delay) {
        s->message = s->copy;
        s->enabled = s->copy_enabled;
        s->taken = 0;
        atomic_store_explicit(&s->answered, n, memory_order_release);
    }
    unlock(s, was);
}

/* ---- software ---- */

static void bus_lock(struct aia_msi *msi)
{
    struct slow *s = slow_of(msi);
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));
    int free = 0;

    require(csr_read(sstatus) & SSTATUS_SIE, "a bus lock is taken with interrupts off");
    while (!atomic_compare_exchange_strong(&s->bus, &free, (int)hart_index() + 1)) {
        free = 0;
        hang_wait_more(&w);
    }
}

static void bus_unlock(struct aia_msi *msi)
{
    atomic_store(&slow_of(msi)->bus, 0);
}

static int bus_sync(struct aia_msi *msi)
{
    struct slow *s = slow_of(msi);
    struct hart_wait w = hart_wait_begin(s->limit);
    uint64_t n = atomic_load(&s->sent) + 1;

    require(csr_read(sstatus) & SSTATUS_SIE, "a command is sent with interrupts off");
    require(atomic_load(&s->bus) == (int)hart_index() + 1, "a command is sent without the bus lock");
    atomic_store_explicit(&s->sent, n, memory_order_release);
    while (atomic_load_explicit(&s->answered, memory_order_acquire) != n) {
        if (s->plays_itself)
            slow_poll(s);
        if (!hart_wait_more(&w))
            return AIA_ESILENT;
    }
    return AIA_OK;
}

static struct slow *copy_of(struct aia_msi *msi)
{
    struct slow *s = slow_of(msi);

    require(atomic_load(&s->bus), "the copy of a slow device changes without its bus lock");
    return s;
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct slow *s = copy_of(msi);

    s->copy = *m;
    s->copy_enabled = true;
}

static void stop(struct aia_msi *msi)
{
    copy_of(msi)->copy_enabled = false;
}

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    copy_of(msi)->copy = *m;
}

static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct slow *s = slow_of(msi);
    unsigned long was = lock(s);

    *m = s->message;
    push(s);
    unlock(s, was);
    return AIA_OK;
}

static void reset(struct aia_msi *msi)
{
    struct slow *s = slow_of(msi);
    unsigned long was = lock(s);

    s->enabled = false;
    unlock(s, was);
    atomic_fetch_add(&s->resets, 1);
}

void slow_init(struct slow *s, uint64_t delay, uint64_t limit)
{
    static const struct aia_msi_ops ops = {
        .start = start,
        .stop = stop,
        .store = store,
        .read_back = read_back,
        .bus_lock = bus_lock,
        .bus_sync = bus_sync,
        .bus_unlock = bus_unlock,
        .reset = reset,
    };

    *s = (struct slow){
        .msi = {.ops = &ops, .kind = AIA_MSI_STORE}, .delay = delay ? delay : 1, .limit = limit};
}
