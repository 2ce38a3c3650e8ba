/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The explorer: every interleaving of a few harts, devices and a fabric that delays, for small scenarios.
 *
 * The library's own C runs here on the host model's registers, devices and fence rules (tests/host/model), but what
 * comes next is never the model's to say: at each access that others can notice, a hart stops, and the search
 * (search.c) tries everything that may happen then. The actors and their actions:
 *
 *   g<hart>  go on: make the access where it stopped, and run to the next          (sched.c)
 *   i<hart>  take the interrupt, if interrupts are on and the file asserts         (sched.c)
 *   t<hart>  its timer fires; only when nothing else can happen, unless the        (sched.c)
 *            scenario says at any time
 *   s<hart>  the oldest write in its store buffer leaves for a file                (fabric.c)
 *   l<hart>  the oldest write before its file takes effect in eip                  (fabric.c)
 *   d<dev>   the device has an edge: it sends its message as it is at that moment  (world.c)
 *   p<dev>   the oldest MSI in its posted queue reaches a file                     (fabric.c)
 *   u0, o0   an IOMMU executes a command, lets an MSI out                          (unit.h)
 *
 * A path is a string of these, "g0.d1.p1.l0.i0", and --replay takes it. State is memory: the structs below, the
 * model's `m`, and the live part of each hart's stack. A step is: copy a state in, do one action, hash what came out,
 * keep it if it is new. Breadth first, so a counterexample is as short as there is one. Time stands still: a hart
 * that waits (aia_port_relax) sleeps until some word of the library has changed, so that waits are cycles in the graph
 * and not longer and longer paths, and no wait ends because its time is over. Counters that nobody decides by are
 * no part of a state, and begin at 0 in each step; some steps are done twice, to see that a step is a function of its state.
 *
 * Where a hart stops, and why that is enough (sched.c, visible()). Between two stops a hart makes at most one access
 * that others can notice, or one lock and the first access under it:
 *   - its own words, CSRs that only its own claims look at (eie, eidelivery), fences with an empty store buffer, and
 *     writes into its store buffer commute with whatever others do: no stop. The write out of the buffer is a step
 *     of its own.
 *   - to take a lock commutes with all that others do before they could have it, and to release one with all that
 *     they could do before (Lipton: acquire moves right, release moves left): a stop before a lock, none behind it,
 *     none before the release. A critical section with one access in it is one step.
 *   - a device that has no edge left cannot send: accesses to its message are seen by nobody.
 *   - interrupts that go on for a moment (irq_restore) are a stop, or that moment would be no chance to take one.
 * --full stops at every access and so checks this reduction against the search without it.
 *
 * What must hold (check.c), in every state: P2 no handler run without an edge of its own, or a copy that was counted;
 * P4 no handler on two harts; P5 nothing under way, pending or in a device names a free slot; the model's own rules
 * (fences, locks, traps). When nothing but timers can happen: P1 and P3, every edge has been handled, and no hart
 * waits; that some path comes there at all (not that each does: harts may take turns waiting). After the timers: P7,
 * audit clean, nothing retiring. P6, by the scenario's jobs: errors are those that the scenario allows, and leave
 * things as they were.
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <string.h>

#include "tests/host/model/model.h"

#define X_HARTS M_MAX_HARTS /* 3, see mk/explore.mk */
#define X_IDS   7           /* identities of a file */
#define X_IRQS  4           /* descriptors */
#define X_DEVS  3
#define X_JOBS  5 /* of a hart, at most */
#define X_BLOCK 2 /* messages of a multi-message device, at most */
#define X_IPI   1
#define X_SYNC  2
#define X_STACK 16384u

/* ---- the state ---- */

/* Why a hart has stopped, and so what it takes to go on. */
enum x_stop {
    X_IDLE,    /* nothing to do, until its job may begin */
    X_ACCESS,  /* before an access */
    X_WINDOW,  /* interrupts have just gone on */
    X_LOCK,    /* before a lock */
    X_WAIT,    /* in aia_port_relax() */
    X_HANDLER, /* in the middle of a handler */
    X_OFF,     /* stopped by HSM, until its next job may begin */
};

struct x_hart {
    void *sp; /* NULL: it has no stack yet */
    enum x_stop stop;
    const struct aia_lock *lock; /* X_LOCK: which */
    uint8_t job;                 /* next one of the scenario's */
    bool in_job;
    bool noticed;   /* it has done something since it stopped last that others can notice */
    bool could_irq; /* interrupts were on where it stopped last */
    bool changed;   /* the library's words have changed since it last waited */
};

