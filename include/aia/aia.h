/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libaia: device interrupts on RISC-V harts. The library moves interrupts between harts, and takes harts offline, without
 * losing an edge. One struct aia is one machine. The embedder provides all memory (config.h) and eleven functions (port.h);
 * embedding.md (share/doc/aia) lists everything that the embedder provides and may rely on.
 *
 * The functions below name one of these contexts:
 *   any        any hart, interrupts on or off, also in a handler; no lock of the library is held
 *   thread     any hart, interrupts on, not in a handler; the call may wait, up to config.wait_limit. Interrupts may be off while
 *              the running hart is the only hart that is online, as when a kernel boots
 *   own, off   on the hart that the call is about, interrupts off
 *
 * A field whose comment says "the library's" is for the library alone. Any code may read the other fields of struct aia_irq,
 * struct aia_hart and struct aia; only the library writes them.
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

/* What a handler found. */
enum aia_result {
    AIA_NONE,    /* the device had nothing to handle: the run is counted as unhandled */
    AIA_HANDLED, /* the device had something to handle */
};

/*
 * An interrupt's handler. It runs in interrupt context with interrupts off, and never on two harts at the same time.
 * `context` is aia_request.context.
 */
typedef enum aia_result (*aia_handler)(void *context, struct aia_irq *irq);

/*
 * The hart of an interrupt has changed, or the interrupt was shut down (irq->vec.id is 0 then). `context` is the request's, and
 * `irq` is the first descriptor of its block. The library calls this function after each such change: by aia_irq_set_affinity(),
 * aia_irq_try_affinity(), a hart that goes offline, the return of a displaced interrupt, the restart of a managed one, or the
 * first start of one that waited for a hart. The library does not call this function for a start in aia_irq_request(), a stop, a
 * free, or a death (AIA_REPORT_DEAD).
 *
 * The function runs on the hart, and in the context, in which the change was made: those of the caller of the library, or, for a
 * plain message that only the old hart can move, the old hart in interrupt context. No lock of the library is held. So the calls
 * for two changes may run on two harts at the same time, or in reverse order, and irq->vec may have changed once more. To keep a
 * book, take a lock of your own, and read irq->vec under that lock: after the last call the book is right. The function must not
 * wait, and must not free the interrupt. The library's function that changed the hart returns after this function has.
 */
typedef void (*aia_moved)(void *context, struct aia_irq *irq);

/* The ways in which a message changes (design.md, section 4). struct aia counts each. */
enum aia_update {
    AIA_UPDATE_STORE,  /* by one store */
    AIA_UPDATE_MASKED, /* mask, write, unmask */
    AIA_UPDATE_ADDR,   /* plain: the new hart has the same identity free; only the address changes */
    AIA_UPDATE_COMMON, /* plain: an identity is free on both harts; first the data changes, then the address */
    AIA_UPDATE_TORN,   /* plain: no identity is free on both harts; the old hart looks for a torn message */
    AIA_N_UPDATES,
};

/* A count of unwelcome edges: unowned, unhandled, or of a disabled interrupt (config.storm_limit). The library's. */
struct aia_storm {
    _Atomic aia_word since; /* start of the present window, in ticks */
    _Atomic uint32_t count; /* unwelcome edges in this window; a handled edge sets it to 0 */
};

/* ---- interrupts ---- */

/* Bits of aia_irq.flow. */
#define AIA_FLOW_DISABLED 1u  /* edges are kept, and not handled */
#define AIA_FLOW_PENDING  2u  /* an edge is kept */
#define AIA_FLOW_RUNNING  4u  /* the handler runs on some hart */
#define AIA_FLOW_STORMED  8u  /* the library disabled the interrupt because it stormed */
#define AIA_FLOW_DEAD     16u /* disabled for good, because the device did not answer a command */

/* What the library does with an edge that is caught on a retiring vector. */
enum aia_caught {
    AIA_FORWARD,  /* one write to the new vector: the handler runs on the new hart */
    AIA_IN_PLACE, /* the handler runs on the hart that caught the edge */
};

/* When the library asks the old hart to reclaim a retiring vector, in addition to that hart's lazy timer. */
enum aia_reclaim {
    AIA_RECLAIM_LAZY,       /* only if too many vectors of the interrupt retire (config.max_retiring) */
    AIA_RECLAIM_EAGER,      /* immediately after the move, by IPI */
    AIA_RECLAIM_FIRST_EDGE, /* when the first edge arrives on the new vector */
};

