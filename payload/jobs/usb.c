/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/jobs/usb.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/payload.h"
#include "payload/time.h"
#include "payload/wedge.h"
#include "payload/jobs/pattern.h"
#include "payload/pci/regs.h"
#include <stdio.h>

#define XHCI_CLASS 0x0c0330u                     /* USB controller, xHCI */
#define TAG        (('u' * 31 + 's') * 31 + 'b') /* of the image called usb (scripts/image) */
#define STORM      24                            /* No-Ops at most in one */
#define SMALL_READ 8                             /* blocks, at most, of most reads */
#define LARGE_READ 128                           /* of some */
#define BLOCK      512u

struct usb_bench usb;

static uint64_t buffer[LARGE_READ * BLOCK / 8] __attribute__((aligned(65536)));

/* ---- what a wait that takes too long finds out ---- */

static int state(void *context, struct wedge_state *s)
{
    struct xhci_intr *xi = context;
    struct xhci_intr_state now;
    int error = xhci_intr_state(xi->x, xi->n, &now);

    if (error)
        return error;
    (void)snprintf(s->holds, sizeof(s->holds), "event ring has %u event%s", now.waiting,
                   now.waiting == 1 ? "" : "s");
    s->waits = now.waiting;
    s->sent = now.busy && now.enabled;
    s->progress = now.head;
    s->ran_at = atomic_load(&xi->ran_at);
    return XHCI_OK;
}

/* Every hart that waits finds out: count what is silent since another time. */
static void count_wedge(struct xhci_intr *xi)
{
    static _Atomic uint64_t last[XHCI_INTRS];
    uint64_t since = atomic_load(&xi->ran_at);

    if (atomic_exchange(&last[xi->n], since) != since)
        atomic_fetch_add(&usb.wedges, 1);
}

static int look(struct xhci *x, const struct xhci_request *r, unsigned waited_ms)
{
    (void)r;
    (void)waited_ms;
    for (unsigned i = 0; i < x->n_intrs; i++) {
        struct xhci_intr *xi = &x->intrs[i];
        const struct wedge_source s = {xi->name, xi->irq, state, xhci_strerror, xi};
        enum wedge_finding finding = wedge_look(&s);

        if (finding == WEDGE_GONE)
            return XHCI_EGONE;
        if (finding == WEDGE_LOST || finding == WEDGE_UNSENT) {
            count_wedge(xi);
            return XHCI_ETIMEOUT;
        }
    }
    return XHCI_OK;
}

/* ---- set-up ---- */

static struct pci_device *find_controller(const struct pci *pci)
{
    for (size_t i = 0; i < pci->n; i++)
        if (pci->devs[i].class == XHCI_CLASS)
            return &pci->devs[i];
    return NULL;
}

static int request_interrupts(void)
{
    int error = AIA_OK;

    for (unsigned i = 0; i < usb.x.n_intrs && !error; i++) {
        struct xhci_intr *xi = &usb.x.intrs[i];
        struct aia_request q = {
            .name = xi->name,
            .handler = xhci_handler,
            .context = xi,
            .msi = xhci_msi(&usb.x, i),
            .affinity = aia_hartset_first(hart_count()),
        };
        error = aia_irq_request(&aia, &q, &xi->irq);
    }
    return error;
}

static bool said(const char *step, int error)
{
    if (error)
        print("xhci: %s: %s\n", step, xhci_strerror(error));
    return !error;
}

bool usb_init(const struct pci *pci, unsigned max_intrs)
{
    struct pci_device *pd = find_controller(pci);
    struct xhci *x = &usb.x;
    unsigned port;

    if (!pd) {
        print("xhci: no controller (-device nec-usb-xhci,msi=on,msix=off or qemu-xhci)\n");
        return false;
    }
    if (!said("reset", xhci_init(x, pd, "xhci", max_intrs)) || !said("interrupts", request_interrupts()) ||
        !said("run", xhci_run(x)))
        return false;
    x->look = look;
    x->look_ms = USB_LOOK_MS;
    port = xhci_port_connected(x, 0);
    if (!said("ports", port ? XHCI_OK : XHCI_EPORT) || !said("disk", usb_storage_init(&usb.disk, x, port)))
        return false;
    print("xhci: %04x:%04x, %s, %u interrupter%s, %u event ring segment%s; port %u: %s, %lu blocks of %u\n",
          pd->vendor, pd->device, x->is_msix ? "MSI-X" : "plain MSI", x->n_intrs, x->n_intrs == 1 ? "" : "s",
          x->n_segments, x->n_segments == 1 ? "" : "s", port, usb.disk.product, usb.disk.blocks,
          usb.disk.block_size);
    return said("disk",
                usb.disk.block_size == BLOCK && usb.disk.blocks > LARGE_READ ? XHCI_OK : USB_ENOSTORAGE);
}

