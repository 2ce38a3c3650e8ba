/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of commands, and what takes a line to one of them. */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
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
    {"help", "[COMMAND]", "what there is, or how to use one", NULL, COMMAND_READS, help, {candidate_command}},
    {"irq",
     "[-d] [-j]",
     "runs of each interrupt's handler on each hart",
     "-d       those since the last -d\n"
     "-j       as JSON\n"
     "chip     what brings it to a hart\n"
     "message  what the device's message is, which decides how it is changed: plain\n"
     "         or maskable MSI; store: in memory; wire: an APLIC's; slow-bus: by\n"
     "         commands; remapped: never, the IOMMU's table is changed instead\n"
     "vector   the identity that it has on the hart where it is now",
     COMMAND_READS,
     command_irq,
     {irq_options, irq_options}},
    {"imsic",
     "[HART]",
     "interrupt files: pending, enabled, and whose",
     "eip+: pending, eie+: enabled. Identities that are all alike are one line.\n"
     "free      nobody's; enabled all the same, so that its next owner need not wait\n"
     "owned     an interrupt's, whose message names it\n"
     "retiring  an interrupt's until it moved: what still comes is sent on, until\n"
     "          it is proven that nothing is under way any more\n"
     "managed   kept for an interrupt that follows its hart, to come back to\n"
     "shut      disabled, for it fired on and on and was nobody's\n"
     "reserved  the library's: IPIs; sync, by which a hart knows that writes to its\n"
     "          file have arrived",
     COMMAND_READS,
     command_imsic,
     {candidate_hart}},
    {"aplic",
     "",
     "wired interrupts: domains and active sources",
     "ip+: pending, ie+: enabled, in+: the wire is up, or down if that is what\n"
     "counts.",
     COMMAND_READS,
     command_aplic,
     {NULL}},
    {"vectors",
     "",
     "the allocator of vectors as a table",
     "`help imsic' says what the states are. A closed hart is given no more vectors.",
     COMMAND_READS,
     command_vectors,
     {NULL}},
    {"pci",
     "[-v]",
     "PCI functions; -v: their MSI and MSI-X messages",
     "-v: each message with the hart and identity it names, masked+ and pending+ as\n"
     "the function says it itself.",
     COMMAND_READS,
     command_pci,
     {pci_options}},
    {"fdt",
     "[PATH]",
     "a node of the device tree",
     "Without a path the root; an alias will do for a path. TAB goes down the tree.",
     COMMAND_READS,
     command_fdt,
     {candidate_node}},
    {"stats",
     "",
     "what the library has counted",
     "forwarded  edges caught on a vector that the interrupt had left, and sent on\n"
     "swept      these, by the last sweep of a hart that went\n"
     "unowned   identities that fired and were nobody's\n"
     "late       edges in a hart's file when it came back\n"
     "reclaimed  vectors given back, nothing being under way to them any more\n"
     "rerun      edges that came while the handler ran, and made it run again\n"
     "kept       edges that came while it was disabled\n"
     "resent     of these, sent again when it was enabled\n"
     "nothing    handler runs that found their device idle\n"
     "retiring   vectors that it has left and that are not given back yet",
     COMMAND_READS,
     command_stats,
     {NULL}},
    {"audit",
     "",
     "files, messages and sources against the books",
     "One line for each finding: pending but unowned, owned but disabled, retiring\n"
     "for too long, leaked, of two owners; a message that names a free vector, or\n"
     "another's; a source enabled but unowned. The load pauses. Findings make the\n"
     "exit code 1.",
     COMMAND_ACTS,
     command_audit,
     {NULL}},
    {"move",
     "IRQ HART",
     "move an interrupt, by number or name",
     "Says how the device's message was changed. One of a block takes the block\n"
     "along.",
     COMMAND_ACTS,
     command_move,
     {candidate_irq, candidate_hart}},
    {"hart",
     "[HART online|offline]",
     "the harts, or take one offline, or bring it back",
     "What the payload, the library and the firmware (SBI HSM) have each hart for,\n"
     "and the interrupts that are on it. Those of a hart that goes move to others;\n"
     "under load what it raised ends first.",
     COMMAND_READS,
     command_hart,
     {candidate_hart, changes}},
    {"ipi",
     "[HART]",
     "call a hart, or all, a hundred times",
     "The mean and the longest time until the call has run there, and this is known.",
     COMMAND_ACTS,
     command_ipi,
     {candidate_hart}},
    {"raise",
     "IRQ",
     "one edge of an interrupt, and see it handled",
     "By the device, if it does so when asked to; else by us, as the device would.",
     COMMAND_ACTS,
     command_raise,
     {candidate_irq}},
    {"load",
     "start|stop",
     "load on the devices, by all harts but this one",
     "What the main job does, without its moves and hotplug: these are yours.",
     COMMAND_ACTS,
     command_load,
     {switches}},
    {"trace",
     "[on|off|dump [N]]",
     "record what becomes of each edge",
     "Alone: how much there is. dump: the newest N events of all harts, 20 if not\n"
     "said, by time. A hart's ring keeps its newest.",
     COMMAND_READS,
     command_trace,
     {tracings}},
    {"conform",
     "",
     "this hardware against the specification",
     "Rule by rule, this hart's interrupt file and the APLIC: PASS, FAIL,\n"
     "UNSPECIFIED, and the section. Not under load. A FAIL makes the exit code 1.",
     COMMAND_ACTS,
     command_job,
     {NULL}},
    {"bench",
     "",
     "what things cost, each beside its floor",
     "In instructions, so they have to be counted exactly: make shell ICOUNT=1",
     COMMAND_ACTS,
     command_job,
     {NULL}},
    {"reset", "", "have the firmware boot the machine again", NULL, COMMAND_READS, command_reset, {NULL}},
    {"exit",
     "[CODE]",
     "end the machine",
     "With this exit code, or the verdict's: 0 pass, 1 fail or an audit's finding, 2\n"
     "the machine or the arguments are wrong, 3 panic. ^D on an empty line does the\n"
     "same.",
     COMMAND_READS,
     leave,
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
    print("\nSeveral on a line are apart by `;'. TAB completes, up and down go through the\n"
          "history. `help COMMAND' says more of one. ^C ends what goes on for long.\n");
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
    while (*line && result != COMMAND_LEAVE && !interrupted()) {
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
