/* SPDX-License-Identifier: BSD-2-Clause */
/* machine_discover() on random bytes: a machine whose numbers are within its own bounds, or one printable line. */
#include "fuzz.h"
#include "platform/machine.h"
#include <string.h>

static bool is_line(const char *s, size_t size)
{
    size_t n = strnlen(s, size);

    for (size_t i = 0; i < n; i++)
        if (s[i] < ' ' || s[i] > '~')
            return false;
    return n < size;
}

static void check_error(const struct aia_fdt_error *e)
{
    char line[271];

    expect(is_line(e->node, sizeof(e->node)) && e->node[0]);
    expect(is_line(e->property, sizeof(e->property)));
    expect(is_line(e->text, sizeof(e->text)) && e->text[0]);
    aia_fdt_error_line(e, line, sizeof(line));
    expect(strlen(line) ==
           strlen(e->node) + strlen(e->text) + 2 + (e->property[0] ? strlen(e->property) + 2 : 0));
}

static void check_wire(const struct machine *m, const struct aia_fdt_wire *w)
{
    if (!w->source)
        return;
    expect(w->aplic < m->aia.n_aplics);
    expect(aia_fdt_owns(&m->aia.aplics[w->aplic], w->source));
    expect(w->mode >= 4 && w->mode <= 7);
}

static void check_region(const struct aia_fdt_region *r)
{
    expect(r->size && r->base + r->size - 1 >= r->base);
}

/* Check that a list is sorted and its regions are separate: regions that touch are joined. */
static void check_list(const struct aia_fdt_region *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        check_region(&list[i]);
        expect(!i || (list[i].base > list[i - 1].base && list[i].base - list[i - 1].base > list[i - 1].size));
    }
}

static void check_memory(const struct machine *m)
{
    expect(m->n_memory >= 1 && m->n_memory <= MACHINE_MAX_MEMORY && m->n_reserved <= MACHINE_MAX_RESERVED);
    check_list(m->memory, m->n_memory);
    check_list(m->reserved, m->n_reserved);
}

/* Check that an image at an allowed address is in memory, and overlaps no reserved region, as far as the lists go. */
static void check_place(const struct machine *m, const void *blob, size_t size)
{
    struct aia_fdt_error e;
    uint64_t finisher;

    for (size_t i = 0; i < m->n_memory; i++) {
        struct aia_fdt_region image = {(m->memory[i].base + 4095) & ~4095ull, 0x200000};
        if (image.base > UINT64_MAX - image.size)
            continue;
        bool good = !machine_place(blob, size, &image, &finisher, &e);
        expect(finisher == m->finisher);
        if (!good) {
            check_error(&e);
            continue;
        }
        expect(machine_is_free(m, &image) || m->n_memory == MACHINE_MAX_MEMORY ||
               m->n_reserved == MACHINE_MAX_RESERVED);
    }
}

static void check_harts(const struct machine *m)
{
    expect(m->aia.n_harts >= 1 && m->aia.n_harts <= MACHINE_MAX_HARTS);
    for (size_t i = 0; i < m->aia.n_harts; i++) {
        const struct aia_fdt_hart *h = &m->aia.harts[i];
        bool covered = !h->imsic_addr;

        expect(!h->imsic_addr || m->aia.imsic.present);
        for (size_t r = 0; r < m->aia.imsic.n_regs; r++)
            covered |= h->imsic_addr >= m->aia.imsic.regs[r].base &&
                       h->imsic_addr - m->aia.imsic.regs[r].base <= m->aia.imsic.regs[r].size - 4096;
        expect(covered && h->imsic_addr % 4096 == 0);
        for (size_t j = 0; j < i; j++) {
            expect(h->hartid != m->aia.harts[j].hartid);
            expect(!h->imsic_addr || h->imsic_addr != m->aia.harts[j].imsic_addr);
        }
    }
}

static void check_imsic(const struct aia_fdt_imsic *im)
{
    expect(im->n_regs <= MACHINE_MAX_HARTS);
    if (!im->present)
        return;
    expect(im->n_regs && im->num_ids >= 63 && im->num_ids <= 2047 && im->num_ids % 64 == 63);
    expect(im->ipi_id >= 1 && im->ipi_id <= im->num_ids);
    for (size_t i = 0; i < im->n_regs; i++)
        check_region(&im->regs[i]);
}