/* ---- load ---- */

int usb_read_checked(uint32_t block, unsigned n, uint64_t *data)
{
    for (unsigned i = 0; i < n; i++) /* so that what was there before is not taken for what came */
        data[i * PATTERN_WORDS] = UINT64_MAX;
    int error = usb_storage_read(&usb.disk, block, n, data);
    if (error)
        return error;
    for (unsigned i = 0; i < n; i++)
        if (!pattern_good(data + i * PATTERN_WORDS, block + i, TAG)) {
            print("usb: block %u is not what was written there\n", block + i);
            atomic_fetch_add(&usb.mismatches, 1);
        }
    atomic_fetch_add(&usb.reads, 1);
    atomic_fetch_add(&usb.bytes, (uint64_t)n * BLOCK);
    return XHCI_OK;
}

static int read_step(struct random *r)
{
    unsigned n = 1 + random_below(r, random_below(r, 16) ? SMALL_READ : LARGE_READ);
    uint8_t d[18];

    usb.disk_asked_at = time_now();
    int error = usb_read_checked(random_below(r, (unsigned)usb.disk.blocks - n), n, buffer);

    if (!error && !random_below(r, 8))
        error = usb_get_descriptor(&usb.x, usb.disk.slot, 1, 0, d, sizeof(d), NULL);
    if (error && atomic_load(&usb.pull_expected)) {
        usb.disk_error_at = time_now();
        usb.noops_then = usb.noops;
        atomic_store(&usb.disk_error, error);
        return XHCI_OK; /* and it is not given back: nobody reads any more */
    }
    usb_storage_give(&usb.disk);
    return error;
}

static int storm_step(struct random *r)
{
    unsigned n = 1 + random_below(r, STORM);
    int error = xhci_noops(&usb.x, n, random_below(r, 2));

    if (!error)
        atomic_fetch_add(&usb.noops, n);
    return error;
}

bool usb_step(struct random *r)
{
    int none = 0;

    if (atomic_load(&usb.ended))
        return false;
    int error = random_below(r, 2) && usb_storage_take(&usb.disk) ? read_step(r) : storm_step(r);
    if (error && atomic_compare_exchange_strong(&usb.ended, &none, error))
        atomic_store(&usb.ended_at, time_now());
    return !error;
}

void usb_unplug(void)
{
    uint16_t command = pci_read16(usb.x.pd, PCI_COMMAND);

    pci_write16(usb.x.pd, PCI_COMMAND, (uint16_t)(command & ~(PCI_COMMAND_MEM | PCI_COMMAND_MASTER)));
}

/* ---- books ---- */

void usb_print(void)
{
    print("\nxhci: %lu No-Ops, %lu reads, %lu KiB, %lu blocks different, %lu interrupts lost\n", usb.noops,
          usb.reads, usb.bytes / 1024, usb.mismatches, usb.wedges);
    for (unsigned i = 0; i < usb.x.n_intrs; i++) {
        struct xhci_intr *xi = &usb.x.intrs[i];
        print("%s: %lu interrupts (%lu of them empty), %lu events, ring wrapped %lu times\n", xi->name,
              xi->runs, xi->empty, xi->taken, xi->events.wraps);
    }
}

bool usb_balanced(void)
{
    uint64_t strange = 0;

    for (unsigned i = 0; i < usb.x.n_intrs; i++)
        strange += usb.x.intrs[i].strange;
    if (strange)
        print("xhci: %lu events match nothing asked for\n", strange);
    return !strange && !usb.mismatches && !usb.wedges && usb.reads && usb.noops;
}
