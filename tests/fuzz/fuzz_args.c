/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot arguments: each word is found again, by name and value; a number is one, or the program ends with a line. */
#include "fuzz.h"
#include "payload/args.h"
#include "payload/console.h"
#include "payload/panic.h"
#include "platform/machine.h"
#include <setjmp.h>
#include <string.h>

#define LINE (sizeof(((struct machine *)0)->bootargs))

static jmp_buf exited;
static int exit_code;

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
    expect(!strncmp(line, "argument ", 9) && strstr(line, ": not a number\n"));
}

static void check_number(const char *name, const char *value)
{
    if (setjmp(exited)) {
        expect(exit_code == EXIT_MACHINE);
        return;
    }
    (void)args_u64(name, 7); /* returns: it was a number */
    expect(*value >= '0' && *value <= '9' && !value[strspn(value, "0123456789abcdefABCDEFxX")]);
}

/* The words of the line, by another way: each has a name, and what args_get() gives for that is the last one's value. */
static void check_words(char *line)
{
    for (char *word = line + strspn(line, " \t\n"); *word;) {
        size_t n = strcspn(word, " \t\n");
        char *next = word + n + strspn(word + n, " \t\n"), *value;

        word[n] = '\0';
        value = strchr(word, '=');
        if (value)
            *value = '\0';
        expect(args_get(word));
        expect(*next || !strcmp(args_get(word), value ? value + 1 : ""));
        check_number(word, args_get(word));
        const struct arg only[] = {{word, ""}, {NULL, NULL}};
        const char *unknown = args_unknown(only, NULL);
        expect(!unknown || strcmp(unknown, word) != 0);
        word = next;
    }
    expect(args_u64("no such word", 7) == 7);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[LINE] = "";

    if (size >= LINE) /* machine_discover() refuses longer ones */
        size = LINE - 1;
    memcpy(line, data, size);
    if (args_parse(line))
        check_words(line);
    return 0;
}
