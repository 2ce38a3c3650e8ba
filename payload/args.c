/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/args.h"
#include "payload/console.h"
#include "payload/panic.h"
#include "platform/machine.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ARGS_MAX 32

static char text[sizeof(((struct machine *)0)->bootargs)];
static struct {
    const char *name, *value;
} words[ARGS_MAX];
static size_t n_words;

bool args_parse(const char *line)
{
    strncpy(text, line, sizeof(text) - 1);
    n_words = 0;
    for (char *word = strtok(text, " \t\n"); word; word = strtok(NULL, " \t\n")) {
        if (n_words == ARGS_MAX)
            return false;
        char *equals = strchr(word, '=');
        if (equals)
            *equals++ = '\0';
        words[n_words].name = word;
        words[n_words++].value = equals ? equals : "";
    }
    return true;
}

const char *args_get(const char *name)
{
    for (size_t i = n_words; i-- > 0;)
        if (!strcmp(words[i].name, name))
            return words[i].value;
    return NULL;
}

uint64_t args_u64(const char *name, uint64_t otherwise)
{
    const char *value = args_get(name);
    char *end;

    if (!value)
        return otherwise;
    errno = 0;
    uint64_t n = strtoull(value, &end, 0);
    if (errno || *end || *value < '0' || *value > '9') { /* strtoull takes blanks and a sign, too */
        print("argument %s=%s: not a number\n", name, value);
        machine_exit(EXIT_MACHINE);
    }
    return n;
}

static bool known(const struct arg *table, const char *name)
{
    for (; table && table->name; table++)
        if (!strcmp(table->name, name))
            return true;
    return false;
}

const char *args_unknown(const struct arg *common, const struct arg *job)
{
    for (size_t i = 0; i < n_words; i++)
        if (!known(common, words[i].name) && !known(job, words[i].name))
            return words[i].name;
    return NULL;
}
