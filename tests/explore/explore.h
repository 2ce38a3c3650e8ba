/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The explorer: every interleaving of a few harts, devices and a fabric that delays, for small scenarios.
 *
 * The library's own C runs here on the host model's registers, devices and fence rules (tests/host/model). The order of
 * events is not the model's choice: a hart stops at each access that another hart or device can notice, and the search
 * (search.c) tries every action that is possible then. These are the actors and their actions:
 *
 *   g<hart>  the hart goes on: it makes the access at which it stopped, and runs to the next   (sched.c)
 *   i<hart>  the hart takes the interrupt, if interrupts are on and its file asserts           (sched.c)
 *   t<hart>  the hart's timer fires; only when nothing else can happen, unless the             (sched.c)
 *            scenario allows timers at any time
 *   s<hart>  the oldest write in the hart's store buffer leaves for a file                     (fabric.c)
 *   l<hart>  the oldest write in the inbound queue of the hart's file takes effect in eip      (fabric.c)
 *   d<dev>   the device has an edge: it sends the message that it has at that moment           (world.c)
 *   p<dev>   the oldest MSI in the device's posted queue reaches a file                        (fabric.c)
 *   u0, o0   an IOMMU executes a command; an IOMMU lets an MSI out                             (unit.h)
 *
 * A path is a string of these, "g0.d1.p1.l0.i0", and --replay takes it. A state is memory: the structs below, the model's
 * `m`, and the live part of each hart's stack. A step copies a state in, does one action, hashes the result, and keeps the
 * result if it is new. The search is breadth first, so a counterexample is as short as possible. Time stands still: a hart
 * that waits (aia_port_relax) sleeps until a word of the library has changed. So a wait is a cycle in the graph, not an
 * ever longer path, and no wait ends because its time is over. Counters on which no decision depends are not part of a
 * state, and are 0 at the start of each step. Some steps are done twice, to check that a step is a function of its state.
 *
 * Where a hart stops, and why that is enough (sched.c, visible()). Between two stops a hart makes at most one access that
 * others can notice, or takes one lock and makes the first access under it:
 *   - Accesses to its own words, CSRs that only its own claims look at (eie, eidelivery), fences with an empty store buffer,
 *     and writes into its store buffer commute with everything that others do: no stop. The write out of the buffer is a
 *     step of its own.
 *   - Taking a lock commutes with everything that others do before they could have the lock, and releasing a lock with
 *     everything they could do before (Lipton: acquire moves right, release moves left). So there is a stop before a lock,
 *     but none after the lock and none before the release. A critical section with one access in it is one step.
 *   - A device that has no edge left cannot send: no one sees accesses to its message.
 *   - Interrupts that are on for a moment (irq_restore) are a stop; otherwise that moment would be no chance to take one.
 * --full stops at every access, and so checks this reduction against the search without it.
 *
 * What must hold (check.c), in every state: P2, no handler runs without an edge of its own or a counted copy; P4, no handler
 * runs on two harts; P5, nothing under way, pending or in a device names a free slot; the model's own rules (fences, locks,
 * traps). When only timers can happen: P1 and P3, every edge has been handled, and no hart waits. At least one path must
 * reach such a state; not every path does, for harts may take turns in waiting. After the timers: P7, the audit is clean
 * and nothing retires. P6 is checked by the scenario's jobs: only errors that the scenario allows, and they change nothing.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <string.h>

#include "tests/host/model/model.h"

#define X_HARTS M_MAX_HARTS /* 3, see mk/explore.mk */
#define X_IDS   7           /* identities of a file */
#define X_IRQS  4           /* descriptors of interrupts */
#define X_DEVS  3
#define X_JOBS  5 /* of a hart, at most */
#define X_BLOCK 2 /* messages of a multi-message device, at most */
#define X_IPI   1
#define X_SYNC  2
#define X_STACK 16384u

/* ---- the state ---- */

