/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where memory is free: the lists of regions, which stay sorted and separate whatever is added, checked against a map of bytes;
 * and machine_place(), which says whether an image may lie at an address, on trees of dts/good to which the test adds nodes.
 */
#include "blob.h"
#include "platform/discover.h"

/* --- the lists --- */

#define SPACE 256u

/* Check that the list has all of `want`; with `exact`, nothing more. */
static void check_list(const bool *want, bool exact)
{
    bool got[SPACE] = {false};

    for (size_t i = 0; i < m.n_reserved; i++) {
        const struct aia_fdt_region *r = &m.reserved[i];
        assert_true(r->size && r->base + r->size <= SPACE);
        if (i)
            assert_true(r->base > m.reserved[i - 1].base + m.reserved[i - 1].size); /* they do not touch */
        memset(got + r->base, true, r->size);
    }
    for (size_t i = 0; i < SPACE; i++)
        assert_true(exact ? got[i] == want[i] : got[i] || !want[i]);
}

static void reserve(uint64_t base, uint64_t size)
{
    machine_reserve(&m, &(struct aia_fdt_region){base, size});
}

static void test_random_claims(void **state)
{
    (void)state;
    srand(1);
    for (unsigned round = 0; round < 500; round++) {
        bool want[SPACE] = {false};
        memset(&m, 0, sizeof(m));
        for (unsigned i = 0; i < 40; i++) {
            uint64_t base = (uint64_t)rand() % SPACE, size = (uint64_t)rand() % 9;
            size = size > SPACE - base ? SPACE - base : size;
            reserve(base, size);
            memset(want + base, true, size);
            check_list(want, true); /* 40 regions never fill the list */
        }
    }
}

/* A region for which there is no room is joined with its nearest neighbour, on either side. */
static void test_full(void **state)
{
    bool want[SPACE] = {false};

    (void)state;
    memset(&m, 0, sizeof(m));
    for (uint64_t i = 0; i < MACHINE_MAX_RESERVED; i++) {
        uint64_t base = i < 32 ? 3 * i : 40 + 3 * i;
        reserve(base, 1);
        want[base] = true;
    }
    assert_int_equal(m.n_reserved, MACHINE_MAX_RESERVED);
    reserve(97, 2); /* 93 is nearer than 136 */
    want[97] = want[98] = true;
    check_list(want, false);
    assert_int_equal(m.n_reserved, MACHINE_MAX_RESERVED);
    assert_true(machine_is_free(&(struct machine){.memory = {{0, SPACE}}, .n_memory = 1},
                                &(struct aia_fdt_region){110, 8}));
    m.memory[0] = (struct aia_fdt_region){0, SPACE};
    m.n_memory = 1;
    assert_true(!machine_is_free(&m, &(struct aia_fdt_region){95, 1}));
    assert_true(machine_is_free(&m, &(struct aia_fdt_region){99, 37}));
    reserve(132, 2); /* now 136 is nearer */
    assert_true(machine_is_free(&m, &(struct aia_fdt_region){99, 33}));
    assert_true(!machine_is_free(&m, &(struct aia_fdt_region){135, 1}));
}

static void test_ends(void **state)
{
    (void)state;
    memset(&m, 0, sizeof(m));
    reserve(UINT64_MAX, 1);
    reserve(0, 1);
    reserve(UINT64_MAX - 1, 1);
    assert_int_equal(m.n_reserved, 2);
    assert_int_equal(m.reserved[1].base, UINT64_MAX - 1);
    assert_int_equal(m.reserved[1].size, 2);
    reserve(1, UINT64_MAX - 1); /* everything but the last byte, which is in the list already */
    assert_int_equal(m.n_reserved, 1);
    assert_int_equal(m.reserved[0].base, 0);
    assert_int_equal(m.reserved[0].size, UINT64_MAX);
}

