/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: what the library did with each edge, vector, message and hart, and when. Each hart has a ring of records
 * that it alone writes, without a lock and without waiting; anybody reads them, while they are written or from a
 * memory dump. A ring that is full goes on over its oldest records, so that what a dump shows is the end of the story;
 * a reader that comes too late is told how many it missed.
 *
 * An embedder records events of its own with aia_trace() (aia/aia.h).
 *
 * Off costs each event one relaxed load and a branch, and an edge that is idle's nothing. On costs at most 30
 * instructions, and each interrupt goes a way that is some 55 longer.
 */
#ifndef AIA_TRACE_H
#define AIA_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#include <aia/config.h>
#include <aia/imsic.h>

#include <aia/begin.h>

struct aia;
struct aia_irq;

/* What `irq` says of an event that is about no interrupt. */
#define AIA_TRACE_NO_IRQ IMSIC_NO_OWNER

/* `vec` and `arg` are zero where nothing is said of them. */
enum aia_event {
    AIA_EVENT_CLAIM = 1, /* vec was claimed; irq: its owner, if any; arg: enum imsic_state of its slot */
    AIA_EVENT_BEGIN,     /* the handler begins; vec: where its edge was taken */
    AIA_EVENT_END,       /* and ends; arg: enum aia_result */
    AIA_EVENT_NOTED,     /* an edge came to vec while the handler ran or was disabled; arg: aia_irq.flow */
    AIA_EVENT_MOVE,      /* a move begins; vec: from; arg: to, as aia_trace_vector() has it */
    AIA_EVENT_MOVED,     /* and ends; vec: where the message points now; arg: 0, or the error negated */
    AIA_EVENT_MESSAGE,   /* the device's message was changed to vec; arg: enum aia_update */
    AIA_EVENT_START,     /* the device's message was set, to vec */
    AIA_EVENT_STOP,      /* the device was told to send no more; vec: where its message pointed */
    AIA_EVENT_RETIRE,    /* vec retires */
    AIA_EVENT_RECLAIM, /* vec's drain is proven, and it is given back; arg: 1 if an edge was pending there */
    AIA_EVENT_FORWARD, /* an edge that was caught or swept elsewhere is sent on to vec */
    AIA_EVENT_RESEND,  /* an edge that was kept, or may have been lost, is sent again, to vec */
    AIA_EVENT_DISABLE, /* aia_irq_disable() */
    AIA_EVENT_ENABLE,  /* aia_irq_enable() */
    AIA_EVENT_UNOWNED, /* vec fired, and is nobody's */
    AIA_EVENT_STORM,   /* vec was shut off, and its interrupt disabled if it has one */
    AIA_EVENT_LATE,    /* an edge was found at vec when its hart came back */
    AIA_EVENT_DEAD,    /* the device did not answer a command: disabled for good */
    AIA_EVENT_IPI,     /* a virtual IPI is sent to vec's hart; arg: its number */
    AIA_EVENT_IPI_TAKEN, /* arg: a bit for each virtual IPI that was taken; none: they were taken before */
    AIA_EVENT_HART,      /* vec's hart is in a new state; arg: enum aia_hart_state */

    /* The embedder's, for what only it can know of its devices. */
    AIA_EVENT_RAISED, /* the device is about to be made to send edges; arg: a bit for each of them */
    AIA_EVENT_SEEN,   /* the handler has found these edges; arg: the bits again */
    AIA_N_EVENTS,
};

#define AIA_TRACE_WORDS (64 / AIA_WORD_BITS) /* of the machine's, in 64 bits */

/*
 * A record is four times 64 bits, the last one written last. Who reads a memory dump relies on that, and on harts being
 * little-endian.
 */
struct aia_trace_record {
    _Atomic aia_word time[AIA_TRACE_WORDS];  /* the time CSR */
    _Atomic aia_word what[AIA_TRACE_WORDS];  /* event | irq << 8 | vec.hart << 32 | vec.id << 48 */
    _Atomic aia_word arg[AIA_TRACE_WORDS];   /* as the event says */
    _Atomic aia_word stamp[AIA_TRACE_WORDS]; /* the first: its number, counted from 1; else: not whole */
};

/* One hart's. The embedder sets `records` and `n_records`, the rest is zero. */
struct aia_trace_ring {
    _Atomic aia_word next;            /* number of the record that is next, counted from 1 */
    uint64_t mask;                    /* n_records - 1 */
    struct aia_trace_record *records; /* zeroed */
    uint64_t n_records;               /* a power of two, at least 2 */
} __attribute__((aligned(64)));

/* A record, taken apart. */
struct aia_trace_entry {
    uint64_t time;
    uint64_t arg;
    enum aia_event event;
    uint32_t irq; /* number of the descriptor, or AIA_TRACE_NO_IRQ */
    struct imsic_vector vec;
};

/* Where somebody is in the reading of one hart's ring. */
struct aia_trace_reader {
    unsigned hart;
    aia_word next;    /* records before this one were read, or missed */
    uint64_t dropped; /* of them, missed: overwritten before they were read, or not whole */
};

static inline uint64_t aia_trace_vector(struct imsic_vector v)
{
    return v.hart | (uint64_t)v.id << 16;
}

/* For aia_trace(). */
void aia_trace_write(struct aia_trace_ring *ring, uint64_t what, uint64_t arg);

static inline void aia_trace_put(struct aia_trace_ring *ring, enum aia_event event, uint64_t irq,
                                 struct imsic_vector v, uint64_t arg)
{
    uint32_t vec = v.hart | (uint32_t)v.id << 16;

    aia_trace_write(ring, event | irq << 8 | (uint64_t)vec << 32, arg);
}

/* Trace from now on, after what the rings hold. Any. AIA_OK, or AIA_EINVAL: config.trace is NULL. */
int aia_trace_on(struct aia *a);

/* Trace no more. Any. An event that another hart has begun to write is still written. */
void aia_trace_off(struct aia *a);

/* Begin to read the ring of `hart` with the newest `n` records that it holds. Any, tracing on or off. */
void aia_trace_seek(const struct aia *a, struct aia_trace_reader *r, unsigned hart, uint64_t n);

/*
 * The next record, the oldest first. False: there is none yet. Any, from any hart, tracing on or off; never waits.
 * Records that are overwritten before they were read, or while they are, count as dropped, and the reading goes on
 * behind them.
 */
bool aia_trace_read(const struct aia *a, struct aia_trace_reader *r, struct aia_trace_entry *out);

/* The event in a word or two, in lower case; a fixed string for any value. Any. */
const char *aia_event_name(unsigned event);

#include <aia/end.h>

#endif
