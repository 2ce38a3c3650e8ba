/* SPDX-License-Identifier: BSD-2-Clause */
/* Section numbers: NVM Express Base Specification 2.0, unless another is named. */
#include "payload/drivers/nvme.h"
#include "payload/hart.h"
#include "payload/time.h"
#include "mmio.h"
#include <string.h>

/* Registers (3.1.3). */
#define CAP     0x00u
#define CC      0x14u
#define CSTS    0x1cu
#define AQA     0x24u
#define ASQ     0x28u
#define ACQ     0x30u
#define SQ_TDBL 0x1000u

#define CAP_MQES(cap)   ((uint32_t)((cap)&0xffff) + 1)
#define CAP_TO(cap)     ((cap) >> 24 & 0xff) /* in 500 ms */
#define CAP_DSTRD(cap)  ((uint32_t)((cap) >> 32 & 0xf))
#define CAP_NVM(cap)    ((cap) >> 37 & 1)
#define CAP_MPSMIN(cap) ((cap) >> 48 & 0xf)

#define CC_EN     1u
#define CC_QUEUES (6u << 16 | 4u << 20) /* entries of 64 and of 16 bytes; pages of 4 KiB; NVM commands */
#define CSTS_RDY  1u
#define CSTS_CFS  2u

/* Commands (5, and NVM command set 3.2). */
#define DELETE_SQ    0x00u
#define CREATE_SQ    0x01u
#define DELETE_CQ    0x04u
#define CREATE_CQ    0x05u
#define IDENTIFY     0x06u
#define SET_FEATURES 0x09u
#define READ         0x02u

#define IDENTIFY_NAMESPACE 0u
#define FEATURE_QUEUES     7u
#define CONTIGUOUS         1u
#define INTERRUPTS         2u

#define ADMIN_MS 2000 /* how long an admin command, none of which does much, may take */
#define DRAIN_MS 5000 /* how long the requests of a queue that is shut down may take */

#define NVME_CLASS 0x010802u /* NVM Express, I/O controller */
#define NVME_MAX   2u

static struct nvme nvmes[NVME_MAX];

/* A queue's two rings share a page: the first begins it, as it has to, the second is aligned to its own size. */
static struct memory {
    _Alignas(4096) struct nvme_command sq[NVME_ENTRIES];
    _Alignas(4096) struct nvme_completion cq[NVME_ENTRIES];
} memory[NVME_MAX][DISK_MAX_QUEUES + 1];
static _Alignas(4096) uint8_t page[4096];

static struct nvme *self(struct disk *d)
{
    return (struct nvme *)d; /* its first member */
}

static unsigned number(const struct nvme_queue *q)
{
    return (unsigned)(q - q->nvme->queues);
}

/* 3.1.4.1: a submission queue's doorbell, then its completion queue's. */
static void ring(const struct nvme_queue *q, unsigned which, uint16_t value)
{
    mmio_write32(q->nvme->regs + SQ_TDBL + (2 * number(q) + which) * q->nvme->stride, value);
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
        fence_rw_o(); /* the command, and what is in its buffer, before the doorbell */
        ring(q, 0, q->ring.tail);
    }
    disk_unlock(&q->lock, was);
    return error;
}

/* All that is new. The doorbell gives the entries back, and must come after our last look at them. */
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
 * Each completion makes the device send, masked or not, unless it has sent since the doorbell: what is put in the
 * ring after the last look here has an MSI of its own under way.
 */
static enum aia_result queue_handler(void *context, struct aia_irq *irq)
{
    struct nvme_queue *q = context;
    struct nvme_result results[NVME_COMMANDS];
    unsigned n, all = 0;

    (void)irq;
    while ((n = take_all(q, results)) != 0) {
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
    return AIA_HANDLED; /* also if there was nothing: it was seen by the run before */
}

static enum aia_result admin_handler(void *context, struct aia_irq *irq)
{
    struct nvme_queue *q = context;
    struct nvme *nv = q->nvme;
    struct nvme_result results[NVME_COMMANDS];
    unsigned n = take_all(q, results);

