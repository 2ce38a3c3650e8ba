/* SPDX-License-Identifier: BSD-2-Clause */
/* What the wedge detector (payload/load/wedge.h) prints of a silent device, on a machine where the edge went to a wrong place. */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "imsic/file.h"
#include "imsic/vector.h"
#include "payload/kernel/console.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"

/* ---- what the payload provides: its library instance, its clock in microseconds, its console ---- */

struct aia aia;

static void (*watcher)(unsigned id);
static char console[1024];

void irq_watch_unowned(void (*fn)(unsigned id))
{
    watcher = fn;
}

uint64_t model_time(void)
{
    return m.now;
}

uint64_t time_to_us(uint64_t ticks)
{
    return ticks;
}

void print(const char *fmt, ...)
{
    size_t n = strlen(console);
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(console + n, sizeof(console) - n, fmt, ap);
    va_end(ap);
}

/* ---- the device that the detector looks at ---- */

static struct t_irq q, other;
static struct imsic_vector old, new;
static struct device {
    struct wedge_state now;
    int error;
    unsigned good;       /* successful looks before the error */
    unsigned moves_from; /* from this look on the device makes progress; 0: never */
    unsigned looks;
} device;

static int state(void *context, struct wedge_state *s)
{
    (void)context;
    device.looks++;
    *s = device.now;
    if (device.moves_from && device.looks >= device.moves_from)
        s->progress++;
    return device.good && device.good-- ? 0 : device.error;
}

static const char *name_of(int error)
{
    return error == -7 ? "DEV_EGONE: gone" : "?";
}

/* What an MSI-X entry says about a held edge (payload/pci/msix.c). */
static const char *holds;

const char *pci_msix_holds(const struct aia_msi *msi)
{
    return msi == &q.dev.msi ? holds : NULL;
}

/* The device was moved from hart 1 to hart 0, has 3 events and has sent an interrupt; its handler last ran 1.203 s ago. */
static void silent(enum aia_msi_kind kind, unsigned order)
{
    static unsigned n; /* each time later than before, because wedge.c remembers */

    t_machine(3, 63);
    memset(&q, 0, sizeof(q));
    m_dev_init(&q.dev, kind);
    assert_int_equal(t_request_as(&q, (struct aia_request){.affinity = aia_hartset_one(1), .order = order}),
                     AIA_OK);
    memcpy(&aia, &t.aia, sizeof(aia)); /* its pointers are those of the machine */
    old = q.irq->vec;
    /* The identities of the interrupt are not free on hart 0; `other` gets an identity above them. */
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 0, old.id, order, T_FILLER), AIA_OK);
    assert_int_equal(t_request(&other, AIA_MSI_STORE, aia_hartset_one(0)), AIA_OK);
    for (unsigned i = 0; i < 1u << order; i++)
        imsic_free(&t.aia.imsic, (struct imsic_vector){0, (uint16_t)(old.id + i)});
    m_settle();
    m.now += 2000000u * ++n;
    device = (struct device){
        .now = {.holds = "ring has 3 events", .waits = true, .sent = true, .ran_at = m.now - 1203000}};
    wedge_init();
    console[0] = '\0';
}

static enum wedge_finding look(void)
{
    const struct wedge_source s = {"dev", q.irq, state, name_of, NULL};

    memcpy(&aia, &t.aia, sizeof(aia));
    return wedge_look(&s);
}

static void looks(enum wedge_finding finding, const char *line)
{
    assert_int_equal(look(), finding);
    assert_string_equal(console, line);
}

/* A naive move of the message: both vectors belong to the interrupt, and half-changed messages name unowned identities. */
static void moved(void)
{
    new = (struct imsic_vector){0, (uint16_t)(old.id + 8)};
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, new.hart, new.id, q.irq->order, 0), AIA_OK);
    wedge_moved(q.irq, old, new);
    for (unsigned i = 0; i < 1u << q.irq->order; i++)
        q.irq[i].vec = (struct imsic_vector){new.hart, (uint16_t)(new.id + i)};
    q.dev.message = imsic_message(&t.aia.imsic, new);
}