/* Choices for one interrupt. All zero is the default, and was best in measurements. */
struct aia_policy {
    enum aia_caught caught;
    enum aia_reclaim reclaim;
};

struct aia_irq_counts {
    aia_counter moves;
    aia_counter forwarded; /* edges caught on a retiring vector and forwarded */
    aia_counter rerun;     /* runs for edges that came while the handler ran */
    aia_counter kept;      /* edges that came while the interrupt was disabled */
    aia_counter resent;    /* edges that the library sent in place of an edge that was kept or may be lost */
    aia_counter unhandled; /* handler runs that returned AIA_NONE */
};

/*
 * An interrupt's descriptor. A multi-message MSI is a block of consecutive descriptors, which moves as one. The lock of the
 * first descriptor is the lock of the block. Its counter `moves` counts the moves of the block, and its counter `resent`
 * includes the edges that the library sent for the block as a whole. Each other counter is of one descriptor.
 */
struct aia_irq {
    _Atomic uint32_t flow; /* AIA_FLOW_* */
    uint32_t number;       /* index in config.irqs */
    _Atomic bool used;     /* in use, and filled in */
    bool parked;           /* shut down, and the message is parked (aia_msi_ops.park) */
    bool stopped;          /* aia_irq_stop() or aia_irq_free() was called: the message does not start again */
    bool managed;          /* the affinity is fixed, and a vector is reserved on each of its harts */
    _Atomic bool waits;    /* managed: no hart of the affinity has been online since the request */
    uint8_t order;         /* the block has 2^order descriptors */
    _Atomic uint16_t streak; /* the library's: the streak (aia_hart.streak) that streak_runs counts */
    struct aia_lock lock;    /* the library's */
    struct aia_irq *first;   /* the first descriptor of the block; without a block the descriptor itself */
    struct aia_policy policy;
    const char *name;
    aia_handler handler;
    void *context;
    struct aia_msi *msi;
    struct aia_hartset affinity;    /* the set that the embedder asked for */
    struct imsic_vector vec;        /* the vector in the interrupt's message */
    _Atomic uint32_t n_retiring;    /* retiring vectors, which forward to vec */
    struct aia_hartset retiring_on; /* the library's: the harts to ask for a reclaim of such vectors */
    _Atomic aia_word drained_at;    /* the library's: when the device has drained; 0: by a read-back */
    uint64_t retired_at;            /* the library's: when a vector last began to retire */
    struct aia_storm storm;         /* the library's */

    struct aia_irq_counts count;
    _Atomic uint32_t streak_runs; /* the library's: runs in the streak whose number is in `streak` */
    _Atomic uint32_t changed;     /* the library's: unreported read-backs that differed from the message */
    aia_moved moved;
};

/* ---- harts ---- */

/* One call from hart to hart. Each hart has one struct for the calls that it makes. The library's. */
struct aia_call {
    void (*fn)(void *arg);
    void *arg;
    struct aia_call *_Atomic next;
    _Atomic uint32_t state;
};

struct aia_hart {
    struct aia *aia;                /* the machine of this hart */
    _Atomic uint32_t state;         /* enum aia_hart_state */
    _Atomic uint32_t ipis;          /* the library's: pending virtual IPIs; top bit: closed */
    struct aia_call *_Atomic calls; /* the library's: calls to run on this hart, newest first; or closed */
    struct aia_call call;           /* the library's: the call that this hart makes */
    bool was_online;                /* the library's: the hart has been online before */
    uint16_t streak;                /* the library's: number of the present streak of full traps */
    uint32_t full_at;               /* the library's: the edges taken up to the end of the last full trap */
    uint32_t caught;                /* the library's: edges taken on retiring vectors */
    _Atomic uint32_t *slots;    /* the library's: the slots of the hart's file; NULL: edges go the long way */
    aia_counter *runs;          /* the library's: the hart's row of config.runs */
    struct aia_storm storm;     /* the library's: of unowned identities */
    struct aia_storm ipi_storm; /* the library's: of ipis_empty */
    aia_counter handled;        /* edges that ran their owner's handler, or were noted for its next run */
    aia_counter forwarded;      /* edges caught on a retiring vector of this hart, also if handled in place */
    aia_counter swept;          /* of these, edges that the sweep forwarded when the hart went offline */
    aia_counter unowned;        /* edges on identities that no interrupt owned */
    aia_counter late;           /* edges found pending when the hart came back */
    aia_counter ipis_taken;
    aia_counter ipis_empty; /* of these, IPIs that had no work left to do */
    aia_counter reclaimed;  /* vectors that were reclaimed on this hart */
};

