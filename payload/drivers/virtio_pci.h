/* SPDX-License-Identifier: BSD-2-Clause */
/* The places of a PCI virtio device's registers, which its capabilities list (VIRTIO 1.2, 4.1.4). */
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
 * Find the three structures that the driver uses. Returns
 * - PCI_OK;
 * - PCI_ENOCAP: a structure is missing, so the device is not modern;
 * - PCI_ECAPBAD: no capability of one structure lies in a BAR and is long enough;
 * - or an error of pci_find_cap().
 */
int virtio_pci_find(struct virtio_pci *v, const struct pci_device *pd);

/* The address of a queue's doorbell. `offset` is the queue's queue_notify_off. 0: outside of the structure. */
uintptr_t virtio_pci_doorbell(const struct virtio_pci *v, uint16_t offset);

#endif
