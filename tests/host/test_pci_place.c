/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI addresses: checked by where the fabric's own registers then route an access. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pci_bench.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void bars_of_every_kind(void **state)
{
    struct pm_fn *f = add(NULL, 8), *g = add(NULL, 16);

    (void)state;
    pm_bar(f, 0, 16, 0);
    pm_io_bar(f, 1, 32);
    pm_bar(f, 2, 8 * GIB, PM_64 | PM_PREFETCH);
    pm_bar(f, 4, MIB, PM_64);
    pm_bar(g, 5, 128, PM_PREFETCH);
    assert_int_equal(scan(), PCI_OK);
    check_all();
    const struct pci_device *pd = found(f);
    assert_true(pd->res[0].placed && pd->res[2].placed && pd->res[4].placed && found(g)->res[5].placed);
    assert_true(pd->res[0].addr >= 0x40000000 && pd->res[0].addr < 0x80000000);
    assert_int_equal(pd->res[0].cpu - pd->res[0].addr, 0x100000000);
    assert_true(pd->res[2].addr >= 0x400000000);
    assert_int_equal(pd->res[2].cpu - pd->res[2].addr, 0x500000000);
    assert_true(pd->res[1].io && pci_bar(pd, 1) == 0 && pci_bar(pd, 3) == 0 && pci_bar(pd, 6) == 0);
    /* Not on one page with a BAR of another function. */
    assert_true(pd->res[0].addr >> 12 != found(g)->res[5].addr >> 12);
}

static void bad_bars_stay_off(void **state)
{
    struct pm_fn *hole = add(NULL, 8), *type = add(NULL, 16), *last = add(NULL, 24), *whole = add(NULL, 32);
    struct pm_fn *none = add(NULL, 40), *good = add(NULL, 48);

    (void)state;
    pm_bar(hole, 0, 4096, 0);
    hole->writable[0x11] = 0xd0;
    pm_bar(type, 0, 4096, 0x6);
    pm_bar(last, 5, 4096, PM_64);
    pm_set(whole, 0x10, 4, PM_PREFETCH); /* 32 bits of address, none of which can be set */
    pm_set(none, 0x10, 4, PM_64);
    pm_bar(good, 0, 4096, 0);
    assert_int_equal(scan(), PCI_EBARBAD);
    for (struct pm_fn *f = hole; f <= none; f++) {
        assert_int_equal(found(f)->error, PCI_EBARBAD);
        assert_int_equal(pci_enable(found(f)), PCI_EBARBAD);
        assert_int_equal(pm_get(f, 0x04, 2) & 7, 0);
        assert_int_equal(pm_get(f, 0x10, 4) & ~0xfu, 0);
    }
    assert_int_equal(found(good)->error, PCI_OK);
    check_all();
}

/* As in QEMU's pvpanic-pci: two bytes, so that a part of the type bits can be set. The driver must not believe the type. */
static void bars_too_small(void **state)
{
    struct pm_fn *small[4], *good = add(NULL, 48), *io = add(NULL, 56);

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        small[i] = add(NULL, (uint8_t)((i + 1) << 3));
        pm_bar(small[i], 0, 4096, 0);
        pm_set(small[i], 0x10, 4, i == 3 ? 0xe : 0); /* or an old value */
        memset(&small[i]->writable[0x10], 0xff, 4);
        small[i]->writable[0x10] = (uint8_t)(0u - (i == 3 ? 2u : 1u << i)); /* 1, 2 and 4 bytes */
    }
    small[1]->writable[0x10] = 0xf8; /* and 8 bytes */
    pm_bar(good, 0, 16, 0);
    pm_io_bar(io, 0, 4); /* a function with only an I/O BAR is not a fault */
    assert_int_equal(scan(), PCI_EBARBAD);
    assert_int_equal(n_left_out, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(found(small[i])->error, PCI_EBARBAD);
        assert_int_equal(pm_get(small[i], 0x04, 2) & 7, 0);
    }
    assert_int_equal(found(io)->error, PCI_OK);
    check_all();
}

/* Address bits that cannot be cleared: at any place the BAR would decode something else. */
static void bars_that_stay(void **state)
{
    struct pm_fn *f = add(NULL, 8);

    (void)state;
    pm_bar(f, 0, 4096, 0);
    pm_set(f, 0x10, 4, 0x00001000);
    memset(&f->writable[0x10], 0, 2);
    assert_int_equal(scan(), PCI_EBARBAD);
}

