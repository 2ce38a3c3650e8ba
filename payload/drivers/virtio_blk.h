/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A modern virtio block device on PCI (VIRTIO 1.2, 4.1 and 5.2). It has a queue per hart, if it offers so many. Each
 * queue has its own MSI-X vector, which may be on any hart.
 */
#ifndef PAYLOAD_DRIVERS_VIRTIO_BLK_H
#define PAYLOAD_DRIVERS_VIRTIO_BLK_H

#include "payload/drivers/disk.h"
#include "payload/drivers/virtio_pci.h"
#include "payload/drivers/virtq.h"
#include "payload/pci/msi.h"

struct virtio_blk_queue {
    struct virtio_blk *blk;
    struct aia_lock lock;
    struct virtq ring;
    uintptr_t doorbell;
    struct pci_msix msix;
};

struct virtio_blk {
    struct disk disk;
    struct virtio_pci pci;
    struct pci_msix_table table;
    struct virtio_blk_queue queues[DISK_MAX_QUEUES];
};

extern const struct disk_driver virtio_driver;

#endif
