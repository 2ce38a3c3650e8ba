/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt files: messages, claims, junk after reset, proof of arrival. */
#include "fixture.h"
#include "imsic/file.h"
#include "imsic/claim.h"

static struct imsic_vector vec(unsigned hart, unsigned id)
{
    return (struct imsic_vector){(uint16_t)hart, (uint16_t)id};
}

/* The encoding of an MSI: the address names the file, the data the identity. */
static void test_message(void **state)
{
    (void)state;
    t_machine(3, 255);
    for (unsigned h = 0; h < 3; h++) {
        struct aia_message message = imsic_message(&t.aia.imsic, vec(h, 200));
        assert_int_equal(message.addr, m.hart[h].msi_addr);
        assert_int_equal(message.data, 200);
    }
}

static void test_send(void **state)
{
    (void)state;
    t_machine(2, 127);
    m.hart[1].hold = true;
    imsic_send(&t.aia.imsic, vec(1, 99));
    assert_true(m_pending(1, 99));
    assert_false(m_pending(0, 99));
}

/* Lower identities come first, and each is claimed once; a disabled identity is never claimed. */
static void test_claim_order(void **state)
{
    static const unsigned ids[] = {127, 5, 64, 63, 3};
    static const unsigned order[] = {3, 5, 64, 127, 0};

    (void)state;
    t_machine(1, 127);
    m.hart[0].irqs_on = false;
    imsic_file_clear_enabled(63);
    for (unsigned i = 0; i < 5; i++)
        imsic_send(&t.aia.imsic, vec(0, ids[i]));
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(imsic_claimed_id(imsic_claim()), order[i]);
    assert_true(m_pending(0, 63));
}

static void check_file(unsigned ids)
{
    t_machine(1, (uint16_t)ids);
    m.hart[0].irqs_on = false;
    struct imsic_file *f = &t.files[0];

    /* online: no junk is left, everything but the sync identity is enabled, there is no threshold */
    for (unsigned id = 1; id <= ids; id++) {
        assert_false(m_pending(0, id));
        assert_int_equal(imsic_file_enabled(id / 64) >> id % 64 & 1, id != T_SYNC);
    }
    assert_true(imsic_file_delivers());
    assert_int_equal(m.hart[0].file.eithreshold, 0);

    imsic_send(&t.aia.imsic, vec(0, ids));
    assert_true(m_file_asserted(&m.hart[0].file));
    imsic_file_off(f);
    assert_false(m_file_asserted(&m.hart[0].file));
    assert_false(imsic_file_delivers());
    assert_true(imsic_file_pending(ids / 64) >> ids % 64 & 1);
    for (unsigned w = 0; w < imsic_file_words(f); w++)
        assert_int_equal(imsic_file_enabled(w), 0);
    imsic_file_clear(f);
    assert_false(m_pending(0, ids));
}

/* m_reset() leaves junk in every register; an access to a register that does not exist would fail the test. */
static void test_reset_state_cleared(void **state)
{
    (void)state;
    check_file(63);
    check_file(127);
    check_file(255);
    check_file(2047);
}

/* The first start of a hart: what was pending after reset is not a late edge. */
static void test_reset_state_is_not_late(void **state)
{
    (void)state;
    t_machine(2, 63);
    assert_int_equal(t.harts[0].late, 0);
    assert_int_equal(t.harts[1].unowned, 0);
    assert_int_equal(m.n_reports, 0);
}

static void test_pending_bits(void **state)
{
    (void)state;
    t_machine(1, 127);
    m.hart[0].irqs_on = false;
    imsic_send(&t.aia.imsic, vec(0, 70));
    imsic_send(&t.aia.imsic, vec(0, 71));
    imsic_file_clear_pending(70);
    assert_int_equal(imsic_file_pending(1), 1ull << (71 - 64));
    imsic_file_clear_enabled(71);
    assert_int_equal(imsic_claimed_id(imsic_claim()), 0);
    imsic_file_set_enabled(71);
    assert_int_equal(imsic_claimed_id(imsic_claim()), 71);
}

