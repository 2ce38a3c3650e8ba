/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio over MMIO (payload/drivers/virtio_mmio.c) on a model of a device that enforces QueueNumMax, as QEMU 11 does: both
 * layouts of the registers, queues of every size, features on which the device insists.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "mmio.h"
#include "payload/drivers/virtio_mmio.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/trap.h"

#define REGS        0x10008000ul
#define NEEDS_RESET 64u

struct machine machine;

static struct {
    uint32_t version, most, offered, insists;
    bool refuses;

    uint32_t status, num, selected, accepted[2], offer, accept, irq;
    uint64_t descriptors, available, used;
    bool ready;
    uint16_t seen;
} dev;

static struct virtq_memory *memory; /* at an address that a page number of 32 bits reaches (4.2.4) */
static struct virtq queue;
static const struct virtio_mmio device = {REGS};

static uintptr_t absent; /* a slot where an access traps */

bool trap_answers(const char *name, uintptr_t mmio)
{
    (void)name;
    return mmio != absent;
}

static int fresh(void **state)
{
    (void)state;
    memset(&dev, 0, sizeof(dev));
    memset(memory, 0xff, sizeof(*memory));
    dev.version = 2;
    dev.most = 1024;
    dev.offered = 1;
    return 0;
}

/* ---- the device ---- */

uint64_t model_mmio_read(uintptr_t a, unsigned size)
{
    assert_int_equal(size, 4);
    switch (a - REGS) {
    case 0x000:
        return 0x74726976;
    case 0x004:
        return dev.version;
    case 0x008:
        return 4;
    case 0x010:
        return dev.offer == 1 ? dev.offered : 1u << 5;
    case 0x034:
        return dev.selected ? 0 : dev.most;
    case 0x060:
        return dev.irq;
    default:
        assert_int_equal(a - REGS, 0x070);
        return dev.status;
    }
}

static void write_status(uint32_t v)
{
    dev.status = v ? dev.status | v : 0;
    if (!v) {
        dev.num = 0;
        dev.ready = false;
    }
    if (v & 8 && (dev.refuses || (dev.accepted[1] & dev.insists) != dev.insists))
        dev.status &= ~8u;
    if (v & 4)
        assert_true(dev.ready && (dev.version == 1 || v & 8));
}

/* 4.2.3.2: software must not write more than QueueNumMax; after that this device does not answer any more. */
static void write_num(uint32_t v)
{
    dev.num = v;
    if (v > dev.most || (v & (v - 1)) || !v)
        dev.status |= NEEDS_RESET;
}

static void write_queue(uintptr_t reg, uint32_t v)
{
    uint64_t *const where[] = {&dev.descriptors, &dev.available, &dev.used};

    assert_true(dev.num && dev.version == 2 && reg >= 0x80 && reg < 0xb0);
    *where[(reg - 0x80) / 16] |= (uint64_t)v << (reg % 16 ? 32 : 0);
}

static void work(void);

void model_mmio_write(uintptr_t a, uint64_t v, unsigned size)
{
    assert_int_equal(size, 4);
    switch (a - REGS) {
    case 0x014:
        dev.offer = (uint32_t)v;
        break;
    case 0x020:
        dev.accepted[dev.accept] = (uint32_t)v;
        assert_true(!(v & ~(dev.accept ? (uint64_t)dev.offered : 0)));
        break;
    case 0x024:
        dev.accept = (uint32_t)v;
        break;
    case 0x028:
    case 0x03c:
        assert_true(dev.version == 1 && v == 4096);
        break;
    case 0x030:
        dev.selected = (uint32_t)v;
        break;
    case 0x038:
        write_num((uint32_t)v);
        break;
    case 0x040: /* 2.7.2: the parts follow each other, with the used ring on the next page */
        assert_true(dev.version == 1 && dev.num);
        dev.descriptors = v * 4096;
        dev.available = dev.descriptors + dev.num * 16;
        dev.used = (dev.available + 6 + 2 * dev.num + 4095) & ~UINT64_C(4095);
        dev.ready = true;
        break;
    case 0x044:
        assert_true(dev.version == 2 && v == 1 && dev.descriptors && dev.available && dev.used);
        dev.ready = true;
        break;
    case 0x050:
        work();
        break;
    case 0x064:
        dev.irq &= ~(uint32_t)v;
        break;
    case 0x070:
        write_status((uint32_t)v);
        break;
    default:
        write_queue(a - REGS, (uint32_t)v);
    }
}