/* ---- reports ---- */

/* The kinds of report. */
enum aia_report_what {
    AIA_REPORT_UNOWNED,       /* an edge arrived at vec, which no interrupt owns */
    AIA_REPORT_STORM_UNOWNED, /* vec, which no interrupt owns, stormed and is quarantined */
    AIA_REPORT_STORM_IRQ,     /* irq stormed: irq is disabled, and vec lets no edge through */
    AIA_REPORT_LEVEL_UP, /* as STORM_IRQ, and the reason is that irq's line stays up, whatever its handler does */
    AIA_REPORT_LATE,     /* an edge was found at vec when its hart came back */
    AIA_REPORT_SYNC_TIMEOUT, /* writes, or a barrier's messages, do not arrive in the file of vec.hart */
    AIA_REPORT_DEAD,         /* irq's device did not answer a command: irq is disabled for good */
    AIA_REPORT_CALL_STUCK,   /* a call has begun on vec.hart, and does not return */
    AIA_REPORT_STORM_IPI,    /* IPIs without work storm at vec, which stays enabled */
    AIA_REPORT_CHANGED,      /* irq's device did not have the message that it was given; irq is at vec */
    AIA_REPORT_NOT_STARTED, /* irq waited for vec.hart, and its device does not answer, or does not take its message */
    AIA_N_REPORTS,
};

/* One event that a person should know of, for aia_port_report(). */
struct aia_report {
    enum aia_report_what what;
    struct imsic_vector vec;
    const struct aia_irq *irq; /* or NULL */
    uint32_t
        withheld; /* reports of this kind that config.report_limit has withheld since the previous report */
};

/*
 * A kind of report for a person: a word, and a line that says what happened and what to look at. Fixed strings, for any value.
 * Context: any.
 */
const char *aia_report_name(enum aia_report_what what);
const char *aia_report_text(enum aia_report_what what);

/* How many reports of one kind have come in the present window. The library's. */
struct aia_report_count {
    struct aia_storm window;
    _Atomic uint32_t withheld; /* not passed on, and not counted by a report yet */
};

/* ---- the machine ---- */

struct aia_delivery;

struct aia {
    struct aia_config config;
    const struct aia_delivery *delivery; /* the library's: how interrupts reach harts */
    struct imsic imsic;
    struct aia_trace_ring *tracing; /* the library's: config.trace while tracing is on, else NULL */
    struct aia_lock irqs_lock;      /* the library's: held to find a free descriptor */
    _Atomic uint32_t irqs_end;      /* the library's: descriptors from this number on have never been used */
    struct aia_report_count reports[AIA_N_REPORTS];
    aia_counter updates[AIA_N_UPDATES];
    aia_counter torn_copies;      /* copies of an edge, sent because a torn message may have arrived */
    aia_counter displaced;        /* moves out of the affinity, because its last online hart went offline */
    struct aia_barrier *barriers; /* the library's: those that aia_barrier_add() has made known */
    struct aia_barrier *unheard;  /* after AIA_EDOMAIN: the barrier whose message did not arrive */
    struct aia_lock probe_lock;   /* the library's: held by a hart that tests what reaches it */
    _Atomic uint32_t n_waiting;   /* the library's: interrupts of which aia_irq.waits is true */
};

/*
 * The numbers on which the layout of structures depends, and the sizes of some structures, in the code that includes this header:
 * AIA_LAYOUT. The library compares the numbers of its caller with its own. The sizes differ also between versions of the headers.
 */
struct aia_layout {
    uint32_t n[9];
};

/* clang-format off */
#define AIA_LAYOUT                                                            \
    {{AIA_MAX_HARTS, AIA_WORD_BITS,                                           \
      sizeof(enum aia_hart_state), /* less than 4 with -fshort-enums */       \
      sizeof(struct aia_lock), sizeof(struct aia_msi),                        \
      sizeof(struct aia_config), sizeof(struct imsic_file),                   \
      sizeof(struct aia_irq), sizeof(struct aia_hart)}}
/* clang-format on */

