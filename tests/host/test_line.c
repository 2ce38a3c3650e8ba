/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing a line: the effect of each key, and that the terminal shows the line. */
#include "fixture.h"
#include "payload/shell/line.h"
#include <stdio.h>
#include <string.h>

#define PROMPT "> "

#define COLUMNS 80

/* A terminal's last row, how often it was full since the last line feed, and how often its bell rang. */
static struct {
    char row[COLUMNS + 1], above[4096];
    unsigned at, wrapped, bells;
} screen;

static const char *const *words;
static struct line line;

static void next_row(const char *end)
{
    size_t n = strlen(screen.above);

    (void)snprintf(screen.above + n, sizeof(screen.above) - n, "%s%s", screen.row, end);
    memset(screen.row, 0, sizeof(screen.row));
    screen.at = 0;
}

/* The cursor leaves a full row when the next character comes, and cannot go back to that row. */
static void put(void *arg, const char *text, size_t n)
{
    assert_ptr_equal(arg, &screen);
    for (size_t i = 0; i < n; i++) {
        switch (text[i]) {
        case '\a':
            screen.bells++;
            break;
        case '\b':
            assert_int_not_equal(screen.at, 0);
            screen.at--;
            break;
        case '\n':
            next_row("\n");
            screen.wrapped = 0;
            break;
        case '\x1b': /* cursor home and clear the screen: ^L */
            assert_string_equal(text, "\x1b[H\x1b[J");
            memset(screen.row, 0, sizeof(screen.row));
            screen.at = 0;
            return;
        default:
            assert_in_range(text[i], ' ', '~');
            if (screen.at == COLUMNS) {
                next_row("");
                screen.wrapped++;
            }
            screen.row[screen.at++] = text[i];
        }
    }
}

static const char *candidate(void *arg, const char *text, unsigned n)
{
    (void)text;
    assert_ptr_equal(arg, &screen);
    for (unsigned i = 0; i < n; i++)
        if (!words[i])
            return NULL;
    return words[n];
}

static void begin(void)
{
    static const char *const none[] = {NULL};

    words = none;
    memset(&screen, 0, sizeof(screen));
    line = (struct line){.put = put, .candidate = candidate, .arg = &screen, .prompt = PROMPT};
    line_start(&line);
}

/*
 * Check that the row is the prompt and the line, without blanks at its end, and that the cursor is in its place. Of a line that
 * is too long for the row a part is shown, with a mark at each end where text is hidden, and never at the cursor.
 */
static void shows(const char *text, size_t at)
{
    char want[COLUMNS + 1], got[sizeof(screen.row)];
    size_t room = COLUMNS - 1 - strlen(PROMPT), n = strlen(text), left = line.left;

    snprintf(want, sizeof(want), PROMPT "%.*s", (int)room, text + left);
    if (left)
        want[strlen(PROMPT)] = '<';
    if (n > left + room)
        want[strlen(PROMPT) + room - 1] = '>';
    (void)snprintf(got, sizeof(got), "%s", screen.row);
    for (size_t g = strlen(got); g > strlen(want) && got[g - 1] == ' '; g--)
        got[g - 1] = '\0';
    assert_string_equal(line.text, text);
    assert_int_equal(line.n, n);
    assert_int_equal(line.at, at);
    assert_string_equal(got, want);
    assert_int_equal(screen.wrapped, 0);
    assert_int_equal(screen.at, strlen(PROMPT) + at - left);
    assert_true(n > room || !left);
    assert_in_range(at, left + (left > 0), left + room - (n > left + room ? 2 : 0));
}

static enum line_event keys(const char *text)
{
    enum line_event event = LINE_MORE;

    for (; *text; text++) {
        assert_int_equal(event, LINE_MORE);
        event = line_key(&line, (unsigned char)*text);
    }
    return event;
}

static void edits(const char *typed, const char *text, size_t at)
{
    begin();
    assert_int_equal(keys(typed), LINE_MORE);
    shows(text, at);
}

static void enters(const char *typed, const char *text)
{
    assert_int_equal(keys(typed), LINE_ENTERED);
    assert_string_equal(line.text, text);
    line_start(&line);
}

#define UP    "\x1b[A"
#define DOWN  "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT  "\x1b[D"

static void test_typing(void **state)
{
    (void)state;
    edits("", "", 0);
    edits("irq -d", "irq -d", 6);
    edits("iq" LEFT "r", "irq", 2);
    edits("iq" LEFT "r" RIGHT "!", "irq!", 4);
    edits("iq\x02r\x06!", "irq!", 4);
    edits("rq\x01i\x05!", "irq!", 4);
    edits("rq\x1b[Hi\x1b[F!", "irq!", 4);
    edits("rq\x1bOHi\x1bOF!", "irq!", 4);
    edits("rq\x1b[1~i\x1b[4~!", "irq!", 4);
    edits("rq\x1b[7~i\x1b[8~!", "irq!", 4);
    edits(LEFT LEFT RIGHT "a" RIGHT, "a", 1);
}

