/* SPDX-License-Identifier: BSD-2-Clause */
#include "payload/report/trace.h"
#include "payload/kernel/args.h"
#include "payload/kernel/console.h"
#include "payload/kernel/hart.h"
#include "payload/kernel/irq.h"
#include "payload/kernel/panic.h"
#include "payload/kernel/machine.h"
#include "payload/report/stats.h"
#include "payload/kernel/time.h"
#include <stdio.h>
#include <string.h>

#define OUR_BYTES (8ul << 20)

static struct aia_trace_record ours[OUR_BYTES / sizeof(struct aia_trace_record)]
    __attribute__((section(".noinit")));
static struct aia_trace_ring rings[MACHINE_MAX_HARTS];

static const char *const state_names[] = {"offline", "online", "closed", "evacuated",
                                          "forced",  "quiet",  "swept"};
static const char *const slot_names[IMSIC_N_STATES] = {"free",     "owned",       "retiring",
                                                       "internal", "quarantined", "managed"};

/* ---- memory ---- */

/* The bytes that rings of `n` records take for all harts. */
static uint64_t ring_bytes(uint64_t n)
{
    return n * hart_count() * sizeof(struct aia_trace_record);
}

/* The memory that the arguments name, or the payload's own. */
static struct aia_fdt_region room(void)
{
    struct aia_fdt_region r = {(uintptr_t)ours, sizeof(ours)};

    if (args_get("trace_mib") && !args_get("trace_at"))
        args_refuse("trace_mib", "it needs trace_at=");
    if (!args_get("trace_at"))
        return r;
    r = (struct aia_fdt_region){args_u64("trace_at", 0), args_u64("trace_mib", 8) << 20};
    if (r.base % 64 == 0 && r.size >= ring_bytes(2) && machine_is_free(&machine, &r))
        return r;
    args_refuse("trace_at", "with trace_mib=%lu that is not free memory of this machine",
                args_u64("trace_mib", 8));
}

struct aia_trace_ring *trace_rings(void)
{
    struct aia_fdt_region r = room();
    uint64_t n = 2;

    while (ring_bytes(2 * n) <= r.size)
        n *= 2;
    for (unsigned h = 0; h < hart_count(); h++) {
        rings[h].records = (struct aia_trace_record *)(uintptr_t)r.base + h * n;
        rings[h].n_records = n;
    }
    return rings;
}

/* The rings' memory is cleared at its first use, because most runs do not use it. */
void trace_on(void)
{
    static bool cleared;

    if (!cleared)
        memset(rings[0].records, 0, hart_count() * rings[0].n_records * sizeof(struct aia_trace_record));
    cleared = true;
    (void)aia_trace_on(&aia); /* cannot fail: the rings exist */
}

void trace_off(void)
{
    aia_trace_off(&aia);
}

void trace_begin(void)
{
    if (args_get("trace"))
        trace_on();
}

/* ---- for scripts/timeline ---- */

static void print_names(const char *what, const char *const *names, unsigned n)
{
    print("trace: names %s", what);
    for (unsigned i = 0; i < n; i++)
        print("%c%s", i ? ',' : ' ', names[i]);
    print("\n");
}

/* The start of the memory that contains the address. */
static uint64_t memory_of(uint64_t address)
{
    uint64_t base = 0;

    for (size_t i = 0; i < machine.n_memory && machine.memory[i].base <= address; i++)
        base = machine.memory[i].base;
    return base;
}

static void print_layout(void)
{
    const char *events[AIA_N_EVENTS], *updates[AIA_N_UPDATES];

    print("trace: %u harts, %lu records each, at 0x%lx in the memory at 0x%lx, %lu ticks a second\n",
          hart_count(), rings[0].n_records, (uintptr_t)rings[0].records,
          memory_of((uintptr_t)rings[0].records), machine.aia.timebase);
    for (unsigned e = 0; e < AIA_N_EVENTS; e++)
        events[e] = aia_event_name(e);
    for (unsigned u = 0; u < AIA_N_UPDATES; u++)
        updates[u] = stats_update_name((enum aia_update)u);
    print_names("event", events, AIA_N_EVENTS);
    print_names("update", updates, AIA_N_UPDATES);
    print_names("hart", state_names, sizeof(state_names) / sizeof(state_names[0]));
    print_names("slot", slot_names, IMSIC_N_STATES);
    for (unsigned i = 0; i < IRQ_MAX; i++)
        if (aia.config.irqs[i].name)
            print("trace: irq %u %s\n", i, irq_name(&aia.config.irqs[i]));
}

void trace_end(void)
{
    uint64_t written = 0, dropped = 0;

    if (!args_get("trace"))
        return;
    trace_off();
    print_layout();
    for (unsigned h = 0; h < hart_count(); h++) {
        uint64_t n = atomic_load(&rings[h].next) - 1;
        print("trace: hart %u id %lu wrote %lu\n", h, machine.aia.harts[h].hartid, n);
        written += n;
        dropped += n > rings[h].n_records ? n - rings[h].n_records : 0;
    }
    print("trace: %lu events, %lu dropped\n", written, dropped);
}

