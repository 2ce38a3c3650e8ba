/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a virtio device on PCI has its registers (VIRTIO 1.2, 4.1.4): its capabilities say. */
#ifndef PAYLOAD_DRIVERS_VIRTIO_PCI_H
#define PAYLOAD_DRIVERS_VIRTIO_PCI_H

#include "payload/pci/pci.h"

struct virtio_pci {
    uintptr_t common;
    uintptr_t device;
    uint64_t device_size;
    uintptr_t notify;
    uint64_t notify_size;
    uint32_t notify_multiplier;
};

/*
 * Find the three structures in use here. PCI_OK; PCI_ENOCAP: one is missing, so it is no modern device; PCI_ECAPBAD: of
 * one there is none that lies in a BAR and is long enough; or what pci_find_cap() returns.
 */
int virtio_pci_find(struct virtio_pci *v, const struct pci_device *pd);

/* Where queue's doorbell is, `offset` being its queue_notify_off; 0: outside. */
uintptr_t virtio_pci_doorbell(const struct virtio_pci *v, uint16_t offset);

#endif
