/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtio_mmio.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/trap.h"
#include "mmio.h"

/* 4.2.2, and 4.2.4 for the registers of version 1. */
#define MAGIC               0x000u
#define VERSION             0x004u
#define DEVICE_ID           0x008u
#define DEVICE_FEATURES     0x010u
#define DEVICE_FEATURES_SEL 0x014u
#define DRIVER_FEATURES     0x020u
#define FEATURES_SEL        0x024u
#define GUEST_PAGE_SIZE     0x028u /* version 1 */
#define QUEUE_SEL           0x030u
#define QUEUE_NUM_MAX       0x034u
#define QUEUE_NUM           0x038u
#define QUEUE_ALIGN         0x03cu /* version 1 */
#define QUEUE_PFN           0x040u /* version 1 */
#define QUEUE_READY         0x044u
#define QUEUE_NOTIFY        0x050u
#define INTERRUPT_STATUS    0x060u
#define INTERRUPT_ACK       0x064u
#define STATUS              0x070u
#define QUEUE_DESC          0x080u
#define QUEUE_DRIVER        0x090u
#define QUEUE_DEVICE        0x0a0u

#define IS_VIRTIO 0x74726976u

#define ACKNOWLEDGE 1u
#define DRIVER      2u
#define DRIVER_OK   4u
#define FEATURES_OK 8u
#define NEEDS_RESET 64u

static uint32_t get(const struct virtio_mmio *v, unsigned reg)
{
    return mmio_read32(v->regs + reg);
}

static void put(const struct virtio_mmio *v, unsigned reg, uint32_t value)
{
    mmio_write32(v->regs + reg, value);
}

static void put64(const struct virtio_mmio *v, unsigned reg, const volatile void *p)
{
    put(v, reg, (uint32_t)(uintptr_t)p);
    put(v, reg + 4, (uint32_t)((uint64_t)(uintptr_t)p >> 32));
}

const struct machine_device *virtio_mmio_find(struct virtio_mmio *v, uint32_t id)
{
    for (size_t i = 0; i < machine.n_virtio; i++) {
        v->regs = (uintptr_t)machine.virtio[i].base;
        if (trap_answers("virtio", v->regs) && get(v, MAGIC) == IS_VIRTIO && get(v, DEVICE_ID) == id)
            return &machine.virtio[i];
    }
    return NULL;
}

/* 4.2.3.2: the queue is no larger than QueueNumMax, which is 0 if the device has no such queue. */
static const char *set_up_queue(const struct virtio_mmio *v, struct virtq *q, struct virtq_memory *m)
{
    put(v, QUEUE_SEL, 0);
    uint32_t most = get(v, QUEUE_NUM_MAX);
    if (!virtq_init(q, m, most < VIRTQ_SIZE ? most : VIRTQ_SIZE, VIRTQ_BUFFER))
        return most ? "QueueNumMax of its queue 0 is no power of two" : "QueueNumMax of its queue 0 is 0";
    put(v, QUEUE_NUM, q->size);
    if (get(v, VERSION) == 1) {
        put(v, GUEST_PAGE_SIZE, VIRTQ_ALIGN);
        put(v, QUEUE_ALIGN, VIRTQ_ALIGN);
        put(v, QUEUE_PFN, (uint32_t)((uintptr_t)m / VIRTQ_ALIGN));
    } else {
        put64(v, QUEUE_DESC, m->descriptors);
        put64(v, QUEUE_DRIVER, q->ring);
        put64(v, QUEUE_DEVICE, &m->used);
        put(v, QUEUE_READY, 1);
    }
    return NULL;
}

/* The driver accepts only VIRTIO_F_VERSION_1 and VIRTIO_F_ACCESS_PLATFORM, bits 32 and 33, if they are offered. */
static void negotiate(const struct virtio_mmio *v)
{
    bool modern = get(v, VERSION) != 1;

    for (unsigned i = 0; i < 2; i++) {
        put(v, DEVICE_FEATURES_SEL, i);
        put(v, FEATURES_SEL, i);
        put(v, DRIVER_FEATURES, i && modern ? get(v, DEVICE_FEATURES) & 3u : 0);
    }
}

const char *virtio_mmio_start(const struct virtio_mmio *v, struct virtq *q, struct virtq_memory *m)
{
    uint32_t status = ACKNOWLEDGE | DRIVER;

    put(v, STATUS, 0);
    put(v, STATUS, status);
    negotiate(v);
    if (get(v, VERSION) != 1)
        put(v, STATUS, status |= FEATURES_OK);
    const char *why = set_up_queue(v, q, m);
    if (why)
        return why;
    put(v, STATUS, status |= DRIVER_OK);
    return (get(v, STATUS) & (status | NEEDS_RESET)) == status ? NULL : "the device refuses its driver";
}

void virtio_mmio_notify(const struct virtio_mmio *v)
{
    fence_rw_o(); /* Order the queue before the notification. */
    put(v, QUEUE_NOTIFY, 0);
}

uint32_t virtio_mmio_ack(const struct virtio_mmio *v)
{
    uint32_t status = get(v, INTERRUPT_STATUS);

    if (status)
        put(v, INTERRUPT_ACK, status);
    fence_all(); /* Order the acknowledgement before the reads of the queue. */
    return status;
}