/* Why a hart has stopped, and so what it needs to go on. */
enum x_stop {
    X_IDLE,    /* no work until its job may begin */
    X_ACCESS,  /* before an access */
    X_WINDOW,  /* just after interrupts were turned on */
    X_LOCK,    /* before a lock */
    X_WAIT,    /* in aia_port_relax() */
    X_HANDLER, /* in the middle of a handler */
    X_OFF,     /* stopped by HSM, until its next job may begin */
};

struct x_hart {
    void *sp; /* NULL: the hart has no stack yet */
    enum x_stop stop;
    const struct aia_lock *lock; /* X_LOCK: the lock */
    uint8_t job;                 /* number of the scenario's job that this hart does next */
    bool in_job;
    bool noticed;   /* since its latest stop the hart has done something that others can notice */
    bool could_irq; /* interrupts were on at its latest stop */
    bool changed;   /* the library's words have changed since it last waited */
};

/* A device and its interrupt, with the balance of its edges and handler runs. */
struct x_dev {
    struct m_dev dev;
    struct aia_irq *irq; /* NULL: not requested, or freed */
    uint8_t edges;       /* edges that the device may still send */
    uint8_t n;           /* number of messages */
    uint8_t book;        /* the hart of the interrupt, by its moved() */
    struct {
        bool unseen; /* there was an edge, and no run has begun since */
        bool running;
        int8_t slack; /* edges - runs */
    } of[X_BLOCK];
};

struct world {
    struct aia aia;
    struct aia_hart harts[X_HARTS];
    struct imsic_file files[X_HARTS];
    _Atomic uint32_t slots[X_HARTS][X_IDS + 1];
    struct aia_irq irqs[X_IRQS];
    aia_counter runs[X_IRQS * X_HARTS];
    uint16_t reserved[X_IRQS * X_HARTS];
    /* Above: the library's memory. Below: the explorer's. */
    struct x_dev devs[X_DEVS];
    struct x_hart hart[X_HARTS];
    uint8_t done;             /* jobs that have ended, of all harts */
    uint8_t preempts;         /* with a bound: how often another hart ran although the last one could go on */
    uint8_t last;             /* with a bound: the hart that ran last, plus 1 */
    bool ipi_unseen[X_HARTS]; /* an IPI was sent to this hart, and none has arrived since */
    uint8_t calls[X_HARTS];   /* how often the call that this hart makes has run */
    bool changing;            /* kept by the embedder: a hart goes offline */
    struct aia_lock own;      /* a lock of the embedder */
};

extern struct world x;

/* ---- scenarios: scenarios*.c ---- */

typedef void (*x_job)(void); /* in thread context of its hart */

/* A value of `after`: the job may begin when `hart` has done n jobs. */
#define X_AFTER(hart, n) (0x80 | (hart) << 4 | (n))

struct scenario {
    const char *name;
    const char *what;
    bool quick; /* part of make test */
    unsigned n_harts;
    void (*set_up)(void); /* runs as hart 0, while nothing else happens */
    struct {
        x_job run;
        uint8_t after; /* the job may begin when this many jobs of all harts are done; or X_AFTER() */
    } job[X_HARTS][X_JOBS];
    uint8_t edges[X_DEVS];
    /* Parameters of set_up and jobs. */
    enum aia_update how;
    struct aia_policy policy;
    unsigned order;
    bool remapped;       /* I's messages pass through an IOMMU (unit.h) */
    bool managed;        /* the interrupts are managed */
    bool any_time;       /* timers may fire at any time, not only when nothing else can happen */
    bool prompt;         /* all vectors are reclaimed before any timer */
    bool extra_runs;     /* an edge may run the handler of another interrupt too: a torn message */
    bool late_ipis;      /* an IPI may stay pending in a hart that stops */
    bool needs_time;     /* jobs may wait for a timer */
    unsigned preempts;   /* bound on preemptions; 0: none */
    void (*check)(void); /* called at the end, after the checks that every scenario has */
};

