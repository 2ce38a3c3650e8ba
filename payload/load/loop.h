/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot hart does while the others put load on devices (kinds.h, raisers.h): it moves these devices'
 * interrupts about and takes the other harts offline and back, one at a time. And the verdict on it all.
 */
#ifndef PAYLOAD_LOAD_LOOP_H
#define PAYLOAD_LOAD_LOOP_H

#include <stdbool.h>

#include "payload/kernel/args.h"
#include "payload/kernel/irq.h"
#include "payload/load/hangs.h"

/* Arguments that loop_run() reads, for a job's table. */
#define LOOP_ARGS                                                                                         \
    HANGS_ARG, ARG_FLAG("nostop", "as firmware would that cannot stop a hart"),                           \
        ARG_WORK("seconds", "how long (5)", ARG_MAX_SECONDS),                                             \
        ARG_WORK("ms", "the same in milliseconds, and what counts if both are given",                     \
                 ARG_MAX_SECONDS * 1000ull),                                                              \
        ARG_SEED, ARG_FLAG("nomove", "move no interrupt"), ARG_FLAG("nohotplug", "take no hart offline"), \
        ARG_TEXT("unplug", "have that device stop answering halfway"),                                    \
        ARG_TEXT("pull", "the same, when somebody pulls it after having been asked to: device_del of "    \
                         "what is in a slot")

/*
 * The kinds are taken (kinds_init). Load, moves and hotplug, then all the figures. True: nothing is wrong. `move`, if not
 * NULL, moves instead of the library, and then no hart goes, which could not be without it.
 */
bool loop_run(int (*move)(struct aia_irq *irq, unsigned hart));

#endif
