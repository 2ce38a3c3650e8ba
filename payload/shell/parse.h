/* SPDX-License-Identifier: BSD-2-Clause */
/* A line taken apart into commands, and these into words. Pure. */
#ifndef PAYLOAD_SHELL_PARSE_H
#define PAYLOAD_SHELL_PARSE_H

#include <stdint.h>

enum parse_error {
    PARSE_OK = 0,
    PARSE_EQUOTE = -1,  /* a quotation mark without its other */
    PARSE_EWORDS = -2,  /* more words than there is room for */
    PARSE_ENUMBER = -3, /* not a number: decimal, or hexadecimal after 0x; 010 is ten */
    PARSE_ERANGE = -4,  /* a number, outside the range asked for */
};

const char *parse_strerror(int error);

/*
 * The next command of the line at *text, which is written to and moved on. Words are apart by blanks; in "..." and '...'
 * a blank, a `;' and a `#' are themselves; `;' ends a command, `#' at the start of a word the line. Returns how many
 * words there are in words[], 0 .. max, and NULL behind the last, for which words[] must have room; or PARSE_EQUOTE,
 * PARSE_EWORDS, and then the rest of the line is skipped. **text is NUL when there is nothing more.
 */
int parse_command(char **text, char *words[], unsigned max);

/* PARSE_OK and *n; PARSE_ENUMBER or PARSE_ERANGE, *n as it was. */
int parse_number(const char *word, uint64_t min, uint64_t max, uint64_t *n);

#endif
