/* SPDX-License-Identifier: BSD-2-Clause */
/* A device's message: how it changes, and the read-back that drains the device (message.c). */
#ifndef AIA_LIB_MESSAGE_H
#define AIA_LIB_MESSAGE_H

#include "lib/base.h"

/* A planned change of message. Its vectors (or blocks of vectors) are allocated. Nothing is written yet. */
struct update {
    enum aia_update kind;
    struct imsic_vector from, to;
    struct imsic_vector middle;  /* AIA_UPDATE_COMMON: the new identity on the old hart; else identity 0 */
    struct aia_trace_ring *ring; /* this hart's, or NULL: not traced */
};

/*
 * Decide how irq's message can change to a vector of hart `to`, and allocate the vector. Lock held.
 * AIA_OK, or, with nothing allocated:
 *   AIA_ENOVEC    no suitable vector is free there
 *   AIA_EADDRHI   the upper half of the address would change, and a PLAIN or STORE_LOW message excludes that
 *   AIA_ECONTEXT  the move must be made on the hart where the interrupt is now
 *   AIA_EAGAIN    the vector that is reserved there is retiring
 */
int message_plan(struct aia *a, struct aia_irq *irq, unsigned to, struct update *u);

/*
 * Carry the plan out, up to and including the first half of the drain. Lock held.
 * AIA_OK, or:
 *   AIA_ETIMEOUT  the old hart's file does not answer (AIA_UPDATE_TORN)
 *   another       an error of read_back() (aia/msi.h)
 */
int message_write(struct aia *a, struct aia_irq *irq, const struct update *u);

/* Put the old message back after message_write() has failed, as far as the device takes the message. Lock held. */
void message_undo(struct aia *a, struct aia_irq *irq, const struct update *u);

/* Write the whole message after a device reset, and let the device send. Lock held. */
void message_restore(struct aia_msi *msi, const struct aia_message *m);

/*
 * The first half of a drain: read the message back from the device. The read's completion pushes out every message that the
 * device sent before. A device with a posted_limit, or one that does not answer, is taken as drained at aia_irq.drained_at.
 * Lock held.
 * AIA_OK, or an error of read_back(). AIA_ECHANGED: the device below an intermediate has another message.
 */
int message_drain(struct aia *a, struct aia_irq *irq, struct aia_message *have);

/*
 * message_drain(), and compare the device's message with `want`. Lock held.
 * AIA_OK, or an error of read_back(). AIA_ECHANGED: the device has another message, which is counted for the report.
 */
int message_verify(struct aia *a, struct aia_irq *irq, const struct aia_message *want,
                   struct aia_message *have);

/* Report that a device had another message than was written, if a read-back has seen that. Any, no lock held. */
void message_report_change(struct aia *a, struct aia_irq *irq);

static inline void message_report_changed(struct aia *a, struct aia_irq *irq)
{
    if (atomic_load_explicit(&irq->changed, memory_order_relaxed))
        message_report_change(a, irq);
}

#endif
