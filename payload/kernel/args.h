/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot arguments: words "key=value" or "flag", separated by blanks. Of two words with one key the later counts. A number is
 * decimal, or hexadecimal after 0x; 010 is ten.
 */
#ifndef PAYLOAD_KERNEL_ARGS_H
#define PAYLOAD_KERNEL_ARGS_H

#include <stddef.h>
#include <stdint.h>

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

/* What a boot can be asked to do, and the arguments that it knows. payload/jobs.c has them all. */
struct job {
    const char *name;
    int (*run)(void);       /* boot hart, thread context, the others in hart_loop(); returns the exit code */
    const struct arg *args; /* NULL: none */
    const char *help;
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
 * Check each word that `job` or `common` knows. End the program, naming the word, if its value is not as it must be, if only
 * another one of `jobs` knows the word, or if the word is one or two slips away from a known one. All other words have no
 * effect, and one line names them: a boot loader's environment adds such words. `jobs` ends with a NULL name.
 */
void args_check(const struct arg *common, const struct job *job, const struct job *jobs);

/* "argument NAME=VALUE: TEXT", and the end of the program with EXIT_MACHINE. */
_Noreturn void args_refuse(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
