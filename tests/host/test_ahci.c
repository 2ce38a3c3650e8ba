/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AHCI's slots and error recovery (payload/drivers/ahci_slots.c) on a model of a port: one bad command among good ones,
 * which QEMU 10.0.2 does not survive; commands taken in any order, completions told late, a port that does not stop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/ahci_regs.h"
#include "payload/random.h"

#define REGS    0x40000000ul
#define TFES    0x40000000u /* task file error status (3.3.5) */
#define DHRS    0x00000001u /* a register FIS came */
#define TFD_OK  0x50u
#define TFD_ERR 0x0451u

/* ---- the port ---- */

static struct ahci_memory memory;

static struct {
    uint32_t is, ie, cmd, tfd, ci, global, ghc;
    unsigned messages; /* sent, and not handled yet */
    bool halted;       /* by an error, until commands are stopped (6.2.2.1) */
    /* What this one is like. */
    uint64_t bad;   /* the sectors that cannot be read, as bits */
    bool forgets;   /* it clears the failed command's bit in PxCI: not what 5.3.8 says, but seen */
    bool any_order; /* not the lowest first */
    bool never_stops, stays_busy, gone;
    uint32_t stuck;       /* bits of IS that come back */
    unsigned stops_after; /* reads of PxCMD */
    unsigned short_of;    /* bytes too few, of all */
    struct random random;
} port;

static void raise(uint32_t why)
{
    uint32_t before = port.global;

    port.is |= why;
    port.global |= (port.is & port.ie) != 0;
    port.messages += port.global && !before && port.ghc & GHC_INTERRUPTS;
}

static uint64_t lba_of(const struct ahci_table *t)
{
    return t->fis[4] | (uint64_t)t->fis[5] << 8 | (uint64_t)t->fis[6] << 16 | (uint64_t)t->fis[8] << 24;
}

static void fail_slot(unsigned slot)
{
    port.tfd = TFD_ERR;
    port.halted = true;
    if (port.forgets)
        port.ci &= ~(1u << slot);
    raise(TFES);
}

/* One command. False: there is none that it takes now. */
static bool work(void)
{
    unsigned slot = 0;

    if (!port.ci || port.halted || !(port.cmd & CMD_ST))
        return false;
    do
        slot = port.any_order ? random_below(&port.random, 32) : (unsigned)__builtin_ctz(port.ci);
    while (!(port.ci >> slot & 1));
    struct ahci_header *h = &memory.headers[slot];
    const struct ahci_table *t = &memory.tables[slot];
    assert_int_equal(h->flags, 1u << 16 | 5);
    assert_int_equal(h->table | (uint64_t)h->table_high << 32, (uintptr_t)t);
    assert_int_equal(t->fis[2], 0x25);
    assert_int_equal(t->count + 1, t->fis[12] * 512u);
    if (port.bad >> lba_of(t) & 1) {
        fail_slot(slot);
        return true;
    }
    *(uint64_t *)(uintptr_t)(t->address | (uint64_t)t->address_high << 32) = lba_of(t);
    h->transferred = t->count + 1 - port.short_of;
    port.ci &= ~(1u << slot);
    raise(DHRS);
    return true;
}

static uint32_t read_port(unsigned reg)
{
    switch (reg) {
    case PX_IS:
        return port.is;
    case PX_CMD:
        if (!(port.cmd & CMD_ST) && !port.never_stops && (!port.stops_after || !--port.stops_after))
            port.cmd &= ~CMD_CR;
        return port.cmd;
    case PX_TFD:
        return port.stays_busy && port.tfd == TFD_OK ? 0x80 : port.tfd;
    case PX_CI:
        return port.ci;
    default:
        fail_msg("port register 0x%x read", reg);
        return 0;
    }
}

static void write_port(unsigned reg, uint32_t v)
{
    switch (reg) {
    case PX_IS:
        port.is &= ~v;
        break;
    case PX_CMD:
        if (port.cmd & CMD_ST && !(v & CMD_ST)) { /* 3.3.14: what is in PxCI is forgotten */
            port.ci = 0;
            port.halted = false;
            port.tfd = TFD_OK;
        }
        port.cmd = (v & ~CMD_CR) | (v & CMD_ST || port.cmd & CMD_CR ? CMD_CR : 0);
        break;
    case PX_SERR:
        break;
    case PX_CI:
        assert_true(port.cmd & CMD_ST);
        assert_int_equal(port.ci & v, 0);
        port.ci |= v;
        break;
    default:
        fail_msg("port register 0x%x written", reg);
    }
}

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    assert_int_equal(size, 4);
    if (port.gone)
        return UINT32_MAX;
    if (a >= REGS + PORT(0))
        return read_port((unsigned)(a - REGS - PORT(0)));
    return a == REGS + IS ? port.global : a == REGS + PI ? 1 : port.ghc;
}

