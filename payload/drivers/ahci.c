/* SPDX-License-Identifier: BSD-2-Clause */
/* Section numbers: Serial ATA AHCI 1.3.1. */
#include "payload/drivers/ahci.h"
#include "payload/hart.h"
#include "payload/payload.h"
#include "payload/time.h"
#include "mmio.h"
#include <string.h>

#define AHCI_CLASS 0x010601u /* SATA controller, AHCI 1.0 */
#define AHCI_MAX   2u
#define ABAR       5u

/* Of the controller (3.1). */
#define CAP 0x00u
#define GHC 0x04u
#define IS  0x08u
#define PI  0x0cu

#define CAP_SLOTS(cap) (((cap) >> 8 & 31u) + 1)
#define CAP_64         (1u << 31)
#define GHC_RESET      1u
#define GHC_INTERRUPTS 2u
#define GHC_AHCI       (1u << 31)

/* Of a port (3.3). */
#define PORT(i) (0x100u + 0x80u * (i))
#define PX_CLB  0x00u
#define PX_FB   0x08u
#define PX_IS   0x10u
#define PX_IE   0x14u
#define PX_CMD  0x18u
#define PX_TFD  0x20u
#define PX_SIG  0x24u
#define PX_SSTS 0x28u
#define PX_SERR 0x30u
#define PX_CI   0x38u

#define CMD_ST     0x0001u
#define CMD_SPIN   0x0006u /* spin up, power on */
#define CMD_FRE    0x0010u
#define CMD_FR     0x4000u
#define CMD_CR     0x8000u
#define TFD_BUSY   0x88u /* BSY, DRQ */
#define SIG_DISK   0x0101u
#define SSTS_THERE 3u

/* PxIS and PxIE: a register FIS, a PIO setup FIS; errors of the task file, the host bus and the interface. */
#define INT_DONE  0x00000003u
#define INT_ERROR 0x78000000u

#define RESET_MS    1000 /* 10.4.3 */
#define STOP_MS     500  /* 10.1.2 */
#define LINK_MS     1000
#define IDENTIFY_MS 2000
#define ROUNDS      100 /* of the handler that find nothing */

#define READ_DMA_EXT    0x25u
#define IDENTIFY_DEVICE 0xecu

/* Command header, and command table with its one region: 4.2.2, 4.2.3. */
struct header {
    uint32_t flags; /* 31:16 regions, 4:0 length of the FIS in words */
    _Atomic uint32_t transferred;
    uint32_t table, table_high;
    uint32_t reserved[4];
};
#define HEADER_FLAGS (1u << 16 | 5u)

struct table {
    _Alignas(128) uint8_t fis[64];
    uint8_t atapi[64];
    uint32_t address, address_high, reserved, count; /* the one region */
};

static struct ahci ahcis[AHCI_MAX];
static struct memory {
    _Alignas(1024) struct header headers[DISK_DEPTH];
    _Alignas(256) uint8_t received[256];
    struct table tables[DISK_DEPTH];
} memory[AHCI_MAX];
static _Alignas(4096) uint16_t identity[256];

static struct ahci *self(struct disk *d)
{
    return (struct ahci *)d; /* its first member */
}

static struct memory *memory_of(const struct ahci *a)
{
    return &memory[a - ahcis];
}

static uint32_t px_read(const struct ahci *a, unsigned reg)
{
    return mmio_read32(a->port + reg);
}

static void px_write(const struct ahci *a, unsigned reg, uint32_t v)
{
    mmio_write32(a->port + reg, v);
}

/* ---- slots: the lock is held ---- */

static uint32_t bytes_of(const struct disk_request *r)
{
    return r->sectors * DISK_SECTOR;
}

