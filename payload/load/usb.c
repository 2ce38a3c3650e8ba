/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/load/usb.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hang.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/time.h"
#include "payload/load/wedge.h"
#include "payload/load/pattern.h"
#include "payload/pci/regs.h"
#include "lib/container.h"
#include <stdio.h>
#include <string.h>

#define XHCI_CLASS 0x0c0330u /* USB controller, xHCI */
#define BURST      24        /* most No-Ops in one step */
#define SMALL_READ 8         /* most blocks of most reads */
#define LARGE_READ 128       /* most blocks of some reads */
#define BLOCK      512u

struct usb_bench usb_benches[USB_MAX];

/* Each buffer is 64 KiB and aligned to that, because a TRB's buffer may not cross such a boundary. There is room for one more, as
 * the image may be at any multiple of 4 KiB. */
#define LARGE_BYTES ((uintptr_t)LARGE_READ * BLOCK)
static uint64_t buffers[USB_MAX + 1][LARGE_BYTES / 8] __attribute__((aligned(4096), section(".noinit")));

/* ---- the look into a wait that takes too long ---- */

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

/* Every hart that waits finds the same fault. Count it once: for each time at which the handler had last run. */
static void count_wedge(struct usb_bench *u, struct xhci_intr *xi)
{
    uint64_t since = atomic_load(&xi->ran_at);

    if (atomic_exchange(&u->silent_since[xi->n], since) != since)
        atomic_fetch_add(&u->wedges, 1);
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
        if (finding == WEDGE_HANGS) {
            hang_look();
            return XHCI_ETIMEOUT; /* the hart hangs; the interrupt is not counted as lost */
        }
        if (finding == WEDGE_LOST || finding == WEDGE_UNSENT) {
            count_wedge(container_of(x, struct usb_bench, x), xi);
            return XHCI_ETIMEOUT;
        }
    }
    return XHCI_OK;
}

/* ---- set-up ---- */

struct pci_device *usb_find(const struct pci *pci, unsigned n)
{
    for (size_t i = 0; i < pci->n; i++)
        if (pci->devs[i].class == XHCI_CLASS && !pci->devs[i].error && !n--)
            return &pci->devs[i];
    return NULL;
}

/* With MSI-X each interrupter's interrupt moves by itself; the messages of a plain MSI are one block. */
static int request_interrupts(struct xhci *x)
{
    unsigned each = 1u << x->order;
    int error = AIA_OK;

    for (unsigned i = 0; i < x->n_intrs && !error; i += each) {
        struct xhci_intr *xi = &x->intrs[i];
        struct aia_request q = {
            .name = xi->name,
            .handler = x->is_msix ? xhci_handler : xhci_block_handler,
            .context = x->is_msix ? (void *)xi : x,
            .msi = xhci_msi(x, i),
            .affinity = aia_hartset_first(hart_count()),
            .order = x->order,
        };
        struct aia_irq *irq;
        error = aia_irq_request(&aia, &q, &irq);
        for (unsigned k = 0; k < each; k++)
            xi[k].irq = irq ? irq + k : NULL;
    }
    return error;
}

int usb_free_interrupts(struct usb_bench *u)
{
    unsigned each = 1u << u->x.order;
    int error = AIA_OK;

    for (unsigned i = 0; i < u->x.n_intrs && !u->freed; i += each)
        if (u->x.intrs[i].irq)
            aia_irq_stop(&aia, u->x.intrs[i].irq);
    for (unsigned i = 0; i < u->x.n_intrs && !u->freed; i += each) {
        int e = u->x.intrs[i].irq ? aia_irq_free(&aia, u->x.intrs[i].irq) : AIA_OK;
        error = error ? error : e;
    }
    u->freed = true;
    return error;
}

/* The steps are those of disk_kill(), for the reasons given there. */
int usb_give_up(struct usb_bench *u)
{
    pci_write16(u->x.pd, PCI_COMMAND, PCI_COMMAND_MEM | PCI_COMMAND_NOINTX);
    int error = usb_free_interrupts(u);
    pci_write16(u->x.pd, PCI_COMMAND, PCI_COMMAND_NOINTX);
    return error;
}

static bool succeeded(const struct usb_bench *u, const char *step, int error)
{
    if (error)
        print("%s: %s: %s\n", u->x.name, step, xhci_strerror(error));
    return !error;
}

/* Read the image's tag from the first block. All later blocks must have the same tag. */
static int read_tag(struct usb_bench *u)
{
    int error = usb_storage_read(&u->disk, 0, 1, u->buffer);

    u->tag = u->buffer[1];
    return error ? error : pattern_good(u->buffer, 0, u->tag) ? XHCI_OK : USB_ENOSTORAGE;
}

static int start_disk(struct usb_bench *u, unsigned port)
{
    int error = usb_storage_init(&u->disk, &u->x, port);

    if (!error && (u->disk.block_size != BLOCK || u->disk.blocks <= LARGE_READ))
        error = USB_ENOSTORAGE;
    return error ? error : read_tag(u);
}

/* Start the first disk. Ports may have other devices; hubs are not searched. */
static int find_disk(struct usb_bench *u, unsigned *port)
{
    int error = XHCI_EPORT;

    *port = 0;
    while ((error == XHCI_EPORT || error == USB_ENOSTORAGE) &&
           (*port = xhci_port_connected(&u->x, *port)) != 0)
        error = start_disk(u, *port);
    return error;
}

/* True if the controller itself reports that the payload cannot use it. False if it does not answer, or answers wrongly. */
static bool is_unsuitable(int error)
{
    bool of_pci = error && error != PCI_EGONE && pci_strerror(error);

    return of_pci || error == XHCI_ECONTROLLER || error == XHCI_EPORT || error == USB_ENOSTORAGE ||
           error == BOT_EFAILED /* no medium */;
}

