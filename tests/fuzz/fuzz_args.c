/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot arguments: each word is found by its name, with its value. A number is valid, or the program ends with one line. A
 * line with an impossible word ends the program with one line, too.
 */
#include "fuzz.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/panic.h"
#include "platform/machine.h"
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#define LINE (sizeof(((struct machine *)0)->bootargs))

static const struct arg common[] = {ARG_TEXT("test", ""), ARG_ONE_OF("iommu", "", "on off"),
                                    ARG_NUMBER("trace_mib", "", 3, 300), ARGS_END};
static const struct arg main_args[] = {ARG_WORK("seconds", "", 100), ARG_FLAG_OR("naive", "", "torn"),
                                       ARG_SEED, ARGS_END};
static const struct arg other_args[] = {ARG_FLAG("all", ""), ARG_FLAG("nohotplug", ""), ARGS_END};
static const struct job jobs[] = {{"main", NULL, main_args, ""}, {"other", NULL, other_args, ""}, {0}};

static jmp_buf exited;
static int exit_code;
static unsigned n_lines;

void machine_exit(int code)
{
    exit_code = code;
    longjmp(exited, 1);
}

void print(const char *fmt, ...)
{
    va_list ap;
    char line[2 * LINE];

    va_start(ap, fmt);
    expect(vsnprintf(line, sizeof(line), fmt, ap) < (int)sizeof(line));
    va_end(ap);
    expect(!strncmp(line, "argument ", 9) ||
           !strncmp(line, "arguments that are not the payload's, ignored: ", 47));
    n_lines++;
}

static void check_number(const char *name, const char *value)
{
    if (setjmp(exited)) {
        expect(exit_code == EXIT_MACHINE);
        return;
    }
    (void)args_u64(name, 7); /* returns only if the value is a number */
    expect(*value >= '0' && *value <= '9' && !value[strspn(value, "0123456789abcdefABCDEFxX")]);
}

static bool is_blank(char c)
{
    return c > 0 && c <= ' ';
}

/* Split the line in another way: args_get() of a word's name gives the value of the last word with this name. */
static void check_words(char *line)
{
    for (char *word = line; *word;) {
        size_t n = 0;
        while (word[n] && !is_blank(word[n]))
            n++;
        char *next = word + n;
        while (is_blank(*next))
            next++;
        word[n] = '\0';
        char *value = strchr(word, '=');
        if (value)
            *value = '\0';
        if (n) {
            expect(args_get(word));
            expect(*next || !strcmp(args_get(word), value ? value + 1 : ""));
            check_number(word, args_get(word));
        }
        word = next;
    }
    expect(args_u64("no such word", 7) == 7);
}

/* At most one line is printed, and the program ends if the line names one argument. Values that are used are in their range. */
static void check_all(void)
{
    n_lines = 0;
    if (setjmp(exited)) {
        expect(exit_code == EXIT_MACHINE && n_lines == 1);
        return;
    }
    args_check(common, &jobs[0], jobs);
    expect(n_lines <= 1);
    uint64_t seconds = args_u64("seconds", 1), mib = args_u64("trace_mib", 3);
    expect(seconds >= 1 && seconds <= 100 && mib >= 3 && mib <= 300);
    expect(!args_get("all") && !args_get("nohotplug"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[LINE] = "";

    if (size >= LINE) /* machine_discover() refuses longer lines */
        size = LINE - 1;
    memcpy(line, data, size);
    args_parse(line);
    check_all();
    check_words(line);
    return 0;
}