/* As aia_init(), which passes the layout of its caller's structures. */
int aia_init_checked(struct aia *a, const struct aia_config *config, const struct aia_layout *layout);

/*
 * Set the library up. Call this once, before every other function.
 * Returns AIA_OK, or:
 *   AIA_EINVAL   a count, an identity or another field of the configuration is out of range
 *   AIA_ELAYOUT  the library was compiled with another layout of structures than the caller; nothing is changed
 */
static inline int aia_init(struct aia *a, const struct aia_config *config)
{
    const struct aia_layout layout = AIA_LAYOUT;

    return aia_init_checked(a, config, &layout);
}

/* ---- tracing: trace.h ---- */

/* The trace rings if tracing is on, else NULL. A built-in reads the pointer, because C++ includes this header too. Any. */
static inline struct aia_trace_ring *aia_tracing(const struct aia *a)
{
    return __atomic_load_n(&a->tracing, __ATOMIC_RELAXED);
}

/*
 * If tracing is on, record an event on the running hart. `v` and `arg` are as the event defines them (trace.h); `irq` may be
 * NULL. An embedder records AIA_EVENT_RAISED and AIA_EVENT_SEEN; the library records the other events.
 * Context: any.
 */
static inline void aia_trace(const struct aia *a, enum aia_event event, const struct aia_irq *irq,
                             struct imsic_vector v, uint64_t arg)
{
    struct aia_trace_ring *rings = aia_tracing(a);

    if (rings)
        aia_trace_put(&rings[(int)aia_port_hart()], event, irq ? irq->number : AIA_TRACE_NO_IRQ, v, arg);
}

/* ---- entry points, for the embedder's trap handler ---- */

/*
 * Handle a supervisor external interrupt (scause 9): claim edges and run their handlers until no edge is pending, or until the
 * trap has taken 16 edges.
 * Context: own, off.
 * Returns true if the trap has taken 16 edges and more are pending, for which the hart will trap again; else false. After true,
 * handle timer and software interrupts before the trap returns, because the hart takes an external interrupt before those
 * (Privileged Architecture, "Supervisor Interrupt Registers").
 */
bool aia_interrupt(struct aia *a);

/*
 * Run the IPIs of a hart without an interrupt file. Call this for each software interrupt that config.kick may have caused. Before
 * the call clear sip.SSIP, or the other bit that shows the software interrupt. A kick that comes after the clear interrupts
 * again. A clear after the call would forget a kick that came during the call. The hart would then take no more IPIs, because
 * harts kick only a hart for which no IPI waits, and aia_call() to that hart would return AIA_ETIMEOUT.
 * Context: own, off.
 */
void aia_soft_interrupt(struct aia *a);

/*
 * Reclaim retiring vectors. Call this when the moment that was given to aia_port_timer() has come.
 * Context: own, off.
 */
void aia_timer(struct aia *a);

/* ---- requests and moves ---- */

struct aia_request {
    const char *name;
    aia_handler handler;
    void *context; /* for the handler */
    struct aia_msi *msi;
    struct aia_hartset affinity;
    struct aia_policy policy;
    /*
     * Managed: the affinity is fixed, and a vector is reserved on each of its harts. The interrupt moves only when its hart
     * goes offline. When the last hart of the affinity goes offline, the interrupt is shut down: its message is parked if its
     * msi has park(), else stopped. When a hart of the affinity comes back, the message starts again. A block is never managed.
     */
    bool managed;
    unsigned order;  /* multi-message MSI: 2^order interrupts, at most 32, of one handler; else 0 */
    aia_moved moved; /* called after each change of hart; NULL: nothing is called */
};

/*
 * Request an interrupt: take a descriptor, allocate a vector on the least loaded online hart of the affinity (if the interrupt is
 * managed: on the first online hart), and start the message. The interrupt is enabled. `*irq` is the descriptor; of a block it is
 * the first descriptor, and the handler of message n gets irq->first + n. A managed interrupt whose harts are all offline is shut
 * down, and AIA_OK is returned.
 * Context: thread.
 * Returns AIA_OK, or an error. Nothing is changed and *irq is NULL then, unless a vector of a silent device or hart could not
 * be reclaimed in time. In that case *irq is the descriptor, and aia_irq_free() has to be called for it. The errors are:
 *   AIA_EINVAL    no handler, no message, a message without operations (aplic_source_init() was forgotten), or too few free
 *                 descriptors; an order above 5; a block that is managed, or is of a line or a wire; a managed message without
 *                 config.reserved; a line where harts have files, a message where harts have none
 *   AIA_EBUSY     the message, or one below it, belongs to another interrupt, which has to be freed first
 *   AIA_ENOHART   no hart of the affinity is online, and the interrupt is not managed, or is managed with a message on a slow bus:
 *                 a hart that comes online cannot wait for the bus; or the interrupt can be delivered to no hart of the affinity
 *   AIA_ENOVEC    no vector is free on these harts; managed: on a hart of the affinity no suitable vector can be reserved
 *   AIA_ESILENT   the device does not answer
 *   AIA_ECHANGED  the device does not take its message
 *   AIA_ETIMEOUT, AIA_EREFUSED  from the device's IOMMU, as for aia_iommu_flush()
 */
