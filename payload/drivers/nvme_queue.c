/* SPDX-License-Identifier: BSD-2-Clause */
/* An NVMe controller's queues: commands, completions, and how the queues follow their harts. Sections: as in nvme.c. */
#include "payload/drivers/nvme.h"
#include "payload/drivers/nvme_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include "lib/container.h"

/* Commands (5, and NVM command set 3.2). */
#define DELETE_SQ 0x00u
#define CREATE_SQ 0x01u
#define READ      0x02u
#define DELETE_CQ 0x04u
#define CREATE_CQ 0x05u

#define CONTIGUOUS 1u
#define INTERRUPTS 2u

#define ADMIN_MS 2000 /* the bound of an admin command; none of them does much */
#define DRAIN_MS 5000 /* the bound of a drain of a queue's requests, when its hart goes offline */

/* The two rings of each queue, on their own pages. */
static struct memory {
    _Alignas(4096) struct nvme_command sq[NVME_ENTRIES];
    _Alignas(4096) struct nvme_completion cq[NVME_ENTRIES];
} memory[NVME_MAX][DISK_MAX_QUEUES + 1];

static struct nvme *self(struct disk *d)
{
    return container_of(d, struct nvme, disk);
}

static unsigned number(const struct nvme_queue *q)
{
    return (unsigned)(q - q->nvme->queues);
}

/* 3.1.4.1: a submission queue's doorbell, then its completion queue's. */
static void ring(const struct nvme_queue *q, unsigned which, uint16_t value)
{
    mmio_write32(q->nvme->regs + NVME_SQ_TDBL + (2 * number(q) + which) * q->nvme->stride, value);
}

static int check_alive(struct disk *d)
{
    uint32_t csts = mmio_read32(self(d)->regs + NVME_CSTS);

    if (csts == UINT32_MAX)
        return DISK_EGONE;
    return csts & NVME_CSTS_CFS ? DISK_EFATAL : d->bogus ? DISK_EBOGUS : DISK_OK;
}

/* ---- commands and completions ---- */

static int put(struct nvme_queue *q, const struct nvme_command *c, void *owner)
{
    unsigned long was = disk_lock(&q->lock);
    int error = atomic_load(&q->nvme->disk.dead);

    if (!error && !q->open)
        error = DISK_ECLOSED;
    if (!error && !nvme_ring_put(&q->ring, c, owner))
        error = DISK_EFULL;
    if (!error) {
        fence_rw_o(); /* Order the command and its buffer before the doorbell. */
        ring(q, 0, q->ring.tail);
    }
    disk_unlock(&q->lock, was);
    return error;
}

/*
 * Take all new completions. The doorbell gives the entries back to the device, so it comes after the last read of them.
 */
static unsigned take_all(struct nvme_queue *q, struct nvme_result *results)
{
    unsigned long was = disk_lock(&q->lock);
    unsigned n = 0;

    while (n < NVME_COMMANDS && nvme_ring_take(&q->ring, &results[n]))
        n++;
    if (n) {
        fence_all();
        ring(q, 1, q->ring.cq_head);
    }
    disk_unlock(&q->lock, was);
    return n;
}

static int meaning(uint16_t status)
{
    if (!status)
        return DISK_OK;
    return NVME_STATUS_CODE(status) == NVME_LBA_OUT_OF_RANGE ? DISK_ERANGE : DISK_ESTATUS;
}

/*
 * Coalescing is off, so each posted completion makes the device send. A completion posted after this run's last look
 * therefore has an MSI of its own under way. So has a completion beyond one whole ring, which was posted after this run
 * began; a device that posts without end does not keep the hart in this handler.
 */
enum aia_result nvme_queue_handler_(void *context, struct aia_irq *irq)
{
    struct nvme_queue *q = context;
    struct nvme_result results[NVME_COMMANDS];
    unsigned n, all = 0;

