/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many virtual IPIs on one identity, and on top of them calls to another hart.
 *
 * A sender sets a bit in the target's word. If the word was empty, the sender kicks the target: by a write of the IPI identity
 * to the target's interrupt file, or by config.kick() if the harts have no files. When the target takes the kick, it takes the
 * whole word, with every bit that was set before. The sender of a later bit finds an empty word, and kicks again. The word and
 * the list of calls of an offline hart are closed. A sender sees that in the same atomic step in which it would have left its
 * work there. So no work is left on a hart that has gone.
 */
#include "lib/ipi.h"
#include "lib/delivery.h"
#include "lib/report.h"
#include "lib/retire.h"
#include "lib/storm.h"

#include "mmio.h"

#define IPI_CLOSED   (1u << 31)
#define CALLS_CLOSED ((struct aia_call *)1)

enum call_state { CALL_IDLE, CALL_TAKEN, CALL_QUEUED, CALL_RUNNING, CALL_DONE, CALL_CANCELLED };

int aia_ipi_send(struct aia *a, unsigned hart, unsigned n)
{
    if (hart >= a->config.n_harts || n > AIA_IPI_MAX)
        return AIA_EINVAL;

    uint32_t was = atomic_fetch_or_explicit(&a->config.harts[hart].ipis, 1u << n, memory_order_acq_rel);
    if (was & IPI_CLOSED)
        return AIA_EOFFLINE;
    aia_trace(a, AIA_EVENT_IPI, NULL, vector(hart, 0), n);
    if (!was)
        a->delivery->kick(a, hart);
    return AIA_OK;
}

/* Change a call's state. False: it was not `from`. */
static bool call_changes(struct aia_call *c, enum call_state from, enum call_state to)
{
    uint32_t expected = from;

    return atomic_compare_exchange_strong_explicit(&c->state, &expected, to, memory_order_acq_rel,
                                                   memory_order_acquire);
}

/* Run a list of calls, oldest first. The list has the newest call first. */
static void run_calls(struct aia_call *newest)
{
    struct aia_call *c = NULL;

    while (newest && newest != CALLS_CLOSED) {
        struct aia_call *older = atomic_load_explicit(&newest->next, memory_order_relaxed);
        atomic_store_explicit(&newest->next, c, memory_order_relaxed);
        c = newest;
        newest = older;
    }
    while (c) {
        struct aia_call *next = atomic_load_explicit(&c->next, memory_order_relaxed);
        if (call_changes(c, CALL_QUEUED, CALL_RUNNING)) {
            c->fn(c->arg);
            atomic_store_explicit(&c->state, CALL_DONE, memory_order_release);
        } else { /* the caller has given up, and this hart takes the cancelled call out of the list */
            atomic_store_explicit(&c->state, CALL_IDLE, memory_order_release);
        }
        c = next;
    }
}

static void run_ipis(struct aia *a, unsigned here, uint32_t ipis)
{
    struct aia_hart *h = &a->config.harts[here];

    if (ipis & 1u << AIA_IPI_CALL)
        run_calls(atomic_exchange_explicit(&h->calls, NULL, memory_order_acq_rel));
    if (ipis & 1u << AIA_IPI_RETIRE)
        retire_start_timer(a);
    if (ipis & 1u << AIA_IPI_RECLAIM)
        retire_reclaim(a, here);
    if (ipis & 1u << AIA_IPI_REOPEN)
        storm_reopen(a, here);
    for (uint32_t user = (ipis & ~IPI_CLOSED) >> AIA_IPI_USER; user; user &= user - 1)
        aia_port_ipi(AIA_IPI_USER + lowest_bit(user));
}

/*
 * Count an IPI that had nothing to do, and report a storm of these. A few come from races. Many mean that a device writes the
 * IPI identity.
 */
static void empty_ipi(struct aia *a, unsigned here)
{
    struct aia_hart *h = &a->config.harts[here];

    count_own(&h->ipis_empty);
    if (storm_count(a, &h->ipi_storm))
        report_event(a, AIA_REPORT_STORM_IPI, vector(here, a->imsic.ipi_id), NULL);
}

void ipi_taken(struct aia *a, unsigned here)
{
    struct aia_hart *h = &a->config.harts[here];
    uint32_t ipis = atomic_exchange_explicit(&h->ipis, 0, memory_order_acq_rel);

    trace(a, here, AIA_EVENT_IPI_TAKEN, AIA_TRACE_NO_IRQ, vector(here, 0), ipis);
    count_own(&h->ipis_taken);
    if (!ipis) /* an earlier claim took the work, after its sender had set the bit and before the kick */
        empty_ipi(a, here);
    run_ipis(a, here, ipis);
}