int aia_irq_request(struct aia *a, const struct aia_request *request, struct aia_irq **irq);

/*
 * Free an interrupt: stop the device's message, deliver the edges that it has sent, wait until no handler runs and no vector
 * is left, and give the descriptor back. The handler may run until this returns. `irq` is the first of its block.
 * Context: thread, while no hart goes online or offline.
 * Returns AIA_OK, or:
 *   AIA_EINVAL    free already, or not the first of its block; nothing is changed
 *   AIA_ETIMEOUT  a vector was not reclaimed, or a hart did not answer, in time, or interrupts are off and an edge waits for its
 *                 handler; the message is stopped: call again, with interrupts on
 */
int aia_irq_free(struct aia *a, struct aia_irq *irq);

/*
 * Stop the message of an interrupt, and of its block, without waiting for the drain. This is the first half of
 * aia_irq_free(), which has to follow. To free several interrupts of a device that does not answer, stop all of them first:
 * then the time to drain, up to wait_limit, passes only once.
 * Context: thread, while no hart goes online or offline.
 */
void aia_irq_stop(struct aia *a, struct aia_irq *irq);

/*
 * Disable an interrupt: from now on its edges are kept. A run that has begun continues; aia_irq_synchronize() waits for its
 * end. Calls do not nest: one aia_irq_enable() undoes any number of them. embedding.md has a count of a few lines.
 * Context: any.
 */
void aia_irq_disable(struct aia *a, struct aia_irq *irq);

/*
 * Enable an interrupt. If edges were kept, one edge is sent for all of them. No effect on an interrupt that is enabled, or dead.
 * Context: any.
 */
void aia_irq_enable(struct aia *a, struct aia_irq *irq);

/*
 * Wait until no hart runs the handler.
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_ETIMEOUT  the handler still runs after wait_limit
 */
int aia_irq_synchronize(struct aia *a, struct aia_irq *irq);

/*
 * Set the affinity. If irq's hart is outside `set`, or is not online, move irq to the least loaded online hart in `set`. On
 * return the device sends only to the new vector. Each edge that the device sent to the old vector is handled already, or will
 * be within one interrupt latency (design.md, section 5). If max_retiring vectors of irq still retire, the call waits until
 * one is reclaimed. A block moves as one; `irq` may be any of its interrupts.
 * Context: thread.
 * Returns AIA_OK, or, with nothing changed:
 *   AIA_EINVAL    irq is managed, or has no vector, because it is being requested or freed
 *   AIA_ENOHART   no online hart in `set` that irq can reach
 *   AIA_ENOVEC    no suitable vector is free on the online harts in `set`
 *   AIA_EADDRHI   every online hart in `set` has another upper address half, and the kind (PLAIN, STORE_LOW) excludes that
 *   AIA_ESILENT   the device does not answer; after a command on a slow bus irq is dead
 *   AIA_ECHANGED  the device does not have the message that was written, for example after a reset: call aia_irq_restore()
 *   AIA_ETIMEOUT  the old hart, its file, or the device's IOMMU does not answer, or no vector is reclaimed in time
 *   AIA_EREFUSED  the device's IOMMU refuses the command
 *   AIA_EAGAIN    another call moved irq during each attempt, until wait_limit
 */
int aia_irq_set_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set);