/* A device and its interrupt, with what its edges and handler runs must come to. */
struct x_dev {
    struct m_dev dev;
    struct aia_irq *irq; /* NULL: not requested, or freed */
    uint8_t edges;       /* it may yet send */
    uint8_t n;           /* messages */
    struct {
        bool unseen; /* an edge, and no run has begun since */
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
    /* Above: the library's. Below: ours. */
    struct x_dev devs[X_DEVS];
    struct x_hart hart[X_HARTS];
    uint8_t done;             /* jobs that have come to their end, all harts' */
    uint8_t preempts;         /* with a bound: harts that others have gone before, though they could go on */
    uint8_t last;             /* with a bound: the hart that went last, plus 1 */
    bool ipi_unseen[X_HARTS]; /* one was sent to this hart, and none has arrived since */
    uint8_t calls[X_HARTS];   /* of the call that this hart makes: how often it has run */
    bool changing;            /* the embedder's: a hart is leaving */
};

extern struct world x;

/* ---- scenarios: scenarios*.c ---- */

typedef void (*x_job)(void); /* in thread context of its hart */

/* When `hart` has done n jobs. */
#define X_AFTER(hart, n) (0x80 | (hart) << 4 | (n))

struct scenario {
    const char *name;
    const char *what;
    bool quick; /* part of make test */
    unsigned n_harts;
    void (*set_up)(void); /* as hart 0, nothing else happens meanwhile */
    struct {
        x_job run;
        uint8_t after; /* it may begin when this many jobs of all are done; or see X_AFTER */
    } job[X_HARTS][X_JOBS];
    uint8_t edges[X_DEVS];
    /* Parameters of set_up and jobs. */
    enum aia_update how;
    struct aia_policy policy;
    unsigned order;
    bool remapped;       /* I is behind an IOMMU (unit.h) */
    bool managed;        /* the interrupts are */
    bool any_time;       /* timers at any time, not only when nothing else can happen */
    bool prompt;         /* all vectors are reclaimed before any timer */
    bool strays;         /* edges of one may run another: a torn message */
    bool late_ipis;      /* an IPI may be left behind in a hart that stops */
    bool needs_time;     /* jobs may wait for a timer */
    unsigned preempts;   /* bound on preemptions; 0: none */
    void (*check)(void); /* at the end, besides all that must hold anyway */
};

extern const struct scenario *x_scenario; /* the present one */
extern const struct scenario x_moves[], x_races[], x_harts[], x_wires[], x_iommu[];

/* ---- world.c ---- */

void x_set_up(const struct scenario *s);
/* Request device `dev`'s interrupt on `hart`; errors but `errors` (a bit each) end the path. */
void x_request(unsigned dev, enum aia_msi_kind kind, unsigned hart, unsigned errors);
/* Own every free identity of `hart` but `but`, with no descriptor; give them back. */
void x_fill(unsigned hart, unsigned but);
void x_unfill(void);
/* The device has an edge. */
void x_raise(unsigned dev);
/* Is `p` a counter, by which nobody decides anything? */
bool x_is_counter(const volatile void *p);
void x_set_counters(int byte);
/* Parts of the program's memory that make up a state; the library's own come first, n_library of them. */
struct region {
    char *at;
    size_t size;
};
extern struct region x_regions[];
extern unsigned x_n_regions, x_n_library;

/* ---- sched.c ---- */

void x_sched_reset(void);
/* Stop here until the search lets this hart go on; takes the interrupts that the search wants taken. */
void x_stop(enum x_stop why);
/* Let `hart` run to its next stop; taking the interrupt, or its timer's, first. */
enum x_how { X_GO, X_IRQ, X_TIMER };
void x_go(unsigned hart, enum x_how how);
bool x_can_go(unsigned hart);
bool x_can_irq(unsigned hart);
bool x_can_timer(unsigned hart);
/* The HSM's part, from a job. */
void x_hart_stop(void);
/* Switch stacks: sched.c's own, and asm. */
void x_switch(void **save, void *to);

extern bool x_exploring; /* else: setting up or checking, in one piece */
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

/* ---- check.c: they end the path by m_die() ---- */

void x_check_state(void);
void x_check_quiet(void); /* nothing but timers can happen */
void x_check_end(void);   /* nothing can happen */

/* ---- actions: actions.c ---- */

enum { X_MAX_ACTIONS = 32 };
/* Actions of a state, coded as kind << 4 | actor; returns their number. `timers` only: *only_timers. */
unsigned x_actions(uint8_t *a, bool *only_timers);
/* Do one; false if the path ends there, for the reason in x_failure. */
bool x_act(uint8_t action);
char x_action_letter(uint8_t action);
int x_action_code(const char *s); /* "g0"; -1 if it is none */

/* ---- search.c ---- */

struct found {
    uint64_t states, steps;
    unsigned depth, ends; /* states in which nothing can happen */
    double seconds;
    const char *bound; /* NULL: exhaustive */
    bool failed;       /* why: x_failure */
    unsigned n_path;   /* its path */
    uint8_t path[4096];
    uint32_t updates; /* kinds of update that were used, a bit each */
};
void x_search(const struct scenario *s, double max_seconds, uint64_t max_states, struct found *f);

/* ---- trace.c ---- */

/* Tell what happens on a path, in the protocol's words. */
void x_replay(const struct scenario *s, const uint8_t *path, unsigned n);
extern bool x_telling;
void x_tell_event(const struct m_event *e);
void x_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
