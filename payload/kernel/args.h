/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot arguments: words "key=value" or "flag", separated by blanks. Of two words with one key the later counts. A number is
 * decimal, or hexadecimal after 0x; 010 is ten.
 */
#ifndef PAYLOAD_KERNEL_ARGS_H
#define PAYLOAD_KERNEL_ARGS_H

#include <stddef.h>
#include <stdint.h>

struct job; /* payload/jobs.h */

/* An argument that a job understands, made by the macros below; a table ends with ARGS_END. */
struct arg {
    const char *name, *help;
    enum arg_kind {
        ARG_IS_FLAG,   /* no value, or 1, or one of `words` */
        ARG_IS_TEXT,   /* a value, and if there are `words` one of them */
        ARG_IS_NUMBER, /* a number from min to max */
        ARG_IS_WORK,   /* how much is to be done: a number, and with 0 nothing is tested */
    } kind;
    uint64_t min, max;
    const char *words; /* separated by blanks */
};

#define ARG_FLAG(n, h)                                \
    {                                                 \
        .name = (n), .help = (h), .kind = ARG_IS_FLAG \
    }
#define ARG_FLAG_OR(n, h, w)                                        \
    {                                                               \
        .name = (n), .help = (h), .kind = ARG_IS_FLAG, .words = (w) \
    }
#define ARG_TEXT(n, h)                                \
    {                                                 \
        .name = (n), .help = (h), .kind = ARG_IS_TEXT \
    }
#define ARG_ONE_OF(n, h, w)                                         \
    {                                                               \
        .name = (n), .help = (h), .kind = ARG_IS_TEXT, .words = (w) \
    }
#define ARG_NUMBER(n, h, lo, hi)                                                  \
    {                                                                             \
        .name = (n), .help = (h), .kind = ARG_IS_NUMBER, .min = (lo), .max = (hi) \
    }
#define ARG_WORK(n, h, hi)                                                   \
    {                                                                        \
        .name = (n), .help = (h), .kind = ARG_IS_WORK, .min = 1, .max = (hi) \
    }
#define ARG_SEED ARG_NUMBER("seed", "what was drawn at random, again", 0, UINT64_MAX)
#define ARGS_END     \
    {                \
        .name = NULL \
    }

#define ARG_MAX_SECONDS 31536000u   /* a year: what follows from it fits in 64 bits */
#define ARG_MAX_ROUNDS  1000000000u /* what follows from it is counted in 32 bits */

#define ARGS_LINE 4096 /* of a longer line the rest does not count, which is printed */

/* Take the line in. The earlier one is forgotten. */
void args_parse(const char *line);
/* The value; "" for a flag; NULL if it was not given. */
const char *args_get(const char *name);
/* The value as a number; `otherwise` if not given; ends the program, naming it, if it is not one. */
uint64_t args_u64(const char *name, uint64_t otherwise);

/* All words but this one have no effect: one line names them, if there are any. */
void args_only(const char *name);

/*
 * Each word that `job` or `common` knows has a value as it must be; ends the program, naming the word, where one has not,
 * where only another job knows a word, or where a word is all but one that is known. All other words are somebody else's,
 * as the environment of a boot loader adds them: one line names them, and they have no effect.
 */
void args_check(const struct arg *common, const struct job *job);

/* "argument NAME=VALUE: TEXT", and the end of the program with EXIT_MACHINE. */
_Noreturn void args_refuse(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
