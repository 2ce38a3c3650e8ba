/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/drivers/virtio_pci.h"
#include "payload/pci/regs.h"

#define CAP_VENDOR 0x09u

/* struct virtio_pci_cap (4.1.4). */
#define LENGTH      2u
#define TYPE        3u
#define BAR         4u
#define OFFSET      8u
#define SIZE        12u
#define MULTIPLIER  16u
#define SIZE_OF_CAP 16u

#define MAX_CAPS 48u /* as many as fit behind the header */

enum { COMMON = 1, NOTIFY = 2, DEVICE = 4 };

#define COMMON_SIZE 56u /* of struct virtio_pci_common_cfg (4.1.4.3), up to what this driver uses */

/* The structure's place for the harts, and its size; 0: not within its BAR. */
static uintptr_t locate(const struct pci_device *pd, unsigned cap, uint64_t least, uint64_t *size)
{
    unsigned bar = pci_read8(pd, cap + BAR);
    uint64_t offset = pci_read32(pd, cap + OFFSET);

    *size = pci_read32(pd, cap + SIZE);
    if (*size < least || offset + *size > pci_bar_size(pd, bar) || offset % 4)
        return 0;
    return pci_bar(pd, bar) + offset;
}

/* "The driver SHOULD use the first instance of each" (4.1.4.1), and ignore types that it does not know. */
static int read_cap(struct virtio_pci *v, const struct pci_device *pd, unsigned cap)
{
    unsigned type = pci_read8(pd, cap + TYPE);
    uint64_t size;

    if (pci_read8(pd, cap + LENGTH) < SIZE_OF_CAP)
        return PCI_ECAPBAD;
    if (type == COMMON && !v->common)
        return (v->common = locate(pd, cap, COMMON_SIZE, &size)) ? PCI_OK : PCI_ECAPBAD;
    if (type == DEVICE && !v->device)
        return (v->device = locate(pd, cap, 8, &v->device_size)) ? PCI_OK : PCI_ECAPBAD;
    if (type == NOTIFY && !v->notify) {
        if (pci_read8(pd, cap + LENGTH) < MULTIPLIER + 4 || cap + MULTIPLIER + 4 > 0x100u)
            return PCI_ECAPBAD;
        v->notify_multiplier = pci_read32(pd, cap + MULTIPLIER);
        return (v->notify = locate(pd, cap, 2, &v->notify_size)) ? PCI_OK : PCI_ECAPBAD;
    }
    return PCI_OK;
}

int virtio_pci_find(struct virtio_pci *v, const struct pci_device *pd)
{
    int cap = pci_find_cap(pd, CAP_VENDOR, SIZE_OF_CAP);

    *v = (struct virtio_pci){0};
    for (unsigned n = 0; cap > 0; n++) {
        int error = n < MAX_CAPS ? PCI_OK : PCI_ECAPLOOP; /* of one id all, so it is for us to count */
        if (!error)
            error = read_cap(v, pd, (unsigned)cap);
        if (error)
            return error;
        cap = pci_next_cap(pd, (unsigned)cap, CAP_VENDOR, SIZE_OF_CAP);
    }
    if (cap != PCI_ENOCAP)
        return cap;
    return v->common && v->notify && v->device ? PCI_OK : PCI_ENOCAP;
}

uintptr_t virtio_pci_doorbell(const struct virtio_pci *v, uint16_t offset)
{
    uint64_t at = (uint64_t)offset * v->notify_multiplier;

    return at + 2 <= v->notify_size ? v->notify + (uintptr_t)at : 0;
}
