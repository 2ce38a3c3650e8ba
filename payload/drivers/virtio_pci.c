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

#define MAX_CAPS 48u /* the most capabilities that fit behind the header */

enum { COMMON = 1, NOTIFY = 2, DEVICE = 4 };

/* The size of struct virtio_pci_common_cfg (4.1.4.3), up to the last member that this driver uses. */
#define COMMON_SIZE 56u

/* The structure's address and size. Returns 0 if the structure is not inside a memory BAR, or not aligned. */
static uintptr_t locate(const struct pci_device *pd, unsigned cap, uint64_t least, uint64_t *size)
{
    unsigned bar = pci_read8(pd, cap + BAR), align = least < 4 ? 2 : 4;
    uint64_t offset = pci_read32(pd, cap + OFFSET);

    *size = pci_read32(pd, cap + SIZE);
    if (*size < least || offset + *size > pci_bar_size(pd, bar) || offset % align)
        return 0;
    return pci_bar(pd, bar) + offset;
}

/*
 * Use the first usable capability of each type (4.1.4.1). A capability is not usable if its BAR is reserved, is for
 * ports, or does not exist.
 */
static bool read_cap(struct virtio_pci *v, const struct pci_device *pd, unsigned cap)
{
    unsigned type = pci_read8(pd, cap + TYPE), length = pci_read8(pd, cap + LENGTH);
    uint64_t size;

    if (type == COMMON && !v->common)
        return length >= SIZE_OF_CAP && (v->common = locate(pd, cap, COMMON_SIZE, &size));
    if (type == DEVICE && !v->device)
        return length >= SIZE_OF_CAP && (v->device = locate(pd, cap, 8, &v->device_size));
    if (type == NOTIFY && !v->notify) {
        if (length < MULTIPLIER + 4 || cap + MULTIPLIER + 4 > 0x100u)
            return false;
        v->notify_multiplier = pci_read32(pd, cap + MULTIPLIER);
        return (v->notify = locate(pd, cap, 2, &v->notify_size));
    }
    return true;
}

int virtio_pci_find(struct virtio_pci *v, const struct pci_device *pd)
{
    int cap = pci_find_cap(pd, CAP_VENDOR, SIZE_OF_CAP);

    bool all_usable = true;

    *v = (struct virtio_pci){0};
    for (unsigned n = 0; cap > 0; n++) {
        if (n == MAX_CAPS)
            return PCI_ECAPLOOP; /* pci_next_cap() finds no loop among capabilities of one id, so count them here. */
        all_usable &= read_cap(v, pd, (unsigned)cap);
        cap = pci_next_cap(pd, (unsigned)cap, CAP_VENDOR, SIZE_OF_CAP);
    }
    if (cap != PCI_ENOCAP)
        return cap;
    if (v->common && v->notify && v->device)
        return PCI_OK;
    return all_usable ? PCI_ENOCAP : PCI_ECAPBAD;
}

uintptr_t virtio_pci_doorbell(const struct virtio_pci *v, uint16_t offset)
{
    uint64_t at = (uint64_t)offset * v->notify_multiplier;

    return at + 2 <= v->notify_size ? v->notify + (uintptr_t)at : 0;
}
