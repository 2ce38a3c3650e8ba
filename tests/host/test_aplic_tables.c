/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each write does in each source mode and delivery mode, register by register: AdvPLIC.adoc, "Source
 * configurations" and "Precise effects on interrupt-pending bits" as tables. The driver and the model rely on these: each
 * row is a sentence of the specification.
 */
#include "wires.h"

static struct am d;

enum { INACTIVE, DETACHED, EDGE1 = 4, EDGE0, LEVEL1, LEVEL0 };
static const uint32_t active[] = {DETACHED, EDGE1, EDGE0, LEVEL1, LEVEL0};

#define SRC 33u /* its bit is in the second word of every array */

static bool pending(void)
{
    bool one = am_read(&d, 0x1c04) >> 1 & 1;

    assert_int_equal(one, d.source[SRC].pending);
    return one;
}

/* Put the source in `mode` with its rectified input at `up`; it is not pending and not enabled. */
static void begin(bool msi, uint32_t mode, bool up)
{
    uint16_t ids[] = {63};

    m_reset(1, ids);
    am_init(&d, 64, 0, 0, 1);
    am_write(&d, 0, 0x80000000 | (msi ? 4 : 0));
    for (unsigned i = 1; i <= 64; i++)
        am_write(&d, i * 4, INACTIVE); /* clears pending and enable */
    d.n_way = 0;
    am_wire(&d, SRC, up != (mode & 1 && mode >= 4));
    am_write(&d, SRC * 4, mode);
    am_write(&d, 0x1ddc, SRC);
}

/* The four ways to write a pending bit. */
static void set(bool by_number)
{
    am_write(&d, by_number ? 0x1cdc : 0x1c04, by_number ? SRC : 2);
}

static void clear(bool by_number)
{
    am_write(&d, by_number ? 0x1ddc : 0x1d04, by_number ? SRC : 2);
}

/* set, cleared: whether a write can set the bit with the input low or high; whether a write can clear it with the input high. */
static const struct row {
    bool msi;
    uint32_t mode;
    bool set_low, set_high, follows, clears_high;
} rows[] = {
    {false, DETACHED, true, true, false, true}, {true, DETACHED, true, true, false, true},
    {false, EDGE1, true, true, false, true},    {true, EDGE1, true, true, false, true},
    {false, EDGE0, true, true, false, true},    {true, EDGE0, true, true, false, true},
    {false, LEVEL1, false, true, true, false},  {true, LEVEL1, false, true, false, true},
    {false, LEVEL0, false, true, true, false},  {true, LEVEL0, false, true, false, true},
};
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static void writes_set_and_clear(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_ROWS; i++)
        for (unsigned by = 0; by < 2; by++) {
            const struct row *r = &rows[i];
            begin(r->msi, r->mode, false);
            set(by);
            assert_int_equal(pending(), r->set_low);
            clear(by);
            assert_false(pending());
            begin(r->msi, r->mode, true);
            assert_int_equal(pending(), r->follows); /* a direct level's bit is a copy of the input */
            set(by);
            assert_int_equal(pending(), r->set_high);
            clear(by);
            assert_int_equal(pending(), !r->clears_high);
        }
}

static void transitions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_ROWS; i++) {
        const struct row *r = &rows[i];
        bool inverted = r->mode == EDGE0 || r->mode == LEVEL0, level = r->mode >= LEVEL1;
        begin(r->msi, r->mode, false);
        am_wire(&d, SRC, !inverted);
        assert_int_equal(pending(), r->mode != DETACHED);
        am_wire(&d, SRC, inverted);
        assert_int_equal(pending(),
                         r->mode != DETACHED && !level); /* a level's bit is cleared when the line falls */
    }
}

/* "A read of an in_clrip register returns the rectified input values": zero if inactive or Detached. */
static void rectified_inputs(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++)
        for (unsigned up = 0; up < 2; up++) {
            begin(true, active[i], up);
            assert_int_equal(am_read(&d, 0x1d04), active[i] >= EDGE1 && up ? 2 : 0);
            am_write(&d, SRC * 4, INACTIVE);
            assert_int_equal(am_read(&d, 0x1d04), 0);
        }
}

