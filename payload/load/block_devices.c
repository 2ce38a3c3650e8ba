/* SPDX-License-Identifier: BSD-2-Clause */
/* The disks of block.h: the search for disks, their request slots, and their queues while harts go offline and come back. */
#include "payload/load/block.h"
#include "payload/kernel/console.h"
#include "payload/kernel/work.h"
#include "payload/kernel/hotplug.h"
#include "payload/drivers/iommu.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "payload/load/pattern.h"
#include "lib/container.h"

struct block_device block_devices[BLOCK_MAX];
unsigned block_n_devices;

/* Not cleared at start. Each read is preceded by a fill, so that a read that wrote nothing does not look right. */
static _Alignas(4096) uint8_t buffers[BLOCK_MAX][BLOCK_HARTS][DISK_DEPTH][DISK_BUFFER]
    __attribute__((section(".noinit")));

static void done(struct disk_request *r)
{
    struct block_slot *s = container_of(r, struct block_slot, r);

    s->completed = time_now();
    if (atomic_exchange_explicit(&s->state, BLOCK_DONE, memory_order_release) != BLOCK_BUSY)
        s->share->twice++;
}

static void init_slot(struct block_device *d, unsigned hart, unsigned i)
{
    struct block_slot *s = &d->shares[hart].slots[i];

    s->share = &d->shares[hart];
    s->r.buffer = buffers[d - block_devices][hart][i];
    s->r.done = done;
}

/* Read sector 0 through this queue and wait for the end. */
static int read_first(struct block_device *d, unsigned queue, struct block_slot *s)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(BLOCK_LOST_MS));

    s->r.lba = 0;
    s->r.sectors = 1;
    *(uint64_t *)s->r.buffer = UINT64_MAX;
    atomic_store(&s->state, BLOCK_BUSY);
    int error = d->disk->ops->submit(d->disk, queue, &s->r);
    while (!error && block_busy(s))
        if (!hart_wait_more(&w))
            return DISK_ETIMEOUT; /* the slot stays BUSY: the device may still write to the buffer */
    atomic_store(&s->state, BLOCK_FREE);
    return error ? error : s->r.status;
}

/*
 * Read the disk's tag from its first sector. A disk that scripts/image did not write is left out, because its contents
 * cannot be verified.
 */
static bool read_tag(struct block_device *d)
{
    struct block_slot *s = &d->shares[0].slots[0];
    const uint64_t *sector = s->r.buffer;
    int error = read_first(d, disk_queue_of(d->disk, hart_index()), s);

    if (error) {
        print("%s: reading sector 0: %s\n", d->disk->name, disk_strerror(error));
        return false;
    }
    d->tag = sector[1];
    if (pattern_good(sector, 0, d->tag))
        return true;
    disk_kill(d->disk, DISK_ENODISK);
    pci_leave_out(d->disk->pd, DISK_ENODISK, "scripts/image did not write its sector 0");
    return false;
}

bool block_queues_work(struct block_device *d)
{
    struct block_slot *s = &d->shares[0].slots[0];

    for (unsigned q = 0; q < d->disk->n_queues; q++) {
        int error = read_first(d, q, s);
        if (error || !pattern_good(s->r.buffer, 0, d->tag)) {
            print("%s: queue %u, read after the load: %s\n", d->disk->name, q, disk_strerror(error));
            return false;
        }
    }
    return true;
}

static const char *hart_offline(unsigned hart)
{
    for (unsigned i = 0; i < block_n_devices; i++) {
        struct disk *d = block_devices[i].disk;
        int error = d->ops->hart_offline ? d->ops->hart_offline(d, hart) : DISK_OK;
        if (error) {
            (void)atomic_exchange(&block_devices[i].suspect, error);
            print("%s: shutting down its queue of hart %u: %s\n", d->name, hart, disk_strerror(error));
            return disk_strerror(error);
        }
    }
    return NULL;
}

static const char *hart_online(unsigned hart)
{
    const char *why = NULL;

    for (unsigned i = 0; i < block_n_devices; i++) {
        struct disk *d = block_devices[i].disk;
        int error = d->ops->hart_online ? d->ops->hart_online(d, hart) : DISK_OK;
        if (error) {
            (void)atomic_exchange(&block_devices[i].suspect, error);
            print("%s: restarting its queue of hart %u: %s\n", d->name, hart, disk_strerror(error));
            why = disk_strerror(error);
        }
    }
    return why;
}

static bool add(const struct load_kind *kind, struct disk *disk)
{
    struct block_device *d = &block_devices[block_n_devices];

    d->disk = disk;
    d->kind = kind;
    for (unsigned h = 0; h < BLOCK_HARTS; h++)
        for (unsigned i = 0; i < DISK_DEPTH; i++)
            init_slot(d, h, i);
    if (!read_tag(d)) /* a disk has at least one sector: the drivers refuse others */
        return false;
    block_n_devices++;
    print("%s: %lu sectors", disk->name, disk->sectors);
    if (disk->sector_size != DISK_SECTOR)
        print(" of %u bytes", disk->sector_size);
    print(", %u queues, %u interrupts\n", disk->n_queues, disk->n_irqs);
    if (disk->pd->bypasses && iommu_device(disk->pd))
        print("%s: DMA bypasses the IOMMU: the device does not offer VIRTIO_F_ACCESS_PLATFORM\n", disk->name);
    return true;
}

/* True if the device itself reports that the payload cannot use it. False for a device that does not answer, or answers wrongly. */
static bool is_unsuitable(int error)
{
    bool of_pci = error && error != PCI_EGONE && pci_strerror(error);

    return of_pci || error == DISK_EFEATURE || error == DISK_ENODISK || error == DISK_EROOM ||
           error == DISK_EIDENTIFY;
}

/*
 * Take the disk at `pd` into use as number *n. A disk that is left out is named, and the next disk gets its number.
 * False: the disk should work and does not.
 */
static bool try(const struct load_kind *kind, struct pci_device *pd, unsigned *n)
{
    const struct disk_driver *driver = kind->data;
    bool room = *n < driver->max && block_n_devices < BLOCK_MAX;
    struct disk *disk;
    int error = room ? driver->init(*n, pd, &disk) : DISK_EROOM;

    if (is_unsuitable(error)) {
        pci_leave_out(pd, error, disk_strerror(error));
        return true;
    }
    if (error)
        print("%s%u: %s\n", driver->name, *n, disk_strerror(error));
    if (error || !add(kind, disk))
        return pd->error;
    ++*n;
    return true;
}

bool block_find(const struct load_kind *kind, unsigned *n_found)
{
    const struct disk_driver *driver = kind->data;
    const struct pci *pci = kinds_pci();

    if (!pci)
        return true; /* no PCI, so no disk: not an error */
    hotplug_watch(hart_offline, hart_online);
    wedge_init();
    for (size_t i = 0; i < pci->n; i++)
        if (!pci->devs[i].error && driver->match(&pci->devs[i]) && !try(kind, &pci->devs[i], n_found))
            return false;
    return true;
}
