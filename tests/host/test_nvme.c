/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The NVMe driver on a model of a controller (tests/host/devices/nvme_model.h): controllers that it refuses, commands that fail
 * or are not answered, full queues, queues that follow their harts, completions of commands that were never submitted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "nvme_model.h"
#include "payload/drivers/nvme.h"
#include "payload/kernel/hart.h"
#include "payload/pci/regs.h"
#include "payload/kernel/random.h"

#define HARTS 4u
#define N     (DISK_DEPTH + 1)

static struct disk *disk;

static struct disk_request requests[HARTS][N];
static _Alignas(DISK_BUFFER) uint64_t data[HARTS][N][DISK_BUFFER / 8];
static unsigned ends[HARTS][N];

static void done(struct disk_request *r)
{
    size_t i = (size_t)(r - requests[0]);

    ends[i / N][i % N]++;
}

static int submit(unsigned hart, unsigned i, uint64_t lba)
{
    requests[hart][i] = (struct disk_request){.lba = lba,
                                              .sectors = 1 + i % disk_max_sectors(disk),
                                              .buffer = data[hart][i],
                                              .done = done,
                                              .status = 1};
    memset(data[hart][i], 0xff, DISK_BUFFER);
    ends[hart][i] = 0;
    return disk->ops->submit(disk, disk_queue_of(disk, hart), &requests[hart][i]);
}

static void assert_read(unsigned hart, unsigned i)
{
    assert_int_equal(ends[hart][i], 1);
    assert_int_equal(requests[hart][i].status, DISK_OK);
    for (unsigned k = 0; k < requests[hart][i].sectors; k++)
        assert_int_equal(data[hart][i][k * disk->sector_size / 8], requests[hart][i].lba + k);
}

static void reads(void)
{
    for (unsigned h = 0; h < HARTS; h++)
        assert_int_equal(submit(h, h, 10 * h), DISK_OK);
    device_idle();
    for (unsigned h = 0; h < HARTS; h++)
        assert_read(h, h);
}

static int init(void)
{
    return function_start(&nvme_driver, 4000000, &disk);
}

static int fresh(void **state)
{
    (void)state;
    nm_reset();
    return 0;
}

static int ready(void **state)
{
    (void)fresh(state);
    return init();
}

/* ---- start ---- */

static void test_set_up(void **state)
{
    (void)state;
    assert_int_equal(disk->n_queues, HARTS);
    assert_int_equal(disk->sectors, NM_SECTORS);
    assert_int_equal(disk->n_irqs, 1 + HARTS);
    for (unsigned h = 0; h < HARTS;
         h++) { /* a managed queue for each hart, and one for all, which is not managed */
        const struct aia_irq *irq = disk_irq_of(disk, disk_queue_of(disk, h));
        const struct aia_hartset own = aia_hartset_one(h);
        assert_true(irq->managed);
        assert_memory_equal(&irq->affinity, &own, sizeof(own));
    }
    assert_false(disk->irqs[0]->managed);
    reads();
}

static void test_cannot_live_with(void **state)
{
    static const struct {
        unsigned *field, value;
        int error;
    } bad[] = {
        {&nm.mqes, NVME_ENTRIES - 2, DISK_EFEATURE},
        {&nm.mpsmin, 1, DISK_EFEATURE},
        {&nm.css, 0, DISK_EFEATURE},
        {&nm.stride, 15, PCI_EBARBAD},
        {&fn.vectors, 0, PCI_ENOCAP},
    };

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)fresh(state);
        *bad[i].field = bad[i].value;
        assert_int_equal(init(), bad[i].error);
    }
    (void)fresh(state);
    nm.mqes = NVME_ENTRIES - 1;
    nm.stride = 2;
    assert_int_equal(init(), DISK_OK);
    reads();
    (void)fresh(state);
    fn.bar_size = 0;
    assert_int_equal(init(), PCI_EBARBAD);
}

static void test_hangs(void **state)
{
    uint64_t before = fn.now;

    (void)state;
    nm.stuck = NM_NEVER_READY;
    assert_int_equal(init(), DISK_EREADY);
    assert_true(fn.now - before >= 1000000); /* CAP.TO */
    (void)fresh(state);
    nm.stuck = NM_STAYS_READY;
    assert_int_equal(init(), DISK_ERESET);
    (void)fresh(state);
    before = fn.now;
    nm.stuck = NM_FATAL_AT_ENABLE;
    assert_int_equal(
        init(), DISK_EFATAL); /* the driver does not wait for a shutdown, which does not come (3.1.3.6) */
    assert_true(fn.now - before < 100000);
}

