/* SPDX-License-Identifier: BSD-2-Clause */
/* Section numbers: Serial ATA AHCI 1.3.1. */
#include "payload/drivers/ahci_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/machine.h"
#include "payload/kernel/time.h"

#define AHCI_CLASS 0x010601u /* SATA controller, AHCI 1.0 */
#define AHCI_MAX   2u
#define ABAR       5u

#define RESET_MS    1000 /* 10.4.3 */
#define STOP_MS     500  /* 10.1.2 */
#define LINK_MS     1000
#define IDENTIFY_MS 2000

static struct ahci ahcis[AHCI_MAX];
static struct ahci_memory memory[AHCI_MAX];
static _Alignas(4096) uint16_t identity[256];

/* ---- IDENTIFY DEVICE: the disk's description, in words (ACS-3, table 45) ---- */

#define CAPABILITIES 49u
#define COMMANDS     83u
#define SECTORS_48   100u
#define SECTOR_SIZE  106u
#define SECTOR_WORDS 117u /* words 117 and 118: the size of a sector in words, if it is not 256 */
#define INTEGRITY    255u

#define HAS_DMA       0x0100u
#define HAS_48        0x0400u
#define VALID         0x4000u /* bits 15:14 of words 83 and 106 are 01 if the word is valid */
#define LONG_SECTORS  0x1000u
#define CHECKSUM_SIGN 0xa5u

static bool sum_wrong(const uint16_t *words)
{
    unsigned sum = 0;

    if ((words[INTEGRITY] & 0xffu) != CHECKSUM_SIGN)
        return false; /* the page has no checksum */
    for (unsigned i = 0; i < 256; i++)
        sum += (words[i] & 0xffu) + (words[i] >> 8);
    return (sum & 0xffu) != 0;
}

static uint64_t sector_size(const uint16_t *words)
{
    if ((words[SECTOR_SIZE] & (0xc000u | LONG_SECTORS)) != (VALID | LONG_SECTORS))
        return DISK_SECTOR;
    return 2 * ((uint64_t)words[SECTOR_WORDS + 1] << 16 | words[SECTOR_WORDS]);
}

int ahci_parse_identify(const uint16_t *words, struct disk *d)
{
    uint64_t n = 0;

    for (unsigned i = 4; i-- > 0;)
        n = n << 16 | words[SECTORS_48 + i];
    if (sum_wrong(words))
        return DISK_EIDENTIFY;
    if (!(words[CAPABILITIES] & HAS_DMA) || (words[COMMANDS] & (0xc000u | HAS_48)) != (VALID | HAS_48))
        return DISK_EFEATURE;
    if (n == 0 || n >> 48)
        return DISK_EIDENTIFY;
    d->sectors = n;
    return disk_set_sector(d, sector_size(words));
}

/* ---- the controller ---- */

static int stop_port(struct ahci *a)
{
    int error = ahci_stop_commands_(a);

    if (error)
        return error;
    px_write(a, PX_CMD, px_read(a, PX_CMD) & ~CMD_FRE);
    return disk_wait_reg(a->port + PX_CMD, CMD_FR, 0, STOP_MS, DISK_ERESET);
}

/* 10.4.3: after the reset some controllers have AHCI mode off, and all have interrupts off. */
static int reset(struct ahci *a)
{
    mmio_write32(a->regs + GHC, GHC_AHCI);
    mmio_write32(a->regs + GHC, GHC_AHCI | GHC_RESET);
    int error = disk_wait_reg(a->regs + GHC, GHC_RESET, 0, RESET_MS, DISK_ERESET);
    if (error)
        return error;
    mmio_write32(a->regs + GHC, GHC_AHCI);
    uint32_t cap = mmio_read32(a->regs + CAP);
    a->n_slots = a->disk.depth = CAP_SLOTS(cap) < DISK_DEPTH ? CAP_SLOTS(cap) : DISK_DEPTH;
    return (uintptr_t)a->memory >> 32 && !(cap & CAP_64) ? DISK_EFEATURE : DISK_OK;
}

