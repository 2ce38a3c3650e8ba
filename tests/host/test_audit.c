/* SPDX-License-Identifier: BSD-2-Clause */
/* Each finding of the audit: provoked alone, the audit reports this finding and no other. */
#include "imsic/file.h"
#include "imsic/vector.h"
#include "fixture.h"

static struct t_irq q;

static void set_up(void)
{
    t_machine(2, 127);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    m_settle();
    assert_int_equal(t_audit(1), 0);
    m.hart[1].hold = true;
}

static void check_found(enum aia_finding finding, unsigned id)
{
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], finding);
    assert_int_equal(t.found_at[0].hart, 1);
    assert_int_equal(t.found_at[0].id, id);
    assert_int_equal(t_audit(0), 0);
}

static void test_clean(void **state)
{
    (void)state;
    set_up();
    m_raise(&q.dev); /* pending and owned: it will be handled */
    assert_int_equal(t_audit(1), 0);
}

static void test_pending_unowned(void **state)
{
    (void)state;
    set_up();
    m_file_set(&m.hart[1].file, 77);
    check_found(AIA_PENDING_UNOWNED, 77);
}

static void test_owned_disabled(void **state)
{
    unsigned id;

    (void)state;
    set_up();
    id = q.irq->vec.id;
    m.hart[1].file.eie[0] &= ~(1ull << id);
    check_found(AIA_OWNED_DISABLED, id);
}

/* A free identity must be enabled too: its next owner relies on that. */
static void test_free_disabled(void **state)
{
    (void)state;
    set_up();
    m.hart[1].file.eie[1] &= ~(1ull << (99 - 64));
    check_found(AIA_OWNED_DISABLED, 99);
}

static void test_ipi_disabled(void **state)
{
    (void)state;
    set_up();
    m.hart[1].file.eie[0] &= ~(1ull << T_IPI);
    check_found(AIA_OWNED_DISABLED, T_IPI);
}

static void test_leaked(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 80, 0, 3), AIA_OK); /* descriptor 3 is not in use */
    check_found(AIA_LEAKED, 80);

    set_up();
    uint32_t owner =
        (uint32_t)(q.irq - t.irqs); /* its descriptor is in use, but the interrupt is elsewhere */
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 80, 0, owner), AIA_OK);
    check_found(AIA_LEAKED, 80);

    set_up();
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 80, 0, 0xabcdef),
                     AIA_OK); /* there is no such descriptor */
    check_found(AIA_LEAKED, 80);
}

/* A vector that retires is no finding, however long the hart does not come to its reclaim. */
static void test_still_retiring(void **state)
{
    (void)state;
    for (unsigned posted = 0; posted < 2; posted++) {
        set_up();
        q.dev.msi.posted_limit = posted ? 500000 : 0;
        assert_int_equal(t_move(&q, 0), AIA_OK);
        assert_int_equal(t_audit(1), 0);
        m.now += T_FOREVER;
        assert_int_equal(t_audit(1), 0);
        m.hart[1].hold = false;
        m_pass(T_FOREVER);
        assert_int_equal(t_audit(1), 0);
        assert_int_equal(t.files[1].n_retiring, 0);
    }
}

static void reclaim(void)
{
    m_on(1);
    m.hart[1].irqs_on = false;
    aia_timer(&t.aia);
    m.hart[1].irqs_on = true;
    m_on(0);
}

/* A reclaim that fails: the writes to the file do not arrive. After a reclaim that does not fail the vector is free. */
static void test_retiring_long(void **state)
{
    (void)state;
    set_up();
    unsigned id = q.irq->vec.id;
    assert_int_equal(t_move(&q, 0), AIA_OK);
    m.hart[1].file.frozen = true;
    reclaim();
    assert_int_equal(t_reported(AIA_REPORT_SYNC_TIMEOUT), 1);
    check_found(AIA_RETIRING_LONG, id);
    m.hart[1].file.frozen = false;
    m_fabric_settle();
    reclaim();
    assert_int_equal(t_audit(1), 0);
    assert_true(t_is_free(1, id));
    assert_int_equal(t_move(&q, 1), AIA_OK); /* and a vector that retires after the failure is no finding */
    assert_int_equal(t_move(&q, 0), AIA_OK);
    assert_int_equal(t_audit(1), 0);
}

