/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * USB controllers as a kind of load (kinds.h), each with its disk. A step is a burst of No-Ops, or a read whose data is
 * compared. A step waits for its end, so nothing is under way between steps.
 */
#include "payload/load/kinds.h"
#include "payload/kernel/console.h"
#include "payload/drivers/disk.h"
#include "payload/load/wedge.h"
#include "payload/load/usb.h"
#include "payload/pci/regs.h"
#include <stdio.h>
#include <string.h>

static unsigned n_benches;
static bool unplugged[USB_MAX];

static bool find(const struct load_kind *kind, unsigned *n)
{
    static char names[USB_MAX][8];
    struct pci *pci = kinds_pci();
    struct pci_device *pd;

    (void)kind;
    if (!pci)
        return true; /* no PCI, so no controller: not an error */
    wedge_init();
    while (n_benches < USB_MAX && (pd = usb_find(pci, n_benches))) {
        (void)snprintf(names[n_benches], sizeof(names[0]), "xhci%u", n_benches);
        if (usb_init(&usb_benches[n_benches], pd, names[n_benches], XHCI_INTRS))
            n_benches++;
        else if (!pd->error)
            return false;
    }
    while ((pd = usb_find(pci, n_benches)))
        pci_leave_out(pd, DISK_EROOM, disk_strerror(DISK_EROOM));
    *n = n_benches;
    return true;
}

static bool step(const struct load_kind *kind, struct random *r)
{
    (void)kind;
    return usb_step(&usb_benches[random_below(r, n_benches)], r);
}

/* List one interrupt of each block: the others move with it. */
static unsigned irqs(const struct load_kind *kind, struct aia_irq **list, unsigned max)
{
    unsigned n = 0;

    (void)kind;
    for (unsigned b = 0; b < n_benches; b++) {
        struct xhci *x = &usb_benches[b].x;
        for (unsigned i = 0; i < x->n_intrs && n < max && !usb_benches[b].freed; i += 1u << x->order)
            list[n++] = x->intrs[i].irq;
    }
    return n;
}

/* Give up each controller that was found not to answer, and print its name. disk_kill() does the same, and says why. */
static void service(const struct load_kind *kind)
{
    (void)kind;
    for (unsigned b = 0; b < n_benches; b++) {
        struct usb_bench *u = &usb_benches[b];
        int why = atomic_load(&u->ended);
        if (!why || u->freed)
            continue;
        print("%s: given up: %s\n", u->x.name, xhci_strerror(why));
        int error = usb_give_up(u);
        if (error)
            print("%s: its interrupts: %s\n", u->x.name, aia_strerror(error));
    }
}

/* Check that the controllers still work after the load. */
static bool settle(const struct load_kind *kind)
{
    bool good = true;

    service(kind);
    for (unsigned b = 0; b < n_benches; b++) {
        struct usb_bench *u = &usb_benches[b];
        if (u->freed)
            continue;
        int error = xhci_noops(&u->x, 100, true);
        if (!error)
            error = usb_read_checked(u, 0, 8, u->buffer);
        if (error)
            print("%s: commands and a read after the load: %s\n", u->x.name, xhci_strerror(error));
        good &= !error;
    }
    return good;
}

static void count(const struct load_kind *kind, uint64_t *completions, uint64_t *lost)
{
    (void)kind;
    for (unsigned b = 0; b < n_benches; b++) {
        *completions += usb_benches[b].noops + usb_benches[b].reads;
        *lost += usb_benches[b].wedges;
    }
}

static void print_all(const struct load_kind *kind)
{
    (void)kind;
    for (unsigned b = 0; b < n_benches; b++)
        usb_print(&usb_benches[b]);
}

static bool balanced(const struct load_kind *kind)
{
    bool good = true;

    (void)kind;
    for (unsigned b = 0; b < n_benches; b++) {
        const struct usb_bench *u = &usb_benches[b];
        int ended = atomic_load(&u->ended);
        bool mine = usb_balanced(u) && (ended != 0) == unplugged[b];
        if (!mine)
            print("%s: books do not balance: reads %lu, No-Ops %lu, mismatches %lu, lost %lu%s%s\n",
                  u->x.name, u->reads, u->noops, u->mismatches, u->wedges, ended ? ", given up: " : "",
                  ended ? xhci_strerror(ended) : "");
        good &= mine;
    }
    return good;
}

static unsigned number_of(const char *name)
{
    unsigned b = 0;

    while (b < n_benches && strcmp(usb_benches[b].x.name, name) != 0)
        b++;
    return b;
}

static struct pci_device *device(const struct load_kind *kind, const char *name)
{
    unsigned b = number_of(name);

    (void)kind;
    return b < n_benches ? usb_benches[b].x.pd : NULL;
}

static void unplug(const struct load_kind *kind, const char *name)
{
    (void)kind;
    unplugged[number_of(name)] = true;
}

const struct load_kind load_kind_xhci = {
    .name = "xhci",
    .noun = "controller",
    .find = find,
    .step = step,
    .irqs = irqs,
    .service = service,
    .settle = settle,
    .count = count,
    .print = print_all,
    .balanced = balanced,
    .device = device,
    .unplug = unplug,
};
