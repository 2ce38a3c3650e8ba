/* SPDX-License-Identifier: BSD-2-Clause */
/* The register offsets are written out here, not taken from payload/pci/regs.h: a wrong offset there must show. */
#include <string.h>

#include "pci_model.h"

struct pm pm;

static void fault(const char *what)
{
    pm.faults++;
    pm.fault = what;
}

uint32_t pm_get(const struct pm_fn *f, unsigned reg, unsigned size)
{
    uint32_t v = 0;

    memcpy(&v, &f->cfg[reg], size);
    return v;
}

void pm_set(struct pm_fn *f, unsigned reg, unsigned size, uint32_t v)
{
    memcpy(&f->cfg[reg], &v, size);
}

static void writable(struct pm_fn *f, unsigned reg, unsigned size, uint32_t mask)
{
    memcpy(&f->writable[reg], &mask, size);
}

void pm_reset(void)
{
    memset(&pm, 0, sizeof(pm));
    pm.machine = (struct machine_pci){
        .ecam = {.base = 0x30000000, .size = 0x10000000},
        .bus_last = 255,
        .windows =
            {{.space = MACHINE_PCI_IO, .pci = 0, .cpu = 0x3000000, .size = 0x10000},
             {.space = MACHINE_PCI_MEM32, .pci = 0x40000000, .cpu = 0x140000000, .size = 0x40000000},
             {.space = MACHINE_PCI_MEM64, .pci = 0x400000000, .cpu = 0x900000000, .size = 0x400000000}},
        .n_windows = 3,
    };
}

struct pm_fn *pm_add(struct pm_fn *parent, uint8_t devfn, uint16_t vendor, uint16_t device)
{
    struct pm_fn *f = &pm.fns[pm.n++];

    *f = (struct pm_fn){.parent = parent, .devfn = devfn, .cap_end = 0x40, .last_link = 0x34};
    pm_set(f, 0x00, 2, vendor);
    pm_set(f, 0x02, 2, device);
    writable(f, 0x04, 2, 0x0547);
    pm_set(f, 0x08, 4, 0x00ff0001);
    writable(f, 0x3c, 1, 0xff);
    return f;
}

struct pm_fn *pm_add_bridge(struct pm_fn *parent, uint8_t devfn)
{
    struct pm_fn *f = pm_add(parent, devfn, 0x1b36, 0x000c);

    f->bridge = true;
    pm_set(f, 0x08, 4, 0x06040000);
    pm_set(f, 0x0e, 1, 0x01);
    writable(f, 0x18, 4, 0x00ffffff);
    writable(f, 0x1c, 2, 0xf0f0);
    writable(f, 0x20, 4, 0xfff0fff0);
    writable(f, 0x24, 4, 0xfff0fff0);
    pm_set(f, 0x24, 4, 0x00010001);
    writable(f, 0x28, 4, 0xffffffff);
    writable(f, 0x2c, 4, 0xffffffff);
    return f;
}

void pm_bar(struct pm_fn *f, unsigned i, uint64_t size, unsigned flags)
{
    uint64_t mask = 0 - size;

    pm_set(f, 0x10 + 4 * i, 4, flags);
    writable(f, 0x10 + 4 * i, 4, (uint32_t)mask & ~0xfu);
    if (flags & PM_64)
        writable(f, 0x14 + 4 * i, 4, (uint32_t)(mask >> 32));
}

void pm_io_bar(struct pm_fn *f, unsigned i, unsigned size)
{
    pm_set(f, 0x10 + 4 * i, 4, 1);
    writable(f, 0x10 + 4 * i, 4, (0 - size) & 0xfffcu);
}

unsigned pm_cap(struct pm_fn *f, uint8_t id, unsigned size)
{
    unsigned at = f->cap_end;

    pm_set(f, 0x06, 2, 0x10);
    pm_set(f, f->last_link, 1, at);
    pm_set(f, at, 1, id);
    f->last_link = at + 1;
    f->cap_end += (size + 3) & ~3u;
    return at;
}

unsigned pm_cap_msi(struct pm_fn *f, bool is64, bool maskable)
{
    unsigned data = is64 ? 12 : 8, at = pm_cap(f, 0x05, maskable ? data + 12 : data + 2);

    pm_set(f, at + 2, 2, (is64 ? 0x80u : 0) | (maskable ? 0x100u : 0) | 0x4 /* capable of 4 messages */);
    writable(f, at + 2, 2, 0x71);
    writable(f, at + 4, 4, 0xfffffffc);
    if (is64)
        writable(f, at + 8, 4, 0xffffffff);
    writable(f, at + data, 2, 0xffff);
    if (maskable)
        writable(f, at + data + 4, 4, 0xffffffff); /* the reserved bits too: software must keep them */
    return f->msi = at;
}

