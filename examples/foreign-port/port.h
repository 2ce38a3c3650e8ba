/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's own lock and scheduler. They do not use libaia; port.c implements the port of libaia by them. */
#ifndef PORT_H
#define PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { HARTS = 2, TASKS = 2 };

/* An MCS lock: each waiting hart spins on a node of its own. The harts get the lock in the order in which they came. */
struct mcs_node {
    struct mcs_node *_Atomic next;
    _Atomic bool waiting;
    bool used;
};
struct mcs_lock {
    struct mcs_node *_Atomic tail;
};
void mcs_lock(struct mcs_lock *l, struct mcs_node *mine);
void mcs_unlock(struct mcs_lock *l, struct mcs_node *mine);

/* Coroutines. A task stays on its hart, and runs until it yields. */
struct task {
    uintptr_t sp;
    unsigned turns; /* how often the task got the hart */
    char stack[8192] __attribute__((aligned(16)));
};
extern struct task tasks[HARTS][TASKS];
void task_start(unsigned hart, unsigned n, void (*fn)(void));
_Noreturn void task_run(void); /* run the tasks of the running hart, for ever */
void task_yield(void);

extern _Atomic unsigned long lock_waits; /* how often a lock was not free */

#endif
