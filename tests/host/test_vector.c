/* SPDX-License-Identifier: BSD-2-Clause */
/* The vector allocator against a simple reference: an array of owners, searched from the bottom. */
#include "imsic/vector.h"
#include <string.h>

#include "fixture.h"

#define UNOWNED 0u /* owners in the reference are owner + 1 */

static const uint16_t sizes[] = {63, 127, 255, 2047};
#define N 4u

static struct {
    uint32_t owner[N][IMSIC_MAX_IDS + 1];
    bool quarantined[N][IMSIC_MAX_IDS + 1];
    bool open[N];
} ref;

static struct imsic *im;

static void setup(void)
{
    memset(&ref, 0, sizeof(ref));
    t_prepare(N, sizes);
    t_init();
    im = &t.aia.imsic;
    m.slots = m.slots_end = NULL;
}

static void set_open(unsigned hart, bool open)
{
    if (open)
        imsic_open(im, hart);
    else
        imsic_close(im, hart);
    ref.open[hart] = open;
}

/* ---- the reference ---- */

static bool ref_free(unsigned hart, unsigned id)
{
    return id >= 1 && id <= sizes[hart] && id != T_IPI && id != T_SYNC && ref.owner[hart][id] == UNOWNED &&
           !ref.quarantined[hart][id];
}

static bool ref_block_free(unsigned hart, unsigned id, unsigned n)
{
    unsigned i = 0;

    while (i < n && ref_free(hart, id + i))
        i++;
    return i == n;
}

static unsigned ref_find(unsigned hart, unsigned order)
{
    unsigned n = 1u << order;

    for (unsigned id = 0; ref.open[hart] && id + n <= sizes[hart] + 1u; id += n)
        if (ref_block_free(hart, id, n))
            return id;
    return 0;
}

static unsigned ref_find_common(unsigned from, unsigned to, unsigned order)
{
    unsigned n = 1u << order;

    for (unsigned id = 0; ref.open[to] && id + n <= sizes[from] + 1u; id += n)
        if (ref_block_free(from, id, n) && ref_block_free(to, id, n))
            return id;
    return 0;
}

static unsigned ref_n_free(unsigned hart)
{
    unsigned n = 0;

    for (unsigned id = 1; id <= sizes[hart]; id++)
        n += ref_free(hart, id);
    return n;
}

static void ref_take(unsigned hart, unsigned first, unsigned n, uint32_t owner)
{
    for (unsigned i = 0; i < n; i++)
        ref.owner[hart][first + i] = owner + i + 1;
}

/* ---- random operations ---- */

static void alloc_block(unsigned hart, unsigned order, uint32_t owner)
{
    struct imsic_vector v = {0xffff, 0xffff};
    unsigned want = ref_find(hart, order);
    int error = imsic_alloc(im, hart, order, owner, &v);

    assert_int_equal(error, want ? AIA_OK : AIA_ENOVEC);
    assert_int_equal(v.id, want ? want : 0xffff);
    assert_int_equal(v.hart, want ? hart : 0xffff);
    ref_take(hart, want, want ? 1u << order : 0, owner);
}

static void alloc_id(unsigned hart, unsigned id, unsigned order, uint32_t owner)
{
    unsigned n = 1u << order;
    int want = id < 1 || id > IMSIC_MAX_IDS || id % n          ? AIA_EINVAL
               : ref.open[hart] && ref_block_free(hart, id, n) ? AIA_OK
                                                               : AIA_ENOVEC;

    assert_int_equal(imsic_alloc_id(im, hart, id, order, owner), want);
    if (!want)
        ref_take(hart, id, n, owner);
}

static void alloc_common(unsigned from, unsigned to, unsigned order, uint32_t owner)
{
    unsigned want = from == to ? 0 : ref_find_common(from, to, order);
    uint16_t id = 0xffff;
    int error = imsic_alloc_common(im, from, to, order, owner, &id);

    assert_int_equal(error, want ? AIA_OK : from == to ? AIA_EINVAL : AIA_ENOVEC);
    assert_int_equal(id, want ? want : 0xffff);
    ref_take(from, want, want ? 1u << order : 0, owner);
    ref_take(to, want, want ? 1u << order : 0, owner);
}