static void test_deleting(void **state)
{
    (void)state;
    edits("irqq\x7f", "irq", 3);
    edits("irqq\b", "irq", 3);
    edits("\x7f", "", 0);
    edits("irrq" LEFT "\x7f", "irq", 2);
    edits("irrq" LEFT LEFT "\x1b[3~", "irq", 2);
    edits("irrq" LEFT LEFT "\x04", "irq", 2);
    edits("irq\x04", "irq", 3);
    edits("move 3 2" LEFT LEFT "\x0b", "move 3", 6);
    edits("move 3 2" LEFT LEFT "\x15", " 2", 0);
    edits("move 3  \x17", "move ", 5);
    edits("move 3 2" LEFT "\x17", "move 2", 5);
    edits("\x17\x15\x0b", "", 0);
    assert_int_equal(screen.bells, 3);
}

static void test_escapes(void **state)
{
    (void)state;
    edits("a\x1b[5~b", "ab", 2);   /* page up: has no effect */
    edits("a\x1b[1;5Cb", "ab", 2); /* control and right: as right */
    edits("a\x1b[999999999999999999999~b", "ab", 2);
    edits("a\x1bxb", "ab", 2);      /* meta x */
    edits("a\x1b\x1b[Db", "ba", 1); /* a second escape begins a new sequence */
    edits("a\x1b\x7f", "a", 1);
    edits("ab\x1b[1\x01"
          "c",
          "cab", 1); /* a sequence that a control key cuts short */
    edits("a\xc3\xa4\x01"
          "b",
          "ba", 1); /* not a character of the line */
}

static void test_events(void **state)
{
    (void)state;
    begin();
    enters("irq\r", "irq");
    enters("\nexit 0\n", "exit 0"); /* the line feed belongs to the return before */
    assert_int_equal(keys("\n"), LINE_ENTERED);
    line_start(&line);
    enters("irq\x1b\r", "irq");
    enters("irq\x1b[1\r", "irq");
    begin();
    assert_int_equal(keys("irq\x03"), LINE_CANCELLED);
    assert_string_equal(screen.above, PROMPT "irq^C\n");
    line_start(&line);
    shows("", 0);
    assert_int_equal(keys("\x04"), LINE_END);
}

static void test_clear(void **state)
{
    (void)state;
    edits("irq" LEFT "\x0c", "irq", 2);
    assert_string_equal(screen.above, "");
}

static void test_history(void **state)
{
    (void)state;
    begin();
    enters("one\n", "one");
    enters("two\n", "two");
    enters("two\n", "two"); /* a repeated line is kept once */
    enters("\n", "");
    keys("new" UP);
    shows("two", 3);
    keys(UP);
    shows("one", 3);
    keys(UP);
    shows("one", 3);
    assert_int_equal(screen.bells, 1);
    keys("!" DOWN);
    shows("two", 3);
    keys(DOWN);
    shows("new", 3);
    keys(DOWN);
    shows("new", 3);
    assert_int_equal(screen.bells, 2);
    keys("\x10\x10");
    shows("one", 3); /* the change of the line did not change the history */
    keys("\x0e");
    shows("two", 3);
    enters("!\n", "two!");
    keys(UP UP);
    shows("two", 3);
}

static void test_history_is_a_ring(void **state)
{
    char text[16];

    (void)state;
    begin();
    for (unsigned i = 0; i < 3 * LINE_HISTORY + 5; i++) {
        snprintf(text, sizeof(text), "line %u\n", i);
        assert_int_equal(keys(text), LINE_ENTERED);
        line_start(&line);
    }
    for (unsigned i = 1; i <= LINE_HISTORY; i++) {
        keys(UP);
        snprintf(text, sizeof(text), "line %u", 3 * LINE_HISTORY + 5 - i);
        shows(text, strlen(text));
    }
    keys(UP);
    shows(text, strlen(text));
}

static void type_many(unsigned n)
{
    while (n-- > 0)
        keys("x");
}

/* The end, the middle and the start of the line are shown, and the whole line stays on the screen when it is entered. */
static void test_longer_than_the_row(void **state)
{
    char text[LINE_SIZE] = "", *end = text;

    (void)state;
    begin();
    for (unsigned i = 0; i < 30; i++) {
        end += sprintf(end, "word%u ", i);
        keys(end - (i < 10 ? 6 : 7));
        shows(text, (size_t)(end - text));
    }
    assert_string_not_equal(screen.row, PROMPT);
    for (size_t at = strlen(text); at;) {
        keys(LEFT);
        shows(text, --at);
    }
    assert_memory_equal(screen.row, PROMPT "word0 word1", 13);
    for (size_t at = 0; at < strlen(text);) {
        keys(RIGHT);
        shows(text, ++at);
    }
    keys("\x01");
    shows(text, 0);
    keys("\x05");
    shows(text, strlen(text));
    keys("\x01" RIGHT RIGHT);
    assert_int_equal(keys("\n"), LINE_ENTERED);
    assert_non_null(strstr(screen.above, text));
    line_start(&line);
    shows("", 0);
    keys(UP);
    shows(text, strlen(text));
    keys("\x0c");
    shows(text, strlen(text));
    keys("\x15");
    shows("", 0);
}

