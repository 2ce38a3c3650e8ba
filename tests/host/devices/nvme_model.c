/* SPDX-License-Identifier: BSD-2-Clause */
#include "nvme_model.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "payload/drivers/nvme_ring.h"
#include "payload/kernel/random.h"

#define DOORBELLS 0x1000u

struct nm nm;
static struct random rnd;

void nm_reset(void)
{
    function_reset();
    memset(&nm, 0, sizeof(nm));
    nm.mqes = 63;
    nm.timeout = 2;
    nm.shift = 9;
    nm.namespaces[0] = 1;
    nm.css = 1;
    nm.granted = 63 << 16 | 63;
    nm.fails = nm.silent = -1;
    nm.cc = 1; /* as firmware may leave it */
    rnd.state = 5;
}

/* ---- completions ---- */

void nm_post(unsigned queue, unsigned id, unsigned sqid, uint16_t status, uint32_t value)
{
    struct nm_queue *q = &nm.queues[queue];
    struct nvme_completion *e = (struct nvme_completion *)(uintptr_t)q->cq + q->cq_tail;

    assert((q->cq_tail + 1) % q->cq_size != q->cq_head); /* the queue must have room (3.3.1.2.1) */
    e->dw[0] = value;
    e->dw[2] = sqid << 16 | q->sq_head;
    atomic_store(&e->status, (uint32_t)status << 17 | q->phase << 16 | id);
    q->cq_tail = (q->cq_tail + 1) % q->cq_size;
    nm.wraps += q->cq_tail == 0;
    q->phase ^= q->cq_tail == 0;
    function_send(q->vector);
}

static uint32_t *forget(struct nm_queue *q, unsigned i, uint32_t *c)
{
    memcpy(c, q->held[i], 64);
    memcpy(q->held[i], q->held[--q->n_held], 64);
    return c;
}

static void complete(struct nm_queue *q, const uint32_t *c, uint16_t status, uint32_t value)
{
    unsigned id = (unsigned)(q - nm.queues);

    nm_post(id, c[0] >> 16, id, status, value);
}

static void answer_late(void)
{
    uint32_t c[16];

    assert(nm.in_admin == 1);
    nm.in_admin = 0;
    complete(&nm.queues[0], forget(&nm.queues[0], 0, c), nm.late, 0);
    nm.late = 0;
}

/* ---- commands ---- */

static uint64_t prp(const uint32_t *c)
{
    uint64_t at = c[6] | (uint64_t)c[7] << 32;

    assert(at % 4096 == 0);
    return at;
}

static unsigned last_namespace(void)
{
    unsigned i = 0;

    while (i + 1 < NM_NAMESPACES && nm.namespaces[i + 1])
        i++;
    return nm.namespaces[i];
}

static bool is_active(unsigned id)
{
    for (unsigned i = 0; i < NM_NAMESPACES; i++)
        if (nm.namespaces[i] == id)
            return id != 0;
    return false;
}

/* Identify: zeros for a namespace that does not exist, blocks with metadata for one that cannot be read. Returns the status. */
static uint16_t identify(const uint32_t *c)
{
    uint8_t *page = (uint8_t *)(uintptr_t)prp(c);
    const uint64_t size = NM_SECTORS;

    memset(page, 0, 4096);
    if (c[10] == 2 && nm.no_list)
        return 0x4002;
    if (c[10] == 2) {
        assert(c[1] == 0);
        memcpy(page, nm.namespaces, sizeof(nm.namespaces));
        return 0;
    }
    assert(c[10] == 0);
    if (!is_active(c[1]))
        return 0;
    memcpy(page, &size, 8);
    memcpy(page + 8, &size, 8);
    page[128] = c[1] == last_namespace() ? 0 : 8;
    page[128 + 2] = (uint8_t)nm.shift;
    return 0;
}

static void create_cq(const uint32_t *c)
{
    struct nm_queue *q = &nm.queues[c[10] & 0xffff];

    assert(!q->cq_exists && (c[10] >> 16) <= nm.mqes && (c[11] & 0xffff) == 3 && c[11] >> 16 < fn.vectors);
    *q = (struct nm_queue){.cq_exists = true, .cq = prp(c), .cq_size = (c[10] >> 16) + 1, .phase = 1};
    q->vector = c[11] >> 16;
}

static void create_sq(const uint32_t *c)
{
    struct nm_queue *q = &nm.queues[c[10] & 0xffff];

    assert(q->cq_exists && !q->sq_exists && (c[10] >> 16) <= nm.mqes &&
           c[11] == ((c[10] & 0xffff) << 16 | 1));
    q->sq_exists = true;
    q->sq = prp(c);
    q->sq_size = (c[10] >> 16) + 1;
}

static uint16_t admin(const uint32_t *c)
{
    struct nm_queue *q = &nm.queues[c[10] & 0xffff];

    switch (c[0] & 0xff) {
    case 0x00: /* Delete I/O Submission Queue: no command is under way, because this driver waits before */
        assert(q->sq_exists && !q->n_held && q->sq_head == q->sq_tail);
        q->sq_exists = false;
        nm.deletes++;
        break;
    case 0x01:
        create_sq(c);
        break;
    case 0x04: /* Delete I/O Completion Queue: after its submission queue */
        assert(q->cq_exists && !q->sq_exists);
        q->cq_exists = false;
        break;
    case 0x05:
        create_cq(c);
        break;
    case 0x06:
        return identify(c);
    default:
        assert((c[0] & 0xff) == 0x09 && c[10] == 7);
    }
    return 0;
}