/* A function below a switch that is too large for any window: functions below the same ports are used without it. */
static void a_giant_behind_bridges(void **state)
{
    struct pm_fn *up = add_bridge(NULL, 8), *down = add_bridge(up, 0), *giant = add(down, 0);
    struct pm_fn *beside = add(down, 8), *other = add(up, 16), *first = add(NULL, 16);

    (void)state;
    pm_bar(giant, 0, 4096, 0);
    pm_bar(giant, 2, UINT64_C(1) << 40, PM_64 | PM_PREFETCH);
    pm_bar(beside, 0, MIB, PM_64 | PM_PREFETCH);
    pm_bar(other, 0, MIB, PM_64 | PM_PREFETCH);
    pm_bar(first, 0, UINT64_C(1) << 62, PM_64);
    assert_int_equal(scan(), PCI_EEXHAUSTED);
    assert_int_equal(n_left_out, 2);
    assert_ptr_equal(behind(&left_out[0]), first); /* left out in the order of the list */
    assert_ptr_equal(behind(&left_out[1]), giant);
    assert_true(pci_bar(found(beside), 0) && pci_bar(found(other), 0));
    check_all();
}

/* Two functions that do not fit together: one is left out, and its room is used by others. */
static void room_is_given_back(void **state)
{
    struct pm_fn *f[3];

    (void)state;
    pm.machine.windows[1].size = GIB;
    for (unsigned i = 0; i < 3; i++) {
        f[i] = add(NULL, (uint8_t)((i + 1) << 3));
        pm_bar(f[i], 0, GIB / 2, 0);
    }
    pm_bar(f[2], 1, GIB / 2, 0);
    pm_bar(add(NULL, 40), 0, 4096, 0);
    assert_int_equal(scan(), PCI_EEXHAUSTED);
    assert_int_equal(n_left_out, 2);
    check_all();
}

/* A bridge's own BAR is placed with the others. If it does not fit, the bridge forwards nothing, and all functions below it
 * are named. */
static void a_bridge_with_a_bar(void **state)
{
    struct pm_fn *b = add_bridge(NULL, 8), *f = add(b, 0);

    (void)state;
    pm_bar(b, 0, 4096, 0);
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_OK);
    check_all();
    assert_true(pci_bar(found(b), 0));
    pm_bar(b, 0, UINT64_C(1) << 31, 0);
    assert_int_equal(scan(), PCI_EEXHAUSTED);
    assert_int_equal(n_left_out, 2);
    assert_int_equal(found(f)->error, PCI_EEXHAUSTED);
}

static void windows_run_out(void **state)
{
    struct pm_fn *big = add(NULL, 8), *small = add(NULL, 16), *b = add_bridge(NULL, 24), *deep = add(b, 0);

    (void)state;
    pm.machine.windows[1].size = 768 * MIB;
    pm_bar(big, 0, GIB, 0);
    pm_bar(small, 0, 4096, 0);
    pm_bar(deep, 0, 32 * GIB, PM_64 | PM_PREFETCH);
    assert_int_equal(scan(), PCI_EEXHAUSTED);
    assert_int_equal(found(big)->error, PCI_EEXHAUSTED);
    assert_int_equal(found(deep)->error, PCI_EEXHAUSTED);
    assert_int_equal(found(small)->error, PCI_OK);
    assert_int_equal(pci_bar(found(big), 0), 0);
    check_all();
}

static void kinds_of_window(void **state)
{
    struct pm_fn *low = add(NULL, 8), *high = add(NULL, 16);

    (void)state;
    pm_bar(low, 0, 4096, 0);
    pm_bar(high, 0, 4096, PM_64);
    pm.machine.windows[1].space = MACHINE_PCI_IO;
    assert_int_equal(scan(), PCI_ENOWINDOW);
    assert_int_equal(found(low)->error, PCI_ENOWINDOW);
    assert_int_equal(found(high)->error, PCI_OK);

    pm.machine.windows[1].space = MACHINE_PCI_MEM32;
    pm.machine.n_windows = 2; /* no high window: addresses below 4 GiB are used */
    assert_int_equal(scan(), PCI_OK);
    check_all();
    assert_true(found(high)->res[0].addr < 4 * GIB);

    pm.machine.windows[1].pci = 0; /* address 0 stays unused: it reads as "not placed" */
    assert_int_equal(scan(), PCI_OK);
    assert_true(found(high)->res[0].addr != 0 && found(low)->res[0].addr != 0);
}

static void high_overflow_comes_down(void **state)
{
    struct pm_fn *f = add(NULL, 8), *g = add(NULL, 16), *low = add(NULL, 24);

    (void)state;
    pm_bar(low, 0, 64 * MIB, 0);
    pm.machine.windows[2].size = 64 * MIB;
    pm_bar(f, 0, 64 * MIB, PM_64 | PM_PREFETCH);
    pm_bar(g, 0, 64 * MIB, PM_64 | PM_PREFETCH);
    assert_int_equal(scan(), PCI_OK);
    check_all();
    assert_true(found(f)->res[0].addr >= 4 * GIB && found(g)->res[0].addr < 4 * GIB);
}

