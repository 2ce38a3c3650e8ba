/* SPDX-License-Identifier: BSD-2-Clause */
/* Directories of each depth, second-stage tables, and the unit's cached copies of them. */
#include <string.h>

#include "iommu_bench.h"

static struct aia_iommu_device d[8];

static int attach(unsigned i, uint32_t id, enum aia_iommu_dma dma)
{
    return aia_iommu_attach(&b_unit, &d[i], id, dma, 1);
}

/* ---- the directory ---- */

static void directory(uint32_t max_id, unsigned mode, const uint32_t *ids, unsigned n)
{
    b_machine(1);
    b_config.max_id = max_id;
    b_up();
    assert_int_equal(i_unit.ddtp & 15, mode);
    for (unsigned i = 0; i < n; i++) {
        assert_false(i_write(ids[i], B_MEMORY, 1));
        assert_int_equal(aia_iommu_service(&b_unit), 1);
        assert_int_equal(b_faults[i].cause, AIA_IOMMU_NO_CONTEXT);
        assert_int_equal(b_faults[i].device, ids[i]);
        assert_null(b_faults[i].attached);
        assert_int_equal(attach(i, ids[i], AIA_IOMMU_TRANSLATED), AIA_OK);
        assert_int_equal(attach(n, ids[i], AIA_IOMMU_TRANSLATED), AIA_EINVAL); /* a second time */
        assert_true(i_write(ids[i], B_MEMORY, 1));
    }
    for (unsigned i = 0; i < n; i++) {
        assert_true(i_write(ids[i], B_MEMORY + 4 * i, 1));
        assert_int_equal(i_unit.last_passed, B_MEMORY + 4 * i);
        assert_false(i_write(ids[i] ^ 1, B_MEMORY, 1));
    }
    assert_int_equal(attach(n, max_id + 1, AIA_IOMMU_TRANSLATED), AIA_EINVAL);
}

static void test_levels(void **state)
{
    (void)state;
    directory(63, 2, (uint32_t[]){0, 6, 63}, 3);
    directory(0x7fff, 3, (uint32_t[]){2, 0x41, 0x7ffe}, 3);
    directory(0xffffff, 4, (uint32_t[]){4, 0x8049, 0xfffffe, 0x7fe}, 4);
}

/* While a device is attached it has no context or a whole one, and never one that gives access to more than it may reach. */
static bool passed;

static void rogue_writes(void *arg)
{
    (void)arg;
    passed |= i_write(5, m.hart[0].msi_addr, 1) || i_write(5, 0x1000, 1);
}

static void test_access_during_attach(void **state)
{
    (void)state;
    static const enum aia_iommu_dma dmas[] = {AIA_IOMMU_TRANSLATED, AIA_IOMMU_BLOCKED};

    for (unsigned i = 0; i < 2; i++) {
        bool more = true;
        for (unsigned long k = 0; more; k++) {
            b_machine(1);
            b_config.max_id = 0xffffff;
            b_up();
            passed = false;
            t_at(k, true, rogue_writes, NULL);
            assert_int_equal(attach(0, 5, dmas[i]), AIA_OK);
            more = t_at_done();
            assert_false(passed);
            assert_int_equal(i_write(5, B_MEMORY, 1), dmas[i] == AIA_IOMMU_TRANSLATED);
            (void)aia_iommu_service(&b_unit);
            for (unsigned f = 0; f < b_n_faults; f++)
                assert_int_not_equal(b_faults[f].cause, AIA_IOMMU_BAD_CONTEXT);
            b_n_faults = 0;
        }
    }
}