unsigned pm_cap_msix(struct pm_fn *f, unsigned entries, unsigned bar, uint32_t offset)
{
    unsigned at = pm_cap(f, 0x11, 12);

    pm_set(f, at + 2, 2, entries - 1);
    writable(f, at + 2, 2, 0xc000);
    pm_set(f, at + 4, 4, offset | bar);
    pm_set(f, at + 8, 4, (offset + 0x800) | bar);
    return f->msix = at;
}

unsigned pm_cap_express(struct pm_fn *f, unsigned type)
{
    unsigned at = pm_cap(f, 0x10, 0x3c);

    pm_set(f, at + 2, 2, 2 | type << 4);
    return at;
}

/* --- routing -------------------------------------------------------------------------------------------- */

static struct pm_fn *on_bus(const struct pm_fn *bridge, uint8_t devfn)
{
    for (size_t i = 0; i < pm.n; i++) {
        struct pm_fn *f = &pm.fns[i];

        if (f->parent == bridge && (f->devfn == devfn || (f->any_slot && f->devfn == (devfn & 7))))
            return f;
    }
    return NULL;
}

static struct pm_fn *route_config(uint8_t bus, uint8_t devfn)
{
    const struct pm_fn *at = NULL;
    uint8_t secondary = pm.machine.bus_first;

    while (bus != secondary) {
        const struct pm_fn *next = NULL;

        for (size_t i = 0; i < pm.n; i++) {
            const struct pm_fn *f = &pm.fns[i];

            if (f->parent != at || !f->bridge || bus < f->cfg[0x19] || bus > f->cfg[0x1a])
                continue;
            if (next)
                fault("two bridges claim one bus");
            next = f;
        }
        if (!next)
            return NULL;
        at = next;
        secondary = at->cfg[0x19];
    }
    return on_bus(at, devfn);
}

bool pm_forwards(const struct pm_fn *b, uint64_t pci)
{
    uint64_t base = (uint64_t)(pm_get(b, 0x20, 2) & 0xfff0) << 16;
    uint64_t limit = (uint64_t)(pm_get(b, 0x22, 2) & 0xfff0) << 16 | 0xfffff;
    uint64_t pref = (uint64_t)pm_get(b, 0x28, 4) << 32 | (uint64_t)(pm_get(b, 0x24, 2) & 0xfff0) << 16;
    uint64_t pref_limit = (uint64_t)pm_get(b, 0x2c, 4) << 32;

    pref_limit |= (uint64_t)(pm_get(b, 0x26, 2) & 0xfff0) << 16 | 0xfffff;
    if (!(b->cfg[0x04] & 2))
        return false;
    return (base <= pci && pci <= limit) || (pref <= pci && pci <= pref_limit);
}

/* Whether one of f's BARs decodes the address. A BAR that software has not sized decodes as it is. */
static bool claims(const struct pm_fn *f, uint64_t pci, uint64_t *offset)
{
    if (!(f->cfg[0x04] & 2) || f->gone)
        return false;
    for (unsigned i = 0; i < (f->bridge ? 2u : 6u); i++) {
        uint32_t lo = pm_get(f, 0x10 + 4 * i, 4), mask_lo;
        uint64_t addr = lo & ~0xfu, mask = UINT64_MAX << 32;
        bool is64 = !(lo & 1) && (lo & PM_64);

        memcpy(&mask_lo, &f->writable[0x10 + 4 * i], 4);
        if (is64) {
            addr |= (uint64_t)pm_get(f, 0x14 + 4 * i, 4) << 32;
            mask = 0;
            memcpy((uint8_t *)&mask + 4, &f->writable[0x14 + 4 * i], 4);
        }
        mask |= mask_lo;
        if (mask_lo != 0 || is64) {
            if (!(lo & 1) && pci - addr < 0 - mask) {
                *offset = pci - addr;
                return true;
            }
        }
        i += is64;
    }
    return false;
}

struct pm_fn *pm_decode(uint64_t pci, uint64_t *offset)
{
    struct pm_fn *found = NULL;

    for (size_t i = 0; i < pm.n; i++) {
        const struct pm_fn *b = pm.fns[i].parent;
        uint64_t o;

        while (b && pm_forwards(b, pci))
            b = b->parent;
        if (b || !claims(&pm.fns[i], pci, &o))
            continue;
        if (found)
            fault("two functions decode one address");
        found = &pm.fns[i];
        *offset = o;
    }
    return found;
}

/* --- accesses ------------------------------------------------------------------------------------------- */

static bool could_send(const struct pm_fn *f, struct pm_message *m)
{
    uint32_t control = f->msi ? pm_get(f, f->msi + 2, 2) : 0;
    unsigned data = control & 0x80 ? 12 : 8;

    if (!(f->cfg[0x04] & 4))
        return false;
    if (control & 1) {
        m->addr = pm_get(f, f->msi + 4, 4) | (control & 0x80 ? (uint64_t)pm_get(f, f->msi + 8, 4) << 32 : 0);
        m->data = pm_get(f, f->msi + data, 2);
        return !(control & 0x100 && pm_get(f, f->msi + data + 4, 4) & 1);
    }
    if (f->msix && (pm_get(f, f->msix + 2, 2) & 0xc000) == 0x8000) { /* entry 0 */
        const uint8_t *entry = &f->mem[pm_get(f, f->msix + 4, 4) & ~7u];

        memcpy(&m->addr, entry, 8);
        memcpy(&m->data, entry + 8, 4);
        return !(entry[12] & 1);
    }
    return false;
}

