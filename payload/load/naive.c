/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/load/naive.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "csr.h"

#define MOVES \
    1024 /* moves of each device that are remembered: a hart may take a message long after it was sent */
#define LANDINGS \
    256 /* landings that are remembered, until the raising hart asks for them LOAD_LOST_MS later */

/* The state of the device's message when the device sent an edge to a wrong vector. */
enum state {
    TORN,  /* new address, old data */
    FREED, /* old message, its vector already free */
    N_STATES,
};

static struct naive_move {
    struct imsic_vector from, to;
} moves[LOAD_MAX][MOVES];
static unsigned n_moves[LOAD_MAX];

static struct landing {
    struct imsic_vector v;
    enum state state;
    const struct load_device *victim;
    const struct load_device
        *ran; /* the device whose handler ran instead; NULL: none, the vector is unowned */
    uint64_t when;
} landings[LANDINGS];
static unsigned n_landings;

static uint64_t lost[N_STATES + 1], n_wrong_handler;
static struct aia_lock books;

static unsigned long lock(void)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&books);
    return was;
}

static void unlock(unsigned long was)
{
    aia_port_unlock(&books);
    aia_port_irq_restore(was);
}

static bool same(struct imsic_vector a, struct imsic_vector b)
{
    return a.hart == b.hart && a.id == b.id;
}

/* True if the message changes in one store, so that it is never torn. */
static bool is_stored(const struct aia_msi *msi)
{
    return msi->kind == AIA_MSI_STORE || msi->kind == AIA_MSI_STORE_LOW;
}

/* True if a remembered move of device `n` could have sent an edge to `v`; the latest such move sets `state`. */
static bool explains(unsigned n, struct imsic_vector v, enum state *state)
{
    bool tears = !is_stored(load_devices[n].irq->msi);

    for (unsigned i = 0; i < MOVES && i < n_moves[n]; i++) {
        const struct naive_move *m = &moves[n][(n_moves[n] - 1 - i) % MOVES];
        *state = same(v, m->from) ? FREED : TORN;
        if (*state == FREED || (tears && v.hart == m->to.hart && v.id == m->from.id))
            return true;
    }
    return false;
}

/* An edge arrived at `v` that belongs to another interrupt than the one of `ran`. Context: interrupt. */
static void landed(struct imsic_vector v, const struct load_device *ran)
{
    unsigned long was = lock();

    for (unsigned n = 0; n < load_n_devices; n++) {
        enum state state;
        if (&load_devices[n] == ran || !explains(n, v, &state))
            continue;
        landings[n_landings++ % LANDINGS] = (struct landing){
            .v = v, .state = state, .victim = &load_devices[n], .ran = ran, .when = time_now()};
    }
    unlock(was);
}

static void unowned(unsigned id)
{
    wedge_unowned(id);
    landed((struct imsic_vector){.hart = (uint16_t)hart_index(), .id = (uint16_t)id}, NULL);
}

/* A run without an edge. The run before has often seen the edge already; then no move explains this run. */
static void empty(struct load_device *d)
{
    landed(d->irq->vec, d);
}

/* The first landing after the edge was raised. It may stand for several edges of a burst: an identity has one bit. */
static const struct landing *find(const struct load_device *d, uint64_t when)
{
    const struct landing *best = NULL;

    for (unsigned i = 0; i < LANDINGS && i < n_landings; i++) {
        const struct landing *l = &landings[i];
        if (l->victim == d && l->when >= when && (!best || l->when < best->when))
            best = l;
    }
    return best;
}

static void explain(struct load_device *d, uint64_t edge, uint64_t when)
{
    static const char *const names[] = {"torn message (new address, old data)",
                                        "old message, its vector given up too early"};
    unsigned long was = lock();
    const struct landing *at = find(d, when);
    struct landing l = at ? *at : (struct landing){0};

    n_wrong_handler += l.ran != NULL;
    lost[at ? l.state : N_STATES]++;
    unlock(was);
    if (!at)
        print("%s: edge %lu lost: its landing was not seen\n", d->name, edge);
    else if (l.ran)
        print("%s: edge %lu lost: it landed on hart %u identity %u and ran the handler of %s: %s\n", d->name,
              edge, l.v.hart, l.v.id, l.ran->name, names[l.state]);
    else
        print("%s: edge %lu lost: it landed on hart %u identity %u, unowned: %s\n", d->name, edge, l.v.hart,
              l.v.id, names[l.state]);
}

void naive_init(void)
{
    aia_port_lock_init(&books, "naive");
    load_watch = (struct load_watch){.lost = explain, .empty = empty};
    irq_watch_unowned(unowned);
}

/* Write the message as any driver could: in one store where the device has one, else the address and then the data. */
static void write_message(struct aia_msi *msi, const struct aia_message *m)
{
    if (is_stored(msi)) {
        msi->ops->store(msi, m);
        return;
    }
    msi->ops->write_addr(msi, m->addr);
    msi->ops->write_data(msi, m->data);
}

/* Allocate, write the device's message, free. */
int naive_move_irq(struct aia_irq *irq, unsigned to, bool keep,
                   void (*note)(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to))
{
    struct imsic_vector from = irq->vec, v;
    int error = imsic_alloc(&aia.imsic, to, 0, (uint32_t)(irq - aia.config.irqs), &v);

    if (error)
        return error;
    note(irq, from, v);
    struct aia_message m = imsic_message(&aia.imsic, v);
    write_message(irq->msi, &m);
    irq->vec = v;
    if (!keep)
        imsic_free(&aia.imsic, from);
    return AIA_OK;
}

static void remember(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to)
{
    const struct load_device *d = irq->context;
    unsigned n = (unsigned)(d - load_devices);
    unsigned long was = lock();

    moves[n][n_moves[n]++ % MOVES] = (struct naive_move){.from = from, .to = to};
    unlock(was);
}

int naive_move(struct load_device *d, unsigned to)
{
    return naive_move_irq(d->irq, to, false, remember);
}

uint64_t naive_print(void)
{
    print(
        "naive moves: lost to a torn message %lu, to a vector given up too early %lu, not seen to land %lu; "
        "%lu of them ran another handler\n",
        lost[TORN], lost[FREED], lost[N_STATES], n_wrong_handler);
    return n_wrong_handler;
}