/* Free, quarantine or unquarantine the first identity from `id` up that is in the state for it. */
static void change(unsigned hart, unsigned id, unsigned what)
{
    for (; id >= 1 && id <= sizes[hart]; id++) {
        struct imsic_vector v = {(uint16_t)hart, (uint16_t)id};
        if (what == 0 && ref.owner[hart][id] != UNOWNED) {
            imsic_free(im, v);
            ref.owner[hart][id] = UNOWNED;
            return;
        } else if (what == 1) { /* if the identity has an owner by now, or is internal, nothing changes */
            imsic_quarantine(im, v);
            ref.quarantined[hart][id] |= ref_free(hart, id);
            return;
        } else if (what == 2 && ref.quarantined[hart][id]) {
            imsic_unquarantine(im, v);
            ref.quarantined[hart][id] = false;
            return;
        }
    }
}

static void check_least_loaded(uint64_t bits, unsigned order)
{
    struct aia_hartset set = {{bits}};
    unsigned best = 0, hart = 99, want = 99;
    int error = AIA_ENOHART;

    for (unsigned h = 0; h < N; h++) {
        if (!(bits >> h & 1) || !ref.open[h])
            continue;
        error = error == AIA_ENOHART ? AIA_ENOVEC : error;
        if (ref_find(h, order) && ref_n_free(h) > best) {
            best = ref_n_free(h);
            want = h;
            error = AIA_OK;
        }
    }
    assert_int_equal(imsic_least_loaded(im, &set, order, &hart), error);
    assert_int_equal(hart, want);
}

/* Compare every slot and every count. */
static void check_all(void)
{
    struct imsic_stats stats, want = {{0}};

    for (unsigned h = 0; h < N; h++) {
        unsigned elsewhere = 0;
        assert_int_equal(t.files[h].n_free, ref_n_free(h));
        for (unsigned other = 0; other < N; other++)
            elsewhere += other != h && ref.open[other] ? ref_n_free(other) : 0;
        assert_int_equal(imsic_room_elsewhere(im, h), elsewhere);
        for (unsigned id = 1; id <= sizes[h]; id++) {
            uint32_t slot = t.slots[h][id];
            enum imsic_state state = ref.owner[h][id]              ? IMSIC_OWNED
                                     : ref.quarantined[h][id]      ? IMSIC_QUARANTINED
                                     : id == T_IPI || id == T_SYNC ? IMSIC_INTERNAL
                                                                   : IMSIC_FREE;
            want.n[state]++;
            assert_int_equal(imsic_slot_state(slot), state);
            if (state == IMSIC_OWNED)
                assert_int_equal(imsic_slot_owner(slot) + 1, ref.owner[h][id]);
        }
    }
    aia_vector_stats(&t.aia, &stats);
    assert_memory_equal(&stats, &want, sizeof(want));
}

static void random_operation(uint64_t *seed)
{
    uint64_t r = t_random(seed);
    unsigned hart = r % N, other = r >> 8 & 3, order = (unsigned)(r >> 10 & 7) % 6;
    unsigned id = (unsigned)(r >> 16 & 0xfff) % (sizes[hart] + 3u);
    uint32_t owner = (uint32_t)(r >> 32) % 1000;

    switch (r >> 28 & 15) {
    case 0:
    case 1:
    case 2:
        alloc_block(hart, 0, owner);
        break;
    case 3:
    case 4:
        alloc_id(hart, id, r >> 48 & 1 ? order : 0, owner);
        break;
    case 5:
    case 6:
        alloc_block(hart, order, owner);
        break;
    case 7:
    case 8:
        alloc_common(hart, other, r >> 48 & 1 ? order : 0, owner);
        break;
    case 9:
        set_open(hart, r >> 40 & 7);
        break;
    case 10:
        change(hart, id, 1);
        break;
    case 11:
        change(hart, id, 2);
        break;
    default:
        change(hart, id, 0);
    }
    if ((r >> 48) % 64 == 0)
        check_least_loaded(r >> 56, order);
}

static void random_operations(uint64_t seed, unsigned n)
{
    setup();
    for (unsigned h = 0; h < N; h++)
        set_open(h, true);
    for (unsigned i = 0; i < n; i++) {
        random_operation(&seed);
        if (i % 8192 == 0)
            check_all();
    }
    check_all();
}

static void test_random(void **state)
{
    (void)state;
    random_operations(1, 120000);
    random_operations(2, 120000);
}

/* A nearly full allocator, where rows are rare and words empty. */
static void test_random_full(void **state)
{
    uint64_t seed = 3;

    (void)state;
    setup();
    for (unsigned h = 0; h < N; h++) {
        set_open(h, true);
        for (unsigned id = 1; id <= sizes[h]; id++)
            if (ref_free(h, id))
                alloc_id(h, id, 0, 7);
    }
    check_all();
    for (unsigned i = 0; i < 60000; i++) {
        random_operation(&seed);
        if (i % 4096 == 0)
            check_all();
    }
    check_all();
}

