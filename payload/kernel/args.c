/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/panic.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The words, each followed by NUL. An empty word ends the list. The list can hold all words of the longest line. */
static char words[ARGS_LINE + 1];

static bool is_blank(char c)
{
    return c > 0 && c <= ' ';
}

void args_parse(const char *line)
{
    size_t n = 0;

    for (; *line && n < sizeof(words) - 2; line++)
        if (!is_blank(*line))
            words[n++] = *line;
        else if (n && words[n - 1])
            words[n++] = '\0';
    if (*line && !is_blank(*line)) /* A word that is cut off does not count either. */
        for (; n && words[n - 1]; n--)
            line--;
    words[n] = words[n + 1] = '\0';
    while (is_blank(*line))
        line++;
    if (*line)
        print("arguments: too many, ignored from here on: %.64s\n", line);
}

static const char *next(const char *word)
{
    return word + strlen(word) + 1;
}

static size_t key_length(const char *word)
{
    return strcspn(word, "=");
}

static bool is_named(const char *word, const char *name, size_t length)
{
    return key_length(word) == length && !strncmp(word, name, length);
}

/* The last word with this name, or NULL. */
static const char *find_word(const char *name, size_t length)
{
    const char *found = NULL;

    for (const char *word = words; *word; word = next(word))
        if (is_named(word, name, length))
            found = word;
    return found;
}

static const char *value_of(const char *word)
{
    const char *end = word + key_length(word);

    return *end ? end + 1 : end;
}

const char *args_get(const char *name)
{
    const char *word = find_word(name, strlen(name));

    return word ? value_of(word) : NULL;
}

void args_refuse(const char *name, const char *fmt, ...)
{
    const char *value = args_get(name);
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    print("argument %s%s%s: %s\n", name, value && *value ? "=" : "", value ? value : "", text);
    machine_exit(EXIT_MACHINE);
}

uint64_t args_u64(const char *name, uint64_t otherwise)
{
    const char *value = args_get(name);
    char *end;

    if (!value)
        return otherwise;
    bool hex = value[0] == '0' && (value[1] == 'x' || value[1] == 'X') && isxdigit((unsigned char)value[2]);
    errno = 0;
    uint64_t n = strtoull(value, &end, hex ? 16 : 10);
    if (errno || *end || *value < '0' || *value > '9') /* strtoull() also accepts blanks and a sign. */
        args_refuse(name, "not a number");
    return n;
}

/* ---- checks of the values ---- */

/* True if `value` is a word of `list`, whose words are separated by blanks. */
static bool is_one_of(const char *list, const char *value)
{
    size_t n = strlen(value);

    for (const char *w = list; n && w; w = strchr(w, ' ')) {
        w += *w == ' ';
        if (!strncmp(w, value, n) && (w[n] == ' ' || !w[n]))
            return true;
    }
    return false;
}

static void check_number(const struct arg *a)
{
    uint64_t n = args_u64(a->name, a->min);

    if (a->kind == ARG_IS_WORK && !n)
        args_refuse(a->name, "nothing was tested: it must be 1 or more");
    if (n < a->min || n > a->max)
        args_refuse(a->name, "not from %llu to %llu", (unsigned long long)a->min, (unsigned long long)a->max);
}

static void check_value(const struct arg *a)
{
    const char *value = args_get(a->name);

    if (a->kind == ARG_IS_FLAG) {
        if (*value && strcmp(value, "1") && !is_one_of(a->words, value))
            args_refuse(a->name, a->words ? "it takes no value, or one of: %s" : "it takes no value",
                        a->words);
        return;
    }
    if (!*value)
        args_refuse(a->name, "it needs a value: %s", a->help);
    if (a->kind != ARG_IS_TEXT)
        check_number(a);
    else if (a->words && !is_one_of(a->words, value))
        args_refuse(a->name, "not one of: %s", a->words);
}

/* ---- words that are not in the tables ---- */

