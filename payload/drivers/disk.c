/* SPDX-License-Identifier: BSD-2-Clause */
/* The common part of the disk drivers. */
#include "payload/drivers/disk.h"
#include "payload/kernel/work.h"
#include "payload/kernel/irq.h"
#include "payload/pci/regs.h"
#include "payload/kernel/time.h"
#include <stdio.h>

const char *disk_strerror(int error)
{
    static const char *const text[] = {
        "DISK_EFULL: no room for a request now",
        "DISK_ECLOSED: the queue is shut down with its hart",
        "DISK_ERANGE: the device answers that it has no such sector",
        "DISK_ESTATUS: the device failed the request",
        "DISK_ESHORT: the device transferred less than was requested",
        "DISK_EBOGUS: the device completed a request that it never had",
        "DISK_EIDENTIFY: the device's description of itself is impossible",
        "DISK_EFEATURE: the device lacks something that this driver needs",
        "DISK_ERESET: the device's reset did not end in time",
        "DISK_EREADY: the device did not become ready after a reset",
        "DISK_EFATAL: the device reports a fatal error of its own",
        "DISK_ECOMMAND: a set-up command failed",
        "DISK_ETIMEOUT: the device does not answer a command, though its registers answer",
        "DISK_EGONE: the device's registers read as all ones",
        "DISK_ENODISK: no disk for this driver is attached to the controller",
        "DISK_EROOM: more devices of this kind than the driver has room for",
    };

    if (error <= DISK_EFULL && error >= DISK_EROOM)
        return text[DISK_EFULL - error];
    return pci_strerror(error) ? pci_strerror(error) : aia_strerror(error);
}

int disk_begin(struct disk *d, const struct disk_ops *ops, struct pci_device *pd, const char *kind,
               unsigned n)
{
    d->ops = ops;
    d->pd = pd;
    d->sector_size = DISK_SECTOR;
    d->depth = DISK_DEPTH;
    (void)snprintf(d->name, sizeof(d->name), "%s%u", kind, n);
    return pci_enable(pd);
}

int disk_interrupt(struct disk *d, struct aia_msi *msi, aia_handler handler, void *context,
                   const struct aia_hartset *managed)
{
    char *name = d->irq_names[d->n_irqs];
    struct aia_request r = {
        .name = name,
        .handler = handler,
        .context = context,
        .msi = msi,
        .affinity = managed ? *managed : aia_hartset_first(hart_count()),
        .managed = managed != NULL,
    };

    if (d->n_irqs)
        (void)snprintf(name, sizeof(d->irq_names[0]), "%s.%u", d->name, d->n_irqs);
    else
        (void)snprintf(name, sizeof(d->irq_names[0]), "%s", d->name);
    int error = aia_irq_request(&aia, &r, &d->irqs[d->n_irqs]);

    d->n_irqs += d->irqs[d->n_irqs] != NULL;
    return error;
}

/*
 * Bus mastering goes off first. A live message must never be moved in that way, but this device is given up, and its
 * late writes would land in buffers that others use by then. Memory decoding stays on, or is turned on again: an MSI-X
 * table that answers proves the drain immediately, and a table that does not answer costs the library's wait_limit,
 * once for all interrupts of the device. The interrupts are freed before the requests end, because a handler might
 * still be using a request.
 */
void disk_kill(struct disk *d, int why)
{
    struct disk_request *left[DISK_DEPTH];
    int alive = DISK_OK;
    unsigned n;

    if (!atomic_compare_exchange_strong(&d->dead, &alive, why))
        return;
    pci_write16(d->pd, PCI_COMMAND, PCI_COMMAND_MEM | PCI_COMMAND_NOINTX);
    (void)pci_read16(d->pd, PCI_COMMAND);
    for (unsigned i = 0; i < d->n_irqs; i++)
        if (d->irqs[i])
            aia_irq_stop(&aia, d->irqs[i]);
    for (unsigned i = 0; i < d->n_irqs; i++)
        if (d->irqs[i])
            (void)aia_irq_free(&aia, d->irqs[i]);
    d->n_irqs = 0;
    pci_write16(d->pd, PCI_COMMAND, PCI_COMMAND_NOINTX);
    while ((n = d->ops->orphans(d, left, DISK_DEPTH)) != 0) {
        for (unsigned i = 0; i < n; i++) {
            left[i]->status = why;
            left[i]->done(left[i]);
        }
    }
}

int disk_wait_reg(uintptr_t reg, uint32_t mask, uint32_t want, uint64_t ms, int late)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ms));
    uint32_t v;

    while (((v = mmio_read32(reg)) & mask) != want || v == UINT32_MAX) {
        if (v == UINT32_MAX)
            return DISK_EGONE;
        if (!hart_wait_more(&w))
            return late;
    }
    return DISK_OK;
}
