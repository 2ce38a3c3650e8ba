/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NVMe controller as software sees it (NVM Express Base 2.0): registers, doorbells, queues, the admin commands in use
 * and reads. It works while somebody waits, in any order, and fails the test where a real one would do harm. Each
 * block read begins with its number.
 */
#ifndef NVME_MODEL_H
#define NVME_MODEL_H

#include "function.h"

#define NM_QUEUES     17u
#define NM_SECTORS    1000u
#define NM_HELD       32u
#define NM_NAMESPACES 4u

enum nm_stuck { NM_FINE, NM_NEVER_READY, NM_STAYS_READY, NM_FATAL_AT_ENABLE };

struct nm_queue {
    bool sq_exists, cq_exists;
    unsigned sq_size, sq_head, sq_tail, cq_size, cq_head, cq_tail, phase, vector;
    uint64_t sq, cq;
    uint32_t held[NM_HELD][16]; /* commands that were fetched */
    unsigned n_held;
};

struct nm {
    /* The test's. */
    enum nm_stuck stuck;
    unsigned mqes, timeout, stride, mpsmin, css; /* fields of CAP */
    unsigned shift;                              /* of a block's size */
    unsigned namespaces[NM_NAMESPACES]; /* the active ones, then zeros; all but the last cannot be read */
    bool no_list;                       /* it is older than the list of them */
    uint32_t granted;                   /* submission and completion queues, 0-based, in halves */
    int fails, silent;                  /* an admin opcode, or -1 */
    uint16_t status;                    /* of what fails; and of reads, unless 0 */
    bool holds;                         /* it completes no read */
    uint16_t late; /* unless 0: of the admin command that it was silent about, at the next occasion */
    bool fatal;

    /* For the test to look at. */
    unsigned deepest;  /* reads at once in one queue */
    unsigned deletes;  /* queues */
    unsigned wraps;    /* of completion queues */
    unsigned in_admin; /* commands that it is silent about */

    struct nm_queue queues[NM_QUEUES];
    uint32_t cc, aqa;
    uint64_t asq, acq;
};
extern struct nm nm;

void nm_reset(void);

/* It posts a completion, of whatever it may be, and sends. */
void nm_post(unsigned queue, unsigned id, unsigned sqid, uint16_t status, uint32_t value);

#endif