    (void)irq;
    while (all < NVME_ENTRIES && (n = take_all(q, results)) != 0) {
        for (unsigned i = 0; i < n; i++) {
            struct disk_request *r = results[i].owner;
            if (!r) {
                q->nvme->disk.bogus++;
                continue;
            }
            r->status = meaning(results[i].status);
            r->detail = results[i].status;
            r->done(r);
        }
        all += n;
    }
    q->nvme->disk.runs++;
    q->nvme->disk.empty += !all;
    return AIA_HANDLED; /* also if nothing was found: an earlier run found it */
}

/*
 * The owner of the admin command that is being waited for. It differs for each command, so that the late answer of an
 * earlier command is not taken for this command's.
 */
static void *admin_owner(const struct nvme *nv)
{
    return (void *)(nv->admin_asked + 1);
}

enum aia_result nvme_admin_handler_(void *context, struct aia_irq *irq)
{
    struct nvme_queue *q = context;
    struct nvme *nv = q->nvme;
    struct nvme_result results[NVME_COMMANDS];
    unsigned n = take_all(q, results);

    (void)irq;
    for (unsigned i = 0; i < n; i++) {
        nv->disk.bogus += !results[i].owner;
        if (results[i].owner != admin_owner(nv))
            continue; /* no command's, or that of a command that was given up */
        nv->admin_result = results[i];
        atomic_store_explicit(&nv->admin_done, 1, memory_order_release);
    }
    return AIA_HANDLED;
}

/* With a shared vector there is one I/O queue, which the device may not have at the moment. */
enum aia_result nvme_shared_handler_(void *context, struct aia_irq *irq)
{
    struct nvme_queue *admin = context, *q = &admin->nvme->queues[1];

    (void)nvme_admin_handler_(admin, irq);
    return q->exists ? nvme_queue_handler_(q, irq) : AIA_HANDLED;
}

/* One command at a time: set-up has the device for itself, and only one hart goes offline or online at a time. */
int nvme_admin_(struct nvme *nv, struct nvme_command c, uint32_t *value)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ADMIN_MS));

    nv->admin_asked++;
    atomic_store(&nv->admin_done, 0);
    int error = put(&nv->queues[0], &c, admin_owner(nv));
    if (error)
        return error;
    while (!atomic_load_explicit(&nv->admin_done, memory_order_acquire))
        if (!hart_wait_more(&w))
            return (error = check_alive(&nv->disk)) ? error : DISK_ETIMEOUT;
    if (value)
        *value = nv->admin_result.value;
    return nv->admin_result.status ? DISK_ECOMMAND : DISK_OK;
}

struct nvme_command nvme_command_(uint32_t opcode, const void *data)
{
    struct nvme_command c = {.dw = {opcode}};

    c.dw[6] = (uint32_t)(uintptr_t)data; /* PRP entry 1 */
    c.dw[7] = (uint32_t)((uintptr_t)data >> 32);
    return c;
}

static int submit(struct disk *d, unsigned queue, struct disk_request *r)
{
    struct nvme_command c = nvme_command_(READ, r->buffer);

    c.dw[1] = self(d)->namespace;
    c.dw[10] = (uint32_t)r->lba;
    c.dw[11] = (uint32_t)(r->lba >> 32);
    c.dw[12] = r->sectors - 1;
    return put(&self(d)->queues[1 + queue], &c, r);
}

/* ---- queues ---- */

void nvme_init_ring_(struct nvme_queue *q)
{
    struct memory *m = &memory[q->nvme->index][number(q)];

    nvme_ring_init(&q->ring, (uint16_t)number(q), m->sq, m->cq);
}

