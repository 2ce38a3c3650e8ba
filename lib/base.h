/* SPDX-License-Identifier: BSD-2-Clause */
/* What every file of the interrupt core uses: counters, locks, slots, vectors. */
#ifndef AIA_LIB_BASE_H
#define AIA_LIB_BASE_H

#include <stddef.h>

#include <aia/aia.h>

#include "imsic/bits.h"
#include "imsic/slot.h"
#include "lib/moment.h"
#include "lib/trace_event.h"

/*
 * Add to a counter that only this hart writes, with interrupts off. No atomic read-modify-write is needed then: a load and a
 * plain store will do. The store is atomic, because the counter is aligned. The access is volatile rather than atomic, because
 * GCC before 13 makes an AMO of a relaxed atomic store.
 */
static inline void count_own(aia_counter *c)
{
    (*(volatile aia_word *)(void *)c)++;
}

/* Add to a counter that any hart may write. */
static inline void count(aia_counter *c)
{
    atomic_fetch_add_explicit(c, 1, memory_order_relaxed);
}

/* One past the last descriptor that was ever in use. A loop over all interrupts may end before this number. */
static inline uint32_t irqs_end(const struct aia *a)
{
    return atomic_load_explicit(&a->irqs_end, memory_order_relaxed);
}

/* True if the descriptor is in use. Acquire: the request's fields are visible afterwards. */
static inline bool irq_is_used(const struct aia_irq *irq)
{
    return atomic_load_explicit(&irq->used, memory_order_acquire);
}

/* True if the device did not answer a command on a slow bus. The interrupt is disabled for good then. */
static inline bool irq_is_dead(const struct aia_irq *irq)
{
    return atomic_load_explicit(&irq->flow, memory_order_relaxed) & AIA_FLOW_DEAD;
}

/* Lock an interrupt. `first` is the first of its block: a block has one lock. Returns what irq_unlock() needs. */
static inline unsigned long irq_lock(struct aia_irq *first)
{
    unsigned long was = aia_port_irq_save();

    aia_port_lock(&first->lock);
    return was;
}

static inline void irq_unlock(struct aia_irq *first, unsigned long was)
{
    aia_port_unlock(&first->lock);
    aia_port_irq_restore(was);
}

static inline uint32_t slot_read(const struct imsic_file *f, unsigned id)
{
    return atomic_load_explicit(&f->slots[id], memory_order_acquire);
}

static inline struct imsic_vector vector(unsigned hart, unsigned id)
{
    return (struct imsic_vector){.hart = (uint16_t)hart, .id = (uint16_t)id};
}

/* The n-th vector of a block that begins at v. */
static inline struct imsic_vector vector_after(struct imsic_vector v, unsigned n)
{
    return (struct imsic_vector){.hart = v.hart, .id = (uint16_t)(v.id + n)};
}

static inline enum aia_hart_state hart_state(const struct aia *a, unsigned hart)
{
    return (enum aia_hart_state)atomic_load_explicit(&a->config.harts[hart].state, memory_order_acquire);
}

/* The end of a wait that begins now. */
static inline uint64_t wait_end(const struct aia *a)
{
    return later(aia_port_time(), a->config.wait_limit);
}

#endif
