/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "iommu/command.h"
#include "iommu/directory.h"
#include "mmio.h"

_Alignas(4096) struct x_unit x_unit;

/* ---- its memory and registers ---- */

static bool in_memory(uintptr_t a)
{
    return a >= (uintptr_t)x_unit.table && a < (uintptr_t)(&x_unit.done + 1);
}

bool x_unit_visible(uintptr_t where)
{
    return x_unit.present && (in_memory(where) || where == X_UNIT + CQT);
}

static bool mmio(uintptr_t a, uint64_t *v, unsigned size, bool write)
{
    struct m_hart *h = &m.hart[m.here];

    if (in_memory(a) && write) {
        memcpy((void *)a, v, size);
        h->mem_dirty = true;
    } else if (in_memory(a)) {
        *v = 0;
        memcpy(v, (void *)a, size);
    } else if (a == X_UNIT + CQT && write) {
        if (h->mem_dirty)
            m_die("hart %u: the tail is written after a memory write without a fence rw, o between", m.here);
        x_unit.tail = (uint32_t)*v;
        while (!x_exploring && x_can_execute(0))
            x_execute(0);
    } else if (a == X_UNIT + CQH || a == X_UNIT + CQCSR) {
        *v = a == X_UNIT + CQH ? x_unit.head : QUEUE_ENABLE | QUEUE_ON;
    } else {
        return false;
    }
    return true;
}

struct aia_msi *x_unit_before(struct x_dev *d)
{
    struct x_unit *u = &x_unit;

    memset(u, 0, sizeof(*u));
    u->present = true;
    u->iommu = (struct aia_iommu){
        .config = {.mmio = X_UNIT, .log2_commands = 3, .command_limit = 1000},
        .capabilities = CAP_MSI_MRIF,
        .commands = u->ring,
        .done = &u->done,
        .idle = u->idle,
    };
    u->device = (struct aia_iommu_device){
        .iommu = &u->iommu,
        .table = u->table,
        .files = u->file,
        .window = X_WINDOW,
        .n_messages = 1,
        .gscid = 1,
    };
    if (aia_iommu_msi_init(&u->msi, &u->device, 0, AIA_IOMMU_NOTICE, &d->dev.msi))
        m_die("aia_iommu_msi_init");
    m.mmio = mmio;
    return &u->msi.msi;
}

/* ---- MSIs ---- */

static struct aia_message notice_of(const uint64_t *entry)
{
    return (struct aia_message){NOTICE_ADDR(entry[1]), NOTICE_ID(entry[1])};
}

struct aia_message x_unit_message(void)
{
    return notice_of(x_unit.table);
}

bool x_unit_takes(uint64_t addr, uint32_t data)
{
    if (!x_unit.present || addr != X_WINDOW)
        return false;
    if (!x_unit.kept) {
        memcpy(x_unit.entry, x_unit.table, sizeof(x_unit.entry));
        x_unit.kept = x_unit.entry[0] & PTE_V;
    }
    if (!x_unit.kept)
        m_die("P1: an MSI faults, because its entry is not valid");
    x_unit.values[x_unit.taken.n] = x_unit.file[0] | 1ull << data;
    struct aia_message n = notice_of(x_unit.entry);
    x_tell("IOMMU: takes the MSI in, for (hart %u, identity %u)", x_hart_of(n.addr), n.data);
    m_queue_add(&x_unit.taken, n.addr, n.data);
    while (!x_exploring && x_can_let_out(0))
        x_let_out(0);
    return true;
}

bool x_can_let_out(unsigned who)
{
    return x_unit.present && who == 0 && x_unit.taken.n;
}

void x_let_out(unsigned who)
{
    struct m_queue *q = &x_unit.taken;
    struct m_write w = q->w[0];

    (void)who;
    memmove(q->w, q->w + 1, --q->n * sizeof(q->w[0]));
    memset(q->w + q->n, 0, sizeof(q->w[0]));
    x_unit.file[0] = x_unit.values[0];
    memmove(x_unit.values, x_unit.values + 1, q->n * sizeof(x_unit.values[0]));
    x_unit.values[q->n] = 0;
    x_tell("IOMMU: lets an MSI out, to (hart %u, identity %u)", x_hart_of(w.addr), w.data);
    if (w.addr != ((uintptr_t)x_unit.idle & ~0xfffull)) /* otherwise it is parked, and goes to memory */
        m_fabric_post(w.addr, w.data);
}

void x_unit_check(void (*named)(unsigned hart, unsigned id, const char *how))
{
    for (unsigned i = 0; i < x_unit.taken.n; i++)
        if (x_hart_of(x_unit.taken.w[i].addr) < X_HARTS)
            named(x_hart_of(x_unit.taken.w[i].addr), x_unit.taken.w[i].data, "the IOMMU has an MSI for it");
    struct aia_message n = notice_of(x_unit.entry);
    if (x_unit.kept && x_hart_of(n.addr) < X_HARTS)
        named(x_hart_of(n.addr), n.data, "the IOMMU keeps an entry that names it");
}

/* ---- commands ---- */

static const uint64_t *next_command(void)
{
    return &x_unit.ring[2 * x_unit.head];
}

bool x_can_execute(unsigned who)
{
    bool any = x_unit.present && who == 0 && x_unit.head != x_unit.tail;

    return any &&
           ((*next_command() & 0x3ff) != IOFENCE_C || !(*next_command() & IOFENCE_PW) || !x_unit.taken.n);
}

void x_execute(unsigned who)
{
    const uint64_t *c = next_command();
    bool fence = (c[0] & 0x3ff) == IOFENCE_C;

    (void)who;
    x_tell("IOMMU: %s", fence ? "its fence is done" : "forgets the entry");
    if (fence)
        x_unit.done = (uint32_t)(c[0] >> 32);
    else if ((c[0] & 0x3ff) == IOTINVAL_GVMA)
        x_unit.kept = false;
    x_unit.head = (x_unit.head + 1) & 7;
    if (!x_unit.kept)
        memset(x_unit.entry, 0, sizeof(x_unit.entry));
}