/* The controller is gone from any of the driver's register accesses on. */
static void test_gone(void **state)
{
    unsigned after = 1;
    int error;

    for (; fresh(state), fn.gone_after = after, error = init(); after++)
        assert_true(error == DISK_EGONE || error == DISK_ERESET || error == DISK_EREADY);
    assert_true(after > 20);
}

static void test_queues_granted(void **state)
{
    static const struct {
        uint32_t granted;
        unsigned vectors, queues;
    } t[] = {{0, 32, 1},         {0xffff0001, 32, 2}, {0x0002ffff, 32, 3}, {0xffffffff, 32, HARTS},
             {0xffffffff, 3, 2}, {0xffffffff, 2, 1}};

    for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        (void)fresh(state);
        nm.granted = t[i].granted;
        fn.vectors = t[i].vectors;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->n_queues, t[i].queues);
        reads();
    }
}

/* One vector: both queues send by it, during reads, a late answer, and harts that go offline and come back. */
static void test_one_vector(void **state)
{
    (void)state;
    fn.vectors = 1;
    assert_int_equal(init(), DISK_OK);
    assert_int_equal(disk->n_queues, 1);
    assert_int_equal(disk->n_irqs, 1);
    assert_ptr_equal(disk_irq_of(disk, 0), disk->irqs[0]);
    assert_false(disk->irqs[0]->managed);
    for (unsigned round = 0; round < 50; round++)
        reads();
    assert_int_equal(disk->bogus, 0);
    for (unsigned h = 0; h < HARTS; h++) {
        fn.offline = 0xf & ~(1u << h);
        assert_int_equal(submit(h, 1, 3), DISK_OK);
        assert_int_equal(disk->ops->hart_offline(disk, h), DISK_OK); /* the last */
        assert_read(h, 1);
        assert_int_equal(nm.deletes, h + 1);
        fn.due |= 1; /* an interrupt without a completion does no harm */
        assert_true(function_deliver());
        assert_int_equal(disk->ops->hart_online(disk, h), DISK_OK);
    }
    fn.offline = 0;
    reads();
}

static void test_namespaces(void **state)
{
    static const unsigned sets[][NM_NAMESPACES] = {{5}, {2, 7}, {1, 2, 3, 0xfffffffe}, {0xfffffffe}, {1, 3}};

    for (unsigned i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        (void)fresh(state);
        memcpy(nm.namespaces, sets[i], sizeof(sets[i]));
        assert_int_equal(init(), DISK_OK); /* the model checks that the driver uses the right namespace */
        assert_int_equal(disk->sectors, NM_SECTORS);
        reads();
    }
    (void)fresh(state);
    nm.no_list = true;
    assert_int_equal(init(), DISK_OK);
    reads();
    (void)fresh(state);
    nm.namespaces[0] = 0;
    assert_int_equal(init(), DISK_ENODISK);
    (void)fresh(state);
    nm.namespaces[0] = 3;
    nm.shift = 13;
    assert_int_equal(init(), DISK_EFEATURE);
}

static void test_block_sizes(void **state)
{
    for (unsigned shift = 9; shift <= 12; shift++) {
        (void)fresh(state);
        nm.shift = shift;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->sector_size, 1u << shift);
        assert_int_equal(disk->sectors, NM_SECTORS);
        reads();
        assert_int_equal(submit(0, 0, NM_SECTORS), DISK_OK);
        device_idle();
        assert_int_equal(requests[0][0].status, DISK_ERANGE);
    }
}

/* ---- admin commands ---- */

static const int at_start[] = {0x06, 0x09, 0x05, 0x01};

static void test_admin_fails(void **state)
{
    for (unsigned i = 0; i < 4; i++) {
        (void)fresh(state);
        nm.fails = at_start[i];
        nm.status = 0x4002;
        assert_int_equal(init(), DISK_ECOMMAND);
        (void)fresh(state);
        nm.silent = at_start[i];
        assert_int_equal(init(), DISK_ETIMEOUT);
    }
    (void)fresh(state);
    fn.lose = 1; /* the driver looks for an answer only after an interrupt */
    assert_int_equal(init(), DISK_ETIMEOUT);
}