static void fill_in(struct ahci *a, unsigned slot, uint8_t command, const struct disk_request *r)
{
    struct header *h = &memory_of(a)->headers[slot];
    struct table *t = &memory_of(a)->tables[slot];

    memset(t, 0, sizeof(*t));
    t->fis[0] = 0x27; /* register, host to device */
    t->fis[1] = 0x80; /* a command */
    t->fis[2] = command;
    for (unsigned i = 0; i < 3; i++) {
        t->fis[4 + i] = (uint8_t)(r->lba >> 8 * i);
        t->fis[8 + i] = (uint8_t)(r->lba >> (24 + 8 * i));
    }
    t->fis[7] = 0x40; /* addresses are of sectors */
    t->fis[12] = (uint8_t)r->sectors;
    t->address = (uint32_t)(uintptr_t)r->buffer;
    t->address_high = (uint32_t)((uintptr_t)r->buffer >> 32);
    t->count = bytes_of(r) - 1;
    h->flags = HEADER_FLAGS;
    h->table = (uint32_t)(uintptr_t)t;
    h->table_high = (uint32_t)((uintptr_t)t >> 32);
}

static void issue(struct ahci *a, unsigned slot)
{
    atomic_store_explicit(&memory_of(a)->headers[slot].transferred, 0, memory_order_relaxed);
    a->issued |= 1u << slot;
    fence_rw_o(); /* header, table and buffer before the slot is the port's */
    px_write(a, PX_CI, 1u << slot);
}

static int put(struct ahci *a, uint8_t command, struct disk_request *r)
{
    unsigned long was = disk_lock(&a->lock);
    uint32_t free_slots = ~a->busy & (uint32_t)((1ull << a->n_slots) - 1);
    int error = atomic_load(&a->disk.dead);

    if (!error && (!free_slots || a->state != AHCI_RUNS || (a->busy & ~a->issued)))
        error = DISK_EFULL; /* also while it recovers */
    if (!error) {
        unsigned slot = (unsigned)__builtin_ctz(free_slots);
        a->busy |= 1u << slot;
        a->requests[slot] = r;
        fill_in(a, slot, command, r);
        issue(a, slot);
    }
    disk_unlock(&a->lock, was);
    return error;
}

static void finish(struct ahci *a, unsigned slot, int status, struct disk_request **list, unsigned *n)
{
    struct disk_request *r = a->requests[slot];

    r->status = status;
    r->detail = status ? a->error : 0;
    list[(*n)++] = r;
    a->busy &= ~(1u << slot);
    a->issued &= ~(1u << slot);
}

/*
 * A slot is the port's while its bit in PxCI is set (5.5.1), whatever the interrupt was for. One that is cleared has
 * all its data, as the count in its header says, or it is the one that failed.
 */
static void finish_done(struct ahci *a, struct disk_request **list, unsigned *n)
{
    uint32_t done = a->issued & ~px_read(a, PX_CI);

    fence_io_rwio(); /* the port's writes to memory came before it cleared the bit */
    while (done) {
        unsigned slot = (unsigned)__builtin_ctz(done);
        const struct header *h = &memory_of(a)->headers[slot];
        bool whole =
            atomic_load_explicit(&h->transferred, memory_order_relaxed) == bytes_of(a->requests[slot]);
        int error = a->error ? DISK_ESTATUS : DISK_ESHORT;
        finish(a, slot, whole ? DISK_OK : error, list, n);
        done &= done - 1;
    }
}

/* After an error, in which all others were taken back: the next of them, alone. */
static void issue_next(struct ahci *a)
{
    uint32_t waiting = a->busy & ~a->issued;

    if (!a->issued && waiting && a->state == AHCI_RUNS)
        issue(a, (unsigned)__builtin_ctz(waiting));
}

/* What the port has done; returns how many of the list it is. */
static unsigned take_all(struct ahci *a, uint32_t is, struct disk_request **list)
{
    unsigned long was = disk_lock(&a->lock);
    uint32_t why = px_read(a, PX_IS);
    unsigned n = 0;

    px_write(a, PX_IS, why);
    mmio_write32(a->regs + IS, is);
    if ((why & INT_ERROR) && a->state == AHCI_RUNS) {
        a->error = px_read(a, PX_TFD);
        a->state = AHCI_BROKEN;
    }
    finish_done(a, list, &n);
    issue_next(a);
    disk_unlock(&a->lock, was);
    return n;
}