static void check_aplics(const struct machine *m)
{
    expect(m->aia.n_aplics <= MACHINE_MAX_APLICS && m->n_virtio <= MACHINE_MAX_VIRTIO);
    for (size_t i = 0; i < m->aia.n_aplics; i++) {
        const struct aia_fdt_aplic *a = &m->aia.aplics[i];
        check_region(&a->reg);
        expect(a->num_sources >= 1 && a->num_sources <= 1023);
        for (size_t h = 0; h < MACHINE_MAX_HARTS; h++)
            expect(a->index[h] < 0 || (!a->msi_mode && h < m->aia.n_harts));
    }
    check_wire(m, &m->uart.wire);
    check_wire(m, &m->rtc.wire);
    for (size_t i = 0; i < m->n_virtio; i++)
        check_wire(m, &m->virtio[i].wire);
}

static void check_map(const struct machine_id_map *map, size_t n)
{
    expect(n <= MACHINE_MAX_MAPS);
    for (size_t i = 0; i < n; i++) {
        expect(map[i].n && map[i].n <= 0x10000 && map[i].from <= 0x10000 - map[i].n);
        expect(!map[i].ours || map[i].to <= 0x1000000 - map[i].n);
    }
}

static void check_host(const struct machine *m, const struct machine_pci *p)
{
    expect(is_line(p->name, sizeof(p->name)));
    expect(p->bus_first <= p->bus_last);
    expect(p->ecam.size >= (uint64_t)(p->bus_last - p->bus_first + 1) << 20);
    expect(p->n_windows >= 1 && p->n_windows <= MACHINE_MAX_RANGES && p->n_intx <= MACHINE_MAX_INTX);
    for (size_t i = 0; i < p->n_windows; i++) {
        check_region(&(struct aia_fdt_region){p->windows[i].cpu, p->windows[i].size});
        expect(p->windows[i].space <= MACHINE_PCI_MEM64);
    }
    for (size_t i = 0; i < p->n_intx; i++) {
        expect(p->intx[i].wire.source);
        check_wire(m, &p->intx[i].wire);
    }
    check_map(p->iommu_map, p->n_iommu_map);
    check_map(p->msi_map, p->n_msi_map);
    for (size_t i = 0; i < p->n_msi_map; i++)
        expect(!p->msi_map[i].ours || m->aia.imsic.present);
    for (size_t i = 0; i < p->n_iommu_map; i++)
        expect(!p->iommu_map[i].ours || m->iommu.form != MACHINE_IOMMU_NONE);
}

static void check_unused(const struct machine *m)
{
    for (size_t i = 0; i < m->n_unused && i < MACHINE_MAX_UNUSED; i++) {
        check_error(&m->unused[i].why);
        expect(m->unused[i].part <= MACHINE_PART_OTHER);
    }
}

static void check_machine(const struct machine *m)
{
    check_harts(m);
    check_imsic(&m->aia.imsic);
    check_aplics(m);
    expect(m->n_hosts <= MACHINE_MAX_HOSTS);
    for (size_t i = 0; i < m->n_hosts; i++)
        check_host(m, &m->hosts[i]);
    expect(m->iommu.form != MACHINE_IOMMU_PCI || m->iommu.host < m->n_hosts);
    check_unused(m);
    expect(m->aia.imsic.present || m->aia.n_aplics);
    expect(m->aia.timebase);
    check_memory(m);
    expect(strnlen(m->bootargs, sizeof(m->bootargs)) < sizeof(m->bootargs));
    expect(strnlen(m->model, sizeof(m->model)) < sizeof(m->model));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine m;
    static struct aia_fdt_error err;
    void *blob =
        malloc(size ? size : 1); /* of exactly this size: a read after its end is found. Aligned to 16 */

    memcpy(blob, data, size);
    memset(&m, 0x5a, sizeof(m));
    memset(&err, 0x5a, sizeof(err));
    if (machine_discover(blob, size, &m, &err))
        check_error(&err);
    else
        check_machine(&m), check_place(&m, blob, size);
    free(blob);
    return 0;
}