/* When imsic_sync() returns, every write that was made before the call is in eip, however slow the file. */
static void test_sync_proves_arrival(void **state)
{
    (void)state;
    t_machine(2, 63);
    m.inbound_lag = m.store_lag = M_NEVER;
    m.hart[0].irqs_on = false;
    for (unsigned id = 10; id < 30; id++) {
        m_on(id % 2);
        m.hart[1].irqs_on = false;
        imsic_send(&t.aia.imsic, vec(0, id));
    }
    m_on(0);
    assert_false(m_pending(0, 10));
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_OK);
    for (unsigned id = 10; id < 30; id++)
        assert_true(m_pending(0, id));
    assert_false(m_pending(0, T_SYNC));
}

static void test_sync_timeout(void **state)
{
    (void)state;
    t_machine(1, 63);
    m.inbound_lag = M_NEVER;
    m.hart[0].irqs_on = false;
    m.hart[0].file.frozen = true;
    uint64_t before = m.now;
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_ETIMEOUT);
    assert_in_range(m.now - before, T_LIMIT, T_LIMIT + 10);
}

/* The write of a sync that timed out arrives in the end, and must not count as the write of the next sync. */
static void test_sync_after_timeout(void **state)
{
    (void)state;
    t_machine(1, 63);
    m.inbound_lag = M_NEVER;
    m.hart[0].irqs_on = false;
    m.hart[0].file.frozen = true;
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_ETIMEOUT);
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_ETIMEOUT);
    for (unsigned id = 10; id < 13; id++)
        imsic_send(&t.aia.imsic, vec(0, id));
    m.hart[0].file.frozen = false;
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_OK);
    assert_true(m_pending(0, 12));
}

static int refuse(struct aia_barrier *b, const struct aia_message *message)
{
    (void)b;
    (void)message;
    return AIA_ETIMEOUT;
}

/* A barrier sends nothing after the sync's write has arrived: the next sync does not wait for this write again. */
static void test_sync_after_refused_barrier(void **state)
{
    struct aia_barrier b = {.send = refuse};

    (void)state;
    t_machine(1, 63);
    m.inbound_lag = M_NEVER;
    m.hart[0].irqs_on = false;
    m.hart[0].file.frozen = true;
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_ETIMEOUT);
    m.hart[0].file.frozen = false;
    assert_int_equal(imsic_sync_after(&t.aia.imsic, &t.files[0], &b), AIA_ETIMEOUT);
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_OK);
}

/* A hart clears its file when it goes offline and comes back. That must not remove the write for which the next sync waits. */
static void test_clear_after_sync_timeout(void **state)
{
    (void)state;
    for (unsigned arrived = 0; arrived < 2; arrived++) {
        t_machine(1, 63);
        m.inbound_lag = M_NEVER;
        m.hart[0].irqs_on = false;
        m.hart[0].file.frozen = true;
        assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_ETIMEOUT);
        m.hart[0].file.frozen = false;
        if (arrived)
            m_fabric_settle();
        imsic_file_clear(&t.files[0]);
        assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_OK);
        imsic_send(&t.aia.imsic, vec(0, 10));
        assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[0]), AIA_OK);
        assert_true(m_pending(0, 10));
        assert_false(m_pending(0, T_SYNC));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_claim_order),
        cmocka_unit_test(test_reset_state_cleared),
        cmocka_unit_test(test_reset_state_is_not_late),
        cmocka_unit_test(test_pending_bits),
        cmocka_unit_test(test_sync_proves_arrival),
        cmocka_unit_test(test_sync_timeout),
        cmocka_unit_test(test_sync_after_timeout),
        cmocka_unit_test(test_sync_after_refused_barrier),
        cmocka_unit_test(test_clear_after_sync_timeout),
    };

    return T_RUN(tests);
}
