/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot arguments: the meaning of each word, the errors that end the program, and words that are only named. */
#include "fixture.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/panic.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

static const struct arg common[] = {
    ARG_TEXT("test", "the job"),
    ARG_NUMBER("ids", "identities", 0, UINT64_MAX),
    ARG_ONE_OF("iommu", "how", "on off bare basic"),
    ARG_NUMBER("boot", "a hart", 0, UINT64_MAX),
    ARG_FLAG("trace", "the job"),
    ARGS_END,
};
static const struct arg main_args[] = {
    ARG_WORK("seconds", "how long", ARG_MAX_SECONDS),
    ARG_SEED,
    ARG_FLAG("naive", "carelessly"),
    ARG_TEXT("devices", "kinds"),
    ARGS_END,
};
static const struct arg xhci_args[] = {
    ARG_FLAG_OR("naive", "carelessly", "torn half"),
    ARG_NUMBER("hart", "which", 1, 127),
    ARG_WORK("rounds", "how many", 1000),
    ARGS_END,
};

static const struct job jobs[] = {
    {"main", NULL, main_args, ""},
    {"plain", NULL, NULL, ""},
    {"xhci", NULL, xhci_args, ""},
    {NULL, NULL, NULL, NULL},
};

static jmp_buf exited;
static int exit_code;
static char said[2 * ARGS_LINE];

void machine_exit(int code)
{
    exit_code = code;
    longjmp(exited, 1);
}

void print(const char *fmt, ...)
{
    size_t n = strlen(said);
    va_list ap;

    va_start(ap, fmt);
    assert_in_range(vsnprintf(said + n, sizeof(said) - n, fmt, ap), 1, sizeof(said) - n - 1);
    va_end(ap);
}

/* What the arguments print; the exit code is 0 if the program continues. */
static void line(unsigned job, const char *words)
{
    said[0] = '\0';
    exit_code = 0;
    args_parse(words);
    if (!setjmp(exited))
        args_check(common, &jobs[job], jobs);
}

static void good(unsigned job, const char *words)
{
    line(job, words);
    assert_string_equal(said, "");
    assert_int_equal(exit_code, 0);
}

/* Check that the arguments end the program with one line that begins with `want`. */
static void bad(unsigned job, const char *words, const char *want)
{
    line(job, words);
    assert_int_equal(exit_code, EXIT_MACHINE);
    said[strnlen(said, strlen(want))] = '\0';
    assert_string_equal(said, want);
}

static void foreign(unsigned job, const char *words, const char *names)
{
    char want[1024];

    line(job, words);
    (void)snprintf(want, sizeof(want), "arguments that are not the payload's, ignored: %s\n", names);
    assert_string_equal(said, want);
    assert_int_equal(exit_code, 0);
}

static void words_are_taken_apart(void **state)
{
    (void)state;
    args_parse(" \t seconds=5\r\n naive\v devices=a=b  seed= ");
    assert_string_equal(args_get("seconds"), "5");
    assert_string_equal(args_get("naive"), "");
    assert_string_equal(args_get("devices"), "a=b");
    assert_string_equal(args_get("seed"), "");
    assert_null(args_get("second"));
    assert_null(args_get("secondss"));
    assert_null(args_get(""));
    args_parse("");
    assert_null(args_get("seconds"));
}

static void the_later_counts(void **state)
{
    (void)state;
    good(0, "seconds=nonsense seconds=3 naive=7 seconds=4 naive");
    assert_int_equal(args_u64("seconds", 1), 4);
    bad(0, "seconds=3 seconds=x", "argument seconds=x: not a number\n");
}

/* As many words as there is room for, and words that fill a line. */
static void any_number_of_words(void **state)
{
    char words[ARGS_LINE];

    (void)state;
    for (size_t i = 0; i < sizeof(words) - 1; i++)
        words[i] = i % 2 ? ' ' : 'q';
    words[sizeof(words) - 1] = '\0';
    memcpy(words + sizeof(words) - 1 - 9, "seconds=9", 9);
    words[sizeof(words) - 1 - 10] = ' ';
    line(0, words);
    assert_int_equal(exit_code, 0);
    assert_int_equal(args_u64("seconds", 1), 9);
    assert_true(strlen(said) > ARGS_LINE / 2);
}

/* Words that do not fit are named. */
static void too_long(void **state)
{
    char words[ARGS_LINE + 32];

    (void)state;
    memset(words, 'q', sizeof(words));
    memcpy(words, "seconds=9 ", 10);
    strcpy(words + ARGS_LINE - 6, " seconds=31");
    said[0] = '\0';
    args_parse(words);
    assert_string_equal(said, "arguments: too many, ignored from here on: seconds=31\n");
    assert_int_equal(args_u64("seconds", 1), 9);
}

