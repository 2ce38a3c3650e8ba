/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands `irq`, `vectors` and `stats`: the library's books, read without locks. */
#include "payload/shell/commands.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/report/stats.h"
#include "payload/drivers/wires.h"
#include <stdio.h>
#include <string.h>

/* ---- irq ---- */

#define ROW     79 /* columns of a terminal that has 80 */
#define DETAILS 37

/* The harts' columns that one row has. */
struct columns {
    bool deltas;
    unsigned first, end;
    int width[MACHINE_MAX_HARTS];
};

static aia_counter before[IRQ_MAX + 1][MACHINE_MAX_HARTS]; /* the counts at the last -d; the last row: IPIs */

static uint64_t count_of(unsigned row, unsigned hart)
{
    return row == IRQ_MAX ? aia.config.harts[hart].ipis_taken
                          : aia_irq_runs(&aia, &aia.config.irqs[row], hart);
}

static uint64_t shown(unsigned row, unsigned hart, bool deltas)
{
    uint64_t n = count_of(row, hart), was = deltas ? before[row][hart] : 0;

    if (deltas)
        before[row][hart] = n;
    return n - was;
}

static bool is_wired(const struct aia_irq *irq)
{
    const struct aplic *a;

    for (unsigned n = 0; (a = wires_domain(n)); n++)
        if (aplic_number(a, irq->msi))
            return true;
    return false;
}

static const char *chip_of(const struct aia_irq *irq)
{
    if (!irq_by_message())
        return "APLIC";
    return is_wired(irq) ? "APLIC+IMSIC" : irq->msi && irq->msi->below ? "IOMMU+IMSIC" : "IMSIC";
}

static const char *kind_of(const struct aia_irq *irq)
{
    static const char *const names[] = {
        [AIA_MSI_PLAIN] = "plain",
        [AIA_MSI_MASKABLE] = "maskable",
        [AIA_MSI_STORE] = "store",
        [AIA_MSI_STORE_LOW] = "store-low",
    };

    if (is_wired(irq))
        return "wire";
    if (irq->msi->ops->bus_lock)
        return "slow-bus";
    return irq->msi->below ? "remapped" : names[irq->msi->kind];
}

static const char *flow_of(const struct aia_irq *irq)
{
    uint32_t flow = atomic_load(&irq->flow);

    return flow & AIA_FLOW_DEAD       ? " (dead)"
           : flow & AIA_FLOW_STORMED  ? " (stormed)"
           : flow & AIA_FLOW_DISABLED ? " (disabled)"
                                      : "";
}

/* The width of a hart's column: of its head or its largest number, and a blank. */
static unsigned width_of(unsigned hart, bool deltas)
{
    struct aia_irq *irq;
    uint64_t most = count_of(IRQ_MAX, hart) - (deltas ? before[IRQ_MAX][hart] : 0);
    char text[24];

    for (unsigned n = 0; (irq = nth_irq(n)); n++) {
        uint64_t count = count_of(number_of(irq), hart) - (deltas ? before[number_of(irq)][hart] : 0);
        most = count > most ? count : most;
    }
    int number = snprintf(text, sizeof(text), "%lu", most),
        head = snprintf(text, sizeof(text), "hart %u", hart);
    return 1 + (unsigned)(number > head ? number : head);
}

static void print_counts(unsigned row, const struct columns *c)
{
    for (unsigned h = c->first; h < c->end; h++)
        print("%*lu", c->width[h], shown(row, h, c->deltas));
}

static void print_details(const struct aia_irq *irq)
{
    char vector[24] = "-";

    if (irq->vec.id)
        (void)snprintf(vector, sizeof(vector), "%u on hart %u", irq->vec.id, irq->vec.hart);
    print("  %-11s %-9s %-13s", chip_of(irq), kind_of(irq), vector);
}

/* Print a table of the harts whose columns fit into a row. The first table also has the details of each interrupt. */
static void print_columns(const struct columns *c)
{
    struct aia_irq *irq;

    print("%-4s", "irq");
    for (unsigned h = c->first; h < c->end; h++)
        print("%*s%u", c->width[h] - (h < 10 ? 1 : h < 100 ? 2 : 3), "hart ", h);
    if (!c->first)
        print("  %-11s %-9s %-13s", "chip", "message", "vector");
    print(" name\n");
    for (unsigned n = 0; (irq = nth_irq(n)); n++) {
        print("%-4u", number_of(irq));
        print_counts(number_of(irq), c);
        if (!c->first)
            print_details(irq);
        print(" %s%s\n", irq_name(irq), flow_of(irq));
    }
    print("%-4s", "IPI");
    print_counts(IRQ_MAX, c);
    if (!c->first && irq_by_message())
        print("  %-11s %-9s %-13u", "IMSIC", "-", aia.imsic.ipi_id);
    else if (!c->first)
        print("  %-11s %-9s %-13s", "SBI", "-", "-");
    print(" IPIs\n");
}

static void irq_table(bool deltas)
{
    static struct columns c;
    size_t name = strlen("IPIs");
    struct aia_irq *irq;

    for (unsigned n = 0; (irq = nth_irq(n)); n++)
        name = strlen(irq_name(irq)) > name ? strlen(irq_name(irq)) : name;
    c = (struct columns){.deltas = deltas};
    for (unsigned h = 0; h < hart_count(); h++)
        c.width[h] = (int)width_of(h, deltas);
    while (c.end < hart_count()) {
        int room = ROW - 4 - 1 - (int)name - (c.end ? 0 : DETAILS);
        if (c.end)
            print("\n");
        c.first = c.end;
        do
            room -= c.width[c.end++];
        while (c.end < hart_count() && room >= c.width[c.end]);
        print_columns(&c);
    }
}

