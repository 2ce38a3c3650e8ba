/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test=blocks: multi-message MSIs of 2 to 32 messages that move as one, and an interrupt through a remapping unit, which
 * moves without a change of the device's own message. In both cases another hart raises edges without a pause.
 */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "payload/load/soft.h"
#include "payload/report/check.h"
#include "payload/jobs.h"

#define MAX     32   /* messages */
#define LOST_MS 5000 /* on a busy host a hart may not run for long */

const struct arg job_blocks_args[] = {
    ARG_WORK("moves", "moves of each block (300)", ARG_MAX_ROUNDS),
    ARGS_END,
};

static struct soft soft;
static struct aia_irq *irq;
static unsigned n_messages;

/* ---- fire ---- */

/* raised[n]: edges of message n; seen[n]: of these, the edges that were raised before a handler run of message n. */
static _Atomic uint64_t raised[MAX], seen[MAX];
static _Atomic uint64_t extra, edges, lost;
static _Atomic int stop;

static enum aia_result handler(void *context, struct aia_irq *i)
{
    uint64_t now = raised[i - i->first];

    (void)context;
    extra += seen[i - i->first] == now; /* more runs than edges of this message */
    seen[i - i->first] = now;
    return AIA_HANDLED;
}

/* Raise one edge of each message without a pause, then wait for all of them. */
static void salvo(void)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(LOST_MS));

    for (unsigned n = 0; n < n_messages; n++) {
        raised[n]++;
        soft_raise_nth(&soft, n);
    }
    edges += n_messages;
    for (unsigned n = 0; n < n_messages; n++)
        while (seen[n] != raised[n])
            if (!hart_wait_more(&w)) {
                lost++;
                seen[n] = raised[n];
            }
}

static void fire(void *arg)
{
    (void)arg;
    while (!stop)
        salvo();
}

static unsigned move_under_fire(unsigned moves)
{
    unsigned gunner = hart_from(hart_index() + 1), good = 0;

    stop = 0;
    edges = lost = extra = 0;
    if (!check(!hart_run(gunner, fire, NULL), "hart %u raises edges", gunner))
        return 0;
    check(wait_for(&edges, n_messages),
          "and its edges arrive"); /* on a busy host the hart might else not run before the last move */
    for (unsigned i = 0; i < moves; i++) {
        struct aia_hartset set = aia_hartset_one(hart_from(irq->vec.hart + 1 + i % 2));
        int error = aia_irq_set_affinity(&aia, irq, &set);
        good += !error && aia_hartset_has(&set, irq->vec.hart);
        if (error)
            print("move %u: %s\n", i, aia_strerror(error));
        if (i % 4 == 0)
            hart_sleep_until(time_after(time_from_us(50)));
    }
    stop = 1;
    check(!hart_join(gunner, time_from_ms(5000)), "and stops");
    return good;
}

/* ---- blocks ---- */

static bool in_a_row(void)
{
    for (unsigned n = 0; n < n_messages; n++)
        if (irq[n].vec.hart != irq->vec.hart || irq[n].vec.id != irq->vec.id + n)
            return false;
    return irq->vec.id % n_messages == 0;
}

static void block(enum aia_msi_kind kind, unsigned order, unsigned moves)
{
    struct aia_request r = {
        .name = "block",
        .handler = handler,
        .msi = &soft.msi,
        .affinity = aia_hartset_first(hart_count()),
        .order = order,
    };

    soft_init(&soft, kind);
    n_messages = 1u << order;
    int error = aia_irq_request(&aia, &r, &irq);
    if (!check(!error, "%u messages: %s", n_messages, aia_strerror(error)))
        return;
    uint64_t copies = aia.torn_copies;
    unsigned good = move_under_fire(moves);
    copies = aia.torn_copies - copies;
    check(good == moves && in_a_row(), "%u of %u moves of %u messages as one", good, moves, n_messages);
    check(!lost && extra <= copies && edges >= n_messages,
          "%lu edges, each handled by its own message's handler: %lu lost, %lu extra runs (%lu copies)",
          edges, lost, extra, copies);
    error = aia_irq_free(&aia, irq);
    check(!error, "freed: %s", aia_strerror(error));
}

/* ---- a chain ---- */

/* A remapping unit with one entry: the device writes to its window, and the entry holds the message that is sent on. */
#define WINDOW 0xfee00000u
#define INDEX  5u

