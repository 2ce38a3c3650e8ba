/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AHCI controller with a disk at its first port, as software sees it (AHCI 1.3.1). Each sector that is read begins with
 * its number. The controller works only when the test tells it to; a lively one also works while software waits.
 */
#ifndef AHCI_MODEL_H
#define AHCI_MODEL_H

#include "function.h"
#include "payload/drivers/ahci_regs.h"
#include "payload/kernel/random.h"

#define AM_TFD_OK  0x50u
#define AM_TFD_ERR 0x0451u
#define AM_SECTORS 1000u

enum am_stuck { AM_FINE, AM_STUCK_RESET, AM_STUCK_RECEIVING };

struct am {
    uint32_t is, ie, cmd, tfd, ci, global, ghc;
    unsigned messages; /* sent and not handled yet */
    bool halted;       /* by an error, until software stops the commands (6.2.2.1) */
    uint64_t list;     /* address of the command headers */

    /* Set by the test: how this controller behaves. */
    uint64_t bad;   /* sectors that cannot be read, as bits */
    bool forgets;   /* it clears the failed command's bit in PxCI; 5.3.8 forbids this, but real ones do it */
    bool any_order; /* it executes commands in any order, not the lowest first */
    bool never_stops, stays_busy;
    uint32_t stuck;       /* bits of IS that are set again when software clears them */
    unsigned stops_after; /* reads of PxCMD until commands have stopped */
    unsigned short_of;    /* bytes by which each read is too short */
    struct random random;

    /* Set by the test: how the controller starts. */
    bool lively;
    enum am_stuck hangs;
    uint32_t cap, ports, sig, ssts;
    bool identify_fails, identify_garbled;
    unsigned sector_size;
    bool packet;         /* the first port has a device that is not a disk; the disk is at the next port */
    uint32_t packet_cmd; /* PxCMD of the first port: it must be off when the disk's port is started */
    unsigned resets;
};
extern struct am am;

/* Put the controller in the state in which firmware may leave it: running. */
void am_reset(void);

/* Execute one command. Returns false if there is none that the controller can execute now. */
bool am_work(void);

#endif
