/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot arguments: words "key=value" or "flag", separated by blanks. If two words have the same key, the later word
 * counts. A number is decimal, or hexadecimal after 0x; 010 is ten.
 */
#ifndef PAYLOAD_KERNEL_ARGS_H
#define PAYLOAD_KERNEL_ARGS_H

#include <stddef.h>
#include <stdint.h>

/* An argument that a job understands. The macros below make its entry in a table. ARGS_END ends a table. */
struct arg {
    const char *name, *help;
    enum arg_kind {
        ARG_IS_FLAG,   /* no value, or 1, or one of `words` */
        ARG_IS_TEXT,   /* a value; with `words` a value of that list */
        ARG_IS_NUMBER, /* a number from min to max */
        ARG_IS_WORK,   /* an amount of work, from min to max; 0 would test nothing */
    } kind;
    uint64_t min, max;
    const char *words; /* separated by blanks */
};

/* A job, and the arguments that the job knows. payload/jobs.c lists all jobs. */
struct job {
    const char *name;
    int (*run)(void); /* boot hart, thread context, the other harts in hart_loop(); returns the exit code */
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

#define ARG_MAX_SECONDS 31536000u   /* a year: the tick counts computed from this fit in 64 bits */
#define ARG_MAX_ROUNDS  1000000000u /* the counts that result fit in 32 bits */

#define ARGS_LINE 4096 /* The rest of a longer line is ignored, and a line reports that. */

/* Parse the line. The words of an earlier line are forgotten. */
void args_parse(const char *line);
/* The value of the argument; "" for a flag; NULL if the argument was not given. */
const char *args_get(const char *name);
/*
 * The value as a number, or `otherwise` if the argument was not given. If the value is no number, end the program and
 * name the argument.
 */
uint64_t args_u64(const char *name, uint64_t otherwise);

/* Print one line that names all words other than `name`, if there are any. These words have no effect. */
void args_only(const char *name);

/*
 * Check each word that `job` or `common` knows. End the program, naming the word, in each of these cases: its value is
 * not allowed; only another job of `jobs` knows the word; the word is one or two typing mistakes away from a known
 * name. All other words have no effect, and one line names them: a boot loader's environment adds such words. `jobs`
 * ends with a NULL name.
 */
void args_check(const struct arg *common, const struct job *job, const struct job *jobs);

/* Print "argument NAME=VALUE: TEXT" and end the program with EXIT_MACHINE. */
_Noreturn void args_refuse(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
