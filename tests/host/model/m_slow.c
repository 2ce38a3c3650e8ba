/* SPDX-License-Identifier: BSD-2-Clause */
/* A device whose message is changed through a command queue: a copy in memory, and one command that applies the copy. */
#include "model.h"

#define CONTAINER(msi) ((struct m_dev *)(void *)((char *)(msi)-offsetof(struct m_dev, msi)))

static void log_access(struct m_dev *d, enum m_device_op op, uint64_t value)
{
    m_event(M_DEVICE, d, op, value);
    if (m.n_log < M_LOG)
        m.log[m.n_log++] = (struct m_log){d, op, value};
}

/* The copy is changed under the bus lock, and never while a command applies it. */
static struct m_dev *change(struct aia_msi *msi, enum m_device_op op, uint64_t value)
{
    struct m_dev *d = CONTAINER(msi);

    log_access(d, op, value);
    if (!d->bus.locked_by)
        m_die("hart %u: a slow device's copy is changed without its bus lock", m.here);
    return d;
}

static void slow_start(struct aia_msi *msi, const struct aia_message *message)
{
    struct m_dev *d = change(msi, M_START, message->data);

    d->bus.copy = *message;
    d->bus.copy_enabled = true;
}

static void slow_stop(struct aia_msi *msi)
{
    change(msi, M_STOP, 0)->bus.copy_enabled = false;
}

static void slow_store(struct aia_msi *msi, const struct aia_message *message)
{
    change(msi, M_STORE, message->data)->bus.copy = *message;
}

/* Return the message that the device has acknowledged. Because this reads the device, it pushes out what the device sent. */
static int slow_read_back(struct aia_msi *msi, struct aia_message *message)
{
    struct m_dev *d = CONTAINER(msi);

    log_access(d, M_READ_BACK, 0);
    if (d->bus.silent)
        return AIA_ESILENT;
    *message = d->message;
    m_push(d);
    return AIA_OK;
}

static void thread_only(const char *what)
{
    struct m_hart *h = &m.hart[m.here];

    if (h->n_locks || !h->irqs_on || h->in_irq)
        m_die("hart %u: %s where nothing may wait", m.here, what);
}

static void slow_lock(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    thread_only("bus_lock");
    if (d->bus.locked_by == m.here + 1)
        m_die("hart %u takes a bus lock that it holds", m.here);
    for (unsigned n = 0; d->bus.locked_by; n++) {
        if (n > 10000)
            m_die("hart %u waits without end for a bus lock", m.here);
        aia_port_relax();
    }
    d->bus.locked_by = m.here + 1;
}

static void slow_unlock(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    if (d->bus.locked_by != m.here + 1)
        m_die("hart %u frees a bus lock that it does not hold", m.here);
    d->bus.locked_by = 0;
}

/* Send one command. The device obeys half-way through the wait for its answer. */
static int slow_sync(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    thread_only("bus_sync");
    if (d->bus.locked_by != m.here + 1)
        m_die("hart %u sends a command without the bus lock", m.here);
    d->bus.n_commands++;
    for (unsigned i = 0; i <= d->bus.answers_after; i++) {
        aia_port_relax();
        if (d->bus.silent || i != d->bus.answers_after / 2)
            continue;
        m_event(M_DEVICE, d, M_STORE, d->bus.copy.data);
        d->message = d->bus.copy;
        d->enabled = d->bus.copy_enabled;
    }
    return d->bus.silent ? AIA_ESILENT : AIA_OK;
}

static void slow_reset(struct aia_msi *msi)
{
    struct m_dev *d = CONTAINER(msi);

    thread_only("reset");
    d->bus.n_resets++;
    d->enabled = false;
}

void m_slow_init(struct m_dev *d)
{
    static const struct aia_msi_ops ops = {
        .start = slow_start,
        .stop = slow_stop,
        .store = slow_store,
        .read_back = slow_read_back,
        .bus_lock = slow_lock,
        .bus_sync = slow_sync,
        .bus_unlock = slow_unlock,
        .reset = slow_reset,
    };

    m_dev_init(d, AIA_MSI_STORE);
    d->msi.ops = &ops;
    d->bus.answers_after = 3;
}
