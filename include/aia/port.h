/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the embedder provides: ten functions, resolved at link time. Besides these the library calls
 * nothing but memset and memcpy. All may be called from any hart, with interrupts on or off, unless
 * stated otherwise. embedding.md (share/doc/aia) lists the other preconditions.
 */
#ifndef AIA_PORT_H
#define AIA_PORT_H

#include <stdint.h>

#include <aia/begin.h>

struct aia_report;

/* A spin lock of the embedder's; all zero is unlocked. The library never sleeps with one held. */
struct aia_lock {
    uintptr_t opaque[2];
};

/* Index of the running hart, 0 .. config.n_harts - 1. */
unsigned aia_port_hart(void);

/* A clock that never goes back and is the same on all harts, in ticks of the embedder's choice. */
uint64_t aia_port_time(void);

/* Turn this hart's interrupts off and say how they were; put them back. Nest. */
unsigned long aia_port_irq_save(void);
void aia_port_irq_restore(unsigned long was);

/* Take and release a lock. Always called with interrupts off. Acquire and release ordering. */
void aia_port_lock(struct aia_lock *lock);
void aia_port_unlock(struct aia_lock *lock);

/* Inside a wait for another hart: let time pass. May sleep or yield if interrupts are on. */
void aia_port_relax(void);

/* Call aia_timer() on this hart, interrupts off, at `when` or soon after. Replaces an earlier request. */
void aia_port_timer(uint64_t when);

/* One of the embedder's own virtual IPIs, AIA_IPI_USER and up, has arrived. Interrupt context. */
void aia_port_ipi(unsigned n);

/* Something a person should know. Interrupt context, no locks held: note it down, print it later. */
void aia_port_report(const struct aia_report *report);

#include <aia/end.h>

#endif
