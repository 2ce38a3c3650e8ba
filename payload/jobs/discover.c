/* SPDX-License-Identifier: BSD-2-Clause */
/* test=discover: the machine description, a line each. */
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/panic.h"
#include "payload/payload.h"
#include "payload/jobs/jobs.h"

static void print_region(const char *name, const struct machine_region *r)
{
    print("%s: 0x%lx..0x%lx\n", name, r->base, r->base + r->size - 1);
}

static void print_harts(void)
{
    for (unsigned i = 0; i < hart_count(); i++) {
        const struct machine_hart *h = &machine.harts[i];
        print("hart %u: id %lu%s%s, interrupt file 0x%lx, %u guest files, %s\n", i, h->hartid,
              h->sstc ? ", sstc" : "", h->ssaia ? ", ssaia" : "", h->imsic_addr, h->guests,
              hart_state_name(hart_state(i)));
    }
}

static void print_pci(void)
{
    static const char *const spaces[] = {"io", "mem32", "mem64"};

    if (!machine.n_hosts) {
        print("pci: none\n");
        return;
    }
    print("pci: buses %u..%u, ", machine.hosts[0].bus_first, machine.hosts[0].bus_last);
    print_region("ecam", &machine.hosts[0].ecam);
    for (size_t i = 0; i < machine.hosts[0].n_windows; i++) {
        const struct machine_pci_window *w = &machine.hosts[0].windows[i];
        print("pci %s: pci 0x%lx, cpu 0x%lx, size 0x%lx\n", spaces[w->space], w->pci, w->cpu, w->size);
    }
}

static void print_wire(const char *name, const struct machine_wire *w)
{
    if (w->source)
        print("%s: source %u of aplic 0x%lx, mode %u\n", name, w->source, machine.aplics[w->aplic].reg.base,
              w->mode);
}

static void print_iommu(void)
{
    const struct machine_iommu *u = &machine.iommu;

    if (u->form == MACHINE_IOMMU_SYS)
        print("iommu: 0x%lx, source %u\n", u->reg.base, u->wire.source);
    if (u->form == MACHINE_IOMMU_PCI)
        print("iommu: pci %02x:%02x.%u\n", u->function >> 8, u->function >> 3 & 31u, u->function & 7u);
    for (size_t i = 0; i < machine.hosts[0].n_iommu_map; i++)
        print("iommu: requester ids 0x%x..0x%x are devices 0x%x..\n", machine.hosts[0].iommu_map[i].from,
              machine.hosts[0].iommu_map[i].from + machine.hosts[0].iommu_map[i].n - 1, machine.hosts[0].iommu_map[i].to);
}

int job_discover(void)
{
    const struct machine_imsic *im = &machine.imsic;

    print("model: %s\ntimebase: %lu Hz\nbootargs: %s\n", machine.model, machine.timebase, machine.bootargs);
    for (size_t i = 0; i < machine.n_memory; i++)
        print_region("memory", &machine.memory[i]);
    print_harts();
    print("imsic: %u identities, ipi %u, guest bits %u, hart bits %u, group bits %u at %u\n", im->num_ids,
          im->ipi_id, im->guest_bits, im->hart_bits, im->group_bits, im->group_shift);
    for (size_t i = 0; i < im->n_regs; i++)
        print_region("imsic files", &im->regs[i]);
    for (size_t i = 0; i < machine.n_aplics; i++) {
        print_region("aplic", &machine.aplics[i].reg);
        print("aplic: %u sources, %s\n", machine.aplics[i].num_sources,
              machine.aplics[i].msi_mode ? "MSI" : "direct");
    }
    print_pci();
    print_iommu();
    print_wire("uart", &machine.uart.wire);
    print_wire("rtc", &machine.rtc.wire);
    for (size_t i = 0; i < machine.n_virtio; i++)
        print_wire("virtio", &machine.virtio[i].wire);
    print("pci: %u of its lines are ours\n", (unsigned)machine.hosts[0].n_intx);
    if (machine.uart.present)
        print("uart: 0x%lx, reg-shift %u, reg-io-width %u\n", machine.uart.base, machine.uart.reg_shift,
              machine.uart.reg_io_width);
    else
        print("uart: none\n");
    print("finisher: 0x%lx\n", machine.finisher);
    return EXIT_PASS;
}
