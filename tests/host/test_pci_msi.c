/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI. A change of a message is judged by every message that the model device could have sent between any two writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mmio.h"
#include "pci_bench.h"

#define FILE0 UINT64_C(0x28000000)
#define FILE1 UINT64_C(0x28001000)
#define FAR   UINT64_C(0x1234528000000)

/* The i-th write to the watched function in the log. */
static const struct pm_access *nth_write(size_t n)
{
    for (size_t i = 0; i < pm.n_log; i++) {
        if (pm.log[i].fn && pm.log[i].write && n-- == 0)
            return &pm.log[i];
    }
    return NULL;
}

static void assert_write(size_t n, unsigned reg, unsigned size, uint32_t value)
{
    const struct pm_access *a = nth_write(n);

    assert_non_null(a);
    assert_int_equal(a->reg, reg);
    assert_int_equal(a->size, size);
    assert_int_equal(a->value, value);
}

/* --- MSI ------------------------------------------------------------------------------------------------ */

static void plain_msi_starts_whole(void **state)
{
    for (int is64 = 0; is64 <= 1; is64++) {
        struct pci_msi msi;

        setup(state);
        struct pm_fn *f = add(NULL, 8);
        unsigned cap = pm_cap_msi(f, is64, false);
        uint64_t file = is64 ? FAR : FILE0;

        struct pci_device *pd = start_up(f);
        pm_set(f, cap + 2, 2, pm_get(f, cap + 2, 2) | 0x21); /* enabled before, with four messages */
        assert_int_equal(pci_msi_init(&msi, pd), PCI_OK);
        assert_int_equal(msi.msi.kind, AIA_MSI_PLAIN);
        pm_watch(f);
        msi.msi.ops->start(&msi.msi, &(struct aia_message){file, 77});
        assert_int_equal(pm.n_seen, 1);
        assert_seen(0, file, 77);
        assert_false(pm.intx);
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x71, 0x01); /* enabled, one message */
        assert_reads_back(&msi.msi, file, 77);
        /* Started again while the device sends: the old message or the new, never half of each. */
        pm_watch(f);
        msi.msi.ops->start(&msi.msi, &(struct aia_message){is64 ? FILE1 : FILE1 + 4, 78});
        assert_int_equal(pm.n_seen, 2);
        assert_false(pm.intx);
        pm_watch(f);
        msi.msi.ops->stop(&msi.msi);
        assert_ends_in_read();
        assert_false(pm.intx);
        assert_int_equal(pm.n_seen, 1);
        assert_int_equal(pm_get(f, cap + 2, 2) & 1, 0);
    }
}

/* The access log: INTx is turned off first and MSI on last, and each register is written once, in its own width. */
static void plain_msi_write_order(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    unsigned cap = pm_cap_msi(f, true, false);
    struct pci_msi msi;

    (void)state;
    assert_int_equal(pci_msi_init(&msi, start_up(f)), PCI_OK);
    pm_watch(f);
    msi.msi.ops->start(&msi.msi, &(struct aia_message){FAR, 77});
    assert_write(0, 0x04, 2, 0x0406);
    assert_write(1, cap + 2, 2, 0x0084);
    assert_write(2, cap + 8, 4, FAR >> 32);
    assert_write(3, cap + 4, 4, (uint32_t)FAR);
    assert_write(4, cap + 12, 2, 77);
    assert_write(5, cap + 2, 2, 0x0085);
    assert_null(nth_write(6));
    assert_true(!pm.log[pm.n_log - 3].fn && pm.log[pm.n_log - 3].reg == MODEL_FENCE_RW_O);

    pm_watch(f);
    msi.msi.ops->write_data(&msi.msi, 99);
    msi.msi.ops->write_addr(&msi.msi, FAR + 0x1000);
    assert_int_equal(pm.n_log, 2);
    assert_write(0, cap + 12, 2, 99);
    assert_write(1, cap + 4, 4, (uint32_t)FAR + 0x1000);
    assert_int_equal(pm.n_seen, 3);
    assert_seen(0, FAR, 77);
    assert_seen(1, FAR, 99);
    assert_seen(2, FAR + 0x1000, 99);
    assert_reads_back(&msi.msi, FAR + 0x1000, 99);
    assert_ends_in_read();

    pm_watch(f);
    msi.msi.ops->stop(&msi.msi);
    assert_write(0, 0x04, 2, 0x0406);
    assert_write(1, cap + 2, 2, 0x0084);
    assert_null(nth_write(2));
}

static void maskable_msi(void **state)
{
    for (int is64 = 0; is64 <= 1; is64++) {
        struct pci_msi msi;

        setup(state);
        struct pm_fn *f = add(NULL, 8);
        unsigned mask = pm_cap_msi(f, is64, true) + (is64 ? 16u : 12u);
        uint64_t file = is64 ? FAR : FILE0, to = is64 ? FILE1 + FAR + (UINT64_C(1) << 32) : FILE1;

        pm_set(f, mask, 4, 0xabcde0); /* reserved bits, to be kept */
        assert_int_equal(pci_msi_init(&msi, start_up(f)), PCI_OK);
        assert_int_equal(msi.msi.kind, AIA_MSI_MASKABLE);
        pm_watch(f);
        msi.msi.ops->start(&msi.msi, &(struct aia_message){file, 77});
        assert_int_equal(pm.n_seen, 1);
        assert_seen(0, file, 77);
        msi.msi.ops->mask(&msi.msi);
        assert_ends_in_read();
        msi.msi.ops->write_addr(&msi.msi, to);
        msi.msi.ops->write_data(&msi.msi, 5);
        assert_int_equal(pm.n_seen, 1);
        msi.msi.ops->unmask(&msi.msi);
        assert_int_equal(pm.n_seen, 2);
        assert_seen(1, to, 5);
        assert_reads_back(&msi.msi, to, 5);
        msi.msi.ops->stop(&msi.msi);
        assert_ends_in_read();
        pm_watch(f);
        assert_int_equal(pm.n_seen, 0);
        /* Started again, the device is never disabled: an edge that it kept while stopped would be lost. */
        msi.msi.ops->start(&msi.msi, &(struct aia_message){file, 6});
        assert_int_equal(pm.n_seen, 1);
        assert_seen(0, file, 6);
        assert_false(pm.intx);
        assert_int_equal(pm_get(f, mask, 4), 0xabcde0);
    }
}

