/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/shell/line.h"
#include <string.h>

#define CONTROL(c) ((c)&0x1f)
#define ESC        0x1b
#define DEL        0x7f
#define COLUMNS    78 /* of a list of candidates */

/* Escape sequences (ECMA-48): ESC [ numbers and a letter, or ESC O and a letter. */
enum { PLAIN, ESCAPED, SEQUENCE, KEYPAD };

static void put(struct line *l, const char *text, size_t n)
{
    if (n)
        l->put(l->arg, text, n);
}

static void put_times(struct line *l, const char *c, size_t times)
{
    while (times-- > 0)
        put(l, c, 1);
}

static void bell(struct line *l)
{
    put(l, "\a", 1);
}

void line_start(struct line *l)
{
    l->n = l->at = 0;
    l->text[0] = '\0';
    l->dropped = false;
    l->back = 0;
    l->state = PLAIN;
    put(l, l->prompt, strlen(l->prompt));
}

static void show_again(struct line *l)
{
    put(l, l->prompt, strlen(l->prompt));
    put(l, l->text, l->n);
    put_times(l, "\b", l->n - l->at);
}

/* The line is different from `from` on, was `old` characters long, and the terminal's cursor is at `cursor`. */
static void show_from(struct line *l, size_t from, size_t cursor, size_t old)
{
    size_t blanks = old > l->n ? old - l->n : 0;

    put_times(l, "\b", cursor - from);
    put(l, l->text + from, l->n - from);
    put_times(l, " ", blanks);
    put_times(l, "\b", l->n + blanks - l->at);
}

/* False: there is no room for it. */
static bool insert(struct line *l, const char *text, size_t n)
{
    size_t from = l->at;

    if (l->n + n >= sizeof(l->text)) {
        l->dropped = true;
        bell(l);
        return false;
    }
    memmove(l->text + l->at + n, l->text + l->at, l->n - l->at + 1);
    memcpy(l->text + l->at, text, n);
    l->n += n;
    l->at += n;
    show_from(l, from, from, 0);
    return true;
}

/* Take out what is between the two places, one of which is the cursor. */
static void cut(struct line *l, size_t from, size_t to)
{
    size_t cursor = l->at, old = l->n;

    if (from == to) {
        bell(l);
        return;
    }
    memmove(l->text + from, l->text + to, l->n - to + 1);
    l->n -= to - from;
    l->at = from;
    l->dropped = false;
    show_from(l, from, cursor, old);
}

static void go_to(struct line *l, size_t to)
{
    if (to < l->at)
        put_times(l, "\b", l->at - to);
    else
        put(l, l->text + l->at, to - l->at);
    l->at = to;
}

static size_t word_before(const struct line *l)
{
    size_t at = l->at;

    while (at && l->text[at - 1] == ' ')
        at--;
    while (at && l->text[at - 1] != ' ')
        at--;
    return at;
}

/* ---- history ---- */

static char *remembered(struct line *l, unsigned back)
{
    return back ? l->history[(l->n_history - back) % LINE_HISTORY] : l->kept;
}

/* Empty lines and repetitions are not worth a place. */
static void remember(struct line *l)
{
    if (!l->n || (l->n_history && !strcmp(remembered(l, 1), l->text)))
        return;
    memcpy(l->history[l->n_history++ % LINE_HISTORY], l->text, l->n + 1);
}

static void look_back(struct line *l, unsigned back)
{
    size_t cursor = l->at, old = l->n;

    if (back > l->n_history || back > LINE_HISTORY) {
        bell(l);
        return;
    }
    if (!l->back)
        memcpy(l->kept, l->text, l->n + 1);
    l->back = back;
    l->n = l->at = strlen(remembered(l, back));
    memcpy(l->text, remembered(l, back), l->n + 1);
    l->dropped = false;
    show_from(l, 0, cursor, old);
}

static void up(struct line *l)
{
    look_back(l, l->back + 1);
}

static void down(struct line *l)
{
    if (l->back)
        look_back(l, l->back - 1);
    else
        bell(l);
}

/* ---- completion ---- */

/* The next candidate that begins with the word at `word`, from number *n on. */
static const char *next_candidate(struct line *l, size_t word, unsigned *n)
{
    char text[LINE_SIZE];
    const char *c;

    memcpy(text, l->text, l->at);
    text[l->at] = '\0';
    while ((c = l->candidate(l->arg, text, (*n)++)))
        if (!strncmp(c, text + word, l->at - word))
            return c;
    return NULL;
}

/* How many there are, and what all of them begin with: common[]. */
static unsigned count_candidates(struct line *l, size_t word, char *common)
{
    unsigned count = 0, n = 0;
    const char *c;

    while ((c = next_candidate(l, word, &n))) {
        size_t same = 0;
        if (!count++) {
            strncpy(common, c, LINE_SIZE - 1);
            continue;
        }
        while (c[same] && c[same] == common[same])
            same++;
        common[same] = '\0';
    }
    return count;
}

