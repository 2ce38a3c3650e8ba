/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses for functions and bridges, in two passes over the array, in which a function always follows the bridge in
 * front of it. Backward pass: pack the needs behind each bridge from 0 up. The end of the packing is the size of the
 * bridge's own window, which is then packed like a BAR on the bus above. Forward pass: add the address of each bridge's
 * window to the offsets behind the bridge.
 *
 * On each bus the largest alignment goes first. A BAR is as large as its alignment, so the only holes are those after
 * bridges' windows.
 */
#include <string.h>

#include "payload/pci/pci.h"
#include "payload/pci/regs.h"

#define LOW_END    (UINT64_C(1) << 32)
#define HIGH_END   (UINT64_C(1) << 63)
#define WINDOW     (UINT64_C(1) << 20) /* the unit of bridges' windows is 1 MiB (7.5.1.3.8) */
#define PAGE       UINT64_C(4096) /* two functions never share a page, so that pages could be mapped separately */
#define MAX_BAR_32 (UINT64_C(1) << 31)

static bool host_has(const struct pci *p, enum pci_class class)
{
    const struct machine_pci *m = p->machine;

    for (size_t i = 0; i < m->n_windows; i++) {
        if (class == PCI_LOW && m->windows[i].space != MACHINE_PCI_IO && m->windows[i].pci < LOW_END)
            return true;
        if (class == PCI_HIGH && m->windows[i].space == MACHINE_PCI_MEM64)
            return true;
    }
    return false;
}

/*
 * The kind of addresses that a BAR may have. Behind a bridge only the prefetchable window reaches above 4 GiB, and a
 * BAR that must not be prefetched has to stay out of that window. On the first bus there is no bridge.
 */
static enum pci_class classify(const struct pci *p, const struct pci_device *pd, const struct pci_resource *r)
{
    if (!r->is64)
        return PCI_LOW;
    if (!pd->parent)
        return host_has(p, PCI_HIGH) ? PCI_HIGH : PCI_LOW;
    return r->prefetch && pd->parent->high_ok ? PCI_HIGH : PCI_LOW;
}

/*
 * The bits of a BAR that software can set, and the bits that always read as ones: its type. Decoding must be off,
 * because the BAR holds meaningless addresses meanwhile.
 */
struct bar_bits {
    uint32_t settable, fixed;
};

static struct bar_bits bar_bits(const struct pci_device *pd, unsigned i)
{
    uint32_t ones;

    pci_write32(pd, PCI_BAR0 + 4 * i, UINT32_MAX);
    ones = pci_read32(pd, PCI_BAR0 + 4 * i);
    pci_write32(pd, PCI_BAR0 + 4 * i, 0);
    uint32_t zeros = pci_read32(pd, PCI_BAR0 + 4 * i);
    return (struct bar_bits){ones & ~zeros, zeros};
}

/* A memory BAR has at least 16 bytes; its low four bits are its type (7.5.1.2.1). */
static int size_bar(const struct pci *p, struct pci_device *pd, unsigned i, unsigned n)
{
    struct pci_resource *r = &pd->res[i];
    struct bar_bits low = bar_bits(pd, i);
    uint64_t mask = UINT64_MAX << 32, size;

    if (low.settable == 0 && low.fixed == 0)
        return PCI_OK;
    if (low.fixed & PCI_BAR_IO) {
        /* Listed, but not placed: no driver here uses ports, and port decoding stays disabled. */
        r->io = true;
        r->size = (0u - (low.settable & ~3u)) & 0xffffu;
        return PCI_OK;
    }
    r->prefetch = low.fixed & PCI_BAR_PREFETCH;
    r->is64 = (low.fixed & PCI_BAR_TYPE) == PCI_BAR_TYPE_64;
    if ((low.settable & PCI_BAR_FLAGS) || (low.fixed & ~PCI_BAR_FLAGS))
        return PCI_EBARBAD;
    if ((!r->is64 && (low.fixed & PCI_BAR_TYPE) != PCI_BAR_TYPE_32) || (r->is64 && i + 1 == n))
        return PCI_EBARBAD;
    if (r->is64)
        mask = (uint64_t)bar_bits(pd, i + 1).settable << 32;
    size = 0 - (mask | low.settable);
    if (size == 0 || (size & (size - 1)) || (!r->is64 && size > MAX_BAR_32))
        return PCI_EBARBAD;
    r->size = size;
    r->align = size > PAGE ? size : PAGE;
    r->class = classify(p, pd, r);
    return PCI_OK;
}

/* Close a bridge's windows by a base above the limit, and find out whether the second window has all 64 bits. */
static void size_windows(const struct pci *p, struct pci_device *pd)
{
    uint16_t pref;

    pci_write16(pd, PCI_IO_BASE_LIMIT, 0x00f0);
    pci_write16(pd, PCI_MEM_LIMIT, 0);
    pci_write16(pd, PCI_MEM_BASE, 0xfff0);
    pci_write16(pd, PCI_PREF_LIMIT, 0);
    pci_write16(pd, PCI_PREF_BASE, 0xfff0);
    pref = pci_read16(pd, PCI_PREF_BASE);
    pd->high_ok =
        pref == (0xfff0u | PCI_PREF_IS64) && (pd->parent ? pd->parent->high_ok : host_has(p, PCI_HIGH));
    pd->res[PCI_RES_LOW].class = PCI_LOW;
    pd->res[PCI_RES_HIGH].class = PCI_HIGH;
}

