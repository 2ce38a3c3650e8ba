/* SPDX-License-Identifier: BSD-2-Clause */
#include "imsic/file.h"
#include "payload/load/wedge.h"
#include "payload/kernel/console.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include "payload/pci/msi.h"
#include <stdio.h>
#include <string.h>

#define MOVES    4096 /* moves that are remembered: a hart may take a message long after it was sent */
#define LANDINGS 256  /* landings that are remembered */
#define ROUNDS \
    3 /* rounds of calls to every hart: an edge may be forwarded from hart to hart, and once more */

static struct aia_lock books;

/* How a device may have sent an edge to a wrong vector during a move. */
enum way { BY_OLD, ADDRESS_FIRST, DATA_FIRST, N_WAYS };

static const char *const ways[N_WAYS] = {
    "old message, its vector given up too early",
    "torn message (new address, old data)",
    "torn message (old address, new data)",
};

typedef unsigned __int128 irq_bits;
_Static_assert(IRQ_MAX <= 128, "a bit for each");

static struct moved {
    const struct aia_irq *irq;
    struct imsic_vector from, to;
    uint64_t when;
} moves[MOVES];
static unsigned n_moves;

/* Unowned edges. Identity 0: found by the sweep of a leaving hart, which does not tell the identity. */
static struct landing {
    struct imsic_vector at;
    uint64_t when;
    const struct aia_irq *ran; /* the interrupt whose handler ran instead; NULL: none */
    irq_bits
        by[N_WAYS]; /* interrupts whose moves explain the landing, found before the moves are forgotten */
} landings[LANDINGS];
static unsigned n_landings;

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

/* How this move could have sent an edge to `at`: by the old message or a torn one. N_WAYS: it could not. at.id 0: any identity of
 * that hart. */
static enum way way_of(const struct moved *m, struct imsic_vector at)
{
    if (m->from.hart == at.hart && (!at.id || m->from.id == at.id))
        return BY_OLD;
    if (m->to.hart == m->from.hart)
        return N_WAYS; /* only the data changed */
    if (m->to.hart == at.hart && m->from.id == at.id)
        return ADDRESS_FIRST;
    return m->from.hart == at.hart && m->to.id == at.id ? DATA_FIRST : N_WAYS;
}

/* Find each interrupt's latest move that explains the landing. Books locked. */
static void find_movers(struct landing *l)
{
    irq_bits found = 0;

    for (unsigned i = 0; i < MOVES && i < n_moves; i++) {
        const struct moved *m = &moves[(n_moves - 1 - i) % MOVES];
        irq_bits bit = (irq_bits)1 << (m->irq - aia.config.irqs);
        enum way way = way_of(m, l->at);

        if ((found & bit) || way == N_WAYS)
            continue;
        l->by[way] |= bit;
        found |= bit;
    }
}

static void landed(struct imsic_vector at, const struct aia_irq *ran)
{
    unsigned long was = lock();
    struct landing *l = &landings[n_landings++ % LANDINGS];

    *l = (struct landing){.at = at, .when = time_now(), .ran = ran};
    if (at.id)
        find_movers(l);
    unlock(was);
}

void wedge_unowned(unsigned id)
{
    landed((struct imsic_vector){(uint16_t)aia_port_hart(), (uint16_t)id}, NULL);
}

void wedge_init(void)
{
    aia_port_lock_init(&books, "wedge");
    irq_watch_unowned(wedge_unowned);
}

void wedge_swept(unsigned hart)
{
    landed((struct imsic_vector){(uint16_t)hart, 0}, NULL);
}

void wedge_ran_other(const struct aia_irq *ran)
{
    landed(ran->vec, ran);
}

static struct imsic_vector shifted(struct imsic_vector v, unsigned by)
{
    return (struct imsic_vector){v.hart, (uint16_t)(v.id + by)};
}

void wedge_moved(const struct aia_irq *irq, struct imsic_vector from, struct imsic_vector to)
{
    const struct aia_irq *first = irq->first;
    unsigned before = (unsigned)(irq - first);
    unsigned long was = lock();

    for (unsigned i = 0; i < 1u << first->order; i++)
        moves[n_moves++ % MOVES] =
            (struct moved){first + i, shifted(from, i - before), shifted(to, i - before), time_now()};
    unlock(was);
}

/* ---- where the edge landed ---- */

/* The result of a look for the edge. at.id 0: nothing was found. */
struct clue {
    struct imsic_vector at;
    const char *how; /* in what state the edge is there */
    const char *why; /* why the edge went there */
    const char *ran; /* the name of the interrupt whose handler ran */
};

static const char pending_unowned[] = "pending, unowned";

