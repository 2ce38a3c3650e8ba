/* SPDX-License-Identifier: BSD-2-Clause */
/* The line editor with random keys: after each key a terminal shows the editor's line, and the cursor is in its place. */
#include "fuzz.h"
#include "payload/shell/line.h"
#include <string.h>

#define PROMPT  "> "
#define COLUMNS 80 /* of a row; a line that is entered may take several rows */

static struct {
    char row[COLUMNS];
    size_t at, end; /* the cursor; one past the last character that was ever put */
} screen;

static void clear(void)
{
    memset(screen.row, ' ', sizeof(screen.row));
    screen.at = screen.end = 0;
}

static void put(void *arg, const char *text, size_t n)
{
    (void)arg;
    if (n == 6 && !memcmp(text, "\x1b[H\x1b[J", 6)) {
        clear();
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\b') {
            expect(screen.at);
            screen.at--;
        } else if (text[i] == '\n') {
            clear();
        } else if (text[i] != '\a') {
            expect(text[i] >= ' ' && text[i] <= '~');
            if (screen.at == COLUMNS)
                clear();
            screen.row[screen.at++] = text[i];
        }
    }
}

static const char *candidate(void *arg, const char *text, unsigned n)
{
    static const char *const words[] = {"affinity",    "audit", "aplic",      "irq", "imsic", "irqs",
                                        "pci/00:01.0", "pci/",  "with space", "",    "edu0",  "edu1"};

    (void)arg;
    expect(strlen(text) < LINE_SIZE);
    return n < sizeof(words) / sizeof(words[0]) ? words[n] : NULL;
}

static void check_shown(const struct line *l)
{
    size_t room = LINE_COLUMNS - strlen(PROMPT), n = l->n - l->left < room ? l->n - l->left : room;
    char want[COLUMNS];

    expect(l->left <= l->n && (!l->left || l->at > l->left));
    expect(l->n < LINE_SIZE && l->at <= l->n && strlen(l->text) == l->n);
    memset(want, ' ', sizeof(want));
    memcpy(want, PROMPT, strlen(PROMPT));
    memcpy(want + strlen(PROMPT), l->text + l->left, n);
    if (l->left)
        want[strlen(PROMPT)] = '<';
    if (l->n > l->left + n)
        want[LINE_COLUMNS - 1] = '>';
    expect(!memcmp(want, screen.row, sizeof(want)));
    expect(screen.at == strlen(PROMPT) + l->at - l->left);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line l;

    clear();
    l = (struct line){.put = put, .candidate = candidate, .prompt = PROMPT};
    line_start(&l);
    for (size_t i = 0; i < size; i++) {
        enum line_event event = line_key(&l, data[i]);
        if (event != LINE_MORE) {
            expect(strlen(l.text) == l.n);
            expect(event != LINE_TOO_LONG || l.dropped);
            line_start(&l);
        }
        check_shown(&l);
    }
    return 0;
}