/* "Whenever an interrupt source is inactive" its pending, enable and target are read-only zero. */
static void inactive_is_read_only(void **state)
{
    (void)state;
    begin(true, INACTIVE, true);
    set(true);
    set(false);
    am_write(&d, 0x1edc, SRC);
    am_write(&d, 0x1e04, 2);
    am_write(&d, 0x3000 + 4 * SRC, 5);
    assert_false(pending());
    assert_int_equal(am_read(&d, 0x1e04), 0);
    assert_int_equal(am_read(&d, 0x3000 + 4 * SRC), 0);
    am_write(&d, SRC * 4, 0x400 | 3); /* a leaf cannot delegate */
    assert_int_equal(am_read(&d, SRC * 4), 0);
}

/* "An MSI is sent only when pending, enabled and IE; when it is, the pending bit is cleared." */
static void forwarding(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 5; i++) {
        begin(true, active[i], false);
        am_write(&d, 0x3000 + 4 * SRC, 7);
        am_wire(&d, SRC, active[i] % 2 == 0);
        assert_true(pending() && d.n_way == 0);
        am_write(&d, 0x1edc, SRC);
        assert_true(pending() && d.n_way == 0);
        d.lag = M_NEVER;
        am_write(&d, 0, 0x80000104);
        assert_true(!pending() && d.n_way == 1 && d.way[0].id == 7);
        am_write(&d, 0, 0x80000104);
        assert_int_equal(d.n_way, 1); /* the line is up, and ignored */
        set(true);
        assert_int_equal(d.n_way, 2);
    }
}

/* "Claim top interrupt": an edge's pending bit is cleared, a level's is not while it is up. */
static void claims(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        begin(false, active[i], false);
        am_write(&d, 0x3000 + 4 * SRC, 9);
        am_write(&d, 0x1edc, SRC);
        am_write(&d, 0x4008, 0);
        am_write(&d, 0x4004, 1);
        am_wire(&d, SRC, active[i] % 2 == 0);
        set(true);
        assert_int_equal(am_read(&d, 0x4018), SRC << 16 | 9);
        assert_int_equal(am_read(&d, 0x401c), SRC << 16 | 9);
        assert_int_equal(pending(), active[i] >= LEVEL1);
        assert_int_equal(am_read(&d, 0x4004), 1);
        am_write(&d, SRC * 4, INACTIVE);
        assert_int_equal(am_read(&d, 0x401c), 0);
        assert_int_equal(am_read(&d, 0x4004), 0); /* a claim of nothing clears iforce */
        assert_true(am_read(&d, 0x4018) == 0);
    }
}

/* "ithreshold", and the order of equal priorities; a priority of 0 becomes 1. */
static void priorities(void **state)
{
    (void)state;
    begin(false, DETACHED, false);
    am_write(&d, 34 * 4, DETACHED);
    am_write(&d, 0x3000 + 4 * SRC, 0);
    am_write(&d, 0x3000 + 4 * 34, 1);
    am_write(&d, 0x1e04, 6);
    am_write(&d, 0x1c04, 6);
    am_write(&d, 0x4008, 0);
    assert_int_equal(am_read(&d, 0x4018), SRC << 16 | 1);
    am_write(&d, 0x3000 + 4 * SRC, 3);
    assert_int_equal(am_read(&d, 0x4018), 34 << 16 | 1);
    am_write(&d, 0x4008, 1);
    assert_int_equal(am_read(&d, 0x4018), 0);
    am_write(&d, 0x4008, 2);
    assert_int_equal(am_read(&d, 0x4018), 34 << 16 | 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_set_and_clear), cmocka_unit_test(transitions),
        cmocka_unit_test(rectified_inputs),     cmocka_unit_test(inactive_is_read_only),
        cmocka_unit_test(forwarding),           cmocka_unit_test(claims),
        cmocka_unit_test(priorities),
    };

    return T_RUN(tests);
}
