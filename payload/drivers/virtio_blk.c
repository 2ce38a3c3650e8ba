/* SPDX-License-Identifier: BSD-2-Clause */
/* Section numbers: VIRTIO 1.2. */
#include "payload/drivers/virtio_blk.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include "lib/container.h"

#define VENDOR       0x1af4u
#define MODERN       0x1042u
#define TRANSITIONAL 0x1001u
#define VIRTIO_MAX   2u

/* struct virtio_pci_common_cfg (4.1.4.3). */
#define DEVICE_FEATURE_SELECT 0x00u
#define DEVICE_FEATURE        0x04u
#define DRIVER_FEATURE_SELECT 0x08u
#define DRIVER_FEATURE        0x0cu
#define CONFIG_VECTOR         0x10u
#define NUM_QUEUES            0x12u
#define STATUS                0x14u
#define CONFIG_GENERATION     0x15u
#define QUEUE_SELECT          0x16u
#define QUEUE_SIZE            0x18u
#define QUEUE_VECTOR          0x1au
#define QUEUE_ENABLE          0x1cu
#define QUEUE_NOTIFY_OFF      0x1eu
#define QUEUE_DESCRIPTORS     0x20u
#define QUEUE_AVAILABLE       0x28u
#define QUEUE_USED            0x30u

#define NO_VECTOR 0xffffu

/* 2.1 */
#define ACKNOWLEDGE 1u
#define DRIVER      2u
#define DRIVER_OK   4u
#define FEATURES_OK 8u
#define NEEDS_RESET 64u
#define FAILED      128u

/* Features: word 0 in 5.2.3, word 1 in 6. */
#define BLK_SIZE        (1u << 6)
#define BLK_MQ          (1u << 12)
#define VERSION_1       1u
#define ACCESS_PLATFORM 2u

/* The block device's configuration (5.2.4). The capacity is in sectors of 512 bytes, whatever the block size. */
#define CAPACITY   0u
#define BLOCK_SIZE 20u
#define BLK_QUEUES 34u

#define STATUS_IOERR 1u
#define RESET_MS     1000
#define CONFIG_TRIES 10

static struct virtio_blk blks[VIRTIO_MAX];
static struct virtq_memory memory[VIRTIO_MAX][DISK_MAX_QUEUES];

static struct virtio_blk *self(struct disk *d)
{
    return container_of(d, struct virtio_blk, disk);
}

/* ---- requests ---- */

static int submit(struct disk *d, unsigned queue, struct disk_request *r)
{
    struct virtio_blk_queue *q = &self(d)->queues[queue];
    unsigned long was = disk_lock(&q->lock);
    int error = atomic_load(&d->dead);

    if (!error && !virtq_put(&q->ring, r->lba * (d->sector_size / DISK_SECTOR), r->buffer,
                             r->sectors * d->sector_size, r))
        error = DISK_EFULL;
    if (!error) {
        fence_rw_o(); /* Order the index before the doorbell. */
        mmio_write16(q->doorbell, (uint16_t)queue);
    }
    disk_unlock(&q->lock, was);
    return error;
}

static bool take(struct virtio_blk_queue *q, struct virtq_result *result)
{
    unsigned long was = disk_lock(&q->lock);
    bool taken = virtq_take(&q->ring, result);

    disk_unlock(&q->lock, was);
    return taken;
}

static int meaning(const struct virtio_blk *b, const struct virtq_result *result,
                   const struct disk_request *r)
{
    if (result->status == 0)
        return result->whole ? DISK_OK : DISK_ESHORT;
    if (result->status == STATUS_IOERR && r->lba + r->sectors > b->disk.sectors)
        return DISK_ERANGE; /* virtio has no status of its own for this */
    return DISK_ESTATUS;
}

/*
 * 2.7.14: interrupts are not suppressed, so each update of the used index sends an MSI. So an update after this run's
 * last look has an MSI of its own, and so has an update beyond a whole ring.
 */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct virtio_blk_queue *q = context;
    struct virtq_result result;
    unsigned n = 0;

    (void)irq;
    for (; n < q->ring.size && take(q, &result); n++) {
        struct disk_request *r = result.owner;
        if (!r) {
            q->blk->disk.bogus++;
            continue;
        }
        r->status = meaning(q->blk, &result, r);
        r->detail = result.status;
        r->done(r);
    }
    q->blk->disk.runs++;
    q->blk->disk.empty += !n;
    return AIA_HANDLED; /* also if nothing was found: an earlier run found it */
}

