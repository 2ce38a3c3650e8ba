/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mmio.h"
#include "pci_bench.h"

struct pci pci;
struct pci_device devs[PM_MAX_FNS], left_out[PM_MAX_FNS];
size_t n_left_out;

int setup(void **state)
{
    (void)state;
    pm_reset();
    return 0;
}

int teardown(void **state)
{
    (void)state;
    if (pm.faults)
        print_error("model: %u faults, the last: %s\n", pm.faults, pm.fault);
    return pm.faults != 0;
}

static void note(const struct pci_device *pd)
{
    if (n_left_out < PM_MAX_FNS)
        left_out[n_left_out++] = *pd;
}

int scan_into(size_t max)
{
    n_left_out = 0;
    pci = (struct pci){.hosts = &pm.machine, .n_hosts = 1, .devs = devs, .max = max, .left_out = note};
    int error = pci_init(&pci);
    return error || !n_left_out ? error : left_out[0].error;
}

int scan(void)
{
    return scan_into(PM_MAX_FNS);
}

const struct pm_fn *behind(const struct pci_device *pd)
{
    return &pm.fns[pd->device];
}

struct pm_fn *add(struct pm_fn *parent, uint8_t devfn)
{
    return pm_add(parent, devfn, 0x1234, (uint16_t)pm.n);
}

struct pm_fn *add_bridge(struct pm_fn *parent, uint8_t devfn)
{
    struct pm_fn *b = pm_add_bridge(parent, devfn);

    pm_set(b, 0x02, 2, (uint32_t)(b - pm.fns));
    return b;
}

struct pci_device *found(const struct pm_fn *f)
{
    for (size_t i = 0; i < pci.n; i++) {
        if (behind(&devs[i]) == f)
            return &devs[i];
    }
    return NULL;
}

/* Check that no bridge takes an address away from another bus, whether or not a function answers there. */
static void check_bridges(const struct pm_fn *f, uint64_t pci_addr)
{
    for (size_t i = 0; i < pm.n; i++) {
        const struct pm_fn *above = f->parent;

        while (above && above != &pm.fns[i])
            above = above->parent;
        if (pm.fns[i].bridge)
            assert_int_equal(pm_forwards(&pm.fns[i], pci_addr), above != NULL);
    }
}

void check_bars(const struct pci_device *pd)
{
    for (unsigned i = 0; i < PCI_N_BARS; i++) {
        const struct pci_resource *r = &pd->res[i];
        uint64_t offset;

        if (!r->placed || pd->error)
            continue;
        assert_int_equal(r->addr & (r->size - 1), 0);
        assert_ptr_equal(pm_decode(r->addr, &offset), behind(pd));
        assert_int_equal(offset, 0);
        assert_ptr_equal(pm_decode(r->addr + r->size - 1, &offset), behind(pd));
        assert_int_equal(offset, r->size - 1);
        check_bridges(behind(pd), r->addr);
        check_bridges(behind(pd), r->addr + r->size - 1);
        (void)mmio_read8(pci_bar(pd, i));
        assert_ptr_equal(pm.last, behind(pd));
        assert_true(pci_bar(pd, i) == r->cpu && pci_bar_size(pd, i) == r->size);
    }
}

void check_all(void)
{
    for (size_t i = 0; i < pci.n; i++)
        (void)pci_enable(&devs[i]);
    for (size_t i = 0; i < pci.n; i++)
        check_bars(&devs[i]);
    assert_int_equal(pm.faults, 0);
}

struct pci_device *start_up(struct pm_fn *f)
{
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci_enable(found(f)), PCI_OK);
    pm_watch(f);
    return found(f);
}

void assert_seen(size_t i, uint64_t addr, uint32_t data)
{
    assert_true(i < pm.n_seen);
    assert_int_equal(pm.seen[i].addr, addr);
    assert_int_equal(pm.seen[i].data, data);
}

void assert_reads_back(struct aia_msi *msi, uint64_t addr, uint32_t data)
{
    struct aia_message m;

    assert_int_equal(msi->ops->read_back(msi, &m), AIA_OK);
    assert_int_equal(m.addr, addr);
    assert_int_equal(m.data, data);
}

void assert_ends_in_read(void)
{
    const struct pm_access *a = &pm.log[pm.n_log - 1];

    assert_true(pm.n_log >= 2 && !a->fn && a->reg == MODEL_FENCE_IO_RWIO);
    assert_true(a[-1].fn && !a[-1].write);
}