/* Attach devices until the last page is used; the next attach is refused. */
static void test_out_of_pages(void **state)
{
    (void)state;
    int error = AIA_OK;
    unsigned n = 0;

    b_machine(1);
    b_config.max_id = 0xffffff;
    b_config.n_pages = 28;
    b_up();
    uint32_t used = b_unit.next_page;
    for (; n < 6 && !error; n++)
        error = attach(n, n << 15 | n << 6, AIA_IOMMU_TRANSLATED);
    assert_int_equal(error, AIA_ENOMEM);
    assert_in_range(n, 2, 5);
    assert_in_range(b_unit.next_page, used + 4, 28);
    assert_true(i_write(0, B_MEMORY, 1));
    /* An attach that finds too few pages takes none: the remaining page is for the next attach. */
    b_machine(1);
    b_up();
    used = b_unit.next_page;
    b_unit.config.n_pages = used + 2;
    assert_int_equal(aia_iommu_attach(&b_unit, &d[0], 0, AIA_IOMMU_TRANSLATED, 9), AIA_ENOMEM);
    assert_int_equal(b_unit.next_page, used);
    assert_int_equal(attach(0, 0, AIA_IOMMU_TRANSLATED), AIA_OK);
    assert_int_equal(b_unit.next_page, used + 2);
    b_machine(1);
    b_up();
    for (n = 0; n < 6; n++)
        assert_int_equal(attach(n, n, AIA_IOMMU_BLOCKED), AIA_OK);
    assert_int_equal(attach(6, 6, AIA_IOMMU_BLOCKED), AIA_ENOMEM); /* max_devices */
}

/* AIA_IOMMU_PAGES() is enough for each number of devices and messages, also if each device needs its own tables. */
static void pages_suffice(unsigned devices, unsigned messages)
{
    static struct aia_iommu_device many[9];

    b_machine(1);
    b_config.max_id = 0xffffff;
    b_config.max_devices = (uint16_t)devices;
    b_config.n_pages = AIA_IOMMU_PAGES(devices, messages, 2u);
    assert_in_range(b_config.n_pages, 1, I_PAGES);
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_OK);
    assert_int_equal(aia_iommu_map(&b_unit, B_MEMORY, B_MEMORY, 0x1000), AIA_OK); /* two pages */
    for (unsigned i = 0; i < devices; i++)
        assert_int_equal(
            aia_iommu_attach(&b_unit, &many[i], i << 15 | i << 6, AIA_IOMMU_TRANSLATED, messages), AIA_OK);
    assert_true(b_unit.next_page + 4 <= b_config.n_pages); /* four are left for ids that storm */
}

static void test_pages_suffice(void **state)
{
    (void)state;
    for (unsigned devices = 1; devices <= 9; devices++)
        for (unsigned messages = 0; messages <= AIA_IOMMU_MESSAGES; messages++)
            pages_suffice(devices, messages);
}

/* ---- the second stage ---- */

static void test_map(void **state)
{
    (void)state;
    b_machine(1);
    assert_int_equal(aia_iommu_init(&b_unit, &b_config), AIA_OK);
    uint32_t before = b_unit.next_page;
    /* 4 KiB, 2 MiB and 1 GiB pages, mapped to other addresses. */
    assert_int_equal(aia_iommu_map(&b_unit, 0x3fe00000 - 0x1000, 0x7fe00000 - 0x1000, 0x80401000), AIA_OK);
    assert_int_equal(b_unit.next_page - before, 3); /* two tables before the 1 GiB pages, one after them */
    assert_int_equal(attach(0, 1, AIA_IOMMU_TRANSLATED), AIA_OK);
    assert_int_equal(aia_iommu_enable(&b_unit), AIA_OK);
    static const uint64_t in[] = {0x3fdff000, 0x3fdffffc, 0x3fe00000, 0x3ffffffc,
                                  0x40000000, 0xbffffffc, 0xc01ffffc};
    for (unsigned i = 0; i < 7; i++) {
        assert_true(i_write(1, in[i], 1));
        assert_int_equal(i_unit.last_passed, in[i] + 0x40000000);
    }
    static const uint64_t out[] = {0, 0x3fdfeffc, 0xc0200000, 1ull << 41, 0x28000000};
    for (unsigned i = 0; i < 5; i++)
        assert_false(i_write(1, out[i], 1));

    assert_int_equal(aia_iommu_map(&b_unit, 0x3fdff000, 0x1000, 0x1000),
                     AIA_EINVAL); /* already mapped, at each level */
    assert_int_equal(aia_iommu_map(&b_unit, 0x3fe01000, 0x1000, 0x1000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, 0x40001000, 0x1000, 0x1000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, 0x40000000, 0, 0x40000000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, 0x100800, 0, 0x1000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, 1ull << 41, 0, 0x1000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, (1ull << 41) - 0x1000, 0, 0x2000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, B_WINDOW + 0x600000, 0, 0x1000), AIA_EINVAL);
    assert_int_equal(aia_iommu_map(&b_unit, B_WINDOW + 0x700000, 0, 0x1000), AIA_OK);
}

