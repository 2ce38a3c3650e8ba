/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_discover() on damaged device trees: any answer is allowed, but it must be usable, and no byte outside the tree may be
 * read. SEED and FLIPS choose the damage; the trees are in DTB_DIR ($BUILD/dts or build/dts).
 */
#include <ctype.h>
#include <inttypes.h>

#include "blob.h"

/* Check that the answer can be used. */
static void check_answer(int r)
{
    char line[270];

    if (r) {
        aia_fdt_error_line(&err, line, sizeof(line));
        assert_true(err.node[0] && err.text[0]);
        for (const char *s = line; *s; s++)
            assert_true(isprint((unsigned char)*s));
        return;
    }
    assert_in_range(m.aia.n_harts, 1, MACHINE_MAX_HARTS);
    assert_in_range(m.n_memory, 1, MACHINE_MAX_RANGES);
    assert_true(m.aia.imsic.n_regs <= MACHINE_MAX_HARTS && m.hosts[0].n_windows <= MACHINE_MAX_RANGES);
    assert_true(m.aia.n_aplics <= MACHINE_MAX_APLICS && m.aia.timebase);
    assert_true(memchr(m.bootargs, 0, sizeof(m.bootargs)) && memchr(m.model, 0, sizeof(m.model)));
    for (size_t i = 0; i < m.aia.n_harts; i++) {
        assert_true(m.aia.harts[i].imsic_addr % 0x1000 == 0);
        for (size_t j = 0; j < i; j++)
            assert_true(!m.aia.harts[i].imsic_addr || m.aia.harts[i].imsic_addr != m.aia.harts[j].imsic_addr);
    }
}

/* Every length, and every length again with a header that has this length. */
static void truncated(void **state)
{
    size_t full;
    fdt32_t *blob = load_tree("good", "groups", &full);
    fdt32_t total = blob[1];

    (void)state;
    for (size_t len = 0; len < full; len++) {
        assert_int_equal(discover(blob, len), -1);
        check_answer(-1);
        blob[1] = cpu_to_fdt32((uint32_t)len);
        assert_int_equal(discover(blob, len), -1);
        check_answer(-1);
        blob[1] = total;
    }
    assert_int_equal(discover(blob, full), 0);
    assert_int_equal(machine_discover(NULL, 0, &m, &err), -1);
    assert_int_equal(machine_discover(arena + 4, full, &m, &err), -1);
    free(blob);
}

static uint64_t rng;

static uint32_t below(uint32_t n) /* xorshift64* */
{
    rng ^= rng >> 12;
    rng ^= rng << 25;
    rng ^= rng >> 27;
    return (uint32_t)((rng * UINT64_C(0x2545f4914f6cdd1d)) >> 32) % n;
}

/* Change random bytes, or set cells to values at which lengths, counts and shifts go wrong. */
static void damage(unsigned char *blob, size_t len)
{
    static const uint32_t nasty[] = {0, 1, 2, 3, 4, 7, 9, 11, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff};

    for (uint32_t n = 1 + below(4); n; n--) {
        if (below(2)) {
            blob[below((uint32_t)len)] ^= (unsigned char)(1 + below(255));
        } else {
            fdt32_t v = cpu_to_fdt32(nasty[below(sizeof(nasty) / sizeof(nasty[0]))]);
            memcpy(blob + 4 * below((uint32_t)len / 4), &v, 4);
        }
    }
}

static void flipped(void **state)
{
    static const char *const names[] = {"plain",          "groups-default-shift", "bus-ranges",
                                        "isa-extensions", "aplic-direct",         "wires",
                                        "aplic-indexes"};
    uint64_t seed = strtoull(env("SEED", "1"), NULL, 0);
    unsigned long flips = strtoul(env("FLIPS", "20000"), NULL, 0), accepted = 0, meaning = 0;
    size_t n_names = sizeof(names) / sizeof(names[0]), len[8];
    unsigned char *blobs[8], *copy = malloc(ARENA);

    (void)state;
    for (size_t i = 0; i < n_names; i++)
        blobs[i] = load_tree("good", names[i], &len[i]);
    rng = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (unsigned long i = 0; i < flips; i++) {
        size_t t = below((uint32_t)n_names);

        memcpy(copy, blobs[t], len[t]);
        damage(copy, len[t]);
        int r = discover_at(copy, len[t], i % 2);
        check_answer(r);
        accepted += !r;
        meaning += r && !strstr(err.text, "damaged");
    }
    print_message("# seed %" PRIu64 ": %lu damaged trees, %lu accepted, %lu refused for their meaning\n",
                  seed, flips, accepted, meaning);
    /* If all trees had been refused as damaged, the code after fdt_check_full() would not be tested. */
    assert_true(accepted > flips / 20 && meaning > flips / 20);
    for (size_t i = 0; i < n_names; i++)
        free(blobs[i]);
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(truncated),
        cmocka_unit_test(flipped),
    };
    return cmocka_run_group_tests_name("machine", tests, arena_setup, NULL);
}
