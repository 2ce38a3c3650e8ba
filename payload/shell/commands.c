/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, and what takes a line to one of them. */
#include "payload/shell/commands.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/shell/parse.h"
#include <stdio.h>
#include <string.h>

struct shell_state shell = {.code = -1};

static enum command_result help(int argc, char *argv[]);
static enum command_result leave(int argc, char *argv[]);
static const char *candidate_command(const char *word, unsigned n);

/* The n-th word of a list, apart by blanks. */
static const char *nth_word(const char *list, unsigned n)
{
    static char word[16];

    for (; n; n--) {
        list += strcspn(list, " ");
        list += strspn(list, " ");
    }
    size_t length = strcspn(list, " ");
    (void)snprintf(word, sizeof(word), "%.*s", (int)length, list);
    return length ? word : NULL;
}

static const char *irq_options(const char *word, unsigned n)
{
    (void)word;
    return nth_word("-d -j", n);
}

static const char *pci_options(const char *word, unsigned n)
{
    (void)word;
    return nth_word("-v", n);
}

static const char *changes(const char *word, unsigned n)
{
    (void)word;
    return nth_word("online offline", n);
}

static const char *switches(const char *word, unsigned n)
{
    (void)word;
    return nth_word("start stop", n);
}

static const char *tracings(const char *word, unsigned n)
{
    (void)word;
    return nth_word("on off dump", n);
}

const struct command commands[] = {
    {"help", "[COMMAND]", "what there is, or how to use one", COMMAND_READS, help, {candidate_command}},
    {"irq",
     "[-d] [-j]",
     "interrupts, and their handler runs on each hart; -d since the last -d, -j as JSON",
     COMMAND_READS,
     command_irq,
     {irq_options, irq_options}},
    {"imsic",
     "[HART]",
     "interrupt files: what is pending and enabled, and whose it is",
     COMMAND_READS,
     command_imsic,
     {candidate_hart}},
    {"aplic",
     "",
     "wired interrupts: the domains and their active sources",
     COMMAND_READS,
     command_aplic,
     {NULL}},
    {"vectors", "", "the allocator of vectors as a table", COMMAND_READS, command_vectors, {NULL}},
    {"pci",
     "[-v]",
     "PCI functions; -v: their MSI and MSI-X messages",
     COMMAND_READS,
     command_pci,
     {pci_options}},
    {"fdt", "[PATH]", "a node of the device tree", COMMAND_READS, command_fdt, {candidate_node}},
    {"stats", "", "what the library has counted", COMMAND_READS, command_stats, {NULL}},
    {"audit",
     "",
     "interrupt files, messages and sources against the books; findings: exit code 1",
     COMMAND_ACTS,
     command_audit,
     {NULL}},
    {"move",
     "IRQ HART",
     "move an interrupt, by number or name",
     COMMAND_ACTS,
     command_move,
     {candidate_irq, candidate_hart}},
    {"hart",
     "[HART online|offline]",
     "the harts, or take one offline, or bring it back",
     COMMAND_ACTS,
     command_hart,
     {candidate_hart, changes}},
    {"ipi", "[HART]", "call a hart, or all, a hundred times", COMMAND_ACTS, command_ipi, {candidate_hart}},
    {"raise",
     "DEVICE",
     "one edge of a device's interrupt, and see it handled",
     COMMAND_ACTS,
     command_raise,
     {candidate_irq}},
    {"load",
     "start|stop",
     "the main job's load on the devices, by all harts but this one",
     COMMAND_ACTS,
     command_load,
     {switches}},
    {"trace",
     "[on|off|dump [N]]",
     "record what becomes of each edge; dump: the newest N events of all harts",
     COMMAND_READS,
     command_trace,
     {tracings}},
    {"conform",
     "",
     "this interrupt file and APLIC against the specification, rule by rule",
     COMMAND_ACTS,
     command_job,
     {NULL}},
    {"bench", "", "what things cost, each beside its floor; ICOUNT=1", COMMAND_ACTS, command_job, {NULL}},
    {"reset", "", "have the firmware boot the machine again", COMMAND_READS, command_reset, {NULL}},
    {"exit",
     "[CODE]",
     "end the machine, with the exit code of the verdict or this one",
     COMMAND_READS,
     leave,
     {NULL}},
    {NULL, NULL, NULL, COMMAND_READS, NULL, {NULL}},
};

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static const char *candidate_command(const char *word, unsigned n)
{
    (void)word;
    return n < sizeof(commands) / sizeof(commands[0]) ? commands[n].name : NULL;
}

static enum command_result help(int argc, char *argv[])
{
    const struct command *one = argc == 2 ? command_find(argv[1]) : NULL;

    if (!arg_count(argc, argv, 0, 1))
        return COMMAND_FAILED;
    if (argc == 2 && !one) {
        (void)arg_bad(argv, argv[1], "no such command");
        return COMMAND_FAILED;
    }
    if (one) {
        print("usage: %s%s%s\n%s\n", one->name, *one->usage ? " " : "", one->usage, one->help);
        return COMMAND_OK;
    }
    for (const struct command *c = commands; c->name; c++)
        print("%-8s%-22s%s\n", c->name, c->usage, c->help);
    print("several on a line are apart by `;'; TAB completes, up and down go through the history\n");
    return COMMAND_OK;
}

static enum command_result leave(int argc, char *argv[])
{
    uint64_t code;

    if (!arg_count(argc, argv, 0, 1) || (argc == 2 && !arg_number(argv, argv[1], 0, 255, &code)))
        return COMMAND_FAILED;
    shell.code = argc == 2 ? (int)code : -1;
    return COMMAND_LEAVE;
}

static enum command_result run_one(int argc, char *argv[])
{
    const struct command *c = command_find(argv[0]);

    if (!c) {
        print("%s: no such command; `help' lists them\n", argv[0]);
        return COMMAND_FAILED;
    }
    if (shell.panicked && c->when != COMMAND_READS) {
        print("%s: not after a panic\n", argv[0]);
        return COMMAND_FAILED;
    }
    return c->run(argc, argv);
}

enum command_result commands_run(char *line)
{
    enum command_result result = COMMAND_OK;
    char *words[COMMAND_WORDS + 1];

    while (*line && result != COMMAND_LEAVE) {
        int n = parse_command(&line, words, COMMAND_WORDS);
        if (n < 0)
            print("%s\n", parse_strerror(n));
        else if (n)
            result = run_one(n, words);
    }
    return result;
}

/* The word that `text` ends with is number `count` of its command: 0 is the command's name. */
const char *commands_candidate(void *arg, const char *text, unsigned n)
{
    const char *start = strrchr(text, ';'), *word = strrchr(text, ' ');
    unsigned count = 0;

    (void)arg;
    start = start ? start + 1 : text;
    start += strspn(start, " ");
    word = word && word >= start ? word + 1 : start;
    for (const char *c = start; c < word; c += strspn(c, " "), count++)
        c += strcspn(c, " ");
    if (!count)
        return candidate_command(word, n);
    for (const struct command *c = commands; c->name; c++)
        if (strlen(c->name) == strcspn(start, " ") && !strncmp(c->name, start, strlen(c->name)))
            return count <= 2 && c->candidates[count - 1] ? c->candidates[count - 1](word, n) : NULL;
    return NULL;
}