int pci_size_(const struct pci *p, struct pci_device *pd)
{
    unsigned n = pd->bridge ? 2 : PCI_N_BARS;

    /* The ROM's decoder may be shared with the BARs'. */
    pci_write32(pd, pd->bridge ? PCI_BRIDGE_ROM : PCI_ROM, 0);
    if (pd->bridge)
        size_windows(p, pd);
    for (unsigned i = 0; i < n; i += pd->res[i].is64 ? 2 : 1) {
        int error = size_bar(p, pd, i, n);

        if (error)
            return error;
    }
    return PCI_OK;
}

/* Free room: from `cursor` up to, not including, `end`. `to_cpu` is added for the harts' addresses. */
struct room {
    uint64_t cursor, end, to_cpu;
};

static void take(struct pci_resource *r, struct room *room)
{
    uint64_t start = (room->cursor + r->align - 1) & ~(r->align - 1);

    if (start < room->cursor || start >= room->end || r->size > room->end - start)
        return;
    r->addr = start;
    r->cpu = start + room->to_cpu;
    r->placed = true;
    room->cursor = start + r->size;
}

/* Place everything on the bus behind `bridge` that is not placed yet. A need that does not fit stays unplaced. */
static void pack(struct pci *p, const struct pci_device *bridge, enum pci_class class, struct room *room)
{
    for (uint64_t align = HIGH_END; align >= PAGE; align >>= 1) {
        for (size_t i = p->first * PCI_N_RES; i < p->n * PCI_N_RES; i++) {
            struct pci_device *pd = &p->devs[i / PCI_N_RES];
            struct pci_resource *r = &pd->res[i % PCI_N_RES];

            if (pd->parent == bridge && r->align == align && r->class == class && !r->placed && r->size &&
                !pd->error)
                take(r, room);
        }
    }
}

static uint64_t largest_align(const struct pci *p, const struct pci_device *bridge, enum pci_class class)
{
    uint64_t largest = WINDOW;

    for (size_t i = p->first * PCI_N_RES; i < p->n * PCI_N_RES; i++) {
        const struct pci_device *pd = &p->devs[i / PCI_N_RES];
        const struct pci_resource *r = &pd->res[i % PCI_N_RES];

        if (pd->parent == bridge && r->class == class && r->placed && r->align > largest)
            largest = r->align;
    }
    return largest;
}

static void pack_behind(struct pci *p, struct pci_device *bridge, enum pci_class class)
{
    struct pci_resource *window = &bridge->res[PCI_N_BARS + class];
    struct room room = {.end = class == PCI_LOW ? LOW_END : HIGH_END};

    pack(p, bridge, class, &room);
    window->size = (room.cursor + WINDOW - 1) & ~(WINDOW - 1);
    window->align = window->size ? largest_align(p, bridge, class) : 0;
}

/* Place the needs of the first bus in the host's windows of one kind. Address 0 means "not placed" and is not used. */
static void pack_host(struct pci *p, enum pci_class class, int space)
{
    const struct machine_pci *m = p->machine;

    for (size_t i = 0; i < m->n_windows; i++) {
        uint64_t end = m->windows[i].pci + m->windows[i].size;
        struct room room = {.cursor = p->cursor[i], .to_cpu = m->windows[i].cpu - m->windows[i].pci};

        if ((int)m->windows[i].space != space || end < m->windows[i].pci)
            continue;
        if (room.cursor == 0)
            room.cursor = m->windows[i].pci ? m->windows[i].pci : 1;
        room.end = class == PCI_LOW && end > LOW_END ? LOW_END : end;
        pack(p, NULL, class, &room);
        p->cursor[i] = room.cursor;
    }
}

/* Turn an offset in the window of the bridge above into an address. */
static void move_into_window(struct pci_device *pd)
{
    for (unsigned i = 0; i < PCI_N_RES && pd->parent; i++) {
        struct pci_resource *r = &pd->res[i];
        const struct pci_resource *window = &pd->parent->res[PCI_N_BARS + r->class];

        if (!r->placed)
            continue;
        r->placed = window->placed;
        r->cpu = r->addr + window->cpu;
        r->addr += window->addr;
    }
}

