/* SPDX-License-Identifier: BSD-2-Clause */
/* A multi-message MSI, whose handler counts the edges of each message. Include this file first. */
#ifndef BLOCK_BENCH_H
#define BLOCK_BENCH_H

#include "fixture.h"

#define ORDER 2
#define BLOCK (1u << ORDER)

extern struct m_dev multi;
extern struct aia_irq *block;
extern uint64_t sent[BLOCK], ran[BLOCK]; /* edges; edges that a run has seen */
extern uint64_t runs[BLOCK];
extern unsigned block_hart; /* hart of the latest run */

/* Make a machine of three harts with the block on hart 1 and all delays of the fabric set to `lag`. */
void set_up(enum aia_msi_kind kind, uint32_t lag);
/* Request the block for the device `multi`, as it is now. */
int request_block(uint64_t posted_limit);
int move_to(unsigned hart);

/* raise_one() sends message n; raise_all() sends all of them (t_at() needs `arg`). */
void raise_one(unsigned n);
void raise_block(void *arg);

/* Check that all edges were handled, that one more edge of each message is handled where the block is, and that the books
 * balance. */
void check_handled(void);
void check_block(void);

/* The number of unowned edges on all harts. */
unsigned unowned(void);

#endif
