/* SPDX-License-Identifier: BSD-2-Clause */
/* Parsing a line of the shell: words are inside the line, parsing ends, and numbers are in the range that was asked for. */
#include "fuzz.h"
#include "payload/shell/parse.h"
#include <inttypes.h>
#include <string.h>

#define MAX_WORDS 12

/* The number, printed in decimal and parsed again, is the same number. */
static void check_number(const char *word)
{
    uint64_t n = 0, again = 0;
    char text[24];
    int error = parse_number(word, 3, 1000, &n);

    expect(error == PARSE_OK || error == PARSE_ENUMBER || error == PARSE_ERANGE);
    expect(error == PARSE_OK ? n >= 3 && n <= 1000 : n == 0);
    if (parse_number(word, 0, UINT64_MAX, &n) != PARSE_OK)
        return;
    expect(*word >= '0' && *word <= '9');
    (void)snprintf(text, sizeof(text), "%" PRIu64, n);
    expect(parse_number(text, n, n, &again) == PARSE_OK && again == n);
}

static void check_command(char *text, size_t length, unsigned max)
{
    char *at = text, *words[MAX_WORDS + 1];

    do {
        char *before = at;
        int n = parse_command(&at, words, max);

        expect(at >= before && at <= text + length);
        expect(at > before || !*at);
        if (n < 0) {
            expect(n == PARSE_EQUOTE || n == PARSE_EWORDS);
            expect(!*at && strlen(parse_strerror(n)));
            continue;
        }
        expect((unsigned)n <= max && !words[n]);
        for (int i = 0; i < n; i++) {
            expect(words[i] >= before && words[i] + strlen(words[i]) <= text + length);
            expect(i == 0 || words[i] > words[i - 1] + strlen(words[i - 1]));
            check_number(words[i]);
        }
    } while (*at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    unsigned max = data[0] % (MAX_WORDS + 1);
    char *text = malloc(size); /* the first byte is the number of words, a NUL ends the rest */

    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    check_command(text, strlen(text), max);
    free(text);
    return 0;
}