/* An edge arrives at `v` and is claimed there, and the payload's report of it is called. */
static void lands(struct imsic_vector v)
{
    uint64_t before = t.harts[v.hart].unowned;

    m_file_set(&m.hart[v.hart].file, v.id);
    m_settle();
    assert_int_equal(t.harts[v.hart].unowned, before + 1);
    m_on(v.hart);
    watcher(v.id);
    m_on(0);
}

/* An edge stays pending: eie is clear, which only the hart itself can see. */
static void stuck_at(unsigned hart, unsigned id, const char *how)
{
    char line[200];

    m.hart[hart].file.eie[id / 64] &= ~(1ull << id % 64);
    m_file_set(&m.hart[hart].file, id);
    (void)snprintf(
        line, sizeof(line),
        "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart %u identity %u, %s\n", hart,
        id, how);
    looks(WEDGE_LOST, line);
}

/* ---- nothing to print ---- */

static void test_slow(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    for (device.moves_from = 2; device.moves_from <= 4; device.moves_from++) {
        device.looks = 0;
        looks(WEDGE_SLOW, "");
    }
}

static void test_device_has_nothing(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    device.now.waits = false;
    looks(WEDGE_DEVICE, "");
}

/* ---- the device ---- */

static void test_unsent(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    device.now.sent = false;
    looks(WEDGE_UNSENT, "dev: ring has 3 events, no interrupt since 1.203 s; the device has sent none\n");
    silent(AIA_MSI_PLAIN, 0);
    device.now.sent = false;
    device.now.ran_at = 0;
    looks(WEDGE_UNSENT, "dev: ring has 3 events, no interrupt ever; the device has sent none\n");
}

static void test_gone(void **unused)
{
    (void)unused;
    for (unsigned good = 0; good < 4; good++) { /* at the first look, or while harts are called */
        silent(AIA_MSI_PLAIN, 0);
        device.now.ran_at -= good; /* a fault that differs from the one before */
        device.error = -7;
        device.good = good;
        looks(WEDGE_GONE, "dev: no answer: DEV_EGONE: gone\n");
    }
}

/* ---- where the edge went ---- */

static void test_torn(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    moved();
    lands((struct imsic_vector){new.hart, old.id});
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 0 identity %u, "
                   "unowned: torn message (new address, old data)\n",
                   old.id);
    looks(WEDGE_LOST, line);
    looks(WEDGE_LOST, line); /* one line for one fault */
    device.now
        .ran_at++; /* the handler has run since: another fault, which that landing does not explain... */
    assert_int_equal(look(), WEDGE_LOST);
    assert_string_not_equal(console, line);
}

/* The other order: for a moment the message names the old hart with an identity that is unowned there. */
static void test_torn_data_first(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    moved();
    lands((struct imsic_vector){old.hart, new.id});
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 1 identity %u, "
                   "unowned: torn message (old address, new data)\n",
                   new.id);
    looks(WEDGE_LOST, line);
    silent(AIA_MSI_PLAIN, 0);
    moved();
    stuck_at(old.hart, new.id, "pending, unowned: torn message (old address, new data)");
}

/* The landing is explained, however many moves follow before the look. */
static void test_moves_forgotten(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    wedge_moved(q.irq, (struct imsic_vector){0, old.id},
                old); /* an earlier move from the same place: the latest explains */
    moved();
    lands((struct imsic_vector){new.hart, old.id});
    for (unsigned i = 0; i < 5000; i++)
        wedge_moved(q.irq, (struct imsic_vector){0, old.id}, (struct imsic_vector){2, 51});
    assert_int_equal(look(), WEDGE_LOST);
    assert_non_null(strstr(console, "unowned: torn message (new address, old data)"));
}

static void test_freed(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    moved();
    assert_int_equal(imsic_slot_state(t.slots[1][old.id]), IMSIC_OWNED);
    imsic_free(&t.aia.imsic, old);
    lands(old);
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 1 identity %u, "
                   "unowned: old message, its vector given up too early\n",
                   old.id);
    looks(WEDGE_LOST, line);
}

static void test_swept(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    moved();
    wedge_swept(1);
    char line[200];
    (void)snprintf(
        line, sizeof(line),
        "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 1 identity %u, "
        "unowned, found by the sweep when the hart went offline: old message, its vector given up too early\n",
        old.id);
    looks(WEDGE_LOST, line);
}

