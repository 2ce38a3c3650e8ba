/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libaia: device interrupts on RISC-V harts with IMSICs, moved between harts and taken off them without
 * losing an edge. One struct aia is one machine. All memory is the embedder's; see port.h for what else
 * the embedder provides, and embedding.md (share/doc/aia) for all of it in two lists.
 *
 * Contexts, as the functions below name them:
 *   any        any hart, interrupts on or off, in a handler too; no lock of the library's held
 *   thread     any hart, interrupts on, not in a handler: the call may wait for another hart, bounded by
 *              config.wait_limit
 *   own, off   on the hart that it is about, interrupts off
 */
#ifndef AIA_AIA_H
#define AIA_AIA_H

#include <aia/controller.h>
#include <aia/config.h>
#include <aia/error.h>
#include <aia/hartset.h>
#include <aia/imsic.h>
#include <aia/msi.h>
#include <aia/port.h>
#include <aia/trace.h>

#include <aia/begin.h>

struct aia;
struct aia_irq;

enum aia_result {
    AIA_NONE,    /* my device had nothing: counts as unowned */
    AIA_HANDLED, /* it had */
};

/* An interrupt's handler. Interrupt context, interrupts off, never on two harts at once. */
typedef enum aia_result (*aia_handler)(void *context, struct aia_irq *irq);

/* The ways to change a message, from design.md, section 4; counted in struct aia. */
enum aia_update {
    AIA_UPDATE_STORE,  /* one store */
    AIA_UPDATE_MASKED, /* mask, write, unmask */
    AIA_UPDATE_ADDR,   /* plain: same identity on the new hart, address only */
    AIA_UPDATE_COMMON, /* plain: an identity free on both, data first, then address */
    AIA_UPDATE_TORN,   /* plain: address and data torn apart, watched on the old hart */
    AIA_N_UPDATES,
};

/* Unwelcome edges: those that nobody owns, that a handler makes nothing of, that come while disabled. */
struct aia_storm {
    _Atomic aia_word since; /* start of the present window, ticks */
    _Atomic uint32_t count; /* of them in it, and since the last welcome one */
};

/* ---- interrupts ---- */

/* Bits of aia_irq.flow. */
#define AIA_FLOW_DISABLED 1u  /* edges are kept, not handled */
#define AIA_FLOW_PENDING  2u  /* an edge is kept */
#define AIA_FLOW_RUNNING  4u  /* the handler runs on some hart */
#define AIA_FLOW_STORMED  8u  /* disabled by the library because it stormed */
#define AIA_FLOW_DEAD     16u /* disabled for good: its device did not answer a command */

/* What becomes of an edge that is caught on a retiring vector. */
enum aia_caught {
    AIA_FORWARD,  /* one write to the new vector: the handler runs on the new hart */
    AIA_IN_PLACE, /* the handler runs where the edge was caught */
};

/* When a retired vector is asked for, beyond what the old hart's lazy timer does anyway. */
enum aia_reclaim {
    AIA_RECLAIM_LAZY,       /* never */
    AIA_RECLAIM_EAGER,      /* at once, by IPI */
    AIA_RECLAIM_FIRST_EDGE, /* when the first edge arrives on the new vector */
};

/* All zero is the default, and what measurements found best. */
struct aia_policy {
    enum aia_caught caught;
    enum aia_reclaim reclaim;
};

struct aia_irq_counts {
    aia_counter moves;
    aia_counter forwarded; /* edges caught on a retiring vector and forwarded */
    aia_counter rerun;     /* edges that came while the handler ran, and made it run again */
    aia_counter kept;      /* edges that came while the interrupt was disabled */
    aia_counter
        resent; /* edges that the library sent: one that was kept, or one in place of an edge that may be lost */
    aia_counter unhandled; /* handler runs that returned AIA_NONE */
};

/*
 * An interrupt's descriptor. Read what you like; only the library writes. The messages of a multi-message MSI
 * are a block of descriptors in a row that moves as one: the first one's lock and counters are those of all.
 */
