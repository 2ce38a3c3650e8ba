/* SPDX-License-Identifier: BSD-2-Clause */
/* Multi-message MSIs in the books: request, free, counts and audit hold for each interrupt of a block, not only for the first. */
#include <string.h>

#include "imsic/vector.h"
#include "block_bench.h"

/* ---- room for it elsewhere ---- */

static unsigned n_asked;

static int may_enter(void *arg, unsigned hart, enum aia_hart_state next)
{
    (void)arg;
    (void)hart;
    n_asked += next == AIA_HART_CLOSED;
    return AIA_OK;
}

/* There is room for the whole block but its last: refused before any file is closed. The block is the last request ever made. */
static void test_no_room(void **state)
{
    (void)state;
    set_up(AIA_MSI_PLAIN, 0);
    t.aia.config.may_enter = may_enter;
    t_fill(0, 40);
    t_fill(2, 40);
    for (unsigned room = 2; room <= BLOCK; room++) {
        n_asked = 0;
        assert_int_equal(aia_hart_offline_begin(&t.aia, 1), AIA_ENOVEC);
        assert_int_equal(n_asked, room == BLOCK); /* then there is room, but not in a row */
        imsic_free(&t.aia.imsic, (struct imsic_vector){0, (uint16_t)(10 * room)});
    }
}

/* ---- request, and free ---- */

static int freed;

static void free_block(void *arg)
{
    (void)arg;
    freed = aia_irq_free(&t.aia, block);
}

static void hart_0_looks(void *arg)
{
    const struct imsic_vector *old = arg;

    for (unsigned i = 0; i < 3 && m_busy(0); i++)
        m_run(0);
    for (unsigned n = 0; freed == AIA_OK && n < BLOCK; n++)
        assert_true(t_is_free(1, old->id + n));
}

/* The free ends when the last interrupt has no vector, at whatever access of the reclaim the free looks. */
static void test_free_waits_for_each(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned k = 0; more; k++) {
        set_up(AIA_MSI_STORE, 0);
        struct imsic_vector old = block->vec;
        freed = 1;
        m_on(1);
        m.hart[1].irqs_on = false;
        m_spawn(0, free_block, NULL);
        m_run(0); /* the free has asked for the reclaim, and waits */
        t_at(k, true, hart_0_looks, &old);
        aia_port_irq_restore(1);
        more = t_at_done();
        m_settle();
        while (m_busy(0))
            m_run(0);
        assert_int_equal(freed, AIA_OK);
        t_check_books();
    }
}

static void test_free_gives_back_each(void **state)
{
    struct aia_irq *again;

    (void)state;
    set_up(AIA_MSI_STORE, 0);
    for (unsigned n = 1; n < BLOCK; n++)
        assert_int_equal(aia_irq_free(&t.aia, &block[n]), AIA_EINVAL);
    check_block();
    again = block;
    assert_int_equal(aia_irq_free(&t.aia, block), AIA_OK);
    for (unsigned n = 0; n < BLOCK; n++) {
        assert_false(again[n].used);
        assert_null(again[n].msi);
        assert_int_equal(again[n].vec.id, 0);
    }
    assert_int_equal(request_block(0), AIA_OK);
    assert_ptr_equal(block, again);
    check_block();
}

/* A block takes a row of unused descriptors, which does not end after the last descriptor. */
static void test_descriptors(void **state)
{
    static struct t_irq single[3], next[2];
    struct aia_request r = {.affinity = {{1}}, .order = ORDER};

    (void)state;
    set_up(AIA_MSI_STORE, 0);
    for (unsigned i = 0; i < 3; i++)
        t_irq(&single[i], AIA_MSI_STORE, 0);
    assert_int_equal(aia_irq_free(&t.aia, single[1].irq), AIA_OK); /* a gap of one */
    for (unsigned i = 0; i < 2; i++) {
        memset(&next[i], 0, sizeof(next[i]));
        m_dev_init(&next[i].dev, AIA_MSI_STORE);
    }
    assert_int_equal(t_request_as(&next[0], r), AIA_OK);
    assert_int_equal(next[0].irq - block, BLOCK + 3);
    t.aia.config.n_irqs = BLOCK + 3 + BLOCK + BLOCK - 1;
    assert_int_equal(t_request_as(&next[1], r), AIA_EINVAL);
    t.aia.config.n_irqs++;
    assert_int_equal(t_request_as(&next[1], r), AIA_OK);
    check_block();
}

/* Each interrupt is disabled, keeps its edge and sends it again by itself. */
static void test_disable_one(void **state)
{
    (void)state;
    for (unsigned off = 0; off < BLOCK; off++) {
        set_up(AIA_MSI_MASKABLE, 0);
        aia_irq_disable(&t.aia, &block[off]);
        raise_block(NULL);
        m_settle();
        for (unsigned n = 0; n < BLOCK; n++)
            assert_int_equal(runs[n], n != off);
        assert_int_equal(move_to(2), AIA_OK);
        aia_irq_enable(&t.aia, &block[off]);
        check_block();
    }
}

/* ---- the audit ---- */

static bool was_found(enum aia_finding what, unsigned id)
{
    unsigned n = t_audit(1);

    for (unsigned i = 0; i < n; i++)
        if (t.found[i] == what && t.found_at[i].id == id)
            return true;
    return false;
}

/* The block is the last request ever made: the audit looks at each of its interrupts. */
static void test_audit(void **state)
{
    (void)state;
    for (unsigned n = 0; n < BLOCK; n++) {
        set_up(AIA_MSI_STORE, 0);
        unsigned id = block->vec.id + n;
        uint32_t slot = t.slots[1][id];
        t.slots[1][id] = imsic_slot(IMSIC_OWNED, block->number + BLOCK);
        assert_true(was_found(AIA_TWO_OWNERS, id));
        assert_true(was_found(AIA_LEAKED, id));
        t.slots[1][id] = slot;
        block[n].vec.id = 60;
        assert_true(was_found(AIA_LEAKED, id));
        block[n].vec.id = (uint16_t)id;
        m.hart[1].file.eie[0] &= ~(1ull << id);
        assert_true(was_found(AIA_OWNED_DISABLED, id));
        m.hart[1].file.eie[0] |= 1ull << id;
        check_block();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_free_waits_for_each),
        cmocka_unit_test(test_free_gives_back_each),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_disable_one),
        cmocka_unit_test(test_audit),
    };

    return T_RUN(tests);
}
