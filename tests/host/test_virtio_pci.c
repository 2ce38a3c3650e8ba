/* SPDX-License-Identifier: BSD-2-Clause */
/* The capabilities of a virtio function, right and wrong (payload/drivers/virtio_pci.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/virtio_pci.h"
#include "pci_bench.h"

static unsigned cap(struct pm_fn *f, unsigned type, unsigned bar, uint32_t offset, uint32_t size)
{
    unsigned at = pm_cap(f, 0x09, 20);

    pm_set(f, at + 2, 1, 20);
    pm_set(f, at + 3, 1, type);
    pm_set(f, at + 4, 1, bar);
    pm_set(f, at + 8, 4, offset);
    pm_set(f, at + 12, 4, size);
    pm_set(f, at + 16, 4, 4);
    return at;
}

/* Add a function with the capabilities of a common device, in their order and sizes. `at`: the offset of each capability. */
static struct pm_fn *device(unsigned at[4])
{
    pm_reset();
    struct pm_fn *f = add(NULL, 8);

    pm_bar(f, 4, 0x4000, PM_64 | PM_PREFETCH);
    pm_cap_msix(f, 4, 1, 0);
    at[0] = cap(f, 5, 0, 0, 0); /* access through configuration space: the driver does not use it */
    at[1] = cap(f, 2, 4, 0x3000, 0x1000);
    at[2] = cap(f, 4, 4, 0x2000, 0x1000);
    at[3] = cap(f, 1, 4, 0x0000, 0x1000);
    return f;
}

static int find(struct pm_fn *f, struct virtio_pci *v)
{
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci_enable(found(f)), PCI_OK);
    return virtio_pci_find(v, found(f));
}

static void virtio_found(void **state)
{
    struct virtio_pci v;
    unsigned at[4];

    (void)state;
    struct pm_fn *f = device(at);
    cap(f, 1, 4, 0x1000, 0x1000); /* a second one of a type: the first counts */
    cap(f, 200, 9, 0xfffffff0, 0xfffffff0);
    assert_int_equal(find(f, &v), PCI_OK);
    uintptr_t base = pci_bar(found(f), 4);
    assert_int_equal(v.common, base);
    assert_int_equal(v.device, base + 0x2000);
    assert_int_equal(v.notify, base + 0x3000);
    assert_int_equal(v.notify_multiplier, 4);
    assert_int_equal(virtio_pci_doorbell(&v, 1), base + 0x3004);
    assert_int_equal(virtio_pci_doorbell(&v, 0x3ff), base + 0x3ffc);
    assert_int_equal(virtio_pci_doorbell(&v, 0x400), 0);
    assert_int_equal(virtio_pci_doorbell(&v, 0xffff), 0);
}

/* The first usable capability counts: those before it, in BARs that cannot be used, are passed over (4.1.4.1). */
static void virtio_first_usable(void **state)
{
    static const unsigned types[] = {1, 2, 4};
    static const struct {
        unsigned bar;
        uint32_t offset, size;
    } unusable[] = {
        {0, 0, 0x1000},             /* an I/O BAR */
        {3, 0, 0x1000},             /* a BAR that does not exist */
        {6, 0, 0x1000},             /* reserved */
        {0xff, 0, 0x1000},          /* reserved */
        {4, 0x3fff, 0x1000},        /* not aligned, and across the end of the BAR */
        {4, 0x4000, 0x1000},        /* after the end of the BAR */
        {4, 0x0000, 0},             /* empty */
        {4, 0xfffff000, 0xfffff000} /* offset plus size wraps */
    };
    struct virtio_pci v;

    (void)state;
    for (unsigned i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
        pm_reset();
        struct pm_fn *f = add(NULL, 8);
        pm_io_bar(f, 0, 64);
        pm_bar(f, 4, 0x4000, PM_64 | PM_PREFETCH);
        for (unsigned k = 0; k < 3; k++)
            cap(f, types[k], unusable[i].bar, unusable[i].offset, unusable[i].size);
        assert_int_equal(find(f, &v), PCI_ECAPBAD);
        for (unsigned k = 0; k < 3; k++)
            cap(f, types[k], 4, 0x1000 * k, 0x1000);
        assert_int_equal(find(f, &v), PCI_OK);
        uintptr_t base = pci_bar(found(f), 4);
        assert_true(v.common == base && v.notify == base + 0x1000 && v.device == base + 0x2000);
        assert_int_equal(v.device_size, 0x1000);
    }
}

/* The notification structure needs no more than 2 bytes, and an alignment of 2. */
static void virtio_notify_small(void **state)
{
    struct virtio_pci v;
    unsigned at[4];

    (void)state;
    struct pm_fn *f = device(at);
    pm_set(f, at[1] + 8, 4, 0x3002);
    pm_set(f, at[1] + 12, 4, 2);
    pm_set(f, at[1] + 16, 4, 0); /* all queues have the same address */
    assert_int_equal(find(f, &v), PCI_OK);
    assert_int_equal(virtio_pci_doorbell(&v, 7), pci_bar(found(f), 4) + 0x3002);
}

static void virtio_malformed(void **state)
{
    static const struct {
        unsigned which, reg, size;
        uint32_t value;
        int error;
    } bad[] = {
        {3, 4, 1, 5, PCI_ECAPBAD},          /* a BAR that does not exist */
        {3, 4, 1, 0xff, PCI_ECAPBAD},       /* a number that no BAR has */
        {3, 8, 4, 0x3800, PCI_ECAPBAD},     /* across the end of the BAR */
        {3, 8, 4, 0xfffff000, PCI_ECAPBAD}, /* offset plus size wraps in 32 bits */
        {3, 8, 4, 0x0002, PCI_ECAPBAD},     /* not aligned */
        {3, 12, 4, 0x20, PCI_ECAPBAD},      /* too short */
        {3, 12, 4, 0xffffffff, PCI_ECAPBAD},
        {2, 12, 4, 4, PCI_ECAPBAD},
        {1, 12, 4, 0, PCI_ECAPBAD},
        {1, 2, 1, 16, PCI_ECAPBAD}, /* no room for the multiplier */
        {1, 2, 1, 4, PCI_ECAPBAD},
        {3, 3, 1, 9, PCI_ENOCAP}, /* one of the three has another type */
        {2, 3, 1, 0, PCI_ENOCAP},
        {1, 3, 1, 1, PCI_ENOCAP},
    };
    struct virtio_pci v;
    unsigned at[4];

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct pm_fn *f = device(at);
        pm_set(f, at[bad[i].which] + bad[i].reg, bad[i].size, bad[i].value);
        assert_int_equal(find(f, &v), bad[i].error);
    }
    struct pm_fn *f = device(at);
    assert_int_equal(scan(), PCI_OK);
    pm_set(f, at[3] + 1, 1, at[1]); /* the list is a circle of virtio capabilities */
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_ECAPLOOP);
    pm_set(f, at[3] + 1, 1, 0x20); /* the next capability would be in the header */
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_ECAPBAD);
    f->gone = true;
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_EGONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(virtio_found, setup, teardown),
        cmocka_unit_test_setup_teardown(virtio_first_usable, setup, teardown),
        cmocka_unit_test_setup_teardown(virtio_notify_small, setup, teardown),
        cmocka_unit_test_setup(virtio_malformed, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
