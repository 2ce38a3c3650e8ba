/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work of the boot hart while the other harts put load on devices (kinds.h, raisers.h): it moves the devices'
 * interrupts, takes the other harts offline and online, one at a time, and gives the verdict.
 */
#ifndef PAYLOAD_LOAD_LOOP_H
#define PAYLOAD_LOAD_LOOP_H

#include <stdbool.h>

#include "payload/kernel/args.h"
#include "payload/kernel/irq.h"
#include "payload/load/hangs.h"

/* The arguments that loop_run() reads, for a job's table. */
#define LOOP_ARGS                                                                                            \
    HANGS_ARG, ARG_FLAG("nostop", "act as on firmware that cannot stop harts"),                              \
        ARG_WORK("seconds", "how long (5)", ARG_MAX_SECONDS),                                                \
        ARG_WORK("ms", "the same in milliseconds; counts if both are given", ARG_MAX_SECONDS * 1000ull),     \
        ARG_SEED, ARG_FLAG("nomove", "move no interrupt"), ARG_FLAG("nohotplug", "take no hart offline"),    \
        ARG_TEXT("unplug", "halfway this device stops answering"),                                           \
        ARG_TEXT("pull", "the same for a device in a slot, after its slot's button, which a line asks for: " \
                         "device_del")

/*
 * After kinds_init(): run load, moves and hotplug, then print all figures. True: nothing is wrong. If `move` is not NULL,
 * it moves the interrupts in place of the library; then no hart goes offline, because that needs the library's moves.
 */
bool loop_run(int (*move)(struct aia_irq *irq, unsigned hart));

#endif