/*
 * PxIS before IS (10.7.2.1): IS.IPS follows from PxIS, so the other way about it would be set again. Then PxCI, not
 * before: what completes after it was read sets PxIS, which was cleared, and so sends. An MSI is sent when IS turns from
 * all clear, so with one bit left nothing would ever come again: not before IS reads as 0 is this done.
 */
static enum aia_result handler(void *context, struct aia_irq *irq)
{
    struct ahci *a = context;
    struct disk_request *list[DISK_DEPTH];
    unsigned all = 0, idle = 0, n;
    uint32_t is;

    (void)irq;
    while (idle < ROUNDS && (is = mmio_read32(a->regs + IS)) != 0 && is != UINT32_MAX) {
        n = take_all(a, is, list);
        for (unsigned i = 0; i < n; i++)
            list[i]->done(list[i]);
        all += n;
        idle = n ? 0 : idle + 1;
    }
    if (idle == ROUNDS)
        a->state = AHCI_STUCK;
    a->disk.runs++;
    a->disk.empty += !all;
    return AIA_HANDLED; /* also if there was nothing: it was seen by the run before */
}

/* ---- the port ---- */

/* 10.1.2: PxCMD.ST off, and wait for CR; then what is in PxCI is forgotten (3.3.14). */
static int stop_commands(struct ahci *a)
{
    px_write(a, PX_CMD, px_read(a, PX_CMD) & ~CMD_ST);
    return disk_wait_reg(a->port + PX_CMD, CMD_CR, 0, STOP_MS, DISK_ERESET);
}

static int stop_port(struct ahci *a)
{
    int error = stop_commands(a);

    if (error)
        return error;
    px_write(a, PX_CMD, px_read(a, PX_CMD) & ~CMD_FRE);
    return disk_wait_reg(a->port + PX_CMD, CMD_FR, 0, STOP_MS, DISK_ERESET);
}

static int start_commands(struct ahci *a)
{
    int error = disk_wait_reg(a->port + PX_TFD, TFD_BUSY, 0, LINK_MS, DISK_EREADY);

    if (!error)
        px_write(a, PX_CMD, px_read(a, PX_CMD) | CMD_ST);
    return error;
}

/* To be recovered, by us? Then what the port had not done is taken back, into *left. */
static bool begin_recovery(struct ahci *a, uint32_t *left)
{
    unsigned long was = disk_lock(&a->lock);
    bool ours = a->state == AHCI_BROKEN && !atomic_load(&a->disk.dead);

    if (ours) {
        a->state = AHCI_RECOVERS;
        *left = a->issued;
        a->issued = 0;
    }
    disk_unlock(&a->lock, was);
    return ours;
}

static void end_recovery(struct ahci *a, uint32_t left)
{
    struct disk_request *failed = NULL;
    unsigned n = 0;

    unsigned long was = disk_lock(&a->lock);
    a->state = AHCI_RUNS;
    if (left && !(left & (left - 1)))
        finish(a, (unsigned)__builtin_ctz(left), DISK_ESTATUS, &failed, &n);
    a->error = 0;
    issue_next(a);
    disk_unlock(&a->lock, was);
    if (failed)
        failed->done(failed);
}

/*
 * 6.2.2.1, the error recovery without queueing: stop, clear, start, and give it again what it had not done, one after
 * the other. If that was one alone, it is the one that failed.
 */
static int service(struct disk *d)
{
    struct ahci *a = self(d);
    uint32_t left = 0;

    if (a->state == AHCI_STUCK)
        return DISK_EFATAL;
    if (!begin_recovery(a, &left))
        return DISK_OK;
    int error = stop_commands(a);
    px_write(a, PX_SERR, UINT32_MAX);
    px_write(a, PX_IS, UINT32_MAX);
    if (!error)
        error = start_commands(a);
    if (!error)
        end_recovery(a, left);
    return error;
}

static int submit(struct disk *d, unsigned queue, struct disk_request *r)
{
    (void)queue;
    return put(self(d), READ_DMA_EXT, r);
}