static void test_policies(void **state)
{
    (void)state;
    b_machine(1);
    b_up();
    assert_int_equal(attach(0, 1, AIA_IOMMU_BLOCKED), AIA_OK);
    assert_int_equal(attach(1, 2, AIA_IOMMU_BARE), AIA_OK);
    assert_false(i_write(1, B_MEMORY, 1));
    assert_false(i_write(1, m.hart[0].msi_addr, 1));
    assert_true(i_write(2, B_MEMORY, 1));
    assert_true(i_write(2, 0x12345678, 1));
    assert_int_equal(i_unit.last_passed, 0x12345678);
}

/* A window belongs to one device, and is as wide as the device has messages. */
static void test_windows(void **state)
{
    (void)state;
    static struct aia_iommu_msi msis[4];
    static struct m_dev devs[4];

    b_machine(1);
    b_up();
    assert_int_equal(aia_iommu_attach(&b_unit, &d[0], 5, AIA_IOMMU_TRANSLATED, 4), AIA_OK);
    assert_int_equal(aia_iommu_attach(&b_unit, &d[1], 6, AIA_IOMMU_TRANSLATED, 4), AIA_OK);
    assert_int_equal(aia_iommu_attach(&b_unit, &d[2], 7, AIA_IOMMU_TRANSLATED, 257), AIA_EINVAL);
    for (unsigned i = 0; i < 4; i++) {
        m_dev_init(&devs[i], AIA_MSI_PLAIN);
        assert_int_equal(aia_iommu_msi_init(&msis[i], &d[0], i, AIA_IOMMU_NOTICE, &devs[i].msi), AIA_OK);
        msis[i].msi.ops->start(&msis[i].msi, &(struct aia_message){m.hart[0].msi_addr, 10 + i});
        assert_int_equal(devs[i].message.addr, d[0].window + 4096 * i);
    }
    m.hart[0].irqs_on = false;
    for (unsigned i = 0; i < 4; i++) {
        assert_false(i_write(6, d[0].window + 4096 * i, 1)); /* not mapped for this device */
        assert_false(i_write(6, d[1].window + 4096 * i, 1)); /* not in use */
        assert_false(i_write(5, d[1].window + 4096 * i, 1));
        assert_true(i_write(5, d[0].window + 4096 * i, 1));
        m_settle();
        assert_true(m_pending(0, 10 + i));
        for (unsigned id = 2; id < 64; id++) /* whatever data it writes, the entry gives the identity */
            assert_true(i_write(5, d[0].window + 4096 * i, id));
        m_settle();
    }
    assert_false(i_write(5, d[0].window + 4 * 4096, 1));
    for (unsigned id = 1; id < 64; id++)
        assert_int_equal(m_pending(0, id), id >= 10 && id < 14);
}

/* When a device is cut off, its cached context and entries are dropped. */
static void test_cut_off(void **state)
{
    (void)state;
    static struct aia_iommu_msi msi;
    static struct m_dev dev;

    b_machine(1);
    b_up();
    assert_int_equal(attach(0, 5, AIA_IOMMU_TRANSLATED), AIA_OK);
    m_dev_init(&dev, AIA_MSI_PLAIN);
    assert_int_equal(aia_iommu_msi_init(&msi, &d[0], 0, AIA_IOMMU_NOTICE, &dev.msi), AIA_OK);
    msi.msi.ops->start(&msi.msi, &(struct aia_message){m.hart[0].msi_addr, 10});
    assert_true(i_write(5, B_MEMORY, 1));
    assert_true(i_write(5, d[0].window, 1));
    unsigned ddt = i_unit.n_ddt;
    assert_int_equal(aia_iommu_cut_off(&d[0]), AIA_OK);
    assert_int_equal(i_unit.n_ddt, ddt + 1);
    assert_false(i_write(5, B_MEMORY, 1));
    assert_false(i_write(5, d[0].window, 1));
    assert_int_equal(aia_iommu_service(&b_unit), 0); /* and its accesses are not reported */
    assert_int_equal(aia_iommu_cut_off(&d[0]), AIA_OK);
    assert_int_equal(b_unit.cut_offs, 1);
}