/* A function with four messages: they are masked together; more than four are refused, and nothing changes. */
static void several_messages(void **state)
{
    for (int maskable = 0; maskable <= 1; maskable++) {
        struct pci_msi msi;

        setup(state);
        struct pm_fn *f = add(NULL, 8);
        unsigned cap = pm_cap_msi(f, true, maskable);

        if (maskable)
            pm_set(f, cap + 16, 4, 0xabcd00);
        assert_int_equal(pci_msi_init(&msi, start_up(f)), PCI_OK);
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x70, 0);
        assert_int_equal(pci_msi_set_order(&msi, 3), AIA_EINVAL);
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x70, 0);
        assert_int_equal(pci_msi_set_order(&msi, 2), AIA_OK);
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x71, 0x20);
        msi.msi.ops->start(&msi.msi, &(struct aia_message){FILE0, 76});
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x71, 0x21);
        assert_reads_back(&msi.msi, FILE0, 76);
        pm_set(f, cap + 2, 2, pm_get(f, cap + 2, 2) & ~0x71u); /* a reset of the function */
        msi.msi.ops->start(&msi.msi, &(struct aia_message){FILE0, 76});
        assert_int_equal(pm_get(f, cap + 2, 2) & 0x71, 0x21);
        if (!maskable)
            continue;
        assert_int_equal(pm_get(f, cap + 16, 4), 0xabcd00);
        msi.msi.ops->mask(&msi.msi);
        assert_int_equal(pm_get(f, cap + 16, 4), 0xabcd0f);
        pm_set(f, cap + 2, 2, 0x018e); /* a reserved number of messages */
        assert_int_equal(pci_msi_set_order(&msi, 6), AIA_EINVAL);
        assert_int_equal(pci_msi_set_order(&msi, 7), AIA_EINVAL);
        assert_int_equal(pci_msi_set_order(&msi, 5), AIA_OK);
        assert_int_equal(pm_get(f, cap + 16, 4), UINT32_MAX);
    }
}

/* Mask bits that are set at the start: the driver owns those of its messages, and all others stay. */
static void masks_found_set(void **state)
{
    for (unsigned order = 0; order <= 2; order++) {
        struct pci_msi msi;
        uint32_t own = (1u << (1u << order)) - 1;

        setup(state);
        struct pm_fn *f = add(NULL, 8);
        unsigned mask = pm_cap_msi(f, true, true) + 16;
        pm_set(f, mask, 4, UINT32_MAX);
        assert_int_equal(pci_msi_init(&msi, start_up(f)), PCI_OK);
        assert_int_equal(pci_msi_set_order(&msi, order), AIA_OK);
        assert_int_equal(pm_get(f, mask, 4), UINT32_MAX);
        msi.msi.ops->start(&msi.msi, &(struct aia_message){FILE0, 76});
        assert_int_equal(pm_get(f, mask, 4), ~own);
        msi.msi.ops->mask(&msi.msi);
        assert_int_equal(pm_get(f, mask, 4), UINT32_MAX);
        msi.msi.ops->unmask(&msi.msi);
        assert_int_equal(pm_get(f, mask, 4), ~own);
    }
}

static void capability_cut_short(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    struct pci_msi msi;

    (void)state;
    f->cap_end = 0xf0; /* with its mask register, 64-bit MSI would need 24 bytes */
    pm_cap_msi(f, true, false);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci_msi_init(&msi, found(f)), PCI_OK);
    pm_set(f, f->msi + 2, 2, 0x0180);
    assert_int_equal(pci_msi_init(&msi, found(f)), PCI_ECAPBAD);
}

static void addresses_it_cannot_send_to(void **state)
{
    struct pm_fn *f = add(NULL, 8), *g = add(NULL, 16);
    struct pci_msi m32, m64;

    (void)state;
    pm_cap_msi(f, false, true);
    pm_cap_msi(g, true, false);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci_msi_init(&m32, found(f)), PCI_OK);
    assert_int_equal(pci_msi_init(&m64, found(g)), PCI_OK);
    assert_int_equal(pci_msi_can_send(&m32, FILE1), AIA_OK);
    assert_int_equal(pci_msi_can_send(&m32, FAR), AIA_EADDRHI);
    assert_int_equal(pci_msi_can_send(&m64, FAR), AIA_OK);
    assert_int_equal(pci_msi_can_send(&m64, FAR + 2), AIA_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(plain_msi_starts_whole),
        T(plain_msi_write_order),
        T(maskable_msi),
        T(several_messages),
        T(capability_cut_short),
        T(masks_found_set),
        T(addresses_it_cannot_send_to),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
