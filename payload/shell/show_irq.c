/* SPDX-License-Identifier: BSD-2-Clause */
/* irq, vectors, stats: the library's books. Read without locks, as they are at that moment. */
#include "payload/shell/commands.h"
#include "payload/console.h"
#include "payload/hart.h"
#include "payload/stats.h"
#include "payload/wires.h"
#include <stdio.h>
#include <string.h>

/* ---- irq ---- */

static aia_counter before[IRQ_MAX + 1][MACHINE_MAX_HARTS]; /* at the last -d; the last row: IPIs */

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

static void irq_table(bool deltas)
{
    struct aia_irq *irq;

    print("%-5s", "irq");
    for (unsigned h = 0; h < hart_count(); h++)
        print("%*s%u ", h < 10 ? 9 : h < 100 ? 8 : 7, "hart ", h);
    print(" %-11s %-9s %-13s %s\n", "chip", "message", "vector", "name");
    for (unsigned n = 0; (irq = nth_irq(n)); n++) {
        char vector[24] = "-";
        print("%-5u", number_of(irq));
        for (unsigned h = 0; h < hart_count(); h++)
            print("%10lu ", shown(number_of(irq), h, deltas));
        if (irq->vec.id)
            (void)snprintf(vector, sizeof(vector), "%u on hart %u", irq->vec.id, irq->vec.hart);
        print(" %-11s %-9s %-13s %s%s\n", chip_of(irq), kind_of(irq), vector, irq->name, flow_of(irq));
    }
    print("%-5s", "IPI");
    for (unsigned h = 0; h < hart_count(); h++)
        print("%10lu ", shown(IRQ_MAX, h, deltas));
    if (irq_by_message())
        print(" %-11s %-9s %-13u IPIs\n", "IMSIC", "-", aia.imsic.ipi_id);
    else
        print(" %-11s %-9s %-13s IPIs\n", "SBI", "-", "-");
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
        json_string(irq->name);
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
        print("%10u", n[s]);
    print("  %s\n", f->open ? "open" : "closed");
}

enum command_result command_vectors(int argc, char *argv[])
{
    if (!arg_count(argc, argv, 0, 0) || !have_files(argv))
        return COMMAND_FAILED;
    print("%-5s", "hart");
    for (unsigned s = 0; s < IMSIC_N_STATES; s++)
        print("%10s", name_state((enum imsic_state)s));
    print("  to allocation\n");
    for (unsigned h = 0; h < hart_count(); h++)
        vectors_of(h);
    for (unsigned h = 0; h < hart_count(); h++) {
        const struct imsic_file *f = &aia.imsic.files[h];
        for (unsigned id = 1; id <= f->n_ids; id++) {
            uint32_t slot = atomic_load(&f->slots[id]);
            if (imsic_slot_state(slot) != IMSIC_FREE && imsic_slot_state(slot) != IMSIC_RESERVED)
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
    print("\n%-16s %9s %9s %7s %7s %7s %7s %9s\n", "interrupt", "moves", "re-inject", "rerun", "kept",
          "resent", "nothing", "retiring");
    for (unsigned n = 0; (irq = nth_irq(n)); n++)
        print("%-16s %9lu %9lu %7lu %7lu %7lu %7lu %9u\n", irq->name, irq->moves, irq->forwarded, irq->rerun,
              irq->kept, irq->resent, irq->none, irq->n_retiring);
    print("\nmessages changed by: ");
    stats_print_updates();
    print("interrupts that had to leave their affinity %lu\n", aia.strayed);
    return COMMAND_OK;
}