/* ---- single cases ---- */

static void test_alignment(void **state)
{
    (void)state;
    setup();
    set_open(1, true);
    for (unsigned order = 0; order <= IMSIC_MAX_ORDER; order++) {
        struct imsic_vector v;
        assert_int_equal(imsic_alloc(im, 1, order, 1, &v), AIA_OK);
        assert_int_equal(v.id % (1u << order), 0);
    }
}

static void test_invalid(void **state)
{
    struct imsic_vector v = {9, 9};
    uint16_t id = 9;

    (void)state;
    setup();
    set_open(0, true);
    set_open(1, true);
    assert_int_equal(imsic_alloc(im, N, 0, 1, &v), AIA_EINVAL);
    assert_int_equal(imsic_alloc(im, 0, IMSIC_MAX_ORDER + 1, 1, &v), AIA_EINVAL);
    assert_int_equal(imsic_alloc_id(im, 0, 0, 0, 1), AIA_EINVAL);
    assert_int_equal(imsic_alloc_id(im, 0, IMSIC_MAX_IDS + 1, 0, 1), AIA_EINVAL);
    assert_int_equal(imsic_alloc_id(im, 0, 64, 0, 1), AIA_ENOVEC); /* only hart 1 has this identity */
    assert_int_equal(imsic_alloc_id(im, N, 3, 0, 1), AIA_EINVAL);
    assert_int_equal(imsic_alloc_common(im, 0, 0, 0, 1, &id), AIA_EINVAL);
    assert_int_equal(imsic_alloc_common(im, 0, N, 0, 1, &id), AIA_EINVAL);
    assert_int_equal(v.hart, 9);
    assert_int_equal(id, 9);
    check_all();
}

static void test_reserved_never_given(void **state)
{
    struct imsic_vector v;

    (void)state;
    setup();
    set_open(0, true);
    assert_int_equal(imsic_alloc_id(im, 0, T_IPI, 0, 1), AIA_ENOVEC);
    assert_int_equal(imsic_alloc_id(im, 0, T_SYNC, 0, 1), AIA_ENOVEC);
    for (unsigned i = 0; i < 61; i++) {
        assert_int_equal(imsic_alloc(im, 0, 0, 1, &v), AIA_OK);
        assert_true(v.id != 0 && v.id != T_IPI && v.id != T_SYNC);
    }
    assert_int_equal(imsic_alloc(im, 0, 0, 1, &v), AIA_ENOVEC);
}

/* A common identity may be taken on a closed hart that the interrupt leaves, but not on a closed hart to which it moves. */
static void test_common_from_closed(void **state)
{
    uint16_t id;

    (void)state;
    setup();
    set_open(1, true);
    assert_int_equal(imsic_alloc_common(im, 0, 1, 0, 1, &id), AIA_OK);
    assert_int_equal(imsic_alloc_common(im, 1, 0, 0, 1, &id), AIA_ENOVEC);
}

static int init_with(uint16_t ids, uint16_t ipi, uint16_t sync)
{
    t_prepare(1, &ids);
    t.config.ipi_id = ipi;
    t.config.sync_id = sync;
    return aia_init(&t.aia, &t.config);
}

static void test_init_invalid(void **state)
{
    (void)state;
    assert_int_equal(init_with(63, 1, 2), AIA_OK);
    assert_int_equal(init_with(63, 63, 62), AIA_OK);
    assert_int_equal(init_with(63, 1, 1), AIA_EINVAL);
    assert_int_equal(init_with(63, 0, 2), AIA_EINVAL);
    assert_int_equal(init_with(63, 64, 2), AIA_EINVAL);
    assert_int_equal(init_with(63, 1, 64), AIA_EINVAL);
    t_prepare(1, &sizes[0]);
    t.config.n_irqs = IMSIC_NO_OWNER;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
    t_prepare(1, &sizes[0]);
    t.config.n_irqs = 0;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
    t_prepare(1, &sizes[0]);
    t.config.n_harts = 0;
    assert_int_equal(aia_init(&t.aia, &t.config), AIA_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_random_full),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_reserved_never_given),
        cmocka_unit_test(test_common_from_closed),
        cmocka_unit_test(test_init_invalid),
    };

    return T_RUN(tests);
}
