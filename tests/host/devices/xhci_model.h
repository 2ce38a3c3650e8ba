/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An xHCI controller as software sees it: registers, the command ring, event ring segments and the event handler busy
 * protocol (xHCI 1.2, 4.9, 4.17.2), ports with reset, and the states of endpoints. It has one interrupter and four
 * segments. Its message is handled at the next wait, unless it is lost.
 */
#ifndef XHCI_MODEL_H
#define XHCI_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "function.h"

#define XM_PORTS 5
#define XM_NEVER 255u

enum xm_stuck { XM_FINE, XM_STUCK_CNR, XM_STUCK_RUNNING, XM_STUCK_RESET, XM_STUCK_HALTED, XM_STUCK_PORT };

struct xhci_trb;

struct xm {
    /* Set by the test. */
    enum xm_stuck stuck;
    unsigned scratches, pagesize, ports;
    uint32_t caplength, dboff, rtsoff;
    unsigned lose;          /* the next so many messages are lost */
    unsigned noise_at_erdp; /* port 2 events that come just before the next ERDP write with EHB */
    void *deliver;          /* the handler's context; NULL: messages wait */
    unsigned code; /* completion code of the next transfer TRB; 0: success; XM_NEVER: it does not complete */
    bool halts_first; /* the TRB that does not complete fails just before its endpoint is stopped */
    uint32_t portsc[XM_PORTS + 1];

    /* Read by the test. */
    uint64_t messages, commands, command_wraps;
    unsigned overruns; /* events that found no room */
    uint32_t sts, erst_size;
    const struct xhci_trb *held; /* the TRB that does not complete, while the controller owns it */
    unsigned stops, resets;      /* of endpoints */

    /* Used by the model alone. */
    uint32_t cmd, iman;
    uint64_t dcbaa, command, erst, erdp;
    unsigned segment, i;
    bool ran, command_cycle, event_cycle, busy, due;
};
extern struct xm xm;

void xm_reset(void);

/* The controller writes an event. */
void xm_event(uint64_t param, uint32_t status, uint32_t control);

/* Run the handler until no message is under way. */
void xm_settle(void);

#endif
