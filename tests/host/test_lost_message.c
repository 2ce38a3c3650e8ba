/* SPDX-License-Identifier: BSD-2-Clause */
/* A device has lost its message, and no call has reported that: a move returns an error by name, and no hart is kept online. */
#include "imsic/vector.h"
#include "lose.h"

static struct t_irq q;

/* The move returns AIA_ECHANGED, and nothing has changed but what a failed move restores: both halves of the message. */
static void test_move_says_changed(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    lose(&q, LOSE_MESSAGE);
    assert_int_equal(t_move(&q, 0), AIA_ECHANGED);
    assert_string_equal(aia_strerror(AIA_ECHANGED), "the device's message is not what it was given");
    assert_int_equal(q.irq->vec.hart, 1);
    assert_int_equal(t_reported(AIA_REPORT_CHANGED), 1);
    assert_ptr_equal(m.reports[0].irq, q.irq);
    assert_int_equal(m.reports[0].vec.hart, 1);
    lose_check_message(&q); /* both halves */
    lose_check_works(&q);
    assert_int_equal(t_move(&q, 0), AIA_OK);
    t_check_books();
}

static const struct aia_message strange[] = {{0}, {0x1000, 0}, {0x123456789000, 5}, {0xfffffffc, 0xffff}};
#define N_STRANGE (sizeof(strange) / sizeof(strange[0]))

/* Whatever message the device holds and takes, the hart goes offline, if the message does not name the hart. */
static void test_offline(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++)
        for (unsigned i = 0; i < N_STRANGE; i++)
            for (unsigned stale = 0; stale < 2; stale++) {
                t_machine(3, 63);
                t_irq(&q, (enum aia_msi_kind)kind, 1);
                lose(&q, LOSE_ALL);
                q.dev.message = strange[i];
                if (kind == AIA_MSI_PLAIN) /* a move does not write the upper half of its address */
                    q.dev.message.addr &= UINT32_MAX;
                q.dev.mood = stale ? M_STALE : M_WELL;
                assert_int_equal(t_offline(1, 0), AIA_OK);
                assert_int_not_equal(q.irq->vec.hart, 1);
                assert_true(t_reported(AIA_REPORT_CHANGED) || (!stale && kind != AIA_MSI_PLAIN));
                q.dev.mood = M_WELL;
                assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
                lose_check_message(&q);
                lose_check_works(&q);
                assert_int_equal(t_online_again(1, 0), 0);
                assert_int_equal(aia_irq_free(&t.aia, q.irq), AIA_OK);
                t_check_books();
            }
}

/* A device that was reset and takes its message has it after the offline, without another call. */
static void test_offline_restores(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    lose(&q, LOSE_ALL);
    assert_int_equal(t_offline(1, 0), AIA_OK);
    assert_int_equal(t_reported(AIA_REPORT_CHANGED), 1);
    lose_check_message(&q);
    lose_check_works(&q);
}

/* The device takes no message, and may still send to the hart: the hart stays. */
static void test_stale_names_the_hart(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        t_machine(2, 63);
        t_irq(&q, (enum aia_msi_kind)kind, 1);
        q.dev.mood = M_STALE;
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ECHANGED);
        assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
        lose_check_works(&q);
        q.dev.mood = M_WELL;
        assert_int_equal(t_offline(1, 0), AIA_OK);
        lose_check_works(&q);
    }
}

/* The device is reset between offline_begin and offline_finish, and at any access of both. */
static void lose_all(void *arg)
{
    (void)arg;
    lose(&q, LOSE_ALL);
}

static void test_lost_while_leaving(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < T_KINDS; kind++) {
        bool more = true;
        for (unsigned k = 0; more; k++) {
            t_machine(2, 63);
            t_irq(&q, (enum aia_msi_kind)kind, 1);
            t_at(k, false, lose_all, NULL);
            assert_int_equal(t_offline(1, 0), AIA_OK);
            more = t_at_done();
            assert_int_equal(aia_irq_restore(&t.aia, q.irq), AIA_OK);
            lose_check_message(&q);
            lose_check_works(&q);
        }
    }
}

/* In offline_finish, where nothing may wait. */
static void test_offline_finish(void **state)
{
    (void)state;
    t_machine(2, 63);
    t_irq(&q, AIA_MSI_PLAIN, 1);
    lose(&q, LOSE_ALL);
    imsic_close(&t.aia.imsic, 1);
    t.harts[1].state = AIA_HART_EVACUATED;
    assert_int_equal(t_offline_finish(1, 0), AIA_OK);
    assert_int_equal(t_reported(AIA_REPORT_CHANGED), 1);
    lose_check_message(&q);
    lose_check_works(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_move_says_changed),  cmocka_unit_test(test_offline),
        cmocka_unit_test(test_offline_restores),   cmocka_unit_test(test_stale_names_the_hart),
        cmocka_unit_test(test_lost_while_leaving), cmocka_unit_test(test_offline_finish),
    };

    return T_RUN(tests);
}
