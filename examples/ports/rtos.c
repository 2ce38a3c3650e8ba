/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port to an RTOS: a periodic tick instead of a one-shot timer, waits that sleep until the next tick, and locks that are objects
 * of the RTOS, which struct aia_lock only points to. Fill in the macros.
 */
#include "port.h"

enum { HARTS = 4, LOCKS = 32 };              /* LOCKS: one for each of config.irqs, and five more */
enum { TICK = 10000 };                       /* of aia_port_time(): a millisecond on QEMU's virt machine */
#define RTOS_SLEEP() __asm__ volatile("wfi") /* your delay of one tick */
#define RTOS_PANIC() __builtin_trap()
#define RTOS_LOCK    struct rtos_lock
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

/* The library waits for another hart. A task sleeps; where interrupts are off the wait is short, and spins. */
void aia_port_relax(void)
{
    if (CSR("csrr %0, sstatus") & SIE)
        RTOS_SLEEP();
    else
        port_pause();
}

/* ---- the tick. due[h]: when hart h has to call aia_timer(). Only hart h uses due[h], with interrupts off. ---- */

static uint64_t due[HARTS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};

void aia_port_timer(uint64_t when)
{
    unsigned long was = aia_port_irq_save();
    due[aia_port_hart()] = when;
    aia_port_irq_restore(was);
}

void port_timer_interrupt(struct aia *aia)
{
    uint64_t *mine = &due[aia_port_hart()], now = aia_port_time();
    port_set_timer(now + TICK); /* your RTOS does this itself, and calls the rest from its hook for ticks */
    if (now < *mine) return;
    *mine = UINT64_MAX; /* before aia_timer(), which may set a new time */
    aia_timer(aia);
}
