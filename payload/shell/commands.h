/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands of the shell share. A new one is a function here and a row in commands.c. */
#ifndef PAYLOAD_SHELL_COMMANDS_H
#define PAYLOAD_SHELL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "payload/kernel/irq.h"

#define COMMAND_WORDS 8 /* of a command, its name the first */

/* When it can be given. */
enum command_when {
    COMMAND_READS, /* after a panic too: takes no lock, waits for nobody, changes nothing */
    COMMAND_ACTS,
};

/* What a command returns. */
enum command_result {
    COMMAND_OK,
    COMMAND_FAILED, /* it has said why */
    COMMAND_LEAVE,  /* the shell ends */
};

/* The n-th of the words that may stand here; `word` is what is typed of it so far. NULL: no more. */
typedef const char *(*command_candidate)(const char *word, unsigned n);

struct command {
    const char *name, *usage, *help; /* usage: the arguments; help: a few words */
    const char *more;                /* lines for `help` of it alone, or NULL */
    enum command_when when;
    enum command_result (*run)(int argc, char *argv[]); /* argv[argc] is NULL */
    command_candidate candidates[2];                    /* of the first argument, of the second */
};

extern const struct command commands[];               /* ends with a NULL name */
const struct command *command_find(const char *name); /* NULL: there is none */

/* Of the line that a user types: for struct line. */
const char *commands_candidate(void *arg, const char *text, unsigned n);

/* Has ^C been typed since the line was entered? For what goes on for long. */
bool interrupted(void);

/* All commands of a line, which is written to. */
enum command_result commands_run(char *line);

extern struct shell_state {
    bool panicked;   /* COMMAND_READS only */
    bool load;       /* the other harts put load on devices */
    bool fell;       /* an audit has found something */
    bool cancelled;  /* ^C was typed while this line is carried out */
    int code;        /* of `exit CODE`; -1: none was given */
    const void *fdt; /* the device tree, or NULL */
} shell;

/* ---- arguments: each says what is wrong with one, in a line that ends with the usage, and is false then ---- */

bool arg_bad(char *argv[], const char *arg, const char *why); /* always false */
bool arg_number(char *argv[], const char *arg, uint64_t min, uint64_t max, uint64_t *n);
bool arg_hart(char *argv[], const char *arg, unsigned *hart);
/* By number or name. */
bool arg_irq(char *argv[], const char *arg, struct aia_irq **irq);
/* No more arguments than `most`, no fewer than `least`. */
bool arg_count(int argc, char *argv[], int least, int most);

/* Nor what changes something after a panic: a command that only reads may have arguments by which it does not. */
bool may_act(char *argv[]);

/* Not an argument, but the machine: do its harts have interrupt files? */
bool have_files(char *argv[]);

/* What hart and identity a message, or a vector, stands for: "hart 1 identity 5 (edu0)". One static buffer. */
const char *name_vector(struct imsic_vector v);
const char *name_message(const struct aia_message *m);
/* The owner that a slot names, or what the slot is for; "" for nobody. */
const char *name_owner(unsigned id, uint32_t slot);
const char *name_state(enum imsic_state state);

/* Interrupts in use: the n-th (from 0), NULL: there are fewer. */
struct aia_irq *nth_irq(unsigned n);
unsigned number_of(const struct aia_irq *irq);

/* ---- the commands ---- */

enum command_result command_irq(int argc, char *argv[]);
enum command_result command_imsic(int argc, char *argv[]);
enum command_result command_aplic(int argc, char *argv[]);
enum command_result command_pci(int argc, char *argv[]);
enum command_result command_vectors(int argc, char *argv[]);
enum command_result command_stats(int argc, char *argv[]);
enum command_result command_fdt(int argc, char *argv[]);
enum command_result command_move(int argc, char *argv[]);
enum command_result command_hart(int argc, char *argv[]);
enum command_result command_ipi(int argc, char *argv[]);
enum command_result command_raise(int argc, char *argv[]);
enum command_result command_load(int argc, char *argv[]);
enum command_result command_audit(int argc, char *argv[]);
enum command_result command_trace(int argc, char *argv[]);
enum command_result command_reset(int argc, char *argv[]);
enum command_result command_job(int argc, char *argv[]); /* the job of the command's name */

/* Candidates that are not a list of words. */
const char *candidate_irq(const char *word, unsigned n);
const char *candidate_hart(const char *word, unsigned n);
const char *candidate_node(const char *word, unsigned n);

#endif
