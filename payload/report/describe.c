/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/report/describe.h"
#include "payload/kernel/console.h"

static const struct machine *m;

static const char *why(enum machine_part part)
{
    static char line[272];

    return machine_why(m, part, line, sizeof(line));
}

static void print_region(const char *name, const struct aia_fdt_region *r)
{
    print("%s: 0x%lx..0x%lx\n", name, r->base, r->base + r->size - 1);
}

static void print_regions(const char *name, const struct aia_fdt_region *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        print_region(name, &r[i]);
}

static void print_harts(const char *(*state)(unsigned hart))
{
    for (unsigned i = 0; i < m->aia.n_harts; i++) {
        const struct aia_fdt_hart *h = &m->aia.harts[i];
        print("hart %u: id %lu%s%s, interrupt file 0x%lx, %u guest files%s%s\n", i, h->hartid,
              h->sstc ? ", sstc" : "", h->ssaia ? ", ssaia" : "", h->imsic_addr, h->guests, state ? ", " : "",
              state ? state(i) : "");
    }
}

static void print_imsic(void)
{
    const struct aia_fdt_imsic *im = &m->aia.imsic;

    if (!im->present) {
        print("imsic: none: %s\n", why(MACHINE_PART_IMSIC));
        return;
    }
    print("imsic: %u identities, ipi %u, guest bits %u, hart bits %u, group bits %u at %u\n", im->num_ids,
          im->ipi_id, im->guest_bits, im->hart_bits, im->group_bits, im->group_shift);
    print_regions("imsic files", im->regs, im->n_regs);
}

/* Print the sources that the domain has for itself, if it does not have all. */
static void print_owned(const struct aia_fdt_aplic *a)
{
    unsigned n = 0;

    for (unsigned i = 1; i <= a->num_sources; i++)
        n += aia_fdt_owns(a, i);
    if (n == a->num_sources)
        return;
    print("aplic: %u sources belong to this domain\n", n);
    for (unsigned first = 1, last; first <= a->num_sources; first = last + 1) {
        for (last = first; aia_fdt_owns(a, last + 1) == aia_fdt_owns(a, first) && last < a->num_sources;)
            last++;
        if (aia_fdt_owns(a, first))
            print("aplic: sources %u..%u belong to this domain\n", first, last);
    }
}

static void print_aplics(void)
{
    for (size_t i = 0; i < m->aia.n_aplics; i++) {
        const struct aia_fdt_aplic *a = &m->aia.aplics[i];

        print_region("aplic", &a->reg);
        print("aplic: %u sources, %s\n", a->num_sources, a->msi_mode ? "MSI" : "direct");
        print_owned(a);
    }
}

static void print_map(unsigned host, const struct machine_id_map *map, size_t n, const char *ours,
                      const char *others)
{
    for (size_t i = 0; i < n; i++) {
        print("pci %u: requester ids 0x%x..0x%x %s", host, map[i].from, map[i].from + map[i].n - 1,
              map[i].ours ? ours : others);
        print(map[i].ours ? " 0x%x..\n" : "\n", map[i].to);
    }
}

static void print_host(unsigned i)
{
    static const char *const spaces[] = {"io", "mem32", "mem64"};
    const struct machine_pci *p = &m->hosts[i];

    print("pci %u: %s, buses %u..%u, ", i, p->name, p->bus_first, p->bus_last);
    print_region("ecam", &p->ecam);
    for (size_t k = 0; k < p->n_windows; k++) {
        const struct machine_pci_window *w = &p->windows[k];
        print("pci %u %s: pci 0x%lx, cpu 0x%lx, size 0x%lx\n", i, spaces[w->space], w->pci, w->cpu, w->size);
    }
    print_map(i, p->iommu_map, p->n_iommu_map, "are the IOMMU's devices",
              "are devices of an IOMMU that is not used");
    print_map(i, p->msi_map, p->n_msi_map, "send MSIs to the interrupt files, as", "send MSIs elsewhere");
    print("pci %u: %u of its lines reach an APLIC that is used\n", i, (unsigned)p->n_intx);
}

static void print_wire(const char *name, const struct aia_fdt_wire *w)
{
    if (w->source)
        print("%s: source %u of aplic 0x%lx, mode %u\n", name, w->source, m->aia.aplics[w->aplic].reg.base,
              w->mode);
}

static void print_iommu(void)
{
    const struct machine_iommu *u = &m->iommu;

    if (u->form == MACHINE_IOMMU_SYS)
        print("iommu: 0x%lx, source %u\n", u->reg.base, u->wire.source);
    if (u->form == MACHINE_IOMMU_PCI)
        print("iommu: pci %u, function %02x:%02x.%u\n", u->host, u->function >> 8, u->function >> 3 & 31u,
              u->function & 7u);
}

static void print_unused(void)
{
    char line[272];
    size_t n = m->n_unused < MACHINE_MAX_UNUSED ? m->n_unused : MACHINE_MAX_UNUSED;

    for (size_t i = 0; i < n; i++) {
        aia_fdt_error_line(&m->unused[i].why, line, sizeof(line));
        print("not used: %s\n", line);
    }
    if (m->n_unused > n)
        print("not used: %u more\n", (unsigned)(m->n_unused - n));
}

void describe(const struct machine *machine_, const char *(*state)(unsigned hart))
{
    m = machine_;
    print("model: %s\ntimebase: %lu Hz\nbootargs: %s\n", m->model, m->aia.timebase, m->bootargs);
    print_regions("memory", m->memory, m->n_memory);
    print_regions("reserved", m->reserved, m->n_reserved);
    print_harts(state);
    print_imsic();
    print_aplics();
    if (!m->n_hosts)
        print("pci: none: %s\n", why(MACHINE_PART_PCI));
    for (unsigned i = 0; i < m->n_hosts; i++)
        print_host(i);
    print_iommu();
    print_wire("uart", &m->uart.wire);
    print_wire("rtc", &m->rtc.wire);
    for (size_t i = 0; i < m->n_virtio; i++)
        print_wire("virtio", &m->virtio[i].wire);
    if (m->uart.present)
        print("uart: 0x%lx, reg-shift %u, reg-io-width %u\n", m->uart.base, m->uart.reg_shift,
              m->uart.reg_io_width);
    else
        print("uart: none: %s\n", why(MACHINE_PART_UART));
    print_unused();
    print("finisher: 0x%lx\n", m->finisher);
}
