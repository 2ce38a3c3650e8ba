/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI Express Base, 7.7.2) as the device side of a message: a table of messages in one of the function's BARs,
 * each with a mask bit. The pending bit array keeps the event of a masked entry. When the entry is unmasked, the event
 * is sent to the entry's address at that time.
 */
#include "payload/pci/msi.h"
#include "payload/pci/regs.h"
#include "lib/container.h"

static struct pci_msix *self(struct aia_msi *msi)
{
    return container_of(msi, struct pci_msix, msi);
}

/*
 * The read makes the mask certain: the entry may be changed only while it is masked, and the mask bit is a posted
 * write. The read's completion also drains the MSIs sent before (as in msi.c), because it comes from the same function,
 * though from its memory space.
 */
static void msix_mask(struct aia_msi *msi)
{
    struct pci_msix *px = self(msi);

    mmio_write32(px->entry + PCI_MSIX_ENTRY_CONTROL, px->control | PCI_MSIX_ENTRY_MASKED);
    (void)mmio_read32(px->entry + PCI_MSIX_ENTRY_CONTROL);
    fence_io_rwio();
}

static void msix_unmask(struct aia_msi *msi)
{
    struct pci_msix *px = self(msi);

    fence_rw_o(); /* Order what the handler reads before the message that makes it run. */
    mmio_write32(px->entry + PCI_MSIX_ENTRY_CONTROL, px->control);
}

static void msix_write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct pci_msix *px = self(msi);

    mmio_write32(px->entry + PCI_MSIX_ENTRY_ADDR_HI, (uint32_t)(addr >> 32));
    mmio_write32(px->entry + PCI_MSIX_ENTRY_ADDR, (uint32_t)addr);
}

static void msix_write_data(struct aia_msi *msi, uint32_t data)
{
    mmio_write32(self(msi)->entry + PCI_MSIX_ENTRY_DATA, data);
}

static void msix_start(struct aia_msi *msi, const struct aia_message *m)
{
    msix_mask(msi);
    msix_write_addr(msi, m->addr);
    msix_write_data(msi, m->data);
    msix_unmask(msi);
}

/* Read the table entry. All ones in an address that software keeps aligned mean that the device did not answer. */
static int msix_read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct pci_msix *px = self(msi);
    uint32_t data = mmio_read32(px->entry + PCI_MSIX_ENTRY_DATA);
    uint64_t hi = mmio_read32(px->entry + PCI_MSIX_ENTRY_ADDR_HI);
    uint32_t lo = mmio_read32(px->entry + PCI_MSIX_ENTRY_ADDR);

    fence_io_rwio();
    if (lo == UINT32_MAX)
        return AIA_ESILENT;
    m->addr = hi << 32 | lo;
    m->data = data;
    return AIA_OK;
}

static const struct aia_msi_ops msix_ops = {
    .start = msix_start,
    .stop = msix_mask,
    .write_addr = msix_write_addr,
    .write_data = msix_write_data,
    .mask = msix_mask,
    .unmask = msix_unmask,
    .read_back = msix_read_back,
};

/* The entry's pending bit (7.7.2.10); false also if the array is in no known BAR. */
static bool is_pending(const struct pci_msix *px)
{
    uint32_t where = pci_read32(px->pd, px->cap + PCI_MSIX_PENDING), offset = where & ~PCI_MSIX_BAR;
    uint32_t word = px->index / 32u * 4u;

    if (offset + (uint64_t)word + 4 > pci_bar_size(px->pd, where & PCI_MSIX_BAR))
        return false;
    return mmio_read32(pci_bar(px->pd, where & PCI_MSIX_BAR) + offset + word) >> px->index % 32u & 1u;
}

