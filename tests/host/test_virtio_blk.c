/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio block driver on a model of a device (tests/host/devices/virtio_model.h): negotiation, devices that it refuses,
 * full queues, errors, completions of requests that were never submitted, a device that needs a reset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/virtio_blk.h"
#include "payload/kernel/random.h"
#include "virtio_model.h"

#define HARTS 4u
#define N     (DISK_DEPTH + 1)

static struct disk *disk;

static struct disk_request requests[N];
static _Alignas(DISK_BUFFER) uint64_t data[N][DISK_BUFFER / 8];
static unsigned ends[N];

static void done(struct disk_request *r)
{
    ends[r - requests]++;
}

static int submit(unsigned queue, unsigned i, uint64_t lba)
{
    requests[i] = (struct disk_request){
        .lba = lba, .sectors = 1 + i % disk_max_sectors(disk), .buffer = data[i], .done = done, .status = 1};
    memset(data[i], 0xff, DISK_BUFFER);
    ends[i] = 0;
    return disk->ops->submit(disk, queue, &requests[i]);
}

static int ends_with(unsigned i)
{
    device_idle();
    assert_int_equal(ends[i], 1);
    unsigned each = disk->sector_size / 512;
    for (unsigned k = 0; k < requests[i].sectors * each && !requests[i].status; k++)
        assert_int_equal(data[i][k * 64], requests[i].lba * each + k);
    return requests[i].status;
}

static void reads(void)
{
    for (unsigned q = 0; q < disk->n_queues; q++) {
        assert_int_equal(submit(q, q, disk->sectors - 8 * q - 8), DISK_OK);
        assert_int_equal(ends_with(q), DISK_OK);
    }
}

static int init(void)
{
    return function_start(&virtio_driver, 2000000, &disk);
}

static int fresh(void **state)
{
    (void)state;
    vm_reset();
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
    assert_int_equal(disk->sectors, VM_SECTORS);
    assert_int_equal(vm.resets, 1);
    assert_int_equal(vm.accepted[0], 1u << 12); /* exactly the features that the driver uses */
    assert_int_equal(vm.accepted[1], 1);
    assert_int_equal(vm.device_status, 15);
    reads();
}

static void test_queues(void **state)
{
    static const struct {
        bool multiqueue;
        unsigned blk_queues, num_queues, vectors, queues;
    } t[] = {{false, 8, 8, 32, 1},
             {true, 2, 8, 32, 2},
             {true, 8, 3, 32, 3},
             {true, 8, 8, 1, 1},
             {true, 8, 8, 32, HARTS}};

    for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        (void)fresh(state);
        vm.offered[0] = t[i].multiqueue ? 1u << 12 : 0;
        vm.blk_queues = t[i].blk_queues;
        vm.num_queues = t[i].num_queues;
        fn.vectors = t[i].vectors;
        vm.notify_off = i;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->n_queues, t[i].queues);
        reads();
    }
}

static void test_cannot_live_with(void **state)
{
    static const struct {
        unsigned *field, value;
        int error;
    } bad[] = {
        {&vm.offered[1], 0, DISK_EFEATURE},  {&vm.queue_size, 0, DISK_EFEATURE},
        {&vm.queue_size, 2, DISK_EFEATURE},  {&vm.queue_size, 127, DISK_EFEATURE},
        {&vm.num_queues, 0, DISK_EIDENTIFY}, {&vm.blk_queues, 0, DISK_EIDENTIFY},
        {&vm.notify_off, 999, PCI_ECAPBAD},  {&fn.vectors, 0, PCI_ENOCAP},
    };
    static bool *const flags[] = {&vm.refuses, &vm.no_vector};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)fresh(state);
        *bad[i].field = bad[i].value;
        assert_int_equal(init(), bad[i].error);
        assert_true(vm.device_status & 128 || !fn.vectors); /* FAILED is set (3.1.1) */
    }
    for (unsigned i = 0; i < 2; i++) {
        (void)fresh(state);
        *flags[i] = true;
        assert_int_equal(init(), DISK_EFEATURE);
    }
    (void)fresh(state);
    vm.sectors = 0;
    assert_int_equal(init(), DISK_ENODISK);
    (void)fresh(state);
    fn.bar_size = 0;
    assert_int_equal(init(), PCI_ENOCAP);
}

