/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An NVMe controller as software sees it (NVM Express Base 2.0): registers, doorbells, queues, reads, and the admin commands
 * that the driver uses. It works while software waits, in any order, and fails the test where a real controller would do
 * harm. Each block that is read begins with its number.
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
    uint32_t held[NM_HELD][16]; /* commands that were fetched and not completed */
    unsigned n_held;
};

struct nm {
    /* Set by the test. */
    enum nm_stuck stuck;
    unsigned mqes, timeout, stride, mpsmin, css; /* fields of CAP */
    unsigned shift;                              /* log2 of the block size */
    unsigned namespaces[NM_NAMESPACES]; /* the active ones, then zeros; only the last one can be read */
    bool no_list;                       /* the controller is too old for the list of namespaces */
    uint32_t granted;                   /* submission and completion queues, 0-based, in halves */
    int fails, silent;                  /* the admin opcode that fails, or is not answered; -1: none */
    uint16_t status;                    /* status of the command that fails; if not 0, of reads too */
    bool holds;                         /* it completes no read */
    uint16_t
        late; /* if not 0: the status with which it later answers the admin command that it did not answer */
    bool fatal;

    /* Read by the test. */
    unsigned deepest;  /* most reads under way in one queue */
    unsigned deletes;  /* queues deleted */
    unsigned wraps;    /* times that completion queues wrapped */
    unsigned in_admin; /* admin commands that it has not answered */

    struct nm_queue queues[NM_QUEUES];
    uint32_t cc, aqa;
    uint64_t asq, acq;
};
extern struct nm nm;

void nm_reset(void);

/* Post a completion with any contents, and send a message. */
void nm_post(unsigned queue, unsigned id, unsigned sqid, uint16_t status, uint32_t value);

#endif
