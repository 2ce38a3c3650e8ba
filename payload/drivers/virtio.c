/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtio.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/irq.h"
#include "payload/payload.h"
#include "mmio.h"
#include <string.h>

/* 4.2.2, and 4.2.4 for what only version 1 has. */
#define MAGIC            0x000u
#define VERSION          0x004u
#define DEVICE_ID        0x008u
#define DRIVER_FEATURES  0x020u
#define FEATURES_SEL     0x024u
#define GUEST_PAGE_SIZE  0x028u /* version 1 */
#define QUEUE_SEL        0x030u
#define QUEUE_NUM_MAX    0x034u
#define QUEUE_NUM        0x038u
#define QUEUE_ALIGN      0x03cu /* version 1 */
#define QUEUE_PFN        0x040u /* version 1 */
#define QUEUE_READY      0x044u
#define QUEUE_NOTIFY     0x050u
#define INTERRUPT_STATUS 0x060u
#define INTERRUPT_ACK    0x064u
#define STATUS           0x070u
#define QUEUE_DESC       0x080u
#define QUEUE_DRIVER     0x090u
#define QUEUE_DEVICE     0x0a0u

#define IS_VIRTIO 0x74726976u
#define IS_RNG    4u

#define ACKNOWLEDGE 1u
#define DRIVER      2u
#define DRIVER_OK   4u
#define FEATURES_OK 8u

#define DESC_WRITE 2u

/* A queue of two descriptors, of which one is used; laid out as version 1 wants it (2.7.2). */
#define QUEUE_SIZE 2
static struct {
    struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } desc[QUEUE_SIZE];
    struct {
        uint16_t flags, idx, ring[QUEUE_SIZE];
    } avail;
    struct {
        uint16_t flags, idx;
        struct {
            uint32_t id, len;
        } ring[QUEUE_SIZE];
    } used __attribute__((aligned(4096)));
} queue __attribute__((aligned(4096)));

static uint8_t buffer[64];

static uint32_t get(const struct virtio_rng *v, unsigned reg)
{
    return mmio_read32(v->regs + reg);
}

static void put(const struct virtio_rng *v, unsigned reg, uint32_t value)
{
    mmio_write32(v->regs + reg, value);
}

static void put64(const struct virtio_rng *v, unsigned reg, const volatile void *p)
{
    put(v, reg, (uint32_t)(uintptr_t)p);
    put(v, reg + 4, (uint32_t)((uint64_t)(uintptr_t)p >> 32));
}

/* The buffer is the device's again: it is in the ring before the index says so, and that before the device is told. */
static void give(struct virtio_rng *v)
{
    volatile uint16_t *idx = &queue.avail.idx;

    queue.avail.ring[*idx % QUEUE_SIZE] = 0;
    fence_all();
    *idx = (uint16_t)(*idx + 1);
    fence_rw_o();
    put(v, QUEUE_NOTIFY, 0);
}

static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct virtio_rng *v = context;
    const volatile uint16_t *idx = &queue.used.idx;
    uint32_t status = get(v, INTERRUPT_STATUS);

    (void)irq;
    if (!status)
        return AIA_NONE;
    put(v, INTERRUPT_ACK, status);
    fence_all(); /* what is used after the acknowledge brings the line up anew */
    for (; v->seen != *idx; v->seen++) {
        atomic_fetch_add(&v->bytes, queue.used.ring[v->seen % QUEUE_SIZE].len);
        atomic_fetch_add(&v->filled, 1);
        if (atomic_load(&v->go))
            give(v);
    }
    return AIA_HANDLED;
}

static void set_up_queue(const struct virtio_rng *v)
{
    put(v, QUEUE_SEL, 0);
    put(v, QUEUE_NUM, QUEUE_SIZE);
    if (get(v, VERSION) == 1) {
        put(v, GUEST_PAGE_SIZE, 4096);
        put(v, QUEUE_ALIGN, 4096);
        put(v, QUEUE_PFN, (uint32_t)((uintptr_t)&queue >> 12));
    } else {
        put64(v, QUEUE_DESC, queue.desc);
        put64(v, QUEUE_DRIVER, &queue.avail);
        put64(v, QUEUE_DEVICE, &queue.used);
        put(v, QUEUE_READY, 1);
    }
}

static bool set_up(const struct virtio_rng *v)
{
    uint32_t status = ACKNOWLEDGE | DRIVER;

    memset(&queue, 0, sizeof(queue));
    queue.desc[0].addr = (uintptr_t)buffer;
    queue.desc[0].len = sizeof(buffer);
    queue.desc[0].flags = DESC_WRITE;
    put(v, STATUS, 0);
    put(v, STATUS, status);
    for (unsigned i = 0; i < 2; i++) { /* VIRTIO_F_VERSION_1, bit 32, is all there is to accept */
        put(v, FEATURES_SEL, i);
        put(v, DRIVER_FEATURES, i && get(v, VERSION) != 1);
    }
    if (get(v, VERSION) != 1)
        put(v, STATUS, status |= FEATURES_OK);
    set_up_queue(v);
    put(v, STATUS, status | DRIVER_OK);
    return get(v, QUEUE_NUM_MAX) >= QUEUE_SIZE &&
           (get(v, STATUS) & (status | DRIVER_OK)) == (status | DRIVER_OK);
}

static const struct machine_device *find(struct virtio_rng *v)
{
    for (size_t i = 0; i < machine.n_virtio; i++) {
        v->regs = (uintptr_t)machine.virtio[i].base;
        if (get(v, MAGIC) == IS_VIRTIO && get(v, DEVICE_ID) == IS_RNG)
            return &machine.virtio[i];
    }
    return NULL;
}

bool virtio_rng_init(struct virtio_rng *v)
{
    struct aia_request r = {
        .name = "rng", .handler = handler, .context = v, .affinity = aia_hartset_first(hart_count())};

    *v = (struct virtio_rng){0};
    const struct machine_device *where = find(v);
    if (!where) {
        print("rng: none (-device virtio-rng-device)\n");
        return false;
    }
    v->wire = wires_source("rng", &where->wire);
    if (!v->wire || !set_up(v)) {
        print("rng: no wire, or it does not take its driver\n");
        return false;
    }
    r = aplic_request(v->wire, &r);
    int error = aia_irq_request(&aia, &r, &v->irq);
    if (error)
        print("rng: no interrupt: %s\n", aia_strerror(error));
    return !error;
}

void virtio_rng_start(struct virtio_rng *v)
{
    atomic_store(&v->go, 1);
    give(v);
}

void virtio_rng_stop(struct virtio_rng *v)
{
    atomic_store(&v->go, 0);
}