void model_fence(int kind)
{
    (void)kind;
}

/* Fill every buffer that is offered; a request before the device is ready is not executed. */
static void work(void)
{
    const struct virtq_available *available = (const struct virtq_available *)(uintptr_t)dev.available;
    const struct virtq_descriptor *d = (const struct virtq_descriptor *)(uintptr_t)dev.descriptors;

    if (!dev.ready || !(dev.status & 4) || dev.status & NEEDS_RESET)
        return;
    for (uint16_t end = atomic_load(&available->index); dev.seen != end; dev.seen++) {
        uint16_t head = available->ring[dev.seen % dev.num];
        assert_true(head < dev.num);
        memset((void *)(uintptr_t)d[head].address, 0x5a, d[head].length);
        uint32_t *element = (uint32_t *)(uintptr_t)(dev.used + 4 + 8 * (dev.seen % dev.num));
        element[0] = head;
        element[1] = d[head].length;
        *(uint16_t *)(uintptr_t)(dev.used + 2) = (uint16_t)(dev.seen + 1);
        dev.irq |= 1;
    }
}

/* ---- tests ---- */

static void fills(void)
{
    static uint8_t buffer[64];
    struct virtq_result result;

    for (unsigned i = 0; i < 70000; i++) { /* the index wraps */
        buffer[63] = 0;
        assert_true(virtq_put_buffer(&queue, buffer, sizeof(buffer), buffer));
        virtio_mmio_notify(&device);
        assert_int_equal(virtio_mmio_ack(&device), 1);
        assert_true(virtq_take(&queue, &result));
        assert_true(result.owner == buffer && result.whole && buffer[63] == 0x5a);
        assert_int_equal(virtio_mmio_ack(&device), 0);
    }
}

/* QEMU 11's entropy device has 8. */
static void test_sizes(void **state)
{
    static const uint32_t most[] = {1, 2, 8, 64, 128, 256, 1024};

    for (uint32_t version = 1; version <= 2; version++)
        for (unsigned i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
            (void)fresh(state);
            dev.version = version;
            dev.most = most[i];
            assert_null(virtio_mmio_start(&device, &queue, memory));
            assert_int_equal(dev.num, most[i] < VIRTQ_SIZE ? most[i] : VIRTQ_SIZE);
            assert_int_equal(dev.accepted[1], version - 1);
            fills();
        }
}

static void test_no_queue(void **state)
{
    for (uint32_t version = 1; version <= 2; version++) {
        (void)fresh(state);
        dev.version = version;
        dev.most = 0;
        assert_non_null(strstr(virtio_mmio_start(&device, &queue, memory), "is 0"));
        dev.most = 12;
        assert_non_null(strstr(virtio_mmio_start(&device, &queue, memory), "power of two"));
        assert_int_equal(dev.status & 4, 0);
    }
}

static void test_features(void **state)
{
    (void)state;
    dev.offered = dev.insists = 3; /* VIRTIO_F_ACCESS_PLATFORM */
    assert_null(virtio_mmio_start(&device, &queue, memory));
    assert_int_equal(dev.accepted[1], 3);
    assert_int_equal(dev.accepted[0], 0);
    (void)fresh(state);
    dev.refuses = true;
    assert_non_null(strstr(virtio_mmio_start(&device, &queue, memory), "refuses its driver"));
}

/* The driver does not look into a slot that the tree lists and the machine lacks. */
static void test_absent_slot(void **state)
{
    struct virtio_mmio v;

    (void)state;
    machine.n_virtio = 2;
    machine.virtio[0].base = absent = REGS - 0x1000;
    machine.virtio[1].base = REGS;
    assert_ptr_equal(virtio_mmio_find(&v, 4), &machine.virtio[1]);
    assert_int_equal(v.regs, REGS);
    assert_null(virtio_mmio_find(&v, 2));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_sizes, fresh),
        cmocka_unit_test_setup(test_no_queue, fresh),
        cmocka_unit_test_setup(test_features, fresh),
        cmocka_unit_test_setup(test_absent_slot, fresh),
    };

    memory =
        mmap((void *)0x10000000, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if ((uintptr_t)memory >> 44)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
