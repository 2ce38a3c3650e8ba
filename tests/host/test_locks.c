/* SPDX-License-Identifier: BSD-2-Clause */
/* Every lock of the library is made by aia_port_lock_init(), once, before its first use, whatever its memory held before. */
#include "iommu_bench.h"
#include "wires.h"

#include <string.h>

static void poison(struct aia_lock *lock)
{
    memset(lock, 0xa5, sizeof(*lock));
}

static void is_made(const struct aia_lock *lock, const char *name)
{
    assert_int_equal(lock->opaque[0], 0);
    assert_string_equal((const char *)lock->opaque[1], name);
}

/* The second round initialises the same memory again. */
static void machine_makes_its_locks(void **state)
{
    (void)state;
    t_machine(2, 63);
    for (unsigned round = 0; round < 2; round++) {
        memset(&t.aia, 0xa5, sizeof(t.aia));
        for (unsigned i = 0; i < T_IRQS; i++)
            poison(&t.irqs[i].lock);
        m.n_locks_made = 0;
        t_init();
        assert_int_equal(m.n_locks_made, T_IRQS + 3);
        for (unsigned i = 0; i < T_IRQS; i++)
            is_made(&t.irqs[i].lock, "aia irq");
        is_made(&t.aia.irqs_lock, "aia descriptors");
        is_made(&t.aia.imsic.lock, "aia vectors");
        is_made(&t.aia.probe_lock, "aia probe");
    }
}

/* A hart may still hold the lock of a descriptor that is free by now, so a request makes no lock. */
static void request_makes_no_lock(void **state)
{
    static struct t_irq q;

    (void)state;
    t_machine(2, 63);
    m.n_locks_made = 0;
    for (unsigned round = 0; round < 2; round++) {
        t_irq(&q, AIA_MSI_PLAIN, 0);
        assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    }
    assert_int_equal(m.n_locks_made, 0);
}

static void domain_makes_its_lock(void **state)
{
    (void)state;
    w_machine(2, 0);
    for (unsigned round = 0; round < 2; round++) {
        poison(&w_domain.genmsi);
        m.n_locks_made = 0;
        assert_int_equal(aplic_init(&w_domain, &t.aia), AIA_OK);
        assert_int_equal(m.n_locks_made, 1);
        is_made(&w_domain.genmsi, "aplic genmsi");
    }
}

static void unit_makes_its_locks(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 2; round++) {
        b_machine(1);
        memset(&b_unit, 0xa5, sizeof(b_unit));
        m.n_locks_made = 0;
        b_up();
        assert_int_equal(m.n_locks_made, 3);
        is_made(&b_unit.tables, "iommu tables");
        is_made(&b_unit.lock, "iommu commands");
        is_made(&b_unit.fault_lock, "iommu faults");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machine_makes_its_locks),
        cmocka_unit_test(request_makes_no_lock),
        cmocka_unit_test(domain_makes_its_lock),
        cmocka_unit_test(unit_makes_its_locks),
    };

    return T_RUN(tests);
}