    (void)irq;
    for (unsigned i = 0; i < n; i++) {
        nv->disk.bogus += !results[i].owner;
        if (!results[i].owner)
            continue;
        nv->admin_result = results[i];
        atomic_store_explicit(&nv->admin_done, 1, memory_order_release);
    }
    return AIA_HANDLED;
}

/* One at a time: harts come and go one at a time, and set-up has the device for itself. */
static int admin(struct nvme *nv, struct nvme_command c, uint32_t *value)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(ADMIN_MS));

    atomic_store(&nv->admin_done, 0);
    int error = put(&nv->queues[0], &c, nv);
    if (error)
        return error;
    while (!atomic_load_explicit(&nv->admin_done, memory_order_acquire))
        if (!hart_wait_more(&w))
            return nv->disk.ops->check(&nv->disk) ? nv->disk.ops->check(&nv->disk) : DISK_ETIMEOUT;
    if (value)
        *value = nv->admin_result.value;
    return nv->admin_result.status ? DISK_ECOMMAND : DISK_OK;
}

static struct nvme_command command(uint32_t opcode, const void *data)
{
    struct nvme_command c = {.dw = {opcode}};

    c.dw[6] = (uint32_t)(uintptr_t)data; /* PRP entry 1 */
    c.dw[7] = (uint32_t)((uintptr_t)data >> 32);
    return c;
}

static int submit(struct disk *d, unsigned queue, struct disk_request *r)
{
    struct nvme_command c = command(READ, r->buffer);

    c.dw[1] = 1; /* namespace */
    c.dw[10] = (uint32_t)r->lba;
    c.dw[11] = (uint32_t)(r->lba >> 32);
    c.dw[12] = r->sectors - 1;
    return put(&self(d)->queues[1 + queue], &c, r);
}

/* ---- queues ---- */

/* 5.4, 5.5: the completion queue first, which the other names. */
static int create_queue(struct nvme_queue *q)
{
    unsigned id = number(q);
    struct memory *m = &memory[q->nvme - nvmes][id];
    struct nvme_command cq = command(CREATE_CQ, m->cq), sq = command(CREATE_SQ, m->sq);

    nvme_ring_init(&q->ring, (uint16_t)id, m->sq, m->cq);
    cq.dw[10] = sq.dw[10] = (NVME_ENTRIES - 1) << 16 | id;
    cq.dw[11] = id << 16 | INTERRUPTS | CONTIGUOUS;
    sq.dw[11] = id << 16 | CONTIGUOUS;
    int error = admin(q->nvme, cq, NULL);
    if (!error)
        error = admin(q->nvme, sq, NULL);
    q->exists = q->open = !error;
    return error;
}

