/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An AHCI controller with a disk at its first port, as software sees it (AHCI 1.3.1). Each sector read begins with its
 * number. Nothing happens by itself, unless it is lively: then it works while somebody waits.
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
    unsigned messages; /* sent, and not handled yet */
    bool halted;       /* by an error, until commands are stopped (6.2.2.1) */
    uint64_t list;     /* where the command headers are */

    /* What this one is like. */
    uint64_t bad;   /* the sectors that cannot be read, as bits */
    bool forgets;   /* it clears the failed command's bit in PxCI: not what 5.3.8 says, but seen */
    bool any_order; /* not the lowest first */
    bool never_stops, stays_busy;
    uint32_t stuck;       /* bits of IS that come back */
    unsigned stops_after; /* reads of PxCMD */
    unsigned short_of;    /* bytes too few, of all */
    struct random random;

    /* At its start. */
    bool lively;
    enum am_stuck hangs;
    uint32_t cap, ports, sig, ssts;
    bool identify_fails, identify_garbled;
    unsigned sector_size;
    bool packet;         /* at the first port there is what is no disk, and the disk is at the next */
    uint32_t packet_cmd; /* that port's PxCMD: it is to be off when the disk's goes on */
    unsigned resets;
};
extern struct am am;

/* As firmware may leave it: it runs. */
void am_reset(void);

/* One command. False: there is none that it takes now. */
bool am_work(void);

#endif
