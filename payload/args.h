/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot arguments: words "key=value" or "flag", apart by blanks. */
#ifndef PAYLOAD_ARGS_H
#define PAYLOAD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An argument that a job understands; a table ends with a NULL name. */
struct arg {
    const char *name, *help;
};

/* Split the line; the later of two words with one key counts. False: too many words. */
bool args_parse(const char *line);
/* The value; "" for a flag; NULL if it was not given. */
const char *args_get(const char *name);
/* The value as a number (decimal, 0x, 0 octal); `otherwise` if not given; exits, naming it, if it is not one. */
uint64_t args_u64(const char *name, uint64_t otherwise);
/* The first word given that is in neither table, or NULL. */
const char *args_unknown(const struct arg *common, const struct arg *job);

#endif