struct aia_irq {
    _Atomic uint32_t flow;
    uint32_t number;   /* its place among config.irqs */
    _Atomic bool used; /* and filled in */
    bool parked;       /* shut down for want of a hart, and its message keeps edges (aia_msi_ops.park) */
    bool stopped;      /* by aia_irq_stop() or aia_irq_free(), and not to be started again */
    bool managed;      /* its affinity is fixed, and a vector is kept on each hart of it */
    uint8_t order;     /* the block is 2^order descriptors */
    _Atomic uint16_t streak; /* number of the streak (struct aia_hart) that it ran in last */
    struct aia_lock lock;
    struct aia_irq *first; /* of the block; itself, for most */
    struct aia_policy policy;
    const char *name;
    aia_handler handler;
    void *context;
    struct aia_msi *msi;
    struct aia_hartset affinity;    /* what the caller asked for */
    struct imsic_vector vec;        /* where its message points */
    _Atomic uint32_t n_retiring;    /* vectors that forward to vec */
    struct aia_hartset retiring_on; /* harts where there may be some */
    _Atomic aia_word
        drained_at; /* 0: a read-back was proof; else nothing sent before is under way after this moment */
    uint64_t retired_at; /* when a vector of it began to retire last */
    struct aia_storm storm;

    struct aia_irq_counts count;
    _Atomic uint32_t streak_runs; /* in that streak */
    _Atomic uint32_t changed;     /* read-backs that were not what was written, since the last report */
};

/* ---- harts ---- */

/* One cross-hart call; each hart has one to make its calls with. */
struct aia_call {
    void (*fn)(void *arg);
    void *arg;
    struct aia_call *_Atomic next;
    _Atomic uint32_t state;
};

struct aia_hart {
    struct aia *aia;                /* whose it is */
    _Atomic uint32_t state;         /* enum aia_hart_state */
    _Atomic uint32_t ipis;          /* virtual IPIs pending; top bit: closed */
    struct aia_call *_Atomic calls; /* to run here, newest first; or closed */
    struct aia_call call;           /* of this hart to others */
    bool was_online;                /* its file holds what we left there */
    uint16_t streak;                /* of full traps, one after the other: its number */
    uint32_t full_at;               /* edges that traps had taken when the latest full one ended */
    uint32_t caught;                /* edges that traps took on retiring vectors */
    /* Its file's, or NULL: controllers deliver, or edges are traced, and go the long way. And its row of config.runs. */
    _Atomic uint32_t *slots;
    aia_counter *runs;
    struct aia_storm storm;     /* of identities that nobody owns */
    struct aia_storm ipi_storm; /* of ipis_empty */
    aia_counter handled;        /* edges that ran, or were noted for, their owner's handler */
    aia_counter forwarded;      /* caught on a retiring vector here and sent on */
    aia_counter swept;          /* of these, by the sweep of a leaving hart */
    aia_counter unowned;        /* identities that nobody owned */
    aia_counter late;           /* found pending when the hart came back */
    aia_counter ipis_taken;
    aia_counter ipis_empty; /* of these, with nothing to do: the work was taken by the one before */
    aia_counter reclaimed;  /* vectors whose drain was proven here */
};

/* ---- the machine ---- */

struct aia_delivery;

struct aia {
    struct aia_config config;
    const struct aia_delivery *delivery; /* to interrupt files, or by controllers */
    struct imsic imsic;
    struct aia_trace_ring *tracing; /* config.trace while on, else NULL; accessed atomically, any hart */
    struct aia_lock irqs_lock;      /* finding a free descriptor */
    _Atomic uint32_t irqs_end;      /* no descriptor from here on was ever used */
    aia_counter updates[AIA_N_UPDATES];
    aia_counter torn_copies; /* copies sent because a torn message may have landed */
    aia_counter displaced;   /* interrupts that had to leave their affinity because its last hart left */
};

/* Set up. Before all else, once. AIA_OK or AIA_EINVAL (a count or an identity out of range). */
int aia_init(struct aia *a, const struct aia_config *config);

/* ---- tracing: aia/trace.h ---- */

/*
 * The rings, if tracing is on. By the compiler's own name and not <stdatomic.h>'s: the model of the host tests, which
 * comes between, need not hear of an access that decides nothing.
 */
static inline struct aia_trace_ring *aia_tracing(const struct aia *a)
{
    return __atomic_load_n(&a->tracing, __ATOMIC_RELAXED);
}

/*
 * Record an event on the running hart, which it names in words that aia/trace.h explains. The library does, and an
 * embedder may: AIA_EVENT_RAISED, AIA_EVENT_SEEN. `irq` may be NULL. Any.
 */
static inline void aia_trace(const struct aia *a, enum aia_event event, const struct aia_irq *irq,
                             struct imsic_vector v, uint64_t arg)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    if (rings)
        aia_trace_put(&rings[(int)aia_port_hart()], event, irq ? irq->number : AIA_TRACE_NO_IRQ, v, arg);
}