/*
 * Set the affinity as aia_irq_set_affinity() does, but by one try on the running hart and without a wait. So the caller may have
 * interrupts off and hold locks of its own; aia_port_timer(), aia_port_report() and the interrupt's moved() are then called under
 * these locks. AIA_ECONTEXT means: call aia_irq_set_affinity() in thread context. What decides is the message:
 *
 *   AIA_MSI_STORE, AIA_MSI_STORE_LOW   always done, also with a posted_limit, and for a line of a controller
 *   AIA_MSI_MASKABLE                   always done
 *   AIA_MSI_PLAIN                      done if an identity is free on both harts, or irq is on the running hart; else
 *                                      AIA_ECONTEXT, because only the old hart can watch for a torn message
 *   with aia_msi_ops.waits             AIA_ECONTEXT: with an IOMMU each change waits for the command queue
 *   with aia_msi_ops.bus_lock          AIA_ECONTEXT: a slow bus
 *
 * Where aia_irq_set_affinity() would wait for a reclaim, the answer is AIA_ECONTEXT for each kind. If no vector is free, reclaims
 * have been asked for.
 * Context: any, also in a handler.
 * Returns AIA_OK, or, with nothing changed:
 *   AIA_ECONTEXT  as above; or max_retiring vectors of irq retire; or no vector of the harts in `set` is free, and some retire
 *   other errors  as aia_irq_set_affinity(), but not AIA_EAGAIN; AIA_ETIMEOUT only if the running hart's file does not answer
 */
int aia_irq_try_affinity(struct aia *a, struct aia_irq *irq, const struct aia_hartset *set);

/*
 * Give a device its message again, enabled and unmasked. Call this after the device has lost its message, by a function level
 * reset, a return from D3, or a reset of its APLIC (then after aplic_restore()), and before the device sends again. The
 * driver has to find out what the device did since the loss. If the device had lost nothing, the handler may run once more than
 * needed. A block has one message; `irq` may be any of its interrupts.
 * Context: any; for a message on a slow bus thread.
 * Returns AIA_OK, also for an interrupt that is shut down, whose message starts when a hart comes back; or:
 *   AIA_EINVAL    irq is being requested, is stopped, or is free
 *   AIA_ESILENT   the device does not answer
 *   AIA_ECHANGED  the device does not take the message: call again when it does
 *   AIA_ETIMEOUT, AIA_EREFUSED  from the device's IOMMU, as for aia_iommu_flush()
 */
int aia_irq_restore(struct aia *a, struct aia_irq *irq);

/*
 * The number of runs of irq's handler on `hart`; 0 if there is no such hart. A run of a level whose line had fallen, so that the
 * driver's handler was not called (aplic_source.fallen), is counted too.
 * Context: any.
 */
uint64_t aia_irq_runs(const struct aia *a, const struct aia_irq *irq, unsigned hart);

/* ---- IPIs and calls ---- */

/* Virtual IPIs. All of them share one identity. The numbers below AIA_IPI_USER are the library's. */
enum {
    AIA_IPI_CALL,    /* run the calls to this hart */
    AIA_IPI_RETIRE,  /* vectors of this hart began to retire: set the lazy timer */
    AIA_IPI_RECLAIM, /* reclaim the retiring vectors of this hart now */
    AIA_IPI_REOPEN,  /* enable identities again that were disabled because of a storm */
    AIA_IPI_USER = 8,
    AIA_IPI_MAX = 30,
};

/*
 * Send virtual IPI `n` to `hart`.
 * Context: any.
 * Returns AIA_OK, or, with nothing sent:
 *   AIA_EINVAL    no such hart, or n is above AIA_IPI_MAX
 *   AIA_EOFFLINE  the hart is offline, or goes offline and takes no more IPIs (from AIA_HART_QUIET on)
 */
int aia_ipi_send(struct aia *a, unsigned hart, unsigned n);

/*
 * Run fn(arg) on `hart`, in interrupt context with interrupts off, and wait until fn has returned. On the running hart fn is
 * called directly. After fn has begun, the call waits for its end without a limit, because fn may use the caller's stack; after
 * wait_limit AIA_REPORT_CALL_STUCK reports that. A hart makes one call at a time. If several tasks of one hart make calls, take a
 * mutex with priority inheritance around aia_call(). Without the mutex a task of high priority waits for the call of a task of low
 * priority, which may not run meanwhile.
 * Context: thread.
 * Returns AIA_OK, or, if fn has not run and will not run:
 *   AIA_EINVAL    no such hart
 *   AIA_EOFFLINE  as for aia_ipi_send()
 *   AIA_ETIMEOUT  the hart does not answer an interrupt, or another call of the running hart has not ended
 */
