/* SPDX-License-Identifier: BSD-2-Clause */
/* The parsing of commands' arguments, and the names in their output. */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/shell/parse.h"
#include <stdio.h>
#include <string.h>

/* ---- arguments ---- */

static bool bad(char *argv[], const char *arg, const char *why, const char *more)
{
    print("%s: %s%s%s%s; usage: %s %s\n", argv[0], arg ? arg : "", arg ? ": " : "", why, more, argv[0],
          command_find(argv[0])->usage);
    return false;
}

bool arg_bad(char *argv[], const char *arg, const char *why)
{
    return bad(argv, arg, why, "");
}

bool arg_number(char *argv[], const char *arg, uint64_t min, uint64_t max, uint64_t *n)
{
    int error = parse_number(arg, min, max, n);
    char range[48] = "";

    if (!error)
        return true;
    if (error == PARSE_ERANGE)
        (void)snprintf(range, sizeof(range), ", which is %lu to %lu", min, max);
    return bad(argv, arg, parse_strerror(error), range);
}

bool arg_hart(char *argv[], const char *arg, unsigned *hart)
{
    uint64_t n;

    if (!arg_number(argv, arg, 0, hart_count() - 1, &n))
        return false;
    *hart = (unsigned)n;
    return true;
}

/* False for an interrupt that is being requested now, by another hart or by a hart that a panic has stopped. */
static bool is_whole(const struct aia_irq *irq)
{
    return irq->used && irq->msi && irq->name;
}

bool arg_irq(char *argv[], const char *arg, struct aia_irq **irq)
{
    uint64_t number;

    if (!parse_number(arg, 0, IRQ_MAX - 1, &number) && is_whole(&aia.config.irqs[number])) {
        *irq = &aia.config.irqs[number];
        return true;
    }
    for (unsigned n = 0; (*irq = nth_irq(n)); n++)
        if (!strcmp(irq_name(*irq), arg))
            return true;
    return arg_bad(argv, arg, "no such interrupt");
}

bool arg_count(int argc, char *argv[], int least, int most)
{
    if (argc - 1 < least)
        return arg_bad(argv, NULL, "too few arguments");
    if (argc - 1 > most)
        return arg_bad(argv, argv[most + 1], "one argument too many");
    return true;
}

bool may_act(char *argv[])
{
    if (shell.panicked)
        print("%s: not after a panic\n", argv[0]);
    return !shell.panicked;
}

bool have_files(char *argv[])
{
    if (!irq_by_message())
        print("%s: the harts of this machine have no interrupt files; see `aplic'\n", argv[0]);
    return irq_by_message();
}

/* ---- names ---- */

struct aia_irq *nth_irq(unsigned n)
{
    unsigned end = atomic_load(&aia.irqs_end);

    for (unsigned i = 0; i < end; i++)
        if (is_whole(&aia.config.irqs[i]) && !n--)
            return &aia.config.irqs[i];
    return NULL;
}

unsigned number_of(const struct aia_irq *irq)
{
    return (unsigned)(irq - aia.config.irqs);
}

const char *candidate_irq(const char *word, unsigned n)
{
    const struct aia_irq *irq = nth_irq(n);

    (void)word;
    return irq ? irq_name(irq) : NULL;
}

const char *candidate_hart(const char *word, unsigned n)
{
    static char name[8];

    (void)word;
    (void)snprintf(name, sizeof(name), "%u", n);
    return n < hart_count() ? name : NULL;
}

const char *name_state(enum imsic_state state)
{
    static const char *const names[IMSIC_N_STATES] = {"free",     "owned",       "retiring",
                                                      "internal", "quarantined", "managed"};

    return (unsigned)state < IMSIC_N_STATES ? names[state] : "unknown";
}

const char *name_owner(unsigned id, uint32_t slot)
{
    uint32_t owner = imsic_slot_owner(slot);

    switch (imsic_slot_state(slot)) {
    case IMSIC_INTERNAL:
        return id == aia.imsic.ipi_id ? "IPIs" : id == aia.imsic.sync_id ? "sync" : "none";
    case IMSIC_OWNED:
    case IMSIC_RETIRING:
    case IMSIC_MANAGED:
        return owner < aia.config.n_irqs && aia.config.irqs[owner].used ? irq_name(&aia.config.irqs[owner])
                                                                        : "none";
    default:
        return "";
    }
}

const char *name_vector(struct imsic_vector v)
{
    static char text[64];
    const char *owner = "";

    if (!v.id)
        return "no vector";
    if (v.hart < aia.config.n_harts && v.id <= aia.imsic.files[v.hart].n_ids)
        owner = name_owner(v.id, atomic_load(&aia.imsic.files[v.hart].slots[v.id]));
    (void)snprintf(text, sizeof(text), "hart %u identity %u (%.24s)", v.hart, v.id, *owner ? owner : "free");
    return text;
}

const char *name_message(const struct aia_message *m)
{
    for (unsigned h = 0; irq_by_message() && h < aia.config.n_harts; h++)
        if (aia.imsic.files[h].msi_addr == m->addr && m->data && m->data <= IMSIC_MAX_IDS)
            return name_vector((struct imsic_vector){.hart = (uint16_t)h, .id = (uint16_t)m->data});
    return "no interrupt file of these harts";
}
