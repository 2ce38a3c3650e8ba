/* SPDX-License-Identifier: BSD-2-Clause */
/* How the library writes trace events (trace.c). While tracing is off, an event costs one load and one branch. */
#ifndef AIA_LIB_TRACE_EVENT_H
#define AIA_LIB_TRACE_EVENT_H

#include <stddef.h>

#include <aia/aia.h>

/* Set the rings up. False: a ring has no records, or their number is not a power of two from 2 up. */
bool trace_init(const struct aia_config *c);

/* A vector as the argument of an event. */
static inline uint64_t trace_vector(struct imsic_vector v)
{
    return v.hart | (uint64_t)v.id << 16;
}

/* This hart's ring, for several events by trace_to(). NULL: tracing is off. Any. */
static inline struct aia_trace_ring *trace_ring(const struct aia *a)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    /* (int): RV64 holds it sign-extended already */
    return __builtin_expect(rings != NULL, 0) ? &rings[(int)aia_port_hart()] : NULL;
}

/* Write one event to a ring, unless the ring is NULL. Any. */
static inline void trace_to(struct aia_trace_ring *ring, enum aia_event event, const struct aia_irq *irq,
                            struct imsic_vector v, uint64_t arg)
{
    if (__builtin_expect(ring != NULL, 0))
        aia_trace_put(ring, event, irq->number, v, arg);
}

/* Write one event about an interrupt. Any. */
static inline void trace_irq(const struct aia *a, enum aia_event event, const struct aia_irq *irq,
                             struct imsic_vector v, uint64_t arg)
{
    trace_to(trace_ring(a), event, irq, v, arg);
}

/* Write one event, on hart `here`, about interrupt `number` or AIA_TRACE_NO_IRQ. Any. */
static inline void trace(const struct aia *a, unsigned here, enum aia_event event, uint32_t number,
                         struct imsic_vector v, uint64_t arg)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    if (__builtin_expect(rings != NULL, 0))
        aia_trace_put(&rings[(int)here], event, number, v, arg);
}

#endif