/* As many requests together as the smallest queue has descriptors for. */
static void test_small_queues(void **state)
{
    for (unsigned size = 4; size <= 1024; size *= 2) {
        unsigned depth = size / 3 < DISK_DEPTH ? size / 3 : DISK_DEPTH;
        (void)fresh(state);
        vm.queue_size = size;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->depth, depth);
        vm.holds = true;
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(submit(1, i, i), DISK_OK);
        assert_int_equal(submit(1, depth, 0), DISK_EFULL);
        vm.holds = false;
        for (unsigned i = 0; i < depth; i++)
            assert_int_equal(ends_with(i), DISK_OK);
        for (unsigned n = 0; n < 300; n++)
            reads();
    }
}

/* The unit of the protocol is 512 bytes, whatever the block size; the driver reads only whole blocks. */
static void test_block_sizes(void **state)
{
    static const struct {
        uint32_t size;
        int error;
    } t[] = {{512, DISK_OK},       {1024, DISK_OK},      {4096, DISK_OK},   {8192, DISK_EFEATURE},
             {520, DISK_EFEATURE}, {256, DISK_EFEATURE}, {0, DISK_EFEATURE}};

    for (unsigned i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        (void)fresh(state);
        vm.offered[0] |= 1u << 6;
        vm.blk_size = t[i].size;
        assert_int_equal(init(), t[i].error);
        if (t[i].error)
            continue;
        assert_int_equal(vm.accepted[0], 1u << 12 | 1u << 6);
        assert_int_equal(disk->sectors, VM_SECTORS / (t[i].size / 512));
        reads();
        assert_int_equal(submit(0, 0, disk->sectors), DISK_OK);
        assert_int_equal(ends_with(0), DISK_ERANGE);
    }
    (void)fresh(state);
    vm.offered[0] |= 1u << 6;
    vm.device_size = 20; /* the field is not there */
    assert_int_equal(init(), DISK_EIDENTIFY);
    (void)fresh(state);
    vm.offered[0] |= 1u << 6;
    vm.blk_size = 4096;
    vm.sectors = 7;
    assert_int_equal(init(), DISK_ENODISK);
}

/* VIRTIO_F_ACCESS_PLATFORM is accepted if it is offered, because the device may insist; if it is not, the driver records that. */
static void test_platform(void **state)
{
    (void)state;
    vm.insists = true;
    vm.offered[1] = 3;
    assert_int_equal(init(), DISK_OK);
    assert_int_equal(vm.accepted[1], 3);
    assert_false(disk->pd->bypasses);
    reads();
    (void)fresh(state);
    assert_int_equal(init(), DISK_OK);
    assert_int_equal(vm.accepted[1], 1);
    assert_true(disk->pd->bypasses);
    (void)fresh(state);
    vm.insists = true;
    vm.offered[1] = 0x10 | 3; /* the device also insists on a feature that this driver does not know */
    assert_int_equal(init(), DISK_EFEATURE);
}

static void test_never_resets(void **state)
{
    (void)state;
    vm.never_resets = true;
    assert_int_equal(init(), DISK_ERESET);
}

/* The device is gone from any of the driver's register accesses on. */
static void test_gone(void **state)
{
    unsigned after = 1;

    for (; fresh(state), fn.gone_after = after, init(); after++)
        assert_int_equal(disk->dead, DISK_EGONE);
    assert_true(after > 50);
}

/* Both halves of the capacity are of the same moment (2.5.1). */
static void test_resized(void **state)
{
    for (unsigned n = 1; n < 4; n++) {
        (void)fresh(state);
        vm.resizes = n;
        assert_int_equal(init(), DISK_OK);
        assert_int_equal(disk->sectors, n & 1 ? VM_SECTORS ^ 0x300000700 : VM_SECTORS);
    }
    (void)fresh(state);
    vm.resizes = 1000000;
    assert_int_equal(init(), DISK_EIDENTIFY);
}

/* ---- requests ---- */

static void test_depth(void **state)
{
    (void)state;
    vm.holds = true;
    for (unsigned i = 0; i < DISK_DEPTH; i++)
        assert_int_equal(submit(1, i, i), DISK_OK);
    assert_int_equal(submit(1, DISK_DEPTH, 0), DISK_EFULL);
    device_idle();
    assert_int_equal(vm.deepest, DISK_DEPTH);
    assert_int_equal(disk->ops->unseen(disk), 0);
    vm.holds = false;
    for (unsigned i = 0; i < DISK_DEPTH; i++)
        assert_int_equal(ends_with(i), DISK_OK);
}