static void test_is_free(void **state)
{
    static const struct {
        uint64_t base, size;
        bool free;
    } cases[] = {
        {100, 50, true},  {100, 51, false}, {99, 2, false},
        {170, 30, true},  {169, 2, false},  {149, 2, false},
        {140, 40, false}, {200, 1, false},  {120, UINT64_MAX - 100, false},
    };
    (void)state;
    memset(&m, 0, sizeof(m));
    m.memory[0] = (struct aia_fdt_region){100, 100};
    m.n_memory = 1;
    reserve(150, 20);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(machine_is_free(&m, &(struct aia_fdt_region){cases[i].base, cases[i].size}),
                         cases[i].free);
}

/* --- the place --- */

static uint64_t finisher;
static unsigned char *tree;

/* Returns "" if the image may lie there, else the error line. */
static const char *place(uint64_t base, uint64_t size)
{
    static char line[272];
    struct aia_fdt_region image = {base, size};

    line[0] = '\0';
    if (machine_place(tree, fdt_totalsize(tree), &image, &finisher, &err))
        aia_fdt_error_line(&err, line, sizeof(line));
    return line;
}

/* Copy a tree of dts/good to the arena, with room for more nodes. */
static void open_tree(const char *name)
{
    size_t len;
    void *blob = load_tree("good", name, &len);

    tree = arena;
    assert_int_equal(fdt_open_into(blob, tree, (int)len + 4096), 0);
    free(blob);
}

static void test_place_memory(void **state)
{
    (void)state;
    open_tree("plain");
    assert_string_equal(place(0x80200000, 0x1e00000), "");
    assert_int_equal(finisher, 0x100000);
    assert_string_equal(place(0x80000000, 0x10000000), "");
    assert_string_equal(place(0x8f000000, 0x2000000),
                        "/memory@80000000: reg: memory ends before 0x90000000, the "
                        "image is at 0x8f000000 to 0x90ffffff");
    assert_string_equal(place(0x7ffff000, 0x2000),
                        "/: no memory node has 0x7ffff000, where the image begins");
    assert_string_equal(place(0x80200800, 0x2000),
                        "/: the image is at 0x80200800, which is not a multiple of 4096");
    open_tree("memory-many");
    assert_string_equal(place(0x80000000, 0x10000000), ""); /* across sixteen nodes, in no order */
    assert_string_equal(
        place(0x80000000, 0x10000001),
        "/memory@81000000: reg: memory ends before 0x90000000, the image is at 0x80000000 to 0x90000000");
    open_tree("memory-odd");
    assert_string_equal(place(0x8f000000, 0x5000000), "");
    assert_string_equal(place(0x94000000, 0x1000),
                        "/: no memory node has 0x94000000, where the image begins");
}

static void test_place_reserved(void **state)
{
    (void)state;
    open_tree("reserved");
    assert_string_equal(place(0x84000000, 0x1000000), ""); /* that node is disabled */
    assert_string_equal(place(0x80000000, 0x8008000), "");
    assert_string_equal(
        place(0x80000000, 0x8008001),
        "/reserved-memory/two@88008000: reg: 0x88008000 to 0x8802ffff is reserved, the image is at "
        "0x80000000 to 0x88008000");
    assert_string_equal(place(0x8a00f000, 0x1000),
                        "/reserved-memory/two@88008000: reg: 0x8a000000 to 0x8a00ffff is "
                        "reserved, the image is at 0x8a00f000 to 0x8a00ffff");
    open_tree("reserved-odd");
    assert_string_equal(place(0x8c003000, 0x1000),
                        "/reserved-memory/secure@8c000000: reg: 0x8c000000 to 0x8c003fff "
                        "is reserved, the image is at 0x8c003000 to 0x8c003fff");
    assert_string_equal(place(0x87000000, 0x1000), ""); /* a reservation that cannot be read has no effect */
}

