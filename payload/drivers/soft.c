/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/soft.h"
#include "mmio.h"

static struct soft *soft_of(struct aia_msi *msi)
{
    return (struct soft *)msi; /* its first member */
}

static void send(struct soft *s)
{
    fence_rw_o();
    mmio_write32((uintptr_t)atomic_load(&s->addr), atomic_load(&s->data));
    fence_io_w();
}

void soft_raise(struct soft *s)
{
    if (!s->enabled)
        return;
    if (s->masked)
        s->pending = 1;
    else
        send(s);
}

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    s->addr = m->addr;
    s->data = m->data;
    s->enabled = 1;
}

static void stop(struct aia_msi *msi)
{
    soft_of(msi)->enabled = 0;
}

static void write_addr(struct aia_msi *msi, uint64_t addr)
{
    soft_of(msi)->addr = addr;
}

static void write_data(struct aia_msi *msi, uint32_t data)
{
    soft_of(msi)->data = data;
}

static void mask(struct aia_msi *msi)
{
    soft_of(msi)->masked = 1;
}

static void unmask(struct aia_msi *msi)
{
    struct soft *s = soft_of(msi);

    s->masked = 0;
    if (atomic_exchange(&s->pending, 0))
        send(s);
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