/*
 * A device faulted in a storm before it was attached, so it has a valid context. The driver does not change this in place,
 * because the unit may read it meanwhile: the context is made invalid and dropped from the cache before another word changes.
 */
static uint64_t *stormed;
static unsigned n_stores;

static void context_is_invalid(const struct m_event *e, void *arg)
{
    uintptr_t tc = (uintptr_t)stormed;

    (void)arg;
    if (e->kind != M_MMIO || !e->what || e->where <= tc || e->where >= tc + 64)
        return;
    n_stores++;
    assert_int_equal(stormed[0] & 1, 0);
    for (unsigned i = 0; i < I_KEPT; i++)
        assert_false(i_unit.contexts[i].valid && i_unit.contexts[i].id == 9);
}

static void test_stormed_then_attached(void **state)
{
    (void)state;
    for (unsigned dma = AIA_IOMMU_BLOCKED; dma <= AIA_IOMMU_BARE; dma++) {
        b_machine(1);
        b_up();
        for (unsigned i = 0; i < B_STORM + 5; i++) {
            assert_false(i_write(9, B_MEMORY, 1));
            (void)aia_iommu_service(&b_unit);
        }
        assert_int_equal(b_unit.cut_offs, 1);
        assert_false(i_write(9, B_MEMORY, 1)); /* the unit has cached the context now */
        stormed = b_unit.root + 9 * 8ul;
        assert_int_equal(stormed[0] & 1, 1);
        n_stores = 0;
        m.hook = context_is_invalid;
        assert_int_equal(attach(0, 9, dma), AIA_OK);
        m.hook = NULL;
        assert_ptr_equal(d[0].context, stormed);
        assert_int_equal(n_stores, 6);
        assert_int_equal(i_write(9, B_MEMORY, 1), dma != AIA_IOMMU_BLOCKED);
    }
}

/* The unit does not answer while a device is attached. The device is attached, also if its id had been cut off. */
static void test_attach_unanswered(void **state)
{
    (void)state;
    for (unsigned stormed_before = 0; stormed_before < 2; stormed_before++)
        for (unsigned refuses = 0; refuses < 2; refuses++) {
            b_machine(1);
            b_up();
            for (unsigned i = 0; stormed_before && i < B_STORM + 5; i++) {
                assert_false(i_write(9, B_MEMORY, 1));
                (void)aia_iommu_service(&b_unit);
            }
            i_unit.hung = !refuses;
            i_unit.refuse = refuses ? 1000 : 0;
            i_unit.seen_illegal_ok = true;
            assert_int_equal(attach(0, 9, AIA_IOMMU_TRANSLATED), refuses ? AIA_EREFUSED : AIA_ETIMEOUT);
            assert_int_equal(attach(1, 9, AIA_IOMMU_TRANSLATED), AIA_EINVAL);
            i_unit.hung = false;
            i_unit.refuse = 0;
            assert_int_equal(aia_iommu_forget(&b_unit), AIA_OK);
            assert_true(i_write(9, B_MEMORY, 1));
            assert_int_equal(b_unit.n_devices, 1);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),        cmocka_unit_test(test_access_during_attach),
        cmocka_unit_test(test_out_of_pages),  cmocka_unit_test(test_map),
        cmocka_unit_test(test_policies),      cmocka_unit_test(test_windows),
        cmocka_unit_test(test_cut_off),       cmocka_unit_test(test_stormed_then_attached),
        cmocka_unit_test(test_pages_suffice), cmocka_unit_test(test_attach_unanswered),
    };

    return T_RUN(tests);
}