static bool run_admin(struct nm_queue *q)
{
    uint32_t c[16];
    int opcode = q->n_held ? (int)(q->held[q->n_held - 1][0] & 0xff) : -1;

    if (!q->n_held || q->n_held == nm.in_admin)
        return false;
    if (opcode == nm.silent) {
        nm.in_admin++;
        return false;
    }
    (void)forget(q, q->n_held - 1, c);
    uint16_t status = opcode == nm.fails ? nm.status : admin(c);
    complete(q, c, status, opcode == 9 ? nm.granted : 0);
    return true;
}

/* Complete any one of the commands that were fetched. */
static bool run_read(struct nm_queue *q)
{
    uint32_t c[16];

    if (!q->n_held || nm.holds)
        return false;
    (void)forget(q, random_below(&rnd, q->n_held), c);
    assert((c[0] & 0xff) == 2 && c[1] == last_namespace() && (c[12] + 1) << nm.shift <= 4096);
    uint64_t lba = c[10] | (uint64_t)c[11] << 32;
    uint16_t status = lba + c[12] + 1 > NM_SECTORS ? 0x4080 : nm.status;
    if (!status)
        for (unsigned i = 0; i <= c[12]; i++)
            *(uint64_t *)(uintptr_t)(prp(c) + (i << nm.shift)) = lba + i;
    complete(q, c, status, 0);
    return true;
}

static void fetch(struct nm_queue *q)
{
    for (; q->sq_head != q->sq_tail; q->sq_head = (q->sq_head + 1) % q->sq_size) {
        assert(q->n_held < NM_HELD);
        memcpy(q->held[q->n_held++], (const uint8_t *)(uintptr_t)q->sq + 64 * q->sq_head, 64);
    }
    if (q != nm.queues && q->n_held > nm.deepest)
        nm.deepest = q->n_held;
}

void device_idle(void)
{
    if (nm.late) { /* the completion must be handled before the driver does anything else */
        answer_late();
        (void)function_deliver();
        return;
    }
    for (unsigned i = 0; i < NM_QUEUES && nm.cc & 1 && !nm.fatal && !fn.gone; i++) {
        struct nm_queue *q = &nm.queues[i];
        if (q->sq_exists)
            fetch(q);
        while (i ? run_read(q) : run_admin(q))
            ;
    }
    while (function_deliver())
        ;
}

/* ---- registers ---- */

static uint32_t csts(void)
{
    bool ready = nm.stuck == NM_STAYS_READY || (nm.cc & 1 && nm.stuck == NM_FINE);

    return (uint32_t)ready | (nm.fatal ? 2 : 0);
}

uint64_t device_read(uintptr_t at, unsigned size)
{
    assert(size == 4);
    switch (at) {
    case 0x00:
        return nm.mqes | nm.timeout << 24;
    case 0x04:
        return nm.stride | nm.css << 5 | nm.mpsmin << 16;
    case 0x14:
        return nm.cc;
    default:
        assert(at == 0x1c);
        return csts();
    }
}

static void enable(uint32_t v)
{
    if (v & 1 && !(nm.cc & 1)) {
        struct nm_queue *q = &nm.queues[0];
        assert(fn.fenced && (v >> 16 & 0xff) == 0x46 && nm.asq % 4096 == 0 && nm.acq % 4096 == 0);
        memset(nm.queues, 0, sizeof(nm.queues));
        *q = (struct nm_queue){.sq_exists = true, .cq_exists = true, .phase = 1, .sq = nm.asq, .cq = nm.acq};
        q->sq_size = (nm.aqa & 0xfff) + 1;
        q->cq_size = (nm.aqa >> 16 & 0xfff) + 1;
        nm.fatal |= nm.stuck == NM_FATAL_AT_ENABLE;
    }
    nm.cc = v;
}

static void doorbell(unsigned n, uint32_t v)
{
    struct nm_queue *q = &nm.queues[n / 2];

    assert(fn.fenced && n / 2 < NM_QUEUES && v < (n & 1 ? q->cq_size : q->sq_size));
    if (n & 1) {
        unsigned given = (v + q->cq_size - q->cq_head) % q->cq_size;
        assert(q->cq_exists && given && given <= (q->cq_tail + q->cq_size - q->cq_head) % q->cq_size);
        q->cq_head = v;
    } else {
        assert(q->sq_exists);
        q->sq_tail = v;
    }
}

void device_write(uintptr_t at, uint64_t v, unsigned size)
{
    assert(size == 4);
    if (at >= DOORBELLS) {
        assert((at - DOORBELLS) % (4u << nm.stride) == 0);
        doorbell((unsigned)((at - DOORBELLS) / (4u << nm.stride)), (uint32_t)v);
        return;
    }
    switch (at) {
    case 0x14:
        enable((uint32_t)v);
        break;
    case 0x24:
        nm.aqa = (uint32_t)v;
        break;
    case 0x28:
        nm.asq = v;
        break;
    case 0x2c:
        nm.asq |= v << 32;
        break;
    case 0x30:
        nm.acq = v;
        break;
    default:
        assert(at == 0x34);
        nm.acq |= v << 32;
    }
}
