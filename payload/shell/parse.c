/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/shell/parse.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t"

const char *parse_strerror(int error)
{
    static const char *const names[] = {"OK", "a quotation mark is not closed", "too many words",
                                        "not a number", "out of range"};

    return error > 0 || error < PARSE_ERANGE ? "unknown error" : names[-error];
}

/*
 * Copy the word at *from down to `to`, without its quotation marks, and move *from past the character that ends the word: a
 * blank, `;' or NUL. Returns this character, or PARSE_EQUOTE.
 */
static int take_word(char **from, char *to)
{
    char quote = '\0', c;

    for (; (c = **from); ++*from) {
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
        else if (!quote && strchr(BLANKS ";", c))
            break;
        else
            *to++ = c;
    }
    *from += c != '\0';
    *to = '\0'; /* this may overwrite the character that ended the word */
    return quote ? PARSE_EQUOTE : (unsigned char)c;
}

int parse_command(char **text, char *words[], unsigned max)
{
    char *at = *text;
    unsigned n = 0;
    int end = ' ';

    *text = at + strlen(at);
    while (end && end != ';') {
        at += strspn(at, BLANKS);
        if (!*at || *at == '#')
            break;
        if (*at == ';') {
            end = *at++;
            break;
        }
        if (n == max)
            return PARSE_EWORDS;
        words[n++] = at;
        end = take_word(&at, at);
        if (end < 0)
            return end;
    }
    if (end == ';')
        *text = at;
    words[n] = NULL;
    return (int)n;
}

int parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *n)
{
    char *end;

    errno = 0;
    if (*text < '0' || *text > '9') /* strtoull takes blanks and a sign, too */
        return PARSE_ENUMBER;
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && isxdigit((unsigned char)text[2]);
    uint64_t value = strtoull(text, &end, hex ? 16 : 10);
    if (*end || end == text)
        return PARSE_ENUMBER;
    if (errno || value < min || value > max)
        return PARSE_ERANGE;
    *n = value;
    return PARSE_OK;
}
