/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the schedule and whoever carries it out. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include <setjmp.h>

struct m_event;

/* m_die() comes out here. */
extern jmp_buf x_escape;

/* m.hook while the search is on. */
void x_access(const struct m_event *e, void *arg);

/* The first n regions of a state, hashed. */
void x_hash(unsigned n, uint64_t h[2]);

#endif