int aia_call(struct aia *a, unsigned hart, void (*fn)(void *arg), void *arg);

/* ---- harts. The embedder changes one hart at a time. ---- */

/*
 * First half of bringing the running hart online, the first time or again: begin to take interrupts. Edges that are pending in
 * the file of a hart that was online before are forwarded to their owners. Managed interrupts that were requested while no hart
 * of their affinity was online are started; AIA_REPORT_NOT_STARTED reports a device that does not take its message. The first
 * time, the hart tests whether its own stores, and the messages of each known barrier, reach its interrupt file.
 * Context: own, off, before the hart sets sie.SEIE.
 * Returns the number of edges that were found (0 is expected), or, with nothing changed:
 *   AIA_EINVAL    the hart is not offline
 *   AIA_EFILE     the first time: a store to files[hart].mmio does not arrive in the running hart's file within wait_limit. The
 *                 order of files[] is not that of aia_port_hart(), mmio is wrong, or it is not mapped to the S-level file
 *   AIA_EDOMAIN   the first time: a message of the barrier aia.unheard does not arrive in that file within wait_limit. The layout
 *                 of the APLIC domain is wrong, or the machine level's address registers are, or files[hart].msi_addr is
 *   the error of config.may_enter()
 */
int aia_hart_online_begin(struct aia *a);

/*
 * First half of taking `hart` offline: allocate no more vectors on the hart, and move all interrupts off the hart. A device
 * that has lost its message gets its new message; AIA_REPORT_CHANGED reports that.
 * Context: thread.
 * Returns AIA_OK, or, with the hart online as before and no edge lost:
 *   AIA_EINVAL    no such hart
 *   AIA_EOFFLINE  the hart is not online, or is being taken offline already
 *   AIA_ELAST     no other hart is online
 *   AIA_ENOVEC    the other harts have too few free vectors
 *   AIA_ECHANGED  a device does not take its new message, and the message that it has names `hart`
 *   AIA_ETIMEOUT  as for aia_irq_set_affinity(), or a device's posted_limit is so long that its drain is never proven
 *   AIA_ENOHART, AIA_EADDRHI, AIA_ESILENT, AIA_EREFUSED, AIA_EAGAIN  of the first interrupt that could not be moved, as for
 *                 aia_irq_set_affinity()
 *   the error of config.may_enter()
 */
int aia_hart_offline_begin(struct aia *a, unsigned hart);

/*
 * Undo aia_hart_offline_begin(). Interrupts that were shut down meanwhile are started by aia_hart_online_finish(), which is
 * to be called next. No effect on a hart that is online or offline.
 * Context: any.
 */
void aia_hart_offline_cancel(struct aia *a, unsigned hart);

/*
 * Second half of taking the running hart offline: move away interrupts that have come meanwhile, run the last IPIs and calls,
 * forward every edge in the interrupt file, and stop delivery. The embedder's next step is HSM hart_stop. If hart_stop fails,
 * aia_hart_online_begin() brings the hart back.
 * Context: own, off.
 * Returns AIA_OK, or:
 *   AIA_EINVAL    aia_hart_offline_begin() has not been called; nothing is changed
 * or, with the hart online again and no edge lost; then aia_hart_online_finish() is to be called for the hart:
 *   AIA_ETIMEOUT  writes to this hart's file or a barrier's messages do not arrive, or the device's IOMMU does not answer
 *   AIA_ECONTEXT  an interrupt with a message on a slow bus has come meanwhile; this call cannot wait for the bus
 *   AIA_EAGAIN    a vector of an interrupt that has come meanwhile has not drained yet, or the reserved vector on its next hart
 *                 still retires: take the hart offline once more
 *   AIA_ENOHART, AIA_ENOVEC, AIA_EADDRHI, AIA_ESILENT, AIA_ECHANGED, AIA_EREFUSED  of an interrupt that has come meanwhile, as
 *                 for aia_hart_offline_begin()
 *   the error of config.may_enter()
 */
int aia_hart_offline_finish(struct aia *a);

/*
 * Make the barrier of a unit known (aia/msi.h). Each hart tests whether the barrier's messages reach that hart: in its first
 * aia_hart_online_begin(), or now if the hart is online. aplic_init() calls this.
 * Context: thread, while no hart goes online or offline; also with interrupts off while no hart but the running one is online.
 * Returns AIA_OK, or, with the barrier not known:
 *   AIA_EINVAL    the harts have no interrupt files
 *   AIA_EDOMAIN   a message does not arrive in the file of an online hart within wait_limit
 *   AIA_ETIMEOUT  an online hart does not answer an interrupt
 */
