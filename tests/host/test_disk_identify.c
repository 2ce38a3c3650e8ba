/* SPDX-License-Identifier: BSD-2-Clause */
/* What disks say of themselves: NVMe namespaces, IDENTIFY DEVICE, virtio's capabilities; right, and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/ahci.h"
#include "payload/drivers/nvme.h"
#include "payload/drivers/virtio_pci.h"
#include "pci_bench.h"

/* ---- NVMe ---- */

static uint8_t page[4096];

static void namespace(uint64_t size, uint64_t capacity, unsigned formats, unsigned format, unsigned shift,
                      unsigned metadata)
{
    memset(page, 0, sizeof(page));
    memcpy(page, &size, 8);
    memcpy(page + 8, &capacity, 8);
    page[25] = (uint8_t)(formats - 1);
    page[26] = (uint8_t)format;
    page[128 + 4 * (format & 15) + 1] = (uint8_t)(metadata >> 8);
    page[128 + 4 * (format & 15)] = (uint8_t)metadata;
    page[128 + 4 * (format & 15) + 2] = (uint8_t)shift;
}

static int parse(void)
{
    struct nvme_namespace ns = {0};
    int error = nvme_parse_namespace(page, &ns);

    if (!error)
        assert_int_equal(ns.sectors, 0x123456789);
    if (!error)
        assert_int_equal(ns.sector_size, 1u << page[128 + 4 * (page[26] & 15) + 2]);
    return error;
}

static void nvme_namespaces(void **state)
{
    const uint64_t n = 0x123456789;

    (void)state;
    namespace(n, n, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_OK);
    namespace(n, n - 5, 8, 7, 9, 0); /* thin; the last of eight */
    assert_int_equal(parse(), DISK_OK);
    namespace(n, n, 8, 0x17, 9, 0); /* bit 4 is about metadata, of which there is none */
    assert_int_equal(parse(), DISK_OK);
    memset(page, 0, sizeof(page)); /* there is no such namespace */
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, n + 1, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, 0, 1, 0, 9, 0);
    assert_int_equal(parse(), DISK_EIDENTIFY);
    namespace(n, n, 4, 4, 9, 0); /* a format that is not there */
    assert_int_equal(parse(), DISK_EIDENTIFY);
    for (unsigned shift = 10; shift <= 12; shift++) {
        namespace(n, n, 1, 0, shift, 0);
        assert_int_equal(parse(), DISK_OK);
    }
    namespace(n, n, 1, 0, 13, 0); /* more than a page */
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 12, 8);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 8, 0);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 0, 0);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 9, 8);
    assert_int_equal(parse(), DISK_EFEATURE);
    namespace(n, n, 1, 0, 9, 256);
    assert_int_equal(parse(), DISK_EFEATURE);
    memset(page, 0xff, sizeof(page));
    assert_int_equal(parse(), DISK_EFEATURE);
}

/* ---- AHCI ---- */

static uint16_t words[256];

static void sign(void)
{
    unsigned sum = 0;

    words[255] = 0xa5;
    for (unsigned i = 0; i < 256; i++)
        sum += (words[i] & 0xffu) + (words[i] >> 8);
    words[255] = (uint16_t)(0xa5 | (0u - sum) << 8);
}

static void drive(void)
{
    memset(words, 0, sizeof(words));
    words[49] = 0x0300;
    words[83] = 0x4400;
    words[100] = 0x6789;
    words[101] = 0x2345;
    words[102] = 0x0001;
    words[106] = 0x6003; /* eight sectors in a physical one */
    sign();
}

static uint32_t sector_size;

static int identify(void)
{
    struct disk d = {.sectors = 0};
    int error = ahci_parse_identify(words, &d);

    if (!error)
        assert_int_equal(d.sectors, 0x123456789);
    sector_size = d.sector_size;
    return error;
}

static void change(unsigned word, uint16_t value, int expected)
{
    drive();
    words[word] = value;
    sign();
    assert_int_equal(identify(), expected);
}

