/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line edited on a terminal, a character at a time: pure, what it shows goes through put(). It uses backspace and
 * blanks only, so that any terminal will do that has LINE_COLUMNS and one more, and so will a log. A longer line is seen
 * through a window, `<` and `>` where something is hidden, and is shown whole when it is entered.
 *
 * Keys: printable ASCII; left, right, ^B ^F; home, end, ^A ^E; backspace, delete, ^D; ^K ^U ^W cut to the end, to the
 * start, the word before; up, down, ^P ^N go through the history; TAB completes; ^L begins on a clean screen; ^C
 * gives the line up; ^D on an empty line is the end.
 */
#ifndef PAYLOAD_SHELL_LINE_H
#define PAYLOAD_SHELL_LINE_H

#include <stdbool.h>
#include <stddef.h>

#define LINE_SIZE    256 /* with its NUL */
#define LINE_HISTORY 16
#define LINE_COLUMNS 79 /* of a row, prompt included: in the last of 80 a terminal would begin another */

enum line_event {
    LINE_MORE,      /* goes on */
    LINE_ENTERED,   /* text[] is what was entered */
    LINE_TOO_LONG,  /* the same, but some of it was dropped for want of room */
    LINE_CANCELLED, /* ^C */
    LINE_END,       /* ^D, or the end of a pipe */
};

struct line {
    /* The user's, before line_start(). */
    void (*put)(void *arg, const char *text, size_t n);
    /*
     * The n-th (from 0) of the words that may stand where the last word of `text` stands, which is the line up to
     * the cursor; NULL: no more. What does not begin as that word does is passed over; after one that ends in '/' no
     * blank is put. May be NULL.
     */
    const char *(*candidate)(void *arg, const char *text, unsigned n);
    void *arg;
    const char *prompt;

    char text[LINE_SIZE];
    size_t n, at; /* length; the cursor */
    size_t left;  /* what is to the left of this is hidden */
    char row[LINE_COLUMNS];
    size_t n_row, column; /* what the terminal shows behind the prompt, and where its cursor is in that */
    bool dropped;         /* it had no room for a character, and was not shortened since */
    bool after_cr;        /* a line feed now belongs to the line before */
    unsigned state;       /* in an escape sequence */
    unsigned number;

    char history[LINE_HISTORY][LINE_SIZE], kept[LINE_SIZE];
    unsigned n_history; /* lines that ever came into it */
    unsigned back;      /* how far back we look: 0 is the new line */
};

/* Begin a line: shows the prompt. What is zeroed but for the user's fields is ready for it. */
void line_start(struct line *l);

/* One byte of input. After anything but LINE_MORE: line_start(). The line is in the history if it was entered. */
enum line_event line_key(struct line *l, unsigned char c);

#endif