void aia_soft_interrupt(struct aia *a)
{
    unsigned here = aia_port_hart();

    fence_all(); /* after the embedder's clear of the interrupt: an IPI sent before the clear is seen below */
    uint32_t ipis = atomic_load_explicit(&a->config.harts[here].ipis, memory_order_acquire);
    if (ipis && !(ipis & IPI_CLOSED)) /* else the embedder had a reason of its own */
        ipi_taken(a, here);
}

void ipi_open(struct aia *a, unsigned here)
{
    struct aia_hart *h = &a->config.harts[here];

    /*
     * The word is opened before the list, because a caller that finds the list open must be able to send the IPI for its call.
     * The word is opened by an exchange, because the later reads of unhush() (hotplug.c) could pass a plain store. These reads
     * look for what other harts changed before they found the word closed (models/memory/reopen.litmus).
     */
    atomic_exchange_explicit(&h->ipis, 0, memory_order_acq_rel);
    atomic_store_explicit(&h->calls, NULL, memory_order_release);
}

void ipi_close(struct aia *a, unsigned here)
{
    struct aia_hart *h = &a->config.harts[here];
    uint32_t ipis = atomic_exchange_explicit(&h->ipis, IPI_CLOSED, memory_order_acq_rel);
    struct aia_call *calls = atomic_exchange_explicit(&h->calls, CALLS_CLOSED, memory_order_acq_rel);

    run_ipis(a, here, ipis & ~(1u << AIA_IPI_CALL | IPI_CLOSED));
    run_calls(calls);
}

/* Put the call on the target's list. False: the list is closed. */
static bool enqueue(struct aia_hart *target, struct aia_call *c)
{
    struct aia_call *head = atomic_load_explicit(&target->calls, memory_order_relaxed);

    do {
        if (head == CALLS_CLOSED)
            return false;
        atomic_store_explicit(&c->next, head, memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(&target->calls, &head, c, memory_order_acq_rel,
                                                    memory_order_relaxed));
    return true;
}

/* Wait until the call is in `state`. False: it was not within wait_limit. */
static bool wait_state(struct aia *a, struct aia_call *c, enum call_state state)
{
    uint64_t end = wait_end(a);

    while (atomic_load_explicit(&c->state, memory_order_acquire) != state) {
        if (aia_port_time() > end)
            return false;
        aia_port_relax();
    }
    return true;
}

/*
 * Take this hart's only struct aia_call. Wait until another task's call with it has ended, or until the target has taken a
 * cancelled call out of the target's list. False: the wait lasted longer than wait_limit.
 */
static bool take_call(struct aia *a, struct aia_call *c)
{
    uint64_t end = wait_end(a);

    while (!call_changes(c, CALL_IDLE, CALL_TAKEN)) {
        if (aia_port_time() > end)
            return false;
        aia_port_relax();
    }
    return true;
}

/* Run the call on another hart, and wait for its end. AIA_OK, AIA_EOFFLINE or AIA_ETIMEOUT, as aia_call(). */
static int call_other(struct aia *a, struct aia_call *c, unsigned hart)
{
    struct aia_hart *target = &a->config.harts[hart];

    atomic_store_explicit(&c->state, CALL_QUEUED, memory_order_release);
    if (!enqueue(target, c)) {
        atomic_store_explicit(&c->state, CALL_IDLE, memory_order_release);
        return AIA_EOFFLINE;
    }
    aia_ipi_send(a, hart, AIA_IPI_CALL); /* if the target closes its list now, ipi_close() runs the call */
    if (!wait_state(a, c, CALL_DONE)) {
        if (call_changes(c, CALL_QUEUED, CALL_CANCELLED))
            return AIA_ETIMEOUT;
        while (!wait_state(a, c, CALL_DONE)) /* fn() is running, and may use the caller's stack */
            report_event(a, AIA_REPORT_CALL_STUCK, vector(hart, 0), NULL);
    }
    atomic_store_explicit(&c->state, CALL_IDLE, memory_order_release);
    return AIA_OK;
}

int aia_call(struct aia *a, unsigned hart, void (*fn)(void *arg), void *arg)
{
    unsigned here = aia_port_hart();
    struct aia_call *c = &a->config.harts[here].call;

    if (hart >= a->config.n_harts)
        return AIA_EINVAL;
    if (hart == here) {
        unsigned long was = aia_port_irq_save();
        fn(arg);
        aia_port_irq_restore(was);
        return AIA_OK;
    }
    if (!take_call(a, c))
        return AIA_ETIMEOUT;
    c->fn = fn;
    c->arg = arg;
    return call_other(a, c, hart);
}
