/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MSI capability (PCI Express Base, 7.7.1) as the device side of a message. An MSI is a 32-bit write of the data
 * register, 16 bits with zeros above, to the address register (AIA, IMSIC.adoc, "MSI encoding"). The address chooses
 * the hart's interrupt file; the data is the identity, at most 2047.
 */
#include "payload/pci/msi.h"
#include "payload/pci/regs.h"
#include "lib/container.h"

#define ADDR    4u
#define ADDR_HI 8u

struct aia_msi *(*pci_remap)(const struct pci_device *pd, unsigned index, unsigned order,
                             struct aia_msi *own);

static struct pci_msi *self(struct aia_msi *msi)
{
    return container_of(msi, struct pci_msi, msi);
}

static void write_control(const struct pci_msi *pm, uint16_t clear, uint16_t set)
{
    unsigned reg = pm->cap + PCI_MSI_CONTROL;

    pci_write16(pm->pd, reg, (uint16_t)((pci_read16(pm->pd, reg) & ~clear) | set));
}

/* The mask bits of all messages of the function: the messages move as one. */
static uint32_t vectors(const struct pci_msi *pm)
{
    return (uint32_t)((1ull << (1u << pm->order)) - 1);
}

static void write_mask(const struct pci_msi *pm, uint32_t masked)
{
    pci_write32(pm->pd, pm->mask, pm->mask_bits | masked);
}

/*
 * INTx goes off first: a function with neither MSI nor MSI-X enabled asserts INTx, and between two messages that would
 * be an unexpected interrupt. The enable bit goes on last, so that the device cannot send half of what is written here.
 * A maskable function may be enabled from an earlier start. While masked it does not send either, and it keeps the
 * edges since its stop.
 */
static void msi_start(struct aia_msi *msi, const struct aia_message *m)
{
    struct pci_msi *pm = self(msi);

    pci_intx(pm->pd, false);
    if (msi->kind == AIA_MSI_MASKABLE)
        msi->ops->mask(msi);
    else
        write_control(pm, PCI_MSI_CONTROL_ENABLE, 0);
    if (pm->is64)
        pci_write32(pm->pd, pm->cap + ADDR_HI, (uint32_t)(m->addr >> 32));
    pci_write32(pm->pd, pm->cap + ADDR, (uint32_t)m->addr);
    pci_write16(pm->pd, pm->data, (uint16_t)m->data);
    fence_rw_o(); /* Order what the handler reads before the message that makes it run. */
    /* Write the number of messages, too: a reset of the function has cleared it (aia_irq_restore). */
    write_control(pm, PCI_MSI_CONTROL_COUNT, (uint16_t)((unsigned)pm->order << 4 | PCI_MSI_CONTROL_ENABLE));
    if (msi->kind == AIA_MSI_MASKABLE)
        msi->ops->unmask(msi);
}

/*
 * Without a mask only the enable bit stops the messages; INTx goes off before it, as above. The completion of the read
 * shows that the bit has taken effect, and that every earlier MSI has arrived.
 */
static void msi_stop(struct aia_msi *msi)
{
    struct pci_msi *pm = self(msi);

    if (msi->kind == AIA_MSI_MASKABLE) {
        msi->ops->mask(msi);
        return;
    }
    pci_intx(pm->pd, false);
    write_control(pm, PCI_MSI_CONTROL_ENABLE, 0);
    (void)pci_read16(pm->pd, pm->cap + PCI_MSI_CONTROL);
    fence_io_rwio();
}

/*
 * A plain message is live: one 32-bit write of the low address changes the file in one step. The upper address stays,
 * because the library changes only messages with equal upper addresses in this way. A masked message needs no such
 * care.
 */
static void msi_write_addr(struct aia_msi *msi, uint64_t addr)
{
    struct pci_msi *pm = self(msi);

    if (msi->kind == AIA_MSI_MASKABLE && pm->is64)
        pci_write32(pm->pd, pm->cap + ADDR_HI, (uint32_t)(addr >> 32));
    pci_write32(pm->pd, pm->cap + ADDR, (uint32_t)addr);
}

/*
 * Write 16 bits in one access: the other half of the doubleword is reserved, or extended data, which the payload does
 * not enable.
 */