static int check_alive(struct disk *d)
{
    return mmio_read32(self(d)->regs + PI) == UINT32_MAX ? DISK_EGONE : DISK_OK;
}

static unsigned unseen(struct disk *d)
{
    struct ahci *a = self(d);
    unsigned long was = disk_lock(&a->lock);
    unsigned n = (unsigned)__builtin_popcount(a->issued & ~px_read(a, PX_CI));

    disk_unlock(&a->lock, was);
    return n;
}

static unsigned orphans(struct disk *d, struct disk_request **list, unsigned max)
{
    struct ahci *a = self(d);
    unsigned long was = disk_lock(&a->lock);
    unsigned n = 0;

    while (a->busy && n < max)
        finish(a, (unsigned)__builtin_ctz(a->busy), DISK_EGONE, list, &n);
    disk_unlock(&a->lock, was);
    return n;
}

/* ---- bring-up ---- */

/* 10.4.3: the reset ends with AHCI mode off in some, and interrupts off in all. */
static int reset(struct ahci *a)
{
    mmio_write32(a->regs + GHC, GHC_AHCI);
    mmio_write32(a->regs + GHC, GHC_AHCI | GHC_RESET);
    int error = disk_wait_reg(a->regs + GHC, GHC_RESET, 0, RESET_MS, DISK_ERESET);
    if (error)
        return error;
    mmio_write32(a->regs + GHC, GHC_AHCI);
    uint32_t cap = mmio_read32(a->regs + CAP);
    a->n_slots = CAP_SLOTS(cap) < DISK_DEPTH ? CAP_SLOTS(cap) : DISK_DEPTH;
    return (uintptr_t)memory_of(a) >> 32 && !(cap & CAP_64) ? DISK_EFEATURE : DISK_OK;
}

/* 10.1.2 and 10.3.1: with where to receive, the disk's first FIS tells what it is. */
static int start_port(struct ahci *a)
{
    struct memory *m = memory_of(a);
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
    error = start_commands(a);
    if (!error && px_read(a, PX_SIG) != SIG_DISK)
        error = DISK_ENODISK;
    return error;
}

/* The first port with a device that is a disk. Ports without one are not waited for: their link is down by now. */
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
    }
    return error;
}

static int start_interrupts(struct ahci *a)
{
    int error = pci_msi_init(&a->msi, a->disk.pd);

    for (unsigned h = 0; h < hart_count() && !error; h++)
        error = pci_msi_can_send(&a->msi, machine.harts[h].imsic_addr);
    if (!error)
        error = disk_interrupt(&a->disk, &a->msi.msi, handler, a, NULL);
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
    int error = put(a, IDENTIFY_DEVICE, &r);
    while (!error && !atomic_load_explicit(&identified, memory_order_acquire)) {
        error = service(&a->disk);
        if (!error && !hart_wait_more(&w))
            error = DISK_ETIMEOUT;
    }
    if (!error && r.status)
        error = DISK_ECOMMAND;
    return error ? error : ahci_parse_identify(identity, &a->disk.sectors);
}

static int init(unsigned n, struct pci_device *pd, struct disk **disk)
{
    static const struct disk_ops ops = {
        .submit = submit,
        .service = service,
        .check = check_alive,
        .unseen = unseen,
        .orphans = orphans,
    };
    struct ahci *a = &ahcis[n];

    *a = (struct ahci){.disk.n_queues = 1};
    *disk = &a->disk;
    int error = disk_begin(&a->disk, &ops, pd, "ahci", n);
    a->regs = pci_bar(pd, ABAR);
    if (!error && !a->regs)
        error = PCI_EBARBAD;
    if (!error)
        error = reset(a);
    if (!error)
        error = find_port(a);
    if (!error)
        error = start_interrupts(a);
    if (!error)
        error = identify(a);
    if (error)
        disk_kill(&a->disk, error);
    return error;
}

static bool match(const struct pci_device *pd)
{
    return pd->class == AHCI_CLASS;
}

const struct disk_driver ahci_driver = {"ahci", AHCI_MAX, match, init};