/* The indices of a queue run to 65536 and wrap, twice. */
static void test_index_wraps(void **state)
{
    struct random r = {3};

    (void)state;
    for (unsigned sent = 0, n; sent < 140000; sent += n) {
        n = 1 + random_below(&r, DISK_DEPTH);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(submit(2, i, random_below(&r, 100000)), DISK_OK);
        for (unsigned i = 0; i < n; i++)
            assert_int_equal(ends_with(i), DISK_OK);
    }
    assert_int_equal(disk->bogus, 0);
}

static void test_status(void **state)
{
    (void)state;
    assert_int_equal(submit(0, 0, VM_SECTORS), DISK_OK);
    assert_int_equal(ends_with(0), DISK_ERANGE);
    assert_int_equal(requests[0].detail, 1);
    for (unsigned status = 1; status < 256; status++) {
        vm.status = (uint8_t)status;
        assert_int_equal(submit(0, 0, 7), DISK_OK);
        assert_int_equal(ends_with(0), DISK_ESTATUS);
        assert_int_equal(requests[0].detail, status);
    }
    vm.status = 0;
    vm.missing = 512;
    assert_int_equal(submit(0, 0, 7), DISK_OK);
    assert_int_equal(ends_with(0), DISK_ESHORT);
    vm.missing = 0;
    reads();
}

/* Chains that do not exist, or are not under way: counted, named, and they end no request. */
static void test_bogus(void **state)
{
    static const uint32_t heads[] = {1, 2, 3, 93, 96, 128, 0xffff, 0x10000, UINT32_MAX};

    for (unsigned i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        assert_int_equal(ready(state), DISK_OK);
        vm.holds = true;
        assert_int_equal(submit(0, 0, 7), DISK_OK);
        device_idle();
        assert_int_equal(disk->ops->check(disk), DISK_OK);
        vm_use(0, heads[i], 513);
        assert_int_equal(disk->ops->unseen(disk), 1);
        device_idle();
        assert_int_equal(ends[0], 0);
        assert_int_equal(disk->bogus, 1);
        assert_int_equal(disk->ops->check(disk), DISK_EBOGUS);
        vm.holds = false;
        assert_int_equal(ends_with(0), DISK_OK);
        vm_use(0, 0, 513); /* a second time */
        assert_int_equal(ends_with(0), DISK_OK);
        assert_int_equal(disk->bogus, 2);
    }
}

/* ---- its end ---- */

static void test_needs_reset(void **state)
{
    (void)state;
    vm.holds = true;
    for (unsigned i = 0; i < DISK_DEPTH; i++)
        assert_int_equal(submit(i % HARTS, i, i), DISK_OK);
    vm.needs_reset = 1;
    assert_int_equal(disk->ops->check(disk), DISK_EFATAL);
    disk_kill(disk, DISK_EFATAL);
    for (unsigned i = 0; i < DISK_DEPTH; i++)
        assert_int_equal(ends_with(i), DISK_EFATAL);
    assert_int_equal(fn.freed, (1u << HARTS) - 1);
    assert_int_equal(submit(0, 0, 0), DISK_EFATAL);
    fn.gone = true;
    assert_int_equal(disk->ops->check(disk), DISK_EGONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_set_up, ready),
        cmocka_unit_test_setup(test_queues, fresh),
        cmocka_unit_test_setup(test_cannot_live_with, fresh),
        cmocka_unit_test_setup(test_small_queues, fresh),
        cmocka_unit_test_setup(test_block_sizes, fresh),
        cmocka_unit_test_setup(test_platform, fresh),
        cmocka_unit_test_setup(test_never_resets, fresh),
        cmocka_unit_test_setup(test_gone, fresh),
        cmocka_unit_test_setup(test_resized, fresh),
        cmocka_unit_test_setup(test_depth, ready),
        cmocka_unit_test_setup(test_index_wraps, ready),
        cmocka_unit_test_setup(test_status, ready),
        cmocka_unit_test_setup(test_bogus, ready),
        cmocka_unit_test_setup(test_needs_reset, ready),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