static struct remapper {
    struct aia_msi msi;
    _Atomic uint64_t entry; /* the address of an interrupt file's page, and the identity in the low 12 bits */
    unsigned starts, wrong;
} remapper;

static uint64_t pack(const struct aia_message *m)
{
    return m->addr | m->data;
}

static void remap_start(struct aia_msi *msi, const struct aia_message *m)
{
    const struct aia_message own = {.addr = WINDOW, .data = INDEX};

    remapper.entry = pack(m);
    remapper.starts++;
    msi->below->ops->start(msi->below, &own);
}

static void remap_stop(struct aia_msi *msi)
{
    msi->below->ops->stop(msi->below);
}

static void remap_store(struct aia_msi *msi, const struct aia_message *m)
{
    (void)msi;
    remapper.entry = pack(m);
}

/* The device's answer is the drain: when it comes, the device's messages have passed through the remapper. */
static int remap_read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct aia_message own;
    int error = msi->below->ops->read_back(msi->below, &own);

    *m = (struct aia_message){.addr = remapper.entry & ~0xfffull, .data = remapper.entry & 0xfff};
    return error;
}

static void remap_bus(struct soft *s, const struct aia_message *m)
{
    uint64_t entry = remapper.entry;

    (void)s;
    if (m->addr != WINDOW || m->data != INDEX)
        remapper.wrong++;
    else
        *(volatile uint32_t *)(uintptr_t)(entry & ~0xfffull) = entry & 0xfff;
}

static void remapped(unsigned moves)
{
    static const struct aia_msi_ops ops = {
        .start = remap_start, .stop = remap_stop, .store = remap_store, .read_back = remap_read_back};
    struct aia_request r = {
        .name = "remapped",
        .handler = handler,
        .msi = &remapper.msi,
        .affinity = aia_hartset_first(hart_count()),
    };

    soft_init(&soft, AIA_MSI_PLAIN);
    soft.bus = remap_bus;
    remapper.msi = (struct aia_msi){.ops = &ops, .below = &soft.msi, .kind = AIA_MSI_STORE};
    n_messages = 1;
    int error = aia_irq_request(&aia, &r, &irq);
    if (!check(!error, "a device whose messages pass a remapper: %s", aia_strerror(error)))
        return;
    unsigned good = move_under_fire(moves);
    check(good == moves, "%u of %u moves", good, moves);
    check(!lost && !extra && edges, "%lu edges: %lu lost, %lu extra runs", edges, lost, extra);
    check(soft.message.addr == WINDOW && soft.message.data == INDEX && remapper.starts == 1 &&
              !remapper.wrong,
          "the device's own message has not changed");
    uint64_t retired = irq->count.moves;
    soft.silent = true;
    struct aia_hartset set = aia_hartset_one(hart_from(irq->vec.hart + 1));
    error = aia_irq_set_affinity(&aia, irq, &set);
    check(error == AIA_ESILENT && irq->count.moves == retired,
          "a move while the device below does not answer: %s", aia_strerror(error));
    soft.silent = false;
    error = aia_irq_free(&aia, irq);
    check(!error, "freed: %s", aia_strerror(error));
}

/*
 * True if each file has 2^order aligned identities, none of them internal. The internal identities are the same in all
 * files.
 */
static bool fits(unsigned order)
{
    unsigned n = 1u << order;

    for (unsigned id = n; id + n - 1 <= aia.imsic.files[0].n_ids; id += n)
        if (aia.imsic.ipi_id / n != id / n && aia.imsic.sync_id / n != id / n)
            return true;
    return false;
}

int job_blocks(void)
{
    unsigned moves = (unsigned)args_u64("moves", 300), most = 5;

    if (!has_harts(2))
        return EXIT_MACHINE;
    while (most && !fits(most))
        most--;
    if (!most)
        return untested("no room for a block of identities");
    if (most < 5)
        print("largest block %u: of %u identities the IPIs have number %u\n", 1u << most,
              aia.imsic.files[0].n_ids, aia.imsic.ipi_id);
    for (unsigned order = 1; order <= most; order++) {
        block(AIA_MSI_PLAIN, order, moves);
        block(AIA_MSI_MASKABLE, order, moves);
    }
    block(AIA_MSI_STORE, most, moves);
    for (unsigned u = AIA_UPDATE_ADDR; u <= AIA_UPDATE_TORN; u++)
        print("plain blocks, update %u: %lu\n", u, aia.updates[u]);
    remapped(moves);
    return verdict();
}
