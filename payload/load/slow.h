/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device behind a command queue, made of software: its message lives where only it can reach it, and software
 * changes a copy and sends one command that takes the copy over. Some hart plays the device: slow_poll() takes a command,
 * and answers it after a delay, or never; it also lets posted messages go whose time has come.
 */
#ifndef PAYLOAD_LOAD_SLOW_H
#define PAYLOAD_LOAD_SLOW_H

#include <stdatomic.h>
#include <stdbool.h>

#include <aia/aia.h>

struct slow {
    struct aia_msi msi;

    /* Software's. */
    _Atomic int bus; /* the bus lock: hart + 1 */
    struct aia_message copy;
    bool copy_enabled;

    /* The queue, of one command: what is sent, what has been answered. */
    _Atomic uint64_t sent, answered;
    uint64_t limit;    /* ticks that an answer may take */
    bool plays_itself; /* whoever waits for an answer gives the device its turns: no other hart is needed */

    /* The device's. lock: it sends or obeys. */
    _Atomic int lock;
    struct aia_message message;
    bool enabled;
    uint64_t delay; /* ticks between a command and its answer */
    uint64_t taken; /* when the present command was seen; 0: none */
    uint64_t
        post; /* ticks that a message takes to leave, unless the device is read back; 0: it leaves at once */
    struct aia_message posted;
    uint64_t posted_due; /* 0: there is none */
    _Atomic bool deaf;
    _Atomic uint64_t resets;
};

/* delay: of each answer; limit: how long software waits for one; in ticks. */
void slow_init(struct slow *s, uint64_t delay, uint64_t limit);

/* The device's turn: take a command, answer one whose time has come. One hart, as often as it can. */
void slow_poll(struct slow *s);

/* Send the message; false if the device is not started. Any hart. */
bool slow_raise(struct slow *s);

#endif