/* ---- entry points, for the embedder's trap handler; own, off ---- */

/*
 * Supervisor external interrupt (scause 9): claims and handles until nothing is pending, or until the trap has taken as many
 * edges as one trap may take. In the second case it returns true. The edges that are left stay pending, and the hart traps
 * again for them. Handle timer and software interrupts before you return from this trap: the hart takes an external
 * interrupt before those (Privileged Architecture, "Supervisor Interrupt Registers").
 */
bool aia_interrupt(struct aia *a);

/* Where harts have no interrupt files: config.kick was called for this hart, or may have been. */
void aia_soft_interrupt(struct aia *a);

/* The moment given to aia_port_timer() has come. */
void aia_timer(struct aia *a);

/* ---- requests and moves ---- */

struct aia_request {
    const char *name;
    aia_handler handler;
    void *context;
    struct aia_msi *msi;
    struct aia_hartset affinity;
    struct aia_policy policy;
    /*
     * Managed: the affinity is fixed, and a vector is reserved on each hart of it, so that the interrupt can
     * always come back. It moves only when its hart leaves; when the last of the set does, it is shut down at
     * its device, or parked if its msi can keep what it sends, and when the first returns it is started again. Not for
     * blocks.
     */
    bool managed;
    unsigned
        order; /* multi-message MSI: 2^order interrupts, at most 32, of one handler and context; else 0 */
};

/*
 * Take a descriptor, give the interrupt a vector on the least loaded online hart of its affinity, and
 * start its message. The interrupt is enabled. Thread. `*irq` is the first of a block: the handler tells message n
 * by its irq - irq->first.
 * AIA_OK; AIA_EINVAL (no handler, no message, no free descriptors), AIA_EBUSY (the message, or one below it, belongs
 * to an interrupt: free that one first), AIA_ENOHART, AIA_ENOVEC, AIA_ESILENT, AIA_ECHANGED (the device does not
 * take its message), behind an IOMMU AIA_ETIMEOUT and AIA_EREFUSED (aia_iommu_flush()): nothing changed, and *irq is NULL. If
 * *irq is not NULL, a silent device's vector could not be had back in time: the descriptor waits for aia_irq_free().
 */
int aia_irq_request(struct aia *a, const struct aia_request *request, struct aia_irq **irq);

/*
 * Stop the device's message, deliver what it had sent, wait until no handler runs and no vector is left,
 * give the descriptor back. Thread, and not while a hart comes or goes. The handler may run until this returns.
 * AIA_OK; AIA_ETIMEOUT: stopped, but a hart did not prove its drain in time; call again. AIA_EINVAL: it is free already,
 * or not the first of its block.
 */
int aia_irq_free(struct aia *a, struct aia_irq *irq); /* the first of its block */

/*
 * The first half of aia_irq_free(): stop the device's message, and with it its block's, and wait for no drain. Whoever
 * frees several interrupts of a device that does not answer stops them all first, so that their time to drain, up to
 * wait_limit, passes once for all. Thread, and as for aia_irq_free(), which must follow.
 */
void aia_irq_stop(struct aia *a, struct aia_irq *irq);

/*
 * Disable: edges are kept from now on; a run that has begun goes on (aia_irq_synchronize waits for it).
 * Enable: what was kept is sent again, as one edge. Any. Calls do not nest.
 */
void aia_irq_disable(struct aia *a, struct aia_irq *irq);
void aia_irq_enable(struct aia *a, struct aia_irq *irq);

/* Wait until the handler does not run. Thread. AIA_OK or AIA_ETIMEOUT. */
int aia_irq_synchronize(struct aia *a, struct aia_irq *irq);

/*
 * Change the affinity set; if the interrupt is on a hart outside it, move it to the least loaded online
 * hart inside. When the call returns the device sends to the new vector, and whatever it sent to the old
 * one is handled or will be, within one interrupt latency (design.md, section 5). Never "busy": if max_retiring of
 * its vectors have not drained yet, the call waits for some. Blocks move whole, whichever of them is named. Thread.
 * AIA_OK; else affinity and vector are as they were: AIA_EINVAL (managed, or without a vector: being requested or freed),
 * AIA_ENOHART (none of the set is online, or its line reaches none), AIA_ENOVEC, AIA_EADDRHI (all that have one are across
 * 4 GiB), AIA_ESILENT (behind a slow bus it is dead then), AIA_ECHANGED (the device's message is not what was written: the
 * device was reset, say, and aia_irq_restore() is for that), AIA_ETIMEOUT (the old hart, its file, or the device's IOMMU does
 * not answer, or vectors do not drain), AIA_EREFUSED (by that IOMMU), AIA_EAGAIN (others moved it each time).
 */
