/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port to an RTOS: a periodic tick instead of a one-shot timer, waits that sleep until the next tick, and locks that are objects
 * of the RTOS, which struct aia_lock only points to. Fill in the macros. The locks are spin locks of the RTOS, never mutexes or
 * semaphores: the library takes locks with interrupts off, and in traps.
 */
#include "port.h"

/* LOCKS: config.n_irqs + 3, and 1 for each APLIC domain, and 3 for each IOMMU. */
enum { HARTS = 4, LOCKS = 32 };
enum { TICK = 10000 }; /* of aia_port_time(): a millisecond on QEMU's virt machine */
/*
 * Your delay of one tick. The delay has to block the task. A yield lets only tasks of the same or a higher priority run: a task
 * of lower priority that the wait depends on would not run until wait_limit.
 */
#define RTOS_SLEEP() __asm__ volatile("wfi")
/*
 * Whether the running code may block. Add: the scheduler has started, and schedules this hart. Elsewhere a wait has to spin:
 * before the scheduler starts, and on a hart that the RTOS does not schedule.
 */
#define RTOS_MAY_SLEEP() (CSR("csrr %0, sstatus") & SIE)
#define RTOS_PANIC()     __builtin_trap()
#define RTOS_LOCK        struct rtos_lock
#define RTOS_LOCK_TAKE(l) \
    while (__atomic_exchange_n(&(l)->taken, 1, __ATOMIC_ACQUIRE)) port_pause()
#define RTOS_LOCK_FREE(l) __atomic_store_n(&(l)->taken, 0, __ATOMIC_RELEASE)

struct rtos_lock {
    int taken;
};

unsigned aia_port_hart(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }
uint64_t aia_port_time(void) { return CSR("rdtime %0"); }
unsigned long aia_port_irq_save(void) { return CSR("csrrci %0, sstatus, 2") & SIE; }
void aia_port_irq_restore(unsigned long was) { __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory"); }

/* ---- locks: opaque[0] points to an object from this pool. Locks are made by one hart, while the kernel starts. ---- */

static RTOS_LOCK pool[LOCKS];
static unsigned n_locks;

void aia_port_lock_init(struct aia_lock *l, const char *name)
{
    (void)name;
    if (n_locks == LOCKS) RTOS_PANIC();
    l->opaque[0] = (uintptr_t)&pool[n_locks++];
}

void aia_port_lock(struct aia_lock *l) { RTOS_LOCK_TAKE((RTOS_LOCK *)l->opaque[0]); }
void aia_port_unlock(struct aia_lock *l) { RTOS_LOCK_FREE((RTOS_LOCK *)l->opaque[0]); }

/* The library waits for another hart. */
void aia_port_relax(void)
{
    if (RTOS_MAY_SLEEP())
        RTOS_SLEEP();
    else
        port_pause();
}

/*
 * ---- the tick ----
 *
 * due[h]: when hart h has to call aia_timer(). Only hart h uses due[h], with interrupts off. A tickless idle sleeps until due[h]
 * at most.
 */

static uint64_t due[HARTS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

void aia_port_timer(uint64_t when)
{
    unsigned long was = aia_port_irq_save();
    due[aia_port_hart()] = when;
    aia_port_irq_restore(was);
}

/* Call this from your RTOS's hook for ticks, on each hart, interrupts off. */
static void port_tick(struct aia *aia)
{
    uint64_t *mine = &due[aia_port_hart()];
    if (aia_port_time() < *mine) return;
    *mine = UINT64_MAX; /* before aia_timer(), which may set a new time */
    aia_timer(aia);
}

/* A hart that your RTOS schedules needs port_tick() alone. A hart that it does not schedule has this timer of its own. */
void port_timer_interrupt(struct aia *aia)
{
    port_set_timer(aia_port_time() + TICK);
    port_tick(aia);
}
