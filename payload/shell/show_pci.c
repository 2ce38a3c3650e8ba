/* SPDX-License-Identifier: BSD-2-Clause */
/* The command `pci`; -v: the MSI and MSI-X capabilities, decoded (PCI Express Base, 7.7.1 and 7.7.2). */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/load/kinds.h"
#include "payload/pci/regs.h"
#include <string.h>

static char sign(uint32_t bits)
{
    return bits ? '+' : '-';
}

static void print_message(const struct aia_message *m)
{
    print("address 0x%lx data 0x%x: %s\n", m->addr, m->data, m->addr ? name_message(m) : "never set");
}

static void print_msi(const struct pci_device *pd, unsigned cap)
{
    uint16_t control = pci_read16(pd, cap + PCI_MSI_CONTROL);
    bool is64 = control & PCI_MSI_CONTROL_64, masks = control & PCI_MSI_CONTROL_MASK;
    unsigned data = cap + (is64 ? 12 : 8), n = 1u << ((control & PCI_MSI_CONTROL_COUNT) >> 4 & 7);
    struct aia_message m = {.addr = pci_read32(pd, cap + 4), .data = pci_read16(pd, data)};

    if (is64)
        m.addr |= (uint64_t)pci_read32(pd, cap + 8) << 32;
    print("    MSI at 0x%x: enable%c messages %u of %u 64bit%c maskable%c\n", cap,
          sign(control & PCI_MSI_CONTROL_ENABLE), n, 1u << (control >> 1 & 7), sign(is64), sign(masks));
    uint32_t masked = masks ? pci_read32(pd, data + 4) : 0, pending = masks ? pci_read32(pd, data + 8) : 0;
    uint32_t block = m.data & ~(n - 1); /* the function puts a message's number into the low bits */
    for (uint32_t i = 0; i < n; i++) {
        m.data = n > 1 ? block | i : m.data;
        print("        ");
        if (n > 1)
            print("message %u: ", i);
        if (masks)
            print("masked%c pending%c ", sign(masked >> i & 1), sign(pending >> i & 1));
        print_message(&m);
    }
}

/* An MSI-X table and its pending bits. */
struct table {
    uintptr_t entries, pending;
    unsigned n;
};

static bool find_table(const struct pci_device *pd, unsigned cap, struct table *t)
{
    uint32_t table = pci_read32(pd, cap + PCI_MSIX_TABLE), pending = pci_read32(pd, cap + PCI_MSIX_PENDING);
    unsigned t_bar = table & PCI_MSIX_BAR, p_bar = pending & PCI_MSIX_BAR;
    uint64_t t_at = table & ~PCI_MSIX_BAR, p_at = pending & ~PCI_MSIX_BAR;

    t->n = (pci_read16(pd, cap + PCI_MSIX_CONTROL) & PCI_MSIX_CONTROL_SIZE) + 1u;
    t->entries = pci_bar(pd, t_bar) + t_at;
    t->pending = pci_bar(pd, p_bar) + p_at;
    return t_at + t->n * PCI_MSIX_ENTRY <= pci_bar_size(pd, t_bar) &&
           p_at + (t->n + 63) / 64 * 8 <= pci_bar_size(pd, p_bar) &&
           pci_read16(pd, PCI_COMMAND) & PCI_COMMAND_MEM;
}

/* Print the entries. Entries that were never set are only counted. */
static void print_entries(const struct table *t)
{
    unsigned unset = 0;

    for (unsigned i = 0; i < t->n; i++) {
        uintptr_t entry = t->entries + i * PCI_MSIX_ENTRY;
        struct aia_message m = {.addr = mmio_read32(entry) |
                                        (uint64_t)mmio_read32(entry + PCI_MSIX_ENTRY_ADDR_HI) << 32,
                                .data = mmio_read32(entry + PCI_MSIX_ENTRY_DATA)};
        uint32_t masked = mmio_read32(entry + PCI_MSIX_ENTRY_CONTROL) & PCI_MSIX_ENTRY_MASKED;
        uint32_t pending = mmio_read32(t->pending + i / 32 * 4) >> i % 32 & 1;
        if (masked && !m.addr && !pending) {
            unset++;
            continue;
        }
        print("        vector %u: masked%c pending%c ", i, sign(masked), sign(pending));
        print_message(&m);
    }
    if (unset)
        print("        %u more: masked+ pending- never set\n", unset);
}

static void print_msix(const struct pci_device *pd, unsigned cap)
{
    uint16_t control = pci_read16(pd, cap + PCI_MSIX_CONTROL);
    struct table t;

    bool readable = find_table(pd, cap, &t);
    print("    MSI-X at 0x%x: enable%c masked%c %u vectors\n", cap, sign(control & PCI_MSIX_CONTROL_ENABLE),
          sign(control & PCI_MSIX_CONTROL_MASK), t.n);
    if (readable)
        print_entries(&t);
    else
        print("        the table cannot be read: its BAR is not placed or not enabled\n");
}

static void print_interrupts(const struct pci_device *pd)
{
    int msi = pci_find_cap(pd, PCI_CAP_MSI, 24), msix = pci_find_cap(pd, PCI_CAP_MSIX, 12);

    if (msi == PCI_ECAPBAD) /* a short form of the capability may be at the end of configuration space */
        msi = pci_find_cap(pd, PCI_CAP_MSI, 14);
    if (msi > 0)
        print_msi(pd, (unsigned)msi);
    if (msix > 0)
        print_msix(pd, (unsigned)msix);
}

enum command_result command_pci(int argc, char *argv[])
{
    const struct pci *pci = kinds_pci_found();

    if (!arg_count(argc, argv, 0, 1))
        return COMMAND_FAILED;
    if (argc == 2 && strcmp(argv[1], "-v") != 0) {
        (void)arg_bad(argv, argv[1], "no such option");
        return COMMAND_FAILED;
    }
    if (!pci) {
        print("pci: this run has not set up PCI\n");
        return COMMAND_FAILED;
    }
    for (size_t i = 0; i < pci->n; i++) {
        pci_print_function(&pci->devs[i]);
        if (argc == 2)
            print_interrupts(&pci->devs[i]);
    }
    return COMMAND_OK;
}
