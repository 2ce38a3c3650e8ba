/* SPDX-License-Identifier: BSD-2-Clause */
/* Splits a line into commands, and a command into words. Pure. */
#ifndef PAYLOAD_SHELL_PARSE_H
#define PAYLOAD_SHELL_PARSE_H

#include <stdint.h>

enum parse_error {
    PARSE_OK = 0,
    PARSE_EQUOTE = -1,  /* a quotation mark is not closed */
    PARSE_EWORDS = -2,  /* more words than words[] has room for */
    PARSE_ENUMBER = -3, /* not a number: decimal, or hexadecimal after 0x; 010 is ten */
    PARSE_ERANGE = -4,  /* a number outside the range */
};

const char *parse_strerror(int error);

/*
 * Parse the next command of the line at *text. The line is written to, and *text is moved past the command; **text is NUL at
 * the end of the line. Words are separated by blanks. `;' ends a command, and `#' at the start of a word ends the line. In
 * "..." and '...' a blank, a `;' and a `#' have no special meaning.
 * words[] must have room for max + 1 entries: after the last word comes NULL.
 * Returns the number of words, 0 to max; or, with the rest of the line skipped, PARSE_EQUOTE or PARSE_EWORDS.
 */
int parse_command(char **text, char *words[], unsigned max);

/* Parse a number. Returns PARSE_OK and sets *n; or PARSE_ENUMBER or PARSE_ERANGE, with *n unchanged. */
int parse_number(const char *word, uint64_t min, uint64_t max, uint64_t *n);

#endif
