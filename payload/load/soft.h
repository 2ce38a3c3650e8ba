/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device made of software: the caller of soft_raise() plays the device. The device sends by writing to the real IMSIC, and
 * can be of any kind: with its message in registers or in memory, one message or a block, late, silent, below another
 * chip. As in a real device, sending and changes of the registers exclude each other. Where devices are driven by their
 * wires (wires_wanted()) the device is a source of the APLIC that only software raises, and has none of these properties.
 */
#ifndef PAYLOAD_LOAD_SOFT_H
#define PAYLOAD_LOAD_SOFT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <aia/aia.h>
#include <aia/aplic.h>
#include <aia/ims.h>

#define SOFT_QUEUE 32

struct soft {
    union {
        struct aia_msi msi;       /* with a message in registers */
        struct aia_ims ims;       /* with a message in memory */
        struct aplic_source line; /* wired */
    };
    bool wired;

    /* The registers, under `lock`. With a message in memory, `message` holds the latest fetch, and the others are unused. */
    _Atomic int lock;
    struct aia_message message;
    bool enabled, masked;
    uint32_t pending; /* messages of the block that were raised while masked */

    /* The device reads its entry in pieces of 4, 8 or 16 bytes, and calls between() between two pieces. */
    struct aia_ims_entry *entry;
    unsigned piece;
    void (*between)(struct soft *s);

    /* The posted queue: messages leave `delay` ticks after they were sent, by soft_poll(), or when the device is drained. */
    uint64_t delay;
    struct soft_posted {
        struct aia_message message;
        uint64_t due;
    } posted[SOFT_QUEUE];
    unsigned n_posted;
    uint64_t n_drained; /* messages that an answer has pushed out */

    bool silent;    /* the device does not answer a read-back */
    bool undrained; /* the device's answer pushes nothing out */
    /* Takes the device's writes; NULL: they go to memory. */
    void (*bus)(struct soft *s, const struct aia_message *m);
    void *bus_arg;
};

/*
 * Make a device of any kind with its message in registers. Where devices are driven by their wires, `kind` has no effect:
 * take a spare source of an APLIC that reaches the running hart (soft_init), or `hart` (soft_init_near). If there is no
 * spare source, a line says so and the run ends.
 */
void soft_init(struct soft *s, enum aia_msi_kind kind);
void soft_init_near(struct soft *s, enum aia_msi_kind kind, unsigned hart);

/* Make a device with its message in `entry`: AIA_MSI_STORE_LOW or AIA_MSI_STORE. Returns the result of aia_ims_init(). */
int soft_init_entry(struct soft *s, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                    uint64_t posted_limit);

/*
 * Send the n-th message of the block to the hart that the message names. If the device is masked, note the message, unless
 * it is in memory: such a device has no pending register. If the device is stopped, do nothing.
 */
void soft_raise_nth(struct soft *s, unsigned n);
static inline void soft_raise(struct soft *s)
{
    soft_raise_nth(s, 0);
}

/* The message that the device would send now: from its registers, or from its entry, read as the device reads it. */
struct aia_message soft_look(struct soft *s);

/* Deliver the posted messages whose time has come. */
void soft_poll(struct soft *s);

#endif
