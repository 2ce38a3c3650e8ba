/* SPDX-License-Identifier: BSD-2-Clause */
/* An AHCI port's slots: commands, completions, recovery. Section numbers: Serial ATA AHCI 1.3.1. */
#include "payload/drivers/ahci_regs.h"
#include "lib/container.h"
#include <string.h>

#define STOP_MS 500 /* 10.1.2 */
#define LINK_MS 1000
#define ROUNDS  100 /* rounds of the handler that find nothing */

static struct ahci *self(struct disk *d)
{
    return container_of(d, struct ahci, disk);
}

/* ---- slots: the lock is held ---- */

static uint32_t bytes_of(const struct ahci *a, const struct disk_request *r)
{
    return r->sectors * a->disk.sector_size;
}

static void fill_in(struct ahci *a, unsigned slot, uint8_t command, const struct disk_request *r)
{
    struct ahci_header *h = &a->memory->headers[slot];
    struct ahci_table *t = &a->memory->tables[slot];

    memset(t, 0, sizeof(*t));
    t->fis[0] = 0x27; /* register, host to device */
    t->fis[1] = 0x80; /* a command */
    t->fis[2] = command;
    for (unsigned i = 0; i < 3; i++) {
        t->fis[4 + i] = (uint8_t)(r->lba >> 8 * i);
        t->fis[8 + i] = (uint8_t)(r->lba >> (24 + 8 * i));
    }
    t->fis[7] = 0x40; /* the address is a sector's */
    t->fis[12] = (uint8_t)r->sectors;
    t->address = (uint32_t)(uintptr_t)r->buffer;
    t->address_high = (uint32_t)((uintptr_t)r->buffer >> 32);
    t->count = bytes_of(a, r) - 1;
    h->flags = HEADER_FLAGS;
    h->table = (uint32_t)(uintptr_t)t;
    h->table_high = (uint32_t)((uintptr_t)t >> 32);
}

static void issue(struct ahci *a, unsigned slot)
{
    atomic_store_explicit(&a->memory->headers[slot].transferred, 0, memory_order_relaxed);
    a->issued |= 1u << slot;
    fence_rw_o(); /* Order the header, the table and the buffer before the port gets the slot. */
    px_write(a, PX_CI, 1u << slot);
}

/*
 * The next free slot; n_slots if there is none. Slots are used upwards, and again from 0 only when all are free. A port
 * takes slots in an order of its own (5.3.9). If the port prefers the lowest slot, as QEMU does, a request in a high
 * slot would wait for ever while the low slots are used again and again.
 */
static unsigned next_slot(struct ahci *a)
{
    if (!a->busy)
        a->next = 0;
    return a->next < a->n_slots ? a->next++ : a->n_slots;
}

int ahci_put_(struct ahci *a, uint8_t command, struct disk_request *r)
{
    unsigned long was = disk_lock(&a->lock);
    int error = atomic_load(&a->disk.dead);
    unsigned slot;

    if (!error && (a->state != AHCI_RUNS || (a->busy & ~a->issued)))
        error = DISK_EFULL; /* the port is being recovered */
    if (!error && (slot = next_slot(a)) == a->n_slots)
        error = DISK_EFULL;
    if (!error) {
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
 * A slot belongs to the port while its bit in PxCI is set (5.5.1), whatever caused the interrupt. Once the bit is
 * clear, the slot has all its data, as the count in its header confirms, or the slot's request failed.
 */
static void finish_done(struct ahci *a, struct disk_request **list, unsigned *n)
{
    uint32_t done = a->issued & ~px_read(a, PX_CI);

    fence_io_rwio(); /* the port wrote to memory before it cleared the bit */
    while (done) {
        unsigned slot = (unsigned)__builtin_ctz(done);
        const struct ahci_header *h = &a->memory->headers[slot];
        bool whole =
            atomic_load_explicit(&h->transferred, memory_order_relaxed) == bytes_of(a, a->requests[slot]);
        bool failed = !whole && a->error && !a->blamed;
        finish(a, slot, whole ? DISK_OK : failed ? DISK_ESTATUS : DISK_ESHORT, list, n);
        a->blamed |= failed;
        done &= done - 1;
    }
}

/* After an error that took all slots back: issue the next one alone. */
static void issue_next(struct ahci *a)
{
    uint32_t waiting = a->busy & ~a->issued;

    if (!a->issued && waiting && a->state == AHCI_RUNS)
        issue(a, (unsigned)__builtin_ctz(waiting));
}

/* Take the requests that the port has completed. Returns the length of the list. */
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
        a->blamed = false;
    }
    finish_done(a, list, &n);
    issue_next(a);
    disk_unlock(&a->lock, was);
    return n;
}

