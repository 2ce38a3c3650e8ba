/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/soft.h"
#include "payload/hart.h"
#include "payload/time.h"
#include "csr.h"
#include "mmio.h"

static struct soft *soft_of(struct aia_msi *msi)
{
    return (struct soft *)msi; /* its first member */
}

/* A device's sending and the changes of its registers exclude each other. */
static unsigned long lock(struct soft *s)
{
    unsigned long was = csr_irq_save();

    if (!atomic_exchange_explicit(&s->lock, 1, memory_order_acquire))
        return was;
    struct hart_wait w = hart_wait_begin(TIME_NEVER);
    while (atomic_exchange_explicit(&s->lock, 1, memory_order_acquire))
        (void)hart_wait_more(&w);
    return was;
}

static void unlock(struct soft *s, unsigned long was)
{
    atomic_store_explicit(&s->lock, 0, memory_order_release);
    csr_irq_restore(was);
}

static void send(struct soft *s)
{
    fence_rw_o();
    mmio_write32((uintptr_t)atomic_load(&s->addr), atomic_load(&s->data));
    fence_io_w();
}

void soft_raise(struct soft *s)
{
    unsigned long was = lock(s);

    if (s->enabled && s->masked)
        s->pending = 1;
    else if (s->enabled)
        send(s);
    unlock(s, was);
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    unsigned long was = lock(s);
    s->addr = m->addr;
    s->data = m->data;
    s->enabled = 1;
    unlock(s, was);
}

static void stop(struct aia_msi *msi)
{
    struct soft *s = soft_of(msi);
    unsigned long was = lock(s);

    s->enabled = 0;
    unlock(s, was);
}

static void write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct soft *s = soft_of(msi);
    unsigned long was = lock(s);

    s->addr = addr;
    unlock(s, was);
}

static void write_data(struct aia_msi *msi, uint32_t data)
{
    struct soft *s = soft_of(msi);
    unsigned long was = lock(s);

    s->data = data;
    unlock(s, was);
}

static void mask(struct aia_msi *msi)
{
    struct soft *s = soft_of(msi);
    unsigned long was = lock(s);

    s->masked = 1;
    unlock(s, was);
}

static void unmask(struct aia_msi *msi)
{
    struct soft *s = soft_of(msi);

    unsigned long was = lock(s);
    s->masked = 0;
    if (atomic_exchange(&s->pending, 0))
        send(s);
    unlock(s, was);
}

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    start(msi, m);
}

static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    if (s->silent)
        return AIA_ESILENT;
    *m = (struct aia_message){.addr = s->addr, .data = s->data};
    return AIA_OK;
}

void soft_init(struct soft *s, enum aia_msi_kind kind)
{
    static const struct aia_msi_ops ops = {
        .start = start,
        .stop = stop,
        .write_addr = write_addr,
        .write_data = write_data,
        .mask = mask,
        .unmask = unmask,
        .store = store,
        .read_back = read_back,
    };

    *s = (struct soft){.msi = {.ops = &ops, .kind = kind}};
}
