/* SPDX-License-Identifier: BSD-2-Clause */
/* QEMU's edu device. The registers used here are 32 bits wide and accept only accesses of that width. */
#include "payload/drivers/edu.h"

#include "mmio.h"

#define ID       0x00u
#define LIVENESS 0x04u /* reads as the complement of what was written */
#define STATUS   0x24u
#define RAISE    0x60u
#define ACK      0x64u

#define DMA_FROM 0x80u
#define DMA_TO   0x88u
#define DMA_SIZE 0x90u
#define DMA_CMD  0x98u

#define DMA_START  1u
#define DMA_FETCH  0u /* into the buffer */
#define DMA_STORE  2u
#define DMA_BUFFER 0x40000u /* the buffer's address for the DMA engine */

#define ID_MAGIC 0x010000edu

static bool alive(const struct edu *e)
{
    static const uint32_t patterns[] = {0x00000000, 0xa5a5a5a5, 0x5a5a5a5a};

    if (mmio_read32(e->regs + ID) != ID_MAGIC)
        return false;
    for (unsigned i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        mmio_write32(e->regs + LIVENESS, patterns[i]);
        if (mmio_read32(e->regs + LIVENESS) != ~patterns[i])
            return false;
    }
    return true;
}

int edu_init(struct edu *e, struct pci_device *pd)
{
    int error;

    if (pd->vendor != EDU_VENDOR || pd->device != EDU_DEVICE)
        return PCI_EDEVICE;
    error = pci_enable(pd);
    if (error)
        return error;
    *e = (struct edu){.pd = pd, .regs = pci_bar(pd, 0)};
    if (!e->regs || !alive(e))
        return PCI_EDEVICE;
    edu_ack(e, UINT32_MAX);
    return pci_msi_init(&e->msi, pd);
}

void edu_raise(struct edu *e, uint32_t bits)
{
    fence_rw_o();
    mmio_write32(e->regs + RAISE, bits);
}

uint32_t edu_status(struct edu *e)
{
    uint32_t status = mmio_read32(e->regs + STATUS);

    fence_io_rwio(); /* Order the reads after this: they see what the raiser wrote before it raised. */
    return status;
}

void edu_ack(struct edu *e, uint32_t bits)
{
    mmio_write32(e->regs + ACK, bits);
}

bool edu_dma_idle(struct edu *e)
{
    return !(mmio_read32(e->regs + DMA_CMD) & DMA_START);
}

static void transfer(struct edu *e, uint64_t from, uint64_t to, uint32_t direction)
{
    fence_rw_o();
    mmio_write64(e->regs + DMA_FROM, from);
    mmio_write64(e->regs + DMA_TO, to);
    mmio_write64(e->regs + DMA_SIZE, sizeof(e->dma_value));
    mmio_write32(e->regs + DMA_CMD, DMA_START | direction);
}

void edu_dma_send(struct edu *e, uint64_t to)
{
    transfer(e, DMA_BUFFER, to, DMA_STORE);
}

unsigned edu_dma_write(struct edu *e, uint64_t to, uint32_t value)
{
    e->dma_fetched = !e->dma_fetched;
    if (!e->dma_fetched) {
        edu_dma_send(e, to);
        return 1;
    }
    e->dma_value = value;
    transfer(e, (uintptr_t)&e->dma_value, DMA_BUFFER, DMA_FETCH);
    return 0;
}