int aia_irq_set_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set);

/*
 * The device has lost its message, by a function level reset, a return from D3, or a reset of its APLIC (aplic_restore() comes
 * first then). Put the message of the interrupt as it is now in place again, enabled and unmasked. Any interrupt of a block may
 * be named: it is the block's message. Call this before the device sends again; the driver asks the device what happened
 * since the message was lost. If the device had lost nothing, its handler may run once too often. Any; behind a slow bus,
 * thread.
 * AIA_OK, also if the interrupt is shut down for want of a hart: the hart's return will start it. AIA_EINVAL (the interrupt is
 * being requested, is stopped, or is free), AIA_ESILENT, AIA_ECHANGED (the device does not take the message: call again when
 * it does); behind an IOMMU AIA_ETIMEOUT and AIA_EREFUSED (aia_iommu_flush()).
 */
int aia_irq_restore(struct aia *a, struct aia_irq *irq);

/* Handler runs of `irq` on `hart` so far; 0 if there is no such hart. Any. */
uint64_t aia_irq_runs(const struct aia *a, const struct aia_irq *irq, unsigned hart);

/* ---- IPIs and calls ---- */

/* Virtual IPIs, many on the one identity. The library's own come first. */
enum {
    AIA_IPI_CALL,
    AIA_IPI_RETIRE,  /* vectors began to retire here: see to the timer */
    AIA_IPI_RECLAIM, /* reclaim them now */
    AIA_IPI_REOPEN,  /* enable again what a storm had shut */
    AIA_IPI_USER = 8,
    AIA_IPI_MAX = 30,
};

/* Send virtual IPI `n` to `hart`. Any. AIA_OK; AIA_EOFFLINE: not online, nothing sent; AIA_EINVAL. */
int aia_ipi_send(struct aia *a, unsigned hart, unsigned n);

/*
 * Run fn(arg) on `hart`, in its interrupt context, and wait until it has run. On the running hart: at
 * once, interrupts off. Thread.
 * AIA_OK; AIA_EOFFLINE: not run; AIA_ETIMEOUT: not run, and will not be (the hart answers no interrupt). Once fn
 * has begun the call waits for its end, however long it takes, for it may use what is on the caller's stack;
 * after wait_limit that is reported.
 */
int aia_call(struct aia *a, unsigned hart, void (*fn)(void *arg), void *arg);

/* ---- harts. The embedder sees to it that only one hart changes at a time. ---- */

/*
 * This hart begins to take interrupts, the first time or again. Own, off; before SEIE is set.
 * Returns the number of edges found late (0 expected; each was re-sent to its owner), AIA_EINVAL (it is not offline), or
 * what config.may_enter() said.
 */
int aia_hart_online_begin(struct aia *a);

/*
 * First half of taking `hart` offline: close it to allocation and move all interrupts away. Thread, on
 * any hart. AIA_OK; else the hart is as it was, nothing lost: AIA_EINVAL (no such hart), AIA_EOFFLINE (not online, or
 * leaving already), AIA_ELAST, AIA_ENOVEC (the others have no room), or of the first interrupt that could not be moved
 * AIA_ENOHART, AIA_ENOVEC, AIA_EADDRHI, AIA_ESILENT, AIA_ETIMEOUT, AIA_EREFUSED, AIA_EAGAIN as for aia_irq_set_affinity();
 * AIA_ECHANGED (the device takes no message, and the one that it has names `hart`). A device that has lost its message does not
 * keep the hart: it gets the new one, and AIA_REPORT_CHANGED says so. AIA_ETIMEOUT also if a device's posted_limit is so
 * long that its drain is never proven; and whatever config.may_enter() said.
 */
int aia_hart_offline_begin(struct aia *a, unsigned hart);

/*
 * Undo aia_hart_offline_begin; aia_hart_online_finish() then starts again what was shut down. A hart that is offline, or was never left,
 * is as it was. Any.
 */
void aia_hart_offline_cancel(struct aia *a, unsigned hart);