static void write_window(const struct pci_device *pd)
{
    const struct pci_resource *low = &pd->res[PCI_RES_LOW], *high = &pd->res[PCI_RES_HIGH];
    uint64_t last;

    if (low->placed) {
        last = low->addr + low->size - 1;
        pci_write16(pd, PCI_MEM_BASE, (uint16_t)(low->addr >> 16 & 0xfff0));
        pci_write16(pd, PCI_MEM_LIMIT, (uint16_t)(last >> 16 & 0xfff0));
    }
    if (high->placed) {
        last = high->addr + high->size - 1;
        pci_write32(pd, PCI_PREF_BASE_HI, (uint32_t)(high->addr >> 32));
        pci_write32(pd, PCI_PREF_LIMIT_HI, (uint32_t)(last >> 32));
        pci_write16(pd, PCI_PREF_BASE, (uint16_t)(high->addr >> 16 & 0xfff0));
        pci_write16(pd, PCI_PREF_LIMIT, (uint16_t)(last >> 16 & 0xfff0));
    }
}

static void write_bars(const struct pci_device *pd)
{
    for (unsigned i = 0; i < PCI_N_BARS && !pd->error; i++) {
        const struct pci_resource *r = &pd->res[i];

        if (!r->placed)
            continue;
        pci_write32(pd, PCI_BAR0 + 4 * i, (uint32_t)r->addr);
        if (r->is64)
            pci_write32(pd, PCI_BAR0 + 4 * i + 4, (uint32_t)(r->addr >> 32));
    }
}

/*
 * Undo all placing. A device behind an unusable bridge cannot be reached, and the bridge's error is the reason to
 * print.
 */
static void begin(struct pci *p)
{
    memset(p->cursor, 0, sizeof(p->cursor));
    for (size_t i = p->first; i < p->n; i++) {
        struct pci_device *pd = &p->devs[i];

        if (!pd->error && pd->parent)
            pd->error = pd->parent->error;
        for (unsigned k = 0; k < PCI_N_RES; k++)
            pd->res[k].placed = false;
    }
}

static void place_all(struct pci *p)
{
    begin(p);
    for (size_t i = p->n; i-- > p->first;) {
        for (enum pci_class class = PCI_LOW; class <= PCI_HIGH && p->devs[i].bridge; class ++)
            pack_behind(p, &p->devs[i], class);
    }
    /* Needs below 4 GiB are placed first. Other needs use low addresses only if the high windows are full. */
    pack_host(p, PCI_LOW, MACHINE_PCI_MEM32);
    pack_host(p, PCI_LOW, MACHINE_PCI_MEM64);
    pack_host(p, PCI_HIGH, MACHINE_PCI_MEM64);
    pack_host(p, PCI_HIGH, MACHINE_PCI_MEM32);
    for (size_t i = p->first; i < p->n; i++)
        move_into_window(&p->devs[i]);
}

static bool is_behind(const struct pci_device *pd, const struct pci_device *bridge)
{
    while (pd && pd != bridge)
        pd = pd->parent;
    return pd != NULL;
}

/* The function with the largest BAR of this class behind the bridge: it makes the bridge's window too large. */
static struct pci_device *largest_behind(struct pci *p, struct pci_device *bridge, enum pci_class class)
{
    struct pci_device *largest = bridge;
    uint64_t size = 0;

    for (size_t i = p->first * PCI_N_RES; i < p->n * PCI_N_RES; i++) {
        struct pci_device *pd = &p->devs[i / PCI_N_RES];
        const struct pci_resource *r = &pd->res[i % PCI_N_RES];

        if (i % PCI_N_RES >= PCI_N_BARS || pd == bridge || pd->error || r->io || r->class != class ||
            r->size <= size || !is_behind(pd, bridge))
            continue;
        largest = pd;
        size = r->size;
    }
    return largest;
}

/* If a need was not placed, leave out the function that is responsible. Returns false if all needs were placed. */
static bool leave_one_out(struct pci *p)
{
    for (size_t i = p->first * PCI_N_RES; i < p->n * PCI_N_RES; i++) {
        struct pci_device *pd = &p->devs[i / PCI_N_RES];
        const struct pci_resource *r = &pd->res[i % PCI_N_RES];

        if (pd->error || r->size == 0 || r->io || r->placed)
            continue;
        if (i % PCI_N_RES >= PCI_N_BARS)
            pd = largest_behind(p, pd, r->class);
        pd->error = host_has(p, r->class) ? PCI_EEXHAUSTED : PCI_ENOWINDOW;
        return true;
    }
    return false;
}

/* Place everything again without each function that does not fit: other functions then use its room. */
void pci_place_(struct pci *p)
{
    do
        place_all(p);
    while (leave_one_out(p));
    for (size_t i = p->first; i < p->n; i++) {
        write_bars(&p->devs[i]);
        if (p->devs[i].bridge)
            write_window(&p->devs[i]);
    }
}

static const struct pci_resource *bar(const struct pci_device *pd, unsigned i)
{
    return i < PCI_N_BARS && pd->res[i].placed && !pd->error ? &pd->res[i] : NULL;
}

uintptr_t pci_bar(const struct pci_device *pd, unsigned i)
{
    return bar(pd, i) ? (uintptr_t)bar(pd, i)->cpu : 0;
}

uint64_t pci_bar_size(const struct pci_device *pd, unsigned i)
{
    return bar(pd, i) ? bar(pd, i)->size : 0;
}