/*
 * Clear PxIS before IS (10.7.2.1): IS.IPS follows PxIS and would be set again otherwise. Read PxCI after that: a later
 * completion sets the cleared PxIS again, and so sends an MSI. The controller sends an MSI when IS becomes non-zero. If
 * one bit stayed set, no MSI would ever come again; so the handler runs until IS reads as 0.
 */
enum aia_result ahci_handler_(void *context, struct aia_irq *irq)
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
    /* The loop might never end: turn the port's interrupts off, and let service() report it. */
    if (idle == ROUNDS) {
        mmio_write32(a->regs + GHC, GHC_AHCI);
        a->state = AHCI_STUCK;
    }
    a->disk.runs++;
    a->disk.empty += !all;
    return AIA_HANDLED; /* also if nothing was found: an earlier run found it */
}

/* ---- the port ---- */

/* 10.1.2: clear PxCMD.ST and wait for CR. The port then clears PxCI (3.3.14). */
int ahci_stop_commands_(struct ahci *a)
{
    px_write(a, PX_CMD, px_read(a, PX_CMD) & ~CMD_ST);
    return disk_wait_reg(a->port + PX_CMD, CMD_CR, 0, STOP_MS, DISK_ERESET);
}

int ahci_start_commands_(struct ahci *a)
{
    int error = disk_wait_reg(a->port + PX_TFD, TFD_BUSY, 0, LINK_MS, DISK_EREADY);

    if (!error)
        px_write(a, PX_CMD, px_read(a, PX_CMD) | CMD_ST);
    return error;
}

/* True if the port needs recovery and this call does it. Then *left has the slots that the port has not completed. */
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
    if (left && !(left & (left - 1)) && !a->blamed)
        finish(a, (unsigned)__builtin_ctz(left), DISK_ESTATUS, &failed, &n);
    a->error = 0;
    issue_next(a);
    disk_unlock(&a->lock, was);
    if (failed)
        failed->done(failed);
}

/*
 * Error recovery without queueing (6.2.2.1): stop, clear, start, and issue the uncompleted slots again, one after the
 * other. If there was only one such slot, its request is the failed one, unless the port has cleared the slot's bit in
 * PxCI by itself: then the request has ended already.
 */
static int service(struct disk *d)
{
    struct ahci *a = self(d);
    uint32_t left = 0;

    if (a->state == AHCI_STUCK)
        return DISK_EFATAL;
    if (!begin_recovery(a, &left))
        return DISK_OK;
    int error = ahci_stop_commands_(a);
    px_write(a, PX_SERR, UINT32_MAX);
    px_write(a, PX_IS, UINT32_MAX);
    if (!error)
        error = ahci_start_commands_(a);
    if (!error)
        end_recovery(a, left);
    return error;
}

static int submit(struct disk *d, unsigned queue, struct disk_request *r)
{
    (void)queue;
    return ahci_put_(self(d), READ_DMA_EXT, r);
}

/*
 * Most bits of GHC are reserved and read as zeros, so all ones mean that the controller is gone. PI is no such test:
 * all ones may be its true value (3.1.4).
 */
static int check_alive(struct disk *d)
{
    return mmio_read32(self(d)->regs + GHC) == UINT32_MAX ? DISK_EGONE : DISK_OK;
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

const struct disk_ops ahci_ops_ = {
    .submit = submit,
    .service = service,
    .check = check_alive,
    .unseen = unseen,
    .orphans = orphans,
};