static void test_too_long(void **state)
{
    (void)state;
    begin();
    type_many(LINE_SIZE - 1);
    assert_int_equal(screen.bells, 0);
    assert_int_equal(keys("\n"), LINE_ENTERED);
    assert_int_equal(line.n, LINE_SIZE - 1);

    begin();
    type_many(LINE_SIZE + 1000);
    assert_int_equal(screen.bells, 1001);
    assert_int_equal(line.n, LINE_SIZE - 1);
    assert_int_equal(keys("\n"), LINE_TOO_LONG);
    line_start(&line);
    keys(UP); /* the line is not in the history either */
    shows("", 0);

    begin();
    type_many(LINE_SIZE);
    keys("\x7fy");
    assert_int_equal(keys("\n"), LINE_ENTERED); /* after shortening it the user has seen the line */

    begin();
    type_many(LINE_SIZE);
    assert_int_equal(keys("\x03"), LINE_CANCELLED);
    line_start(&line);
    enters("irq\n", "irq");
}

static void test_completion(void **state)
{
    static const char *const some[] = {"imsic", "irq", "ipi", "exit", NULL};
    static const char *const paths[] = {"/soc/", "/soc/pci@1", "/so", NULL};

    (void)state;
    begin();
    words = some;
    keys("e\t");
    shows("exit ", 5);
    keys("\x15x\t");
    assert_int_equal(screen.bells, 1);
    shows("x", 1);
    keys("\x15i\t");
    shows("i", 1);
    assert_string_equal(screen.above, PROMPT "i    \nimsic  irq  ipi\n");
    keys("m\t");
    shows("imsic ", 6);
    keys("\x15ir" LEFT LEFT "x;" RIGHT "\t"); /* in the middle of a line */
    shows("x;ir", 3);
    keys("\x15\x0b"
         "a ;ex\t1");
    shows("a ;exit 1", 9);

    begin();
    words = paths;
    keys("\t");
    shows("/so", 3); /* the common beginning of the candidates */
    words = (const char *const[]){"/soc/", NULL};
    keys("\t");
    shows("/soc/", 5); /* not a complete word yet */
    line.candidate = NULL;
    keys("\t");
    shows("/soc/", 5);
}

static void test_completion_of_a_full_line(void **state)
{
    static const char *const some[] = {"xxxxxxxxxxxxxxxx", NULL};

    (void)state;
    begin();
    words = some;
    type_many(LINE_SIZE - 10);
    keys(" x\t");
    assert_int_equal(line.n, LINE_SIZE - 8);
    assert_int_equal(screen.bells, 1); /* the blank after the word does not fit either */
    assert_int_equal(keys("\n"), LINE_TOO_LONG);
}

/* Random keys: the terminal shows the line, and nothing is written out of bounds (ASan). */
static void test_anything(void **state)
{
    static const char *const some[] = {"imsic", "irq", "ipi", "/soc/", NULL};
    static const char *const key[] = {
        "a",    "i",    " ",    "/",    "\x01",  "\x05",    LEFT,
        LEFT,   RIGHT,  UP,     DOWN,   "\x7f",  "\x1b[3~", "\x0b",
        "\x15", "\x17", "\x0c", "\x1b", "\x1b[", "\xff",    "\t",
        "\r",   "\n",   "\x03", "\x04", ";",     "x",       "0123456789012345678901234567890123456789"};
    uint64_t seed = 1;

    (void)state;
    begin();
    words = some;
    for (unsigned round = 0; round < 300000; round++) {
        const char *k = key[t_random(&seed) % (sizeof(key) / sizeof(key[0]))];
        char text[LINE_SIZE];
        for (; *k; k++) {
            if (line_key(&line, (unsigned char)*k) != LINE_MORE)
                line_start(&line);
            strcpy(text, line.text);
            shows(text, line.at);
            screen.above[0] = '\0';
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_typing),     cmocka_unit_test(test_deleting),
        cmocka_unit_test(test_escapes),    cmocka_unit_test(test_events),
        cmocka_unit_test(test_clear),      cmocka_unit_test(test_history),
        cmocka_unit_test(test_too_long),   cmocka_unit_test(test_history_is_a_ring),
        cmocka_unit_test(test_completion), cmocka_unit_test(test_completion_of_a_full_line),
        cmocka_unit_test(test_anything),   cmocka_unit_test(test_longer_than_the_row),
    };

    return T_RUN(tests);
}