/* BARs that must not be prefetched, and BARs of 32 bits, stay out of a bridge's prefetchable window. */
static void bridge_windows_by_kind(void **state)
{
    struct pm_fn *b = add_bridge(NULL, 8), *f = add(b, 0), *old = add_bridge(NULL, 16), *g = add(old, 0);

    (void)state;
    memset(&old->writable[0x24], 0, 12); /* no prefetchable window */
    pm_set(old, 0x24, 4, 0);
    pm_bar(f, 0, 4096, PM_64);
    pm_bar(f, 2, 4 * MIB, PM_64 | PM_PREFETCH);
    pm_bar(f, 4, 4096, PM_PREFETCH);
    pm_bar(g, 0, 4096, PM_64 | PM_PREFETCH);
    assert_int_equal(scan(), PCI_OK);
    check_all();
    assert_true(found(f)->res[0].addr < 4 * GIB && found(f)->res[4].addr < 4 * GIB);
    assert_true(found(f)->res[2].addr >= 4 * GIB && found(g)->res[0].addr < 4 * GIB);
    /* A bridge with no function below it forwards nothing. */
    assert_true(pm_get(old, 0x24, 2) == 0);
    assert_true(pm_get(b, 0x20, 2) <= pm_get(b, 0x22, 2));
}

static void a_bad_bridge_is_the_reason(void **state)
{
    struct pm_fn *b = add_bridge(NULL, 8), *f = add(b, 0), *cardbus = add(NULL, 16);

    (void)state;
    pm_set(b, 0x10, 4, 0x6);
    pm_bar(f, 0, 4096, 0);
    pm_set(cardbus, 0x0e, 1, 0x02);
    assert_int_equal(scan(), PCI_EBARBAD);
    assert_int_equal(found(f)->error, PCI_EBARBAD);
    assert_int_equal(found(cardbus)->error, PCI_EHEADER);
    assert_int_equal(n_left_out, 3);
}

static void chain_of_bridges(void **state)
{
    struct pm_fn *b = NULL;

    (void)state;
    for (unsigned i = 0; i < 255; i++)
        b = add_bridge(b, 0);
    struct pm_fn *f = add(b, 0);
    pm_bar(f, 0, 4096, 0);
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(found(f)->bus, 255);
    assert_int_equal(pci_enable(found(f)), PCI_OK);
    check_bars(found(f));
}

/* --- random fabrics ------------------------------------------------------------------------------------- */

static uint32_t seed;

static unsigned pick(unsigned n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void random_bars(struct pm_fn *f, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned kind = pick(6);

        if (kind == 0)
            pm_io_bar(f, i, 4u << pick(6));
        else if (kind == 1 || (kind > 3 && i + 1 == n))
            pm_bar(f, i, UINT64_C(16) << pick(18), pick(2) ? PM_PREFETCH : 0);
        else if (kind > 3)
            pm_bar(f, i++, UINT64_C(16) << pick(22), PM_64 | (pick(2) ? PM_PREFETCH : 0));
    }
}

static void random_fabric(void)
{
    struct pm_fn *bridges[24] = {NULL};
    bool used[24][32] = {{false}};
    unsigned n_bridges = 1, n = 1 + pick(40);

    while (n-- > 0) {
        unsigned at = pick(n_bridges), slot = pick(32);
        struct pm_fn *f;

        if (used[at][slot])
            continue;
        used[at][slot] = true;
        if (n_bridges < 24 && pick(3) == 0) {
            f = bridges[n_bridges++] = add_bridge(bridges[at], (uint8_t)(slot << 3));
            pm_set(f, 0x18, 4, pick(1u << 24));
            random_bars(f, 2);
        } else {
            f = add(bridges[at], (uint8_t)(slot << 3));
            random_bars(f, 6);
        }
    }
}

static void random_fabrics(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        pm_reset();
        seed = round;
        random_fabric();
        assert_int_equal(scan(), PCI_OK);
        assert_int_equal(pci.n, pm.n);
        for (size_t i = 0; i < pm.n; i++)
            assert_non_null(found(&pm.fns[i]));
        check_all();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(bars_of_every_kind),       T(bad_bars_stay_off),      T(bars_too_small),
        T(bars_that_stay),           T(a_giant_behind_bridges), T(room_is_given_back),
        T(a_bridge_with_a_bar),      T(windows_run_out),        T(kinds_of_window),
        T(high_overflow_comes_down), T(bridge_windows_by_kind), T(a_bad_bridge_is_the_reason),
        T(chain_of_bridges),         T(random_fabrics),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
