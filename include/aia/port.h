/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ten functions that the embedder provides. They are resolved at link time. Besides these the library calls only memset and
 * memcpy. Unless a comment says otherwise, the library calls them on any hart, with interrupts on or off. embedding.md
 * (share/doc/aia) lists everything else that the embedder provides.
 */
#ifndef AIA_PORT_H
#define AIA_PORT_H

#include <stdint.h>

#include <aia/begin.h>

struct aia_report;

/* A spin lock of the embedder. All zero is unlocked. The library never sleeps while it holds a lock. */
struct aia_lock {
    uintptr_t opaque[2];
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

/* Take a lock, with acquire ordering; release it, with release ordering. Interrupts are always off. */
void aia_port_lock(struct aia_lock *lock);
void aia_port_unlock(struct aia_lock *lock);

/* Called repeatedly during a wait for another hart. May sleep or yield if interrupts are on. */
void aia_port_relax(void);

/* Arrange that this hart calls aia_timer(), interrupts off, at `when` or soon after. This replaces an earlier `when`. */
void aia_port_timer(uint64_t when);

/* Take virtual IPI `n`, which is AIA_IPI_USER or above. Interrupt context. */
void aia_port_ipi(unsigned n);

/* Note an event that a person should know of, and print it later. Interrupt or thread context, no lock of the library held. */
void aia_port_report(const struct aia_report *report);

#include <aia/end.h>

#endif
