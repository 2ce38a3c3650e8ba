/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the shell. A new command is a function here and a row in commands.c. */
#ifndef PAYLOAD_SHELL_COMMANDS_H
#define PAYLOAD_SHELL_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "payload/kernel/irq.h"

#define COMMAND_WORDS 8 /* most words of a command, with its name */

/* When a command is allowed. */
enum command_when {
    COMMAND_READS, /* after a panic too: the command takes no lock, does not wait, changes nothing */
    COMMAND_ACTS,  /* not after a panic */
};

/* The result of a command. */
enum command_result {
    COMMAND_OK,
    COMMAND_FAILED, /* the command has printed the reason */
    COMMAND_EXIT,   /* the shell ends */
};

/* The n-th of the words that are possible here; `word` is the part typed so far. NULL: there are fewer. */
typedef const char *(*command_candidate)(const char *word, unsigned n);

struct command {
    const char *name, *usage, *help; /* usage: the arguments; help: a few words */
    const char *more;                /* further lines for `help COMMAND`, or NULL */
    enum command_when when;
    enum command_result (*run)(int argc, char *argv[]); /* argv[argc] is NULL */
    command_candidate candidates[2];                    /* for the first argument, for the second */
};

extern const struct command commands[];               /* ends with a NULL name */
const struct command *command_find(const char *name); /* NULL: there is no such command */

/* The n-th candidate for the last word of `text`; for struct line. */
const char *commands_candidate(void *arg, const char *text, unsigned n);

/* True if ^C was typed since the line was entered. Commands that take long call this. */
bool interrupted(void);

/* Run all commands of a line. The line is written to. */
enum command_result commands_run(char *line);

extern struct shell_state {
    bool panicked;   /* COMMAND_READS only */
    bool load;       /* the other harts put load on devices */
    bool failed;     /* an audit has found something, or a job has failed */
    bool cancelled;  /* ^C was typed since the line was entered */
    int code;        /* of `exit CODE`; -1: none */
    const void *fdt; /* the device tree, or NULL */
} shell;

/* ---- arguments: if an argument is wrong, these print a line that ends with the usage, and return false ---- */

bool arg_bad(char *argv[], const char *arg, const char *why); /* always false */
bool arg_number(char *argv[], const char *arg, uint64_t min, uint64_t max, uint64_t *n);
bool arg_hart(char *argv[], const char *arg, unsigned *hart);
/* An interrupt, by number or name. */
bool arg_irq(char *argv[], const char *arg, struct aia_irq **irq);
/* At least `least` and at most `most` arguments. */
bool arg_count(int argc, char *argv[], int least, int most);

/* False after a panic. For a command that only reads, and that has arguments that change something. */
bool may_act(char *argv[]);

/* True if the machine's harts have interrupt files. */
bool have_files(char *argv[]);

/* The hart, identity and owner of a vector or a message: "hart 1 identity 5 (edu0)". One static buffer. */
const char *name_vector(struct imsic_vector v);
const char *name_message(const struct aia_message *m);
/* The name of a slot's owner, or of its internal use; "" if the slot has neither. */
const char *name_owner(unsigned id, uint32_t slot);
const char *name_state(enum imsic_state state);

/* The n-th interrupt in use, from 0; NULL: there are fewer. */
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
enum command_result command_job(int argc, char *argv[]); /* runs the job that has the command's name */

/* Candidates that are not a list of words. */
const char *candidate_irq(const char *word, unsigned n);
const char *candidate_hart(const char *word, unsigned n);
const char *candidate_node(const char *word, unsigned n);

#endif
