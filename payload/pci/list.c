/* SPDX-License-Identifier: BSD-2-Clause */
/* The listing for a person. It is in a file of its own because the rest prints nothing. */
#include <inttypes.h>

#include "payload/kernel/console.h"
#include "payload/pci/pci.h"
#include "payload/pci/regs.h"

static void print_resource(const struct pci_resource *r, const char *name, unsigned i)
{
    const char *kind = r->io ? "io" : r->prefetch ? "prefetchable" : "memory";

    print("    %s %u: %s%s size 0x%" PRIx64, name, i, kind, r->is64 ? " 64-bit" : "", r->size);
    if (r->placed)
        print(" at 0x%" PRIx64, r->addr);
    print("\n");
}

void pci_print_function(const struct pci_device *pd)
{
    const char *why = pd->error ? pci_strerror(pd->error) : "";

    print("pci %s %04x:%04x class %06" PRIx32 "%s%s%s%s\n", pd->name, (unsigned)pd->vendor,
          (unsigned)pd->device, pd->class, pci_find_cap(pd, PCI_CAP_MSI, 4) > 0 ? " msi" : "",
          pci_find_cap(pd, PCI_CAP_MSIX, 4) > 0 ? " msi-x" : "", pd->error ? " " : "",
          why ? why : "left out by its driver");
    if (pd->bridge)
        print("    buses %02x-%02x\n", (unsigned)pd->secondary, (unsigned)pd->subordinate);
    for (unsigned i = 0; i < PCI_N_RES; i++) {
        if (pd->res[i].size)
            print_resource(&pd->res[i], i < PCI_N_BARS ? "BAR" : "window",
                           i < PCI_N_BARS ? i : i - PCI_N_BARS);
    }
}

void pci_print(const struct pci *p)
{
    unsigned long lock = console_lock();

    for (size_t i = 0; i < p->n; i++)
        pci_print_function(&p->devs[i]);
    console_unlock(lock);
}

static void print_why(const struct pci_device *pd, const char *text)
{
    print("pci: %s %04x:%04x left out: %s%s\n", pd->name, (unsigned)pd->vendor, (unsigned)pd->device, text,
          pd->bridge ? "; and all functions behind the bridge" : "");
}

void pci_print_left_out(const struct pci_device *pd)
{
    print_why(pd, pci_strerror(pd->error));
}

void pci_leave_out(struct pci_device *pd, int error, const char *text)
{
    pd->error = error;
    print_why(pd, text);
}