static const struct arg *find_arg(const struct arg *table, const char *word, size_t length)
{
    for (; table && table->name; table++)
        if (is_named(word, table->name, length) && strlen(table->name) == length)
            return table;
    return NULL;
}

#define LONGEST_NAME 16u /* No argument's name is longer. */

/*
 * Count the typing mistakes between `word` and `name`. A mistake is one letter too many, one letter missing, one wrong
 * letter, or two letters in the wrong order. A wrong first letter counts as two mistakes. So does a wrong letter of a
 * name of at most three letters: root is not boot, and ide is not ids.
 */
static unsigned slips(const char *word, size_t n_word, const char *name, size_t n_name)
{
    unsigned d[LONGEST_NAME + 3][LONGEST_NAME + 1];

    for (unsigned i = 0; i <= n_word; i++)
        for (unsigned j = 0; j <= n_name; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            bool same = tolower((unsigned char)word[i - 1]) == name[j - 1];
            unsigned wrong = d[i - 1][j - 1] + (same ? 0 : i + j == 2 || n_name < 4 ? 2 : 1);
            unsigned least = d[i - 1][j] < d[i][j - 1] ? d[i - 1][j] + 1 : d[i][j - 1] + 1;
            d[i][j] = wrong < least ? wrong : least;
            if (i > 1 && j > 1 && word[i - 1] == name[j - 2] && word[i - 2] == name[j - 1] &&
                d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    return d[n_word][n_name];
}

/*
 * The first name of the table that is close to `word`, or NULL. A long name may differ in more letters than a short
 * name: few other words resemble a long name.
 */
static const char *find_near(const struct arg *table, const char *word, size_t length)
{
    for (; table && table->name; table++) {
        size_t n = strlen(table->name);
        unsigned allowed = n < 3 ? 0 : n < 7 ? 1 : 2;
        if (n <= LONGEST_NAME && length <= n + 2 && slips(word, length, table->name, n) <= allowed)
            return table->name;
    }
    return NULL;
}

/* Refuse a word that neither table has if another job knows the word or if the word resembles a known name. */
static void check_foreign(const struct arg *common, const struct job *job, const struct job *jobs,
                          const char *word)
{
    size_t n = key_length(word);
    const char *near = find_near(job->args, word, n);

    if (!near)
        near = find_near(common, word, n);
    for (const struct job *other = jobs; other->name; other++) {
        if (find_arg(other->args, word, n)) {
            print("argument %.*s: job %s does not know this argument, but %s does\n", (int)n, word, job->name,
                  other->name);
            machine_exit(EXIT_MACHINE);
        }
        if (!near)
            near = find_near(other->args, word, n);
    }
    if (!near)
        return;
    print("argument %.*s: not known; did you mean %s?\n", (int)n, word, near);
    machine_exit(EXIT_MACHINE);
}

/* The names of words, each after a blank. */
struct names {
    char text[sizeof(words) + 1];
    size_t used;
};

static void add_name(struct names *n, const char *word)
{
    n->used +=
        (size_t)snprintf(n->text + n->used, sizeof(n->text) - n->used, " %.*s", (int)key_length(word), word);
}

void args_only(const char *name)
{
    static struct names others;

    others.used = 0;
    for (const char *word = words; *word; word = next(word))
        if (!is_named(word, name, strlen(name)))
            add_name(&others, word);
    if (others.used)
        print("arguments beside %s, ignored:%s\n", name, others.text);
}

void args_check(const struct arg *common, const struct job *job, const struct job *jobs)
{
    static struct names others;

    others.used = 0;
    for (const char *word = words; *word; word = next(word)) {
        size_t n = key_length(word);
        const struct arg *a = find_arg(job->args, word, n);
        if (!a)
            a = find_arg(common, word, n);
        if (a) {
            check_value(a);
        } else {
            check_foreign(common, job, jobs, word);
            add_name(&others, word);
        }
    }
    if (others.used)
        print("arguments that are not the payload's, ignored:%s\n", others.text);
}
