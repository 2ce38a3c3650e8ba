/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI enumeration: which functions are found, numbered, silenced and enabled; and the capability list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pci_bench.h"

#define MIB (UINT64_C(1) << 20)

static void errors_have_names(void **state)
{
    (void)state;
    for (int e = PCI_EIOMMU; e <= PCI_ENOECAM; e++)
        assert_int_equal(strncmp(pci_strerror(e), "PCI_E", 5), 0);
    assert_null(pci_strerror(PCI_EIOMMU - 1));
    assert_null(pci_strerror(PCI_ENOECAM + 1));
    assert_string_equal(pci_strerror(PCI_OK), "ok");
}

static void ecam_must_make_sense(void **state)
{
    (void)state;
    pm.machine.ecam.size = 0xfffff;
    assert_int_equal(scan(), PCI_ENOECAM);
    pm.machine.ecam.size = MIB;
    pm.machine.bus_first = 1;
    pm.machine.bus_last = 0;
    assert_int_equal(scan(), PCI_ENOECAM);
}

static void empty_bus(void **state)
{
    (void)state;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci.n, 0);
    assert_null(pci_find(&pci, 0x1234, 0, 0));
}

static void functions_of_a_device(void **state)
{
    struct pm_fn *multi = add(NULL, 1 << 3), *single = add(NULL, 2 << 3);

    (void)state;
    pm_set(multi, 0x0e, 1, 0x80);
    struct pm_fn *three = add(NULL, 1 << 3 | 3), *seven = add(NULL, 1 << 3 | 7);
    struct pm_fn *ghost = add(NULL, 2 << 3 | 1), *orphan = add(NULL, 3 << 3 | 1);

    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci.n, 4);
    assert_true(found(multi) && found(three) && found(seven) && found(single));
    assert_true(!found(ghost) && !found(orphan));
}

static void finds_the_nth(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 3; i++)
        pm_add(NULL, (uint8_t)(i << 3), 0x1234, i == 1 ? 7 : 0x11e8);
    assert_int_equal(scan(), PCI_OK);
    assert_ptr_equal(pci_find(&pci, 0x1234, 0x11e8, 0), &devs[0]);
    assert_ptr_equal(pci_find(&pci, 0x1234, 0x11e8, 1), &devs[2]);
    assert_null(pci_find(&pci, 0x1234, 0x11e8, 2));
    devs[0].error = PCI_EBARBAD; /* a function that is left out is not found */
    assert_ptr_equal(pci_find(&pci, 0x1234, 0x11e8, 0), &devs[2]);
}

static void firmware_leftovers_are_cleared(void **state)
{
    struct pm_fn *a = add_bridge(NULL, 8), *b = add_bridge(NULL, 16), *f = add(b, 0);

    (void)state;
    pm_bar(f, 0, 4096, 0);
    pm_cap_msi(f, true, false);
    pm_set(f, 0x04, 2, 0x0006);
    pm_set(f, f->msi + 2, 2, 0x81);
    for (struct pm_fn *x = a; x; x = x == a ? b : NULL) { /* both bridges are open to buses 1 to 5 */
        pm_set(x, 0x18, 4, 0x00050100);
        pm_set(x, 0x04, 2, 0x0007);
    }
    pm_watch(f);
    pm.intx = false;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci.n, 3);
    pm.n_seen = 0;
    check_all();
    assert_int_equal(pm.n_seen,
                     0); /* the stale message is not sent when the function masters the bus again */
    assert_int_equal(pm_get(f, f->msi + 2, 2) & 1, 0);
    assert_false(pm.intx);
}

static void enabling_opens_the_way(void **state)
{
    struct pm_fn *a = add_bridge(NULL, 8), *b = add_bridge(a, 8), *f = add(b, 0), *other = add(a, 16);

    (void)state;
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pm_get(f, 0x04, 2) & 7, 0);
    assert_int_equal(pci_enable(found(f)), PCI_OK);
    assert_int_equal(pm_get(f, 0x04, 2) & 7, 6);
    assert_int_equal(pm_get(b, 0x04, 2) & 7, 6);
    assert_int_equal(pm_get(a, 0x04, 2) & 7, 6);
    assert_int_equal(pm_get(other, 0x04, 2) & 7, 0);
    a->gone = true;
    assert_int_equal(pci_enable(found(f)), PCI_EGONE);
}

