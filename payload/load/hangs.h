/* SPDX-License-Identifier: BSD-2-Clause */
/* A hart that hangs on purpose, in the middle of a job's load: hang=KIND. This tests what the payload reports about the hart. */
#ifndef PAYLOAD_LOAD_HANGS_H
#define PAYLOAD_LOAD_HANGS_H

#include "payload/kernel/args.h"
#include <stdbool.h>
#include <stdint.h>

#define HANGS_ARG                                                                                       \
    ARG_ONE_OF(                                                                                         \
        "hang",                                                                                         \
        "halfway a hart hangs, on purpose: spin, sbi, held, busy, lead (the hart that leads the job), " \
        "start (the next hart to come online)",                                                         \
        "spin sbi held busy lead start")

/* Read the argument. Without a second hart, a line names the argument and the program ends. */
void hangs_init(void);

/* True if a hart has to hang and has not been told so, the moment has come, and the hart is online. */
bool hangs_wanted(uint64_t when);
/* The hart that leads the job calls this at each turn. From `when` on, it makes the victim hang, which may be the hart itself. */
void hangs_turn(uint64_t when);
/* The hart that has to hang. */
unsigned hangs_victim(void);

/* Call this after the load. There is no PASS if a hart had to hang and the moment never came. */
void hangs_note(void);

/*
 * True while the victim has to hang and does not hang yet, or no hart has found that it hangs. On a busy host both may come long
 * after `end`, when the load would end.
 */
bool hangs_awaited(uint64_t end);

/* Call this after the load. If a hart hangs, raise an edge of each device: an edge that this hart gets must be unknown. */
void hangs_raise(void);

/* The other harts call this at each turn. */
void hangs_if_asked(void);

#endif
