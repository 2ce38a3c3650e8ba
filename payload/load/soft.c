/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/soft.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/work.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/time.h"
#include "payload/drivers/wires.h"
#include "csr.h"
#include "mmio.h"
#include "lib/container.h"

static struct soft *soft_of(struct aia_msi *msi)
{
    return container_of(msi, struct soft, msi);
}

/*
 * A message leaves whole, and never while the device is masked. The device itself guarantees this, so the lock here is the
 * device's and not the library's, and no hook of a test is called while it is held.
 */
static unsigned long lock(struct soft *s)
{
    unsigned long was = csr_read_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE;
    struct hart_wait w = hart_wait_begin(time_from_ms(HANG_END_MS));

    while (atomic_exchange_explicit(&s->lock, 1, memory_order_acquire)) {
        hang_wait_more(&w);
        w.sleep = time_from_us(1);
    }
    return was;
}

static void unlock(struct soft *s, unsigned long was)
{
    atomic_store_explicit(&s->lock, 0, memory_order_release);
    csr_set(sstatus, was);
}

/* ---- sending ---- */

static void deliver(struct soft *s, const struct aia_message *m)
{
    __asm__ __volatile__(
        "fence rw, o" ::
            : "memory"); /* not fence_rw_o(): a hook belongs to the library's accesses, not to the device's */
    if (s->bus)
        s->bus(s, m);
    else
        *(volatile uint32_t *)(uintptr_t)m->addr = m->data;
    __asm__ __volatile__("fence io, iorw" ::: "memory");
}

/* Deliver the oldest `n` messages of the posted queue. */
static void push(struct soft *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        deliver(s, &s->posted[i].message);
    for (unsigned i = n; i < s->n_posted; i++)
        s->posted[i - n] = s->posted[i];
    s->n_posted -= n;
}

static void send(struct soft *s, unsigned n)
{
    struct aia_message m = s->message;

    m.data |= n; /* multi-message MSI: the device changes the low bits */
    if (!s->delay) {
        deliver(s, &m);
        return;
    }
    require(s->n_posted < SOFT_QUEUE, "soft device: posted queue full");
    s->posted[s->n_posted++] = (struct soft_posted){.message = m, .due = time_after(s->delay)};
}

static void send_kept(struct soft *s)
{
    for (; s->pending; s->pending &= s->pending - 1)
        send(s, (unsigned)__builtin_ctz(s->pending));
}

/* The device's reads of memory, in the sizes of its bus: not the library's accesses, so without hooks. */
static uint32_t piece4(const struct soft *s, unsigned i)
{
    return ((const volatile uint32_t *)s->entry)[i];
}

static uint64_t piece8(const struct soft *s, unsigned i)
{
    return ((const volatile uint64_t *)s->entry)[i];
}

/* Read all sixteen bytes in one access: a compare-and-swap that changes nothing, whatever the bytes are. */
static void piece16(const struct soft *s, uint64_t all[2])
{
    uint64_t same[2] = {0, 0};

    all[0] = all[1] = 0;
    (void)mmio_cas128((uintptr_t)s->entry, all, same);
}

static void between(struct soft *s)
{
    if (s->between)
        s->between(s);
}

/* The device fetches its message in pieces. Returns the ctrl word. */
static uint32_t fetch(struct soft *s, struct aia_message *m)
{
    uint64_t all[2];

    switch (s->piece) {
    case 4:
        all[0] = piece4(s, 0);
        between(s);
        all[0] |= (uint64_t)piece4(s, 1) << 32;
        between(s);
        all[1] = piece4(s, 2);
        between(s);
        all[1] |= (uint64_t)piece4(s, 3) << 32;
        break;
    case 8:
        all[0] = piece8(s, 0);
        between(s);
        all[1] = piece8(s, 1);
        break;
    default:
        piece16(s, all);
    }
    *m = (struct aia_message){.addr = all[1] << 32 | (uint32_t)all[0], .data = (uint32_t)(all[0] >> 32)};
    return (uint32_t)(all[1] >> 32);
}

struct aia_message soft_look(struct soft *s)
{
    struct aia_message m;

    if (s->entry)
        (void)fetch(s, &m);
    else
        m = s->message;
    return m;
}

/* The lock is held from the read of the message until it is in the queue, so that a drain waits for the whole step. */
void soft_raise_nth(struct soft *s, unsigned n)
{
    if (s->wired) {
        fence_rw_o(); /* the cause of the edge is visible before the edge */
        aplic_raise(&s->line);
        return;
    }
    unsigned long was = lock(s);

    if (s->entry) {
        if (!(fetch(s, &s->message) & AIA_IMS_MASKED))
            send(s, n);
    } else if (s->enabled && s->masked) {
        s->pending |= 1u << n;
    } else if (s->enabled) {
        send(s, n);
    }
    unlock(s, was);
}

void soft_poll(struct soft *s)
{
    unsigned long was = lock(s);
    unsigned n = 0;

    while (n < s->n_posted && time_now() >= s->posted[n].due)
        n++;
    push(s, n);
    unlock(s, was);
}

/* Answer a read: its completion pushes out every message that the device has sent before. */
static int answer(struct soft *s)
{
    if (s->silent)
        return AIA_ESILENT;
    if (!s->undrained) {
        s->n_drained += s->n_posted;
        push(s, s->n_posted);
    }
    return AIA_OK;
}

/* ---- the message in registers ---- */

static void start(struct aia_msi *msi, const struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    s->message = *m;
    s->enabled = true;
    unlock(s, was);
}

static void stop(struct aia_msi *msi)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    s->enabled = false;
    unlock(s, was);
}

static void write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    s->message.addr = addr;
    unlock(s, was);
}

static void write_data(struct aia_msi *msi, uint32_t data)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    s->message.data = data;
    unlock(s, was);
}

static void set_masked(struct aia_msi *msi, bool masked)
{
    struct soft *s = soft_of(msi);
    unsigned long was = lock(s);

    s->masked = masked;
    if (!masked)
        send_kept(s);
    unlock(s, was);
}

static void mask(struct aia_msi *msi)
{
    ACCESS_HOOK();
    set_masked(msi, true);
}

static void unmask(struct aia_msi *msi)
{
    ACCESS_HOOK();
    set_masked(msi, false);
}

static void store(struct aia_msi *msi, const struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    s->message = *m;
    unlock(s, was);
}

static int read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct soft *s = soft_of(msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    int error = answer(s);
    *m = s->message;
    unlock(s, was);
    return error;
}

void soft_init(struct soft *s, enum aia_msi_kind kind)
{
    soft_init_near(s, kind, hart_index());
}

void soft_init_near(struct soft *s, enum aia_msi_kind kind, unsigned hart)
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

    *s = (struct soft){.wired = wires_wanted()};
    if (!s->wired)
        s->msi = (struct aia_msi){.ops = &ops, .kind = kind};
    else if (!wires_spare(&s->line, hart))
        machine_exit(EXIT_MACHINE);
}

/* ---- the message in memory ---- */

/* The device keeps no copy of its entry, so it forgets nothing; its answer pushes out what it has sent. */
static int drain(struct aia_ims *d)
{
    struct soft *s = soft_of(&d->msi);

    ACCESS_HOOK();
    unsigned long was = lock(s);
    int error = answer(s);
    unlock(s, was);
    return error;
}

int soft_init_entry(struct soft *s, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                    uint64_t posted_limit)
{
    *s = (struct soft){.entry = entry, .piece = kind == AIA_MSI_STORE ? 16 : 8};
    return aia_ims_init(&s->ims, entry, kind, posted_limit ? NULL : drain, posted_limit);
}
