/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A port to a kernel that has spin locks, and that saves and restores interrupts, of its own. Include your kernel's headers
 * instead of kernel.h, and fill in the macros. The lock of kernel.h has four words, so the library is built and installed with
 * CFLAGS=-DAIA_LOCK_WORDS=4.
 */
#include "kernel.h"
#include "port.h"

#define KERNEL_HART()           this_cpu()
#define KERNEL_TIME()           clock_read()
#define KERNEL_IRQ_SAVE()       irq_save()
#define KERNEL_IRQ_RESTORE(was) irq_restore(was)
#define KERNEL_LOCK             struct spinlock
#define KERNEL_LOCK_INIT(l, n)  spin_init(l, n)
#define KERNEL_LOCK_TAKE(l)     spin_lock(l)
#define KERNEL_LOCK_FREE(l)     spin_unlock(l)
#define KERNEL_RELAX()          port_pause()         /* where interrupts are on: your yield() */
#define KERNEL_TIMER(when)      port_set_timer(when) /* or an entry of your kernel's queue of timers */

_Static_assert(sizeof(KERNEL_LOCK) <= sizeof(struct aia_lock),
               "install the library with a larger AIA_LOCK_WORDS");
_Static_assert(_Alignof(KERNEL_LOCK) <= _Alignof(struct aia_lock),
               "keep a pointer to the lock in struct aia_lock");

static KERNEL_LOCK *lock_of(struct aia_lock *l) { return (KERNEL_LOCK *)(void *)l; }

unsigned aia_port_hart(void) { return KERNEL_HART(); }
uint64_t aia_port_time(void) { return KERNEL_TIME(); }
unsigned long aia_port_irq_save(void) { return KERNEL_IRQ_SAVE(); }
void aia_port_irq_restore(unsigned long was) { KERNEL_IRQ_RESTORE(was); }
void aia_port_lock_init(struct aia_lock *l, const char *name) { KERNEL_LOCK_INIT(lock_of(l), name); }
void aia_port_lock(struct aia_lock *l) { KERNEL_LOCK_TAKE(lock_of(l)); }
void aia_port_unlock(struct aia_lock *l) { KERNEL_LOCK_FREE(lock_of(l)); }
void aia_port_relax(void) { KERNEL_RELAX(); }
void aia_port_timer(uint64_t when) { KERNEL_TIMER(when); }

void port_timer_interrupt(struct aia *aia)
{
    KERNEL_TIMER(UINT64_MAX);
    aia_timer(aia);
}
