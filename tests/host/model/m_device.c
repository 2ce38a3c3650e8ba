/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI devices of every kind, working and broken. */
#include "model.h"

#define CONTAINER(msi) ((struct m_dev *)(void *)((char *)(msi)-offsetof(struct m_dev, msi)))

/* Software accesses the device: call the hook and log the access. Returns whether the device takes writes. */
static bool access(struct m_dev *d, enum m_device_op op, uint64_t value)
{
    m_event(M_DEVICE, d, op, value);
    if (m.n_log < M_LOG)
        m.log[m.n_log++] = (struct m_log){d, op, value};
    return d->mood == M_WELL || d->mood == M_MUTE;
}

static bool names_message(struct m_dev *d, enum m_device_op op, uint64_t value)
{
    bool taken = access(d, op, value);

    if (m.hart[m.here].slots_dirty)
        m_die("hart %u: message written after a slot without a fence rw, o between", m.here);
    return taken;
}

static void dev_start(struct aia_msi *msi, const struct aia_message *message)
{
    struct m_dev *d = CONTAINER(msi);

    if (!names_message(d, M_START, message->data))
        return;
    d->message = *message;
    d->enabled = d->fresh = true;
}

static void dev_stop(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    if (!access(d, M_STOP, 0))
        return;
    d->enabled = false;
}

static void dev_write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct m_dev *d = CONTAINER(msi);

    if (d->msi.kind >= AIA_MSI_STORE || (d->msi.kind == AIA_MSI_PLAIN && addr >> 32 != d->message.addr >> 32))
        m_die("a %s device's address written", d->msi.kind == AIA_MSI_STORE ? "single-store" : "plain");
    if (names_message(d, M_ADDR, addr))
        d->message.addr = addr;
}

static void dev_write_data(struct aia_msi *msi, uint32_t data)
{
    struct m_dev *d = CONTAINER(msi);

    if (d->msi.kind >= AIA_MSI_STORE)
        m_die("a single-store device's data written");
    if (names_message(d, M_DATA, data))
        d->message.data = data;
}

static void send(struct m_dev *d)
{
    m_queue_add(&d->posted, d->message.addr, d->message.data);
    if (m.post_lag == 0)
        m_push(d);
}

static void dev_mask(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    if (d->msi.kind != AIA_MSI_MASKABLE)
        m_die("a device without a mask masked");
    if (access(d, M_MASK, 0))
        d->masked = true;
}

static void dev_unmask(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    if (!access(d, M_UNMASK, 0))
        return;
    d->masked = false;
    if (d->held)
        send(d);
    d->held = false;
}

static void dev_store(struct aia_msi *msi, const struct aia_message *message)
{
    struct m_dev *d = CONTAINER(msi);

    if (d->msi.kind < AIA_MSI_STORE)
        m_die("a device that has no single store is written by one");
    if (d->msi.kind == AIA_MSI_STORE_LOW && message->addr >> 32 != d->message.addr >> 32)
        m_die("half an address stored: the device would write to foreign memory");
    if (names_message(d, M_STORE, message->data))
        d->message = *message;
}

static int dev_read_back(struct aia_msi *msi, struct aia_message *message)
{
    struct m_dev *d = CONTAINER(msi);

    access(d, M_READ_BACK, 0);
    if (d->mood == M_MUTE)
        return AIA_ESILENT;
    *message = d->mood == M_GONE ? (struct aia_message){UINT64_MAX, UINT32_MAX} : d->message;
    if (d->mood != M_GONE) {
        m_push(d);
        m.hart[m.here].read_back_unfenced = !d->fresh;
        d->fresh = false;
    }
    return AIA_OK;
}

void m_dev_init(struct m_dev *d, enum aia_msi_kind kind)
{
    static const struct aia_msi_ops ops = {
        .start = dev_start,
        .stop = dev_stop,
        .write_addr = dev_write_addr,
        .write_data = dev_write_data,
        .mask = dev_mask,
        .unmask = dev_unmask,
        .store = dev_store,
        .read_back = dev_read_back,
    };

    *d = (struct m_dev){.msi = {.ops = &ops, .kind = kind}};
    if (m.n_devs == M_DEVS)
        m_die("too many devices");
    m.devs[m.n_devs++] = d;
}

bool m_raise(struct m_dev *d)
{
    if (!d->enabled || d->mood == M_GONE)
        return false;
    d->n_raised++;
    if (d->masked)
        d->held = true;
    else
        send(d);
    return true;
}

void m_push(struct m_dev *d)
{
    for (unsigned i = 0; i < d->posted.n; i++)
        m_fabric_post(d->posted.w[i].addr, d->posted.w[i].data);
    d->posted.n = 0;
}

bool m_logged(const struct m_dev *d, enum m_device_op op, unsigned *i)
{
    for (; *i < m.n_log; ++*i)
        if (m.log[*i].dev == d && m.log[*i].op == op)
            return true;
    return false;
}