static void msi_write_data(struct aia_msi *msi, uint32_t data)
{
    struct pci_msi *pm = self(msi);

    pci_write16(pm->pd, pm->data, (uint16_t)data);
}

/* Read back, so that on return the device sends no more and its earlier messages have arrived. */
static void msi_mask(struct aia_msi *msi)
{
    struct pci_msi *pm = self(msi);

    write_mask(pm, vectors(pm));
    (void)pci_read32(pm->pd, pm->mask);
    fence_io_rwio();
}

static void msi_unmask(struct aia_msi *msi)
{
    fence_rw_o();
    write_mask(self(msi), 0);
}

/*
 * The function itself answers configuration reads. Their completions do not pass its earlier posted writes, among them
 * its MSIs (2.4.1; only a relaxed-ordering completion may, and only if the request asked for it). The low address is
 * read last: its bits 1:0 read as zero from any device that is present. So all ones there mean that the device did not
 * answer.
 */
static int msi_read_back(struct aia_msi *msi, struct aia_message *m)
{
    struct pci_msi *pm = self(msi);
    uint32_t data = pci_read16(pm->pd, pm->data);
    uint64_t hi = pm->is64 ? pci_read32(pm->pd, pm->cap + ADDR_HI) : 0;
    uint32_t lo = pci_read32(pm->pd, pm->cap + ADDR);

    fence_io_rwio();
    if (lo == UINT32_MAX)
        return AIA_ESILENT;
    m->addr = hi << 32 | lo;
    m->data = data;
    return AIA_OK;
}

static const struct aia_msi_ops msi_ops = {
    .start = msi_start,
    .stop = msi_stop,
    .write_addr = msi_write_addr,
    .write_data = msi_write_data,
    .mask = msi_mask,
    .unmask = msi_unmask,
    .read_back = msi_read_back,
};

int pci_msi_init(struct pci_msi *pm, struct pci_device *pd)
{
    int cap = pci_find_cap(pd, PCI_CAP_MSI, 4);
    uint16_t control, data, size;

    if (cap < 0)
        return cap;
    control = pci_read16(pd, (unsigned)cap + PCI_MSI_CONTROL);
    data = control & PCI_MSI_CONTROL_64 ? 12 : 8;
    size = control & PCI_MSI_CONTROL_MASK ? (uint16_t)(data + 12) : (uint16_t)(data + 2);
    if (cap + size > 0x100)
        return PCI_ECAPBAD;
    *pm = (struct pci_msi){
        .msi = {.ops = &msi_ops, .kind = AIA_MSI_PLAIN},
        .pd = pd,
        .cap = (uint16_t)cap,
        .data = (uint16_t)(cap + data),
        .mask = (uint16_t)(cap + data + 4),
        .is64 = control & PCI_MSI_CONTROL_64,
    };
    pci_intx(pd, false);
    write_control(pm, PCI_MSI_CONTROL_ENABLE, 0);
    if (control & PCI_MSI_CONTROL_MASK) {
        pm->msi.kind = AIA_MSI_MASKABLE;
        pm->mask_bits = pci_read32(pd, pm->mask);
    }
    return pci_msi_set_order(pm, 0);
}

int pci_msi_set_order(struct pci_msi *pm, unsigned order)
{
    unsigned offered = PCI_MSI_CONTROL_CAPABLE(pci_read16(pm->pd, pm->cap + PCI_MSI_CONTROL));

    if (order > 5 || order > offered) /* 32 messages at most; `offered` may be a reserved code */
        return AIA_EINVAL;
    write_control(pm, PCI_MSI_CONTROL_COUNT, (uint16_t)(order << 4));
    pm->order = (uint8_t)order;
    pm->top = pci_remap ? pci_remap(pm->pd, 0, order, &pm->msi) : &pm->msi;
    if (pm->msi.kind == AIA_MSI_MASKABLE) {
        pm->mask_bits &= ~vectors(pm);
        write_mask(pm, vectors(pm));
    }
    return AIA_OK;
}

int pci_msi_can_send(const struct pci_msi *pm, uint64_t addr)
{
    if (addr & 3)
        return AIA_EINVAL;
    return !pm->is64 && addr >> 32 ? AIA_EADDRHI : AIA_OK;
}