static void look(void)
{
    const struct pm_fn *f = pm.watched;
    struct pm_message m;
    bool enabled;

    if (!f)
        return;
    enabled = (f->msi && pm_get(f, f->msi + 2, 2) & 1) || (f->msix && pm_get(f, f->msix + 2, 2) & 0x8000);
    if (!enabled && !(pm_get(f, 0x04, 2) & 0x400))
        pm.intx = true;
    if (!could_send(f, &m))
        return;
    for (size_t i = 0; i < pm.n_seen; i++) {
        if (pm.seen[i].addr == m.addr && pm.seen[i].data == m.data)
            return;
    }
    if (pm.n_seen < sizeof(pm.seen) / sizeof(pm.seen[0]))
        pm.seen[pm.n_seen++] = m;
}

static void log_access(struct pm_access a)
{
    if ((a.fn == NULL || a.fn == pm.watched) && pm.watched && pm.n_log < PM_MAX_LOG)
        pm.log[pm.n_log++] = a;
}

void pm_watch(struct pm_fn *f)
{
    pm.watched = f;
    pm.n_seen = pm.n_log = 0;
    pm.intx = false;
    look();
}

static struct pm_fn *route(uintptr_t a, unsigned size, bool *config, unsigned *reg)
{
    const struct machine_pci *m = &pm.machine;
    uint64_t ecam = a - m->ecam.base, offset;
    struct pm_fn *f;

    if (a & (size - 1))
        fault("misaligned access");
    *config = ecam < m->ecam.size;
    *reg = ecam & 0xfff;
    pm.last = NULL;
    if (*config)
        return route_config((uint8_t)(m->bus_first + (ecam >> 20)), (uint8_t)(ecam >> 12));
    for (size_t i = 0; i < m->n_windows; i++) {
        if (m->windows[i].space == MACHINE_PCI_IO || a - m->windows[i].cpu >= m->windows[i].size)
            continue;
        f = pm_decode(a - m->windows[i].cpu + m->windows[i].pci, &offset);
        pm.last = f;
        *reg = f ? offset % PM_MEM : 0;
        return f;
    }
    fault("an address outside ECAM and all windows");
    return NULL;
}

uint64_t pm_read(uintptr_t a, unsigned size)
{
    uint64_t v = UINT64_MAX;
    unsigned reg;
    bool config;
    struct pm_fn *f = route(a, size, &config, &reg);

    if (config && reg >= 256)
        fault("extended configuration space");
    else if (f && !f->gone)
        memcpy(&v, config ? &f->cfg[reg] : &f->mem[reg], size);
    log_access((struct pm_access){f, reg, size, (uint32_t)v, false, config});
    return v;
}

static void write_config(struct pm_fn *f, unsigned reg, uint32_t v, unsigned size)
{
    if (reg <= 0x07 && reg + size > 0x06)
        fault("a write to the status register clears bits");
    if (reg >= 0x10 && reg < (f->bridge ? 0x18u : 0x28u) && f->cfg[0x04] & 3)
        fault("a BAR changed while it decodes");
    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = f->writable[reg + i];

        f->cfg[reg + i] = (uint8_t)((f->cfg[reg + i] & ~mask) | (uint8_t)(v >> 8 * i & mask));
    }
}

/* Behave as QEMU's edu device does: raise ORs into status, acknowledge clears, liveness inverts. */
static void write_edu(struct pm_fn *f, unsigned reg, uint32_t v)
{
    uint32_t status;

    memcpy(&status, &f->mem[0x24], 4);
    status = reg == 0x60 ? status | v : reg == 0x64 ? status & ~v : status;
    memcpy(&f->mem[0x24], &status, 4);
    v = ~v;
    if (reg == 0x04)
        memcpy(&f->mem[reg], &v, 4);
}

void pm_write(uintptr_t a, uint64_t v, unsigned size)
{
    unsigned reg;
    bool config;
    struct pm_fn *f = route(a, size, &config, &reg);

    log_access((struct pm_access){f, reg, size, (uint32_t)v, true, config});
    if (!f || f->gone)
        return;
    if (config)
        write_config(f, reg, (uint32_t)v, size);
    else if (f->edu)
        write_edu(f, reg, (uint32_t)v);
    else
        memcpy(&f->mem[reg], &v, size);
    look();
}

void pm_fence(int kind)
{
    log_access((struct pm_access){.reg = (unsigned)kind});
}