/* A reclaim that fails before time has proven the drain says nothing of this vector. */
static void test_retiring_posted(void **state)
{
    (void)state;
    set_up();
    unsigned id = q.irq->vec.id;
    q.dev.msi.posted_limit = T_FOREVER;
    assert_int_equal(t_move(&q, 0), AIA_OK);
    m.hart[1].file.frozen = true;
    reclaim();
    assert_int_equal(t_audit(1), 0);
    m.now += 2 * T_FOREVER;
    assert_int_equal(t_audit(1), 0);
    reclaim();
    check_found(AIA_RETIRING_LONG, id);
}

/* The hart's list of retiring vectors lacks the vector: no reclaim will find it. */
static void test_retiring_lost(void **state)
{
    (void)state;
    set_up();
    unsigned id = q.irq->vec.id;
    assert_int_equal(t_move(&q, 0), AIA_OK);
    t.files[1].retiring[id / AIA_WORD_BITS] &= ~((aia_word)1 << id % AIA_WORD_BITS);
    check_found(AIA_RETIRING_LONG, id);
}

static void test_retiring_leaked(void **state)
{
    (void)state;
    set_up();
    assert_int_equal(imsic_alloc_id(&t.aia.imsic, 1, 80, 0, 3), AIA_OK);
    t.slots[1][80] = imsic_slot(IMSIC_RETIRING, 3); /* descriptor 3 is not in use */
    check_found(AIA_LEAKED, 80);
    t.slots[1][80] = imsic_slot(IMSIC_RETIRING, 0xabcdef);
    check_found(AIA_LEAKED, 80);
}

/* The books of two interrupts name one vector: one of the books must be wrong, and the vector of the other is leaked. */
static void test_two_owners(void **state)
{
    static struct t_irq other;

    (void)state;
    set_up();
    t_irq(&other, AIA_MSI_PLAIN, 1);
    uint16_t left = other.irq->vec.id;
    other.irq->vec = q.irq->vec;
    other.dev.message.data = q.irq->vec.id;
    assert_int_equal(t_audit(1), 2);
    assert_int_equal(t.found[0], AIA_LEAKED);
    assert_int_equal(t.found_at[0].id, left);
    assert_int_equal(t.found[1], AIA_TWO_OWNERS);
    assert_int_equal(t.found_at[1].id, q.irq->vec.id);
    assert_int_equal(t_audit(0), 0);
}

static void test_message_free(void **state)
{
    (void)state;
    set_up();
    q.dev.message.data = 80;
    check_found(AIA_MESSAGE_FREE, 80);

    set_up();
    q.dev.message.addr =
        t.files[0]
            .msi_addr; /* the identity is free on the other hart too: the finding names the hart that the message names */
    assert_int_equal(t_audit(1), 1);
    assert_int_equal(t.found[0], AIA_MESSAGE_FREE);
    assert_int_equal(t.found_at[0].hart, 0);
    assert_int_equal(t.found_at[0].id, q.irq->vec.id);
}

static void test_message_elsewhere(void **state)
{
    static struct t_irq other;

    (void)state;
    set_up();
    unsigned id = q.irq->vec.id;
    t_irq(&other, AIA_MSI_PLAIN, 1);
    q.dev.message.data = other.irq->vec.id;
    check_found(AIA_MESSAGE_ELSEWHERE, id);
    q.dev.message.data = T_IPI;
    check_found(AIA_MESSAGE_ELSEWHERE, id);
    q.dev.message.data = 0;
    check_found(AIA_MESSAGE_ELSEWHERE, id);
    q.dev.message.data = 128; /* an identity that the file does not have */
    check_found(AIA_MESSAGE_ELSEWHERE, id);
    q.dev.message.data = id;
    assert_int_equal(t_audit(1), 0);
    q.dev.message.addr += 4;
    check_found(AIA_MESSAGE_ELSEWHERE, id);
}

