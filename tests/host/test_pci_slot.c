/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots (payload/pci/slot.h): the slot of a function, its button, and a port that completes its command late or never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "payload/kernel/work.h"
#include "payload/pci/slot.h"
#include "payload/kernel/time.h"
#include "pci_bench.h"

#define ROOT_PORT  4
#define UPSTREAM   5
#define DOWNSTREAM 6

#define POWER  0x00000002u
#define SILENT 0x00040000u

/* ---- a clock of milliseconds, one for each wait; the port completes its command after some of them ---- */

static uint64_t waits, completes_after;
static struct pm_fn *port;
static unsigned cap;

uint64_t time_from_ms(uint64_t ms)
{
    return ms;
}

struct hart_wait hart_wait_begin(uint64_t ticks)
{
    return (struct hart_wait){.deadline = waits + ticks};
}

bool hart_wait_more(struct hart_wait *w)
{
    if (++waits == completes_after)
        pm_set(port, cap + 0x1a, 2, 0x0010);
    return waits <= w->deadline;
}

/* Add a bridge with the slot registers of a port. `slot` false: it has no slot. */
static struct pm_fn *add_port(struct pm_fn *parent, uint8_t devfn, unsigned type, bool slot, uint32_t caps)
{
    struct pm_fn *b = add_bridge(parent, devfn);
    unsigned at = pm_cap_express(b, type);

    pm_set(b, at + 2, 2, 2 | type << 4 | (slot ? 0x100u : 0));
    pm_set(b, at + 0x14, 4, caps);
    b->writable[at + 0x18] = b->writable[at + 0x19] = 0xff;
    port = b;
    cap = at;
    waits = completes_after = 0;
    return b;
}

static void test_slot_of(void **state)
{
    struct pm_fn *hot = add_port(NULL, 8, ROOT_PORT, true, POWER),
                 *cold = add_port(NULL, 16, ROOT_PORT, true, 0),
                 *fixed = add_port(NULL, 24, ROOT_PORT, false, POWER);
    struct pm_fn *up = add_port(hot, 0, UPSTREAM, false, 0), *down = add_port(up, 0, DOWNSTREAM, true, 0);
    struct pm_fn *f[] = {up, add(cold, 0), add(fixed, 0), add(down, 0), add(NULL, 40)};

    (void)state;
    assert_int_equal(scan(), PCI_OK);
    assert_ptr_equal(pci_slot_of(found(f[3])), found(hot));
    assert_ptr_equal(pci_slot_of(found(f[0])), found(hot));
    assert_null(pci_slot_of(found(f[1])));
    assert_null(pci_slot_of(found(f[2])));
    assert_null(pci_slot_of(found(f[4])));
    hot->gone = true;
    assert_null(pci_slot_of(found(f[3])));
}

static const struct pm_access *nth_write(size_t n)
{
    for (size_t i = 0; i < pm.n_log; i++)
        if (pm.log[i].fn && pm.log[i].write && n-- == 0)
            return &pm.log[i];
    return NULL;
}

static void assert_write(size_t n, unsigned reg, uint32_t value)
{
    const struct pm_access *a = nth_write(n);

    assert_non_null(a);
    assert_int_equal(a->reg, reg);
    assert_int_equal(a->size, 2);
    assert_int_equal(a->value, value);
}

static void test_power_off(void **state)
{
    struct pm_fn *p = add_port(NULL, 8, ROOT_PORT, true, POWER);

    (void)state;
    (void)add(p, 0);
    assert_int_equal(scan(), PCI_OK);
    for (completes_after = 1; completes_after <= 1000; completes_after += 333) {
        waits = 0;
        pm_set(p, cap + 0x18, 2, 0x10ff & ~0x0400); /* power is on; the driver must keep the other bits */
        pm_set(p, cap + 0x1a, 2, 0);
        pm_watch(p);
        assert_int_equal(pci_slot_power_off(found(p)), PCI_OK);
        assert_int_equal(waits, completes_after);
        assert_write(0, cap + 0x1a,
                     0x0010); /* the completion of an earlier command is cleared, and nothing else */
        assert_write(1, cap + 0x18, 0x17ff);
        assert_null(nth_write(2));
    }
}

static void test_port_that_does_not_obey(void **state)
{
    struct pm_fn *p = add_port(NULL, 8, ROOT_PORT, true, POWER);

    (void)state;
    assert_int_equal(scan(), PCI_OK);
    assert_int_equal(pci_slot_power_off(found(p)), PCI_ESLOT);
    assert_in_range(waits, 1000, 1001);
    p->gone = true;
    assert_int_equal(pci_slot_power_off(found(p)), PCI_EGONE);
    p->gone = false;
    pm_set(p, cap + 0x14, 4, 0);
    assert_int_equal(pci_slot_power_off(found(p)), PCI_ENOCAP);
    pm_set(p, cap + 0x14, 4, POWER | SILENT);
    waits = 0;
    assert_int_equal(pci_slot_power_off(found(p)), PCI_OK);
    assert_int_equal(waits, 0);
}

static void test_button(void **state)
{
    struct pm_fn *p = add_port(NULL, 8, ROOT_PORT, true, POWER);

    (void)state;
    assert_int_equal(scan(), PCI_OK);
    pm_watch(p);
    pm_set(p, cap + 0x1a, 2, 0x0158);
    assert_false(pci_slot_pressed(found(p)));
    assert_null(nth_write(0));
    pm_set(p, cap + 0x1a, 2, 0x0159);
    assert_true(pci_slot_pressed(found(p)));
    assert_write(0, cap + 0x1a, 0x0001);
    p->gone = true;
    assert_false(pci_slot_pressed(found(p)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        T(test_slot_of),
        T(test_power_off),
        T(test_port_that_does_not_obey),
        T(test_button),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