/* IS follows from PxIS: a bit whose cause is there yet is set again (10.7.2.1). */
void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    assert_int_equal(size, 4);
    if (port.gone)
        return;
    if (a >= REGS + PORT(0))
        write_port((unsigned)(a - REGS - PORT(0)), (uint32_t)v);
    else if (a == REGS + GHC)
        port.ghc = (uint32_t)v;
    else
        port.global = (port.global & ~(uint32_t)v) | ((port.is & port.ie) != 0) | port.stuck;
}

bool model_mmio_cas128(uintptr_t a, uint64_t expected[2], const uint64_t desired[2])
{
    (void)a;
    (void)expected;
    (void)desired;
    fail();
    return false;
}

void model_fence(int kind)
{
    (void)kind;
}

/* ---- what else the driver is on ---- */

unsigned long aia_port_irq_save(void)
{
    return 0;
}

void aia_port_irq_restore(unsigned long was)
{
    (void)was;
}

static unsigned locked;

void aia_port_lock(struct aia_lock *lock)
{
    (void)lock;
    assert_int_equal(locked++, 0);
}

void aia_port_unlock(struct aia_lock *lock)
{
    (void)lock;
    assert_int_equal(locked--, 1);
}

/* As disk.c's: bounded, a look for each millisecond. */
int disk_wait_reg(uintptr_t reg, uint32_t mask, uint32_t want, uint64_t ms, int late)
{
    for (uint64_t i = 0; i <= ms; i++) {
        uint32_t v = (uint32_t)model_mmio_read(reg, 4);
        if (v == UINT32_MAX)
            return DISK_EGONE;
        if ((v & mask) == want)
            return DISK_OK;
    }
    return late;
}

/* ---- the bench ---- */

#define N DISK_DEPTH

static struct ahci ahci;
static struct disk_request requests[N];
static uint64_t data[N][DISK_BUFFER / 8];
static unsigned ends[N];

static void done(struct disk_request *r)
{
    assert_int_equal(locked, 0);
    ends[r - requests]++;
}

static void fresh(void)
{
    memset(&port, 0, sizeof(port));
    port.cmd = CMD_ST | CMD_CR | CMD_FRE;
    port.tfd = TFD_OK;
    port.ie = INT_DONE | INT_ERROR;
    port.ghc = GHC_AHCI | GHC_INTERRUPTS;
    ahci = (struct ahci){.regs = REGS, .port = REGS + PORT(0), .memory = &memory, .n_slots = N};
    memset(ends, 0, sizeof(ends));
}

static int submit(unsigned i)
{
    requests[i] = (struct disk_request){.lba = i, .sectors = 1 + i % 8, .buffer = data[i], .done = done};
    data[i][0] = UINT64_MAX;
    return ahci_ops_.submit(&ahci.disk, 0, &requests[i]);
}

static void submit_all(void)
{
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(submit(i), DISK_OK);
}

static unsigned ended(void)
{
    unsigned n = 0;

    for (unsigned i = 0; i < N; i++)
        n += ends[i] != 0;
    return n;
}

static void take_message(void)
{
    if (!port.messages)
        return;
    port.messages--;
    (void)ahci_handler_(&ahci, NULL);
}

/* Until the port has nothing more to do; messages are taken after each command, or when it has come to a stop. */
static int run(bool late)
{
    for (unsigned turn = 0; turn < 10 * N; turn++) {
        while (work())
            if (!late)
                take_message();
        take_message();
        int error = ahci_ops_.service(&ahci.disk);
        if (error)
            return error;
    }
    return DISK_OK;
}

/* Each has ended once, the bad ones by name and the others with their data; and the next ones are taken. */
static void check_ends(uint64_t bad)
{
    for (unsigned i = 0; i < N; i++) {
        bool failed = bad >> i & 1;
        assert_int_equal(ends[i], 1);
        assert_int_equal(requests[i].status, failed ? DISK_ESTATUS : DISK_OK);
        assert_int_equal(requests[i].detail, failed ? TFD_ERR : 0);
        assert_int_equal(data[i][0], failed ? UINT64_MAX : i);
    }
    assert_int_equal(ahci.busy | ahci.issued | port.ci, 0);
}