/* An answer that comes after the time-out is passed over, and does not answer the next command. */
static void test_admin_late(void **state)
{
    struct nvme *nv = (struct nvme *)disk;
    _Alignas(4096) static uint8_t page[4096];

    (void)state;
    nm.silent = 0x06;
    assert_int_equal(nvme_admin_(nv, nvme_command_(0x06, page), NULL), DISK_ETIMEOUT);
    nm.silent = -1;
    nm.late = 0x4002;
    assert_int_equal(nvme_admin_(nv, nvme_command_(0x06, page), NULL), DISK_OK);
    assert_int_equal(nm.late, 0);
    assert_int_equal(disk->bogus, 0);
    nm.silent = 0x06;
    nm.fatal = true;
    assert_int_equal(nvme_admin_(nv, nvme_command_(0x06, page), NULL), DISK_EFATAL);
}

/* ---- reads ---- */

static void test_depth(void **state)
{
    (void)state;
    nm.holds = true;
    for (unsigned h = 0; h < HARTS; h++) {
        for (unsigned i = 0; i < DISK_DEPTH; i++)
            assert_int_equal(submit(h, i, i), DISK_OK);
        assert_int_equal(submit(h, DISK_DEPTH, 0), DISK_EFULL);
    }
    device_idle();
    assert_int_equal(nm.deepest, DISK_DEPTH);
    nm.holds = false;
    device_idle();
    for (unsigned h = 0; h < HARTS; h++)
        for (unsigned i = 0; i < DISK_DEPTH; i++)
            assert_read(h, i);
}

static void test_laps(void **state)
{
    struct random r = {3};

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        unsigned h = random_below(&r, HARTS), n = 1 + random_below(&r, DISK_DEPTH);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(submit(h, i, random_below(&r, NM_SECTORS - 8)), DISK_OK);
        device_idle();
        for (unsigned i = 0; i < n; i++)
            assert_read(h, i);
    }
    assert_true(nm.wraps > 900);
    assert_int_equal(disk->bogus, 0);
}

static void test_status(void **state)
{
    (void)state;
    assert_int_equal(submit(0, 0, NM_SECTORS), DISK_OK);
    device_idle();
    assert_int_equal(requests[0][0].status, DISK_ERANGE);
    assert_int_equal(requests[0][0].detail, 0x4080);
    nm.status = 0x0281; /* media error: unrecovered read */
    assert_int_equal(submit(0, 0, 0), DISK_OK);
    device_idle();
    assert_int_equal(requests[0][0].status, DISK_ESTATUS);
    assert_int_equal(requests[0][0].detail, 0x0281);
    nm.status = 0;
    reads();
}

/* A completion by another queue, or of a command that does not exist: counted, named, and it ends no request. */
static void test_bogus(void **state)
{
    static const struct {
        unsigned id, sqid;
    } bad[] = {{1, 1}, {31, 1}, {32, 1}, {0xffff, 1}, {0, 0}, {0, 2}, {0, 0xffff}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(ready(state), DISK_OK);
        nm.holds = true;
        assert_int_equal(submit(0, 0, 7), DISK_OK);
        device_idle();
        assert_int_equal(disk->ops->check(disk), DISK_OK);
        nm_post(1, bad[i].id, bad[i].sqid, 0, 0);
        assert_int_equal(disk->ops->unseen(disk), 1);
        device_idle();
        assert_int_equal(ends[0][0], 0);
        assert_int_equal(disk->bogus, 1);
        assert_int_equal(disk->ops->check(disk), DISK_EBOGUS);
        nm.holds = false;
        device_idle();
        assert_read(0, 0);
    }
}

/* ---- harts ---- */

static void test_harts(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        unsigned h = round % HARTS, n = round % DISK_DEPTH;
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(submit(h, i, i), DISK_OK);
        assert_int_equal(disk->ops->hart_offline(disk, h), DISK_OK);
        for (unsigned i = 0; i < n; i++)
            assert_read(h, i);
        assert_int_equal(nm.deletes, round + 1);
        assert_int_equal(submit(h, 0, 0), DISK_ECLOSED);
        assert_int_equal(disk->ops->hart_online(disk, h), DISK_OK);
        reads();
    }
}

