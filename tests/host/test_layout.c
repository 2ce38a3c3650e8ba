/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aia_init() refuses an embedder whose structures have another layout than the library's. tests/host/layout/other.c is that
 * embedder, compiled with each decision that changes the layout.
 */
#include "fixture.h"

#include <string.h>

#define LAYOUTS(X) X(same) X(harts_fewer) X(harts_one_fewer) X(harts_more) X(word_32) X(enums_short)

#define DECLARE(of) int init_##of(void *machine, const struct aia_config *config);
LAYOUTS(DECLARE)

static int (*const inits[])(void *machine, const struct aia_config *config) = {
#define POINTER(of) init_##of,
    LAYOUTS(POINTER)};

static const char *const names[] = {
#define STRING(of) #of,
    LAYOUTS(STRING)};

/* The pieces differ by compiler flags alone. Only the first has the library's, and only that one may set anything up. */
static void flags(void **state)
{
    (void)state;
    t_machine(2, 63);
    struct aia_config config = t.config;

    for (unsigned i = 0; i < sizeof(inits) / sizeof(inits[0]); i++) {
        memset(&t.aia, 0x5a, sizeof(t.aia));
        struct aia before = t.aia;
        int error = inits[i](&t.aia, &config);

        if (error != (i ? AIA_ELAYOUT : AIA_OK))
            fail_msg("%s: %s", names[i], aia_strerror(error));
        assert_int_equal(memcmp(&before, &t.aia, sizeof(before)) == 0, i != 0);
    }
}

/* Each number counts by itself, larger and smaller. */
static void numbers(void **state)
{
    (void)state;
    t_machine(2, 63);

    for (unsigned i = 0; i < sizeof((struct aia_layout *)0)->n / sizeof(uint32_t); i++) {
        for (int by = -1; by <= 1; by++) {
            struct aia_layout layout = AIA_LAYOUT;

            layout.n[i] += (uint32_t)by;
            assert_int_equal(aia_init_checked(&t.aia, &t.config, &layout), by ? AIA_ELAYOUT : AIA_OK);
        }
    }
    assert_non_null(strstr(aia_strerror(AIA_ELAYOUT), "AIA_MAX_HARTS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags),
        cmocka_unit_test(numbers),
    };

    return T_RUN(tests);
}
