/* SPDX-License-Identifier: BSD-2-Clause */
/* How the library traces (trace.c): off is the common case, and is to cost next to nothing. */
#ifndef AIA_LIB_TRACE_H
#define AIA_LIB_TRACE_H

#include <stddef.h>

#include <aia/aia.h>

/* The rings are all there, and of valid sizes. */
bool trace_init(const struct aia_config *c);

/* This hart's ring, if tracing is on; and aia_trace() by who has asked for it, to write several events. Any. */
static inline struct aia_trace_ring *trace_ring(const struct aia *a)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    return __builtin_expect(rings != NULL, 0) ? &rings[(int)aia_port_hart()] : NULL;
}

static inline void trace_to(struct aia_trace_ring *ring, enum aia_event event, const struct aia_irq *irq,
                            struct imsic_vector v, uint64_t arg)
{
    if (__builtin_expect(ring != NULL, 0)) /* off is the common case, and is to cost next to nothing */
        aia_trace_put(ring, event, irq->number, v, arg);
}

/* aia_trace() where there is an interrupt. Any. */
static inline void trace_irq(const struct aia *a, enum aia_event event, const struct aia_irq *irq,
                             struct imsic_vector v, uint64_t arg)
{
    trace_to(trace_ring(a), event, irq, v, arg);
}

/* The same by who knows which hart runs, and the number of the interrupt, AIA_TRACE_NO_IRQ for none. Any. */
static inline void trace(const struct aia *a, unsigned here, enum aia_event event, uint32_t number,
                         struct imsic_vector v, uint64_t arg)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    if (__builtin_expect(rings != NULL, 0))
        aia_trace_put(&rings[(int)here], event, number, v, arg);
}

#endif
