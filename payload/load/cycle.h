/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking harts down and up inside a job, with a line for what goes wrong. */
#ifndef PAYLOAD_LOAD_CYCLE_H
#define PAYLOAD_LOAD_CYCLE_H

#include <stdbool.h>

#include "payload/kernel/irq.h"

/* Offline, and online again. False: it failed, and the reason was printed. */
bool cycle_down(unsigned hart);
bool cycle_down_deaf(unsigned hart); /* hotplug_offline_deaf() */
bool cycle_up(unsigned hart);

/* What a cycle must leave as it was: vectors by state, timers that are set, calls and jobs under way. */
struct cycle_books {
    struct imsic_stats vectors;
    unsigned calls, jobs, retiring, ipis, timers;
};
struct cycle_books cycle_books(void);
bool cycle_same(const struct cycle_books *before);

/* Edges found late, and by last sweeps; identities that nobody owned, on all harts so far. */
uint64_t cycle_late(void);
uint64_t cycle_swept(void);
uint64_t cycle_unowned(void);

#endif
