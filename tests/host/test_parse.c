/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsing a line of the shell. */
#include "fixture.h"
#include "payload/shell/parse.h"
#include <stdio.h>
#include <string.h>

#define MAX 4

/* Check the result for a line: commands in [], words in <>, an error by its number. */
static void takes(const char *line, const char *want)
{
    char text[128], got[256] = "", *at = text, *words[MAX + 1];

    assert_true(strlen(line) < sizeof(text));
    strcpy(text, line);
    do {
        int n = parse_command(&at, words, MAX);
        assert_true(at >= text && at <= text + strlen(line));
        if (n < 0) {
            sprintf(got + strlen(got), "%d", n);
            continue;
        }
        assert_in_range(n, 0, MAX);
        assert_null(words[n]);
        strcat(got, "[");
        for (int i = 0; i < n; i++)
            sprintf(got + strlen(got), "<%s>", words[i]);
        strcat(got, "]");
    } while (*at);
    assert_string_equal(got, want);
}

static void test_words(void **state)
{
    (void)state;
    takes("", "[]");
    takes("   ", "[]");
    takes("irq", "[<irq>]");
    takes("  move   3\t2  ", "[<move><3><2>]");
    takes("a b c d", "[<a><b><c><d>]");
}

static void test_commands(void **state)
{
    (void)state;
    takes("irq;exit 0", "[<irq>][<exit><0>]");
    takes("irq ; exit 0", "[<irq>][<exit><0>]");
    takes("irq;", "[<irq>]");
    takes(";;irq; ;a", "[][][<irq>][][<a>]");
    takes("irq # and no more; exit", "[<irq>]");
    takes("# nothing", "[]");
    takes("a#b", "[<a#b>]");
}

static void test_quotes(void **state)
{
    (void)state;
    takes("fdt \"/a b;#c\"", "[<fdt></a b;#c>]");
    takes("fdt '/a \"b'", "[<fdt></a \"b>]");
    takes("a'b c'd\"e f\"", "[<ab cde f>]");
    takes("a '' b", "[<a><><b>]");
    takes("''", "[<>]");
    takes("'a';'b'", "[<a>][<b>]");
    takes("irq; a 'b; c", "[<irq>]-1");
    takes("\"", "-1");
}

static void test_too_many_words(void **state)
{
    (void)state;
    takes("a b c d e; exit", "-2");
    takes("a b c d ''", "-2");
    takes("a b c d # e", "[<a><b><c><d>]");
}

static void number(const char *text, int error, uint64_t want)
{
    uint64_t n = 77;

    assert_int_equal(parse_number(text, 3, 300, &n), error);
    assert_int_equal(n, error ? 77 : want);
}

static void test_numbers(void **state)
{
    uint64_t n;

    (void)state;
    number("3", PARSE_OK, 3);
    number("300", PARSE_OK, 300);
    number("0x10", PARSE_OK, 16);
    number("010", PARSE_OK, 10);
    number("09", PARSE_OK, 9);
    number("2", PARSE_ERANGE, 0);
    number("301", PARSE_ERANGE, 0);
    number("99999999999999999999999", PARSE_ERANGE, 0);
    number("", PARSE_ENUMBER, 0);
    number("-5", PARSE_ENUMBER, 0);
    number("+5", PARSE_ENUMBER, 0);
    number(" 5", PARSE_ENUMBER, 0);
    number("5 ", PARSE_ENUMBER, 0);
    number("5x", PARSE_ENUMBER, 0);
    number("0x", PARSE_ENUMBER, 0);
    number("five", PARSE_ENUMBER, 0);
    assert_int_equal(parse_number("0xffffffffffffffff", 0, UINT64_MAX, &n), PARSE_OK);
    assert_int_equal(n, UINT64_MAX);
    assert_int_equal(parse_number("0x10000000000000000", 0, UINT64_MAX, &n), PARSE_ERANGE);
}

static void test_names(void **state)
{
    (void)state;
    for (int e = PARSE_ERANGE; e <= PARSE_OK; e++)
        for (int k = e + 1; k <= PARSE_OK + 1; k++)
            assert_string_not_equal(parse_strerror(e), parse_strerror(k));
    assert_string_equal(parse_strerror(PARSE_ERANGE - 1), parse_strerror(1));
}

/* Random bytes: words are inside the line, and parsing ends. */
static void test_anything(void **state)
{
    static const char some[] = "ab ;#'\"\t\x80\xff";
    uint64_t seed = 1;

    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        char *text = malloc(17), *at = text, *words[MAX + 1];
        unsigned length = (unsigned)(t_random(&seed) % 17), commands = 0;
        for (unsigned i = 0; i < length; i++)
            text[i] = some[t_random(&seed) % (sizeof(some) - 1)];
        text[length] = '\0';
        do {
            char *before = at;
            int n = parse_command(&at, words, MAX);
            assert_true(at >= before && at <= text + length);
            for (int i = 0; i < n; i++)
                assert_true(words[i] >= before && words[i] + strlen(words[i]) <= text + length);
            assert_true(++commands <= length + 1);
        } while (*at);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),          cmocka_unit_test(test_commands), cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_too_many_words), cmocka_unit_test(test_numbers),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_anything),
    };

    return T_RUN(tests);
}
