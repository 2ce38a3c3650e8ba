/* SPDX-License-Identifier: BSD-2-Clause */
/* Section numbers: NVM Express Base Specification 2.0, unless the comment names another. */
#include "payload/drivers/nvme.h"
#include "payload/drivers/nvme_regs.h"
#include "payload/kernel/work.h"
#include "payload/kernel/time.h"
#include "mmio.h"
#include <string.h>

/* Commands (5). */
#define IDENTIFY     0x06u
#define SET_FEATURES 0x09u

#define IDENTIFY_NAMESPACE 0u
#define IDENTIFY_ACTIVE    2u /* the list of active namespaces */
#define FEATURE_QUEUES     7u
#define NVME_CLASS         0x010802u /* NVM Express, I/O controller */

static struct nvme nvmes[NVME_MAX];

static _Alignas(4096) uint8_t identity[4096];

#define MAX_NAMESPACES 1024u
static _Alignas(4096) uint32_t namespaces[MAX_NAMESPACES];

/* ---- Identify Namespace: a namespace's description (NVM command set 1.0, figure 97) ---- */

#define NSZE  0
#define NCAP  8
#define NLBAF 25
#define FLBAS 26
#define LBAF0 128

static uint64_t le64(const uint8_t *p)
{
    uint64_t v = 0;

    for (unsigned i = 8; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/*
 * The format in use is bits 3:0 of FLBAS. The number of formats is 0-based. A format has the metadata size and the
 * logarithm of the data size. A namespace that does not exist reads as zeros.
 */
int nvme_parse_namespace(const uint8_t *page, struct nvme_namespace *ns)
{
    uint64_t size = le64(page + NSZE), capacity = le64(page + NCAP);
    unsigned format = page[FLBAS] & 15u;
    const uint8_t *lbaf = page + LBAF0 + 4 * format;

    if (size == 0 || capacity == 0 || capacity > size || format > page[NLBAF])
        return DISK_EIDENTIFY;
    if (lbaf[2] < 9 || lbaf[2] > 12 || lbaf[0] || lbaf[1])
        return DISK_EFEATURE;
    ns->sectors = size;
    ns->sector_size = 1u << lbaf[2];
    return DISK_OK;
}

/* ---- the controller ---- */

/* 3.5.1, and CAP.TO of 3.1.3.1. The controller must be disabled before its queues' addresses can be set. */
static int disable(struct nvme *nv)
{
    mmio_write32(nv->regs + NVME_CC, 0);
    return disk_wait_reg(nv->regs + NVME_CSTS, NVME_CSTS_RDY, 0, nv->timeout_ms, DISK_ERESET);
}

/* A controller that reports a fatal error never becomes ready (3.1.3.6). */
static int wait_ready(struct nvme *nv)
{
    struct hart_wait w = hart_wait_begin(time_from_ms(nv->timeout_ms));

    for (;;) {
        int error = nvme_ops_.check(&nv->disk);
        if (error || mmio_read32(nv->regs + NVME_CSTS) & NVME_CSTS_RDY)
            return error;
        if (!hart_wait_more(&w))
            return DISK_EREADY;
    }
}

static void write64(uintptr_t reg, const void *p)
{
    mmio_write32(reg, (uint32_t)(uintptr_t)p);
    mmio_write32(reg + 4, (uint32_t)((uintptr_t)p >> 32));
}

static int enable(struct nvme *nv)
{
    struct nvme_queue *q = &nv->queues[0];

    q->nvme = nv;
    nvme_init_ring_(q);
    q->open = true;
    mmio_write32(nv->regs + NVME_AQA, (NVME_ENTRIES - 1) << 16 | (NVME_ENTRIES - 1));
    write64(nv->regs + NVME_ASQ, q->ring.sq);
    write64(nv->regs + NVME_ACQ, q->ring.cq);
    fence_rw_o();
    mmio_write32(nv->regs + NVME_CC, NVME_CC_QUEUES | NVME_CC_EN);
    return wait_ready(nv);
}

static int read_capabilities(struct nvme *nv)
{
    uint32_t low = mmio_read32(nv->regs + NVME_CAP), high = mmio_read32(nv->regs + NVME_CAP + 4);
    uint64_t cap = (uint64_t)high << 32 | low;

    if (low == UINT32_MAX || high == UINT32_MAX)
        return DISK_EGONE;
    nv->stride = 4u << NVME_CAP_DSTRD(cap);
    nv->timeout_ms = NVME_CAP_TO(cap) * 500 + 500; /* 0 is allowed; the addend is for a slow, busy host */
    if (NVME_SQ_TDBL + 2ull * (DISK_MAX_QUEUES + 1) * nv->stride > pci_bar_size(nv->disk.pd, 0))
        return PCI_EBARBAD;
    return NVME_CAP_MQES(cap) < NVME_ENTRIES || NVME_CAP_MPSMIN(cap) || !NVME_CAP_NVM(cap) ? DISK_EFEATURE
                                                                                           : DISK_OK;
}

static int identify(struct nvme *nv, uint32_t what, uint32_t namespace, void *to)
{
    struct nvme_command c = nvme_command_(IDENTIFY, to);

    memset(to, 0, 4096);
    c.dw[1] = namespace;
    c.dw[10] = what;
    return nvme_admin_(nv, c, NULL);
}

/*
 * 5.17.2.2: the list has identifiers in ascending order, then zeros. A controller older than 1.1 has no list; the
 * driver then tries namespace 1.
 */
static int list_namespaces(struct nvme *nv)
{
    int error = identify(nv, IDENTIFY_ACTIVE, 0, namespaces);

    if (error != DISK_ECOMMAND)
        return error;
    memset(namespaces, 0, sizeof(namespaces));
    namespaces[0] = 1;
    return DISK_OK;
}

static int try_namespace(struct nvme *nv, uint32_t id)
{
    struct nvme_namespace ns = {0};
    int error = identify(nv, IDENTIFY_NAMESPACE, id, identity);

    if (!error)
        error = nvme_parse_namespace(identity, &ns);
    if (!error)
        error = disk_set_sector(&nv->disk, ns.sector_size);
    nv->disk.sectors = ns.sectors;
    nv->namespace = id;
    return error;
}

/*
 * Use the first namespace that can be read. Returns the last namespace's error if none can, or DISK_ENODISK if there is
 * no namespace.
 */
static int find_namespace(struct nvme *nv)
{
    int error = list_namespaces(nv), why = DISK_ENODISK;

    for (unsigned i = 0; !error && i < MAX_NAMESPACES && namespaces[i]; i++) {
        why = try_namespace(nv, namespaces[i]);
        if (why != DISK_EFEATURE && why != DISK_EIDENTIFY && why != DISK_ECOMMAND)
            return why;
    }
    return error ? error : why;
}

/*
 * 5.27.1.5: request as many queues as the driver can use. The answer has the numbers of queues, each less one. The
 * first vector is the admin queue's, unless there is only one.
 */
static int count_queues(struct nvme *nv)
{
    struct nvme_command c = nvme_command_(SET_FEATURES, NULL);
    unsigned want = hart_count() < DISK_MAX_QUEUES ? hart_count() : DISK_MAX_QUEUES;
    unsigned vectors = nv->table.n > 1 ? nv->table.n - 1 : 1;
    uint32_t got;

    if (want > vectors)
        want = vectors;
    c.dw[10] = FEATURE_QUEUES;
    c.dw[11] = (want - 1) << 16 | (want - 1);
    int error = nvme_admin_(nv, c, &got);
    if (error)
        return error;
    if ((got & 0xffff) + 1 < want)
        want = (got & 0xffff) + 1;
    if ((got >> 16) + 1 < want)
        want = (got >> 16) + 1;
    nv->n_queues = nv->disk.n_queues = want;
    return DISK_OK;
}

static int open_admin(struct nvme *nv)
{
    struct nvme_queue *q = &nv->queues[0];
    int error = pci_msix_entry(&q->msix, &nv->table, 0);

    if (error)
        return error;
    return disk_interrupt(&nv->disk, q->msix.top,
                          nv->table.n > 1 ? nvme_admin_handler_ : nvme_shared_handler_, q, NULL);
}

/* Set up the vector before the queue: the queue may use the vector immediately. */
static int open_queue(struct nvme *nv, unsigned i)
{
    struct nvme_queue *q = &nv->queues[i];
    int error = DISK_OK;

    q->nvme = nv;
    for (unsigned h = 0; h < hart_count(); h++)
        if (disk_queue_of(&nv->disk, h) == i - 1)
            aia_hartset_add(&q->harts, h);
    if (nv->table.n > 1) {
        q->vector = (uint16_t)i;
        error = pci_msix_entry(&q->msix, &nv->table, i);
        if (!error)
            error = disk_interrupt(&nv->disk, q->msix.top, nvme_queue_handler_, q, &q->harts);
    }
    return error ? error : nvme_create_queue_(q);
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
        error = open_admin(nv);
    if (!error)
        error = find_namespace(nv);
    if (!error)
        error = count_queues(nv);
    for (unsigned i = 1; i <= nv->n_queues && !error; i++)
        error = open_queue(nv, i);
    return error;
}

static int init(unsigned n, struct pci_device *pd, struct disk **disk)
{
    struct nvme *nv = &nvmes[n];

    *nv = (struct nvme){.index = n};
    int error = disk_begin(&nv->disk, &nvme_ops_, pd, "nvme", n);
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
