/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, and the function that runs a line's commands. */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/shell/parse.h"
#include <stdio.h>
#include <string.h>

struct shell_state shell = {.code = -1};

static enum command_result help(int argc, char *argv[]);
static enum command_result exit_shell(int argc, char *argv[]);
static const char *candidate_command(const char *word, unsigned n);

/* The n-th word of a list that is separated by blanks; NULL: there are fewer. */
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
    {"help",
     "[COMMAND]",
     "the commands, or how to use one of them",
     NULL,
     COMMAND_READS,
     help,
     {candidate_command}},
    {"irq",
     "[-d] [-j]",
     "runs of each interrupt's handler on each hart",
     "-d       only the runs since the last -d\n"
     "-j       as JSON\n"
     "chip     the chips that bring the interrupt to a hart\n"
     "message  the kind of the device's message, which decides how it changes: plain\n"
     "         or maskable MSI; store: in memory; wire: an APLIC's; slow-bus: by\n"
     "         commands; remapped: never, the IOMMU's table changes instead\n"
     "vector   the interrupt's identity, and the hart where the interrupt is now",
     COMMAND_READS,
     command_irq,
     {irq_options, irq_options}},
    {"imsic",
     "[HART]",
     "interrupt files: pending, enabled, and owner",
     "eip+: pending, eie+: enabled. A row of equal free identities is one line.\n"
     "free         no owner; enabled, so that its next owner need not wait\n"
     "owned        an interrupt owns it, and the device's message names it\n"
     "retiring     its interrupt has moved away: edges that still come are forwarded,\n"
     "             until it is proven that none is under way\n"
     "managed      reserved for a managed interrupt to come back to\n"
     "quarantined  disabled, because a storm of unowned edges came there\n"
     "internal     the library's own: IPIs; sync, by which a hart knows that writes\n"
     "             to its file have arrived",
     COMMAND_READS,
     command_imsic,
     {candidate_hart}},
    {"aplic",
     "",
     "wired interrupts: domains and active sources",
     "ip+: pending, ie+: enabled, in+: the wire is asserted (up; or down, if the\n"
     "source's mode is low or falling).",
     COMMAND_READS,
     command_aplic,
     {NULL}},
    {"vectors",
     "",
     "the allocator of vectors as a table",
     "`help imsic' explains the states. On a closed hart no vector is allocated.",
     COMMAND_READS,
     command_vectors,
     {NULL}},
    {"pci",
     "[-v]",
     "PCI functions; -v: their MSI and MSI-X messages",
     "-v: each message with the hart and identity that it names; masked+ and\n"
     "pending+ are the function's own bits.",
     COMMAND_READS,
     command_pci,
     {pci_options}},
    {"fdt",
     "[PATH]",
     "a node of the device tree",
     "Without a path: the root. A path may be an alias. TAB completes a path.",
     COMMAND_READS,
     command_fdt,
     {candidate_node}},
    {"stats",
     "",
     "the library's counters",
     "forwarded  edges that came to a vector that the interrupt had left, and were\n"
     "           sent to the vector where it was\n"
     "swept      of these, edges that the sweep of a leaving hart forwarded\n"
     "unowned    edges on identities that no interrupt owned\n"
     "late       edges in a hart's file when the hart came back\n"
     "reclaimed  vectors freed after it was proven that no edge is under way to them\n"
     "rerun      edges that came while the handler ran, and made it run again\n"
     "kept       edges that came while the interrupt was disabled\n"
     "resent     edges that were sent again, kept ones or possibly lost ones\n"
     "unhandled  handler runs that found their device idle\n"
     "retiring   vectors that the interrupt has left, and that are not reclaimed",
     COMMAND_READS,
     command_stats,
     {NULL}},
    {"audit",
     "",
     "files, messages and sources against the books",
     "Prints a line for each finding: pending but unowned, owned but disabled,\n"
     "a reclaim that failed, leaked, two owners; a message that names a free vector\n"
     "or another interrupt's; a source enabled but unowned. The load pauses.\n"
     "Findings make the exit code 1.",
     COMMAND_ACTS,
     command_audit,
     {NULL}},
    {"move",
     "IRQ HART",
     "move an interrupt, by number or name",
     "Prints how the device's message was changed. The interrupts of a block move\n"
     "together.",
     COMMAND_ACTS,
     command_move,
     {candidate_irq, candidate_hart}},
    {"hart",
     "[HART online|offline]",
     "the harts; or take a hart offline or online",
     "Each hart's state in the payload, the library and the firmware (SBI HSM), and\n"
     "the interrupts on the hart. The interrupts of a hart that goes offline move to\n"
     "other harts. Under load, the hart first stops raising.",
     COMMAND_READS,
     command_hart,
     {candidate_hart, changes}},
    {"ipi",
     "[HART]",
     "call a hart, or all harts, a hundred times",
     "The mean and the longest time of a call: until its end is known here.",
     COMMAND_ACTS,
     command_ipi,
     {candidate_hart}},
    {"raise",
     "IRQ",
     "raise one edge, and wait for its handler run",
     "The device raises the edge if it can be told to; else software does.",
     COMMAND_ACTS,
     command_raise,
     {candidate_irq}},
    {"load",
     "start|stop",
     "load on the devices, by all other harts",
     "The load of the main job, without moves and hotplug.",
     COMMAND_ACTS,
     command_load,
     {switches}},
    {"trace",
     "[on|off|dump [N]]",
     "record the events of each edge",
     "Without an argument: the numbers of events. dump: the newest N events (20) of\n"
     "all harts, by time. A hart's ring keeps its newest events.",
     COMMAND_READS,
     command_trace,
     {tracings}},
    {"conform",
     "",
     "this hardware against the specification",
     "Checks this hart's interrupt file and the APLIC, rule by rule: PASS, FAIL or\n"
     "UNSPECIFIED, and the section. Not under load. A FAIL makes the exit code 1.",
     COMMAND_ACTS,
     command_job,
     {NULL}},
    {"bench",
     "",
     "costs of operations, each beside its floor",
     "In instructions, which must be counted exactly: make shell ICOUNT=1",
     COMMAND_ACTS,
     command_job,
     {NULL}},
    {"reset", "", "make the firmware boot the machine again", NULL, COMMAND_READS, command_reset, {NULL}},
    {"exit",
     "[CODE]",
     "end the machine",
     "With this exit code, or the verdict's: 0 pass, 1 fail or an audit's finding, 2\n"
     "the machine or the arguments are wrong, 3 panic. ^D on an empty line is `exit'.",
     COMMAND_READS,
     exit_shell,
     {NULL}},
    {NULL, NULL, NULL, NULL, COMMAND_READS, NULL, {NULL}},
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
        if (one->more)
            print("\n%s\n", one->more);
        return COMMAND_OK;
    }
    for (const struct command *c = commands; c->name; c++)
        print("%-8s%-22s%s\n", c->name, c->usage, c->help);
    print("\n`;' separates the commands of a line. TAB completes, up and down go through\n"
          "the history. `help COMMAND' explains a command. ^C ends a long command.\n");
    return COMMAND_OK;
}

static enum command_result exit_shell(int argc, char *argv[])
{
    uint64_t code;

    if (!arg_count(argc, argv, 0, 1) || (argc == 2 && !arg_number(argv, argv[1], 0, 255, &code)))
        return COMMAND_FAILED;
    shell.code = argc == 2 ? (int)code : -1;
    return COMMAND_EXIT;
}

static enum command_result run_one(int argc, char *argv[])
{
    const struct command *c = command_find(argv[0]);

    if (!c) {
        print("%s: no such command; `help' lists them\n", argv[0]);
        return COMMAND_FAILED;
    }
    if (c->when != COMMAND_READS && !may_act(argv))
        return COMMAND_FAILED;
    return c->run(argc, argv);
}

bool interrupted(void)
{
    if (!shell.cancelled && console_interrupted()) {
        shell.cancelled = true;
        print("^C\n");
    }
    return shell.cancelled;
}

enum command_result commands_run(char *line)
{
    enum command_result result = COMMAND_OK;
    char *words[COMMAND_WORDS + 1];

    shell.cancelled = false;
    while (*line && result != COMMAND_EXIT && !interrupted()) {
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
