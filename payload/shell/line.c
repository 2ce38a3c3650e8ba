/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/shell/line.h"
#include <string.h>

#define CONTROL(c) ((c)&0x1f)
#define ESC        0x1b
#define DEL        0x7f
#define COLUMNS    78 /* the width of a list of candidates */

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

/* ---- the terminal ---- */

static size_t room(const struct line *l)
{
    return LINE_COLUMNS - strlen(l->prompt);
}

/* Move the window so that it contains the cursor, by half its width, so that its marks never hide the character at the cursor. */
static void scroll(struct line *l)
{
    bool more = l->n > l->left + room(l);

    if (l->n <= room(l))
        l->left = 0;
    else if ((l->left && l->at <= l->left) || l->at > l->left + room(l) - (more ? 2 : 0))
        l->left = l->at <= room(l) - 2 ? 0 : l->at - room(l) / 2;
}

/* Move the terminal's cursor to this column, over the characters that are shown already. */
static void move_to(struct line *l, size_t column)
{
    if (column < l->column)
        put_times(l, "\b", l->column - column);
    else
        put(l, l->row + l->column, column - l->column);
    l->column = column;
}

/* Update the terminal. Only characters that have changed are sent. */
static void show(struct line *l)
{
    char row[LINE_COLUMNS];
    size_t n, from = 0, old = l->n_row;

    scroll(l);
    n = l->n - l->left < room(l) ? l->n - l->left : room(l);
    memcpy(row, l->text + l->left, n);
    if (l->left)
        row[0] = '<';
    if (l->n > l->left + n)
        row[n - 1] = '>';
    while (from < n && from < old && row[from] == l->row[from])
        from++;
    if (from < n || from < old) {
        move_to(l, from);
        put(l, row + from, n - from);
        put_times(l, " ", old > n ? old - n : 0);
        l->column = old > n ? old : n;
    }
    memcpy(l->row, row, n);
    memset(l->row + n, ' ', sizeof(row) - n);
    l->n_row = n;
    move_to(l, l->at - l->left);
}

/* Show prompt and line on an empty row. */
static void show_again(struct line *l)
{
    put(l, l->prompt, strlen(l->prompt));
    l->n_row = l->column = 0;
    show(l);
}

void line_start(struct line *l)
{
    l->n = l->at = l->left = 0;
    l->text[0] = '\0';
    l->dropped = false;
    l->back = 0;
    l->state = PLAIN;
    show_again(l);
}

/* Insert text at the cursor. False: the line has no room. */
static bool insert(struct line *l, const char *text, size_t n)
{
    if (l->n + n >= sizeof(l->text)) {
        l->dropped = true;
        bell(l);
        return false;
    }
    memmove(l->text + l->at + n, l->text + l->at, l->n - l->at + 1);
    memcpy(l->text + l->at, text, n);
    l->n += n;
    l->at += n;
    return true;
}

/* Delete the text between two places, one of which is the cursor. */
static void cut(struct line *l, size_t from, size_t to)
{
    if (from == to) {
        bell(l);
        return;
    }
    memmove(l->text + from, l->text + to, l->n - to + 1);
    l->n -= to - from;
    l->at = from;
    l->dropped = false;
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

/* Add the line to the history, unless it is empty or equals the latest line. */
static void remember(struct line *l)
{
    if (!l->n || (l->n_history && !strcmp(remembered(l, 1), l->text)))
        return;
    memcpy(l->history[l->n_history++ % LINE_HISTORY], l->text, l->n + 1);
}

/* Show the line of `back` lines ago; 0: the line that was kept. `back` may be one less than 0: there is no such line. */
static void look_back(struct line *l, unsigned back)
{
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

/* Count the candidates, and set common[] to their common beginning. */
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

/* Delete the character at the cursor. */
static void delete (struct line *l)
{
    cut(l, l->at, l->at + (l->at < l->n));
}

/* Do what the escape sequence that ends with c asks for. */
static void sequence(struct line *l, unsigned char c)
{
    static const unsigned char vt220[] = {[1] = 'H', [4] = 'F', [7] = 'H', [8] = 'F'};

    switch (c) {
    case 'A':
        look_back(l, l->back + 1);
        break;
    case 'B':
        look_back(l, l->back - 1);
        break;
    case 'C':
        l->at += l->at < l->n;
        break;
    case 'D':
        l->at -= l->at > 0;
        break;
    case 'H':
        l->at = 0;
        break;
    case 'F':
        l->at = l->n;
        break;
    case '~': /* the editing keys of a VT220: 1 and 7 home, 3 delete, 4 and 8 end */
        if (l->number == 3)
            delete (l);
        else if (l->number < sizeof(vt220))
            sequence(l, vt220[l->number]);
        break;
    default: /* a key without a function here */
        break;
    }
}

/* True if c belongs to an escape sequence. A control character, such as Enter, ends the sequence and does not belong to it. */
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
        __attribute__((fallthrough));
    case KEYPAD:
        l->state = PLAIN;
        sequence(l, c);
        show(l);
        return true;
    default:
        return false;
    }
}

static void edit(struct line *l, unsigned char c)
{
    /* Control characters that do the same as an escape sequence. */
    static const unsigned char same[' '] = {[CONTROL('A')] = 'H', [CONTROL('B')] = 'D', [CONTROL('E')] = 'F',
                                            [CONTROL('F')] = 'C', [CONTROL('N')] = 'B', [CONTROL('P')] = 'A'};

    if (c < ' ' && same[c]) {
        sequence(l, same[c]);
        return;
    }
    switch (c) {
    case CONTROL('D'):
        delete (l);
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
    if (l->n > room(l)) { /* show all of a long line, on several rows; it stays above the next prompt */
        move_to(l, 0);
        put(l, l->text, l->n);
    }
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
    show(l);
    return LINE_MORE;
}