/* A string of JSON (RFC 8259, section 7). */
static void json_string(const char *s)
{
    print("\"");
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            print("\\%c", *s);
        else if (*s < ' ')
            print("\\u%04x", (unsigned char)*s);
        else
            print("%c", *s);
    }
    print("\"");
}

static void json_counts(unsigned row, bool deltas)
{
    print("\"counts\":[");
    for (unsigned h = 0; h < hart_count(); h++)
        print("%s%lu", h ? "," : "", shown(row, h, deltas));
    print("]}");
}

static void irq_json(bool deltas)
{
    struct aia_irq *irq;

    print("{\"harts\":%u,\"interrupts\":[", hart_count());
    for (unsigned n = 0; (irq = nth_irq(n)); n++) {
        print("%s{\"number\":%u,\"name\":", n ? "," : "", number_of(irq));
        json_string(irq_name(irq));
        print(",\"chip\":\"%s\",\"message\":\"%s\",\"flow\":%u,", chip_of(irq), kind_of(irq),
              atomic_load(&irq->flow));
        if (irq->vec.id)
            print("\"hart\":%u,\"%s\":%u,", irq->vec.hart, irq_by_message() ? "identity" : "source",
                  irq->vec.id);
        json_counts(number_of(irq), deltas);
    }
    print("],\"ipis\":{");
    if (irq_by_message())
        print("\"identity\":%u,", aia.imsic.ipi_id);
    json_counts(IRQ_MAX, deltas);
    print("}\n");
}

enum command_result command_irq(int argc, char *argv[])
{
    bool deltas = false, json = false;

    for (int i = 1; i < argc; i++) {
        deltas |= !strcmp(argv[i], "-d");
        json |= !strcmp(argv[i], "-j");
        if (strcmp(argv[i], "-d") != 0 && strcmp(argv[i], "-j") != 0) {
            (void)arg_bad(argv, argv[i], "no such option");
            return COMMAND_FAILED;
        }
    }
    if (json)
        irq_json(deltas);
    else
        irq_table(deltas);
    return COMMAND_OK;
}

/* ---- vectors ---- */

/* The width of a state's column: of its name, and two blanks. */
static int state_width(unsigned state)
{
    return 2 + (int)strlen(name_state((enum imsic_state)state));
}

static void vectors_of(unsigned hart)
{
    const struct imsic_file *f = &aia.imsic.files[hart];
    unsigned n[IMSIC_N_STATES + 1] = {0};

    for (unsigned id = 1; id <= f->n_ids; id++) {
        enum imsic_state state = imsic_slot_state(atomic_load(&f->slots[id]));
        n[state < IMSIC_N_STATES ? state : IMSIC_N_STATES]++;
    }
    print("%-5u", hart);
    for (unsigned s = 0; s < IMSIC_N_STATES; s++)
        print("%*u", state_width(s), n[s]);
    print("  %s\n", f->open ? "open" : "closed");
}

enum command_result command_vectors(int argc, char *argv[])
{
    if (!arg_count(argc, argv, 0, 0) || !have_files(argv))
        return COMMAND_FAILED;
    print("%-5s", "hart");
    for (unsigned s = 0; s < IMSIC_N_STATES; s++)
        print("%*s", state_width(s), name_state((enum imsic_state)s));
    print("  allocation\n");
    for (unsigned h = 0; h < hart_count(); h++)
        vectors_of(h);
    for (unsigned h = 0; h < hart_count(); h++) {
        const struct imsic_file *f = &aia.imsic.files[h];
        for (unsigned id = 1; id <= f->n_ids; id++) {
            uint32_t slot = atomic_load(&f->slots[id]);
            if (imsic_slot_state(slot) != IMSIC_FREE && imsic_slot_state(slot) != IMSIC_INTERNAL)
                print("hart %u identity %u: %s, %s\n", h, id, name_state(imsic_slot_state(slot)),
                      name_owner(id, slot));
        }
    }
    return COMMAND_OK;
}

/* ---- stats ---- */

enum command_result command_stats(int argc, char *argv[])
{
    struct aia_irq *irq;

    if (!arg_count(argc, argv, 0, 0))
        return COMMAND_FAILED;
    stats_print_harts();
    print("\n%-16s %8s %9s %7s %7s %7s %9s %9s\n", "interrupt", "moves", "forwarded", "rerun", "kept",
          "resent", "unhandled", "retiring");
    for (unsigned n = 0; (irq = nth_irq(n)); n++)
        print("%-16s %8lu %9lu %7lu %7lu %7lu %9lu %9u\n", irq_name(irq), irq->count.moves,
              irq->count.forwarded, irq->count.rerun, irq->count.kept, irq->count.resent,
              irq->count.unhandled, irq->n_retiring);
    print("\nmessages changed by\n");
    for (unsigned u = 0; u < AIA_N_UPDATES; u++)
        print("%-16s %9lu\n", stats_update_name((enum aia_update)u), aia.updates[u]);
    print("\ncopies sent because a torn message may have landed %lu\n", aia.torn_copies);
    print("interrupts displaced from their affinity %lu\n", aia.displaced);
    return COMMAND_OK;
}