/* 5.4, 5.5: the completion queue first, because the submission queue names it. */
int nvme_create_queue_(struct nvme_queue *q)
{
    unsigned id = number(q);

    nvme_init_ring_(q);
    struct nvme_command cq = nvme_command_(CREATE_CQ, q->ring.cq), sq = nvme_command_(CREATE_SQ, q->ring.sq);

    cq.dw[10] = sq.dw[10] = (NVME_ENTRIES - 1) << 16 | id;
    cq.dw[11] = (uint32_t)q->vector << 16 | INTERRUPTS | CONTIGUOUS;
    sq.dw[11] = id << 16 | CONTIGUOUS;
    int error = nvme_admin_(q->nvme, cq, NULL);
    if (!error)
        error = nvme_admin_(q->nvme, sq, NULL);
    q->exists = q->open = !error;
    return error;
}

static int delete_queue(struct nvme_queue *q)
{
    struct nvme_command cq = nvme_command_(DELETE_CQ, NULL), sq = nvme_command_(DELETE_SQ, NULL);

    cq.dw[10] = sq.dw[10] = number(q);
    int error = nvme_admin_(q->nvme, sq, NULL);
    if (!error)
        error = nvme_admin_(q->nvme, cq, NULL);
    q->exists = error != DISK_OK;
    return error;
}

static void set_open(struct nvme_queue *q, bool open)
{
    unsigned long was = disk_lock(&q->lock);

    q->open = open;
    disk_unlock(&q->lock, was);
}

static bool in_flight(struct nvme_queue *q)
{
    unsigned long was = disk_lock(&q->lock);
    bool busy = q->ring.busy != 0;

    disk_unlock(&q->lock, was);
    return busy;
}

static bool others_online(const struct nvme_queue *q, unsigned hart)
{
    for (unsigned h = 0; h < hart_count(); h++)
        if (h != hart && aia_hartset_has(&q->harts, h) && hart_is_online(h))
            return true;
    return false;
}

/* Drain the queue. Its requests complete by interrupts to this hart, which still takes interrupts. */
static int hart_offline(struct disk *d, unsigned hart)
{
    struct nvme_queue *q = &self(d)->queues[1 + disk_queue_of(d, hart)];
    struct hart_wait w = hart_wait_begin(time_from_ms(DRAIN_MS));

    if (atomic_load(&d->dead) || others_online(q, hart))
        return DISK_OK;
    set_open(q, false);
    while (in_flight(q)) {
        int error = check_alive(d);
        if (error)
            return error;
        if (!hart_wait_more(&w))
            return DISK_ETIMEOUT;
    }
    return delete_queue(q);
}

static int hart_online(struct disk *d, unsigned hart)
{
    struct nvme_queue *q = &self(d)->queues[1 + disk_queue_of(d, hart)];

    if (atomic_load(&d->dead) || q->open)
        return DISK_OK;
    if (!q->exists)
        return nvme_create_queue_(q);
    set_open(q, true); /* the hart did not go offline: the device still has the queue */
    return DISK_OK;
}

static unsigned unseen(struct disk *d)
{
    struct nvme *nv = self(d);
    unsigned n = 0;

    for (unsigned i = 1; i <= nv->n_queues; i++) {
        unsigned long was = disk_lock(&nv->queues[i].lock);
        n += nvme_ring_unseen(&nv->queues[i].ring);
        disk_unlock(&nv->queues[i].lock, was);
    }
    return n;
}

static unsigned orphans(struct disk *d, struct disk_request **list, unsigned max)
{
    struct nvme *nv = self(d);
    unsigned n = 0;

    for (unsigned i = 1; i <= nv->n_queues; i++) {
        struct disk_request *r;
        unsigned long was = disk_lock(&nv->queues[i].lock);
        while (n < max && (r = nvme_ring_orphan(&nv->queues[i].ring)))
            list[n++] = r;
        disk_unlock(&nv->queues[i].lock, was);
    }
    return n;
}

const struct disk_ops nvme_ops_ = {
    .submit = submit,
    .check = check_alive,
    .unseen = unseen,
    .orphans = orphans,
    .hart_offline = hart_offline,
    .hart_online = hart_online,
};
