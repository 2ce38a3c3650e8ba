/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device made of software: a message in memory, and a hart that sends it by writing to the real IMSIC.
 * It can be any kind of device, be silent, and send half a message, which real ones do when they like.
 */
#ifndef PAYLOAD_DRIVERS_SOFT_H
#define PAYLOAD_DRIVERS_SOFT_H

#include <stdatomic.h>
#include <stdbool.h>

#include <aia/aia.h>

struct soft {
    struct aia_msi msi;
    _Atomic int lock;
    _Atomic uint64_t addr;
    _Atomic uint32_t data;
    _Atomic int enabled, masked, pending; /* pending: raised while masked */
    bool silent;                          /* does not answer a read-back */
};

void soft_init(struct soft *s, enum aia_msi_kind kind);

/* Send the message, whoever runs this: to the hart it names, or note it if it is masked or stopped. */
void soft_raise(struct soft *s);

#endif
