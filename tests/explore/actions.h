/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the schedule (sched.c) and the code that does actions. */
#ifndef ACTIONS_H
#define ACTIONS_H

#include <setjmp.h>

struct m_event;

/* m_die() jumps here. */
extern jmp_buf x_escape;

/* m.hook during the search. */
void x_access(const struct m_event *e, void *arg);

/* Hash the first n regions of the state. */
void x_hash(unsigned n, uint64_t h[2]);

#endif
