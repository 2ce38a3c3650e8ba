/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages in memory: what a device can read there at each moment of a change (aia/ims.h). */
#include <string.h>

#include "tests/host/fixture.h"

#include <aia/ims.h>

static struct aia_ims d;
static _Alignas(16) struct aia_ims_entry entry, after;
static unsigned n_writes, n_differ;
static int answer;

static int drain(struct aia_ims *x)
{
    assert_ptr_equal(x, &d);
    return answer;
}

/* Before each access: count the changes of the entry since the last access, and note whether it is neither old nor new. */
static void watch(const struct m_event *e, void *old)
{
    if (e->kind != M_MMIO || e->where < m.memory || e->where >= m.memory + m.memory_size)
        return;
    n_writes += e->what != 0;
    n_differ += memcmp(&entry, old, sizeof(entry)) && memcmp(&entry, &after, sizeof(entry));
}

static void set_up(enum aia_msi_kind kind)
{
    uint16_t ids[] = {63, 63};

    t_prepare(2, ids);
    m.memory = (uintptr_t)&entry;
    m.memory_size = sizeof(entry);
    memset(&entry, 0, sizeof(entry));
    entry.ctrl = 0xab00; /* bits of the driver */
    answer = AIA_OK;
    n_writes = n_differ = 0;
    assert_int_equal(aia_ims_init(&d, &entry, kind, drain, 0), AIA_OK);
}

static void test_init(void **state)
{
    (void)state;
    set_up(AIA_MSI_STORE_LOW);
    assert_int_equal(entry.ctrl, 0xab00 | AIA_IMS_MASKED);
    struct aia_ims_entry *odd = (struct aia_ims_entry *)((uintptr_t)&entry + 8);
    assert_int_equal(aia_ims_init(&d, odd, AIA_MSI_STORE, drain, 0), AIA_EINVAL);
    assert_int_equal(aia_ims_init(&d, &entry, AIA_MSI_PLAIN, drain, 0), AIA_EINVAL);
    assert_int_equal(aia_ims_init(&d, &entry, AIA_MSI_STORE, NULL, 0), AIA_EINVAL);
    assert_int_equal(aia_ims_init(&d, &entry, AIA_MSI_STORE, NULL, 10), AIA_OK);
}

static void start(uint64_t addr, uint32_t data)
{
    d.msi.ops->start(&d.msi, &(struct aia_message){.addr = addr, .data = data});
    assert_int_equal(entry.address_lo, (uint32_t)addr);
    assert_int_equal(entry.address_hi, addr >> 32);
    assert_int_equal(entry.data, data);
    assert_int_equal(entry.ctrl, 0xab00);
}

/* Check that a change is one write, and that no state of the entry between the old and the new message is visible. */
static void changes(struct aia_message m_new)
{
    struct aia_ims_entry old = entry;
    struct aia_message have;

    after = entry;
    after.address_lo = (uint32_t)m_new.addr;
    after.address_hi = (uint32_t)(m_new.addr >> 32);
    after.data = m_new.data;
    m.hook = watch;
    m.hook_arg = &old;
    d.msi.ops->store(&d.msi, &m_new);
    unsigned writes = n_writes;
    assert_int_equal(d.msi.ops->read_back(&d.msi, &have), AIA_OK);
    m.hook = NULL;
    assert_int_equal(writes, 1);
    assert_int_equal(n_differ, 0);
    assert_memory_equal(&entry, &after, sizeof(entry));
    assert_int_equal(have.addr, m_new.addr);
    assert_int_equal(have.data, m_new.data);
}

static void test_store_low(void **state)
{
    (void)state;
    set_up(AIA_MSI_STORE_LOW);
    start(0x2800000028000000ull, 5);
    changes((struct aia_message){.addr = 0x2800000028001000ull, .data = 9});
}

static void test_store(void **state)
{
    (void)state;
    set_up(AIA_MSI_STORE);
    start(0x28000000, 5);
    changes((struct aia_message){.addr = 0x1128001000ull, .data = 9});
}

static void test_silent_and_stopped(void **state)
{
    struct aia_message have;

    (void)state;
    set_up(AIA_MSI_STORE);
    start(0x28000000, 5);
    answer = AIA_ESILENT;
    assert_int_equal(d.msi.ops->read_back(&d.msi, &have), AIA_ESILENT);
    d.msi.ops->stop(&d.msi);
    assert_int_equal(entry.ctrl, 0xab00 | AIA_IMS_MASKED);
}

/* The driver changes its own bits of the word, in one access, before each access of the library. */
static void change_bits(const struct m_event *e, void *arg)
{
    (void)arg;
    (void)e;
    entry.ctrl += 0x100;
    n_writes++;
}

static void test_bits_of_the_driver(void **state)
{
    (void)state;
    set_up(AIA_MSI_STORE);
    m.hook = change_bits;
    d.msi.ops->start(&d.msi, &(struct aia_message){.addr = 0x28000000, .data = 5});
    assert_int_equal(entry.ctrl, 0xab00 + n_writes * 0x100);
    d.msi.ops->stop(&d.msi);
    m.hook = NULL;
    assert_true(n_writes > 4);
    assert_int_equal(entry.ctrl, (0xab00 + n_writes * 0x100) | AIA_IMS_MASKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_store_low),
        cmocka_unit_test(test_store),
        cmocka_unit_test(test_silent_and_stopped),
        cmocka_unit_test(test_bits_of_the_driver),
    };

    return T_RUN(tests);
}
