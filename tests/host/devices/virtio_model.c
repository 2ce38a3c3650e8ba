/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio_model.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "payload/drivers/virtio_pci.h"
#include "payload/drivers/virtq.h"
#include "payload/kernel/random.h"

#define DEVICE     0x1000u
#define NOTIFY     0x2000u
#define MULTIPLIER 4u

#define ACKNOWLEDGE 1u
#define DRIVER      2u
#define DRIVER_OK   4u
#define FEATURES_OK 8u
#define NEEDS_RESET 64u
#define FAILED      128u

struct vm vm;
static struct random rnd;

void vm_reset(void)
{
    function_reset();
    memset(&vm, 0, sizeof(vm));
    vm.offered[0] =
        1u << 12 | 1u << 9 | 1u << 5; /* several queues, read-only, and a feature that no driver here uses */
    vm.blk_size = 512;
    vm.device_size = 64;
    vm.offered[1] = 1;
    vm.queue_size = 256;
    vm.num_queues = VM_QUEUES;
    vm.blk_queues = VM_QUEUES;
    vm.sectors = VM_SECTORS;
    vm.device_status = ACKNOWLEDGE | DRIVER | DRIVER_OK; /* as firmware may leave it */
    rnd.state = 5;
}

/* Replaces the search for capabilities, which has its own test: tests/host/test_virtio_pci.c. */
int virtio_pci_find(struct virtio_pci *v, const struct pci_device *pd)
{
    (void)pd;
    *v = (struct virtio_pci){
        .common = FUNCTION_REGS,
        .device = FUNCTION_REGS + DEVICE,
        .device_size = vm.device_size,
        .notify = FUNCTION_REGS + NOTIFY,
        .notify_size = 64,
        .notify_multiplier = MULTIPLIER,
    };
    return fn.bar_size ? PCI_OK : PCI_ENOCAP;
}

uintptr_t virtio_pci_doorbell(const struct virtio_pci *v, uint16_t offset)
{
    return offset * MULTIPLIER + 2 <= v->notify_size ? v->notify + offset * MULTIPLIER : 0;
}

/* ---- queues ---- */

static struct virtq_memory *memory(const struct vm_queue *q)
{
    return (struct virtq_memory *)(uintptr_t)q->descriptors; /* the layout that this driver uses */
}

void vm_use(unsigned queue, uint32_t head, uint32_t length)
{
    struct vm_queue *q = &vm.queues[queue];
    struct virtq_memory *m = memory(q);

    m->used.ring[q->used % q->size].id = head;
    m->used.ring[q->used % q->size].length = length;
    atomic_store(&m->used.index, ++q->used);
    function_send(q->vector);
}

static void fetch(struct vm_queue *q)
{
    const struct virtq_available *available = (const struct virtq_available *)(uintptr_t)q->available;
    uint16_t index = atomic_load(&available->index);

    for (; q->seen != index; q->seen++) {
        assert(q->n_held < q->size);
        q->held[q->n_held++] = available->ring[q->seen % q->size];
    }
    if (q->n_held > vm.deepest)
        vm.deepest = q->n_held;
}

static void work(unsigned queue)
{
    struct vm_queue *q = &vm.queues[queue];
    unsigned i = random_below(&rnd, q->n_held);
    uint16_t head = q->held[i];
    const struct virtq_descriptor *d = &memory(q)->descriptors[head];

    q->held[i] = q->held[--q->n_held];
    assert(head + 2u < q->size && d->flags == VIRTQ_NEXT && d->length == 16 && d->next == head + 1);
    assert(d[1].flags == (VIRTQ_NEXT | VIRTQ_WRITE) && d[1].next == head + 2 && d[1].length % 512 == 0);
    assert(d[2].flags == VIRTQ_WRITE && d[2].length == 1);
    const struct virtq_header *h = (const struct virtq_header *)(uintptr_t)d->address;
    unsigned n = d[1].length / 512;
    uint8_t status = vm.status ? vm.status : h->sector + n > vm.sectors ? 1 : 0;
    assert(h->type == 0);
    if ((h->sector * 512 | d[1].length) % vm.blk_size)
        status = 1;
    for (unsigned k = 0; k < n && !status; k++)
        *(uint64_t *)(uintptr_t)(d[1].address + k * 512) = h->sector + k;
    *(uint8_t *)(uintptr_t)d[2].address = status;
    vm_use(queue, head, status ? 1 : d[1].length + 1 - vm.missing);
}