static int check_alive(struct disk *d)
{
    uint8_t status = mmio_read8(self(d)->pci.common + STATUS);

    if (status == 0xff)
        return DISK_EGONE;
    return status & NEEDS_RESET ? DISK_EFATAL : d->bogus ? DISK_EBOGUS : DISK_OK;
}

static unsigned unseen(struct disk *d)
{
    unsigned n = 0;

    for (unsigned i = 0; i < d->n_queues; i++) {
        struct virtio_blk_queue *q = &self(d)->queues[i];
        unsigned long was = disk_lock(&q->lock);
        n += virtq_unseen(&q->ring);
        disk_unlock(&q->lock, was);
    }
    return n;
}

static unsigned orphans(struct disk *d, struct disk_request **list, unsigned max)
{
    unsigned n = 0;

    for (unsigned i = 0; i < d->n_queues; i++) {
        struct virtio_blk_queue *q = &self(d)->queues[i];
        struct disk_request *r;
        unsigned long was = disk_lock(&q->lock);
        while (n < max && (r = virtq_orphan(&q->ring)))
            list[n++] = r;
        disk_unlock(&q->lock, was);
    }
    return n;
}

/* ---- bring-up: 3.1.1 ---- */

static void add_status(struct virtio_blk *b, uint8_t bits)
{
    mmio_write8(b->pci.common + STATUS, mmio_read8(b->pci.common + STATUS) | bits);
}

/* 4.1.4.3.2: after a write of 0, the device is reset when the status reads as 0. */
static int reset(struct virtio_blk *b)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(RESET_MS));
    uint8_t status;

    mmio_write8(b->pci.common + STATUS, 0);
    while ((status = mmio_read8(b->pci.common + STATUS)) != 0) {
        if (status == 0xff)
            return DISK_EGONE;
        if (!hart_wait_more(&w))
            return DISK_ERESET;
    }
    return DISK_OK;
}

static uint32_t offered(struct virtio_blk *b, unsigned word)
{
    mmio_write32(b->pci.common + DEVICE_FEATURE_SELECT, word);
    return mmio_read32(b->pci.common + DEVICE_FEATURE);
}

static void accept(struct virtio_blk *b, unsigned word, uint32_t bits)
{
    mmio_write32(b->pci.common + DRIVER_FEATURE_SELECT, word);
    mmio_write32(b->pci.common + DRIVER_FEATURE, bits);
}

/*
 * Negotiate the features; *features is those of word 0. A device that offers ACCESS_PLATFORM may insist on it (6.1):
 * its accesses are then translated by the platform. A device without that feature accesses physical addresses, even
 * behind an IOMMU.
 */
static int negotiate(struct virtio_blk *b, uint32_t *features)
{
    uint32_t platform = offered(b, 1);

    *features = offered(b, 0) & (BLK_MQ | BLK_SIZE);
    if (!(platform & VERSION_1))
        return DISK_EFEATURE;
    accept(b, 0, *features);
    accept(b, 1, platform & (VERSION_1 | ACCESS_PLATFORM));
    b->disk.pd->bypasses = !(platform & ACCESS_PLATFORM);
    add_status(b, FEATURES_OK);
    return mmio_read8(b->pci.common + STATUS) & FEATURES_OK ? DISK_OK : DISK_EFEATURE;
}

/* Two reads, which belong together if the generation is the same before and after (2.5.1, 4.1.4.3.2). */
static int read_capacity(struct virtio_blk *b)
{
    for (unsigned i = 0; i < CONFIG_TRIES; i++) {
        uint8_t before = mmio_read8(b->pci.common + CONFIG_GENERATION);
        uint64_t low = mmio_read32(b->pci.device + CAPACITY),
                 high = mmio_read32(b->pci.device + CAPACITY + 4);
        if (mmio_read8(b->pci.common + CONFIG_GENERATION) != before)
            continue;
        b->disk.sectors = high << 32 | low;
        return b->disk.sectors ? DISK_OK : DISK_ENODISK;
    }
    return DISK_EIDENTIFY;
}

/* The block size is called optimal (5.2.5), but QEMU's device refuses smaller requests. */
static int read_block_size(struct virtio_blk *b)
{
    if (b->pci.device_size < BLOCK_SIZE + 4)
        return DISK_EIDENTIFY;
    int error = disk_set_sector(&b->disk, mmio_read32(b->pci.device + BLOCK_SIZE));
    if (error)
        return error;
    b->disk.sectors /= b->disk.sector_size / DISK_SECTOR;
    return b->disk.sectors ? DISK_OK : DISK_ENODISK;
}

