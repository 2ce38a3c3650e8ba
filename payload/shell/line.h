/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An editor for one line on a terminal, a character at a time. It is pure: all output goes through put(). The output uses
 * only backspace and blanks, so it works on any terminal with LINE_COLUMNS + 1 columns, and is readable in a log. A longer
 * line is shown through a window, with `<` and `>` where text is hidden; the whole line is shown when it is entered.
 *
 * Keys: printable ASCII; left, right, ^B ^F; home, end, ^A ^E; backspace, delete, ^D; ^K ^U ^W cut to the end, to the
 * start, the word before; up, down, ^P ^N go through the history; TAB completes; ^L clears the screen; ^C cancels the
 * line; ^D on an empty line ends the input.
 */
#ifndef PAYLOAD_SHELL_LINE_H
#define PAYLOAD_SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE    256 /* with its NUL */
#define LINE_HISTORY 16
#define LINE_COLUMNS \
    79 /* of a row, with the prompt: after the last of 80 columns a terminal begins a new row */

enum line_event {
    LINE_MORE,      /* the line is not complete */
    LINE_ENTERED,   /* text[] is what was entered */
    LINE_TOO_LONG,  /* a line was entered, but characters were dropped because the line was full */
    LINE_CANCELLED, /* ^C */
    LINE_END,       /* ^D, or the end of a pipe */
};

struct line {
    /* Set by the user before the first line_start(). */
    void (*put)(void *arg, const char *text, size_t n);
    /*
     * The n-th word, from 0, that is possible in the place of the last word of `text`, which is the line up to the cursor;
     * NULL: there are fewer. Words that do not begin with the last word are skipped. After a word that ends in '/' no
     * blank is inserted. The pointer may be NULL.
     */
    const char *(*candidate)(void *arg, const char *text, unsigned n);
    void *arg;
    const char *prompt;

    char text[LINE_SIZE];
    size_t n, at; /* length; the cursor */
    size_t left;  /* the text before this place is hidden */
    char row[LINE_COLUMNS];
    size_t n_row;    /* the length of row[], which the terminal shows after the prompt */
    size_t column;   /* the terminal's cursor in row[] */
    bool dropped;    /* a character was dropped, and the line was not shortened since */
    bool after_cr;   /* the last byte was a carriage return, so a line feed now has no effect */
    unsigned state;  /* of an escape sequence */
    unsigned number; /* in an escape sequence */

    char history[LINE_HISTORY][LINE_SIZE], kept[LINE_SIZE];
    unsigned n_history; /* lines ever added to the history */
    unsigned back;      /* the history line that is shown, counted back; 0: the new line */
};

/* Begin a line: show the prompt. All fields except those set by the user must be zero before the first call. */
void line_start(struct line *l);

/* Take one byte of input. After any result except LINE_MORE, call line_start(). A line that was entered is in the history. */
enum line_event line_key(struct line *l, unsigned char c);

#endif
