/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-message MSIs that move: what happens to the first interrupt of a block happens to each of the others. */
#include "imsic/vector.h"
#include "block_bench.h"

static struct t_irq other;

/* ---- harts ---- */

static void test_goes_and_comes_back(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 3; kind++)
        for (unsigned lag = 0; lag < 2; lag++) {
            bool more = true;
            for (unsigned k = 0; more; k++) {
                set_up((enum aia_msi_kind)kind, lag ? M_NEVER : 0);
                struct imsic_stats before = t_stats();
                t_at(k, true, raise_block, NULL);
                assert_int_equal(t_offline(1, 0), AIA_OK);
                more = t_at_done();
                assert_int_equal(t.files[1].n_free, 61);
                check_block();
                assert_int_equal(t_online_again(1, 0), 0);
                assert_int_equal(aia_hart_online_finish(&t.aia, 1, AIA_DISPLACED_RETURN), AIA_OK);
                assert_int_equal(block->vec.hart, 1);
                check_block();
                t_same_stats(before);
            }
        }
}

/* There are enough free identities for the block, but not in a row: the hart stays online, and nothing has changed. */
static void test_no_row(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 0);
    for (unsigned h = 0; h < 3; h += 2) {
        t_fill(h, 0);
        for (unsigned id = 8; id < 56; id += 4)
            imsic_free(&t.aia.imsic, (struct imsic_vector){(uint16_t)h, (uint16_t)id});
    }
    struct imsic_stats before = t_stats();
    assert_int_equal(t_offline(1, 0), AIA_ENOVEC);
    assert_int_equal(t.harts[1].state, AIA_HART_ONLINE);
    assert_int_equal(block->vec.hart, 1);
    t_same_stats(before);
    t_unfill(0);
    t_unfill(2);
    check_block();
}

/* ---- moves ---- */

/*
 * On hart 1, others own 3 and 8, and the block owns 4 to 7. On hart 2 only 8 to 11 are free. So a move there tears the
 * message. It then names on hart 1 identity 8, which `other` owns, or one of 9 to 11, which are unowned.
 */
static void set_up_torn(void)
{
    static struct t_irq third;

    set_up(AIA_MSI_PLAIN, 0);
    t_irq(&third, AIA_MSI_PLAIN, 1);
    t_irq(&other, AIA_MSI_PLAIN, 1);
    assert_int_equal(block->vec.id, 4);
    assert_int_equal(other.irq->vec.id, 8);
    t_fill(2, 0);
    for (unsigned id = 8; id < 12; id++)
        imsic_free(&t.aia.imsic, (struct imsic_vector){2, (uint16_t)id});
    m_on(1);
}

static unsigned member;

static void raise_member_half_way(const struct m_event *e, void *arg)
{
    (void)arg;
    if (e->kind != M_DEVICE || e->what != M_ADDR || sent[member])
        return;
    raise_one(member);
}

static void test_torn(void **state)
{
    (void)state;
    for (member = 0; member < BLOCK; member++) {
        set_up_torn();
        m.hook = raise_member_half_way;
        assert_int_equal(move_to(2), AIA_OK);
        m.hook = NULL;
        assert_int_equal(t.aia.updates[AIA_UPDATE_TORN], 1);
        assert_int_equal(t.aia.torn_copies, 1);
        assert_false(member && m_pending(1, 8 + member));
        check_handled();
        assert_int_equal(sent[member], 1);
        assert_int_equal(other.runs, member == 0);
        assert_int_equal(unowned(), 0);
        t_unfill(2);
        check_block();
    }
}

/* The device does not answer: edges of half-changed messages are forwarded to each interrupt, and the block stays. */
static void test_torn_undone(void **state)
{
    (void)state;
    for (member = 0; member < BLOCK; member++) {
        set_up_torn();
        multi.mood = M_MUTE;
        m.hook = raise_member_half_way;
        assert_int_equal(move_to(2), AIA_ESILENT);
        m.hook = NULL;
        check_handled();
        assert_int_equal(sent[member], 1);
        assert_int_equal(unowned(), 0);
        multi.mood = M_WELL;
        t_unfill(2);
        check_block();
    }
}

/* An undone move of each kind leaves each interrupt where it was, and the vectors that were taken for each are free again. */
static void test_undone(void **state)
{
    static const enum aia_msi_kind kinds[] = {AIA_MSI_PLAIN, AIA_MSI_MASKABLE, AIA_MSI_STORE};

    (void)state;
    for (unsigned i = 0; i < 3; i++)
        for (unsigned common = 0; common < 2; common++) {
            set_up(kinds[i], 0);
            struct imsic_stats before = t_stats();
            if (common) /* the identity is not free there: a plain device needs another */
                imsic_alloc_id(&t.aia.imsic, 2, block->vec.id, 0, T_FILLER);
            multi.mood = M_MUTE;
            assert_int_equal(move_to(2), AIA_ESILENT);
            multi.mood = M_WELL;
            for (unsigned n = 0; n < BLOCK; n++) {
                assert_int_equal(block[n].vec.hart, 1);
                assert_int_equal(block[n].vec.id, block->vec.id + n);
            }
            t_unfill(2);
            check_block();
            t_same_stats(before);
        }
}

/* If only time drains the device, an edge is sent for each message that may have been lost. */
static void test_posted(void **state)
{
    static const enum aia_msi_kind kinds[] = {AIA_MSI_PLAIN, AIA_MSI_MASKABLE, AIA_MSI_STORE};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        set_up(kinds[i], 0);
        assert_int_equal(aia_irq_free(&t.aia, block), AIA_OK);
        assert_int_equal(request_block(1000), AIA_OK);
        struct imsic_vector old = block->vec;
        assert_int_equal(move_to(2), AIA_OK);
        m_settle();
        for (unsigned n = 0; n < BLOCK; n++)
            assert_int_equal(runs[n], 1);
        assert_int_equal(block->count.resent, BLOCK);
        for (unsigned n = 0; n < BLOCK; n++) /* these edges are under way all the time */
            sent[n]++, m_fabric_post(m.hart[1].msi_addr, old.id + n);
        check_handled();
        m_pass(T_FOREVER);
        for (unsigned n = 0; n < BLOCK; n++)
            assert_true(t_is_free(1, old.id + n));
        check_block();
    }
}

/* Whichever interrupt is named, all move, and the retired vector of each forwards to where that interrupt is. */
static void test_each_retires(void **state)
{
    (void)state;
    for (unsigned named = 0; named < BLOCK; named++) {
        struct aia_hartset set = aia_hartset_one(2);
        set_up(AIA_MSI_STORE, 0);
        struct imsic_vector old = block->vec;
        assert_int_equal(aia_irq_set_affinity(&t.aia, &block[named], &set), AIA_OK);
        for (unsigned n = 0; n < BLOCK; n++) {
            assert_int_equal(t.slots[1][old.id + n], imsic_slot(IMSIC_RETIRING, block->number + n));
            assert_int_equal(block[n].n_retiring, 1);
            assert_int_equal(block[n].vec.hart, 2);
            sent[n]++;
            m_fabric_post(m.hart[1].msi_addr, old.id + n);
        }
        check_handled();
        assert_int_equal(block_hart, 2);
        check_block();
        assert_int_equal(block[BLOCK - 1].n_retiring, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goes_and_comes_back),
        cmocka_unit_test(test_no_row),
        cmocka_unit_test(test_torn),
        cmocka_unit_test(test_torn_undone),
        cmocka_unit_test(test_undone),
        cmocka_unit_test(test_posted),
        cmocka_unit_test(test_each_retires),
    };

    return T_RUN(tests);
}