/* Report a failed step: leave the controller out, or print the error. Returns false, for usb_init(). */
static bool refuse(struct usb_bench *u, const char *step, int error)
{
    if (!is_unsuitable(error))
        return succeeded(u, step, error);
    (void)succeeded(u, "its interrupts", usb_give_up(u));
    pci_leave_out(u->x.pd, error, xhci_strerror(error));
    return false;
}

bool usb_init(struct usb_bench *u, struct pci_device *pd, const char *name, unsigned max_intrs)
{
    struct xhci *x = &u->x;

    memset(u, 0, sizeof(*u));
    uintptr_t first = ((uintptr_t)buffers + LARGE_BYTES - 1) & ~(LARGE_BYTES - 1);
    u->buffer = (uint64_t *)first + (size_t)(u - usb_benches) * (LARGE_BYTES / 8);
    int error = xhci_init(x, pd, name, max_intrs);
    if (error)
        return refuse(u, "reset", error);
    if (!succeeded(u, "interrupts", request_interrupts(x)) || !succeeded(u, "run", xhci_run(x)))
        return false;
    x->look = look;
    x->look_ms = USB_LOOK_MS;
    unsigned port;
    error = find_disk(u, &port);
    if (error)
        return refuse(u, "disk", error);
    print("%s: %04x:%04x, %s, %u interrupter%s, %u event ring segment%s; port %u: %s, %lu blocks of %u\n",
          name, pd->vendor, pd->device, x->is_msix ? "MSI-X" : "plain MSI", x->n_intrs,
          x->n_intrs == 1 ? "" : "s", x->n_segments, x->n_segments == 1 ? "" : "s", port, u->disk.product,
          u->disk.blocks, u->disk.block_size);
    return true;
}

/* ---- load ---- */

int usb_read_checked(struct usb_bench *u, uint32_t block, unsigned n, uint64_t *data)
{
    for (unsigned i = 0; i < n; i++) /* so that old data does not pass for the answer */
        data[i * PATTERN_WORDS] = UINT64_MAX;
    int error = usb_storage_read(&u->disk, block, n, data);
    if (error)
        return error;
    for (unsigned i = 0; i < n; i++)
        if (!pattern_good(data + i * PATTERN_WORDS, block + i, u->tag)) {
            print("%s: block %u does not hold what scripts/image wrote\n", u->x.name, block + i);
            atomic_fetch_add(&u->mismatches, 1);
        }
    atomic_fetch_add(&u->reads, 1);
    atomic_fetch_add(&u->bytes, (uint64_t)n * BLOCK);
    return XHCI_OK;
}

static int read_step(struct usb_bench *u, struct random *r)
{
    unsigned n = 1 + random_below(r, random_below(r, 16) ? SMALL_READ : LARGE_READ);
    uint8_t d[18];

    u->disk_asked_at = time_now();
    int error = usb_read_checked(u, random_below(r, (unsigned)u->disk.blocks - n), n, u->buffer);

    if (!error && !random_below(r, 8))
        error = usb_get_descriptor(&u->x, u->disk.slot, 1, 0, d, sizeof(d), NULL);
    if (error && atomic_load(&u->pull_expected)) {
        u->disk_error_at = time_now();
        u->noops_then = u->noops;
        atomic_store(&u->disk_error, error);
        return XHCI_OK; /* the disk stays taken, so no hart reads any more */
    }
    usb_storage_give(&u->disk);
    return error;
}

static int noop_step(struct usb_bench *u, struct random *r)
{
    unsigned n = 1 + random_below(r, BURST);
    int error = xhci_noops(&u->x, n, random_below(r, 2));

    if (!error)
        atomic_fetch_add(&u->noops, n);
    return error;
}

bool usb_step(struct usb_bench *u, struct random *r)
{
    int none = 0;

    if (atomic_load(&u->ended))
        return false;
    int error = random_below(r, 2) && usb_storage_take(&u->disk) ? read_step(u, r) : noop_step(u, r);
    if (error && atomic_compare_exchange_strong(&u->ended, &none, error))
        atomic_store(&u->ended_at, time_now());
    return !error;
}

void usb_unplug(struct usb_bench *u)
{
    uint16_t command = pci_read16(u->x.pd, PCI_COMMAND);

    pci_write16(u->x.pd, PCI_COMMAND, (uint16_t)(command & ~(PCI_COMMAND_MEM | PCI_COMMAND_MASTER)));
}

/* ---- books ---- */

void usb_print(const struct usb_bench *u)
{
    print("\n%s: %lu No-Ops, %lu reads, %lu KiB, %lu blocks different, %lu interrupts lost\n", u->x.name,
          u->noops, u->reads, u->bytes / 1024, u->mismatches, u->wedges);
    for (unsigned i = 0; i < u->x.n_intrs; i++) {
        const struct xhci_intr *xi = &u->x.intrs[i];
        print("%s: %lu interrupts (%lu of them empty), %lu events, ring wrapped %lu times\n", xi->name,
              xi->runs, xi->empty, xi->taken, xi->events.wraps);
    }
}

bool usb_balanced(const struct usb_bench *u)
{
    uint64_t strange = 0;

    for (unsigned i = 0; i < u->x.n_intrs; i++)
        strange += u->x.intrs[i].strange;
    if (strange)
        print("%s: %lu events match no request\n", u->x.name, strange);
    return !strange && !u->mismatches && !u->wedges && u->reads && u->noops;
}
