/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ten functions of aia/port.h over MCS locks and a coroutine scheduler. What is worth copying: where the node of a
 * queue lock comes from, and that a wait of the library's in thread context lets other tasks run.
 */
#include "port.h"
#include "kernel.h"

/* ---- the lock ---- */

_Atomic unsigned long lock_waits;

void mcs_lock(struct mcs_lock *l, struct mcs_node *mine)
{
    atomic_store_explicit(&mine->next, NULL, memory_order_relaxed);
    atomic_store_explicit(&mine->waiting, true, memory_order_relaxed);
    struct mcs_node *before = atomic_exchange_explicit(&l->tail, mine, memory_order_acq_rel);
    if (!before) return;
    lock_waits++;
    atomic_store_explicit(&before->next, mine, memory_order_release);
    while (atomic_load_explicit(&mine->waiting, memory_order_acquire)) continue;
}

void mcs_unlock(struct mcs_lock *l, struct mcs_node *mine)
{
    struct mcs_node *next, *me = mine;
    if (atomic_compare_exchange_strong_explicit(&l->tail, &me, NULL, memory_order_release,
                                                memory_order_relaxed))
        return;
    while (!(next = atomic_load_explicit(&mine->next, memory_order_acquire))) continue;
    atomic_store_explicit(&next->waiting, false, memory_order_release);
}

/*
 * struct aia_lock is two words: the lock's tail, and its holder's node, which only the holder touches. The nodes are
 * the hart's, not the task's: interrupts are off from lock to unlock, so nobody else runs here, and how many are
 * used at once is how deep the library nests its locks.
 */
static struct mcs_node nodes[HARTS][4];

void aia_port_lock(struct aia_lock *l)
{
    struct mcs_node *n = nodes[aia_port_hart()];
    while (n->used) n++;
    check(n < nodes[aia_port_hart()] + 4, "locks nest deeper than four\n");
    n->used = true;
    mcs_lock((struct mcs_lock *)&l->opaque[0], n);
    l->opaque[1] = (uintptr_t)n;
}

void aia_port_unlock(struct aia_lock *l)
{
    struct mcs_node *n = (struct mcs_node *)l->opaque[1];
    mcs_unlock((struct mcs_lock *)&l->opaque[0], n);
    n->used = false;
}

/* ---- the scheduler ---- */

struct task tasks[HARTS][TASKS];
static unsigned running[HARTS];
void task_switch(uintptr_t *save_sp, uintptr_t sp);

void task_start(unsigned hart, unsigned n, void (*fn)(void))
{
    struct task *t = &tasks[hart][n];
    uintptr_t *frame = (uintptr_t *)(t->stack + sizeof(t->stack)) - 14;
    frame[0] = (uintptr_t)fn; /* ra */
    t->sp = (uintptr_t)frame;
}

void task_yield(void)
{
    unsigned hart = aia_port_hart(), old = running[hart], new = (old + 1) % TASKS;
    running[hart] = new;
    tasks[hart][new].turns++;
    task_switch(&tasks[hart][old].sp, tasks[hart][new].sp);
}

void task_run(void)
{
    uintptr_t nobody;
    task_switch(&nobody, tasks[aia_port_hart()][0].sp);
    __builtin_unreachable();
}

/* The library waits. Interrupts on: in a task, and another may run. Off: nobody may, and it will not be long. */
void aia_port_relax(void)
{
    if (CSR("csrr %0, sstatus") & 2) task_yield();
}

/* ---- the rest is the machine's ---- */

unsigned aia_port_hart(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }
uint64_t aia_port_time(void) { return CSR("rdtime %0"); }
unsigned long aia_port_irq_save(void) { return CSR("csrrci %0, sstatus, 2") & 2; }
void aia_port_irq_restore(unsigned long was) { __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory"); }
void aia_port_timer(uint64_t when) { sbi(SBI_TIMER, 0, when, 0); }
void aia_port_ipi(unsigned n) { (void)n; }
void aia_port_report(const struct aia_report *r) { check(!r, "a storm, or a late edge\n"); }