static void intx_is_off_until_asked_for(void **state)
{
    struct pm_fn *f = add(NULL, 8);

    (void)state;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pm_get(f, 0x04, 2), 0x0400);
    pci_intx(found(f), true);
    assert_int_equal(pm_get(f, 0x04, 2), 0);
    pci_intx(found(f), false);
    assert_int_equal(pm_get(f, 0x04, 2), 0x0400);
}

static void ports_have_one_slot(void **state)
{
    struct pm_fn *root = add_bridge(NULL, 8), *classic = add_bridge(NULL, 16);

    (void)state;
    pm_cap_express(root, 4);
    pm_cap_express(classic, 7);
    add(root, 0)->any_slot = true;
    add(classic, 0);
    add(classic, 31 << 3);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci.n, 5);
}

/* Functions for which there is no room are named, and are as silent as the others, which work. */
static void too_many_functions(void **state)
{
    struct pm_fn *fns[5];

    (void)state;
    for (uint8_t i = 0; i < 5; i++)
        pm_bar(fns[i] = add(NULL, (uint8_t)(i < 4 ? i << 3 : 3 << 3 | 2)), 0, 4096, 0);
    pm_set(fns[3], 0x0e, 1, 0x80);
    pm_set(fns[4], 0x04, 2, 0x0006);
    assert_int_equal(scan_into(3), PCI_ETOOMANY);
    assert_int_equal(pci.n, 3);
    assert_int_equal(n_left_out, 2);
    assert_string_equal(left_out[0].name, "00:03.0");
    assert_string_equal(left_out[1].name, "00:03.2");
    assert_int_equal(left_out[1].device, 4);
    assert_int_equal(pm_get(fns[4], 0x04, 2) & 7, 0);
    assert_int_equal(pci_enable(&devs[0]), PCI_OK);
    check_all();
    assert_int_equal(scan_into(5), PCI_OK);
    assert_int_equal(n_left_out, 0);
}

static void too_many_buses(void **state)
{
    struct pm_fn *a = add_bridge(NULL, 8), *f = add(a, 0), *b = add_bridge(NULL, 16), *lost = add(b, 0);

    (void)state;
    pm.machine.bus_first = 4;
    pm.machine.bus_last = 255;
    pm.machine.ecam.size = 2 * MIB; /* only buses 4 and 5, whatever bus-range says */
    pm_bar(f, 0, 4096, 0);
    pm_bar(b, 0, 4096, 0);
    assert_int_equal(scan(), PCI_ENOBUS);
    assert_int_equal(found(b)->error, PCI_ENOBUS);
    assert_null(found(lost));
    assert_int_equal(pci_enable(found(f)), PCI_OK);
    assert_int_equal(found(f)->bus, 5);
    check_all();
}

/* A bridge that takes no bus numbers is left out; functions after it are numbered as if it did not exist. */
static void a_bridge_without_numbers(void **state)
{
    struct pm_fn *stuck = add_bridge(NULL, 8), *lost = add(stuck, 0), *b = add_bridge(NULL, 16),
                 *f = add(b, 0);

    (void)state;
    memset(&stuck->writable[0x18], 0, 4);
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_ENOBUS);
    assert_int_equal(n_left_out, 1);
    assert_string_equal(left_out[0].name, "00:01.0");
    assert_null(found(lost));
    assert_int_equal(found(f)->bus, 1);
    check_all();
}

/* Of this function only its presence is known; its other functions and those after it are used. */
static void unknown_header(void **state)
{
    struct pm_fn *odd = add(NULL, 8), *second = add(NULL, 8 | 1), *f = add(NULL, 16);

    (void)state;
    pm_set(odd, 0x0e, 1, 0x80 | 0x02);
    pm_set(odd, 0x06, 2, 0x10);
    pm_set(odd, 0x34, 1, 0x40);
    pm_set(odd, 0x40, 4, 0x00010005); /* what would be an MSI capability in a header of type 0 */
    odd->writable[0x42] = 0xff;
    pm_set(odd, 0x04, 2, 0x0006);
    pm_bar(second, 0, 4096, 0);
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_EHEADER);
    assert_int_equal(n_left_out, 1);
    assert_int_equal(pm_get(odd, 0x04, 2) & 7, 0);
    assert_int_equal(pm_get(odd, 0x42, 2), 1);
    assert_int_equal(found(second)->error, PCI_OK);
    pm_set(odd, 0x0e, 1, 0xff);
    assert_int_equal(scan(), PCI_EHEADER);
    check_all();
}

/* --- several hosts ------------------------------------------------------------------------------------------ */