void device_idle(void)
{
    for (unsigned i = 0; i < VM_QUEUES && !fn.gone; i++) {
        struct vm_queue *q = &vm.queues[i];
        if (!q->enabled || !(vm.device_status & DRIVER_OK))
            continue;
        fetch(q);
        while (q->n_held && !vm.holds)
            work(i);
    }
    while (function_deliver())
        ;
}

/* ---- registers ---- */

/* One half of the capacity. Between two reads the capacity may change; the generation then changes too (4.1.4.3.1). */
static uint32_t capacity(bool high)
{
    uint32_t v = (uint32_t)(high ? vm.sectors >> 32 : vm.sectors);

    if (!high && vm.resizes) {
        vm.resizes--;
        vm.sectors ^= 0x300000700;
        vm.generation++;
    }
    return v;
}

static uint64_t read_common(uintptr_t at)
{
    struct vm_queue *q = &vm.queues[vm.select];

    switch (at) {
    case 0x04:
        return vm.feature_select[0] < 2 ? vm.offered[vm.feature_select[0]] : 0;
    case 0x12:
        return vm.num_queues;
    case 0x14:
        return vm.device_status | (vm.needs_reset ? NEEDS_RESET : 0);
    case 0x15:
        return vm.generation;
    case 0x18:
        return q->enabled ? q->size : vm.queue_size;
    case 0x1a:
        return q->vector;
    default:
        assert(at == 0x1e);
        return vm.notify_off + vm.select;
    }
}

uint64_t device_read(uintptr_t at, unsigned size)
{
    (void)size;
    if (at < DEVICE)
        return read_common(at);
    if (at < DEVICE + 8)
        return capacity(at != DEVICE);
    if (at == DEVICE + 20) {
        assert(vm.accepted[0] & 1u << 6 && size == 4);
        return vm.blk_size;
    }
    assert(at == DEVICE + 34);
    return vm.blk_queues;
}

static void write_status(uint8_t v)
{
    uint8_t had = vm.device_status;

    if (!v) {
        vm.resets++;
        memset(vm.queues, 0, sizeof(vm.queues));
        vm.device_status = vm.never_resets ? had : 0;
        return;
    }
    assert((v & had) == had); /* software only adds bits (2.1.1) */
    assert(had & ACKNOWLEDGE || v & (ACKNOWLEDGE | FAILED));
    assert(!(v & FEATURES_OK) || had & DRIVER);
    assert(!(v & DRIVER_OK) || had & FEATURES_OK);
    bool refuses = vm.refuses || (vm.insists && vm.accepted[1] != vm.offered[1]);
    vm.device_status = refuses ? v & (uint8_t)~FEATURES_OK : v;
}

static void write_queue(uintptr_t at, uint64_t v)
{
    struct vm_queue *q = &vm.queues[vm.select];
    uint64_t *const where[] = {&q->descriptors, &q->available, &q->used_ring};

    assert(vm.select < vm.num_queues && vm.device_status & FEATURES_OK && !(vm.device_status & DRIVER_OK) &&
           !q->enabled);
    switch (at) {
    case 0x18:
        assert(v <= vm.queue_size && (v & (v - 1)) == 0);
        q->size = (uint16_t)v;
        break;
    case 0x1a:
        q->vector = vm.no_vector ? 0xffff : (uint16_t)v;
        break;
    case 0x1c:
        assert(v == 1 && fn.fenced && q->size && q->descriptors && q->available && q->used_ring);
        q->enabled = true;
        break;
    default:
        assert(at >= 0x20 && at < 0x38);
        *where[(at - 0x20) / 8] |= v << (at % 8 ? 32 : 0);
    }
}

void device_write(uintptr_t at, uint64_t v, unsigned size)
{
    if (at >= NOTIFY) { /* 4.1.5.2 */
        assert(fn.fenced && size == 2 && at == NOTIFY + MULTIPLIER * (vm.notify_off + v) &&
               vm.queues[v].enabled);
        return;
    }
    switch (at) {
    case 0x00:
    case 0x08:
        vm.feature_select[at / 8] = (uint32_t)v;
        break;
    case 0x0c:
        assert(vm.feature_select[1] < 2 && !(v & ~vm.offered[vm.feature_select[1]]));
        vm.accepted[vm.feature_select[1]] = (uint32_t)v;
        break;
    case 0x10: /* no vector for configuration changes */
        assert(v == 0xffff);
        break;
    case 0x14:
        write_status((uint8_t)v);
        break;
    case 0x16:
        vm.select = (uint16_t)v;
        break;
    default:
        write_queue(at, v);
    }
}