/* A message that the device does not tell is no finding; a dead device was stopped. */
static void test_message_unread(void **state)
{
    (void)state;
    set_up();
    q.dev.message.data = 80;
    q.dev.mood = M_MUTE;
    assert_int_equal(t_audit(1), 0);
    q.dev.mood = M_WELL;
    q.irq->flow |= AIA_FLOW_DEAD;
    assert_int_equal(t_audit(1), 0);
    q.irq->flow &= ~AIA_FLOW_DEAD;
    check_found(AIA_MESSAGE_FREE, 80);
}

/* An interrupt that is shut down has no vector, and its device's message is not checked. */
static void test_message_stopped(void **state)
{
    (void)state;
    set_up();
    m.hart[1].hold = false;
    assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
    assert_int_equal(t_audit(1), 0);
}

static void test_count_wrong(void **state)
{
    (void)state;
    set_up();
    t.files[1].n_free++;
    check_found(AIA_COUNT_WRONG, 0);
}

static void test_delivery_off(void **state)
{
    (void)state;
    set_up();
    m.hart[1].file.eidelivery = 0;
    check_found(AIA_DELIVERY_OFF, 0);
}

static void test_quarantined_is_no_finding(void **state)
{
    (void)state;
    set_up();
    m.hart[1].hold = false;
    for (unsigned i = 0; i < T_STORM + 5; i++) {
        m_file_set(&m.hart[1].file, 100);
        m_settle();
    }
    assert_int_equal(m.n_reports, 1);
    assert_int_equal(t_audit(1), 0);
}

static void test_several(void **state)
{
    (void)state;
    set_up();
    m_file_set(&m.hart[1].file, 77);
    m_file_set(&m.hart[1].file, 127);
    m.hart[1].file.eidelivery = 0;
    assert_int_equal(t_audit(1), 3);
}

static void test_names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AIA_N_FINDINGS; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(aia_finding_name(i), aia_finding_name(k));
    assert_string_equal(aia_finding_name(AIA_N_FINDINGS), "unknown finding");
    for (int e = AIA_ECONTEXT; e <= AIA_OK; e++)
        assert_string_not_equal(aia_strerror(e), aia_strerror(1));
}

/* Only imsic_sync() sends sync_id. If a device sends it, the next sync consumes the device's message. */
static void test_sync_forged(void **state)
{
    (void)state;
    set_up();
    imsic_send(&t.aia.imsic, (struct imsic_vector){.hart = 1, .id = T_SYNC});
    m_settle();
    check_found(AIA_PENDING_UNOWNED, T_SYNC);
    m_on(1);
    unsigned long was = aia_port_irq_save();
    assert_int_equal(imsic_sync(&t.aia.imsic, &t.files[1]), AIA_OK);
    aia_port_irq_restore(was);
    m_on(0);
    assert_int_equal(t_audit(1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_pending_unowned),
        cmocka_unit_test(test_owned_disabled),
        cmocka_unit_test(test_free_disabled),
        cmocka_unit_test(test_ipi_disabled),
        cmocka_unit_test(test_leaked),
        cmocka_unit_test(test_still_retiring),
        cmocka_unit_test(test_count_wrong),
        cmocka_unit_test(test_delivery_off),
        cmocka_unit_test(test_quarantined_is_no_finding),
        cmocka_unit_test(test_retiring_long),
        cmocka_unit_test(test_retiring_posted),
        cmocka_unit_test(test_retiring_lost),
        cmocka_unit_test(test_retiring_leaked),
        cmocka_unit_test(test_two_owners),
        cmocka_unit_test(test_message_free),
        cmocka_unit_test(test_message_elsewhere),
        cmocka_unit_test(test_message_unread),
        cmocka_unit_test(test_message_stopped),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sync_forged),
    };

    return T_RUN(tests);
}