static int delete_queue(struct nvme_queue *q)
{
    struct nvme_command cq = command(DELETE_CQ, NULL), sq = command(DELETE_SQ, NULL);

    cq.dw[10] = sq.dw[10] = number(q);
    int error = admin(q->nvme, sq, NULL);
    if (!error)
        error = admin(q->nvme, cq, NULL);
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

static int check_alive(struct disk *d)
{
    uint32_t csts = mmio_read32(self(d)->regs + CSTS);

    return csts == UINT32_MAX ? DISK_EGONE : csts & CSTS_CFS ? DISK_EFATAL : DISK_OK;
}

/* Taken are its requests, and answered by interrupts to this hart, which is there for it yet. */
static int hart_leaves(struct disk *d, unsigned hart)
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

static int hart_back(struct disk *d, unsigned hart)
{
    struct nvme_queue *q = &self(d)->queues[1 + disk_queue_of(d, hart)];

    if (atomic_load(&d->dead) || q->open)
        return DISK_OK;
    if (!q->exists)
        return create_queue(q);
    set_open(q, true); /* after all it was not shut down */
    return DISK_OK;
}

/* ---- the controller ---- */

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

/* 3.5.1, and CAP.TO of 3.1.3.1. Disabled first, or its queues' addresses could not be set. */
static int disable(struct nvme *nv)
{
    mmio_write32(nv->regs + CC, 0);
    return disk_wait_reg(nv->regs + CSTS, CSTS_RDY, 0, nv->timeout_ms, DISK_ERESET);
}

static void write64(uintptr_t reg, const void *p)
{
    mmio_write32(reg, (uint32_t)(uintptr_t)p);
    mmio_write32(reg + 4, (uint32_t)((uintptr_t)p >> 32));
}

static int enable(struct nvme *nv)
{
    struct memory *m = &memory[nv - nvmes][0];

    nvme_ring_init(&nv->queues[0].ring, 0, m->sq, m->cq);
    nv->queues[0].open = true;
    mmio_write32(nv->regs + AQA, (NVME_ENTRIES - 1) << 16 | (NVME_ENTRIES - 1));
    write64(nv->regs + ASQ, m->sq);
    write64(nv->regs + ACQ, m->cq);
    fence_rw_o();
    mmio_write32(nv->regs + CC, CC_QUEUES | CC_EN);
    int error = disk_wait_reg(nv->regs + CSTS, CSTS_RDY, CSTS_RDY, nv->timeout_ms, DISK_EREADY);
    return error ? error : check_alive(&nv->disk);
}

static int read_capabilities(struct nvme *nv)
{
    uint32_t low = mmio_read32(nv->regs + CAP);
    uint64_t cap = (uint64_t)mmio_read32(nv->regs + CAP + 4) << 32 | low;

    if (low == UINT32_MAX)
        return DISK_EGONE;
    nv->stride = 4u << CAP_DSTRD(cap);
    nv->timeout_ms = CAP_TO(cap) * 500 + 500; /* 0 is allowed, and a busy host is slow */
    if (SQ_TDBL + 2ull * (DISK_MAX_QUEUES + 1) * nv->stride > pci_bar_size(nv->disk.pd, 0))
        return PCI_EBARBAD;
    return CAP_MQES(cap) < NVME_ENTRIES || CAP_MPSMIN(cap) || !CAP_NVM(cap) ? DISK_EFEATURE : DISK_OK;
}

static int identify(struct nvme *nv)
{
    struct nvme_command c = command(IDENTIFY, page);
    struct nvme_namespace ns;

    memset(page, 0, sizeof(page));
    c.dw[1] = 1;
    c.dw[10] = IDENTIFY_NAMESPACE;
    int error = admin(nv, c, NULL);
    if (!error)
        error = nvme_parse_namespace(page, &ns);
    if (!error)
        nv->disk.sectors = ns.sectors;
    return error;
}

/* 5.27.1.5: ask for as many as there is use for; the answer says how many there are, less one each. */
static int count_queues(struct nvme *nv)
{
    struct nvme_command c = command(SET_FEATURES, NULL);
    unsigned want = hart_count() < DISK_MAX_QUEUES ? hart_count() : DISK_MAX_QUEUES;
    uint32_t got;

    if (want > nv->table.n - 1)
        want = nv->table.n - 1;
    if (!want)
        return DISK_EFEATURE;
    c.dw[10] = FEATURE_QUEUES;
    c.dw[11] = (want - 1) << 16 | (want - 1);
    int error = admin(nv, c, &got);
    if (error)
        return error;
    if ((got & 0xffff) + 1 < want)
        want = (got & 0xffff) + 1;
    if ((got >> 16) + 1 < want)
        want = (got >> 16) + 1;
    nv->n_queues = nv->disk.n_queues = want;
    return DISK_OK;
}

/* Its vector, and then the queue, which may use it at once. */
static int open_queue(struct nvme *nv, unsigned i)
{
    struct nvme_queue *q = &nv->queues[i];

    q->nvme = nv;
    for (unsigned h = 0; h < hart_count() && i; h++)
        if (disk_queue_of(&nv->disk, h) == i - 1)
            aia_hartset_add(&q->harts, h);
    int error = pci_msix_entry(&q->msix, &nv->table, i);
    if (!error)
        error = disk_interrupt(&nv->disk, &q->msix.msi, i ? queue_handler : admin_handler, q,
                               i ? &q->harts : NULL);
    if (!error && i)
        error = create_queue(q);
    return error;
}

static int bring_up(struct nvme *nv)
{
    int error = read_capabilities(nv);

    if (!error)
        error = pci_msix_init(&nv->table, nv->disk.pd);
    if (!error)
        error = disable(nv);
    if (!error)
        error = enable(nv);
    if (!error)
        error = open_queue(nv, 0);
    if (!error)
        error = identify(nv);
    if (!error)
        error = count_queues(nv);
    for (unsigned i = 1; i <= nv->n_queues && !error; i++)
        error = open_queue(nv, i);
    return error;
}

static int init(unsigned n, struct pci_device *pd, struct disk **disk)
{
    static const struct disk_ops ops = {
        .submit = submit,
        .check = check_alive,
        .unseen = unseen,
        .orphans = orphans,
        .hart_leaves = hart_leaves,
        .hart_back = hart_back,
    };
    struct nvme *nv = &nvmes[n];

    *nv = (struct nvme){0};
    int error = disk_begin(&nv->disk, &ops, pd, "nvme", n);
    nv->regs = pci_bar(pd, 0);
    if (!error && !nv->regs)
        error = PCI_EBARBAD;
    if (!error)
        error = bring_up(nv);
    *disk = &nv->disk;
    if (error)
        disk_kill(&nv->disk, error);
    return error;
}

static bool match(const struct pci_device *pd)
{
    return pd->class == NVME_CLASS;
}

const struct disk_driver nvme_driver = {"nvme", NVME_MAX, match, init};