/* 10.1.2 and 10.3.1: once the port has an address for received FISes, the disk's first FIS says what the device is. */
static int start_port(struct ahci *a)
{
    struct ahci_memory *m = a->memory;
    int error = stop_port(a);

    if (error)
        return error;
    px_write(a, PX_CLB, (uint32_t)(uintptr_t)m->headers);
    px_write(a, PX_CLB + 4, (uint32_t)((uintptr_t)m->headers >> 32));
    px_write(a, PX_FB, (uint32_t)(uintptr_t)m->received);
    px_write(a, PX_FB + 4, (uint32_t)((uintptr_t)m->received >> 32));
    px_write(a, PX_CMD, px_read(a, PX_CMD) | CMD_FRE | CMD_SPIN);
    if (disk_wait_reg(a->port + PX_SSTS, 15, SSTS_THERE, LINK_MS, DISK_ENODISK))
        return DISK_ENODISK;
    px_write(a, PX_SERR, UINT32_MAX);
    error = ahci_start_commands_(a);
    if (!error && px_read(a, PX_SIG) != SIG_DISK)
        error = DISK_ENODISK;
    return error;
}

/*
 * Find the first port with a disk. The search does not wait at ports without a link: links are up or down by now. A
 * port with another device is stopped again, because it would receive into the same memory as the disk's port.
 */
static int find_port(struct ahci *a)
{
    uint32_t ports = mmio_read32(a->regs + PI);
    int error = DISK_ENODISK;

    for (; ports && error == DISK_ENODISK; ports &= ports - 1) {
        a->port = a->regs + PORT((unsigned)__builtin_ctz(ports));
        if (a->port + 0x80 > a->regs + pci_bar_size(a->disk.pd, ABAR))
            return PCI_EBARBAD;
        if ((px_read(a, PX_SSTS) & 15) == SSTS_THERE)
            error = start_port(a);
        if (error == DISK_ENODISK)
            (void)stop_port(a);
    }
    return error;
}

static int start_interrupts(struct ahci *a)
{
    int error = pci_msi_init(&a->msi, a->disk.pd);

    for (unsigned h = 0; h < hart_count() && !error; h++)
        error = pci_msi_can_send(&a->msi, machine.aia.harts[h].imsic_addr);
    if (!error)
        error = disk_interrupt(&a->disk, a->msi.top, ahci_handler_, a, NULL);
    if (error)
        return error;
    px_write(a, PX_IS, UINT32_MAX);
    mmio_write32(a->regs + IS, UINT32_MAX);
    px_write(a, PX_IE, INT_DONE | INT_ERROR);
    mmio_write32(a->regs + GHC, GHC_AHCI | GHC_INTERRUPTS);
    return DISK_OK;
}

static _Atomic int identified;

static void identify_done(struct disk_request *r)
{
    (void)r;
    atomic_store_explicit(&identified, 1, memory_order_release);
}

static int identify(struct ahci *a)
{
    static struct disk_request r = {.sectors = 1, .buffer = identity, .done = identify_done};
    struct hart_wait w = hart_wait_begin(time_from_ms(IDENTIFY_MS));

    atomic_store(&identified, 0);
    int error = ahci_put_(a, IDENTIFY_DEVICE, &r);
    while (!error && !atomic_load_explicit(&identified, memory_order_acquire)) {
        error = ahci_ops_.service(&a->disk);
        if (!error && !hart_wait_more(&w))
            error = DISK_ETIMEOUT;
    }
    if (!error && r.status)
        error = DISK_ECOMMAND;
    return error ? error : ahci_parse_identify(identity, &a->disk);
}

static int bring_up(struct ahci *a)
{
    int error = reset(a);

    if (!error)
        error = find_port(a);
    if (!error)
        error = start_interrupts(a);
    if (!error)
        error = identify(a);
    /* The disk is gone: that is the reason. */
    return error && ahci_ops_.check(&a->disk) ? DISK_EGONE : error;
}

static int init(unsigned n, struct pci_device *pd, struct disk **disk)
{
    struct ahci *a = &ahcis[n];

    *a = (struct ahci){.disk.n_queues = 1, .memory = &memory[n]};
    *disk = &a->disk;
    int error = disk_begin(&a->disk, &ahci_ops_, pd, "ahci", n);
    a->regs = pci_bar(pd, ABAR);
    if (!error && !a->regs)
        error = PCI_EBARBAD;
    if (!error)
        error = bring_up(a);
    if (error)
        disk_kill(&a->disk, error);
    return error;
}

static bool match(const struct pci_device *pd)
{
    return pd->class == AHCI_CLASS;
}

const struct disk_driver ahci_driver = {"ahci", AHCI_MAX, match, init};