static void list_candidates(struct line *l, size_t word)
{
    size_t column = 0;
    unsigned n = 0;
    const char *c;

    while ((c = next_candidate(l, word, &n))) {
        size_t length = strlen(c);
        bool fits = column && column + 2 + length <= COLUMNS;
        put(l, fits ? "  " : "\n", fits ? 2 : 1);
        put(l, c, length);
        column = fits ? column + 2 + length : length;
    }
    put(l, "\n", 1);
    show_again(l);
}

static void complete(struct line *l)
{
    char common[LINE_SIZE] = "";
    size_t word = l->at;

    while (word && l->text[word - 1] != ' ' && l->text[word - 1] != ';')
        word--;
    unsigned count = l->candidate ? count_candidates(l, word, common) : 0;
    size_t known = l->at - word, length = strlen(common);

    if (!count) {
        bell(l);
        return;
    }
    if (!insert(l, common + known, length - known))
        return;
    if (count == 1 && length && common[length - 1] != '/')
        (void)insert(l, " ", 1);
    else if (count > 1 && length == known)
        list_candidates(l, word);
}

/* ---- keys ---- */

static void sequence(struct line *l, unsigned char c)
{
    switch (c) {
    case 'A':
        up(l);
        break;
    case 'B':
        down(l);
        break;
    case 'C':
        go_to(l, l->at + (l->at < l->n));
        break;
    case 'D':
        go_to(l, l->at - (l->at > 0));
        break;
    case 'H':
        go_to(l, 0);
        break;
    case 'F':
        go_to(l, l->n);
        break;
    case '~': /* the editing keys of a VT220: 1 and 7 home, 3 delete, 4 and 8 end */
        if (l->number == 1 || l->number == 7)
            go_to(l, 0);
        else if (l->number == 4 || l->number == 8)
            go_to(l, l->n);
        else if (l->number == 3)
            cut(l, l->at, l->at + (l->at < l->n));
        break;
    default: /* a key we have no use for */
        break;
    }
}

/* True: c belongs to an escape sequence. A control character, Enter above all, ends one and is itself. */
static bool escaped(struct line *l, unsigned char c)
{
    if (c < ' ') {
        l->state = c == ESC ? ESCAPED : PLAIN;
        return c == ESC;
    }
    switch (l->state) {
    case ESCAPED:
        l->number = 0;
        l->state = c == '[' ? SEQUENCE : c == 'O' ? KEYPAD : PLAIN;
        return true;
    case SEQUENCE:
        if (c >= '0' && c <= '9')
            l->number = l->number < 100 ? l->number * 10 + c - '0' : 100;
        if (c >= 0x20 && c < 0x40) /* parameters and intermediates */
            return true;
        l->state = PLAIN;
        sequence(l, c);
        return true;
    case KEYPAD:
        l->state = PLAIN;
        sequence(l, c);
        return true;
    default:
        return false;
    }
}

static void edit(struct line *l, unsigned char c)
{
    switch (c) {
    case CONTROL('A'):
        go_to(l, 0);
        break;
    case CONTROL('B'):
        sequence(l, 'D');
        break;
    case CONTROL('D'):
        cut(l, l->at, l->at + (l->at < l->n));
        break;
    case CONTROL('E'):
        go_to(l, l->n);
        break;
    case CONTROL('F'):
        sequence(l, 'C');
        break;
    case CONTROL('H'):
    case DEL:
        cut(l, l->at - (l->at > 0), l->at);
        break;
    case '\t':
        complete(l);
        break;
    case CONTROL('K'):
        cut(l, l->at, l->n);
        break;
    case CONTROL('L'):
        put(l, "\x1b[H\x1b[J", 6);
        show_again(l);
        break;
    case CONTROL('N'):
        down(l);
        break;
    case CONTROL('P'):
        up(l);
        break;
    case CONTROL('U'):
        cut(l, 0, l->at);
        break;
    case CONTROL('W'):
        cut(l, word_before(l), l->at);
        break;
    default:
        if (c >= ' ' && c < DEL)
            (void)insert(l, (const char *)&c, 1);
        else
            bell(l);
    }
}

static enum line_event enter(struct line *l)
{
    put(l, "\n", 1);
    if (l->dropped)
        return LINE_TOO_LONG;
    remember(l);
    return LINE_ENTERED;
}

enum line_event line_key(struct line *l, unsigned char c)
{
    bool after_cr = l->after_cr;

    l->after_cr = c == '\r';
    if (escaped(l, c) || (c == '\n' && after_cr))
        return LINE_MORE;
    switch (c) {
    case '\r':
    case '\n':
        return enter(l);
    case CONTROL('C'):
        put(l, "^C\n", 3);
        return LINE_CANCELLED;
    case CONTROL('D'):
        if (l->n)
            break;
        put(l, "\n", 1);
        return LINE_END;
    default:
        break;
    }
    edit(l, c);
    return LINE_MORE;
}