/* Explain an edge at `at` by the latest move of `irq` that could have sent it; at.id 0: to any identity of that hart. Books locked. */
static const char *explain(const struct aia_irq *irq, struct imsic_vector *at)
{
    for (unsigned i = 0; i < MOVES && i < n_moves; i++) {
        const struct moved *m = &moves[(n_moves - 1 - i) % MOVES];
        enum way way = way_of(m, *at);

        if (m->irq != irq || way == N_WAYS)
            continue;
        at->id = at->id ? at->id : m->from.id;
        return ways[way];
    }
    return NULL;
}

static const char *explained(const struct landing *l, irq_bits bit)
{
    for (unsigned way = 0; way < N_WAYS; way++)
        if (l->by[way] & bit)
            return ways[way];
    return NULL;
}

/* The latest landing since the handler last ran that a move of `irq` explains. An earlier edge would have been handled. */
static struct clue find_landing(const struct aia_irq *irq, uint64_t since)
{
    irq_bits bit = (irq_bits)1 << (irq - aia.config.irqs);
    unsigned long was = lock();
    struct clue clue = {0};

    for (unsigned i = 0; i < LANDINGS && i < n_landings && !clue.why; i++) {
        const struct landing *l = &landings[(n_landings - 1 - i) % LANDINGS];
        struct imsic_vector at = l->at;

        if (l->when < since)
            break;
        clue.why = at.id ? explained(l, bit) : explain(irq, &at);
        clue.at = at;
        clue.how = l->ran     ? "and ran the handler of "
                   : l->at.id ? "unowned"
                              : "unowned, found by the sweep when the hart went offline";
        clue.ran = l->ran ? l->ran->name : "";
    }
    unlock(was);
    return clue.why ? clue : (struct clue){0};
}

/* A scan of a hart's eip for edges of `irq` and unowned edges. Only the hart itself can read its eip. */
struct scan {
    const struct aia_irq *irq;
    unsigned silent; /* the hart that did not answer, plus 1 */
    struct clue clue;
};

static void scan_hart(void *arg)
{
    struct scan *t = arg;
    const struct imsic_file *f = &aia.imsic.files[aia_port_hart()];
    uint32_t number = (uint32_t)(t->irq - aia.config.irqs);

    for (unsigned w = 0; w < imsic_file_words(f); w++) {
        for (uint64_t bits = imsic_file_pending(w); bits; bits &= bits - 1) {
            unsigned id = w * 64 + (unsigned)__builtin_ctzll(bits);
            uint32_t slot = atomic_load(&f->slots[id]);
            enum imsic_state state = imsic_slot_state(slot);

            if (state == IMSIC_INTERNAL || (state != IMSIC_FREE && imsic_slot_owner(slot) != number))
                continue;
            t->clue.at = (struct imsic_vector){(uint16_t)aia_port_hart(), (uint16_t)id};
            t->clue.how = state == IMSIC_RETIRING ? "pending on a retiring vector"
                          : state == IMSIC_OWNED  ? "pending where it belongs"
                                                  : pending_unowned;
        }
    }
}

/* Make every hart take its interrupts, and then scan what is still pending. */
static void call_all(struct scan *t)
{
    t->clue.at.id = 0;
    for (unsigned h = 0; h < aia.config.n_harts && !t->silent; h++)
        if (aia_call(&aia, h, scan_hart, t) ==
            AIA_ETIMEOUT) /* another error: the hart is offline, and its sweep has left nothing pending */
            t->silent = h + 1;
}

/* ---- the line ---- */

/*
 * Compare the message that the device holds with the books; "" if they agree. No lock is taken, because the hart that holds
 * the lock may hang; in the middle of a move the two may therefore differ.
 */
static void compare_message(const struct aia_irq *irq, char *text, size_t n)
{
    struct aia_message have = {0}, want = imsic_message(&aia.imsic, irq->vec);
    unsigned hart = 0;
    char to[48];

    text[0] = '\0';
    int error = irq->msi->ops->read_back(irq->msi, &have);
    fence_io_rwio(); /* the messages that the read pushed out arrive before the next reads */
    have.data |=
        error
            ? 0
            : (uint32_t)(irq - irq->first); /* the device puts the number within the block in the low bits */
    if (error)
        (void)snprintf(text, n, "; the device's message cannot be read");
    if (error || (have.addr == want.addr && have.data == want.data))
        return;
    while (hart < aia.config.n_harts && aia.imsic.files[hart].msi_addr != have.addr)
        hart++;
    if (hart < aia.config.n_harts)
        (void)snprintf(to, sizeof(to), "to hart %u identity %u now", hart, have.data);
    else
        (void)snprintf(to, sizeof(to), "%u to 0x%lx now, no hart's", have.data, (unsigned long)have.addr);
    (void)snprintf(text, n, "; it sends %s, the books say hart %u identity %u", to, irq->vec.hart,
                   irq->vec.id);
}