const char *pci_msix_holds(const struct aia_msi *msi)
{
    const struct pci_msix *px = container_of(msi, struct pci_msix, msi);

    if (msi->ops != &msix_ops)
        return NULL;
    bool masked = mmio_read32(px->entry + PCI_MSIX_ENTRY_CONTROL) & PCI_MSIX_ENTRY_MASKED;
    bool all = pci_read16(px->pd, px->cap + PCI_MSIX_CONTROL) & PCI_MSIX_CONTROL_MASK, pends = is_pending(px);
    if (masked || all)
        return pends
                   ? all ? "its function is masked, and its pending bit set: the device holds the edge back"
                         : "its MSI-X entry is masked, and its pending bit set: the device holds the edge back"
               : all ? "its function is masked, and its pending bit clear"
                     : "its MSI-X entry is masked, and its pending bit clear";
    return pends
               ? "its pending bit is set, though its MSI-X entry is not masked: the device holds the edge back"
               : NULL;
}

static int find_table(struct pci_msix_table *t, struct pci_device *pd)
{
    int cap = pci_find_cap(pd, PCI_CAP_MSIX, PCI_MSIX_SIZE);
    uint32_t where, offset;
    uint16_t control;

    if (cap < 0)
        return cap;
    control = pci_read16(pd, (unsigned)cap + PCI_MSIX_CONTROL);
    where = pci_read32(pd, (unsigned)cap + PCI_MSIX_TABLE);
    offset = where & ~PCI_MSIX_BAR;
    *t = (struct pci_msix_table){.pd = pd, .n = (control & PCI_MSIX_CONTROL_SIZE) + 1u, .cap = (uint16_t)cap};
    if (offset + (uint64_t)t->n * PCI_MSIX_ENTRY > pci_bar_size(pd, where & PCI_MSIX_BAR))
        return PCI_ECAPBAD;
    t->base = pci_bar(pd, where & PCI_MSIX_BAR) + offset;
    return PCI_OK;
}

/*
 * After a reset only the mask bits of the table are valid. So the whole function is masked from the moment that MSI-X
 * is on, until every entry is masked by itself.
 */
int pci_msix_init(struct pci_msix_table *t, struct pci_device *pd)
{
    int error = find_table(t, pd);
    uint16_t off;

    if (error)
        return error;
    off = pci_read16(pd, t->cap + PCI_MSIX_CONTROL);
    off = (uint16_t)(off & ~(PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_MASK));
    pci_intx(pd, false);
    pci_write16(pd, t->cap + PCI_MSIX_CONTROL, off | PCI_MSIX_CONTROL_ENABLE | PCI_MSIX_CONTROL_MASK);
    for (unsigned i = 0; i < t->n; i++) {
        uintptr_t control = t->base + i * PCI_MSIX_ENTRY + PCI_MSIX_ENTRY_CONTROL;
        uint32_t v = mmio_read32(control);

        if (v == UINT32_MAX) { /* no device decodes the BAR */
            pci_write16(pd, t->cap + PCI_MSIX_CONTROL, off);
            return AIA_ESILENT;
        }
        mmio_write32(control, v | PCI_MSIX_ENTRY_MASKED);
    }
    (void)mmio_read32(t->base + PCI_MSIX_ENTRY_CONTROL); /* after this read the masks are in effect */
    pci_write16(pd, t->cap + PCI_MSIX_CONTROL, off | PCI_MSIX_CONTROL_ENABLE);
    return PCI_OK;
}

int pci_msix_entry(struct pci_msix *px, const struct pci_msix_table *t, unsigned i)
{
    if (i >= t->n)
        return AIA_EINVAL;
    *px = (struct pci_msix){
        .msi = {.ops = &msix_ops, .kind = AIA_MSI_MASKABLE},
        .entry = t->base + i * PCI_MSIX_ENTRY,
        .pd = t->pd,
        .cap = t->cap,
        .index = (uint16_t)i,
    };
    px->control = mmio_read32(px->entry + PCI_MSIX_ENTRY_CONTROL) & ~PCI_MSIX_ENTRY_MASKED;
    px->top = pci_remap ? pci_remap(t->pd, i, 0, &px->msi) : &px->msi;
    return PCI_OK;
}
