/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking harts offline and online inside a job, with a line for each failure. */
#ifndef PAYLOAD_LOAD_CYCLE_H
#define PAYLOAD_LOAD_CYCLE_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

/* Take a hart offline; bring it online again. False: this failed, and the reason was printed. */
bool cycle_down(unsigned hart);
bool cycle_down_irqs_off(unsigned hart); /* hotplug_offline_irqs_off() */
bool cycle_up(unsigned hart);

/* What an offline and online cycle must not change: vectors by state, timers that are set, calls and jobs under way. */
struct cycle_books {
    struct imsic_stats vectors;
    unsigned calls, jobs, retiring, ipis, timers;
};
struct cycle_books cycle_books(void);
bool cycle_same(const struct cycle_books *before);

/* Late edges, swept edges, and interrupts on unowned identities, summed over all harts. */
uint64_t cycle_late(void);
uint64_t cycle_swept(void);
uint64_t cycle_unowned(void);

#endif