/* Append what the device itself reports about an edge that it holds back. */
static void add_held(const struct aia_irq *irq, char *text, size_t n)
{
    const struct aia_msi *device = irq->msi;
    size_t used = strlen(text);

    while (device->below)
        device = device->below;
    const char *held = pci_msix_holds(device);
    if (held)
        (void)snprintf(text + used, n - used, "; %s", held);
}

static void say(const struct wedge_source *s, const struct wedge_state *st, const struct clue *clue,
                enum wedge_finding finding)
{
    uint64_t ms = time_to_us(time_now() - st->ran_at) / 1000;
    char since[32] = "ever", where[160], message[224];

    compare_message(s->irq, message, sizeof(message));
    add_held(s->irq, message, sizeof(message));
    if (st->ran_at)
        (void)snprintf(since, sizeof(since), "since %lu.%03lu s", ms / 1000, ms % 1000);
    if (finding == WEDGE_HANGS)
        (void)snprintf(where, sizeof(where), "the place of its edge is unknown: hart %u does not answer",
                       clue->at.hart);
    else if (!st->sent)
        (void)snprintf(where, sizeof(where), "the device has sent none");
    else if (clue->at.id)
        (void)snprintf(where, sizeof(where), "edge landed on hart %u identity %u, %s%s%s%s", clue->at.hart,
                       clue->at.id, clue->how, clue->ran ? clue->ran : "", clue->why ? ": " : "",
                       clue->why ? clue->why : "");
    else
        (void)snprintf(where, sizeof(where), "edge was sent, and its landing was not seen");
    print("%s: %s, no interrupt %s; %s%s\n", s->name, st->holds, since, where, message);
}

/* Look at the source's state after every hart has taken its interrupts, and decide what became of the edge. */
static enum wedge_finding decide(const struct wedge_source *s, struct wedge_state *st, struct clue *clue)
{
    struct scan t = {.irq = s->irq};
    uint64_t progress = st->progress;

    for (unsigned round = 0; round < ROUNDS; round++) {
        call_all(&t);
        if (s->state(s->context, st))
            return WEDGE_GONE;
        if (st->progress != progress)
            return WEDGE_SLOW;
        if (t.silent) {
            *clue = (struct clue){.at.hart = (uint16_t)(t.silent - 1)};
            return WEDGE_HANGS;
        }
    }
    if (atomic_load(&s->irq->flow) & AIA_FLOW_DISABLED) {
        *clue = (struct clue){.at = s->irq->vec, .how = "kept there while the interrupt is disabled"};
        return WEDGE_LOST;
    }
    *clue = find_landing(s->irq, st->ran_at);
    if (!clue->at.id)
        *clue = t.clue;
    if (clue->how == pending_unowned) {
        unsigned long was = lock();
        clue->why = explain(s->irq, &clue->at);
        unlock(was);
    }
    return st->sent ? WEDGE_LOST : WEDGE_UNSENT;
}

/* True if the same fault was printed before: the handler has not run since the last line about this interrupt. */
static bool printed_before(const struct aia_irq *irq, enum wedge_finding finding, uint64_t ran_at)
{
    static struct {
        enum wedge_finding finding;
        uint64_t ran_at;
    } last[IRQ_MAX];
    unsigned n = (unsigned)(irq - aia.config.irqs);
    bool again = last[n].finding == finding && last[n].ran_at == ran_at;

    last[n].finding = finding;
    last[n].ran_at = ran_at;
    return again;
}

static enum wedge_finding look(const struct wedge_source *s)
{
    struct wedge_state st = {0};
    struct clue clue = {0};
    enum wedge_finding finding;
    int error = s->state(s->context, &st);

    if (!error && !st.waits)
        return WEDGE_DEVICE;
    finding = error ? WEDGE_GONE : decide(s, &st, &clue);
    if (finding == WEDGE_GONE)
        error = error ? error : s->state(s->context, &st);
    if (finding != WEDGE_SLOW && !printed_before(s->irq, finding, st.ran_at)) {
        if (error)
            print("%s: no answer: %s\n", s->name, s->strerror(error));
        else
            say(s, &st, &clue, finding);
    }
    return finding;
}

enum wedge_finding wedge_look(const struct wedge_source *s)
{
    static _Atomic int looking;

    if (atomic_exchange(&looking, 1))
        return WEDGE_SLOW;
    enum wedge_finding finding = look(s);
    atomic_store(&looking, 0);
    return finding;
}