static void numbers(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "-1",
                                        "+1",
                                        "0x",
                                        "0x ",
                                        "1x",
                                        "0xg",
                                        "1 ",
                                        "1,",
                                        "1.",
                                        "0b1",
                                        "'1'",
                                        "08x",
                                        "00x1",
                                        "99999999999999999999",
                                        "0x10000000000000000"};
    char words[64];

    (void)state;
    good(0, "ids=010 seed=0x1F");
    assert_int_equal(args_u64("ids", 1), 10);
    assert_int_equal(args_u64("seed", 1), 31);
    assert_int_equal(args_u64("boot", 7), 7);
    good(0, "ids=089 seed=18446744073709551615 boot=0");
    assert_int_equal(args_u64("ids", 1), 89);
    assert_true(args_u64("seed", 1) == UINT64_MAX);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (*wrong[i] && !strchr(wrong[i], ' ')) {
            (void)snprintf(words, sizeof(words), "ids=%s", wrong[i]);
            line(0, words);
            assert_int_equal(exit_code, EXIT_MACHINE);
            assert_non_null(strstr(said, ": not a number\n"));
        }
}

static void values_are_as_they_must_be(void **state)
{
    (void)state;
    bad(0, "seconds=0", "argument seconds=0: nothing was tested: ");
    bad(0, "seconds=31536001", "argument seconds=31536001: not from 1 to 31536000\n");
    bad(0, "seconds", "argument seconds: it needs a value: how long\n");
    bad(0, "devices=", "argument devices: it needs a value: ");
    bad(0, "naive=7", "argument naive=7: it takes no value\n");
    bad(0, "naive=torn", "argument naive=torn: it takes no value\n");
    bad(2, "naive=tor", "argument naive=tor: it takes no value, or one of: torn half\n");
    bad(2, "hart=0", "argument hart=0: not from 1 to 127\n");
    bad(2, "rounds=0x3e9", "argument rounds=0x3e9: not from 1 to 1000\n");
    bad(0, "iommu=bas", "argument iommu=bas: not one of: on off bare basic\n");
    bad(0, "iommu=basics", "argument iommu=basics: not one of: ");
    bad(0, "iommu", "argument iommu: it needs a value: ");
    good(0, "naive=1 iommu=basic test=main devices=any,thing seconds=1");
    good(0, "naive= iommu=on trace");
    good(2, "naive=half hart=1 rounds=1000");
    good(2, "naive=torn");
}

static void words_of_another_job(void **state)
{
    (void)state;
    bad(1, "seconds=2", "argument seconds: job plain does not know this argument, but main does\n");
    bad(0, "quiet rounds=2", "argument rounds: job main does not know this argument, but xhci does\n");
}

static void slips(void **state)
{
    static const char *const pairs[][2] = {
        {"secnods", "seconds"},
        {"second", "seconds"},
        {"seconsd", "seconds"},
        {"secs", ""},
        {"ide", ""},
        {"root", ""},
        {"initrd", ""},
        {"Seconds", "seconds"},
        {"econds", "seconds"},
        {"scnds", "seconds"},
        {"naiv", "naive"},
        {"naivee", "naive"},
        {"nayve", "naive"},
        {"anive", "naive"},
        {"aive", "naive"},
        {"sed", "seed"},
        {"seeed", "seed"},
        {"id", "ids"},
        {"idss", "ids"},
        {"isd", "ids"},
        {"round", "rounds"},
        {"bot", "boot"},
        {"device", "devices"},
        {"devcies", "devices"},
        {"tset", "test"},
        {"imomu", "iommu"},
        {"Naive", "naive"},
        {"IDS", "ids"},
        {"naivE", "naive"},
    };
    char words[64], want[128];

    (void)state;
    for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        (void)snprintf(words, sizeof(words), "%s=1", pairs[i][0]);
        (void)snprintf(want, sizeof(want), "argument %s: not known; did you mean %s?\n", pairs[i][0],
                       pairs[i][1]);
        if (*pairs[i][1])
            bad(0, words, want);
        else
            foreign(0, words, pairs[i][0]);
    }
}

static void words_of_others_are_named_once(void **state)
{
    (void)state;
    foreign(0, "root=/dev/vda1 seconds=2 console=ttyS0,115200 quiet", "root console quiet");
    assert_int_equal(args_u64("seconds", 5), 2);
    foreign(1, "-- single =5 a_word_that_is_longer_than_any_name_of_ours=1",
            "-- single  a_word_that_is_longer_than_any_name_of_ours");
}

static void words_beside_one(void **state)
{
    (void)state;
    said[0] = '\0';
    args_parse("seconds=1 fdt=0x1 quiet fdts");
    args_only("fdt");
    assert_string_equal(said, "arguments beside fdt, ignored: seconds quiet fdts\n");
    said[0] = '\0';
    args_parse("fdt=0x1 fdt=2");
    args_only("fdt");
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_taken_apart),
        cmocka_unit_test(the_later_counts),
        cmocka_unit_test(any_number_of_words),
        cmocka_unit_test(too_long),
        cmocka_unit_test(numbers),
        cmocka_unit_test(values_are_as_they_must_be),
        cmocka_unit_test(words_of_another_job),
        cmocka_unit_test(slips),
        cmocka_unit_test(words_of_others_are_named_once),
        cmocka_unit_test(words_beside_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