int aia_barrier_add(struct aia *a, struct aia_barrier *b);

/* What becomes of displaced interrupts when a hart of their affinity is back. */
enum aia_displaced {
    AIA_DISPLACED_STAY,   /* they stay where they are */
    AIA_DISPLACED_RETURN, /* they move back into their affinity */
};

/*
 * Second half of bringing `hart` online: start the managed interrupts that were shut down and have `hart` in their affinity,
 * and treat displaced interrupts as `displaced` says. After an error the other interrupts are treated all the same. Call this after
 * aia_hart_online_begin() has returned on `hart`. aia_online() alone does not prove that the function has returned.
 * Context: thread.
 * Returns AIA_OK, or:
 *   AIA_EINVAL    no such hart
 *   AIA_EOFFLINE  `hart` is not online
 *   AIA_EAGAIN    the reserved vector of a managed interrupt still retires after wait_limit
 *   AIA_ENOHART, AIA_ENOVEC, AIA_EADDRHI, AIA_ESILENT, AIA_ECHANGED, AIA_ETIMEOUT, AIA_EREFUSED  of the first interrupt that
 *                 could not be started or moved, as for aia_irq_set_affinity()
 */
int aia_hart_online_finish(struct aia *a, unsigned hart, enum aia_displaced displaced);

/*
 * Save the state of the running hart's interrupt file before a non-retentive HSM hart_suspend, and restore the state
 * afterwards. An MSI ends the suspension. A retentive suspension needs neither.
 * Context: own, off.
 */
void aia_hart_save(const struct aia *a, struct imsic_saved *saved);
void aia_hart_restore(const struct aia *a, const struct imsic_saved *saved);

/*
 * The set of harts that are ONLINE: they take interrupts and get new vectors. A hart that is going offline is not among them.
 * Context: any.
 */
struct aia_hartset aia_online(const struct aia *a);

/*
 * Count the vectors of all interrupt files by state.
 * Context: any.
 */
void aia_vector_stats(struct aia *a, struct imsic_stats *stats);

/* ---- audit ---- */

enum aia_finding {
    /* The pending bit is set, and the slot is free, or is sync_id's and no sync has timed out. */
    AIA_PENDING_UNOWNED,
    /*
     * The enable bit is clear, and the slot is free, is ipi_id's, or is owned and no storm explains that. Or the line of an
     * interrupt that is not disabled is masked.
     */
    AIA_OWNED_DISABLED,
    /* The slot is owned, and its owner has another vector; or the slot is retiring, and its owner is not in use. */
    AIA_LEAKED,
    AIA_TWO_OWNERS, /* an interrupt has this vector, and the slot names another owner */
    AIA_RETIRING_LONG, /* the slot is retiring; a reclaim after its drain was due has failed, or no reclaim will find it */
    AIA_MESSAGE_FREE,      /* the device's message, read back, names v, which is free or quarantined */
    AIA_MESSAGE_ELSEWHERE, /* the device's message does not name v, which is the interrupt's vector */
    AIA_SOURCE_UNOWNED,    /* aplic_audit(): an APLIC source is enabled, and no interrupt owns it */
    AIA_COUNT_WRONG,       /* the number of free identities differs from the counter */
    AIA_DELIVERY_OFF,      /* the hart's file or controller, or an APLIC domain, delivers nothing */
    AIA_N_FINDINGS,
};

/* The name of a finding; a fixed string for any value. Context: any. */
const char *aia_finding_name(enum aia_finding finding);

/*
 * Compare the running hart's pending and enable bits, and the messages of the devices whose interrupts are on this hart, with
 * the library's books. Call `found` for each difference; `owner` is the number of a descriptor, or IMSIC_NO_OWNER, or another
 * number from n_irqs up if the slot is damaged. Reading a message back drains its device. The hart must be online. embedding.md,
 * "When nothing comes", says how a kernel keeps interrupts from moving meanwhile.
 * Context: own, off, while no interrupt moves.
 * Returns the number of findings.
 */
unsigned aia_audit(struct aia *a,
                   void (*found)(void *arg, enum aia_finding finding, struct imsic_vector v, uint32_t owner),
                   void *arg);

#include <aia/end.h>

#endif