/* ---- for a person ---- */

static const char *name_of(const char *const *names, unsigned n, uint64_t i)
{
    return i < n ? names[i] : "?";
}

/* List virtual IPIs by their numbers. */
static void explain_taken(uint64_t ipis, char *text, size_t size)
{
    int n = snprintf(text, size, "%s", ipis ? "number" : "none left");

    for (unsigned i = 0; i < 64 && (size_t)n < size; i++)
        if (ipis >> i & 1)
            n += snprintf(text + n, size - (size_t)n, " %u", i);
}

/* Explain the event's argument in words. */
static void explain(const struct aia_trace_entry *e, char *text, size_t size)
{
    switch (e->event) {
    case AIA_EVENT_CLAIM:
        (void)snprintf(text, size, "%s", name_of(slot_names, IMSIC_N_STATES, e->arg));
        break;
    case AIA_EVENT_MESSAGE:
        (void)snprintf(text, size, "%s", stats_update_name((enum aia_update)e->arg));
        break;
    case AIA_EVENT_HART:
        (void)snprintf(text, size, "%s",
                       name_of(state_names, sizeof(state_names) / sizeof(state_names[0]), e->arg));
        break;
    case AIA_EVENT_END:
        (void)snprintf(text, size, "%s", e->arg == AIA_HANDLED ? "handled" : "unhandled");
        break;
    case AIA_EVENT_MOVE:
        (void)snprintf(text, size, "to hart %lu", e->arg & 0xffff);
        break;
    case AIA_EVENT_MOVED:
        (void)snprintf(text, size, "%s", e->arg ? aia_strerror(-(int)e->arg) : "");
        break;
    case AIA_EVENT_RAISED:
    case AIA_EVENT_SEEN:
        (void)snprintf(text, size, "bits 0x%lx", e->arg);
        break;
    case AIA_EVENT_NOTED:
        (void)snprintf(text, size, "%s", e->arg & AIA_FLOW_DISABLED ? "it is disabled" : "its handler runs");
        break;
    case AIA_EVENT_RECLAIM:
        (void)snprintf(text, size, "%s", e->arg ? "an edge was pending there" : "");
        break;
    case AIA_EVENT_IPI_TAKEN:
        explain_taken(e->arg, text, size);
        break;
    case AIA_EVENT_IPI:
        (void)snprintf(text, size, "number %lu", e->arg);
        break;
    default:
        text[0] = '\0';
        if (e->arg)
            (void)snprintf(text, size, "0x%lx", e->arg);
    }
}

static void print_event(unsigned hart, const struct aia_trace_entry *e)
{
    const char *name = e->irq < IRQ_MAX ? irq_name(&aia.config.irqs[e->irq]) : "";
    char at[32] = "", text[96], line[192];
    uint64_t ns = time_to_ns(e->time);

    if (e->vec.id)
        (void)snprintf(at, sizeof(at), "hart %u identity %u", e->vec.hart, e->vec.id);
    else if (e->event == AIA_EVENT_HART || e->event == AIA_EVENT_IPI || e->event == AIA_EVENT_IPI_TAKEN)
        (void)snprintf(at, sizeof(at), "hart %u", e->vec.hart);
    explain(e, text, sizeof(text));
    (void)snprintf(line, sizeof(line), "%6lu.%07lu  hart %-3u  %-9s  %-8s  %-20s  %s", ns / 1000000000,
                   ns % 1000000000 / 100, hart, aia_event_name(e->event), name, at, text);
    size_t n = strlen(line);
    while (n && line[n - 1] == ' ')
        n--;
    print("%.*s\n", (int)n, line);
}

/* The hart whose next event is the oldest; hart_count(): there are no more events. */
static unsigned oldest(const struct aia_trace_entry *heads, const bool *have)
{
    unsigned best = hart_count();

    for (unsigned h = 0; h < hart_count(); h++)
        if (have[h] && (best == hart_count() || heads[h].time < heads[best].time))
            best = h;
    return best;
}

unsigned trace_print(unsigned n, bool (*enough)(void))
{
    static struct aia_trace_reader readers[MACHINE_MAX_HARTS];
    static struct aia_trace_entry heads[MACHINE_MAX_HARTS];
    static bool have[MACHINE_MAX_HARTS];
    unsigned h, printed = 0;
    uint64_t left = 0;

    for (h = 0; h < hart_count(); h++) {
        aia_trace_seek(&aia, &readers[h], h, n);
        left += atomic_load(&rings[h].next) - readers[h].next;
        have[h] = aia_trace_read(&aia, &readers[h], &heads[h]);
    }
    for (; left && (h = oldest(heads, have)) < hart_count() && !(enough && enough()); left--) {
        if (left <= n) {
            print_event(h, &heads[h]);
            printed++;
        }
        have[h] = aia_trace_read(&aia, &readers[h], &heads[h]);
    }
    return printed;
}