/*
 * Second half, on the leaving hart itself: force away what is left, run the last IPIs and calls, sweep
 * the file, stop delivery. Own, off; the next thing the embedder does is HSM hart_stop. If that fails,
 * aia_hart_online_begin brings the hart back. AIA_OK; AIA_EINVAL: aia_hart_offline_begin() has not been here, nothing done. Else the hart
 * is online again, nothing lost, and aia_hart_online_finish() is to be called for it. Of an interrupt that has come to it since
 * aia_hart_offline_begin(): AIA_ENOHART, AIA_ENOVEC, AIA_EADDRHI, AIA_ESILENT, AIA_ECHANGED as for aia_hart_offline_begin(), AIA_ECONTEXT
 * (behind a slow bus, which nobody can wait for here), AIA_EAGAIN (a vector of it is not drained yet: leave once more). AIA_ETIMEOUT:
 * writes to this hart's file do not arrive; and whatever config.may_enter() said.
 */
int aia_hart_offline_finish(struct aia *a);

/* What becomes of interrupts that had to leave their affinity when a hart of it is back. */
enum aia_displaced {
    AIA_DISPLACED_STAY,
    AIA_DISPLACED_RETURN,
};

/*
 * `hart` is online again: start the managed interrupts that were shut down for want of it, and bring others back, if
 * so asked. Thread, any hart. AIA_OK, or the first error; the others are brought back all the same.
 */
int aia_hart_online_finish(struct aia *a, unsigned hart, enum aia_displaced others);

/*
 * Around HSM hart_suspend, which wakes on an MSI: nothing is needed for a retentive one. For a non-retentive one
 * save before and restore after. Own, off.
 */
void aia_hart_save(const struct aia *a, struct imsic_saved *saved);
void aia_hart_restore(const struct aia *a, const struct imsic_saved *saved);

/* The set of harts that are online. Any. */
struct aia_hartset aia_online(const struct aia *a);

/* Counts over all identities of all files. Any. */
void aia_vector_stats(struct aia *a, struct imsic_stats *stats);

/* ---- audit ---- */

enum aia_finding {
    AIA_PENDING_UNOWNED,   /* eip set, slot free; or the identity that nobody but imsic_sync() sends */
    AIA_OWNED_DISABLED,    /* slot owned or retiring, eie clear, and no storm explains it */
    AIA_LEAKED,            /* slot owned, but its owner does not know of it */
    AIA_TWO_OWNERS,        /* an interrupt's vector, whose slot says another's */
    AIA_STILL_RETIRING,    /* slot retiring: of a device whose drain only time proves, it may be */
    AIA_RETIRING_LONG,     /* the same, two lazy periods after its drain was due */
    AIA_MESSAGE_FREE,      /* read back, the device's message names a free vector: v is that one */
    AIA_MESSAGE_ELSEWHERE, /* or one of another's, or none: v is the interrupt's own */
    AIA_SOURCE_UNOWNED,    /* of an APLIC (aplic_audit): enabled, and no interrupt is on it */
    AIA_COUNT_WRONG,       /* free identities, counted and kept, differ */
    AIA_DELIVERY_OFF,      /* an online hart whose file delivers nothing */
    AIA_N_FINDINGS,
};

const char *aia_finding_name(enum aia_finding finding);

/*
 * Compare this hart's eip and eie, and the messages of the devices whose interrupts are here, with the books and call
 * `found` for each difference; `owner` is the descriptor's number, IMSIC_NO_OWNER or beyond n_irqs: nobody's. Reading a
 * message back drains its device. Own, off, no lock held, and nothing may move meanwhile. Returns the number of
 * findings.
 */
unsigned aia_audit(struct aia *a,
                   void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner),
                   void *arg);

/* ---- reports ---- */

struct aia_report {
    enum {
        AIA_REPORT_UNOWNED,       /* vec fired, and belongs to nobody */
        AIA_REPORT_STORM_UNOWNED, /* vec was shut off */
        AIA_REPORT_STORM_IRQ,     /* irq was disabled, and vec shut off */
        AIA_REPORT_LATE,          /* an edge was found at vec when its hart came back */
        AIA_REPORT_SYNC_TIMEOUT,  /* writes to this hart's file do not arrive */
        AIA_REPORT_DEAD,          /* irq's device did not answer a command: it is disabled for good */
        AIA_REPORT_CALL_STUCK,    /* a call has begun on vec.hart, and does not end */
        AIA_REPORT_STORM_IPI, /* vec, the IPIs' identity, comes and nobody sent one: it cannot be shut off */
        AIA_REPORT_CHANGED,   /* irq's device did not have the message that it was given; irq is at vec */
    } what;
    struct imsic_vector vec;
    const struct aia_irq *irq; /* or NULL */
};

#include <aia/end.h>

#endif
