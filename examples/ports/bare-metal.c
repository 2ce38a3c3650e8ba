/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port without a kernel: ticket locks, SBI's timer, and waits that spin. The start code puts the hart's number, from 0 up
 * without gaps, into tp.
 */
#include "port.h"

unsigned aia_port_hart(void) { return (unsigned)(uintptr_t)__builtin_thread_pointer(); }
uint64_t aia_port_time(void) { return CSR("rdtime %0"); }
unsigned long aia_port_irq_save(void) { return CSR("csrrci %0, sstatus, 2") & SIE; }
void aia_port_irq_restore(unsigned long was) { __asm__ volatile("csrs sstatus, %0" ::"r"(was) : "memory"); }

/* opaque[0]: the next ticket. opaque[1]: the ticket that has the lock. The harts get the lock in the order in which they came. */
void aia_port_lock_init(struct aia_lock *l, const char *name)
{
    (void)name;
    *l = (struct aia_lock){{0}};
}

void aia_port_lock(struct aia_lock *l)
{
    uintptr_t mine = __atomic_fetch_add(&l->opaque[0], 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&l->opaque[1], __ATOMIC_ACQUIRE) != mine) port_pause();
}

void aia_port_unlock(struct aia_lock *l)
{
    __atomic_store_n(&l->opaque[1], l->opaque[1] + 1, __ATOMIC_RELEASE);
}

void aia_port_relax(void) { port_pause(); }
void aia_port_timer(uint64_t when) { port_set_timer(when); }

void port_timer_interrupt(struct aia *aia)
{
    port_set_timer(UINT64_MAX); /* this ends the interrupt */
    aia_timer(aia);
}