/* Two hosts on one model: the functions of the second are those of the first, at another address. */
static bool answers(const char *name, uintptr_t ecam)
{
    assert_true(ecam == pm.machine.ecam.base);
    return strcmp(name, "absent") != 0;
}

/* The payload does not look into a configuration space where an access traps. */
static void absent_host(void **state)
{
    static struct machine_pci hosts[2];

    (void)state;
    add(NULL, 8);
    hosts[0] = hosts[1] = pm.machine;
    strcpy(hosts[0].name, "absent");
    pci = (struct pci){.hosts = hosts, .n_hosts = 2, .devs = devs, .max = PM_MAX_FNS, .answers = answers};
    assert_int_equal(pci_init(&pci), PCI_OK);
    assert_int_equal(pci.host_errors[0], PCI_ENOECAM);
    assert_int_equal(pci.n, 1);
    assert_ptr_equal(devs[0].host, &hosts[1]);
    pci.n_hosts = 1;
    assert_int_equal(pci_init(&pci), PCI_ENOECAM);
    assert_int_equal(pci.n, 0);
}

static void several_hosts(void **state)
{
    static struct machine_pci hosts[3];

    (void)state;
    pm_bar(add(NULL, 8), 0, 4096, 0);
    pm_add(NULL, 16, 0x1234, 0x11e8);
    hosts[0] = hosts[2] = pm.machine;
    hosts[1] = (struct machine_pci){.bus_first = 1}; /* no ECAM */
    pci = (struct pci){.hosts = hosts, .n_hosts = 3, .devs = devs, .max = PM_MAX_FNS};
    assert_int_equal(pci_init(&pci), PCI_OK);
    assert_int_equal(pci.n, 4);
    assert_int_equal(pci.host_errors[0], PCI_OK);
    assert_int_equal(pci.host_errors[1], PCI_ENOECAM);
    assert_int_equal(pci.host_errors[2], PCI_OK);
    assert_string_equal(devs[1].name, "0000:00:02.0");
    assert_string_equal(devs[2].name, "0002:00:01.0");
    assert_ptr_equal(devs[0].host, &hosts[0]);
    assert_ptr_equal(devs[2].host, &hosts[2]);
    assert_ptr_equal(pci_find(&pci, 0x1234, 0x11e8, 1), &devs[3]);
    assert_int_equal(devs[2].res[0].addr, devs[0].res[0].addr); /* each host has windows of its own */
    pci.n_hosts = 0;
    assert_int_equal(pci_init(&pci), PCI_ENOECAM);
    assert_int_equal(pci.n, 0);
}

static void ids_behind_bridges(void **state)
{
    static const unsigned types[] = {4, 5, 6, 7, 8, 0};
    struct pm_fn *fns[6], *root = add(NULL, 0), *old = add_bridge(NULL, 64), *behind_old = add(old, 0);

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct pm_fn *b = add_bridge(NULL, (uint8_t)((i + 1) << 3)), *switched = add_bridge(b, 0);
        pm_cap_express(b, types[i]);
        pm_cap_express(switched, 6);
        fns[i] = add(switched, 0);
    }
    assert_int_equal(scan(), PCI_OK);
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(pci_shares_id(found(fns[i])), types[i] == 7);
    assert_true(pci_shares_id(found(behind_old)));
    assert_false(pci_shares_id(found(old)) || pci_shares_id(found(root)));
}

static void msis_by_the_map(void **state)
{
    struct pci_device pd = {.host = &pm.machine, .bus = 1, .devfn = 8};

    (void)state;
    assert_int_equal(pci_requester(&pd), 0x108);
    assert_true(pci_msis_arrive(&pd)); /* the tree does not say where MSIs go */
    pm.machine.n_msi_map = 2;
    pm.machine.msi_map_mask = 0xffff;
    pm.machine.msi_map[0] = (struct machine_id_map){.from = 0x100, .n = 8, .ours = true};
    pm.machine.msi_map[1] = (struct machine_id_map){.from = 0x109, .n = 8, .ours = true};
    assert_false(pci_msis_arrive(&pd)); /* between the two ranges */
    pm.machine.msi_map[1].from = 0x108;
    assert_true(pci_msis_arrive(&pd));
    pm.machine.msi_map[1].ours = false;
    assert_false(pci_msis_arrive(&pd));
    pm.machine.msi_map_mask = 0xff00; /* the id of function 0 of its bus */
    assert_true(pci_msis_arrive(&pd));
    pm.machine.msi_map[0] = (struct machine_id_map){.from = 0, .n = UINT32_MAX, .ours = true};
    assert_true(pci_msis_arrive(&pd));
}

