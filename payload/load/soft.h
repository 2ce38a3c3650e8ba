/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device made of software: whoever calls soft_raise() plays it. It sends by writing to the real IMSIC, and can
 * be any kind of device: with registers of its own or with a descriptor in memory, one message or a block, late,
 * silent, behind another chip. Sending and its registers exclude each other, as in a real one. Where devices are driven
 * by their wires (wires_wanted()) it is a source of the APLIC that only software raises, and that is all it can be.
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
        struct aia_msi msi;       /* with registers of its own */
        struct aia_ims desc;      /* with a message in memory */
        struct aplic_source line; /* wired */
    };
    bool wired;

    /* The registers; for a device with its message in memory only those of its block. Under `lock`. */
    _Atomic int lock;
    struct aia_message message;
    bool enabled, masked;
    uint32_t pending; /* messages of the block raised while masked */

    /* How the device reads its entry: in pieces of 4, 8 or 16 bytes, and what happens between two of them. */
    struct aia_ims_entry *entry;
    unsigned piece;
    void (*between)(struct soft *s);

    /* Its posted queue: messages leave `delay` ticks after they were sent, by soft_poll(), or when it is drained. */
    uint64_t delay;
    struct soft_posted {
        struct aia_message message;
        uint64_t due;
    } posted[SOFT_QUEUE];
    unsigned n_posted;
    uint64_t n_drained; /* messages that an answer has pushed out */

    bool silent;    /* does not answer a read-back */
    bool undrained; /* answers, but it pushes nothing */
    /* Where its writes go; NULL: to memory, as a bus would take them. */
    void (*bus)(struct soft *s, const struct aia_message *m);
    void *bus_arg;
};

/*
 * With registers of its own: any kind. Wired: `kind` is of no account; to an APLIC that reaches this hart, or `hart`; if
 * no source is to spare, that is printed, and the run ends.
 */
void soft_init(struct soft *s, enum aia_msi_kind kind);
void soft_init_near(struct soft *s, enum aia_msi_kind kind, unsigned hart);

/* With its message in `entry`, AIA_MSI_STORE_LOW or AIA_MSI_STORE. AIA_OK or as aia_ims_init(). */
int soft_init_entry(struct soft *s, struct aia_ims_entry *entry, enum aia_msi_kind kind,
                    uint64_t posted_limit);

/*
 * Send a message: the n-th of the block, n below its size, to the hart it names; or note it if it is masked. Nothing
 * if it was stopped. If its message is in memory, the masked device does not note it: it has no such register.
 */
void soft_raise_nth(struct soft *s, unsigned n);
static inline void soft_raise(struct soft *s)
{
    soft_raise_nth(s, 0);
}

/* What the device would send now: its registers, or its entry, read as it reads it. */
struct aia_message soft_look(struct soft *s);

/* Let the messages leave whose time has come. */
void soft_poll(struct soft *s);

#endif
