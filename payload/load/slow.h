/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device with a command queue, made of software. Only the device can reach its message. Software changes a copy of the
 * message and sends one command, which makes the device take the copy. A hart plays the device: slow_poll() takes a command
 * and answers it after a delay, or never; it also lets posted messages leave when their time has come.
 */
#ifndef PAYLOAD_LOAD_SLOW_H
#define PAYLOAD_LOAD_SLOW_H

#include <stdatomic.h>
#include <stdbool.h>

#include <aia/aia.h>

struct slow {
    struct aia_msi msi;

    /* The side of software. */
    _Atomic int bus; /* the bus lock: hart + 1 */
    struct aia_message copy;
    bool copy_enabled;

    /* The queue, of one command: the numbers of commands sent and answered. */
    _Atomic uint64_t sent, answered;
    uint64_t limit;    /* ticks for which software waits for an answer */
    bool plays_itself; /* the hart that waits for an answer plays the device: no other hart is needed */

    /* The side of the device. The lock is held while the device sends or obeys a command. */
    _Atomic int lock;
    struct aia_message message;
    bool enabled;
    uint64_t delay; /* ticks between a command and its answer */
    uint64_t taken; /* when the present command was seen; 0: none */
    uint64_t post;  /* ticks until a message leaves, if the device is not read back; 0: immediately */
    struct aia_message posted;
    uint64_t posted_due; /* when the posted message leaves; 0: there is none */
    _Atomic bool silent; /* the device answers no command */
    _Atomic uint64_t resets;
};

/* delay: the time of each answer; limit: how long software waits for an answer; in ticks. */
void slow_init(struct slow *s, uint64_t delay, uint64_t limit);

/* Play the device: take a command, answer a command whose time has come. Context: one hart, as often as possible. */
void slow_poll(struct slow *s);

/* Send the message. False: the device is not started. Context: any hart. */
bool slow_raise(struct slow *s);

#endif
