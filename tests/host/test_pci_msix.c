/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X and the edu driver; devices that do not answer. A change of a message is judged by every message that the model device
 * could have sent between any two writes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/drivers/edu.h"
#include "payload/pci/regs.h"
#include "pci_bench.h"

#define MIB   (UINT64_C(1) << 20)
#define FILE0 UINT64_C(0x28000000)
#define FILE1 UINT64_C(0x28001000)
#define FAR   UINT64_C(0x1234528000000)

/* --- MSI-X ---------------------------------------------------------------------------------------------- */

static void msix_entries(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    unsigned cap = pm_cap_msix(f, 3, 0, 0x100);
    struct pci_msix_table table;
    struct pci_msix msix;
    struct pci_device *pd = start_up(f);

    (void)state;
    memset(&f->mem[0x100], 0x0a, 3 * 16); /* junk, and not masked */
    assert_int_equal(pci_msix_init(&table, pd), PCI_OK);
    assert_int_equal(pm.n_seen, 0);
    assert_int_equal(pm_get(f, cap + 2, 2), 0x8002);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(f->mem[0x10c + 16 * i], 0x0b);
    assert_int_equal(f->mem[0x13c], 0);
    assert_int_equal(pci_msix_entry(&msix, &table, 3), AIA_EINVAL);
    assert_int_equal(pci_msix_entry(&msix, &table, 0), PCI_OK);
    assert_int_equal(msix.msi.kind, AIA_MSI_MASKABLE);

    msix.msi.ops->start(&msix.msi, &(struct aia_message){FAR, 77});
    assert_int_equal(pm.n_seen, 1);
    assert_seen(0, FAR, 77);
    msix.msi.ops->mask(&msix.msi);
    assert_ends_in_read();
    msix.msi.ops->write_addr(&msix.msi, FILE1);
    msix.msi.ops->write_data(&msix.msi, 0x10005);
    assert_int_equal(pm.n_seen, 1);
    msix.msi.ops->unmask(&msix.msi);
    assert_seen(1, FILE1, 0x10005);
    assert_reads_back(&msix.msi, FILE1, 0x10005);
    assert_ends_in_read();
    msix.msi.ops->start(&msix.msi, &(struct aia_message){FAR, 6}); /* while the device sends */
    assert_int_equal(pm.n_seen, 3);
    assert_seen(2, FAR, 6);
    msix.msi.ops->stop(&msix.msi);
    assert_ends_in_read();
    pm_watch(f);
    assert_int_equal(pm.n_seen, 0);
    assert_false(pm.intx);
    assert_int_equal(f->mem[0x10d], 0x0a); /* reserved bits kept */
}

/* Where an edge that no hart saw may be: in the device, by its mask bits and the pending bit array. */
static void msix_holds(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    unsigned cap = pm_cap_msix(f, 40, 0, 0x100);
    struct pci_msix_table table;
    struct pci_msix msix;
    struct aia_msi other = {0};
    struct pci_device *pd = start_up(f);

    (void)state;
    pm_set(f, cap + PCI_MSIX_PENDING, 4, 0xe00);
    assert_int_equal(pci_msix_init(&table, pd), PCI_OK);
    assert_int_equal(pci_msix_entry(&msix, &table, 33), PCI_OK);
    assert_null(pci_msix_holds(&other));
    assert_string_equal(pci_msix_holds(&msix.msi), "its MSI-X entry is masked, and its pending bit clear");
    f->mem[0xe04] = 2;
    assert_string_equal(pci_msix_holds(&msix.msi),
                        "its MSI-X entry is masked, and its pending bit set: the device holds the edge back");
    msix.msi.ops->start(&msix.msi, &(struct aia_message){FAR, 77});
    f->mem[0xe04] = 2;
    assert_string_equal(pci_msix_holds(&msix.msi),
                        "its pending bit is set, though its MSI-X entry is not masked: "
                        "the device holds the edge back");
    f->mem[0xe04] = 1; /* the pending bit of another entry */
    assert_null(pci_msix_holds(&msix.msi));
    pm_set(f, cap + PCI_MSIX_CONTROL, 2, pm_get(f, cap + PCI_MSIX_CONTROL, 2) | PCI_MSIX_CONTROL_MASK);
    assert_string_equal(pci_msix_holds(&msix.msi), "its function is masked, and its pending bit clear");
    f->mem[0xe04] = 3;
    assert_string_equal(pci_msix_holds(&msix.msi),
                        "its function is masked, and its pending bit set: the device holds the edge back");
    pm_set(f, cap + PCI_MSIX_PENDING, 4, 0xfffffff8); /* beyond the BAR */
    assert_string_equal(pci_msix_holds(&msix.msi), "its function is masked, and its pending bit clear");
}

static void msix_tables_outside(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    unsigned cap = pm_cap_msix(f, 16, 0, 0xf00);
    struct pci_msix_table table;
    struct pci_device *pd = start_up(f);

    (void)state;
    assert_int_equal(pci_msix_init(&table, pd), PCI_OK);
    pm_set(f, cap + 4, 4, 0xf08);
    assert_int_equal(pci_msix_init(&table, pd), PCI_ECAPBAD);
    pm_set(f, cap + 4, 4, 0xfffffff8);
    assert_int_equal(pci_msix_init(&table, pd), PCI_ECAPBAD);
    for (unsigned bar = 1; bar < 8; bar++) {
        pm_set(f, cap + 4, 4, bar);
        assert_int_equal(pci_msix_init(&table, pd), PCI_ECAPBAD);
    }
    pm_set(f, cap + 4, 4, 0);
    pm_set(f, 0x04, 2, 0x0404); /* memory decode is turned off without the driver */
    assert_int_equal(pci_msix_init(&table, pd), AIA_ESILENT);
    assert_int_equal(pm_get(f, cap + 2, 2) & 0xc000, 0);
}

