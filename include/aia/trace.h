/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace: a record of what the library did with each edge, vector, message and hart, and when. Each hart has a ring of
 * records, which only that hart writes, without a lock and without waiting. Any code may read the records, while the hart writes
 * or later from a memory dump. A full ring overwrites its oldest records, so a dump shows the latest events. A reader learns how
 * many records were overwritten before it read them.
 *
 * An embedder records events of its own by aia_trace() (aia/aia.h).
 *
 * While tracing is off, an event costs one relaxed load and a branch, and an edge of an idle interrupt costs nothing. While tracing
 * is on, an event costs at most 30 instructions, and each edge takes a path that is about 55 instructions longer.
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

/* The value of `irq` in an event that is about no interrupt. */
#define AIA_TRACE_NO_IRQ IMSIC_NO_OWNER

/* `vec` and `arg` are zero if a comment does not mention them. */
enum aia_event {
    AIA_EVENT_CLAIM = 1, /* vec was claimed; irq: the owner in its slot; arg: enum imsic_state of the slot */
    AIA_EVENT_BEGIN,     /* the handler begins; vec: where the edge was taken */
    AIA_EVENT_END,       /* the handler ends; vec: as for BEGIN; arg: enum aia_result */
    AIA_EVENT_NOTED,     /* an edge came to vec while irq ran or was disabled; arg: aia_irq.flow */
    AIA_EVENT_MOVE,      /* a move begins from vec; arg: the new vector, hart | id << 16 */
    AIA_EVENT_MOVED,     /* a move ends; vec: the vector in the message now; arg: 0, or the error negated */
    AIA_EVENT_MESSAGE,   /* the device's message was changed to vec; arg: enum aia_update */
    AIA_EVENT_START,     /* the device's message was set, to vec */
    AIA_EVENT_STOP,      /* the device was stopped; vec: the vector in its message */
    AIA_EVENT_RETIRE,    /* vec begins to retire */
    AIA_EVENT_RECLAIM,   /* vec is reclaimed, after its drain was proven; arg: 1 if an edge was pending */
    AIA_EVENT_FORWARD,   /* a caught, swept or late edge is forwarded to vec */
    AIA_EVENT_RESEND,    /* a kept edge, or an edge that may be lost, is sent again to vec */
    AIA_EVENT_DISABLE,   /* aia_irq_disable() */
    AIA_EVENT_ENABLE,    /* aia_irq_enable() */
    AIA_EVENT_UNOWNED,   /* an edge arrived at vec, which no interrupt owns */
    AIA_EVENT_STORM,     /* vec stormed: it lets no edge through, and its owner, if it has one, is disabled */
    AIA_EVENT_LATE,      /* an edge was found at vec when its hart came back */
    AIA_EVENT_DEAD,      /* the device did not answer a command: irq, at vec, is disabled for good */
    AIA_EVENT_IPI,       /* a virtual IPI is sent to vec's hart; arg: its number */
    AIA_EVENT_IPI_TAKEN, /* virtual IPIs were taken on vec's hart; arg: a bit for each; 0: none was left */
    AIA_EVENT_HART,      /* vec's hart is in a new state; arg: enum aia_hart_state */

    /* Events that only an embedder can know of. */
    AIA_EVENT_RAISED, /* the device will send edges next; arg: one bit for each edge */
    AIA_EVENT_SEEN,   /* the handler has found edges; arg: the same bits */
    AIA_N_EVENTS,
};

#define AIA_TRACE_WORDS (64 / AIA_WORD_BITS) /* the number of aia_words in 64 bits */

/*
 * A record: four times 64 bits, little-endian. `stamp` is written last. A program that reads a memory dump may rely on all of
 * this.
 */
struct aia_trace_record {
    _Atomic aia_word time[AIA_TRACE_WORDS];  /* the time CSR */
    _Atomic aia_word what[AIA_TRACE_WORDS];  /* event | irq << 8 | vec.hart << 32 | vec.id << 48 */
    _Atomic aia_word arg[AIA_TRACE_WORDS];   /* as the event defines it */
    _Atomic aia_word stamp[AIA_TRACE_WORDS]; /* the record's number, from 1; any other number: not whole */
};

/* The ring of one hart. The embedder sets `records` and `n_records`, and zeroes the rest. */
struct aia_trace_ring {
    _Atomic aia_word next;            /* the library's: the number of the next record, counted from 1 */
    uint64_t mask;                    /* the library's: n_records - 1 */
    struct aia_trace_record *records; /* zeroed */
    uint64_t n_records;               /* a power of two, at least 2 */
} __attribute__((aligned(64)));

/* A record, decoded. */
struct aia_trace_entry {
    uint64_t time;
    uint64_t arg;
    enum aia_event event;
    uint32_t irq; /* number of the descriptor, or AIA_TRACE_NO_IRQ */
    struct imsic_vector vec;
};

/* A reader's position in the ring of one hart. */
struct aia_trace_reader {
    unsigned hart;
    aia_word next;    /* the number of the record to read next */
    uint64_t dropped; /* earlier records that were overwritten before they were read, or were not whole */
};

/* Write a record into the running hart's ring. aia_trace() calls this. */
void aia_trace_write(struct aia_trace_ring *ring, uint64_t what, uint64_t arg);

/* Encode an event, and write it. aia_trace() calls this, inline, with irq's number or AIA_TRACE_NO_IRQ. */
static inline void aia_trace_put(struct aia_trace_ring *ring, enum aia_event event, uint64_t irq,
                                 struct imsic_vector v, uint64_t arg)
{
    uint32_t vec = v.hart | (uint32_t)v.id << 16;

    aia_trace_write(ring, event | irq << 8 | (uint64_t)vec << 32, arg);
}

/*
 * Turn tracing on. The rings keep their records.
 * Context: any.
 * Returns AIA_OK, or:
 *   AIA_EINVAL  config.trace is NULL
 */
int aia_trace_on(struct aia *a);

/*
 * Turn tracing off. An event that another hart has begun to write is still written.
 * Context: any.
 */
void aia_trace_off(struct aia *a);

/*
 * Set `r` to the newest `n` records in the ring of `hart`, or to all records if there are fewer. Tracing may be on or off.
 * Context: any.
 */
void aia_trace_seek(const struct aia *a, struct aia_trace_reader *r, unsigned hart, uint64_t n);

/*
 * Read the next record, the oldest first. A record that is overwritten before it was read, or during the read, counts as dropped,
 * and reading continues after it. Tracing may be on or off. The call never waits.
 * Context: any.
 * Returns false if there is no further record yet.
 */
bool aia_trace_read(const struct aia *a, struct aia_trace_reader *r, struct aia_trace_entry *out);

/* The name of an event, one or two words in lower case; a fixed string for any value. Context: any. */
const char *aia_event_name(unsigned event);

#include <aia/end.h>

#endif
