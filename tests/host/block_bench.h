/* SPDX-License-Identifier: BSD-2-Clause */
/* A multi-message MSI, whose handler keeps account of each of its messages. Include this first. */
#ifndef BLOCK_BENCH_H
#define BLOCK_BENCH_H

#include "fixture.h"

#define ORDER 2
#define BLOCK (1u << ORDER)

extern struct m_dev multi;
extern struct aia_irq *block;
extern uint64_t sent[BLOCK], ran[BLOCK]; /* edges, and those of them that a run has seen */
extern uint64_t runs[BLOCK];
extern unsigned block_hart; /* of the latest run */

/* A machine of three harts, the block on hart 1, all the fabric's delays at `lag`. */
void set_up(enum aia_msi_kind kind, uint32_t lag);
/* Request it, of `multi` as that is. */
int request_block(uint64_t posted_limit);
int move_to(unsigned hart);

/* Message n; all of them (`arg` is for t_at). */
void raise_one(unsigned n);
void raise_block(void *arg);

/* All edges were handled; and so are more of them, where the block is, and the books balance. */
void check_handled(void);
void check_block(void);

/* Edges of nobody's, on all harts. */
unsigned unowned(void);

#endif