static void reads_with(uint64_t bad, unsigned variant)
{
    fresh();
    port.forgets = variant & 1;
    port.any_order = variant & 2;
    port.random.state = bad + 1;
    port.bad = bad;
    submit_all();
    assert_int_equal(run(variant & 4), DISK_OK);
    check_ends(bad);
    port.bad = 0;
    memset(ends, 0, sizeof(ends));
    submit_all();
    assert_int_equal(run(variant & 4), DISK_OK);
    check_ends(0);
}

/* ---- tests ---- */

static void test_one_bad(void **state)
{
    (void)state;
    for (unsigned variant = 0; variant < 8; variant++)
        for (unsigned i = 0; i < N; i++)
            reads_with(1ull << i, variant);
}

static void test_several_bad(void **state)
{
    struct random r = {7};

    (void)state;
    for (unsigned variant = 0; variant < 8; variant++) {
        reads_with(0, variant);
        reads_with(UINT32_MAX, variant);
        for (unsigned i = 0; i < 200; i++)
            reads_with((uint32_t)random_next(&r) & (uint32_t)random_next(&r), variant);
    }
}

/* While it recovers it takes nothing; what it took before keeps its place. */
static void test_full_while_it_recovers(void **state)
{
    (void)state;
    fresh();
    port.bad = 2;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(submit(i), DISK_OK);
    while (work())
        ;
    take_message();
    assert_int_equal(ended(), 1);
    assert_int_equal(submit(4), DISK_EFULL);
    assert_int_equal(ahci_ops_.service(&ahci.disk), DISK_OK);
    assert_int_equal(submit(4), DISK_EFULL); /* three are given again, one by one */
    assert_int_equal(__builtin_popcount(port.ci), 1);
    port.global = 1; /* an interrupt about nothing makes it give no other */
    (void)ahci_handler_(&ahci, NULL);
    assert_int_equal(__builtin_popcount(port.ci), 1);
    assert_int_equal(run(false), DISK_OK);
    assert_int_equal(ended(), 4);
    assert_int_equal(submit(4), DISK_OK);
}

static void test_short(void **state)
{
    (void)state;
    fresh();
    port.short_of = 512;
    submit_all();
    assert_int_equal(run(false), DISK_OK);
    for (unsigned i = 0; i < N; i++)
        assert_int_equal(requests[i].status, DISK_ESHORT);
}

static void test_recovery_that_hangs(void **state)
{
    (void)state;
    fresh();
    port.bad = 1;
    port.never_stops = true;
    submit_all();
    assert_int_equal(run(false), DISK_ERESET);
    fresh();
    port.bad = 1;
    port.stays_busy = true;
    submit_all();
    assert_int_equal(run(false), DISK_EREADY);
    fresh();
    port.bad = 1;
    port.stops_after = 400; /* late, and in time */
    submit_all();
    assert_int_equal(run(false), DISK_OK);
    check_ends(1);
}

/* A bit of IS that cannot be cleared would keep the handler for ever. */
static void test_stuck(void **state)
{
    (void)state;
    fresh();
    port.stuck = 2;
    submit_all();
    assert_int_equal(run(false), DISK_EFATAL);
    assert_int_equal(port.ghc & GHC_INTERRUPTS, 0);
}

/* Gone with everything under way, also in the middle of a recovery: each is handed over, once. */
static void test_gone(void **state)
{
    (void)state;
    for (unsigned broken = 0; broken <= 1; broken++) {
        struct disk_request *list[N];
        unsigned n = 0, k;

        fresh();
        port.bad = broken ? 1 : 0;
        submit_all();
        if (broken) {
            (void)work();
            take_message();
        }
        port.gone = true;
        assert_int_equal(ahci_handler_(&ahci, NULL), AIA_HANDLED);
        assert_int_equal(ahci_ops_.check(&ahci.disk), DISK_EGONE);
        assert_int_equal(ahci_ops_.unseen(&ahci.disk), 0);
        assert_int_equal(ahci_ops_.service(&ahci.disk), broken ? DISK_EGONE : DISK_OK);
        atomic_store(&ahci.disk.dead, DISK_EGONE);
        assert_int_equal(submit(0), DISK_EGONE);
        while ((k = ahci_ops_.orphans(&ahci.disk, list + n, 5)) != 0)
            n += k;
        assert_int_equal(n, N);
        assert_int_equal(ended(), 0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_bad),
        cmocka_unit_test(test_several_bad),
        cmocka_unit_test(test_full_while_it_recovers),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_recovery_that_hangs),
        cmocka_unit_test(test_stuck),
        cmocka_unit_test(test_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