static void test_ran_another(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    old.id = other.irq->vec.id; /* as if the interrupt had had this identity on hart 1 */
    moved();
    wedge_ran_other(other.irq);
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 0 identity %u, "
                   "and ran the handler of test: torn message (new address, old data)\n",
                   old.id);
    looks(WEDGE_LOST, line);
}

/* The second message of a block of two. */
static void test_block(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 1);
    moved();
    q.irq++;
    lands((struct imsic_vector){0, (uint16_t)(old.id + 1)});
    char line[200];
    (void)snprintf(line, sizeof(line), "edge landed on hart 0 identity %u, unowned: torn", old.id + 1);
    assert_int_equal(look(), WEDGE_LOST);
    assert_non_null(strstr(console, line));
    assert_null(strstr(console, "it sends to")); /* the device's message is right */
}

static void test_disabled(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    aia_irq_disable(&t.aia, q.irq);
    char line[200];
    (void)snprintf(line, sizeof(line),
                   "dev: ring has 3 events, no interrupt since 1.203 s; edge landed on hart 1 identity %u, "
                   "kept there while the interrupt is disabled\n",
                   old.id);
    looks(WEDGE_LOST, line);
}

static void test_pending(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    stuck_at(1, old.id, "pending where it belongs");
    silent(AIA_MSI_PLAIN, 0);
    assert_int_equal(t_move(&q, 2), AIA_OK);
    wedge_moved(q.irq, old, q.irq->vec);
    assert_int_equal(imsic_slot_state(t.slots[1][old.id]), IMSIC_RETIRING);
    device.now.ran_at = m.now - 1203000;
    stuck_at(1, old.id, "pending on a retiring vector");
    silent(AIA_MSI_PLAIN, 0);
    moved();
    stuck_at(0, old.id, "pending, unowned: torn message (new address, old data)");
}

static void test_nowhere(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    looks(
        WEDGE_LOST,
        "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen\n");
    silent(AIA_MSI_PLAIN, 0);
    lands((struct imsic_vector){2, 40}); /* no move of this device explains it */
    looks(
        WEDGE_LOST,
        "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen\n");
}

/* ---- the message ---- */

static void test_message(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    q.dev.message = imsic_message(&t.aia.imsic, (struct imsic_vector){2, 50});
    char line[300];
    (void)snprintf(
        line, sizeof(line),
        "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen; it "
        "sends to hart 2 identity 50 now, the books say hart 1 identity %u\n",
        old.id);
    looks(WEDGE_LOST, line);
    silent(AIA_MSI_PLAIN, 0);
    q.dev.message = (struct aia_message){.addr = 0x8badf000, .data = 9}; /* no hart has its file there */
    (void)snprintf(
        line, sizeof(line),
        "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen; it "
        "sends 9 to 0x8badf000 now, no hart's, the books say hart 1 identity %u\n",
        old.id);
    looks(WEDGE_LOST, line);
    silent(AIA_MSI_PLAIN, 0);
    q.dev.mood = M_MUTE;
    looks(WEDGE_LOST,
          "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen; "
          "the device's message cannot be read\n");
}

/* A hart that is online does not answer a call: whether the edge is lost is unknown. */
static void test_hart_hangs(void **unused)
{
    (void)unused;
    silent(AIA_MSI_PLAIN, 0);
    m.hart[2].hold = true;
    assert_int_equal(look(), WEDGE_HANGS);
    assert_non_null(strstr(console, "; the place of its edge is unknown: hart 2 does not answer\n"));
    m.hart[2].hold = false;
}

static void test_held(void **unused)
{
    (void)unused;
    silent(AIA_MSI_MASKABLE, 0);
    holds = "its MSI-X entry is masked, and its pending bit set: the device holds the edge back";
    looks(
        WEDGE_LOST,
        "dev: ring has 3 events, no interrupt since 1.203 s; edge was sent, and its landing was not seen; its "
        "MSI-X entry is masked, and its pending bit set: the device holds the edge back\n");
    holds = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_device_has_nothing),
        cmocka_unit_test(test_unsent),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_torn_data_first),
        cmocka_unit_test(test_moves_forgotten),
        cmocka_unit_test(test_freed),
        cmocka_unit_test(test_swept),
        cmocka_unit_test(test_ran_another),
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_disabled),
        cmocka_unit_test(test_pending),
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_hart_hangs),
    };

    return T_RUN(tests);
}
