/* SPDX-License-Identifier: BSD-2-Clause */
/* What there is to tell of the IOMMU: its faults as they come, and the figures at the end. */
#include "payload/drivers/iommu.h"
#include "payload/kernel/console.h"

#define NOTES 64u
static struct aia_iommu_fault notes[NOTES];
static _Atomic unsigned n_notes;

void iommu_note(void *arg, const struct aia_iommu_fault *f)
{
    unsigned n = atomic_load_explicit(&n_notes,
                                      memory_order_relaxed); /* the unit's lock is held: nobody else writes */

    (void)arg;
    notes[n % NOTES] = *f;
    atomic_store_explicit(&n_notes, n + 1, memory_order_release);
}

static bool alike(const struct aia_iommu_fault *a, const struct aia_iommu_fault *b)
{
    return a->device == b->device && a->cause == b->cause && a->addr == b->addr && a->cut_off == b->cut_off;
}

/* Whose message goes to this address? */
static const struct iommu_behind *sender(uint64_t addr)
{
    for (unsigned i = 0; i < iommu_n_behind; i++) {
        const struct aia_iommu_device *d = &iommu_behind[i].device;
        if (addr >= d->window && addr - d->window < d->n_messages * 4096ull)
            return &iommu_behind[i];
    }
    return NULL;
}

/*
 * One function's message under the id of another: it strays, or the unit knows it by another id than the tree's iommu-map
 * says. QEMU 10.0 takes the id of a function behind a bridge before buses have numbers, with bus 0.
 */
static void print_sender(const struct aia_iommu_fault *f)
{
    const struct iommu_behind *b = sender(f->addr);

    if (!b || b->device.id == f->device)
        return;
    print(": a message of %s, which is device 0x%x", b->pd->name, b->device.id);
    if (b->pd->parent)
        print("; behind a bridge, does the unit know its bus number? Else iommu=off");
}

static void print_fault(const struct aia_iommu_fault *f, unsigned times)
{
    print("iommu: device 0x%x%s: fault %u (%s) at 0x%lx%s", f->device, f->attached ? "" : " (unknown)",
          f->cause, aia_iommu_cause_name(f->cause), f->addr, f->cut_off ? ": cut off" : "");
    print_sender(f);
    if (times > 1)
        print(", %u times", times);
    print("\n");
}

void iommu_print_faults(void)
{
    static unsigned printed;
    unsigned n = atomic_load_explicit(&n_notes, memory_order_acquire), times;

    if (n - printed > NOTES / 2) { /* those in the other half may be written over now */
        print("iommu: %u more faults, not printed\n", n - printed - NOTES / 2);
        printed = n - NOTES / 2;
    }
    for (; printed != n; printed += times) {
        struct aia_iommu_fault f = notes[printed % NOTES];
        for (times = 1; printed + times != n && alike(&f, &notes[(printed + times) % NOTES]); times++)
            ;
        print_fault(&f, times);
    }
}

struct aia_iommu_fault iommu_last_fault(void)
{
    return notes[(atomic_load_explicit(&n_notes, memory_order_acquire) - 1) % NOTES];
}

void iommu_print(void)
{
    static const char *const dma[] = {"blocked", "translated", "bare"};

    if (!iommu.enabled)
        return;
    iommu_print_faults();
    print("\n%-8s %-9s %-10s %10s %5s %-10s %8s %6s\n", "function", "messages", "dma", "sends to", "data", "",
          "faults", "cut");
    for (unsigned i = 0; i < iommu_n_behind; i++) {
        const struct iommu_behind *b = &iommu_behind[i];
        for (unsigned j = 0; j < IOMMU_MESSAGES; j++)
            if (b->used[j])
                print("%-8s %-9u %-10s 0x%08lx %5u %-10s %8lu %6s\n", b->pd->name, j,
                      b->pd->bypasses ? "bypasses" : dma[b->device.dma], b->msis[j].own.addr,
                      b->msis[j].own.data, "remapped", b->device.faults, b->device.cut_off ? "off" : "");
    }
    print("iommu: commands %lu, fences %lu, errors %lu, faults %lu, overflows %lu, cut off %lu\n",
          iommu.n_commands, iommu.n_fences, iommu.illegal + iommu.unreadable + iommu.timed_out + iommu.stuck,
          iommu.n_faults, iommu.overflows, iommu.cut_offs);
}

/* One that is stopped for good answers nothing, and that was told: what answers must say what it was told at first. */
bool iommu_check(void)
{
    bool good = true;

    for (unsigned i = 0; i < iommu_n_behind; i++)
        for (unsigned j = 0; j < IOMMU_MESSAGES; j++) {
            struct aia_iommu_msi *m = &iommu_behind[i].msis[j];
            struct aia_message have;
            if (!iommu_behind[i].used[j] || !m->own.addr || m->msi.below->ops->read_back(m->msi.below, &have))
                continue;
            if (have.addr == m->own.addr && have.data == m->own.data && !m->n_changed)
                continue;
            print("%s: its message is 0x%lx, 0x%x and was 0x%lx, 0x%x\n", iommu_behind[i].pd->name, have.addr,
                  have.data, m->own.addr, m->own.data);
            good = false;
        }
    if (iommu_remaps())
        print("iommu: device messages %s\n", good ? "unchanged" : "CHANGED");
    return good;
}
