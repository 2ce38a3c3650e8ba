/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The eleven functions that the embedder provides. They are resolved at link time. Besides these the library calls only memset and
 * memcpy. Unless a comment says otherwise, the library calls them on any hart, with interrupts on or off. embedding.md
 * (share/doc/aia) lists everything else that the embedder provides.
 */
#ifndef AIA_PORT_H
#define AIA_PORT_H

#include <stdint.h>

#include <aia/config.h>

#include <aia/begin.h>

struct aia_report;

/*
 * A spin lock of the embedder: the lock itself, or a pointer to a lock that is elsewhere. The library never sleeps while it
 * holds a lock. embedding.md lists the locks and the order in which they nest.
 */
struct aia_lock {
    uintptr_t opaque[AIA_LOCK_WORDS];
};

/* The number of the running hart: 0 .. config.n_harts - 1. */
unsigned aia_port_hart(void);

/* The time, in ticks of the embedder's choice. The clock is the same on all harts, and never goes back. */
uint64_t aia_port_time(void);

/*
 * aia_port_irq_save(): turn this hart's interrupts off, and return their earlier state. aia_port_irq_restore(): restore that
 * state. Pairs of calls nest.
 */
unsigned long aia_port_irq_save(void);
void aia_port_irq_restore(unsigned long was);

/*
 * Make an unlocked lock. aia_init(), aplic_init() and aia_iommu_init() call this once for each of their locks, before its first
 * use. What the lock's memory holds before is undefined. `name` says what the lock is for; it is a fixed string, the same for
 * all locks of a kind.
 */
void aia_port_lock_init(struct aia_lock *lock, const char *name);

/*
 * Take a lock, with acquire ordering; release it, with release ordering. Interrupts are always off, also in traps: the lock spins,
 * and is no mutex or semaphore.
 */
void aia_port_lock(struct aia_lock *lock);
void aia_port_unlock(struct aia_lock *lock);

/*
 * Called repeatedly during a wait for another hart, or for another task inside aia_call(). May sleep or yield if interrupts are on.
 * Where tasks have priorities, block for a tick: a yield lets no task of a lower priority run, and the wait may be for such a task.
 */
void aia_port_relax(void);

/*
 * Arrange that this hart calls aia_timer() once, interrupts off, at `when` or soon after. This replaces an earlier `when` of the
 * hart. If `when` has passed already, the call comes soon. UINT64_MAX: no call comes. Further calls of aia_timer(),
 * before `when` or from a periodic tick, do no harm. The function may be empty if a tick of each hart calls aia_timer(): vectors
 * then retire for up to one tick longer.
 */
void aia_port_timer(uint64_t when);

/* Take virtual IPI `n`, which is AIA_IPI_USER or above. Interrupt context. */
void aia_port_ipi(unsigned n);

/*
 * Note an event that a person should know of, and print it later. The function may print immediately if printing works in interrupt
 * context and takes no lock that the caller of aia_irq_try_affinity() may hold. Interrupt or thread context, no lock of the library
 * held.
 */
void aia_port_report(const struct aia_report *report);

#include <aia/end.h>

#endif