/* A queue that two harts share is deleted with the last of them. */
static void test_harts_share(void **state)
{
    (void)fresh(state);
    nm.granted = 1 << 16 | 1;
    assert_int_equal(init(), DISK_OK);
    assert_int_equal(disk->ops->hart_offline(disk, 1), DISK_OK);
    assert_int_equal(nm.deletes, 0);
    fn.offline = 1u << 1;
    assert_int_equal(submit(3, 0, 0), DISK_OK);
    assert_int_equal(disk->ops->hart_offline(disk, 3), DISK_OK);
    assert_read(3, 0);
    assert_int_equal(nm.deletes, 1);
    fn.offline |= 1u << 3;
    assert_int_equal(submit(1, 0, 0), DISK_ECLOSED);
    assert_int_equal(disk->ops->hart_online(disk, 3), DISK_OK);
    assert_int_equal(disk->ops->hart_online(disk, 1), DISK_OK);
    reads();
}

static void leaves_with(int error)
{
    uint64_t before = fn.now;

    assert_int_equal(disk->ops->hart_offline(disk, 2), error);
    assert_true(fn.now - before < 6000000);
}

static void test_harts_fail(void **state)
{
    (void)state;
    nm.holds = true;
    assert_int_equal(submit(2, 0, 0), DISK_OK);
    leaves_with(DISK_ETIMEOUT);
    fn.gone = true;
    leaves_with(DISK_EGONE);
    static const int at_end[] = {0x00, 0x04};
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(ready(state), DISK_OK);
        nm.fails = at_end[i];
        nm.status = 0x4101;
        leaves_with(DISK_ECOMMAND);
        assert_int_equal(ready(state), DISK_OK);
        nm.silent = at_end[i];
        leaves_with(DISK_ETIMEOUT);
    }
}

/* ---- its end ---- */

static void test_kill(void **state)
{
    (void)state;
    nm.holds = true;
    for (unsigned h = 0; h < HARTS; h++)
        for (unsigned i = 0; i < DISK_DEPTH; i++)
            assert_int_equal(submit(h, i, i), DISK_OK);
    nm.fatal = true;
    assert_int_equal(disk->ops->check(disk), DISK_EFATAL);
    disk_kill(disk, DISK_EFATAL);
    disk_kill(disk, DISK_EGONE); /* the first error stays */
    for (unsigned h = 0; h < HARTS; h++)
        for (unsigned i = 0; i < DISK_DEPTH; i++) {
            assert_int_equal(ends[h][i], 1);
            assert_int_equal(requests[h][i].status, DISK_EFATAL);
        }
    assert_int_equal(fn.freed, (1u << (1 + HARTS)) - 1);
    assert_int_equal(fn.command & PCI_COMMAND_MASTER, 0);
    assert_int_equal(submit(0, 0, 0), DISK_EFATAL);
    assert_int_equal(disk->ops->hart_offline(disk, 0), DISK_OK);
    assert_int_equal(disk->ops->hart_online(disk, 0), DISK_OK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_set_up, ready),
        cmocka_unit_test_setup(test_cannot_live_with, fresh),
        cmocka_unit_test_setup(test_hangs, fresh),
        cmocka_unit_test_setup(test_gone, fresh),
        cmocka_unit_test_setup(test_queues_granted, fresh),
        cmocka_unit_test_setup(test_one_vector, fresh),
        cmocka_unit_test_setup(test_namespaces, fresh),
        cmocka_unit_test_setup(test_block_sizes, fresh),
        cmocka_unit_test_setup(test_admin_fails, fresh),
        cmocka_unit_test_setup(test_admin_late, ready),
        cmocka_unit_test_setup(test_depth, ready),
        cmocka_unit_test_setup(test_laps, ready),
        cmocka_unit_test_setup(test_status, ready),
        cmocka_unit_test_setup(test_bogus, ready),
        cmocka_unit_test_setup(test_harts, ready),
        cmocka_unit_test_setup(test_harts_share, fresh),
        cmocka_unit_test_setup(test_harts_fail, ready),
        cmocka_unit_test_setup(test_kill, ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