extern const struct scenario *x_scenario; /* the current one */
extern const struct scenario x_moves[], x_races[], x_harts[], x_wires[], x_iommu[];

/* ---- world.c ---- */

void x_set_up(const struct scenario *s);
/* Request device `dev`'s interrupt on `hart`. An error ends the path, except those in `errors` (a bit for each). */
void x_request(unsigned dev, enum aia_msi_kind kind, unsigned hart, unsigned errors);
/* x_fill() gives every free identity of `hart` except `but` an owner without a descriptor. x_unfill() frees them. */
void x_fill(unsigned hart, unsigned but);
void x_unfill(void);
/* The device has an edge. */
void x_raise(unsigned dev);
/* Whether `p` is a counter on which no decision depends. */
bool x_is_counter(const volatile void *p);
void x_set_counters(int byte);
/* Parts of the program's memory that make up a state. The library's parts come first; there are n_library of them. */
struct region {
    char *at;
    size_t size;
};
extern struct region x_regions[];
extern unsigned x_n_regions, x_n_library;

/* ---- sched.c ---- */

void x_sched_reset(void);
/* Stop here until the search lets this hart go on. Takes the interrupts that the search wants the hart to take. */
void x_stop(enum x_stop why);
/* Let `hart` run to its next stop. X_IRQ and X_TIMER: the hart first takes its interrupt, or its timer's. */
enum x_how { X_GO, X_IRQ, X_TIMER };
void x_go(unsigned hart, enum x_how how);
bool x_can_go(unsigned hart);
bool x_can_irq(unsigned hart);
bool x_can_timer(unsigned hart);
/* The HSM stop of the running hart, called from a job. */
void x_hart_stop(void);
/* Switch stacks. Used by sched.c and its assembly alone. */
void x_switch(void **save, void *to);

extern bool x_exploring; /* false: setting up or checking, without stops */
extern bool x_full;      /* stop at every access */
extern char x_failure[256];
extern char x_stacks[X_HARTS][X_STACK];

/* ---- fabric.c ---- */

bool x_can_store_out(unsigned hart);
void x_store_out(unsigned hart);
bool x_can_land(unsigned hart);
void x_land(unsigned hart);
void x_post(unsigned dev);
unsigned x_hart_of(uint64_t msi_addr); /* X_HARTS: none */

/* ---- check.c: a failed check ends the path by m_die() ---- */

void x_check_state(void);
void x_check_quiet(void); /* nothing but timers can happen */
void x_check_end(void);   /* nothing can happen */

/* ---- actions: actions.c ---- */

enum { X_MAX_ACTIONS = 32 };
/* Find the actions of a state, each coded as kind << 4 | actor. Returns their number. Sets *only_timers if all are timers. */
unsigned x_actions(uint8_t *a, bool *only_timers);
/* Do one action. Returns false if the path ends there, for the reason in x_failure. */
bool x_act(uint8_t action);
char x_action_letter(uint8_t action);
int x_action_code(const char *s); /* "g0"; -1 if this is not an action */

/* ---- search.c ---- */

struct found {
    uint64_t states, steps;
    unsigned depth, ends; /* states in which nothing can happen */
    double seconds;
    const char *bound; /* NULL: exhaustive */
    bool failed;       /* x_failure says why */
    unsigned n_path;   /* length of the failing path */
    uint8_t path[4096];
    uint32_t updates; /* kinds of update that were used, a bit for each */
};
void x_search(const struct scenario *s, double max_seconds, uint64_t max_states, struct found *f);

/* ---- trace.c ---- */

/* Print what happens on a path, in the words of the protocol. */
void x_replay(const struct scenario *s, const uint8_t *path, unsigned n);
extern bool x_telling;
void x_tell_event(const struct m_event *e);
void x_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
