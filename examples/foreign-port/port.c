/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eleven functions of aia/port.h, with MCS locks and a coroutine scheduler. Two things are worth copying: where the node of a
 * queue lock comes from, and how other tasks run while the library waits in thread context.
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
 * struct aia_lock has two words: the tail of the lock, and the node of its holder, which only the holder uses. The nodes belong to
 * the hart, and not to the task: interrupts are off while a lock is held, so no other task runs on the hart. A hart needs as many
 * nodes as the library nests locks.
 */
static struct mcs_node nodes[HARTS][4];

void aia_port_lock_init(struct aia_lock *l, const char *name)
{
    (void)name;
    l->opaque[0] = 0;
}

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
    uintptr_t unused;
    task_switch(&unused, tasks[aia_port_hart()][0].sp);
    __builtin_unreachable();
}

/* The library waits. With interrupts on this is a task, and another task may run. With interrupts off the wait is short. */
void aia_port_relax(void)
{
    if (CSR("csrr %0, sstatus") & 2) task_yield();
}

/* ---- the machine ---- */

unsigned aia_port_hart(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }
uint64_t aia_port_time(void) { return CSR("rdtime %0"); }
unsigned long aia_port_irq_save(void) { return CSR("csrrci %0, sstatus, 2") & 2; }
void aia_port_irq_restore(unsigned long was) { __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory"); }
void aia_port_timer(uint64_t when) { sbi(SBI_TIMER, 0, when, 0); }
void aia_port_ipi(unsigned n) { (void)n; }
void aia_port_report(const struct aia_report *r) { check(!r, aia_report_text(r->what)); }