/* --- the capability list -------------------------------------------------------------------------------- */

static int find(struct pm_fn *f, uint8_t id, unsigned size)
{
    assert_int_equal(scan(), PCI_OK);
    return pci_find_cap(found(f), id, size);
}

static void finds_capabilities(void **state)
{
    struct pm_fn *f = add(NULL, 8), *none = add(NULL, 16);
    unsigned a = pm_cap(f, 0x01, 8), b = pm_cap(f, 0x09, 4);

    (void)state;
    assert_int_equal(find(f, 0x01, 8), a);
    assert_int_equal(find(f, 0x09, 4), b);
    assert_int_equal(find(f, 0x05, 4), PCI_ENOCAP);
    pm_set(none, 0x34, 1, 0x40); /* without the status bit the pointer has no meaning */
    pm_set(none, 0x40, 1, 0x05);
    assert_int_equal(find(none, 0x05, 4), PCI_ENOCAP);
    pm_set(f, 0x34, 1, a | 3); /* reserved bits */
    assert_int_equal(find(f, 0x09, 4), b);
    f->gone = true;
    assert_int_equal(pci_find_cap(found(none), 0x05, 4), PCI_ENOCAP);
    assert_int_equal(pci_find_cap(&(struct pci_device){.cfg = pm.machine.ecam.base}, 0x05, 4), PCI_EGONE);
}

/* A function with such a list is left out, and others are not. */
static int find_in_bad_list(struct pm_fn *f, uint8_t id, unsigned size)
{
    int error = scan();

    assert_true(error == PCI_ECAPLOOP || error == PCI_ECAPBAD);
    assert_int_equal(n_left_out, 1);
    assert_ptr_equal(behind(&left_out[0]), f);
    assert_int_equal(pci_enable(found(f)), error);
    check_all();
    return pci_find_cap(found(f), id, size);
}

static void bad_capability_lists(void **state)
{
    struct pm_fn *f = add(NULL, 8);
    unsigned a = pm_cap(f, 0x01, 8), b = pm_cap(f, 0x09, 4);

    (void)state;
    pm_bar(add(NULL, 16), 0, 4096, 0);
    pm_set(f, b + 1, 1, a);
    assert_int_equal(find_in_bad_list(f, 0x05, 4), PCI_ECAPLOOP);
    assert_int_equal(find_in_bad_list(f, 0x09, 4), b);
    pm_set(f, a + 1, 1, a);
    assert_int_equal(find_in_bad_list(f, 0x05, 4), PCI_ECAPLOOP);
    pm_set(f, a + 1, 1, 0x10);
    assert_int_equal(find_in_bad_list(f, 0x05, 4), PCI_ECAPBAD);
    pm_set(f, a + 1, 1, b);
    pm_set(f, b, 2, 0xffff); /* all ones from here on: the next pointer is 0xfc, again and again */
    pm_set(f, 0xfc, 2, 0xffff);
    assert_int_equal(find_in_bad_list(f, 0x05, 4), PCI_ECAPLOOP);
    pm_set(f, b, 2, 0);
    pm_set(f, 0xfc, 2, 0);
    pm_set(f, a + 1, 1, 0xfc);
    pm_set(f, 0xfc, 1, 0x05);
    assert_int_equal(find(f, 0x05, 4), 0xfc);
    assert_int_equal(find(f, 0x05, 10), PCI_ECAPBAD);
}

/* As many capabilities as fit: the bound on the walk must not cut off a valid list. */
static void longest_list(void **state)
{
    struct pm_fn *f = add(NULL, 8);

    (void)state;
    for (unsigned i = 0; i < 47; i++)
        pm_cap(f, 0x09, 4);
    unsigned last = pm_cap(f, 0x0a, 4);
    assert_int_equal(find(f, 0x0a, 4), last);
    assert_int_equal(find(f, 0x05, 4), PCI_ENOCAP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(errors_have_names),
        T(ecam_must_make_sense),
        T(empty_bus),
        T(functions_of_a_device),
        T(finds_the_nth),
        T(firmware_leftovers_are_cleared),
        T(enabling_opens_the_way),
        T(intx_is_off_until_asked_for),
        T(ports_have_one_slot),
        T(too_many_functions),
        T(too_many_buses),
        T(a_bridge_without_numbers),
        T(unknown_header),
        T(absent_host),
        T(several_hosts),
        T(ids_behind_bridges),
        T(msis_by_the_map),
        T(finds_capabilities),
        T(bad_capability_lists),
        T(longest_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