/*
 * The table in each possible BAR, alone or one of several, of 32 and of 64 bits. The other BARs are too small for the table: an
 * access by one of them would reach another function.
 */
static void table_in_a_bar(unsigned bar, bool wide, bool alone)
{
    struct pm_fn *f = add(NULL, 8);
    struct pci_msix_table table;
    struct pci_msix msix;
    uint64_t offset;

    pm_bar(f, bar, 4096, wide ? PM_64 | PM_PREFETCH : 0);
    for (unsigned i = 0; i < PCI_N_BARS && !alone; i++)
        if (i != bar && !(wide && i == bar + 1))
            pm_bar(f, i, 128, 0);
    pm_cap_msix(f, 3, bar, 0x100);
    assert_int_equal(scan(), PCI_OK);
    struct pci_device *pd = found(f);
    assert_int_equal(pci_enable(pd), PCI_OK);
    assert_int_equal(pci_msix_init(&table, pd), PCI_OK);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(pci_msix_entry(&msix, &table, i), PCI_OK);
        assert_int_equal(msix.entry, pci_bar(pd, bar) + 0x100 + 16 * i);
        msix.msi.ops->start(&msix.msi, &(struct aia_message){FAR, 70 + i});
        assert_ptr_equal(pm_decode(pd->res[bar].addr + 0x100 + 16 * i, &offset), f);
        assert_int_equal(offset, 0x100 + 16 * i);
        assert_int_equal(f->mem[offset + 8], 70 + i);
        assert_reads_back(&msix.msi, FAR, 70 + i);
    }
    assert_int_equal(pm.faults, 0);
}

static void msix_tables_elsewhere(void **state)
{
    for (unsigned bar = 0; bar < PCI_N_BARS; bar++)
        for (unsigned alone = 0; alone < 2; alone++)
            for (unsigned wide = 0; wide < 2; wide++) {
                setup(state);
                if (!wide || bar + 1 < PCI_N_BARS)
                    table_in_a_bar(bar, wide, alone);
            }
}

static void silent_devices(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    struct pci_device *pd;
    struct pci_msi msi;
    struct pci_msix_table table;
    struct pci_msix msix;
    struct aia_message m;

    (void)state;
    pm_cap_msi(f, true, false);
    pm_cap_msix(f, 4, 0, 0x100);
    pd = start_up(f);
    assert_int_equal(pci_msi_init(&msi, pd), PCI_OK);
    assert_int_equal(pci_msix_init(&table, pd), PCI_OK);
    assert_int_equal(pci_msix_entry(&msix, &table, 0), PCI_OK);
    f->gone = true;
    assert_int_equal(msi.msi.ops->read_back(&msi.msi, &m), AIA_ESILENT);
    assert_int_equal(msix.msi.ops->read_back(&msix.msi, &m), AIA_ESILENT);
    assert_int_equal(pci_msi_init(&msi, pd), PCI_EGONE);
    assert_int_equal(pci_msix_init(&table, pd), PCI_EGONE);
}

/* --- edu ------------------------------------------------------------------------------------------------ */

static struct pm_fn *add_edu(void)
{
    struct pm_fn *f = pm_add(NULL, 8, EDU_VENDOR, EDU_DEVICE);

    f->edu = true;
    f->mem[0] = 0xed;
    f->mem[3] = 0x01;
    f->mem[0x27] = 0x80; /* a status left from before */
    pm_bar(f, 0, MIB, 0);
    pm_cap_msi(f, true, false);
    return f;
}

static void edu_works(void **state)
{
    struct pm_fn *f = add_edu();
    struct edu e;

    (void)state;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(edu_init(&e, &devs[0]), PCI_OK);
    assert_int_equal(edu_status(&e), 0);
    assert_int_equal(e.msi.msi.kind, AIA_MSI_PLAIN);
    edu_raise(&e, 0x11);
    edu_raise(&e, 0x20);
    assert_int_equal(edu_status(&e), 0x31);
    edu_ack(&e, 0x30);
    assert_int_equal(edu_status(&e), 0x01);
    pm_watch(f);
    e.msi.msi.ops->start(&e.msi.msi, &(struct aia_message){FILE0, 3});
    assert_seen(0, FILE0, 3);
}

static void edu_that_is_none(void **state)
{
    struct pm_fn *f = add_edu();
    struct edu e;

    (void)state;
    f->mem[3] = 0x02;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(edu_init(&e, &devs[0]), PCI_EDEVICE);
    f->mem[3] = 0x01;
    f->edu = false; /* liveness reads back as it was written */
    assert_int_equal(edu_init(&e, &devs[0]), PCI_EDEVICE);
    devs[0].vendor = 0x1b36;
    assert_int_equal(edu_init(&e, &devs[0]), PCI_EDEVICE);
    devs[0].vendor = EDU_VENDOR;
    devs[0].error = PCI_EEXHAUSTED;
    assert_int_equal(edu_init(&e, &devs[0]), PCI_EEXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(msix_entries),   T(msix_holds), T(msix_tables_outside), T(msix_tables_elsewhere),
        T(silent_devices), T(edu_works),  T(edu_that_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