static void test_reservation_block(void **state)
{
    (void)state;
    open_tree("plain");
    assert_int_equal(fdt_add_mem_rsv(tree, 0x88000000, 0x10000), 0);
    assert_int_equal(fdt_add_mem_rsv(tree, 0x87000000, 0), 0); /* reserves nothing */
    assert_int_equal(fdt_add_mem_rsv(tree, UINT64_MAX - 0xfff, 0x2000), 0);
    assert_int_equal(discover(tree, fdt_totalsize(tree)), 0);
    assert_int_equal(m.n_reserved, 2);
    assert_int_equal(m.reserved[0].base, 0x88000000);
    assert_int_equal(m.reserved[0].size, 0x10000);
    assert_int_equal(m.reserved[1].base, UINT64_MAX - 0xfff);
    assert_int_equal(m.reserved[1].size, 0x1000);
    assert_string_equal(place(0x87000000, 0x1000000), "");
    assert_string_equal(place(0x8800f000, 0x1000000),
                        "/: 0x88000000 to 0x8800ffff is in the memory reservation block, "
                        "the image is at 0x8800f000 to 0x8900efff");
}

/* The blob itself in the image: memory has all addresses here, so that the arena is among them. */
static void test_place_tree(void **state)
{
    uint64_t at = (uintptr_t)arena, size;
    fdt64_t everything[2] = {cpu_to_fdt64(0), cpu_to_fdt64(UINT64_MAX)};
    char want[272];

    (void)state;
    open_tree("plain");
    assert_int_equal(fdt_setprop(tree, fdt_path_offset(tree, "/memory@80000000"), "reg", everything, 16), 0);
    size = (fdt_totalsize(tree) + 4095) & ~UINT32_C(4095);
    assert_string_equal(place(at - 4096, 4096), "");
    assert_string_equal(place(at + size, 4096), "");
    snprintf(want, sizeof(want), "/: the device tree, at %#llx, is in the image, %#llx to %#llx",
             (unsigned long long)at, (unsigned long long)at - 4096, (unsigned long long)at);
    assert_string_equal(place(at - 4096, 4097), want);
    finisher = 0;
    assert_string_not_equal(place(at, 4096),
                            ""); /* the loaded part of the image: an exit code is still possible */
    assert_int_equal(finisher, 0x100000);
    memset(tree, 0, 40); /* or the image has overwritten the blob: this reason is still the better one */
    snprintf(want, sizeof(want), "/: the device tree, at %#llx, is in the image, %#llx to %#llx",
             (unsigned long long)at, (unsigned long long)at, (unsigned long long)at + 4095);
    struct aia_fdt_region image = {at, 4096};
    assert_int_equal(machine_place(tree, 8, &image, &finisher, &err), -1);
    char line[272];
    aia_fdt_error_line(&err, line, sizeof(line));
    assert_string_equal(line, want);
    assert_int_equal(finisher, 0);
}

/* More ranges than are kept: the others are named, and an image may lie in them nevertheless. */
static void test_too_many(void **state)
{
    fdt64_t reg[2 * 300];

    (void)state;
    open_tree("plain");
    for (unsigned i = 0; i < 300; i++) {
        reg[2 * i] = cpu_to_fdt64(0x80000000 + i * UINT64_C(0x100000));
        reg[2 * i + 1] = cpu_to_fdt64(0x80000);
    }
    int node = fdt_path_offset(tree, "/memory@80000000");
    assert_int_equal(fdt_open_into(tree, tree, 65536), 0);
    assert_int_equal(fdt_setprop(tree, node, "reg", reg, sizeof(reg)), 0);
    assert_int_equal(discover(tree, fdt_totalsize(tree)), 0);
    assert_int_equal(m.n_memory, MACHINE_MAX_MEMORY);
    assert_int_equal(m.n_unused, 300 - MACHINE_MAX_MEMORY);
    assert_string_equal(m.unused[0].why.node, "/memory@80000000");
    assert_string_equal(m.unused[0].why.text, "0x88000000 is one range of memory too many: 128 are kept");
    assert_string_equal(place(0x80000000 + 299 * UINT64_C(0x100000), 0x80000), "");
    assert_string_not_equal(place(0x80000000 + 299 * UINT64_C(0x100000), 0x80001), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_claims),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_is_free),
        cmocka_unit_test(test_place_memory),
        cmocka_unit_test(test_place_reserved),
        cmocka_unit_test(test_reservation_block),
        cmocka_unit_test(test_place_tree),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests_name("place", tests, arena_setup, NULL);
}
