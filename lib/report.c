/* SPDX-License-Identifier: BSD-2-Clause */
/* Reports: their names, their texts, and the limit of their number (config.report_limit). */
#include "lib/report.h"
#include "lib/storm.h"

/* Each kind: its name, what has happened, and what a person can do. */
#define REPORTS(_)                                                                                                        \
    _(UNOWNED, "unowned",                                                                                                 \
      "an edge came to an identity that no interrupt owns: find what still sends this message")                           \
    _(STORM_UNOWNED, "storm-unowned",                                                                                     \
      "an identity that no interrupt owns stormed and is quarantined: find what still sends this message")                \
    _(STORM_IRQ, "storm-irq",                                                                                             \
      "the interrupt stormed and is disabled: mend its handler or its device, then call aia_irq_enable()")                \
    _(LEVEL_UP, "level-up",                                                                                               \
      "the line is still up after storm_limit runs, and the interrupt is disabled: its handler does not clear the cause") \
    _(LATE, "late", "an edge was found when its hart came back: a device sent to a hart that was offline")                \
    _(SYNC_TIMEOUT, "sync-timeout",                                                                                       \
      "writes to the hart's interrupt file do not arrive: check imsic_file.mmio and how it is mapped")                    \
    _(DEAD, "dead",                                                                                                       \
      "the device did not answer a command, and its interrupt is disabled for good: free it, reset the device")           \
    _(CALL_STUCK, "call-stuck",                                                                                           \
      "a function that aia_call() runs on this hart does not return, and its caller waits")                               \
    _(STORM_IPI, "storm-ipi",                                                                                             \
      "IPIs come that no hart sent: find the device that writes the identity of the IPIs")                                \
    _(CHANGED, "changed", "the device does not have its message, as after a reset: call aia_irq_restore()")               \
    _(NOT_STARTED, "not-started",                                                                                         \
      "the device does not answer or take its message, and waits no more for its hart: free it, mend the device")

#define NAME(what, name, text) \
    case AIA_REPORT_##what:    \
        return name;
#define TEXT(what, name, text) \
    case AIA_REPORT_##what:    \
        return text;
#define ONE(what, name, text) +1

_Static_assert(0 REPORTS(ONE) == AIA_N_REPORTS, "each kind of report has a name and a text");

const char *aia_report_name(enum aia_report_what what)
{
    switch (what) {
        REPORTS(NAME)
    case AIA_N_REPORTS:
        break;
    }
    return "unknown";
}

const char *aia_report_text(enum aia_report_what what)
{
    switch (what) {
        REPORTS(TEXT)
    case AIA_N_REPORTS:
        break;
    }
    return "unknown report";
}

void report_event(struct aia *a, enum aia_report_what what, struct imsic_vector v, const struct aia_irq *irq)
{
    struct aia_report_count *c = &a->reports[what];
    uint32_t limit = a->config.report_limit, withheld = 0;

    if (limit && storm_tally(a, &c->window) >= limit) {
        atomic_fetch_add_explicit(&c->withheld, 1, memory_order_relaxed);
        return;
    }
    if (limit)
        withheld = atomic_exchange_explicit(&c->withheld, 0, memory_order_relaxed);
    aia_port_report(&(struct aia_report){.what = what, .vec = v, .irq = irq, .withheld = withheld});
}
