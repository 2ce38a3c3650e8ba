/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart that hangs on purpose, in the middle of a job's load: hang=KIND. What is said of it then is what is tested. */
#ifndef PAYLOAD_LOAD_HANGS_H
#define PAYLOAD_LOAD_HANGS_H

#include "payload/kernel/args.h"
#include <stdbool.h>
#include <stdint.h>

#define HANGS_ARG                                                                                      \
    ARG_ONE_OF(                                                                                        \
        "hang",                                                                                        \
        "halfway a hart hangs, on purpose: spin, sbi, held, busy, lead (the one that leads the job), " \
        "start (the next one to come online)",                                                         \
        "spin sbi held busy lead start")

/* Take the argument. Without a second hart the argument ends the program by name. */
void hangs_init(void);

/* Is a hart to hang, from that moment on? */
bool hangs_wanted(uint64_t when);
/* By the hart that leads the job, at each turn; from `when` on it has another hang, or hangs itself. */
void hangs_turn(uint64_t when);
/* The hart that is to hang. */
unsigned hangs_victim(void);

/* After the load: if a hart was to hang and none did, for that moment never came, there will be no PASS. */
void hangs_note(void);

/* The hart was told to hang, and does not yet, or nobody has found it: on a busy host it may not run for long. */
bool hangs_awaited(void);

/* After the load: now that the hart hangs, an edge of each device, for what comes to that hart is to be unknown. */
void hangs_raise(void);

/* By the others, at each turn. */
void hangs_if_asked(void);

#endif