static void ahci_identify(void **state)
{
    (void)state;
    drive();
    assert_int_equal(identify(), DISK_OK);
    words[100] ^= 1; /* and the checksum is wrong */
    assert_int_equal(identify(), DISK_EIDENTIFY);
    drive();
    words[255] = 0; /* an older disk: no checksum */
    assert_int_equal(identify(), DISK_OK);
    change(49, 0x0200, DISK_EFEATURE);  /* no DMA */
    change(83, 0x4000, DISK_EFEATURE);  /* 28-bit addresses */
    change(83, 0xc400, DISK_EFEATURE);  /* not valid */
    change(106, 0x5000, DISK_EFEATURE); /* long sectors */
    change(106, 0x1000, DISK_OK);       /* not valid, so they are not */
    assert_int_equal(sector_size, 512);
    change(103, 1, DISK_EIDENTIFY); /* more than 48 bits */
    for (unsigned size = 256; size <= 16384; size *= 2) {
        drive();
        words[106] = 0x5000;
        words[117] = (uint16_t)(size / 2);
        sign();
        assert_int_equal(identify(), size < 512 || size > 4096 ? DISK_EFEATURE : DISK_OK);
        assert_int_equal(sector_size, size < 512 || size > 4096 ? 0 : size);
    }
    words[117] = 264; /* 528 bytes */
    sign();
    assert_int_equal(identify(), DISK_EFEATURE);
    words[117] = 2048;
    words[118] = 1;
    sign();
    assert_int_equal(identify(), DISK_EFEATURE);
    memset(words, 0, sizeof(words));
    assert_int_equal(identify(), DISK_EFEATURE);
    drive();
    words[100] = words[101] = words[102] = 0;
    sign();
    assert_int_equal(identify(), DISK_EIDENTIFY);
}

/* ---- virtio ---- */

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

/* In the order, and with the sizes, of a common device; `at`: where each of the capabilities lies. */
static struct pm_fn *device(unsigned at[4])
{
    pm_reset();
    struct pm_fn *f = add(NULL, 8);

    pm_bar(f, 4, 0x4000, PM_64 | PM_PREFETCH);
    pm_cap_msix(f, 4, 1, 0);
    at[0] = cap(f, 5, 0, 0, 0); /* access through configuration space: not used */
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
    cap(f, 1, 4, 0x1000, 0x1000); /* a second one: the first counts */
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

/* The first that is usable counts: those before it, in BARs that cannot be used, are passed over (4.1.4.1). */
static void virtio_first_usable(void **state)
{
    static const unsigned types[] = {1, 2, 4};
    static const struct {
        unsigned bar;
        uint32_t offset, size;
    } unusable[] = {
        {0, 0, 0x1000},             /* ports */
        {3, 0, 0x1000},             /* a BAR that is not there */
        {6, 0, 0x1000},             /* reserved */
        {0xff, 0, 0x1000},          /* reserved */
        {4, 0x3fff, 0x1000},        /* not aligned, and across its end */
        {4, 0x4000, 0x1000},        /* behind it */
        {4, 0x0000, 0},             /* empty */
        {4, 0xfffff000, 0xfffff000} /* so that they wrap */
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

/* Notifications alone need no more than 2 bytes, and to be aligned to as many. */
static void virtio_notify_small(void **state)
{
    struct virtio_pci v;
    unsigned at[4];

    (void)state;
    struct pm_fn *f = device(at);
    pm_set(f, at[1] + 8, 4, 0x3002);
    pm_set(f, at[1] + 12, 4, 2);
    pm_set(f, at[1] + 16, 4, 0); /* all queues share it */
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
        {3, 4, 1, 5, PCI_ECAPBAD},          /* a BAR that is not there */
        {3, 4, 1, 0xff, PCI_ECAPBAD},       /* none that could be */
        {3, 8, 4, 0x3800, PCI_ECAPBAD},     /* across its end */
        {3, 8, 4, 0xfffff000, PCI_ECAPBAD}, /* so that offset and size wrap in 32 bits */
        {3, 8, 4, 0x0002, PCI_ECAPBAD},     /* not aligned */
        {3, 12, 4, 0x20, PCI_ECAPBAD},      /* too short */
        {3, 12, 4, 0xffffffff, PCI_ECAPBAD},
        {2, 12, 4, 4, PCI_ECAPBAD},
        {1, 12, 4, 0, PCI_ECAPBAD},
        {1, 2, 1, 16, PCI_ECAPBAD}, /* no room for the multiplier */
        {1, 2, 1, 4, PCI_ECAPBAD},
        {3, 3, 1, 9, PCI_ENOCAP}, /* one of the three is something else */
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
    pm_set(f, at[3] + 1, 1, at[1]); /* the list goes round, through capabilities of ours alone */
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_ECAPLOOP);
    pm_set(f, at[3] + 1, 1, 0x20); /* into the header */
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_ECAPBAD);
    f->gone = true;
    assert_int_equal(virtio_pci_find(&v, found(f)), PCI_EGONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvme_namespaces),
        cmocka_unit_test(ahci_identify),
        cmocka_unit_test_setup_teardown(virtio_found, setup, teardown),
        cmocka_unit_test_setup_teardown(virtio_first_usable, setup, teardown),
        cmocka_unit_test_setup_teardown(virtio_notify_small, setup, teardown),
        cmocka_unit_test_setup(virtio_malformed, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