static int read_config(struct virtio_blk *b, uint32_t features)
{
    unsigned n = hart_count() < DISK_MAX_QUEUES ? hart_count() : DISK_MAX_QUEUES, limit = 1;
    int error = read_capacity(b);

    if (!error && (features & BLK_SIZE))
        error = read_block_size(b);
    if (error)
        return error;
    if ((features & BLK_MQ) && b->pci.device_size >= BLK_QUEUES + 2)
        limit = mmio_read16(b->pci.device + BLK_QUEUES);
    if (limit > mmio_read16(b->pci.common + NUM_QUEUES))
        limit = mmio_read16(b->pci.common + NUM_QUEUES);
    if (limit > b->table.n)
        limit = b->table.n;
    b->disk.n_queues = n < limit ? n : limit;
    return limit ? DISK_OK : DISK_EIDENTIFY;
}

/* Write two halves. A 64-bit write is not forbidden, but only two 32-bit writes are sure to work (4.1.3.1). */
static void write64(uintptr_t reg, const void *p)
{
    mmio_write32(reg, (uint32_t)(uintptr_t)p);
    mmio_write32(reg + 4, (uint32_t)((uintptr_t)p >> 32));
}

/* 4.1.5.1.3: the vector reads back as "none" if the device lacked the resources for it. */
static int open_queue(struct virtio_blk *b, unsigned i)
{
    struct virtio_blk_queue *q = &b->queues[i];
    struct virtq_memory *m = &memory[b - blks][i];
    uintptr_t common = b->pci.common;

    q->blk = b;
    mmio_write16(common + QUEUE_SELECT, (uint16_t)i);
    unsigned size = mmio_read16(common + QUEUE_SIZE);
    if (!virtq_init(&q->ring, m, size < VIRTQ_SIZE ? size : VIRTQ_SIZE, VIRTQ_BLOCK))
        return DISK_EFEATURE;
    if (q->ring.requests < b->disk.depth)
        b->disk.depth = q->ring.requests;
    q->doorbell = virtio_pci_doorbell(&b->pci, mmio_read16(common + QUEUE_NOTIFY_OFF));
    if (!q->doorbell)
        return PCI_ECAPBAD;
    int error = pci_msix_entry(&q->msix, &b->table, i);
    if (!error)
        error = disk_interrupt(&b->disk, q->msix.top, handler, q, NULL);
    if (error)
        return error;
    mmio_write16(common + QUEUE_VECTOR, (uint16_t)i);
    if (mmio_read16(common + QUEUE_VECTOR) != i)
        return DISK_EFEATURE;
    mmio_write16(common + QUEUE_SIZE, q->ring.size);
    write64(common + QUEUE_DESCRIPTORS, m->descriptors);
    write64(common + QUEUE_AVAILABLE, q->ring.ring);
    write64(common + QUEUE_USED, &m->used);
    fence_rw_o();
    mmio_write16(common + QUEUE_ENABLE, 1);
    return DISK_OK;
}

static int set_up(struct virtio_blk *b)
{
    uint32_t features = 0;

    add_status(b, ACKNOWLEDGE);
    add_status(b, DRIVER);
    int error = negotiate(b, &features);
    if (!error)
        error = read_config(b, features);
    mmio_write16(b->pci.common + CONFIG_VECTOR, NO_VECTOR);
    for (unsigned i = 0; i < b->disk.n_queues && !error; i++)
        error = open_queue(b, i);
    add_status(b, error ? FAILED : DRIVER_OK); /* 2.1: the device is given up, or ready */
    return check_alive(&b->disk) == DISK_EGONE ? DISK_EGONE : error;
}

static int bring_up(struct virtio_blk *b)
{
    int error = virtio_pci_find(&b->pci, b->disk.pd);

    if (!error)
        error = pci_msix_init(&b->table, b->disk.pd);
    if (!error)
        error = reset(b);
    return error ? error : set_up(b);
}

static int init(unsigned n, struct pci_device *pd, struct disk **disk)
{
    static const struct disk_ops ops = {
        .submit = submit,
        .check = check_alive,
        .unseen = unseen,
        .orphans = orphans,
    };
    struct virtio_blk *b = &blks[n];

    *b = (struct virtio_blk){0};
    *disk = &b->disk;
    int error = disk_begin(&b->disk, &ops, pd, "virtio", n);
    if (!error)
        error = bring_up(b);
    if (error)
        disk_kill(&b->disk, error);
    return error;
}

static bool match(const struct pci_device *pd)
{
    return pd->vendor == VENDOR && (pd->device == MODERN || pd->device == TRANSITIONAL);
}

const struct disk_driver virtio_driver = {"virtio", VIRTIO_MAX, match, init};
